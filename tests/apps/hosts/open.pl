# SPDX-License-Identifier: MIT
use strict;
use warnings;

open(my $image, '<:raw', $ARGV[0]) or die "cannot open $ARGV[0]: $!\n";
read($image, my $bytes, 4);
print unpack('H*', $bytes), "\n";
