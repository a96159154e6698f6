# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # host, size, sources, tests and uid are the driver's
# PHP's own tests, from the source of the installed version, on the installed php. What it calls slow is run in
# the full size only, and has longer than its minute: one makes 70,000 files, each a failing call that goes the whole
# road. What fills 5 GB of disk is left out.

php_source=$sources/source/php8.2

php_needs() {
    lacks "$php_source/run-tests.php" /usr/bin/php php-cli
}

php_groups() {
    local -a where=(ext/standard/tests/{file,dir})
    [[ $size == small ]] || where=({ext/{standard,spl,phar,zlib,exif,fileinfo,posix,pcntl},Zend,.}/tests)
    cd "$php_source" && find "${where[@]}" -name '*.phpt' ! -name '*_5gb.phpt' | sed 's,^\./,,' | sort | xargs -n 120
}

php_run() {
    local -a slow=(SKIP_SLOW_TESTS=1)
    [[ $size == small ]] || slow=(TEST_TIMEOUT=400)
    mkdir tree
    (cd "$php_source" && printf '%s\n' "${@%%tests/*}" | sort -u | sed 's,$,tests,' |
        xargs cp -r --parents -t "$OLDPWD/tree" run-tests.php)
    ((EUID != 0)) || chown -R "$uid:$uid" tree
    cd tree || return
    "${host[@]}" "${slow[@]}" SKIP_ONLINE_TESTS=1 NO_INTERACTION=1 /usr/bin/php run-tests.php -p /usr/bin/php -q --no-progress \
        -W ../home/outcomes "$@" >&2 || true
    sed -nE "s,^([A-Z]+)\t$PWD/(.*),\2\t\1,p" ../home/outcomes
}
