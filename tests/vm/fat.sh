#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# In a guest of tests/vm/run, as root: file systems that keep no owners, FAT and exFAT.

set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
echo
echo "fat: begin"
# shellcheck source=tests/places/place.sh
source tests/places/place.sh
rm -f /.dockerenv /run/.containerenv # the machine may be a container, the guest is none

modprobe loop
mkdir -p /mnt/stick
for type in vfat exfat; do
    modprobe "$type"
    truncate -s 8M "/run/$type"
    "mkfs.$type" "/run/$type" >/run/mkfs.log 2>&1 || cat /run/mkfs.log
    disk=$(losetup --find --show "/run/$type")
    stick() {
        mount -t "$type" -o "$1" "$disk" /mnt/stick
    }
    # remounted OPTION: mounts it again as the report advises, with this option behind those it had.
    remounted() {
        local had=$options
        umount /mnt/stick
        options=$had,$1 && stick "$options"
    }
    # masked WHAT CULPRIT OPTION: made up from the mount's options, and this one is to change.
    masked() {
        expect "$type, $1" EACCES mount-mask proven "$2"
        expect_fixes "$type, $1" "as root, umount '/mnt/stick' and mount $disk there again with -o $3 \
among its options (and in /etc/fstab); chmod does nothing here" ""
    }
    stick uid=0
    printf GIF89a >/mnt/stick/a.jpg
    umount /mnt/stick

    options=uid=1001,gid=1001,umask=077 && stick "$options"
    opens as 1002:1002 -- read /mnt/stick/a.jpg
    masked "another's stick" /mnt/stick uid=1002
    check "$type: chmod does nothing" "700" "$(chmod 755 /mnt/stick 2>/dev/null || true; stat -c %a /mnt/stick)"
    remounted uid=1002
    opens as 1002:1002 -- read /mnt/stick/a.jpg
    check "$type: mounted with uid=1002" opened "$answer"
    umount /mnt/stick
    [[ $type == vfat ]] || continue # one of the two for the rest: they have the same options

    options=uid=1001,gid=1001,dmask=022,fmask=0377 && stick "$options"
    opens as 1002:1002 -- read /mnt/stick/a.jpg
    masked "another's file" /mnt/stick/a.jpg uid=1002
    opens as 1001:1001 -- write /mnt/stick/a.jpg
    masked "one's own, read-only" /mnt/stick/a.jpg fmask=0113
    remounted fmask=0113
    opens as 1001:1001 -- write /mnt/stick/a.jpg
    check "$type: mounted with fmask=0113" opened "$answer"
    umount /mnt/stick

    options=uid=1001,gid=1001,dmask=0777,fmask=0777 && stick "$options"
    opens as 1002:1002 -- read /mnt/stick/a.jpg
    masked "nobody's directory" /mnt/stick dmask=0022
    remounted dmask=0022
    opens as 1002:1002 -- read /mnt/stick/a.jpg
    masked "nobody's file" /mnt/stick/a.jpg fmask=0133
    remounted fmask=0133
    opens as 1002:1002 -- read /mnt/stick/a.jpg
    check "$type: mounted with both masks" opened "$answer"
    opens as 1002:1002 -- write,create /mnt/stick/new.jpg
    masked "no new names" /mnt/stick uid=1002
    remounted uid=1002
    opens as 1002:1002 -- write,create /mnt/stick/new.jpg
    check "$type: new name, mounted with uid=1002" opened "$answer"
    umount /mnt/stick
done

finish && echo "fat: all is well"
