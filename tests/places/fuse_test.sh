#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A FUSE mount that one user made for itself: root and even that user under another group are out.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

if ! has_fuse "FUSE"; then
    finish
    exit
fi
mkdir "$place/source" "$place/mount"
an_image "$place/source/a.jpg"
chown 1:1 "$place/mount" # daemon: fusermount3 wants an account
as 1:1 bindfs --no-allow-other "$place/source" "$place/mount"
at_end "umount '$place/mount'"

opens -- read "$place/mount/a.jpg"
expect "root" EACCES fuse-private proven "$place/mount"
expect_command "root" ""
expect_advice "root" "run it as the user who mounted it: uid 1 gid 1; *-o allow_other*user_allow_other*"
opens as 1:1002 -- read "$place/mount/a.jpg"
expect "another group" EACCES fuse-private proven "$place/mount"
expect_advice "another group" "run it with group 1 as its group*"
# The advice helps.
opens as 1:1 -- read "$place/mount/a.jpg"
check "as the mounting user" opened "$answer"

# With allow_other, which an ordinary user may give only when /etc/fuse.conf says so, all may enter.
# Then the daemon, which is uid 1, has the last word: its source has become private meanwhile.
umount "$place/mount"
{ cat /etc/fuse.conf && echo user_allow_other; } >"$place/fuse.conf"
mount --bind "$place/fuse.conf" /etc/fuse.conf
at_end "umount /etc/fuse.conf"
as 1:1 bindfs -o allow_other --perms=a+rX "$place/source" "$place/mount"
opens as 1002:1002 -- read "$place/mount/a.jpg"
check "with allow_other" opened "$answer"
chmod 600 "$place/source/a.jpg"
opens as 1002:1002 -- read "$place/mount/a.jpg"
expect "the daemon refuses" EACCES unseen unknown "$place/mount/a.jpg"
expect_command "the daemon refuses" ""
expect_evidence "the daemon refuses" "*the server of the file system (fuse* at '$place/mount'), which decides itself*"

# With default_permissions the kernel decides by the mode, and by no ACL unless the server asks for it.
umount "$place/mount"
setfacl -m u:1002:r-- "$place/source/a.jpg"
bindfs -o allow_other,default_permissions "$place/source" "$place/mount"
opens as 1002:1002 -- read "$place/mount/a.jpg"
expect "an ACL that does not count" EACCES file-read likely "$place/mount/a.jpg"
expect_evidence "an ACL that does not count" "*its ACL would allow it, but on this mount (fuse) the kernel looks at the mode alone*"
setfacl -b "$place/source/a.jpg"
opens as 1002:1002 -- read "$place/mount/a.jpg"
expect "no ACL" EACCES file-read proven "$place/mount/a.jpg"
expect_command "no ACL" "chmod o+r $place/mount/a.jpg"
expect_evidence "no ACL" "*make owner and mode up (uid=, umask= and their like): where it changes nothing, *"
setfacl -m u:1002:r-- "$place/mount/a.jpg"
opens as 1002:1002 -- read "$place/mount/a.jpg"
check "setfacl is of no use" EACCES "$answer"
chmod o+r "$place/mount/a.jpg"
opens as 1002:1002 -- read "$place/mount/a.jpg"
check "after the fix" opened "$answer"
finish
