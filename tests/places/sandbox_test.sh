#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Landlock and a seccomp filter: no process can see what they refuse, so nothing is blamed.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/places/place.sh
source tests/places/place.sh

an_image "$place/a.jpg" 666
for who in 0:0 1001:1001; do
    opens as "$who" -- --landlock read "$place/a.jpg"
    if [[ $answer == "" ]]; then
        skip "Landlock" "$(head -n 1 "$place/report")"
    else
        expect "Landlock as $who" EACCES unseen unknown "$place/a.jpg"
        expect_command "Landlock as $who" ""
        expect_evidence "Landlock as $who" "*Landlock (no_new_privs is set, and this kernel has Landlock)*"
        expect_advice "Landlock as $who" "to find out: run it without the sandbox*"
        check "Landlock as $who: the file is not blamed" denied-nowhere \
            "$(said 'if any(.components[]; .verdict == "denied") then "denied" else "denied-nowhere" end')"
    fi
    opens as "$who" -- --seccomp both "$place/a.jpg"
    expect "seccomp as $who" EACCES unseen unknown "$place/a.jpg"
    expect_command "seccomp as $who" ""
    expect_evidence "seccomp as $who" "*a seccomp filter (one is active, and may give any errno)*"
    expect_advice "seccomp as $who" "to find out: *run it without the filter*"
    opens as "$who" -- --seccomp both "$place/none.jpg"
    expect "seccomp as $who, missing file" EACCES unseen unknown nothing
    opens as "$who" -- --seccomp read "$place/a.jpg"
    check "seccomp lets reading pass as $who" opened "$answer"
done
finish
