# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # host, size, sources, tests and uid are the driver's
# busybox's own tests, on Debian's dynamic busybox and with the configuration of that package. The shell
# that runs them, and whatever else they call, has the library loaded too.

busybox_source=$sources/source/busybox
busybox_program=$sources/binary/busybox/bin/busybox

busybox_needs() {
    [[ -r $busybox_source/testsuite/runtest && -x $busybox_program ]] || echo "not at hand (scripts/setup-suites)"
}

# Every applet that has tests and was built.
busybox_groups() {
    local name
    cd "$busybox_source/testsuite" || return
    for name in *; do
        if [[ -d $name || $name == *.tests ]] && "$busybox_program" --list | grep -qxF "${name%.tests}"; then
            echo "${name%.tests}"
        fi
    done | sort -u | xargs -n 12
}

busybox_run() {
    local applet
    mkdir build
    cp "$busybox_program" build/busybox
    cp "$busybox_source/debian/config/pkg/deb" build/.config
    cp -r "$busybox_source/testsuite" build/testsuite
    ((EUID != 0)) || chown -R "$uid:$uid" build
    cd build/testsuite || return
    for applet; do
        "${host[@]}" ECHO=/bin/echo sh ./runtest "$applet" |
            sed -nE "y/\t/ /; s/^([A-Z]+): (.*)/$applet: \2\t\1/p" || true
    done
}
