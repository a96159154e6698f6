#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every cause of the catalogue has a test on the running kernel and real files, and the report's cause is
# held against it. Prints which; the tests themselves need root, or a virtual machine, and run apart.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh

# "CAUSE WHERE" for each assertion, from the tests' own text.
assertions() {
    # expect WHAT ERRNO CAUSE CERTAINTY CULPRIT, tests/places/place.sh
    awk '/^ *expect / && match($0, /" E[A-Z]+ [a-z-]+ (proven|likely|unknown) /) {
             split(substr($0, RSTART + 2), word, " ")
             print word[2], FILENAME
         }' tests/places/*_test.sh tests/vm/*.sh
    # A run of the property test fails when one of these never comes up.
    sed -n '/^static const char \*const causes\[/,/^};/p' tests/property/score.c |
        grep -o '"[a-z-]*"' | tr -d '"' | sed 's|$| tests/property|'
    # CASE(asked, cause, path): names that a real directory has, or has not
    sed -n 's/^CASE(.*, "\([a-z-]*\)", .*/\1 tests\/near/p' tests/near/cases.def
    # function FLAGS: CAUSE CULPRIT CERTAINTY, of calls that list or probe
    grep -oE '\b[a-z0-9]+ [A-Z_|]*: [a-z-]+ [^ ]+ (proven|likely|unknown)\b' tests/programs/lister_test.sh |
        awk '{ print $(NF - 2), "tests/programs/lister_test.sh" }'
}

tmp=$(mktemp)
trap 'rm -f -- "$tmp"' EXIT
assertions | sort -u >"$tmp"
while read -r cause; do
    where=$(awk -v cause="$cause" '$1 == cause { print $2 }' "$tmp" | tr '\n' ' ')
    printf '  %-24s %s\n' "$cause" "${where:-nowhere}"
    check_like "a test with the real kernel for $cause" "tests/*" "$where"
done < <(scripts/list-causes --words)

# What is asserted is in the catalogue: a word misspelt would prove nothing.
check "asserted and not in the catalogue" "" \
    "$(comm -23 <(cut -d' ' -f1 "$tmp" | sort -u) <(scripts/list-causes --words | sort))"
finish
