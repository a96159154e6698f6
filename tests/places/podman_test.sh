#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Volumes of a container: each as a user meets it, then with the fix that the report names, so that
# the program reads the image. First as root, then as an ordinary user who has containers of its own.
#
# The container's root holds the opener, the library and libc, and nothing else. The limits, since a
# container may not raise those it was given. crun refuses a hybrid cgroup set-up: here, in a mount
# namespace of the test's own, that looks like a plain one.

set -euo pipefail
if ((EUID == 0)) && [[ ${PERMSHIM_PLACE_INSIDE-} != 1 ]]; then
    PERMSHIM_PLACE_INSIDE=1 exec unshare --mount -- "$0" "$@"
fi
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh
mountpoint -q /sys/fs/cgroup/unified && umount /sys/fs/cgroup/unified

root=$place/root
mkdir -p "$root"/{data,etc,tmp,proc,sys,dev,run} "$place/volume"
cp "$place/opener" "$place/libpermshim.so" "$root"
ldd "$root/opener" | grep -o '/[^ ]*' | while read -r library; do
    cp -L --parents "$library" "$root"
done
echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"

# volume MODE OWNER: the volume with its one image, both that owner's.
volume() {
    rm -rf "$place/volume/a.jpg"
    an_image "$place/volume/a.jpg" "$1" "$2"
    setfacl -b "$place/volume"
    chown "$2" "$place/volume"
}

engine=(podman --runtime crun)

# contained OPTION… -- HOW PATH: as opens, in a container with these options.
contained() {
    local -a options=()
    while [[ $1 != -- ]]; do
        options+=("$1") && shift
    done
    shift
    answer=$("${engine[@]}" run --rm --network=none --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 \
        -e LD_PRELOAD=/libpermshim.so -e PERMSHIM_FORMAT=json -e PERMSHIM_ERRNO=all \
        "${options[@]}" --rootfs "$root" /opener "$@" 2>"$place/report") || true
    report=$(grep -m 1 "^{" "$place/report") || true
}

# reads WHAT OPTION…: in such a container the program reads the image.
reads() {
    contained "${@:2}" -- read /data/a.jpg
    check "$1" opened "$answer"
}

contained -v "$place/volume:/data" -- read /opener
if [[ $answer != opened ]]; then
    skip "containers" "podman cannot start one here: $(head -n 1 "$place/report")"
    finish
    exit
fi

# --- A user who does not own the volume.

for_the_host="'/data' is mounted from outside the container: a command that changes it is for the host, with the host's path"
as_owner="start the container as the owner: --user 1234:1234 (docker, podman)"
volume 600 1234:1234
contained --user 1000:1000 -v "$place/volume:/data" -- read /data/a.jpg
expect "another user" EACCES file-read proven /data/a.jpg
check "another user: container" podman "$(said .process.container)"
expect_fixes "another user" "$as_owner" "setfacl -m u:1000:r-- /data/a.jpg"
check "another user: notes" "$for_the_host" "$(said '.notes | join("; ")')"
reads "another user, as the owner" --user 1234:1234 -v "$place/volume:/data"
setfacl -m u:1000:r-- "$place/volume/a.jpg"
reads "another user, with the ACL entry" --user 1000:1000 -v "$place/volume:/data"

volume 600 1234:1234
chmod 700 "$place/volume"
contained --user 1000:1000 -v "$place/volume:/data" -- read /data/a.jpg
expect "another user's directory" EACCES dir-search proven /data
expect_fixes "another user's directory" "$as_owner" "setfacl -m u:1000:--x /data"
reads "another user's directory, as the owner" --user 1234:1234 -v "$place/volume:/data"
chmod 755 "$place/volume"

volume 600 1234:1234
contained --user 1000:1000 -v "$place/volume:/data:ro" -- read /data/a.jpg
expect "another user, read-only" EACCES file-read proven /data/a.jpg
expect_fixes "another user, read-only" \
    "$as_owner; the file system is mounted read-only here: change the permissions where it can be written, or mount it read-write first" ""
reads "another user, read-only, as the owner" --user 1234:1234 -v "$place/volume:/data:ro"

volume 640 0:1234
contained --user 1000:1000 -v "$place/volume:/data" -- read /data/a.jpg
expect "without the group" EACCES file-read proven /data/a.jpg
expect_fixes "without the group" \
    "start the container with the group that has the right: --group-add 1234 (kubernetes: supplementalGroups)" \
    "setfacl -m u:1000:r-- /data/a.jpg"
reads "with the group" --user 1000:1000 --group-add 1234 -v "$place/volume:/data"

# --- Root against an owner that its user namespace does not have.

volume 600 1234:1234
map_owner="from outside, map the owner into this user namespace: podman --userns=keep-id when rootless, \
--uidmap and --gidmap, or the volume's option :idmap; chmod here cannot help"
contained --uidmap 0:100000:65536 -v "$place/volume:/data" -- read /data/a.jpg
# Likely and no more: the map gives 65534 to an id of its own as well.
expect "unmapped owner" EACCES unmapped-owner likely /data/a.jpg
let_in="outside of this user namespace, as the owner or root there: setfacl -m u:UID:r-- with the host's path of \
'/data/a.jpg', UID being the number that uid 0 has there (ps -o uid= -p PID); here nobody can change it"
expect_fixes "unmapped owner" "$map_owner; $let_in" ""
setfacl -m u:100000:r-- "$place/volume/a.jpg"
reads "unmapped owner, let in from outside" --uidmap 0:100000:65536 -v "$place/volume:/data"
volume 600 1234:1234
map=(--uidmap 0:100000:1234 --uidmap 1234:1234:1 --gidmap 0:100000:1234 --gidmap 1234:1234:1)
reads "unmapped owner, mapped by --uidmap" "${map[@]}" -v "$place/volume:/data"
# The file system has to be one that can be mapped.
contained --uidmap 0:100000:65536 -v "$place/volume:/data:idmap" -- read /data/a.jpg
if [[ $answer == "" ]]; then
    skip "unmapped owner, mapped by :idmap" "$(head -n 1 "$place/report")"
else
    check "unmapped owner, mapped by :idmap" opened "$answer"
    contained --uidmap 0:100000:65536 --user 1000:1000 -v "$place/volume:/data:idmap" -- read /data/a.jpg
    expect "another user of a mapped volume" EACCES file-read proven /data/a.jpg
    expect_fixes "another user of a mapped volume" "$as_owner; the mount maps ids, and perhaps not uid 1000: \
change owner or permissions from outside, where nothing is mapped" ""
    reads "another user of a mapped volume, as the owner" \
        --uidmap 0:100000:65536 --user 1234:1234 -v "$place/volume:/data:idmap"
fi

# --- Root without root's capabilities.

contained --cap-drop=ALL -v "$place/volume:/data" -- read /data/a.jpg
expect "dropped capabilities" EACCES root-without-capability proven /data/a.jpg
expect_fixes "dropped capabilities" "$as_owner" "setfacl -m u:0:r-- /data/a.jpg"
reads "dropped capabilities, as the owner" --cap-drop=ALL --user 1234:1234 -v "$place/volume:/data"
# Not advised, being more than is needed, but it is what was missing.
reads "the one capability" --cap-drop=ALL --cap-add=DAC_READ_SEARCH -v "$place/volume:/data"
setfacl -m u:0:r-- "$place/volume/a.jpg"
reads "dropped capabilities, with the ACL entry" --cap-drop=ALL -v "$place/volume:/data"

# --- A read-only volume.

volume 600 1234:1234
contained -v "$place/volume:/data:ro" -- write /data/a.jpg
expect "read-only volume" EROFS read-only proven /data/a.jpg
expect_fixes "read-only volume" "write elsewhere; or, if the program only reads, open it read-only; or start the \
container with this volume writable (docker, podman: -v SOURCE:PLACE without :ro; kubernetes: readOnly: false)" ""
for option in "" :rw; do
    contained -v "$place/volume:/data$option" -- write /data/a.jpg
    check "volume$option, writing" opened "$answer"
done
reads "read-only volume, reading" -v "$place/volume:/data:ro"

# --- A path of the host.

contained -v "$place/volume:/data" -- read /home/alice/a.jpg
expect "the host's home" ENOENT host-path likely /home
expect_fixes "the host's home" "mount the directory into the container at the same path (docker run -v DIR:DIR), or \
pass the path that the container has" ""
contained -v "$place/volume:/data" -w /data -- read qz/qz.jpg
expect "a relative path in a volume" ENOENT missing-dir proven /data/qz
contained -v "$place/volume:/data" -- read /data/qz/qz.jpg
expect "below a volume that is mounted" ENOENT missing-dir proven /data/qz
contained -v "$place/volume:/home/alice" -- read /home/alice/a.jpg
check "mounted at the same path" opened "$answer"

# A volume is mounted: what is missing in it is no path of the host.
contained -v "$place/volume:/data" -- read /data/none.jpg
expect "missing in a volume" ENOENT missing-file proven /data/none.jpg
expect_evidence "missing in a volume" "*'/data' is a volume of the container: what its image has there is not seen*"

# --- A container's own places.

contained --read-only --user 1000:1000 -- write,create /etc/new.jpg
expect "read-only root" EROFS read-only proven /etc
expect_advice "read-only root" "*--tmpfs PLACE*without --read-only*"
contained --read-only --tmpfs /etc -- write,create /etc/new.jpg
check "read-only root, with a tmpfs" opened "$answer"
contained --tmpfs /data:mode=700 --user 1000:1000 -- read /data/a.jpg
expect "private tmpfs" EACCES dir-search proven /data
expect_evidence "private tmpfs" "*'/data' is a tmpfs that was made for this container*--tmpfs DIR:mode=1777*"
contained --tmpfs /data:mode=1777 --user 1000:1000 -- write,create /data/a.jpg
check "tmpfs for all" opened "$answer"

# --- An ordinary user's own containers. The accounts are in files of this mount namespace.

user=4100 first_of_range=4200000
mkdir "$place/home" "$place/runtime" "$place/etc"
chmod 700 "$place/runtime"
chown "$user:$user" "$place/home" "$place/runtime"
chown -R "$user:$user" "$root" # podman adds accounts to the files there
{ cat /etc/passwd && echo "permshim:x:$user:$user::$place/home:/bin/sh"; } >"$place/etc/passwd"
{ cat /etc/group && echo "permshim:x:$user:"; } >"$place/etc/group"
echo "permshim:$first_of_range:65536" | tee "$place/etc/subuid" >"$place/etc/subgid"
for file in passwd group subuid subgid; do
    [[ -e /etc/$file ]] || touch "/etc/$file"
    mount --bind "$place/etc/$file" "/etc/$file"
done
engine=(as "$user:$user" env -C "$place" HOME="$place/home" XDG_RUNTIME_DIR="$place/runtime"
    podman --runtime crun --storage-driver vfs --cgroup-manager cgroupfs --events-backend file)
# It leaves a process that holds the user namespace.
at_end "kill \$(cat '$place/runtime/libpod/tmp/pause.pid')"

volume 600 "$user:$user"
contained -v "$place/volume:/data" -- read /data/a.jpg
if [[ $answer != opened ]]; then
    skip "rootless containers" "podman cannot start one here: $(grep -v level=warning "$place/report" | head -n 1)"
    finish
    exit
fi

# An image whose program runs as uid 1000, and the data of the user who starts it.
contained --user 1000:1000 -v "$place/volume:/data" -- read /data/a.jpg
expect "rootless, another user" EACCES file-read proven /data/a.jpg
expect_fixes "rootless, another user" "start the container with --userns=keep-id:uid=1000,gid=1000 (podman, rootless): \
uid 1000 is then who starts it, the owner" "setfacl -m u:1000:r-- /data/a.jpg"
check "rootless, another user: notes" \
    "$for_the_host and its number for uid 1000 (ps -o uid= -p PID, there)" "$(said '.notes | join("; ")')"
reads "rootless, another user, with keep-id" \
    --userns=keep-id:uid=1000,gid=1000 --user 1000:1000 -v "$place/volume:/data"
setfacl -m "u:$((first_of_range + 999)):r--" "$place/volume/a.jpg"
reads "rootless, another user, with the ACL entry" --user 1000:1000 -v "$place/volume:/data"
volume 600 "$user:$user"

# The user who starts it is not in the map, whose ids are those of the user's range, counted from 1.
for options in --userns=nomap --uidmap=0:1:65536; do
    contained "$options" -v "$place/volume:/data" -- read /data/a.jpg
    expect "rootless, $options" EACCES unmapped-owner likely /data/a.jpg
    expect_fixes "rootless, $options" "$map_owner; $let_in" ""
done
reads "rootless, with keep-id" --userns=keep-id -v "$place/volume:/data"
reads "rootless, with --uidmap" --uidmap=0:0:1000 -v "$place/volume:/data"
finish
