# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154 # host, size, sources, tests and uid are the driver's
# Pillow's own tests, from the source of the installed version, on the installed one.

pillow_source=$sources/source/pillow

pillow_needs() {
    [[ -d $pillow_source/Tests ]] || { echo "its source is not at hand (scripts/setup-suites)" && return; }
    /usr/bin/python3 -c 'import PIL, pytest' 2>/dev/null || echo "python3-pil or python3-pytest is not installed"
}

pillow_groups() {
    cd "$pillow_source" && printf '%s\n' Tests/oss-fuzz/test_*.py Tests/test_*.py | xargs -n 20
}

pillow_run() {
    local outcomes=$PWD/outcomes.xml
    (cd "$pillow_source" && "${host[@]}" PYTHONDONTWRITEBYTECODE=1 QT_QPA_PLATFORM=offscreen \
        /usr/bin/python3 -m pytest -q -p no:cacheprovider --junit-xml "$outcomes" "$@" >&2) || true
    "$tests/junit" "$outcomes"
}
