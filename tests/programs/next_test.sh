#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the wrappers call is what dlsym(RTLD_NEXT) finds, whatever else is loaded.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD "${!PERMSHIM_@}"

build=$(readlink -f "${BUILD:-build}")
probe=$build/tests/programs/next_probe.so
names=$((2 * $(grep -c '^CALL' shim/exports.def)))
grep -q LIBC_HAS_openat2 "$build/generated/libc_names.h" || names=$((names - 2))
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT

# finds WHAT WAY PRELOADS PROGRAM…: with the probe and other preloads
finds() {
    local said
    said=$(LD_PRELOAD=$3 "${@:4}" 2>&1 >/dev/null </dev/null | grep -a '^next_probe:' | sort -u || true)
    check "$1" "next_probe: $names names by $2" "$said"
}
own="its own look-up"

# --- programs
finds "a short program" "$own" "$probe" /bin/true
for program in python3 perl git node; do
    if command -v "$program" >/dev/null; then
        finds "$program" "$own" "$probe" "$program" --version
    else
        skip "$program" "not installed"
    fi
done

# --- libraries of others
others=0
for name in libeatmydata.so libjemalloc.so libtcmalloc_minimal.so libfakeroot-sysv.so; do
    for path in /usr/lib/x86_64-linux-gnu/{,*/}"$name"{,.[0-9]}; do
        [[ -e $path ]] || continue
        finds "with $name behind it" "$own" "$probe $path" /bin/true
        finds "with $name before it" "$own" "$path $probe" /bin/true
        others=$((others + 1))
        break
    done
done
((others > 0)) || skip "libraries of others" "none of them is installed"

# --- what a library can define
library() { # NAME [LINKER OPTION]…: from the C on stdin
    "${CC:-cc}" -shared -fPIC -w -x c - -o "$tmp/$1.so" "${@:2}"
}
library plain <<<'int open(void) { return 9; } void *fopen64(void) { return 0; }
    __attribute__((weak)) int stat(void) { return 0; } int access(void) { return 0; }
    __attribute__((visibility("hidden"))) int lstat(void) { return 0; }'
library second <<<'int stat(void) { return 1; } int open(void) { return 8; } int access(void) { return 1; }'
echo 'OLD { open; fopen; creat; }; NEW { open; opendir; creat; } OLD;' >"$tmp/map"
library versions "-Wl,--version-script=$tmp/map" <<<'int a(void) { return 9; } int b(void) { return 8; }
    __asm__(".symver a, open@OLD"); __asm__(".symver b, open@@NEW"); /* the default */
    __asm__(".symver a, fopen@OLD"); /* an old one alone: not for dlsym */
    int opendir(void) { return 1; } int creat(void) { return 1; }'
library indirect <<<'static int one(void) { return 9; } static void *choose(void) { return one; }
    int open(void) __attribute__((ifunc("choose")));'
for name in plain second versions indirect; do
    finds "a library with $name definitions" "$own" "$probe $tmp/$name.so" /bin/true
    finds "the same before it" "$own" "$tmp/$name.so $probe" /bin/true
done
finds "all of them" "$own" "$probe $tmp/plain.so $tmp/versions.so $tmp/second.so $tmp/indirect.so" /bin/true
finds "the other way round" "$own" "$probe $tmp/indirect.so $tmp/second.so $tmp/versions.so $tmp/plain.so" /bin/true

# --- where only the loader knows
library sysv -Wl,--hash-style=sysv <<<'int open(void) { return 9; }'
finds "a table of the old kind" dlsym "$probe $tmp/sysv.so" /bin/true
finds "the same before it" "$own" "$tmp/sysv.so $probe" /bin/true
library filter -Wl,-f,"$tmp/second.so" <<<'int open(void) { return 9; }'
finds "a filter" dlsym "$probe $tmp/filter.so" /bin/true
export LD_DYNAMIC_WEAK=1
finds "weak definitions that give way" dlsym "$probe $tmp/plain.so" /bin/true
unset LD_DYNAMIC_WEAK
library audit <<<'unsigned la_version(unsigned v) { return v; }'
export LD_AUDIT=$tmp/audit.so
finds "an auditor" dlsym "$probe" /bin/true
unset LD_AUDIT
"${CC:-cc}" -x c - -o "$tmp/loads" <<<'#include <dlfcn.h>
    int main(int count, char **arguments) { return dlopen(arguments[1], RTLD_NOW) == 0; }'
finds "loaded later" dlsym "" "$tmp/loads" "$probe"

finish
