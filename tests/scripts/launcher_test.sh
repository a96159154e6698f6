#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The launcher: what the program gets, and what the user is told.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD "${!PERMSHIM_@}"

tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
chmod 755 "$tmp"

# An installed tree of its own, so that BUILD may be any directory.
library_file=${BUILD:-build}/libpermshim.so
mkdir -p "$tmp/tree/bin" "$tmp/tree/lib/permshim" "$tmp/tree/share/permshim"
cp scripts/permshim "$tmp/tree/bin/"
cp "$library_file" "$tmp/tree/lib/permshim/"
cp "${BUILD:-build}/causes.txt" "$tmp/tree/share/permshim/"
permshim=$tmp/tree/bin/permshim
library=$(readlink -f "$tmp/tree/lib/permshim/libpermshim.so")

status() {
    local result=0
    "$@" >/dev/null 2>&1 || result=$?
    echo "$result"
}

stderr_of() {
    { "$@" >/dev/null || true; } 2>&1
}

# --- what the program gets
check "library first" "$library" "$("$permshim" printenv LD_PRELOAD)"
check "what was there stays" "$library:/nowhere/a.so" \
    "$(LD_PRELOAD=/nowhere/a.so "$permshim" printenv LD_PRELOAD 2>/dev/null)"
check "not twice" "$library" "$("$permshim" "$permshim" printenv LD_PRELOAD)"
ln -s "$permshim" "$tmp/link"
ln -s link "$tmp/second"
check "called through links" "$library" "$("$tmp/second" printenv LD_PRELOAD)"
check "arguments as they are" $'a b|\n|*||-x|' "$("$permshim" printf '%s|' 'a b' $'\n' '*' '' -x)"
check "argument zero as typed" sh "$("$permshim" sh -c 'tr "\0" "\n" </proc/$$/cmdline | head -1')"
check "standard input" hello "$(echo hello | "$permshim" cat)"
check "exit status" 7 "$(status "$permshim" sh -c 'exit 7')"
# shellcheck disable=SC2016
check "death by a signal" 143 "$(status "$permshim" sh -c 'kill -TERM $$')"
# shellcheck disable=SC2016
"$permshim" sh -c 'echo $$' >"$tmp/pid" &
wait $!
check "the same process" "$!" "$(cat "$tmp/pid")"
(
    trap '' INT
    "$permshim" grep SigIgn /proc/self/status
) >"$tmp/ignored"
check_like "ignored signals stay ignored" 'SigIgn:*[2367abef]' "$(cat "$tmp/ignored")"
environment() {
    env -i PATH="$PATH" PWD="$PWD" SHLVL=3 'BASH_FUNC_module%%=() {  echo  odd; }' 'a.b=c' BASH_ENV=/nowhere \
        "$@" env -0 | sort -z | grep -zv -e '^_=' -e '^LD_PRELOAD=' | tr '\0' '|'
}
check "the rest of the environment" "$(environment)" "$(environment "$permshim")"

# --- options and variables
all_variables() {
    "$@" sh -c 'env | grep ^PERMSHIM_ | sort | tr "\n" " "' || true
}
check "no option, no variable" "" "$(all_variables "$permshim")"
check "--all" "PERMSHIM_CALLS=open,dir,probe+ PERMSHIM_ERRNO=all PERMSHIM_MATCH=* " \
    "$(all_variables "$permshim" --all)"
check "--all is narrowed by a variable" \
    "PERMSHIM_CALLS=open,dir,probe+ PERMSHIM_ERRNO=all PERMSHIM_MATCH=*.tif " \
    "$(PERMSHIM_MATCH='*.tif' all_variables "$permshim" --all)"
check "--probe" "PERMSHIM_CALLS=open,dir,probe " "$(all_variables "$permshim" --probe)"
check "--probe adds" "PERMSHIM_CALLS=open,probe " "$(PERMSHIM_CALLS=open all_variables "$permshim" --probe)"
check "--probe adds once" "PERMSHIM_CALLS=probe+ " "$(PERMSHIM_CALLS=probe+ all_variables "$permshim" --probe)"
check "--json wins" "PERMSHIM_FORMAT=json " "$(PERMSHIM_FORMAT=none all_variables "$permshim" --json)"
check "--log is absolute and wins" "PERMSHIM_LOG=$PWD/build-%p.log " \
    "$(PERMSHIM_LOG=/x all_variables "$permshim" --log build-%p.log)"
check "--log=" "PERMSHIM_LOG=/tmp/x " "$(all_variables "$permshim" --log=/tmp/x)"
check_like "--log into nothing" "*directory '/nowhere' does not exist*" \
    "$(stderr_of "$permshim" --log /nowhere/x true)"
check "a program called explain" explained "$(
    printf '#!/bin/sh\necho explained\n' >"$tmp/explain"
    chmod +x "$tmp/explain"
    PATH=$tmp:$PATH "$permshim" -- explain
)"

# --- mistakes
check "not found" 127 "$(status "$permshim" no-such-program)"
touch "$tmp/plain"
check "not executable" 126 "$(status "$permshim" "$tmp/plain")"
check "bad option" 125 "$(status "$permshim" --bogus true)"
check "nothing to run" 125 "$(status "$permshim")"
check "help" 0 "$(status "$permshim" --help)"
check "version" "library: $library" "$("$permshim" --version | tail -n 1)"

# --- no library to load: said in one line, and the program runs
without_library() {
    check_like "$1: said" "permshim: $3" "$(stderr_of "$2/bin/permshim" sh -c 'exit 7')"
    check "$1: one line" 1 "$(stderr_of "$2/bin/permshim" true | wc -l)"
    check "$1: runs" "7 /nowhere/a.so" "$(status "$2/bin/permshim" sh -c 'exit 7') $(
        LD_PRELOAD=/nowhere/a.so "$2/bin/permshim" printenv LD_PRELOAD 2>/dev/null)"
}
for name in 'a b' a:b a\$b; do
    cp -r "$tmp/tree" "$tmp/$name"
    without_library "path '$name'" "$tmp/$name" "the library's path '*' holds a blank*sh runs without it*"
done
mkdir -p "$tmp/bare/bin"
cp scripts/permshim "$tmp/bare/bin/"
without_library "no library" "$tmp/bare" "libpermshim.so is not there*"

# --- programs that no preload reaches
echo 'int main(void) { return 3; }' >"$tmp/three.c"
${CC:-cc} -static "$tmp/three.c" -o "$tmp/static"
${CC:-cc} "$tmp/three.c" -o "$tmp/dynamic"
${CC:-cc} -static-pie "$tmp/three.c" -o "$tmp/static-pie"
# The note that the Go toolchain leaves: name "Go", type 4, here with a description of 4 bytes.
cat >"$tmp/go.c" <<'END'
__asm__(".pushsection .note.go.buildid,\"a\",@note\n.long 4, 4, 4\n.asciz \"Go\\0\"\n.long 0\n.popsection");
int main(void) { return 3; }
END
${CC:-cc} "$tmp/go.c" -o "$tmp/go"
check "dynamic: nothing to say" "" "$(stderr_of "$permshim" "$tmp/dynamic")"
check_like "static" "permshim: static is linked statically*" "$(stderr_of "$permshim" "$tmp/static")"
check_like "static-pie" "permshim: static-pie is linked statically*" "$(stderr_of "$permshim" "$tmp/static-pie")"
check_like "Go" "permshim: go is made by Go*" "$(stderr_of "$permshim" "$tmp/go")"
check "static runs" 3 "$(status "$permshim" "$tmp/static")"
check "silence is kept" "" "$(PERMSHIM_FORMAT=none stderr_of "$permshim" "$tmp/static")"
printf '#!%s -x\n' "$tmp/static" >"$tmp/script"
printf '#!/usr/bin/env -S A=1 static\n' >"$tmp/env-script"
printf '#!/bin/sh\n' >"$tmp/plain-script"
chmod +x "$tmp"/*script
check_like "script of a static interpreter" "permshim: static, which runs script, is linked statically*" \
    "$(stderr_of "$permshim" "$tmp/script")"
check_like "the same by env" "permshim: static, which runs env-script, is linked statically*" \
    "$(PATH=$tmp:$PATH stderr_of "$permshim" "$tmp/env-script")"
check "plain script: nothing to say" "" "$(stderr_of "$permshim" "$tmp/plain-script")"
# Another machine: e_machine (offset 18) of s390 in a copy.
cp "$tmp/dynamic" "$tmp/foreign"
printf '\x16' | dd of="$tmp/foreign" bs=1 seek=18 conv=notrunc status=none
check_like "foreign machine" "permshim: foreign is a program of another kind (64 bits, machine 22)*" \
    "$(stderr_of "$permshim" "$tmp/foreign")"
check "foreign machine: no library is promised" "" \
    "$(stderr_of "$permshim" "$tmp/foreign" | grep 'make' || true)"
for name in sudo docker flatpak; do
    printf '#!/bin/sh\n' >"$tmp/$name"
    chmod +x "$tmp/$name"
done
check_like "sudo" "permshim: sudo*sudo permshim PROGRAM*" "$(stderr_of "$permshim" "$tmp/sudo" ls)"
check_like "docker run" "permshim: docker*-e LD_PRELOAD=*" "$(stderr_of "$permshim" "$tmp/docker" run x)"
check "docker ps" "" "$(stderr_of "$permshim" "$tmp/docker" ps)"
check_like "flatpak run" "permshim: flatpak*sandbox*" "$(stderr_of "$permshim" "$tmp/flatpak" run x)"
mkdir -p "$tmp/flatpak-data/flatpak/exports/bin"
cp "$tmp/plain-script" "$tmp/flatpak-data/flatpak/exports/bin/org.gimp.GIMP"
check_like "a program that flatpak exports" "permshim: org.gimp.GIMP runs in a sandbox*" \
    "$(stderr_of "$permshim" "$tmp/flatpak-data/flatpak/exports/bin/org.gimp.GIMP")"
if ((EUID == 0)); then
    nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    cp "$tmp/dynamic" "$tmp/set-uid" && chmod 4755 "$tmp/set-uid"
    cp "$tmp/dynamic" "$tmp/set-gid" && chmod 2755 "$tmp/set-gid"
    check "set-uid, by its owner: nothing to say" "" "$(stderr_of "$permshim" "$tmp/set-uid")"
    check_like "set-uid" "permshim: set-uid is set-uid*" "$(stderr_of "${nobody[@]}" "$permshim" "$tmp/set-uid")"
    check_like "set-gid" "permshim: set-gid is set-gid*" "$(stderr_of "${nobody[@]}" "$permshim" "$tmp/set-gid")"
    cp "$tmp/dynamic" "$tmp/capable"
    if setcap cap_net_raw=ep "$tmp/capable" 2>/dev/null; then
        check "file capability, by root: nothing to say" "" "$(stderr_of "$permshim" "$tmp/capable")"
        check_like "file capability" "permshim: capable carries file capabilities*" \
            "$(stderr_of "${nobody[@]}" "$permshim" "$tmp/capable")"
    else
        skip "file capability" "setcap is refused here"
    fi
else
    skip "set-uid, set-gid and file capabilities" "needs root"
fi

# --- explain
while read -r word; do
    lines=$("$permshim" explain "[$word]" | grep -c '^ ' || true)
    check_like "page of $word: 4 to 10 lines, not $lines" yes "$( ((lines >= 4 && lines <= 10)) && echo yes)"
done < <(scripts/list-causes --words)
check "explain lists all" "$(scripts/list-causes --words)" "$("$permshim" explain | sed 's/:.*//')"
check "no page is wider than 98" "" "$(awk '/^ / && length > 102' "${BUILD:-build}/causes.txt")"
check "explain of no cause" 125 "$(status "$permshim" explain no-such-cause)"

finish
