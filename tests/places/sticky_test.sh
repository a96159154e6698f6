#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A directory like /tmp, with the sysctls that most distributions set: root is refused too.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

# The sysctls are everybody's: the property test locks this file too while it sets them.
exec 9</proc/sys/fs/protected_symlinks
flock 9
keep_sysctl fs.protected_symlinks
keep_sysctl fs.protected_regular
mkdir -m 1777 "$place/tmp"
chown 1003 "$place/tmp"
an_image "$place/real.jpg"
ln -s ../real.jpg "$place/tmp/link.jpg"
chown -h 1001 "$place/tmp/link.jpg"
an_image "$place/tmp/theirs.jpg" 666 1001

sysctl -qw fs.protected_symlinks=1 fs.protected_regular=1
for who in 0:0 1002:1002; do
    opens as "$who" -- read "$place/tmp/link.jpg"
    expect "link as $who" EACCES protected-symlink proven "$place/tmp/link.jpg"
    expect_command "link as $who" ""
    expect_advice "link as $who" "open what it leads to by its own path: '$place/real.jpg'; *"
    opens as "$who" -- write,create,truncate "$place/tmp/theirs.jpg"
    expect "create as $who" EACCES protected-create proven "$place/tmp/theirs.jpg"
    expect_command "create as $who" ""
    expect_advice "create as $who" "open it without O_CREAT*"
done
# Its first round refuses what would go on for ever; a walk that goes round by itself passes many names.
mkdir -p "$place/round/a/b/c/d/e/f"
ln -s "$place/tmp/again.jpg" "$place/round/a/b/c/d/e/f/first.jpg"
ln -s ../round/a/b/c/d/e/f/first.jpg/gone "$place/tmp/again.jpg"
chown -h 1001 "$place/tmp/again.jpg"
opens as 1002:1002 -- read "$place/round/a/b/c/d/e/f/first.jpg"
expect "loop" EACCES protected-symlink proven "$place/tmp/again.jpg"

# Where /proc/sys is not there (systemd's ProcSubset=pid) the sysctls are taken to be on, if nothing else refuses.
# shellcheck disable=SC2016 # the inner shell expands it
without_sys=(unshare --mount --pid --fork bash -euc 'mount -t proc -o subset=pid proc /proc; exec "$@"' -
    setpriv --reuid 1002 --regid 1002 --clear-groups)
opens "${without_sys[@]}" -- read "$place/tmp/link.jpg"
expect "link without /proc/sys" EACCES protected-symlink likely "$place/tmp/link.jpg"
opens "${without_sys[@]}" -- write,create "$place/tmp/theirs.jpg"
expect "create without /proc/sys" EACCES protected-create likely "$place/tmp/theirs.jpg"
an_image "$place/private.jpg" 600
opens "${without_sys[@]}" -- read "$place/private.jpg"
expect "elsewhere without /proc/sys" EACCES file-read proven "$place/private.jpg"

# The advice helps.
opens as 1002:1002 -- read "$place/real.jpg"
check "the target itself" opened "$answer"
opens as 1002:1002 -- write "$place/tmp/theirs.jpg"
check "without O_CREAT" opened "$answer"

chmod 600 "$place/tmp/theirs.jpg"
opens as 1002:1002 -- write,create "$place/tmp/theirs.jpg"
expect "mode refuses too" EACCES protected-create proven "$place/tmp/theirs.jpg"
expect_evidence "mode refuses too" "*behind that its owner and mode give uid 1002 no write either*"

sysctl -qw fs.protected_symlinks=0 fs.protected_regular=0
opens as 1002:1002 -- read "$place/tmp/link.jpg"
check "without the sysctl" opened "$answer"
finish
