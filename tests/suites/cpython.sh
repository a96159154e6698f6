# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # host, size, sources, tests and uid are the driver's
# CPython's own tests: Debian's libpython3.11-testsuite, which is of the installed interpreter's version.
# As whoever calls: as root in CI, where the library has capabilities to explain.

cpython_needs() {
    /usr/bin/python3.11 -c 'import test.test_io' 2>/dev/null || echo "libpython3.11-testsuite is not installed"
}

# What opens, lists, spawns, forks, maps signals and counts descriptors; the long ones first.
cpython_groups() {
    printf '%s\n' test_{signal,subprocess,tarfile,multiprocessing_fork,io,threading,faulthandler,tempfile} \
        test_{zipfile,pathlib,shutil,os,posix,glob,fileio,fork1,popen,mmap,file,posixpath,genericpath} \
        test_{stat,import,select,selectors}
}

cpython_run() {
    "${host[@]}" /usr/bin/python3.11 -m test -u none --junit-xml outcomes.xml "$1" >&2 || true
    "$tests/junit" outcomes.xml
}
