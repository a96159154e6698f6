#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Too many files, too long names, and errors that no rule explains.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

an_image "$place/a.jpg"
opens prlimit --nofile=40:80 -- --fill read "$place/a.jpg"
expect "descriptors" EMFILE too-many-files proven nothing
check_like "descriptors: why" "*soft limit of 40 *" "$(said .why)"
expect_advice "descriptors" "*ulimit -n 80*"
expect_command "descriptors" ""

name=$(printf 'x%.0s' {1..300}).jpg
opens -- read "$place/$name"
expect "name" ENAMETOOLONG name-too-long proven "$place/$name"
check_like "name: why" "the name has 304 bytes, and a name here has 255 at most*" "$(said .why)"
path=$(printf './%.0s' {1..2100})a.jpg
cd "$place"
opens -- read "$path"
expect "path" ENAMETOOLONG name-too-long proven nothing
check_like "path: why" "the path has 4205 bytes, and the kernel takes 4095" "$(said .why)"
cd - >/dev/null

opens -- write,create,exclusive "$place/a.jpg"
expect "there already" EEXIST other-errno unknown "$place/a.jpg"
check_like "there already: why" "File exists: it is there already*" "$(said .why)"
finish
