# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For the tests of real places: sourced first, needs root. Gives check.sh's functions, a directory
# $place that every user can reach and that is removed in the end, and in it the library and the
# program `opener` that opens one path. at_end registers what must be put back.

# shellcheck source=tests/check.sh
source tests/check.sh
unset LD_PRELOAD "${!PERMSHIM_@}"
umask 022

endings=()
at_end() {
    endings=("$*" "${endings[@]}")
}
clean_up() {
    local ending
    for ending in "${endings[@]}"; do
        eval "$ending" || true
    done
}
trap clean_up EXIT

if ((EUID != 0)); then
    skip "${0##*/}" "needs root"
    finish
    exit
fi

place=$(mktemp -d /var/tmp/permshim-place.XXXXXX)
at_end "rm -rf --one-file-system '$place'"
chmod 755 "$place"
cp "${BUILD:-build}/libpermshim.so" "${BUILD:-build}/tests/places/opener" "$place"

# as UID[:GID[,GROUP…]] COMMAND…: with these ids, and no capability unless the uid is 0.
as() {
    local uid=${1%%:*} gid=${1#*:} groups=--clear-groups
    [[ $gid == *,* ]] && groups=--groups=${gid#*,}
    setpriv --reuid "$uid" --regid "${gid%%,*}" "$groups" -- "${@:2}"
}

# opens [PREFIX…] -- [OPTION] HOW PATH: runs the opener under the library, behind a prefix such as
# `as 1001`. Its answer is in $answer, its report in $report. The report comes over stderr, which is
# open before a sandbox closes in, and not through a log.
opens() {
    local -a prefix=()
    while [[ $1 != -- ]]; do
        prefix+=("$1") && shift
    done
    shift
    answer=$("${prefix[@]}" env LD_PRELOAD="$place/libpermshim.so" PERMSHIM_FORMAT=json PERMSHIM_ERRNO=all \
        "$place/opener" "$@" 2>"$place/report") || true
    report=$(head -n 1 "$place/report")
}

# said FILTER: what jq's filter gives of the report.
said() {
    jq -r "$1" <<<"${report:-null}" 2>&1
}

# expect WHAT ERRNO CAUSE CERTAINTY CULPRIT: the open failed so, and the report says so.
expect() {
    check "$1: answer" "$2" "$answer"
    check "$1: cause" "$3 $4 $5" "$(said '[.cause, .certainty, .culprit // "nothing"] | join(" ")')"
}

# expect_command WHAT COMMAND: a fix is exactly this command. "" when none may be given.
expect_command() {
    check "$1: command" "$2" "$(said '[.fixes[].argv | join(" ")] | join("; ")')"
}

# expect_advice WHAT GLOB: some advice is like this. No advice or command is a chmod that cannot help.
expect_advice() {
    check_like "$1: advice" "$2" "$(said '.advice | join("; ")')"
}

# expect_fixes WHAT ADVICE COMMAND: this advice and this command are given, and nothing else.
expect_fixes() {
    check "$1: advice" "$2" "$(said '.advice // [] | join("; ")')"
    expect_command "$1" "$3"
}

# expect_evidence WHAT GLOB: some note is like this.
expect_evidence() {
    check_like "$1: notes" "$2" "$(said '.notes | join("; ")')"
}

# leave_container: in a mount namespace of the test's own, goes to a root directory that has all of the
# present one but the files, such as /.dockerenv. A container has other advice than a service.
leave_container() {
    local entry here=$PWD root=$place/host
    mkdir "$root"
    mount -t tmpfs none "$root"
    at_end "umount --recursive --lazy '$root'"
    for entry in /*; do
        if [[ -L $entry ]]; then
            cp -P "$entry" "$root"
        elif [[ -d $entry ]]; then
            mkdir "$root$entry"
            mount --rbind "$entry" "$root$entry"
        fi
    done
    cd "$root" || exit
    pivot_root . .
    umount --lazy .
    cd "$here" || exit
}

# keep_sysctl NAME: puts it back in the end.
keep_sysctl() {
    at_end "sysctl -qw '$1=$(sysctl -n "$1")'"
}

# has_fuse WHAT: whether any user can mount by bindfs now; else the skip of WHAT is told.
has_fuse() {
    if [[ ! -c /dev/fuse ]] || ! command -v bindfs >/dev/null; then
        skip "$1" "needs /dev/fuse and bindfs"
        return 1
    fi
    if [[ $(stat -c %a /dev/fuse) != 666 ]]; then
        at_end "chmod $(stat -c %a /dev/fuse) /dev/fuse"
        chmod 666 /dev/fuse
    fi
}

# an_image PATH [MODE [OWNER]]: a small file that is old enough to be no change of this moment.
an_image() {
    printf 'GIF89a' >"$1"
    chmod "${2:-644}" "$1"
    chown "${3:-0:0}" "$1"
}
