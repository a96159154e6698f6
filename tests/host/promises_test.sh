#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# promises_test.sh [NAME…]: each promise of the contract's section 7 (or those named), by a host
# program that checks it about itself. tests/host/mutate shows that each can fail.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD NO_COLOR "${!PERMSHIM_@}"

build=$(readlink -f "${BUILD:-build}")
library=${LIBRARY:-$build/libpermshim.so}
host=$build/tests/host/promises
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
chmod 755 "$tmp"

(($#)) || mapfile -t names < <("$host" --list)
(($#)) && names=("$@")
for name in "${names[@]}"; do
    mkdir "$tmp/$name"
    : >"$tmp/$name.log" && chmod 666 "$tmp/$name.log"
    status=0
    (cd "$tmp/$name" && env LD_PRELOAD="$library" PERMSHIM_LOG="$tmp/$name.log" PERMSHIM_LIMIT=0 \
        timeout -k 5 "${PROMISE_SECONDS:-300}" "$host" "$name" >"$tmp/$name.out" 2>"$tmp/$name.err" </dev/null) || status=$?
    if ((status == 77)); then
        skip "$name" "$(cat "$tmp/$name.out")"
        continue
    fi
    check "$name" "status 0, " "status $status, $(cat "$tmp/$name.out")"
    check "$name: the log is JSON" "" "$(jq -e . "$tmp/$name.log" 2>&1 >/dev/null || true)"
done

finish
