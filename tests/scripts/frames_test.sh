#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# permshim frames: function, file and line of native frames, from the objects that a log names.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD DEBUGINFOD_URLS "${!PERMSHIM_@}"

tmp=$(readlink -f "$(mktemp -d)")
trap 'rm -rf -- "$tmp"' EXIT
library=$(readlink -f "${BUILD:-build}/libpermshim.so")

# logged LOG PROGRAM…: its failures as a log.
logged() {
    rm -f "$1"
    LD_PRELOAD=$library PERMSHIM_FORMAT=none PERMSHIM_FRAMES=40 PERMSHIM_LOG=$1 "${@:2}"
}
frames() {
    scripts/permshim frames "$@" 2>&1
}

# --- C: lines that are known, and a call that never returns: behind it stands the next function
cat >"$tmp/line.c" <<'END_C'
#include <fcntl.h>
#include <stdlib.h>
__attribute__((noinline, noreturn)) static void load_album(const char *name) {
    exit(open(name, O_RDONLY) < 0 ? 0 : 1);
}
int main(int count, char **arguments) {
    if (count == 2)
        load_album(arguments[1]);
    abort();
}
__attribute__((noinline)) int behind_main(void) { return 1; }
END_C
build() { # LANGUAGE-COMPILER SOURCE PROGRAM FLAG…
    "$1" -g -fno-optimize-sibling-calls "${@:4}" "$2" -o "$3"
}
build "${CC:-cc}" "$tmp/line.c" "$tmp/line" -O1
logged "$tmp/line.log" "$tmp/line" /nowhere/a.png
text=$(frames "$tmp/line.log")
check_like "C: headline" '"/nowhere/a.png": * \[missing-dir\]'$'\n''    open* in line pid *, 20*' "$text"
check_like "C: line" "*#0   load_album at $tmp/line.c:4*[[]line+0x*" "$text"
check_like "C: caller" "*main at $tmp/line.c:8*[[]line+0x*" "$text"
check "a filter" "$text" "$(frames <"$tmp/line.log")"
check "- is standard input" "$text" "$(frames - <"$tmp/line.log")"
check "what is no report is passed over" "$text" "$(
    {
        printf 'words of the program\n{"event":"summary"}\n{"event":"failure"}\n[1]\n7\n'
        cat "$tmp/line.log"
        head -c 100 "$tmp/line.log"
    } | frames
)"
check "a paragraph for each failure" 3 "$(cat "$tmp"/line.log{,,} | frames | grep -c '^"/nowhere')"
# A log of many failures costs what its different frames cost.
mkdir "$tmp/counted"
cat >"$tmp/counted/eu-addr2line" <<END_SH
#!/bin/sh
echo "\$*" >>'$tmp/counted/calls'
exec $(command -v eu-addr2line) "\$@"
END_SH
chmod +x "$tmp/counted/eu-addr2line"
jq -c 'range(300) as $i | .call.path = "/nowhere/\($i).png" | .pid = $i | .tid = $i' "$tmp/line.log" >"$tmp/many.log"
PATH=$tmp/counted:$PATH frames "$tmp/many.log" >"$tmp/many"
check "many: a paragraph for each, in order" "" "$(for ((i = 0; i < 300; i++)); do
    printf '%s\n' "$text" '' | sed "1s|/a.png|/$i.png|; 2s/ pid [0-9]*/ pid $i/"
done | diff - "$tmp/many" | head -n 4)"
check "many: an object is asked once" "$(jq -r '.frames[].object' "$tmp/line.log" | sort -u | wc -l)" \
    "$(wc -l <"$tmp/counted/calls")"
check "no failure, no words" "" "$(frames </dev/null)"
check "an interrupted frame's address is its own" "$(jq -r '.frames[1].offset' "$tmp/line.log" |
    eu-addr2line -e "$tmp/line")" "$(jq -c '.frames[1].interrupted = true' "$tmp/line.log" |
    frames | sed -n 's/^  #1 .* at \(.*\)  .*/\1/p')"
check_like "where the stack ended" "*[(]the stack is incomplete: no more)" \
    "$(jq -c '.frames_ended = "no more"' "$tmp/line.log" | frames)"
check_like "what a log left out" "*[(]7 more frames are not in the log)" "$(jq -c '.frames_omitted = 7' "$tmp/line.log" | frames)"
check "no byte that drives a terminal" 0 "$(
    jq -c '.frames = [{kind: "python", file: "\u001b]0;x\u0007", line: 1, function: "\u009b2J"}]' "$tmp/line.log" |
        frames | LC_ALL=C grep -c -e $'\x1b' -e $'\x07' -e $'\xc2\x9b' || true)"
check_like "a Python frame" "*#0   train.py:31 in load_batch" "$(
    jq -c '.frames = [{kind: "python", file: "train.py", line: 31, function: "load_batch"}]' "$tmp/line.log" | frames)"

# --- the object is not what it was
mkdir "$tmp/odd 'name"
cp "$tmp/line" "$tmp/odd 'name/li ne"
logged "$tmp/odd.log" "$tmp/odd 'name/li ne" /nowhere/a.png
check_like "a name with blanks and quotes" "*load_album at $tmp/line.c:4*[[]li ne+0x*" "$(frames "$tmp/odd.log")"
build "${CC:-cc}" "$tmp/line.c" "$tmp/odd 'name/li ne" -O0
check_like "rebuilt: said" "permshim: $tmp/odd 'name/li ne is another build now: build id *" "$(frames "$tmp/odd.log")"
check "rebuilt: no line of the wrong one" 0 "$(frames "$tmp/odd.log" | grep -c line.c || true)"
rm "$tmp/odd 'name/li ne"
check_like "gone: said, and the symbols stay" "*li ne is not here*main  [[]li ne+0x*" "$(frames "$tmp/odd.log")"

# --- debug information in another file
objcopy --only-keep-debug "$tmp/line" "$tmp/line.debug"
objcopy --strip-all --add-gnu-debuglink="$tmp/line.debug" "$tmp/line" "$tmp/stripped"
logged "$tmp/stripped.log" "$tmp/stripped" /nowhere/a.png
check "stripped: no name in the log" null "$(jq -c '.frames[0].symbol' "$tmp/stripped.log")"
check_like "stripped, by its debug link" "*#0   load_album at $tmp/line.c:4*" "$(frames "$tmp/stripped.log")"
id=$(jq -r '.frames[0].build_id' "$tmp/stripped.log")
mkdir -p "$tmp/server/buildid/$id"
mv "$tmp/line.debug" "$tmp/server/buildid/$id/debuginfo"
check "stripped, without it" 0 "$(frames "$tmp/stripped.log" | grep -c line.c || true)"
if ldconfig -p | grep 'libdebuginfod\.so\.1' >/dev/null; then
    check_like "stripped, by debuginfod" "*#0   load_album at $tmp/line.c:4*" \
        "$(DEBUGINFOD_URLS=file://$tmp/server DEBUGINFOD_CACHE_PATH=$tmp/cache frames "$tmp/stripped.log")"
else
    skip "stripped, by debuginfod" "libdebuginfod is not installed"
fi

# --- C++: inlined functions, and names that only c++filt can read
if command -v "${CXX:-g++}" >/dev/null; then
    cat >"$tmp/inline.cc" <<'END_CC'
#include <fstream>
#include <string>
namespace photos {
struct Album {
    __attribute__((noinline)) bool load(const std::string &name);
};
static inline __attribute__((always_inline)) bool open_one(const std::string &name) {
    return std::ifstream(name).is_open();
}
bool Album::load(const std::string &name) {
    return open_one(name);
}
}
int main(int, char **arguments) {
    return photos::Album().load(arguments[1]);
}
END_CC
    build "${CXX:-g++}" "$tmp/inline.cc" "$tmp/inline" -O2
    logged "$tmp/inline.log" "$tmp/inline" /nowhere/a.png
    text=$(frames "$tmp/inline.log")
    check_like "C++: inlined, then the function itself" \
        "*open_one at $tmp/inline.cc:8*[(]inlined)*photos::Album::load(std::string const&) at $tmp/inline.cc:11*[[]inline+0x*" "$text"
    check_like "C++: caller" "*#*main at $tmp/inline.cc:15*" "$text"
    check_like "C++: without debug information" "*std::*open*[[]libstdc++.so.6+0x*" "$text"
else
    skip "C++" "no C++ compiler"
fi
check_like "a mangled symbol of the log" "*#0   cv::imread(int)  [[]gone+0x10[]]*" "$(
    jq -c '.frames = [{kind: "native", object: "/nowhere/gone", offset: "0x10", symbol: "_ZN2cv6imreadEi", build_id: null}]' \
        "$tmp/line.log" | frames)"

# --- JIT code: names from the map of the process, where the last line wins
sleep 0 & # a process id that nobody has while we use its map
pid=$!
wait "$pid"
map=/tmp/perf-$pid.map
trap 'rm -rf -- "$tmp" "$map"' EXIT
cat >"$map" <<'END_MAP'
7f0000001000 100 JS:*first a.js:1
7f0000001000 20 JS:~second b c.js:2
0x7F0000002000 0x10 LazyCompile:third
broken
7f000000300 x 7f000000300 y
ffffffffff600000 1000 [vsyscall]
0x00007f0000004000 0x0000000000000100 void Album.load(java.lang.String)
END_MAP
jit() { # ADDRESS [INTERRUPTED]
    jq -c --arg pc "$1" --argjson pid "$pid" --argjson interrupted "${2:-false}" '.pid = $pid | .frames = [
        {kind: "native", object: null, offset: $pc, symbol: null, build_id: null, interrupted: $interrupted}]' \
        "$tmp/line.log" | frames | sed -n 's/^  #0   //p'
}
check "JIT: the last line" "JS:~second b c.js:2  [0x7f0000001010]" "$(jit 0x7f0000001010)"
check "JIT: a return address behind the end" "JS:~second b c.js:2  [0x7f0000001020]" "$(jit 0x7f0000001020)"
check "JIT: interrupted there" "JS:*first a.js:1  [0x7f0000001020]" "$(jit 0x7f0000001020 true)"
check "JIT: 0x and upper case" "LazyCompile:third  [0x7f000000200f]" "$(jit 0x7f000000200f)"
check "JIT: zeros before, as Java has them" "void Album.load(java.lang.String)  [0x7f0000004001]" "$(jit 0x7f0000004001)"
check "JIT: several, each with its own" "JS:~second JS:*first LazyCompile:third void ?" "$(
    jq -c --argjson pid "$pid" '.pid = $pid | .frames = [("1010", "1030", "2001", "4001", "3fff") |
        {kind: "native", object: null, offset: "0x7f000000\(.)"}]' \
        "$tmp/line.log" | frames | sed -n 's/^  #. *\([^ ]*\) .*/\1/p' | xargs)"
check "JIT: another process's map is not asked" "?  [0x7f0000001010]" "$(
    jq -c --argjson pid "$pid" '.frames = [{kind: "native", object: null, offset: "0x7f0000001010"}] | ., .pid = $pid' \
        "$tmp/line.log" | frames | sed -n 's/^  #0   //p' | head -n 1)"
check "JIT: between" "?  [0x7f0000001fff]" "$(jit 0x7f0000001fff)"
if command -v node >/dev/null; then
    cat >"$tmp/album.js" <<'END_JS'
function loadAlbum(name) {
    try { require('fs').readFileSync(name); } catch (error) { console.log(process.pid); }
}
loadAlbum('/nowhere/a.png');
END_JS
    pid=$(cd "$tmp" && logged "$tmp/node.log" node --perf-basic-prof --interpreted-frames-native-stack "$tmp/album.js")
    check_like "node" "*readFileSync node:fs:*loadAlbum $tmp/album.js:1:*" "$(frames "$tmp/node.log")"
    rm -f "/tmp/perf-$pid.map"
else
    skip "node" "not installed"
fi

if command -v javac >/dev/null; then
    cat >"$tmp/Album.java" <<'END_JAVA'
public class Album {
    static void load(String name, int depth) throws Exception {
        if (depth > 0)
            load(name, depth - 1);
        else
            new java.io.FileInputStream(name);
    }
    public static void main(String[] arguments) {
        for (int i = 0; i <= 20000; i++) // no image until load() is compiled
            try { load(i < 20000 ? "/nowhere/a" : "/nowhere/a.png", 2); } catch (Exception error) { }
        System.out.println(ProcessHandle.current().pid());
    }
}
END_JAVA
    pid=$(cd "$tmp" && logged "$tmp/java.log" java -XX:+PreserveFramePointer -XX:+UnlockDiagnosticVMOptions \
        -XX:+DumpPerfMapAtExit Album.java)
    text=$(frames "$tmp/java.log")
    check_like "java" "*void Album.load(java.lang.String, int)*JavaMain  *" "$text"
    check "java: to the thread's start" 0 "$(grep -c incomplete <<<"$text" || true)"
    rm -f "/tmp/perf-$pid.map"
else
    skip "java" "no JDK"
fi

# --- mistakes
check "no such file" 125 "$(frames /nowhere/log >/dev/null && echo 0 || echo $?)"
check "two files" 125 "$(frames a b >/dev/null && echo 0 || echo $?)"

finish
