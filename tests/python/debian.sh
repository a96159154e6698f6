# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For tests/python/debian and tests/python/free-threaded: where this machine has Debian from. Source it.

# Prints the mirror that the machine's own apt takes Debian from, without / at its end.
mirror() {
    # shellcheck disable=SC2016 # the names are apt's
    apt-get indextargets --format '$(REPO_URI) $(ORIGIN)/$(LABEL)' 'Created-By: Packages' |
        sed -n 's|/ Debian/Debian$||p' | head -n 1
}
