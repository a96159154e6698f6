#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A service account that meets a private home, and services with mounts of their own, as systemd makes
# them: what mends something there is for a shell outside.

set -euo pipefail
if ((EUID == 0)) && [[ ${PERMSHIM_PLACE_INSIDE-} != 1 ]]; then
    PERMSHIM_PLACE_INSIDE=1 exec unshare --mount -- "$0" "$@"
fi
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

mkdir "$place/home"
mkdir -m 700 "$place/home/alice"
chown 1001:1001 "$place/home/alice"
an_image "$place/home/alice/a.jpg" 600 1001:1001

# As many fixes as it takes, each as root, as they say.
opens as 1002:1002 -- read "$place/home/alice/a.jpg"
expect "private home" EACCES dir-search proven "$place/home/alice"
expect_command "private home" "setfacl -m u:1002:--x $place/home/alice"
setfacl -m u:1002:--x "$place/home/alice"
opens as 1002:1002 -- read "$place/home/alice/a.jpg"
expect "private file" EACCES file-read proven "$place/home/alice/a.jpg"
expect_command "private file" "setfacl -m u:1002:r-- $place/home/alice/a.jpg"
setfacl -m u:1002:r-- "$place/home/alice/a.jpg"
opens as 1002:1002 -- read "$place/home/alice/a.jpg"
check "after both fixes" opened "$answer"
opens as 1003:1003 -- read "$place/home/alice/a.jpg"
check "no one else got in" EACCES "$answer"
# shellcheck disable=SC2016 # the inner shell expands it
opens bash -c 'cd "$0" && exec "$@"' "$place/home/alice" setpriv --reuid 1003 --regid 1003 --clear-groups -- read ./a.jpg
expect "begun in a private home" EACCES dir-search proven "$place/home/alice"
check "begun in a private home: not reached" "$place/home/alice/. unreached" \
    "$(said '.components[-1] | .path + " " + .verdict')"

# systemd mounts an empty directory of mode 000 over it, in a mount namespace of the service's own.
mount -t tmpfs -o mode=000 none "$place/home"
at_end "umount '$place/home'"
opens as 1001:1001 -- read "$place/home/alice/a.jpg"
expect "ProtectHome" EACCES dir-search proven "$place/home"
expect_command "ProtectHome" ""
expect_advice "ProtectHome" "*ProtectHome=*BindReadOnlyPaths=*"

leave_container
unset container

# with_mounts COMMANDS: a prefix for opens, which runs these with mounts of its own before the program.
with_mounts() {
    # shellcheck disable=SC2016 # the inner shell expands it
    service=(unshare --mount bash -euc "$1"'; exec "$@"' - setpriv --reuid 1002 --regid 1002 --clear-groups)
}

# ProtectSystem=strict
mkdir "$place/state"
an_image "$place/state/a.jpg" 600
with_mounts "mount --bind '$place/state' '$place/state'; mount -o remount,bind,ro '$place/state'"
opens "${service[@]}" -- read "$place/state/a.jpg"
expect "ProtectSystem" EACCES file-read proven "$place/state/a.jpg"
expect_fixes "ProtectSystem" "" "setfacl -m u:1002:r-- $place/state/a.jpg"
check "ProtectSystem: note" \
    "'$place/state/a.jpg' is read-only for this process alone: the command is for a shell outside of its service or sandbox" \
    "$(said '.notes[]')"
setfacl -m u:1002:r-- "$place/state/a.jpg"
opens "${service[@]}" -- read "$place/state/a.jpg"
check "ProtectSystem: after the fix" opened "$answer"
opens "${service[@]}" -- write,create "$place/state/new.jpg"
expect "ProtectSystem, writing" EROFS read-only proven "$place/state"
expect_fixes "ProtectSystem, writing" "write elsewhere; or, if the program only reads, open it read-only; or let the sandbox \
that it runs in give it '$place/state' to write: ReadWritePaths= in a service's unit, where ProtectSystem=, ReadOnlyPaths= or \
ProtectHome= took it" ""
service=("${service[@]:0:4}" "mount -t proc -o hidepid=2 proc /proc; ${service[4]}" "${service[@]:5}") # ProtectProc=invisible
opens "${service[@]}" -- write,create "$place/state/new.jpg"
expect "ProtectSystem, ProtectProc" EROFS read-only proven "$place/state"
expect_fixes "ProtectSystem, ProtectProc" "write elsewhere; or, if the program only reads, open it read-only; or let it write to \
'$place/state': a service by ReadWritePaths= in its unit; if others may not write there either, as root: mount -o \
remount,bind,rw '$place/state' (which is the case cannot be seen from here)" ""
opens "${service[@]}" -- write,create "$place/state/out/new.jpg"
expect_command "ProtectSystem, no directory" ""

# PrivateTmp=, BindPaths=
mkdir -m 1777 "$place/shared" "$place/private"
mkdir -m 700 "$place/private/deep"
an_image "$place/private/deep/a.jpg"
with_mounts "mount --bind '$place/private' '$place/shared'"
opens "${service[@]}" -- read "$place/shared/deep/a.jpg"
expect "PrivateTmp" EACCES dir-search proven "$place/shared/deep"
expect_command "PrivateTmp" "setfacl -m u:1002:--x $place/private/deep"
expect_evidence "PrivateTmp" "*is '$place/private/deep' for all others*"
setfacl -m u:1002:--x "$place/private/deep"
opens "${service[@]}" -- read "$place/shared/deep/a.jpg"
check "PrivateTmp: after the fix" opened "$answer"
opens "${service[@]}" -- write,create "$place/shared/new/a.jpg"
expect "PrivateTmp, no directory" ENOENT create-in-missing-dir proven "$place/shared/new"
expect_command "PrivateTmp, no directory" "mkdir -p $place/private/new"
an_image "$place/shared/b.jpg"
opens "${service[@]}" -- read "$place/shared/b.jpg"
expect "PrivateTmp, another's file" ENOENT missing-file proven "$place/shared/b.jpg"
expect_evidence "PrivateTmp, another's file" "*'$place/shared' is mounted for this process and its like alone: *"
rm "$place/shared/b.jpg"

# TemporaryFileSystem=: what is there is nowhere else.
with_mounts "mount -t tmpfs none '$place/shared'; install -m 600 /dev/null '$place/shared/a.jpg'"
opens "${service[@]}" -- read "$place/shared/a.jpg"
expect "TemporaryFileSystem" EACCES file-read proven "$place/shared/a.jpg"
expect_command "TemporaryFileSystem" "setfacl -m u:1002:r-- $place/shared/a.jpg"
expect_evidence "TemporaryFileSystem" "*run the command among them, as root: nsenter -m -t *"
opens "${service[@]}" -- read "$place/shared/b.jpg"
expect "TemporaryFileSystem, hidden" ENOENT missing-file proven "$place/shared/b.jpg"
expect_evidence "TemporaryFileSystem, hidden" "*'$place/shared' is mounted for this process and its like alone: *"

# A sandbox in a user namespace, as bwrap makes it: mapping the owner would not help who has no capability.
an_image "$place/state/b.jpg" 600
opens as 1001:1001 unshare --map-user=1001 --map-group=1001 -- read "$place/state/b.jpg"
expect "user namespace" EACCES file-read proven "$place/state/b.jpg"
expect_fixes "user namespace" "outside of this user namespace, as the owner or root there: setfacl -m u:UID:r-- \
'$place/state/b.jpg', UID being the number that uid 1001 has there (ps -o uid= -p PID); here nobody can change it" ""
setfacl -m u:1001:r-- "$place/state/b.jpg"
opens as 1001:1001 unshare --map-user=1001 --map-group=1001 -- read "$place/state/b.jpg"
check "user namespace: after the fix" opened "$answer"

# A home that is none.
opens as 1003:1003 env HOME=/ -- write,create /.cache/thumbnails/a.png
expect "no home" ENOENT create-in-missing-dir proven /.cache
expect_fixes "no home" "give it a home: HOME is '/', as for users without an account (HOME=DIR with a directory of its own; \
XDG_CACHE_HOME=DIR for caches alone)" ""
finish
