#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A service account that meets a private home, and a service whose unit says ProtectHome=yes.

set -euo pipefail
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

# systemd mounts an empty directory of mode 000 over it, in a mount namespace of the service's own.
mount -t tmpfs -o mode=000 none "$place/home"
at_end "umount '$place/home'"
opens as 1001:1001 -- read "$place/home/alice/a.jpg"
expect "ProtectHome" EACCES dir-search proven "$place/home"
expect_command "ProtectHome" ""
expect_advice "ProtectHome" "*ProtectHome=*BindReadOnlyPaths=*"
finish
