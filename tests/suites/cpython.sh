# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # host, size, sources, tests and uid are the driver's
# CPython's own tests: Debian's libpython3.11-testsuite, which is of the installed interpreter's version.
# As whoever calls: as root in CI, where the library has capabilities to explain.

cpython_needs() {
    /usr/bin/python3.11 -c 'import test.test_io' 2>/dev/null || echo "libpython3.11-testsuite is not installed"
}

# What opens, lists, spawns, forks, maps signals and counts descriptors, the long ones first; in full what
# imports, compresses, stores, and passes descriptors on besides.
cpython_groups() {
    [[ $size == small ]] ||
        printf '%s\n' test_{cmd_line_script,runpy,py_compile,zipimport,filecmp,fileinput,linecache,gzip,bz2} \
            test_{mailbox,dbm,dbm_dumb,shelve,fcntl,pty,openpty,resource,pwd,grp,site,traceback,largefile} \
            test_{unicode_file,unicode_file_functions,wait3,wait4,ctypes,mimetypes,netrc,configparser,http_cookiejar}
    printf '%s\n' test_{signal,subprocess,tarfile,multiprocessing_fork,io,threading,faulthandler,tempfile} \
        test_{zipfile,pathlib,shutil,os,posix,glob,fileio,fork1,popen,mmap,file,posixpath,genericpath} \
        test_{stat,import,select,selectors}
}

cpython_run() {
    "${host[@]}" /usr/bin/python3.11 -m test -u none --junit-xml outcomes.xml "$1" >&2 || true
    "$tests/junit" outcomes.xml
}
