# SPDX-License-Identifier: MIT
load <- function(path) png::readPNG(path)
print(dim(load(commandArgs(TRUE)[1])))
