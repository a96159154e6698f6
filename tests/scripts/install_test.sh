#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make install and uninstall in a tree of their own, and the documents against the tables.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD "${!PERMSHIM_@}" MAKEFLAGS MAKELEVEL MFLAGS

tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT

in_tree() {
    make -s "$1" BUILD="${BUILD:-build}" DESTDIR="$tmp/stage" PREFIX=/opt/tree
}
files() {
    find "$tmp/stage" ! -type d -printf '%P %m\n' | sort | tr '\n' '|'
}

in_tree install
check "installed files" "opt/tree/bin/permshim 755|opt/tree/lib/permshim/libpermshim.so 644|opt/tree/lib/permshim/permshim-frames 755|opt/tree/share/doc/permshim/LICENSE 644|opt/tree/share/doc/permshim/LICENSE.libunwind 644|opt/tree/share/man/man1/permshim.1 644|opt/tree/share/permshim/causes.txt 644|" "$(files)"
root=$(readlink -f "$tmp/stage/opt/tree")
page=$root/share/man/man1/permshim.1
check "the launcher finds its library" "$root/lib/permshim/libpermshim.so" "$("$root/bin/permshim" printenv LD_PRELOAD)"
check_like "and its pages" "dir-search: *" "$("$root/bin/permshim" explain dir-search)"
check_like "and the reader of logs" "*usage: permshim frames*" "$("$root/bin/permshim" frames --bogus 2>&1 || true)"
check "the man page names where it is" 1 "$(grep -c '^\.I /opt/tree/lib/permshim/libpermshim.so$' "$page")"
check "nothing is left to fill in" "" "$(grep '@[A-Z_]*@' "$page" || true)"

check "the man page lists the causes" "$(scripts/list-causes --words)" \
    "$(sed -n '/^\.SH CAUSES/,/^\.SH ENVIRONMENT/{s/\\//g;s/^\.B //p}' "$page")"

# The table of variables against what the documents tell.
variables() {
    grep -ohE 'PERMSHIM_[A-Z]+' "$@" | sort -u | tr '\n' ' '
}
table=$(sed -n 's/^VARIABLE("\([A-Z_]*\)".*, "\(.*\)")$/\1 \2/p' shim/variables.def)
library_reads=$(cut -d ' ' -f 1 <<<"$table" | sort | tr '\n' ' ')
check "every row of the table is read here" "$(grep -c '^VARIABLE' shim/variables.def)" "$(wc -l <<<"$table")"
while read -r name default; do
    check_like "default of $name in README.md" "*| $default |" "$(grep -F "| \`$name\` |" README.md)"
done <<<"$table"
check "variables in the man page" "$library_reads" "$(variables "$page")"
check "variables in README.md" "$library_reads" "$(variables README.md)"
check "variables in --help" "$library_reads" "$("$root/bin/permshim" --help | variables)"

in_tree uninstall
check "nothing stays" "" "$(files)"
check "no directory of ours stays" "" "$(find "$tmp/stage" -name permshim)"
# Leave the page in BUILD as a plain make would have it.
make -s BUILD="${BUILD:-build}"

finish
