#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The walk gets through whatever lies between an open and the thread's start: signal handlers, stacks of
# coroutines, code without frame pointers or without unwind tables, JIT code. Where a stack is cut or
# damaged it stops and says so. (locks_test.sh has the vDSO; frames_test.sh Java.)

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD "${!PERMSHIM_@}"

library=$(readlink -f "${BUILD:-build}/libpermshim.so")
tmp=$(readlink -f "$(mktemp -d)")
trap 'rm -rf -- "$tmp"' EXIT
flags=(-D_GNU_SOURCE -O1 -fno-inline -fno-optimize-sibling-calls -pthread) # frames by their names
none=(-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-exceptions)
"${CC:-cc}" "${flags[@]}" -fno-omit-frame-pointer tests/frames/through.c -o "$tmp/both"
"${CC:-cc}" "${flags[@]}" -fomit-frame-pointer tests/frames/through.c -o "$tmp/tables"
"${CC:-cc}" "${flags[@]}" -fno-omit-frame-pointer "${none[@]}" tests/frames/through.c -o "$tmp/pointers"
"${CC:-cc}" "${flags[@]}" -fomit-frame-pointer "${none[@]}" tests/frames/through.c -o "$tmp/neither"

# frames PROGRAM CASE: the names of the program's own functions, innermost first, "!" where a signal
# struck; then why it ended. The case itself goes on: "alive".
frames() {
    LD_PRELOAD=$library PERMSHIM_FORMAT=json timeout -k 5 300 "$tmp/$1" "$2" /nowhere/a.png 2>"$tmp/json" >"$tmp/out" || true
    [[ $(<"$tmp/out") == alive || $1 == c++* ]] || echo "not alive"
    jq -r --arg program "$tmp/$1" '[.frames[] | select(.object == $program and .symbol != null)
        | .symbol + if .interrupted then "!" else "" end] + [.frames_ended // "ok"] | join(" ")' "$tmp/json"
}

start="main _start ok"
for program in both tables pointers; do
    check "$program: plain" "fail_to_open case_plain begin $start" "$(frames $program plain)"
    check "$program: a signal's handler" "fail_to_open on_signal take_signal case_handler begin $start" "$(frames $program handler)"
    check "$program: on a stack of its own" "fail_to_open on_signal take_signal case_altstack begin $start" "$(frames $program altstack)"
    check "$program: makecontext" "fail_to_open coroutine ok" "$(frames $program makecontext)"
    check "$program: a signal in it" "fail_to_open on_signal take_signal coroutine_with_signal ok" "$(frames $program makecontext-signal)"
    check "$program: a thread" "fail_to_open in_thread ok" "$(frames $program thread)"
done
for program in both tables; do
    check "$program: a fault's handler" "fail_to_open on_fault touch_nowhere! case_fault begin $start" "$(frames $program fault)"
    for case in garbage zero data heap unmapped; do
        check "$program: the return address is $case" \
            "fail_to_open smash_return_address a return address on the stack is none" "$(frames $program $case)"
    done
    check "$program: the stack ends" "fail_to_open call_below the stack or its unwind information cannot be read" \
        "$(frames $program truncated)"
done
check "a frame that is its own caller's" "fail_to_open case_circle begin the stack runs in a circle" "$(frames both circle)"
for case in garbage zero data unmapped; do
    check "pointers: the return address is $case" \
        "fail_to_open smash_return_address no unwind information and no frame pointer" "$(frames pointers $case)"
done
check "neither tables nor frame pointers" "fail_to_open no unwind information and no frame pointer" "$(frames neither plain)"
check_like "and the text says so" "*(the stack is incomplete: a return address on the stack is none)*" \
    "$(LD_PRELOAD=$library "$tmp/both" garbage /nowhere/a.png 2>&1)"

# --- C++: a coroutine, resumed by another; a destructor and a handler while an exception is on its way
cxx=${CXX:-g++}
if command -v "$cxx" >/dev/null && "$cxx" -std=c++20 -O0 tests/frames/through.cc -o "$tmp/c++" 2>"$tmp/errors"; then
    check_like "C++20: a coroutine" "fail_to_open album::load album::load_all std::*coroutine_handle::resume album::run $start" \
        "$(frames c++ coroutine)"
    check "C++: a destructor" "fail_to_open album::Cover::~Cover album::give_up album::destroy $start" "$(frames c++ destructor)"
    check "C++: a handler" "fail_to_open album::handle $start" "$(frames c++ handler)"
    "$cxx" -std=c++20 -O2 -fno-inline -fomit-frame-pointer tests/frames/through.cc -o "$tmp/c++2"
    check_like "C++20: a coroutine, optimized" "fail_to_open album::load * ok" "$(frames c++2 coroutine)"
    check_like "C++: a destructor, optimized" "fail_to_open album::Cover::~Cover album::give_up album::destroy main* _start ok" \
        "$(frames c++2 destructor)"
else
    skip "C++20" "$(head -n 1 "$tmp/errors" 2>/dev/null || echo "no C++ compiler")"
fi

# --- JIT code: on to the start
if command -v node >/dev/null; then
    cat >"$tmp/album.js" <<'END'
const fs = require('fs');
function load(depth) {
    if (depth > 0) return load(depth - 1);
    try { fs.readFileSync('/nowhere/a' + number++ + (number > 20000 ? '.png' : '')); } catch (error) { }
}
let number = 0;
for (let i = 0; i < 20002; i++) load(3);
END
    for options in "" "--interpreted-frames-native-stack" "--no-opt" "--always-sparkplug"; do
        # shellcheck disable=SC2086 # none is no argument
        LD_PRELOAD=$library PERMSHIM_FORMAT=none PERMSHIM_LOG=$tmp/node.log node $options "$tmp/album.js"
        check "node $options: to the start" "true true" "$(jq -sr '[.[] | select(.event == "failure")] |
            "\(length > 0) \(all(.[]; .frames_ended == null and .frames[-1].symbol == "_start"))"' "$tmp/node.log")"
        rm "$tmp/node.log"
    done
else
    skip "node" "not installed"
fi

finish
