# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For the tests written in bash: source it, call check and skip, end with finish.

checks=0 failures=0 skips=0

# check WHAT EXPECTED ACTUAL: the two strings are equal.
check() {
    checks=$((checks + 1))
    [[ $2 == "$3" ]] && return
    failures=$((failures + 1))
    printf 'FAILED: %s\n  expected: %q\n  actual:   %q\n' "$1" "$2" "$3"
}

# check_like WHAT PATTERN ACTUAL: the string matches the glob.
check_like() {
    checks=$((checks + 1))
    # shellcheck disable=SC2053 # a pattern is wanted
    [[ $3 == $2 ]] && return
    failures=$((failures + 1))
    printf 'FAILED: %s\n  expected: %s\n  actual:   %q\n' "$1" "$2" "$3"
}

# skip WHAT WHY
skip() {
    skips=$((skips + 1))
    printf 'skipped: %s: %s\n' "$1" "$2"
}

# With NO_SKIPS set what was skipped fails, too.
finish() {
    printf '%s: %d checks, %d failed, %d skipped\n' "${0##*/}" "$checks" "$failures" "$skips"
    ((checks + skips > 0 && failures == 0)) && [[ ! ${NO_SKIPS-} || $skips == 0 ]]
}
