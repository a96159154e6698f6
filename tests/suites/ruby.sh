# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # host, size, sources, tests and uid are the driver's
# Ruby's own tests, from the source of the installed version, on the installed ruby. After each test their runner looks
# for descriptors, threads and temporary files left behind.

ruby_source=$sources/source/ruby3.1

ruby_needs() {
    lacks "$ruby_source/test/runner.rb" /usr/bin/ruby3.1 ruby3.1
}

# For CI what opens, lists, starts and loads; in full all but what waits for a terminal or needs what only a build has.
ruby_groups() {
    cd "$ruby_source" || return
    if [[ $size == small ]]; then
        printf '%s\n' test/ruby/test_{io,file,file_exhaustive,dir,require}.rb test/fileutils/test_fileutils.rb
    else
        find test -name 'test_*.rb' ! -path 'test/-ext-/*' ! -path 'test/re[al]*line/*' ! -path 'test/win32ole/*' | sort
    fi
}

# Of the extensions that only a build of ruby has there are empty ones: the few tests that use them fail, the rest of
# their file is run. What is left behind is an outcome of its own.
ruby_run() {
    local status=0 name
    mkdir empty
    cp -r "$ruby_source"/{test,tool} .
    grep -rhoE "require ['\"]-test-/[a-z_/]+" test | sed 's/.*-test-/-test-/' | sort -u | while read -r name; do
        mkdir -p "empty/${name%/*}" && : >"empty/$name.rb"
    done
    ((EUID != 0)) || chown -R "$uid:$uid" .
    "${host[@]}" RUBYLIB="$PWD/empty" /usr/bin/ruby3.1 -Itool/lib test/runner.rb --ruby=/usr/bin/ruby3.1 -v "$@" >out 2>&1 ||
        status=$?
    LC_ALL=C sed -nE 's,^\[ *[0-9]+/[0-9]+\] (.*) = [0-9.]+ s( = (.*))?$,\1\tok \3,p; s,^(Leaked|Closed) ([a-z ]+): ([^:]+)(:.*)?,\3 \2\t\1,p' out |
        sed 's/ *$//'
    printf '%s\texit %d\n' "$*" "$status"
}
