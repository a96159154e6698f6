#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a report shows of the callers: as many as PERMSHIM_FRAMES says, those of the user's own code first
# and in bold, the others dim; JSON has all of them.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD NO_COLOR "${!PERMSHIM_@}"

library=$(readlink -f "${BUILD:-build}/libpermshim.so")
tmp=$(readlink -f "$(mktemp -d)")
trap 'rm -rf -- "$tmp"' EXIT
cd "$tmp"

# Two functions that call each other: 30 frames, no two next to each other the same.
cat >album.c <<'END'
#include <fcntl.h>
#include <stdlib.h>
static void cover(int depth);
static void page(int depth) {
    if (depth > 0)
        cover(depth - 1);
    else
        open("/nowhere/a.png", O_RDONLY);
}
static void cover(int depth) {
    page(depth - 1);
}
static int compare(const void *a, const void *b) {
    page(28);
    return a < b;
}
int main(void) {
    int numbers[] = {2, 1};
    qsort(numbers, 2, sizeof numbers[0], compare);
}
END
"${CC:-cc}" -O0 -fno-omit-frame-pointer album.c -o album

# text ENVIRONMENT… -- PROGRAM…: its callers, one a line.
text() {
    env LD_PRELOAD="$library" "$@" 2>&1 >/dev/null | sed -n '/  from:  /,/^permshim/{ /^permshim/!s/^\(\x1b\[2m\)\?  \(from:\|     \)//p; }'
}
# json ENVIRONMENT… -- PROGRAM…: the report.
json() {
    env LD_PRELOAD="$library" PERMSHIM_FORMAT=json "$@" 2>&1 >/dev/null | grep '^{' || true
}
# frames_of ENVIRONMENT…: how many lines have a frame, and what the last line says.
frames_of() {
    text "$@" ./album | awk '/\[native\]/ { n++ } { last = $0 } END { print n + 0 "," last }'
}

# --- how many: the 32 of album, the 2 of qsort, and the 3 that start the program
all=$(json ./album | jq -c '.frames | length')
check "there are as many as there should be" 37 "$((all - $(json ./album | jq '[.frames[] | select(.symbol == null)] | length') + 3))"
check "0: none" "" "$(text PERMSHIM_FRAMES=0 ./album)"
check "0: none in JSON" '[[],null,null]' "$(json PERMSHIM_FRAMES=0 ./album | jq -c '[.frames, .frames_omitted, .frames_ended]')"
check "1" "1,  (3 start frames and $((all - 3 - 1)) more left out)" "$(frames_of PERMSHIM_FRAMES=1)"
check "3" "3,  (3 start frames and $((all - 3 - 3)) more left out)" "$(frames_of PERMSHIM_FRAMES=3)"
check "12 when unset" "12,  (3 start frames and $((all - 3 - 12)) more left out)" "$(frames_of)"
check_like "200: as many as 25 lines hold" "1[0-9],  (3 start frames and * more left out)" "$(frames_of PERMSHIM_FRAMES=200)"
check "200: in 25 lines" 25 "$(LD_PRELOAD=$library PERMSHIM_FRAMES=200 ./album 2>&1 | wc -l)"
for most in 1 3 12 200 256; do
    check "$most: JSON has everything" "[$all,null]" "$(json PERMSHIM_FRAMES=$most ./album | jq -c '[(.frames | length), .frames_omitted]')"
done
check "a few: no more than there are" "2,  (3 start frames left out)" \
    "$(text PERMSHIM_FRAMES=200 cat /nowhere/a.png | awk '/\[native\]/ { n++ } { last = $0 } END { print n + 1 "," last }')"
for bad in -1 257 many 3x 1e1 ' 3' 99999999999999999999 ''; do
    output=$(LD_PRELOAD=$library PERMSHIM_FRAMES=$bad ./album 2>&1)
    if [[ $bad ]]; then
        check_like "'$bad' is told" "permshim: PERMSHIM_FRAMES='$bad' is not accepted: it takes a number from 0 to 256; using 12" "${output%%$'\n'*}"
    fi
    check "'$bad': as when unset" 12 "$(grep -c '\[native\]' <<<"$output")"
done

# --- which first
check_like "the innermost first" "  \[native] album page+0x*"$'\n'"  \[native] album cover+0x*"$'\n'"  \[native] album page+0x*"$'\n'* "$(text ./album)"
check "JSON is in the stack's order" 'open page cover page main' "$(json ./album |
    jq -r '.call.function, (.frames | .[0, 1, 2].symbol, (map(.symbol) | .[index("main")]))' | xargs)"
check "no frame is ours" 0 "$(json ./album | jq '[.frames[] | select(.object // "" | test("permshim"))] | length')"
if command -v "${CXX:-g++}" >/dev/null; then
    cat >vision.cc <<'END'
#include <fstream>
#include <functional>
#include <string>
#include <vector>
namespace vision {
template <class T> struct Loader {
    virtual bool load(const std::string &name) { return std::ifstream(name).good(); }
    virtual ~Loader() {}
};
static void each(const std::vector<std::string> &names, std::function<bool(const std::string &)> what) {
    for (auto &name : names)
        what(name);
}
}
int main() {
    vision::Loader<float> loader;
    vision::each({"/nowhere/a.png"}, [&](const std::string &name) { return loader.load(name); });
}
END
    "${CXX:-g++}" -O0 vision.cc -o vision
    vision=$(text PERMSHIM_FRAMES=30 ./vision)
    check_like "C++: the program's own first" "  \[native] vision vision::Loader::load+0x*vision main*libstdc++.so.6 std::*" "$vision"
    check "C++: every name is readable" 0 "$(grep -c ' _Z' <<<"$vision" || true)"
    check_like "C++: a lambda" "*vision main::{lambda}::operator()+0x*" "$vision"
    strip vision
    check_like "C++: stripped" "  \[native] vision+0x*libstdc++.so.6 std::*" "$(text PERMSHIM_FRAMES=30 ./vision)"
else
    skip "C++" "no C++ compiler"
fi
if command -v rustc >/dev/null; then
    cat >album.rs <<'END'
mod album {
    pub struct Album<T>(pub T);
    impl<T> Album<T> {
        pub fn load(&self, name: &str) -> bool { std::fs::File::open(name).is_ok() }
    }
}
fn main() {
    let each = |name: &str| album::Album(3).load(name);
    each("/nowhere/a.png");
}
END
    rustc -g -C opt-level=0 -C symbol-mangling-version=v0 album.rs -o rust 2>/dev/null
    rust=$(text PERMSHIM_FRAMES=30 ./rust)
    check "Rust: every name is readable" 0 "$(grep -c ' _[RZ]' <<<"$rust" || true)"
    check_like "Rust: the program's own" "*rust *::album::Album::load+0x*rust album::main::{closure}+0x*rust album::main+0x*" "$rust"
else
    skip "Rust" "no rustc"
fi

# --- Python: the user's own, then the libraries'
cat >train.py <<'END'
import pathlib
def load(depth):
    if depth:
        return load(depth - 1)
    pathlib.Path("/nowhere/a.png").read_bytes()
try:
    load(50)
except OSError:
    pass
END
python=$(command -v /usr/bin/python3 || command -v python3 || true)
if [[ $python ]]; then
    shown=$(text "$python" train.py)
    check_like "Python: the user's own, then the library's" "  train.py:5 in load
  train.py:4 in load  (50 times)
  train.py:7 in <module>
  */pathlib*.py:* in *" "$shown"
    check_like "Python: its own frames are counted" "*[(][1-9]* interpreter frames left out)" "$shown"
    check "Python: none of them is shown" 0 "$(grep -c '_PyEval\|python3' <<<"${shown//*pathlib*/}" || true)"
    check "Python: JSON has everything" "true" "$(json PERMSHIM_FRAMES=1 "$python" train.py |
        jq -c '(.frames | map(select(.kind == "python")) | length >= 53) and any(.frames[]; .interpreter) and .frames_omitted == null')"
    cat >names.py <<'END'
def load(depth):
    try:
        open("turn/../" * 500 + "a.png")
    except OSError:
        pass
for depth in range(255):
    code = compile("def load(depth):\n    inner(depth)\n", f"x{depth:03}" * 1000, "exec")
    exec(code, names := {"inner": load})
    load = names["load"]
load(0)
END
    mkdir turn
    check "Python: names of a megabyte leave room for the report" missing-file "$(json "$python" names.py | jq -r .cause)"
    coloured=$(text PERMSHIM_COLOR=always "$python" train.py)
    check_like "colour: the user's own is bold" "*"$'\e\\[1mtrain.py:5 in load\e\\[0m\n'"*" "$coloured"
    check_like "colour: a library's is dim" "*"$'\e\\[2m'"/*/pathlib*.py:* in *"$'\e\\[0m\n'"*" "$coloured"
else
    skip "Python" "not installed"
fi

# --- colours
check_like "colour: the user's own native code is bold" "*"$'\e\\[1m\\[native] album page+0x'"*" "$(text PERMSHIM_COLOR=always ./album | head -n 1)"
check_like "colour: the system's is dim" "*"$'\e\\[2m\\[native] cat+0x'"*" "$(text PERMSHIM_COLOR=always cat /nowhere/a.png | head -n 1)"
for quiet in PERMSHIM_COLOR=never PERMSHIM_COLOR=auto NO_COLOR=1; do
    check "no colour: $quiet" 0 "$(text "$quiet" ./album | grep -c $'\e' || true)"
done
if command -v script >/dev/null; then
    check_like "colour on a terminal" "*"$'\e\\[1m\\[native] album page+0x'"*" \
        "$(LD_PRELOAD='' script -qec "env LD_PRELOAD='$library' ./album" /dev/null </dev/null)"
else
    skip "a terminal" "no script(1)"
fi

finish
