#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every exported name gives the result, errno and output that it gives without the library, and
# reports what it should. The library exports those names and nothing else.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD "${!PERMSHIM_@}"

build=$(readlink -f "${BUILD:-build}")
library=$build/libpermshim.so
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
chmod 755 "$tmp"
# Where the file system and not the caller decides, root would be refused nothing.
as_user=()
((EUID != 0)) || as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
cp "$library" "$build/tests/programs/exports" "$tmp/"

# run NAME [VARIABLE=VALUE…]: stdout to NAME.out, reports to NAME.log.
run() {
    local name=$1 status=0
    shift
    mkdir -m 777 "$tmp/$name"
    (cd "$tmp/$name" && "${as_user[@]}" env "$@" ../exports >../"$name.out" 2>../"$name.err") || status=$?
    echo "status $status" >>"$tmp/$name.out"
}

run bare
check_like "the calls without the library" "*ENOENT: -1 errno 2 *status 0" "$(cat "$tmp/bare.out")"

# --- same results, however much is reported
same() {
    check "same results: $1" "" "$(diff "$tmp/bare.out" "$tmp/$1.out" || true)"
}
preload=LD_PRELOAD=$tmp/libpermshim.so
run default "$preload"
same default
install -m 666 /dev/null "$tmp/all.log" # outside, since some of the calls list the directory
run all "$preload" PERMSHIM_MATCH='*' PERMSHIM_ERRNO=all PERMSHIM_CALLS=open,dir,probe+ PERMSHIM_LIMIT=0 \
    PERMSHIM_FORMAT=none PERMSHIM_LOG="$tmp/all.log"
same all
run json "$preload" PERMSHIM_FORMAT=json PERMSHIM_LIMIT=0
same json
run disabled "$preload" PERMSHIM_DISABLE=1
same disabled
check "disabled: no word" "$(cat "$tmp/bare.err")" "$(cat "$tmp/disabled.err")"
check_like "default: reports" "*permshim: *" "$(cat "$tmp/default.err")"

# --- every name reports what its group reports
reports() {
    jq -r --arg name "$1" --arg errno "$2" \
        'select(.event == "failure" and .call.function == $name and .call.errno == $errno) | .cause' "$tmp/all.log"
}
while read -r name group; do
    check "$name reports EACCES" yes "$([[ -n $(reports "$name" EACCES) ]] && echo yes)"
    [[ $group == dir ]] || check "$name reports ENOENT" yes "$([[ -n $(reports "$name" ENOENT) ]] && echo yes)"
    check "$name leaves EFAULT alone" "" "$(reports "$name" EFAULT)"
done < <("$tmp/exports" --list)

# --- what the file exports and needs
check "exports the table's names only" "$("$tmp/exports" --list | awk '{ print $1 }' | sort)" \
    "$(nm -D --defined-only "$library" | awk '{ print $NF }' | sort)"
check "takes nothing that is not on the list" "" "$(tests/host/undefined-names "$library" 2>&1 >/dev/null)"
dynamic=$(readelf --dynamic --wide "$library")
check "no text relocation" "" "$(grep -E 'TEXTREL' <<<"$dynamic" || true)"
check_like "bound at start" "*BIND_NOW*" "$dynamic"
segments=$(readelf --segments --wide "$library")
check "no executable stack" "RW" "$(awk '$1 == "GNU_STACK" { print $7 }' <<<"$segments")"
check_like "relocations read-only" "*GNU_RELRO*" "$segments"
# Static TLS is scarce: libraries opened later draw on the same reserve.
tls=$(awk '$1 == "TLS" { print $6 }' <<<"$segments")
check "thread-local storage of at most 16 bytes" yes "$( ((${tls:-0} <= 16)) && echo yes)"
check_like "thread-local storage is static" "*STATIC_TLS*" "$dynamic"

finish
