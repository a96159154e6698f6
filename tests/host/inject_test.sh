#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fault injection: tests/host/inject.c says what is tried, under ASan and UBSan.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD NO_COLOR "${!PERMSHIM_@}"

inject=$(readlink -f "${BUILD:-build}")/injected/tests/host/inject
tmp=$(mktemp -d)
trap 'chmod -R u+rwx -- "$tmp" && rm -rf -- "$tmp"' EXIT
chmod 755 "$tmp"
as_user=() user=$(id -u)
if ((EUID == 0)); then
    user=65534
    as_user=(setpriv --reuid "$user" --regid "$user" --clear-groups)
    cp "$inject" "$tmp/inject" && inject=$tmp/inject
fi

mkdir "$tmp/scene"
(
    cd "$tmp/scene"
    mkdir real closed sealed
    ln -s real link
    ln -s nowhere dangling.png
    touch real/locked.png locked.png masked.png good.png
    chmod 0 real/locked.png locked.png closed
    chmod 555 sealed
    chmod 644 good.png
    ((EUID != 0)) || setfacl -m "u:$user:r--,m::---" masked.png
)
status=0
"${as_user[@]}" env ASAN_OPTIONS=detect_leaks=0 "$inject" "$tmp/scene" >"$tmp/json" 2>"$tmp/err" || status=$?
check "the host's side of every call stays" "status 0" "status $status$(sed '$d' "$tmp/err")"
check_like "how many were tried" "[1-9]* calls failed in turn" "$(tail -1 "$tmp/err")"
tail -1 "$tmp/err"
check "what was said is JSON" "" "$(jq -e . "$tmp/json" 2>&1 >/dev/null | head -3)"
check "reports were made" yes "$([[ $(wc -l <"$tmp/json") -gt 1000 ]] && echo yes)"

finish
