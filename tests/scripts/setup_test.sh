#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # $ in single quotes is for the fakes
# scripts/setup with an apt-get, a dpkg-query and a sudo of our own: nothing is installed here.

set -euo pipefail
cd "$(dirname -- "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/check.sh
source tests/check.sh

tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
chmod 777 "$tmp"

# fake DIRECTORY NAME [LINE…]: a command that notes how it was called.
fake() {
    mkdir -p "$tmp/$1"
    printf '%s\n' '#!/bin/bash' 'echo "${0##*/} $*" >>'"$tmp/calls" "${@:3}" >"$tmp/$1/$2"
    chmod 755 "$tmp/$1" "$tmp/$1/$2"
}
fake apt apt-get
fake sudo sudo '[[ $1 == -n ]] && shift; "$@"'
fake locked-sudo sudo 'exit 1'
fake ignorant dpkg-query 'exit 1'
# All else that setup itself needs.
mkdir -p "$tmp/tools"
for tool in bash env awk cat sort xargs grep true; do
    ln -s "$(type -P "$tool")" "$tmp/tools/$tool"
done
cp scripts/setup "$tmp/setup"

# run PATH-OF-FAKES [COMMAND…]: what setup says, its status, and what it called.
run() {
    local directory path='' status=0
    for directory in $1; do
        path+=$tmp/$directory:
    done
    shift
    : >"$tmp/calls"
    chmod 666 "$tmp/calls"
    PATH=$path$tmp/tools "$@" </dev/null >"$tmp/said" 2>&1 || status=$?
    said=$(cat "$tmp/said")
    calls=$(cat "$tmp/calls")
    result=$status
}
setup=("$(type -P bash)" "$tmp/setup" build)

# ca-certificates can be known by dpkg alone, so an ignorant dpkg-query always misses it.
if ((EUID == 0)); then
    run "ignorant apt" "${setup[@]}"
    check_like "root: apt-get is called" "*apt-get update*apt-get install *ca-certificates*" "$calls"
    check_like "root: said before" "setup: missing for build: *ca-certificates*setup: running: *apt-get*" "$said"
    check_like "root: still missing afterwards" "1 *still missing: *ca-certificates*" "$result $said"
    user=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    user[0]=$(type -P setpriv)
else
    user=()
fi
run "ignorant apt" "${user[@]}" "${setup[@]}"
check_like "user without sudo: fails" "1 *neither root nor sudo*apt-get install *ca-certificates*" "$result $said"
check "user without sudo: nothing is run" "" "$(grep -v ^dpkg-query <<<"$calls" || true)"
run "ignorant apt locked-sudo" "${user[@]}" "${setup[@]}"
check_like "sudo that asks, and no terminal: fails" "1 *neither root nor sudo*" "$result $said"
run "ignorant apt sudo" "${user[@]}" "${setup[@]}"
check_like "sudo: used, and said" "*sudo env*apt-get install*setup: running: sudo *" "$calls $said"
run "ignorant" "${user[@]}" "${setup[@]}"
check_like "no apt-get: names the packages" "1 *missing for build: *ca-certificates*no Debian system*" "$result $said"

fake knowing dpkg-query 'for package; do echo "$package installed"; done'
run "knowing apt sudo" "${user[@]}" "$(type -P bash)" "$tmp/setup" build test demo lint
check "nothing missing: silent success" "0 " "$result $said"
check "nothing missing: no privilege, no network" "" "$(grep -v ^dpkg-query <<<"$calls" || true)"
run "knowing apt" "${user[@]}" "$(type -P bash)" "$tmp/setup" biuld
check_like "a tier that is none" "2 *no tier is called 'biuld'*" "$result $said"

finish
