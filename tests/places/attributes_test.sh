#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# chattr +i and +a, and read-only mounts: what binds root.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

an_image "$place/frozen.jpg"
an_image "$place/log.jpg"
mkdir "$place/frozen"
if chattr +i "$place/frozen.jpg" "$place/frozen" 2>/dev/null && chattr +a "$place/log.jpg"; then
    at_end "chattr -i -a '$place/frozen.jpg' '$place/frozen' '$place/log.jpg'"
    opens -- write "$place/frozen.jpg"
    expect "immutable" EPERM immutable proven "$place/frozen.jpg"
    expect_command "immutable" "chattr -i $place/frozen.jpg"
    opens -- write,create "$place/frozen/new.jpg"
    expect "immutable directory" EPERM immutable proven "$place/frozen"
    opens -- write "$place/log.jpg"
    expect "append only" EPERM immutable proven "$place/log.jpg"
    expect_command "append only" "chattr -a $place/log.jpg"
    opens -- write,append "$place/log.jpg"
    check "appending" opened "$answer"
    chattr -i "$place/frozen.jpg"
    opens -- write "$place/frozen.jpg"
    check "after the fix" opened "$answer"

    # Permissions do not change while the attribute is there: both commands, one after the other.
    an_image "$place/both.jpg" 600
    chattr +i "$place/both.jpg"
    opens as 1001:1001 -- write "$place/both.jpg"
    expect "immutable and private" EPERM immutable proven "$place/both.jpg"
    expect_evidence "immutable and private" "*behind that its owner and mode give uid 1001 no write either*"
    chattr -i "$place/both.jpg"
    opens as 1001:1001 -- write "$place/both.jpg"
    expect "immutable and private, after the fix" EACCES file-write proven "$place/both.jpg"
    for letter in i a; do
        an_image "$place/private-$letter.jpg" 600
        chattr "+$letter" "$place/private-$letter.jpg"
        opens as 1001:1001 -- read "$place/private-$letter.jpg"
        expect "private, $letter" EACCES file-read proven "$place/private-$letter.jpg"
        expect_command "private, $letter" \
            "chattr -$letter $place/private-$letter.jpg; setfacl -m u:1001:r-- $place/private-$letter.jpg"
        chattr "-$letter" "$place/private-$letter.jpg"
        setfacl -m u:1001:r-- "$place/private-$letter.jpg"
        opens as 1001:1001 -- read "$place/private-$letter.jpg"
        check "private, $letter: after the fixes" opened "$answer"
    done
    opens -- write,create "$place/frozen/sub/new.jpg"
    expect "below an immutable directory" ENOENT create-in-missing-dir proven "$place/frozen/sub"
    expect_command "below an immutable directory" "chattr -i $place/frozen; mkdir -p $place/frozen/sub"
    chattr -i "$place/frozen"
    mkdir -p "$place/frozen/sub"
    opens -- write,create "$place/frozen/sub/new.jpg"
    check "below an immutable directory: after the fixes" opened "$answer"
else
    skip "attributes" "the file system of $place has none"
fi
opens as 1001:1001 -- read,noatime "$place/log.jpg"
expect "O_NOATIME" EPERM other-errno unknown "$place/log.jpg"
check_like "O_NOATIME: why" "*O_NOATIME is for the file's owner*" "$(said .why)"

mkdir "$place/ro"
an_image "$place/ro/a.jpg" 666
mount --bind "$place/ro" "$place/ro"
at_end "umount '$place/ro'"
mount -o remount,bind,ro "$place/ro"
for how in write both; do
    opens -- "$how" "$place/ro/a.jpg"
    expect "read-only mount, $how" EROFS read-only proven "$place/ro/a.jpg"
done
opens -- write,create "$place/ro/new.jpg"
expect "new name on a read-only mount" EROFS read-only proven "$place/ro"
opens -- write,create "$place/ro/sub/new.jpg"
expect "new directory on a read-only mount" ENOENT create-in-missing-dir proven "$place/ro/sub"
check_like "new directory on a read-only mount: no mkdir" "*write elsewhere*" "$(said '.advice | join("; ")')"
check "new directory on a read-only mount: no mkdir" 0 "$(said '[.fixes[].argv[0] | select(. == "mkdir")] | length')"
opens -- write,create "$place/ro/new.jpg"
expect_advice "read-only mount" "*if the program only reads, open it read-only*"
mount -o remount,bind,rw "$place/ro"
opens -- write "$place/ro/a.jpg"
check "after the fix" opened "$answer"
finish
