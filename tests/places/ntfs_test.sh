#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# NTFS by ntfs-3g: owners and modes made up from options that nobody sees, or, with one of them, real.

set -euo pipefail
if ((EUID == 0)) && [[ ${PERMSHIM_PLACE_INSIDE-} != 1 ]]; then
    PERMSHIM_PLACE_INSIDE=1 exec unshare --mount -- "$0" "$@"
fi
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

mkdir "$place/disk"
truncate -s 8M "$place/image"
mkntfs -Q -F "$place/image" >"$place/report" 2>&1
if ! device=$(losetup --find --show "$place/image" 2>"$place/report"); then
    skip "NTFS" "no loop device: $(head -n 1 "$place/report")"
    finish
    exit
fi
at_end "losetup -d '$device'"
disk() {
    mount -t ntfs-3g -o "$1" "$device" "$place/disk" 2>"$place/report"
}
if ! disk uid=1001,gid=1001,umask=077; then
    skip "NTFS" "it cannot be mounted: $(head -n 1 "$place/report")"
    finish
    exit
fi
at_end "umount '$place/disk'"
printf GIF89a >"$place/disk/a.jpg"

opens as 1002:1002 -- read "$place/disk/a.jpg"
expect "another's disk" EACCES mount-mask likely "$place/disk"
expect_fixes "another's disk" "as root, umount '$place/disk' and mount $device there again with -o uid=1002 \
among its options (and in /etc/fstab); chmod does nothing here without the option permissions" ""
check "chmod does nothing" 700 "$(chmod 755 "$place/disk" 2>/dev/null || true; stat -c %a "$place/disk")"
umount "$place/disk"
disk uid=1001,gid=1001,umask=077,uid=1002
opens as 1002:1002 -- read "$place/disk/a.jpg"
check "mounted with uid=1002" opened "$answer"
umount "$place/disk"

disk permissions
chown 1001:1001 "$place/disk/a.jpg"
chmod 600 "$place/disk/a.jpg"
opens as 1002:1002 -- read "$place/disk/a.jpg"
expect "with permissions" EACCES file-read proven "$place/disk/a.jpg"
expect_command "with permissions" "chmod o+r $place/disk/a.jpg"
chmod o+r "$place/disk/a.jpg"
opens as 1002:1002 -- read "$place/disk/a.jpg"
check "with permissions, after the fix" opened "$answer"
finish
