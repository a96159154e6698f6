#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Volumes of a container: each as a user meets it, then with the fix that the report names.
#
# The container's root holds the opener, the library and libc, and nothing else. runc, since crun
# refuses a hybrid cgroup set-up; the limits, since a container may not raise those it was given.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

root=$place/root
mkdir -p "$root"/{data,etc,tmp,proc,sys,dev,run} "$place/volume"
cp "$place/opener" "$place/libpermshim.so" "$root"
ldd "$root/opener" | grep -o '/[^ ]*' | while read -r library; do
    cp -L --parents "$library" "$root"
done
echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
an_image "$place/volume/a.jpg" 600 1234:1234
chown 1234:1234 "$place/volume"

# contained OPTION… -- HOW PATH: as opens, in a container with these options.
contained() {
    local -a options=()
    while [[ $1 != -- ]]; do
        options+=("$1") && shift
    done
    shift
    answer=$(podman --runtime runc run --rm --network=none --ulimit nofile=1024:1024 --ulimit nproc=1000:1000 \
        -e LD_PRELOAD=/libpermshim.so -e PERMSHIM_FORMAT=json -e PERMSHIM_ERRNO=all \
        "${options[@]}" --rootfs "$root" /opener "$@" 2>"$place/report") || true
    report=$(grep -m 1 "^{" "$place/report") || true
}

if ! contained -v "$place/volume:/data" -- read /opener || [[ $answer != opened ]]; then
    skip "containers" "podman cannot start one here: $(head -n 1 "$place/report")"
    finish
    exit
fi

contained --user 1000:1000 -v "$place/volume:/data:ro" -- read /data/a.jpg
expect "another user" EACCES file-read proven /data/a.jpg
check "another user: container" podman "$(said .process.container)"
expect_advice "another user" "start the container as the owner: --user 1234:1234*"
contained --user 1234:1234 -v "$place/volume:/data:ro" -- read /data/a.jpg
check "as the owner" opened "$answer"

chmod 640 "$place/volume/a.jpg"
chown 0:1234 "$place/volume/a.jpg"
contained --user 1000:1000 -v "$place/volume:/data:ro" -- read /data/a.jpg
expect_advice "without the group" "*--group-add 1234*"
contained --user 1000:1000 --group-add 1234 -v "$place/volume:/data:ro" -- read /data/a.jpg
check "with the group" opened "$answer"
an_image "$place/volume/a.jpg" 600 1234:1234

contained --uidmap 0:100000:65536 -v "$place/volume:/data" -- read /data/a.jpg
# Likely and no more: the map gives 65534 to an id of its own as well.
expect "unmapped owner" EACCES unmapped-owner likely /data/a.jpg
expect_command "unmapped owner" ""
expect_advice "unmapped owner" "*--userns=keep-id*--uidmap*:idmap*chmod here cannot help*"
map=(--uidmap 0:100000:1234 --uidmap 1234:1234:1 --gidmap 0:100000:1234 --gidmap 1234:1234:1)
contained "${map[@]}" -v "$place/volume:/data" -- read /data/a.jpg
check "with the owner mapped" opened "$answer"

contained --cap-drop=ALL -v "$place/volume:/data" -- read /data/a.jpg
expect "dropped capabilities" EACCES root-without-capability proven /data/a.jpg
expect_advice "dropped capabilities" "start the container as the owner: --user 1234:1234*"
contained --cap-drop=ALL --user 1234:1234 -v "$place/volume:/data" -- read /data/a.jpg
check "dropped capabilities, as the owner" opened "$answer"

contained -v "$place/volume:/data:ro" -- write /data/a.jpg
expect "read-only volume" EROFS read-only proven /data/a.jpg
expect_command "read-only volume" ""
expect_advice "read-only volume" "*without :ro*"
contained -v "$place/volume:/data" -- write /data/a.jpg
check "writable volume" opened "$answer"
contained -v "$place/volume:/data:ro" -- read /data/a.jpg
check "read-only volume, reading" opened "$answer"

setfacl -m u:1000:r-- "$place/volume/a.jpg"
contained --user 1000:1000 -v "$place/volume:/data:ro" -- read /data/a.jpg
check "the second fix, on the host" opened "$answer"
finish
