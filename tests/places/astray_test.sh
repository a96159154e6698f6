#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Where the path that the kernel tells is none that a shell could use: a directory under a later mount or on
# one that was taken away, another mount namespace, a root directory chosen by chroot(2).

set -euo pipefail
if ((EUID == 0)) && [[ ${PERMSHIM_PLACE_INSIDE-} != 1 ]]; then
    PERMSHIM_PLACE_INSIDE=1 exec unshare --mount -- "$0" "$@"
fi
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh
leave_container
unset container

mkdir "$place/disk"
mount -t tmpfs -o mode=755 none "$place/disk"
at_end "umount '$place/disk'"
an_image "$place/disk/private.jpg" 600
an_image "$place/disk/dogs.jpg"

# started_in COMMAND: a prefix for opens, which begins in the directory, and then this happens to it.
started_in() {
    # shellcheck disable=SC2016 # the inner shell expands it
    started=(unshare --mount bash -euc 'cd "$0"; '"$1"'; exec "$@"' "$place/disk" setpriv --reuid 1002 --regid 1002 --clear-groups)
}
# shellcheck disable=SC2016 # the inner shell expands them
for what in 'mount -t tmpfs none "$0"' 'umount --lazy "$0"'; do
    started_in "$what"
    opens "${started[@]}" -- read private.jpg
    expect "$what" EACCES file-read proven ./private.jpg
    expect_command "$what" ""
    expect_advice "$what" "no path leads to it from here,*enter it anew (cd), by a path"
    opens "${started[@]}" -- read dosg.jpg
    expect "$what, a typo" ENOENT typo likely ./dosg.jpg
    check "$what, a typo: found" dogs.jpg "$(said '.suggestions[0].path')"
    expect_evidence "$what, a typo" "*is not what its own path leads to now*"
    opens "${started[@]}" -- write,create new/a.jpg
    expect "$what, no directory" ENOENT create-in-missing-dir proven ./new
    expect_command "$what, no directory" ""
done
started_in true
opens "${started[@]}" -- read private.jpg
expect "nothing happens" EACCES file-read proven "$place/disk/private.jpg"
expect_command "nothing happens" "setfacl -m u:1002:r-- $place/disk/private.jpg"

# Another mount namespace, by the root directory of a process in there: a way for all who may trace it.
mkfifo "$place/ready"
# shellcheck disable=SC2016 # the inner shell expands it
unshare --mount bash -euc 'mount -t tmpfs -o mode=755 none "$0/disk"; install -m 600 /dev/null "$0/disk/b.jpg"
    echo >"$0/ready"; exec sleep 600' "$place" &
at_end "kill $!"
read -r <"$place/ready"
there=/proc/$!/root$place/disk/b.jpg
tracer=(setpriv --reuid 1002 --regid 1002 --clear-groups --inh-caps +sys_ptrace --ambient-caps +sys_ptrace)
opens "${tracer[@]}" -- read "$there"
expect "another namespace" EACCES file-read proven "$there"
expect_command "another namespace" "setfacl -m u:1002:r-- $there"
setfacl -m u:1002:r-- "$there"
opens "${tracer[@]}" -- read "$there"
check "another namespace: after the fix" opened "$answer"

# A root directory that is no mount point, as daemons choose it. Without /proc, and with it.
jail=$place/jail
mkdir -p "$jail$place" "$jail/usr/bin" "$jail/images/closed" "$jail/proc"
cp "$place/opener" "$place/libpermshim.so" "$jail$place"
cp "$(type -P env)" "$jail/usr/bin"
{ ldd "$place/opener" && ldd "$jail/usr/bin/env"; } | grep -o '/[^ ]*' | sort -u | while read -r library; do
    cp -L --parents "$library" "$jail"
done
chmod 700 "$jail/images/closed"
an_image "$jail/images/closed/a.jpg"
an_image "$jail/images/a.jpg" 600
jailed=(chroot --userspec=1002:1002 --groups= "$jail")
for proc in without with; do
    opens "${jailed[@]}" -- read /images/a.jpg
    expect "chroot $proc /proc" EACCES file-read proven /images/a.jpg
    expect_evidence "chroot $proc /proc" "*the process is in a chroot, and *"
    opens "${jailed[@]}" -- write,create /images/new/a.jpg
    expect "chroot $proc /proc, no directory" ENOENT create-in-missing-dir proven /images/new
    expect_evidence "chroot $proc /proc, no directory" "*the process is in a chroot, and *"
    opens "${jailed[@]}" -- read /images/closed/a.jpg
    expect "chroot $proc /proc, a closed directory" EACCES dir-search proven /images/closed
    expect_evidence "chroot $proc /proc, a closed directory" "*in a chroot, and the command's path begins at its root directory*"
    if [[ $proc == without ]]; then
        mount -t proc proc "$jail/proc"
        at_end "umount '$jail/proc'"
    fi
done
opens as 1002:1002 -- read "$jail/images/a.jpg"
expect "outside" EACCES file-read proven "$jail/images/a.jpg"
check "outside: notes" "" "$(said '.notes | join("; ")')"
setfacl -m u:1002:r-- "$jail/images/a.jpg"
setfacl -m u:1002:--x "$jail/images/closed"
for image in a.jpg closed/a.jpg; do
    opens "${jailed[@]}" -- read "/images/$image"
    check "chroot, $image: after the fix, with the path outside" opened "$answer"
done
finish
