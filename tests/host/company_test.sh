#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# In the company of others: libraries that open before main and after exit, C++ plugins, other
# allocators, sanitizers and other preloaded libraries, on either side of ours.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD NO_COLOR "${!PERMSHIM_@}"

build=$(readlink -f "${BUILD:-build}")
library=$build/libpermshim.so
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
here=tests/host/company

# with PRELOAD COMMAND…: status and output; the reports go to $tmp/log.
with() {
    local preload=$1 status=0
    shift
    rm -f "$tmp/log"
    env LD_PRELOAD="$preload" PERMSHIM_LOG="$tmp/log" PERMSHIM_FORMAT=none PERMSHIM_LIMIT=0 timeout -k 5 300 "$@" \
        >"$tmp/out" 2>&1 </dev/null || status=$?
    echo "status $status $(cat "$tmp/out")"
}
failures() {
    touch "$tmp/log"
    jq -r 'select(.event == "failure") | .call.path' "$tmp/log" | sort
}
# quiet WHAT PRELOAD COMMAND…: as without us, and 160 reports of storm
storm=("$build/tests/programs/storm" "$tmp" 2 4 20)
quiet() {
    check "$1: as without the library" "status 0 " "$(with "${@:2}" 2>&1)"
    check "$1: every failure told once" "160 160" "$(failures | wc -l) $(failures | sort -u | wc -l)"
}

# --- before main, and when the program ends
cc -std=c17 -Wall -Wextra -shared -fPIC "$here/early.c" -o "$tmp/early.so"
for order in "$library:$tmp/early.so" "$tmp/early.so:$library"; do
    check "before main and at the end: $(basename "${order%%:*}") first" "status 0 the end" "$(with "$order" /bin/true)"
    check_like "at exit: told" "*/at-exit.png*" "$(failures)"
    check_like "in a destructor: told" "*/destructor.png*" "$(failures)"
    check "bound at once: $(basename "${order%%:*}") first" "status 0 the end" "$(LD_BIND_NOW=1 with "$order" /bin/true)"
done

# --- C++ in a program that has none
if command -v c++ >/dev/null; then
    c++ -std=c++17 -Wall -Wextra -O1 -shared -fPIC "$here/plugin.cc" -o "$tmp/plugin.so"
    cc -std=c17 -D_GNU_SOURCE -Wall -Wextra "$here/load.c" -o "$tmp/load"
    check "C++ without us" "status 0 " "$(with "" "$tmp/load" "$tmp/plugin.so")"
    check "C++ exceptions" "status 0 " "$(with "$library" "$tmp/load" "$tmp/plugin.so")"
    check "C++ exceptions: told" 101 "$(failures | wc -l)"
    check "C++ exceptions, bound deeply" "status 0 " "$(with "$library" "$tmp/load" -d "$tmp/plugin.so")"
    bindings=$(LD_PRELOAD=$library LD_DEBUG=bindings "$tmp/load" "$tmp/plugin.so" 2>&1 | grep -a "_Unwind_RaiseException" || true)
    check_like "the unwinder is libgcc's" "*libgcc_s.so.1*" "$bindings"
    check "no unwinder is ours" "" "$(grep "to $library" <<<"$bindings" || true)"
else
    skip "C++" "no compiler"
fi

# --- allocators and other preloads, on either side
installed() { # NAME: the library's file, if there is one
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p | awk -v name="$1" '$1 ~ "^" name && /x86-64/ && !seen++ { print $NF }'
}
for name in libjemalloc.so libtcmalloc_minimal.so libmimalloc.so libeatmydata.so; do
    other=$(installed "$name")
    [[ $other ]] || { skip "$name" "not installed" && continue; }
    quiet "$name before us" "$other:$library" "${storm[@]}"
    quiet "$name behind us" "$library:$other" "${storm[@]}"
done
for other in /usr/lib/*/faketime/libfaketime.so.1 /usr/lib/*/libfakeroot/libfakeroot-sysv.so; do
    [[ -e $other ]] || { skip "$(basename "$other")" "not installed" && continue; }
    quiet "$(basename "$other") before us" "$other:$library" "${storm[@]}"
    quiet "$(basename "$other") behind us" "$library:$other" "${storm[@]}"
done

# --- sanitizers
for compiler in gcc clang; do
    if ! "$compiler" -fsanitize=address,undefined -g -D_GNU_SOURCE tests/programs/storm.c -o "$tmp/storm-$compiler" 2>"$tmp/err"; then
        skip "ASan by $compiler" "$(head -1 "$tmp/err")"
        continue
    fi
    runtime=$(ldd "$tmp/storm-$compiler" | awk '/libasan/ { print $3 }')
    sanitized=("$tmp/storm-$compiler" "${storm[@]:1}")
    # gcc's runtime wants to be first, or to be told that it is not.
    quiet "ASan by $compiler" "$library" env ASAN_OPTIONS=verify_asan_link_order=0 "${sanitized[@]}"
    [[ -z $runtime ]] || quiet "ASan by $compiler, preloaded" "$runtime:$library" "${sanitized[@]}"
done
if command -v valgrind >/dev/null; then
    # Errors and leaks change the status. Valgrind itself remarks on each probing of memory (memory.h).
    check "valgrind: nothing of ours" "status 0 " \
        "$(with "$library" valgrind -q --error-exitcode=9 --leak-check=full "$build/tests/programs/storm" "$tmp" 1 2 5 |
            sed "s/--[0-9]*-- sigprocmask: unknown 'how' field -1//" | sed -n '/./p')"
    check "valgrind: told" 10 "$(failures | wc -l)"
else
    skip "valgrind" "not installed"
fi

finish
