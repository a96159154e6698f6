# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # host, size, sources, tests and uid are the driver's
# Perl's own tests, from the source of the installed version, run by the installed perl. In the source
# tree they expect a perl that was built there, so a tree is laid out for them: their tests, and the
# installed modules as lib/. A test is an assertion, a line of TAP (its text may hold a pid, so it stays
# out), and the exit status of each file.

perl_source=$sources/source/perl

perl_needs() {
    [[ -r $perl_source/t/test.pl ]] || { echo "its source is not at hand (scripts/setup-suites)" && return; }
    /usr/bin/perl -MFile::Find -e 1 2>/dev/null || echo "perl is not installed"
}

# For CI what opens, lists, links, forks and reads through layers; in full all of t/, lib/ and ext/ besides, but for
# the modules that only a build of perl's or another system has.
perl_groups() {
    cd "$perl_source" || return
    if [[ $size == small ]]; then
        printf '%s\n' t/io/*.t lib/File/*.t \
            t/op/{stat,stat_errors,filetest,filetest_t,readline,chdir,chown,chroot,mkdir,glob,inccode,require_errors}.t \
            t/op/{sysio,sselect,select,fork,exec,die_exit,umask,utf8cache,lfs,magic,inccode-tie,do,require_override}.t \
            ext/{File-*,PerlIO-*,Fcntl,POSIX,IPC-Open3,SDBM_File,FileCache}/t/*.t \
            dist/{PathTools,IO,Storable}/t/*.t cpan/{File-Path,File-Temp,Archive-Tar}/t/*.t
    else
        find t lib ext {dist,cpan}/{PathTools,IO,Storable,File-*,Archive-Tar,IO-*} -name '*.t' \
            ! -path 't/benchmark/*' ! -path 't/bigmem/*' ! -path 't/porting/*' ! -path 't/win32/*' \
            ! -path 'ext/XS-*' ! -path 'ext/VMS-*' ! -path 'ext/Win32*' 2>/dev/null | sort
    fi | xargs -n 12
}

perl_tree() {
    local directory
    mkdir tree tree/lib
    cp -r "$perl_source"/{t,ext,dist,cpan,TestInit.pm,MANIFEST} tree
    # Where two have a module, perl-base's is the one that the installed perl takes.
    for directory in /usr/share/perl/5.* /usr/lib/*/perl/5.* /usr/lib/*/perl-base; do
        [[ -L $directory ]] || cp -r --remove-destination "$directory/." tree/lib
    done
    (cd "$perl_source/lib" && find . \( -name '*.t' -o -name dbm_filter_util.pl -o -path '*/t/*' \) -type f -exec cp --parents {} "$OLDPWD/tree/lib" \;)
    ln -s /usr/bin/perl tree/perl
    ln -s /usr/bin/perl tree/t/perl
    ((EUID != 0)) || chown -R "$uid:$uid" tree
}

# The switches are those of t/TEST; those of the file's first line go on the command line as well, since
# perl wants -T there.
perl_run() {
    local file directory status
    local -a switches own
    perl_tree
    for file; do
        case $file in
        t/*) directory=t switches=(-I.. -MTestInit) ;;
        lib/*) directory=t switches=(-I.. -MTestInit=U1) ;;
        ext/File-Glob/*) directory=t switches=(-I.. -MTestInit) ;;
        cpan/IO-Compress/*) directory=cpan/IO-Compress switches=(-I../.. '-MTestInit=U2T,A,NC') ;;
        *)
            directory=$(cut -d/ -f1,2 <<<"$file")
            switches=(-I../.. '-MTestInit=U2T,A')
            ;;
        esac
        [[ $file != t/@(base|comp|run)/* ]] || switches=()
        read -r -a own <<<"$(sed -nE '1s/^#!.*perl[^ ]* *(-[^#]*).*/\1/p' "$perl_source/$file")"
        status=0
        (cd "tree/$directory" && "${host[@]}" PERL_DESTRUCT_LEVEL=2 PERL_DL_NONLAZY=1 PERL_CORE=1 \
            "$(realpath -s --relative-to=. "$OLDPWD/tree/t/perl")" "${switches[@]}" "${own[@]}" \
            "$(realpath -s --relative-to=. "$OLDPWD/tree/$file")") >tap || status=$?
        # Byte by byte: some name a test by bytes that they took at random.
        LC_ALL=C sed -nE "s,^(not )?ok ?([0-9]*)[^#]*(# *(skip|todo))?.*,$file:\2\t\1ok \4,Ip; s,^1\.\.0.*,$file:\tno plan,p" tap |
            sed 's/ *$//'
        printf '%s\texit %d\n' "$file" "$status"
    done
}
