#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# User namespaces in which several ids look alike, and a file system that was mounted in one.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

as_root_there=(setpriv --reuid 1001 --regid 1001 --groups 1004 unshare --user --map-root-user)
if ! "${as_root_there[@]}" true 2>"$place/report"; then
    skip "user namespaces" "$(head -n 1 "$place/report")"
    finish
    exit
fi

# Its group 1004 is shown as 65534, and so is the file's.
an_image "$place/theirs.jpg" 640 1002:1003
opens "${as_root_there[@]}" -- read "$place/theirs.jpg"
expect "another group" EACCES unmapped-owner likely "$place/theirs.jpg"
check_like "another group: why" "*look alike (65534)*takes these for others*" "$(said .why)"
expect_command "another group" ""
chgrp 1004 "$place/theirs.jpg"
opens "${as_root_there[@]}" -- read "$place/theirs.jpg"
check "the same group" opened "$answer"

# CAP_FOWNER is of no use over an owner whom it does not have.
opens "${as_root_there[@]}" -- read,noatime "$place/theirs.jpg"
expect "O_NOATIME" EPERM other-errno unknown "$place/theirs.jpg"
check_like "O_NOATIME: why" "*O_NOATIME is for the file's owner*" "$(said .why)"

if ! has_fuse "FUSE in a user namespace"; then
    finish
    exit
fi
mkdir "$place/source" "$place/mount"
chown 1001:1001 "$place/mount"
an_image "$place/source/a.jpg" 666 1002:1002
# shellcheck disable=SC2016 # the inner shell expands it
with_fuse=("${as_root_there[@]}" --mount bash -c 'bindfs "$0/source" "$0/mount" && "$@"; umount "$0/mount"' "$place")
opens "${with_fuse[@]}" -- read "$place/mount/a.jpg"
if [[ $answer == "" ]]; then
    skip "FUSE in a user namespace" "$(head -n 1 "$place/report")"
    finish
    exit
fi
check "reading" opened "$answer"
opens "${with_fuse[@]}" -- write "$place/mount/a.jpg"
expect "writing" EACCES unmapped-owner likely "$place/mount/a.jpg"
check_like "writing: why" "*nobody may write here, whatever the bits*" "$(said .why)"
expect_command "writing" ""
# Mapped, it can be written.
chown 1001:1001 "$place/source/a.jpg"
opens "${with_fuse[@]}" -- write "$place/mount/a.jpg"
check "writing what is one's own" opened "$answer"
finish
