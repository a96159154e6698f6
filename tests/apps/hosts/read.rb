# SPDX-License-Identifier: MIT
puts File.binread(ARGV[0]).bytesize
