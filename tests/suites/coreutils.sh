# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # host, size, sources, tests and uid are the driver's
# coreutils's own tests, from the source of the installed version, on the installed programs. They expect
# a build tree: they get one in which src/ is links to what is installed. Of the configuration they ask
# only whether ACLs, extended attributes, capabilities and inotify are in, as they are in Debian's.

coreutils_source=$sources/source/coreutils

coreutils_needs() {
    [[ -r $coreutils_source/tests/init.sh ]] || echo "its source is not at hand (scripts/setup-suites)"
}

coreutils_groups() {
    local -a where=(tests)
    cd "$coreutils_source" || return
    [[ $size == small ]] && where=(tests/{chgrp,chmod,cp,dd,du,install,ln,ls,mkdir,mv,readlink,rm,rmdir,touch})
    find "${where[@]}" -name '*.sh' ! -name init.sh ! -path 'tests/factor/*' -o -name '*.pl' -o -name '*.xpl' | sort | xargs -n 30
}

coreutils_run() {
    local file path programs status
    local -a interpreter
    mkdir -p build/src
    (cd "$coreutils_source" && find tests -type d) | (cd build && xargs mkdir -p)
    while read -r path; do
        [[ $path == */bin/* || $path == */sbin/* ]] && ln -sf "$path" build/src/
    done < <(dpkg -L coreutils)
    programs=$(ls build/src)
    cp "$tests/getlimits" build/src
    printf '#define %s 1\n' USE_ACL USE_XATTR HAVE_CAP HAVE_INOTIFY >build/config.h
    ((EUID != 0)) || chown -R "$uid:$uid" build
    cd build || return
    for file; do
        case $file in
        *.sh) interpreter=(sh) ;;
        *.pl) interpreter=(perl) ;;
        *.xpl) interpreter=(perl -T) ;;
        esac
        [[ $file == *.sh ]] ||
            interpreter+=(-w "-I$coreutils_source/tests" -MCuSkip -MCoreutils "-MCuTmpdir qw($file)")
        status=0
        "${host[@]}" LC_ALL=C VERSION=9.1 PACKAGE_VERSION=9.1 LOCALE_FR=none LOCALE_FR_UTF8=none \
            abs_top_builddir="$PWD" abs_top_srcdir="$coreutils_source" abs_srcdir="$coreutils_source" \
            srcdir="$coreutils_source" top_srcdir="$coreutils_source" built_programs="${programs//$'\n'/ }" fail=0 \
            host_os=linux-gnu host_triplet=x86_64-pc-linux-gnu CONFIG_HEADER="$PWD/config.h" \
            CU_TEST_NAME="coreutils,${file//\//-}" CC=gcc AWK=awk EGREP='grep -E' EXEEXT= MAKE=make PERL=perl SHELL=/bin/sh \
            PATH="$PWD/src:$PATH" "${interpreter[@]}" "$coreutils_source/$file" 9>&2 >&2 || status=$?
        case $status in
        0) printf '%s\tpass\n' "$file" ;;
        77) printf '%s\tskip\n' "$file" ;;
        *) printf '%s\tfail(%d)\n' "$file" "$status" ;;
        esac
    done
}
