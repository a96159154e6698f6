#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the calls that list and that probe report, group by group.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD "${!PERMSHIM_@}"

build=$(readlink -f "${BUILD:-build}")
if ((EUID != 0)); then
    skip "listing and probing" "needs root, to lock somebody else out"
    finish
    exit
fi
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
chmod 755 "$tmp"
cp "$build/libpermshim.so" "$build/tests/programs/lister" "$tmp/"
mkdir -m 700 "$tmp/closed"
mkdir -m 711 "$tmp/named"
touch "$tmp/locked.png" "$tmp/closed/a.png" "$tmp/named/a.png"
chmod 600 "$tmp/locked.png"

# list CALLS [ARGUMENT…]: each report as "function flags: cause culprit", the first of each kind.
list() {
    local calls=$1
    shift
    install -m 666 /dev/null "$tmp/log"
    (cd "$tmp" && "${as_user[@]}" env LD_PRELOAD="$tmp/libpermshim.so" PERMSHIM_FORMAT=none PERMSHIM_LOG="$tmp/log" \
        PERMSHIM_CALLS="$calls" ./lister "$@")
    jq -r --arg tmp "$tmp/" 'select(.event == "failure")
        | "\(.call.function) \(.call.flags | join("|")): \(.cause) \(.culprit | ltrimstr($tmp)) \(.certainty) "
          + "uid \(.why | capture("not (?<uid>[0-9]+)").uid // "-") \(.fixes[0].argv[2] // "")"' "$tmp/log"
}

# Every call at a place of its own would need many places: what was counted counts too.
counts() {
    jq -r --arg tmp "$tmp/" 'select(.event == "summary") | "\(.cause) \(.culprit | ltrimstr($tmp)): \(.count)"' "$tmp/log" |
        sort -V
}

as_user=(setpriv --reuid 4242 --regid 4242 --clear-groups)
check "open: nothing is opened that is an image" "" "$(list open)"
check "dir: what is listed" "opendir : dir-list named proven uid 4242 u:4242:r-x
ftw : dir-search closed proven uid 4242 u:4242:--x" "$(list dir)"
check "dir: opendir, scandir, fts_read, open; ftw, fts_read" "dir-list named: 4
dir-search closed: 2" "$(counts)"
list dir >/dev/null
check "dir: not /proc" "" "$(jq -r 'select(.call.path? // "" | startswith("/proc"))' "$tmp/log")"
export PERMSHIM_MATCH='*'
check_like "dir: /proc too where every path is asked for" "*opendir : dir-list /proc/1/task/1/fd *" "$(list dir)"
unset PERMSHIM_MATCH
check "probe: what is probed" "stat : dir-search closed proven uid 4242 u:4242:--x
access R_OK|W_OK: file-read locked.png proven uid 4242 u:4242:rw-
access X_OK: file-execute locked.png proven uid 4242 u:4242:--x" "$(list probe)"
check "probe: six at the directory; access, eaccess, faccessat" "dir-search closed: 6
file-read locked.png: 3" "$(counts)"
check_like "probe+: what is missing" "*
stat : missing-file missing.png proven*
open O_RDONLY|O_DIRECTORY|O_PATH: missing-file copy.png proven*" "$(list probe+ 2>/dev/null || true)"

# --- access(2) asks for the real user, the others for the effective one
as_user=()
check "real user 4242, effective root" "access R_OK|W_OK: file-read locked.png proven uid 4242 u:4242:rw-
access X_OK: file-execute locked.png proven uid 4242 u:4242:--x" "$(list probe 4242 0)"
check "real root, effective 4242" "stat : dir-search closed proven uid 4242 u:4242:--x
eaccess R_OK: file-read locked.png proven uid 4242 u:4242:r--" "$(list probe 0 4242 | grep -v X_OK)"

finish
