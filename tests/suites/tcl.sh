# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # host, size, sources, tests and uid are the driver's
# Tcl's own tests, from the source of the installed version, on the installed tclsh.

tcl_source=$sources/source/tcl8.6

tcl_needs() {
    lacks "$tcl_source/tests/all.tcl" /usr/bin/tclsh8.6 tcl8.6
}

# For CI what names, copies, lists, opens, loads and starts.
tcl_groups() {
    cd "$tcl_source/tests" || return
    if [[ $size == small ]]; then
        printf '%s.test\n' fCmd unixFCmd cmdAH fileName fileSystem ioCmd env pwd source
    else
        printf '%s\n' *.test
    fi
}

tcl_run() {
    local status=0
    cp -r "$tcl_source"/{tests,library} .
    ((EUID != 0)) || chown -R "$uid:$uid" .
    cd tests || return
    "${host[@]}" /usr/bin/tclsh8.6 "$1" -verbose pse >../outcomes || status=$?
    LC_ALL=C sed -nE "s/^[+]{4} ([^ ]+) (PASSED|SKIPPED).*/$1 \1\t\2/p; s/^={4} ([^ ]+) .*FAILED$/$1 \1\tFAILED/p" ../outcomes
    printf '%s\texit %d\n' "$1" "$status"
}
