#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Files that are there for others: behind a mount that is missing, or in another view of a directory.

set -euo pipefail
if ((EUID == 0)) && [[ ${PERMSHIM_PLACE_INSIDE-} != 1 ]]; then
    # The first process, too, sees the mounts that are made here: they are nobody's own.
    PERMSHIM_PLACE_INSIDE=1 exec unshare --mount --pid --fork --mount-proc -- "$0" "$@"
fi
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

# A disk of /etc/fstab that nobody mounted.
mkdir "$place/source" "$place/disk"
an_image "$place/source/a.jpg"
{ cat /etc/fstab 2>/dev/null || true; echo "$place/source $place/disk none bind 0 0"; } >"$place/fstab"
[[ -e /etc/fstab ]] || { touch /etc/fstab && at_end "rm /etc/fstab"; }
mount --bind "$place/fstab" /etc/fstab
at_end "umount /etc/fstab"
opens -- read "$place/disk/a.jpg"
expect "fstab" ENOENT not-mounted likely "$place/disk/a.jpg"
expect_fixes "fstab" "mount it, or attach the disk; findmnt shows what is mounted" ""
mount "$place/disk"
at_end "umount '$place/disk'"
opens -- read "$place/disk/a.jpg"
check "mounted" opened "$answer"

# A place for disks that come and go: empty, when none is there. One that may not be listed, or where an
# empty disk is mounted, tells nothing.
mount -t tmpfs tmpfs /mnt
at_end "umount -R /mnt"
mkdir /mnt/disk
opens -- read /mnt/disk/unlike.png
expect "an empty place for a disk" ENOENT not-mounted likely /mnt/disk/unlike.png
chmod 711 /mnt/disk
opens as 1001:1001 -- read /mnt/disk/unlike.png
expect "a place that may not be listed" ENOENT missing-file proven /mnt/disk/unlike.png
chmod 755 /mnt/disk
mount -t tmpfs tmpfs /mnt/disk
opens -- read /mnt/disk/unlike.png
expect "an empty disk" ENOENT missing-file proven /mnt/disk/unlike.png

# What systemd's PrivateTmp= does: a directory of the service's own in the place of the shared one.
mkdir "$place/shared" "$place/both" "$place/systemd-private-0-a.service-b"
mkdir "$place/systemd-private-0-a.service-b/tmp"
an_image "$place/shared/a.jpg"
an_image "$place/both/a.jpg"
mount --bind "$place/systemd-private-0-a.service-b/tmp" "$place/shared"
at_end "umount '$place/shared'"
opens -- read "$place/shared/a.jpg"
expect "PrivateTmp" ENOENT private-view likely "$place/shared/a.jpg"
expect_fixes "PrivateTmp" "put the file where both see it, or let it be seen here: BindReadOnlyPaths= in a service's unit, \
--ro-bind of bwrap" ""
opens -- read "$place/both/a.jpg"
check "where both see it" opened "$answer"
finish
