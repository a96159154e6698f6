#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What reaches the reader when many fail at once, when the same thing fails again, when a path is
# hostile and when a variable is wrong.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD NO_COLOR "${!PERMSHIM_@}"

build=$(readlink -f "${BUILD:-build}")
library=$build/libpermshim.so
tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT

# storm LOG VARIABLE=VALUE… -- PROCESSES THREADS OPENS [same]
storm() {
    local -a variables=(LD_PRELOAD="$library" PERMSHIM_FORMAT=none PERMSHIM_LOG="$tmp/$1")
    shift
    while [[ $1 != -- ]]; do
        variables+=("$1")
        shift
    done
    shift
    env "${variables[@]}" "$build/tests/programs/storm" "$tmp" "$@"
}

# --- many at once: each line whole, none lost; more failures than the tally has slots
storm many PERMSHIM_LIMIT=0 -- 16 8 10
check "a line each" 1280 "$(wc -l <"$tmp/many")"
# fromjson fails on a torn line; the contract's fields, section 4.
valid='fromjson | select(
  .v == 1 and .event == "failure" and .errno == null
  and (.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$"))
  and ([.host, .exe, .cwd, .cause, .culprit, .summary, .why, .fingerprint] | all(type == "string"))
  and ([.pid, .tid, .count] | all(type == "number"))
  and (.call | .function == "open" and .errno == "ENOENT" and .flags == ["O_RDONLY"]
       and .path_base64 == null and .dir == null)
  and (.certainty | IN("proven", "likely", "unknown"))
  and (.process | ([.ruid, .euid, .suid, .fsuid, .rgid, .egid, .sgid, .fsgid, .seccomp] | all(type == "number"))
       and ([.groups, .capabilities] | all(type == "array"))
       and ([.user_namespace, .no_new_privs] | all(type == "boolean"))
       and has("user") and has("group") and has("lsm") and has("container"))
  and (.components | length > 0 and all(.path | startswith("/"))
       and all(.verdict | IN("ok", "denied", "missing", "unreached", "unknown")) and any(.verdict == "missing"))
  and ([.notes, .fixes, .suggestions, .frames] | all(type == "array"))
  and (.fixes | all((.argv | type == "array") and (.run_as | type == "array") and (.grants | type == "string")))
  and (.frames | all(.kind | IN("native", "python"))))'
check "valid by the contract's fields" 1280 "$(jq -R "$valid | .call.path" "$tmp/many" | wc -l)"
check "every failure once" 1280 "$(jq -r .call.path "$tmp/many" | sort -u | wc -l)"
check "every process" 16 "$(jq .pid "$tmp/many" | sort -u | wc -l)"
check "every thread" 128 "$(jq .tid "$tmp/many" | sort -u | wc -l)"

# --- the same again
counts='select(.event == "summary") | .count'
storm thousand -- 1 1 1000 same
check "one report of a thousand" 1 "$(grep -c '"event":"failure"' "$tmp/thousand")"
check "counts at powers of ten" "10 100 1000" "$(jq "$counts" "$tmp/thousand" | xargs)"
storm more -- 1 1 1234 same
check "a summary of the rest" "10 100 1000 1234" "$(jq "$counts" "$tmp/more" | xargs)"
check "the summary names what it counts" "$(jq -r 'select(.event == "failure") | .fingerprint, .cause, .culprit' "$tmp/more")" \
    "$(jq -r 'select(.count == 1234) | .fingerprint, .cause, .culprit' "$tmp/more")"

# --- many kinds of failures: the log has each, the terminal the first of them
kinds=$(storm kinds PERMSHIM_LIMIT=1 PERMSHIM_FORMAT=text -- 1 1 900 2>&1 >/dev/null)
check "a line of the log for each kind" 899 "$(jq "$counts" "$tmp/kinds" | wc -l)"
check "ten lines of the terminal" 10 "$(grep -c '^permshim: 1 time so far' <<<"$kinds")"
check_like "the rest as a number" "*permshim: and 889 more kinds of failures; the log has each" "$kinds"

storm workers -- 8 4 32 same
check "forked workers: one report" 1 "$(grep -c '"event":"failure"' "$tmp/workers")"
check "forked workers: counted together" 1024 "$(jq "$counts" "$tmp/workers" | tail -1)"
# Who counts 100 may find that another has said 101 meanwhile: fewer lines then, but none twice.
check "forked workers: no count twice" "" "$(jq "$counts" "$tmp/workers" | sort | uniq -d)"
storm limited PERMSHIM_LIMIT=3 -- 1 1 10
check "limit: reports" 3 "$(grep -c '"event":"failure"' "$tmp/limited")"
check "limit: the others are counted" 7 "$(jq "$counts" "$tmp/limited" | grep -c '^1$')"
storm limited_tree PERMSHIM_LIMIT=5 -- 4 2 10
check "limit: of the process tree" 5 "$(grep -c '"event":"failure"' "$tmp/limited_tree")"

# --- a path that would drive the terminal or forge a line
hostile=$'/nowhere/a\npermshim: forged\e[31m\xff\xc3.png'
LD_PRELOAD=$library PERMSHIM_LOG=$tmp/hostile cat "$hostile" 2>"$tmp/hostile.err" || true
text=$(sed -n '/permshim: /,$p' "$tmp/hostile.err")
check "text: one report" 1 "$(grep -c '^permshim: ' "$tmp/hostile.err")"
# shellcheck disable=SC2016 # in the report the bytes are escaped
check_like "text: escaped" '*/nowhere/a\\npermshim: forged\\x1b\[31m\\xff\\xc3.png*' "$text"
check "text: no byte outside ASCII" "" "$(LC_ALL=C grep -n '[^ -~]' <<<"$text" | grep -v "^[0-9]*:cat: " || true)"
check "JSON: exact bytes" "$(printf %s "$hostile" | base64 -w0)" "$(jq -r .call.path_base64 "$tmp/hostile")"
check "JSON: a lossy path that is text" true "$(jq '.call.path | startswith("/nowhere/a\npermshim: forged\u001b[31m\ufffd")' "$tmp/hostile")"
check "JSON: one line" 1 "$(wc -l <"$tmp/hostile")"

# --- a bad value: one line, the default, and the program runs on
report_with() {
    env LD_PRELOAD="$library" "$@" cat /nowhere/a.png 2>&1 || true
}
default=$(report_with | sed 's/pid [0-9]*/pid N/')
check_like "the default reports" "*permshim: *" "$default"
while IFS='|' read -r name value; do
    answer=$(report_with "$name=$value" | sed 's/pid [0-9]*/pid N/')
    accepted=$(sed -n "s/^VARIABLE(\"$name\", [a-z_]*, \"\(.*\)\", \"\(.*\)\")$/\1; using \2/p" shim/variables.def)
    check "$name: one line, with what is accepted" "permshim: $name='$value' is not accepted: it takes $accepted" \
        "$(grep -a 'is not accepted' <<<"$answer")"
    check "$name: the default is used" "$default" "$(grep -v 'is not accepted' <<<"$answer")"
done <<'END'
PERMSHIM_MATCH|,,
PERMSHIM_ERRNO|EACCES,EWHAT
PERMSHIM_CALLS|open,close
PERMSHIM_FORMAT|xml
PERMSHIM_FRAMES|-1
PERMSHIM_FRAMES|257
PERMSHIM_LIMIT|12a
PERMSHIM_LIMIT|1000001
PERMSHIM_COLOR|red
PERMSHIM_DISABLE|2
END
long=$(printf 'x%.0s' {1..3801})
check_like "PERMSHIM_LOG: too long a name" "*PERMSHIM_LOG='xxx*' is not accepted: it takes a file name of*" \
    "$(report_with PERMSHIM_LOG="$long")"
while read -r name; do
    check_like "$name is tried above" "*$name*" "$(grep -v '^check_like' "${BASH_SOURCE[0]}" | grep "${name}[|=]")"
done < <(grep -o '^VARIABLE("[A-Z_]*"' shim/variables.def | grep -o 'PERMSHIM_[A-Z]*')

finish
