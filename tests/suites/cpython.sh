# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # host, size, sources, tests and uid are the driver's
# CPython's own tests: Debian's libpython3.11-testsuite, which is of the installed interpreter's version.
# As whoever calls: as root in CI, where the library has capabilities to explain.

cpython_needs() {
    /usr/bin/python3.11 -c 'import test.test_io' 2>/dev/null || echo "libpython3.11-testsuite is not installed"
}

# For CI what opens, lists, spawns, forks, maps signals and counts descriptors, in full every module; the long
# ones first.
cpython_groups() {
    {
        [[ $size == small ]] ||
            printf '%s\n' test_{asyncio,concurrent_futures,multiprocessing_spawn,multiprocessing_forkserver,venv}
        printf '%s\n' test_{signal,subprocess,tarfile,multiprocessing_fork,io,threading,faulthandler,tempfile} \
            test_{zipfile,pathlib,shutil,os,posix,glob,fileio,fork1,popen,mmap,file,posixpath,genericpath} \
            test_{stat,import,select,selectors}
        [[ $size == small ]] || /usr/bin/python3.11 -m test --list-tests
    } | awk '!seen[$0]++'
}

# socketserver's need what CPython calls the network, and go no further than the loopback. A virtual machine may have
# a vsock device that takes no connection from itself: those tests wait for one for ever.
cpython_run() {
    local status=0 resources=none
    [[ $1 != test_socketserver ]] || resources=network
    "${host[@]}" /usr/bin/python3.11 -m test -u $resources --ignore '*VSOCK*' --junit-xml outcomes.xml "$1" >&2 || status=$?
    [[ ! -s outcomes.xml ]] || "$tests/junit" outcomes.xml
    # A module may be skipped as a whole.
    printf '%s\texit %d\n' "$1" "$status"
}
