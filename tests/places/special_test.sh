#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Device files on a nodev mount, and the working directory of somebody else's process.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

mkdir "$place/nodev"
mount -t tmpfs -o nodev,mode=755 none "$place/nodev"
at_end "umount '$place/nodev'"
mknod -m 666 "$place/nodev/null.png" c 1 3
opens -- read "$place/nodev/null.png"
expect "device" EACCES nodev proven "$place/nodev/null.png"
expect_command "device" ""
mount -o remount,dev "$place/nodev"
opens -- read "$place/nodev/null.png"
check "device on a mount that allows it" opened "$answer"

# test(1) asks whether it may run the file; then the mount is mended, and nothing else.
mkdir "$place/noexec"
mount -t tmpfs -o noexec,mode=755 none "$place/noexec"
at_end "umount '$place/noexec'"
an_image "$place/noexec/run.png" 755
may_run() {
    answer=no
    report=$(LD_PRELOAD="$place/libpermshim.so" PERMSHIM_FORMAT=json PERMSHIM_CALLS=probe \
        /usr/bin/test -x "$place/noexec/run.png" 2>&1) && answer=yes
    report=$(head -n 1 <<<"$report")
}
may_run
expect "executable" no file-execute proven "$place/noexec/run.png"
expect_command "executable" ""
expect_advice "executable" "*where programs may lie*"
mount -o remount,exec "$place/noexec"
may_run
check "executable on a mount that allows it" yes "$answer"

# Where the kernel makes all files: no command helps, and root is refused as well.
mkdir "$place/pts" "$place/proc"
mount -t devpts -o mode=600 none "$place/pts"
at_end "umount '$place/pts'"
mount -t proc none "$place/proc"
at_end "umount '$place/proc'"
for who in 0:0 1001:1001; do
    opens as "$who" -- write,create "$place/pts/a.png"
    check "creating on devpts as $who: answer" EACCES "$answer"
    check "creating on devpts as $who: cause" "dir-write $place/pts" "$(said '[.cause, .culprit] | join(" ")')"
    expect_fixes "creating on devpts as $who" "create it elsewhere: what is in '$place/pts' the kernel makes (devpts), \
and nobody can put a file there, root included" ""
    opens as "$who" -- write,create "$place/proc/a.png"
    expect "creating on procfs as $who" ENOENT other-errno likely "$place/proc/a.png"
    expect_advice "creating on procfs as $who" "*the kernel makes (proc)*"
    opens as "$who" -- write,create "$place/proc/none/a.png"
    expect "below procfs as $who" ENOENT create-in-missing-dir proven "$place/proc/none"
    expect_command "below procfs as $who" ""
done

mkdir -m 755 "$place/theirs"
an_image "$place/theirs/a.png"
setpriv --reuid 1001 --regid 1001 --clear-groups -- env -C "$place/theirs" sleep 60 &
at_end "kill $!"
until [[ $(readlink "/proc/$!/cwd") == "$place/theirs" ]]; do sleep 0.05; done
opens as 1002:1002 -- read "/proc/$!/cwd/a.png"
expect "another's cwd" EACCES proc-guard proven "/proc/$!/cwd"
expect_advice "another's cwd" "*run it as uid 1001*"
opens as 1001:1001 -- read "/proc/$!/cwd/a.png"
check "one's own" opened "$answer"
opens as 1001:1002 -- read "/proc/$!/cwd/a.png"
expect "one's own, with another group" EACCES proc-guard proven "/proc/$!/cwd"
expect_advice "one's own, with another group" "*run it as uid 1001 gid 1001;*"
opens as 1001:1001 unshare --user -- read "/proc/$!/cwd/a.png"
expect "one's own, out of a user namespace" EACCES proc-guard proven "/proc/$!/cwd"
expect_advice "one's own, out of a user namespace" "*from outside of this user namespace;*"

# Such a /proc hides what others run, in either of two ways.
for hidepid in 1 2; do
    # shellcheck disable=SC2016 # the inner shell expands it
    hiding=(unshare --mount bash -euc 'mount -t proc -o "hidepid=$0" proc /proc; exec "$@"' "$hidepid"
        setpriv --reuid 1002 --regid 1002 --clear-groups)
    opens "${hiding[@]}" -- read "/proc/$!/cwd/a.png"
    if ((hidepid == 1)); then
        expect "hidepid=1" EPERM other-errno unknown nothing
        check_like "hidepid=1: why" "*/proc is mounted with hidepid=*" "$(said .why)"
    else
        expect "hidepid=2" ENOENT missing-dir likely "/proc/$!/cwd"
        expect_evidence "hidepid=2" "*/proc is mounted with hidepid=*"
    fi
done

# Nothing in /proc takes a chmod, whoever runs it.
opens as 1002:1002 -- read "/proc/$!/fd/a.png"
expect "another's descriptors" EACCES dir-search proven "/proc/$!/fd"
expect_fixes "another's descriptors" \
    "nothing in /proc takes chmod or setfacl, proc(5): what is there is for uid 1001 and for root" ""
check "chmod is refused" EPERM "$(chmod o+x "/proc/$!/fd" 2>/dev/null || echo EPERM)"
opens as 1001:1001 -- read "/proc/$!/fd/a.png"
check "their owner may look" ENOENT "$answer"
finish
