#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Links that go in a circle, or that the mount or the call forbids to follow.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

ln -s b.jpg "$place/a.jpg"
ln -s a.jpg "$place/b.jpg"
opens -- read "$place/a.jpg"
check "circle: answer" ELOOP "$answer"
check "circle: cause" "symlink-loop proven" "$(said '[.cause, .certainty] | join(" ")')"
check_like "circle: culprit" "$place/[ab].jpg" "$(said .culprit)"
expect_advice "circle" "*ln -sfn TARGET *"

mkdir "$place/still"
mount -t tmpfs -o nosymfollow,mode=755 none "$place/still"
at_end "umount '$place/still'"
an_image "$place/still/real.jpg"
ln -s real.jpg "$place/still/link.jpg"
opens -- read "$place/still/link.jpg"
expect "nosymfollow" ELOOP symlink-loop proven "$place/still/link.jpg"
check_like "nosymfollow: why" "*'$place/still' has the option nosymfollow*" "$(said .why)"

ln -s still/real.jpg "$place/c.jpg"
opens -- read,nofollow "$place/c.jpg"
expect "O_NOFOLLOW" ELOOP symlink-loop proven "$place/c.jpg"
check_like "O_NOFOLLOW: why" "*O_NOFOLLOW*" "$(said .why)"

opens -- read "$place/still/real.jpg/x.jpg"
expect "file in the middle" ENOTDIR not-a-directory proven "$place/still/real.jpg"
opens -- read "$place/still/real.jpg/"
expect "slash behind a file" ENOTDIR not-a-directory proven "$place/still/real.jpg"
opens -- read,directory "$place/still/real.jpg"
expect "O_DIRECTORY" ENOTDIR not-a-directory proven "$place/still/real.jpg"
mkdir "$place/dir.jpg"
opens -- write "$place/dir.jpg"
expect "directory" EISDIR is-a-directory proven "$place/dir.jpg"
finish
