#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No report waits for a lock of its host, and each tells whose call it was: while another thread is in
# dlopen, holds Python's GIL or forks, on a coroutine's stack and where a signal struck in the vDSO.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD "${!PERMSHIM_@}"

library=$(readlink -f "${BUILD:-build}/libpermshim.so")
tmp=$(readlink -f "$(mktemp -d)")
trap 'rm -rf -- "$tmp"' EXIT
mkdir "$tmp/empty"
flags=(-D_GNU_SOURCE -O1 -fno-inline -g -pthread) # frames by their names
"${CC:-cc}" "${flags[@]}" tests/frames/locks.c -rdynamic -ldl -o "$tmp/locks"
"${CC:-cc}" "${flags[@]}" -DPLUGIN -shared -fPIC tests/frames/locks.c -o "$tmp/plugin.so"

# run LOG PROGRAM…: prints what it prints; what hangs is killed, since it may have blocked all signals.
run() {
    : >"$tmp/$1"
    timeout -s KILL 300 env LD_PRELOAD="$library" PERMSHIM_FORMAT=none PERMSHIM_LIMIT=0 PERMSHIM_FRAMES=40 \
        PERMSHIM_LOG="$tmp/$1" "${@:2}" 2>&1 || echo "status $?"
}
# having LOG FILTER: how many reports have it.
having() {
    jq -c "select(.event == \"failure\" and ($2))" "$tmp/$1" | wc -l
}
called='.frames[0].symbol == "fail_to_open"'

check "a constructor in dlopen waits for us" 20 "$(run dlopen "$tmp/locks" dlopen "$tmp/empty" "$tmp/plugin.so")"
check "each with its stack" 20 "$(having dlopen "$called and .frames[1].symbol == \"report_some\" and .frames_ended == null")"

forked=$(run forks "$tmp/locks" forks "$tmp/empty")
check_like "1,000 forks while 3 threads report: $forked reports" '[1-9][0-9][0-9][0-9]*' "$forked"
check "none is lost" "$forked" "$(having forks true)"
check "each with its stack" "$forked" "$(having forks "$called and .frames_ended == null")"
# Not the number of pids: on a busy machine they come round again. The parent's is the most frequent.
check "each child reports" 1000 "$(jq -r .pid "$tmp/forks" | sort | uniq -c | sort -rn | awk 'NR > 1 { sum += $1 } END { print sum }')"
check "by its own stack" 1000 "$(having forks '.frames[1].symbol == "case_forks" and .frames[2].symbol == "main"')"

check "coroutine" 5 "$(run coroutine "$tmp/locks" coroutine "$tmp/empty")"
check "on to its start" 5 "$(having coroutine "$called and .frames[1].symbol == \"coroutine\" and .frames_ended == null")"
check "and not into the stack of who resumed it" 0 "$(having coroutine 'any(.frames[]; .symbol == "main")')"

check "struck by signals" 200 "$(run vdso "$tmp/locks" vdso "$tmp/empty")"
check "through the handler to main" 200 "$(having vdso "$called and .frames[1].symbol == \"struck\"
    and any(.frames[]; .symbol == \"main\") and .frames_ended == null")"
# Where the kernel asks a hypervisor for the time, there is a system call in place of the vDSO's code.
in_vdso='any(.frames[]; .object == "linux-vdso.so.1" and .interrupted == true)'
if (($(having vdso "$in_vdso") > 0)); then
    check "each one in the vDSO too" 0 "$(having vdso "$in_vdso and (any(.frames[]; .symbol == \"ask_the_time\") | not)")"
else
    skip "the vDSO" "no signal struck in it"
fi

# A thread that holds the GIL waits for a mutex of ours: whoever asks for the GIL in a report waits for ever.
cat >"$tmp/gil.py" <<'END'
import ctypes, sys, threading
plugin, path = sys.argv[1:]
without_gil, with_gil = ctypes.CDLL(plugin), ctypes.PyDLL(plugin)
def load_batch():
    print(without_gil.open_with_mutex(path.encode()))
thread = threading.Thread(target=load_batch)
thread.start()
with_gil.want_mutex()
thread.join()
END
mapfile -t pythons < <(for python in /usr/bin/python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python3; do
    "$python" -c 'import ctypes, os, sys; sys.version_info >= (3, 8) and print(os.path.realpath(sys.executable))' \
        2>/dev/null || true
done)
((${#pythons[@]})) || skip "the GIL" "no Python with ctypes"
for python in "${pythons[@]}"; do
    check "the GIL is held: $python" 2 "$(run gil "$python" "$tmp/gil.py" "$tmp/plugin.so" "$tmp/empty/a.png")"
    check "and Python's frames are there: $python" 1 "$(having gil '.frames[0].symbol == "open_with_mutex"
        and ([.frames[] | select(.kind == "python")][0] | .function == "load_batch" and .line == 5)')"
done

finish
