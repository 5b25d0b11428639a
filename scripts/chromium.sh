#!/bin/sh
# Prints the path of a Chromium that opens the pages of reports in tests: $HPO_CHROMIUM, or the one that is installed. On Debian and
# Ubuntu it is installed if it is missing and it may be.
set -eu
find_it() {
    for name in ${HPO_CHROMIUM:-} chromium chromium-browser google-chrome; do
        command -v "$name" && return 0
    done
    return 1
}
find_it && exit 0
command -v apt-get >/dev/null || {
    echo 'Chromium is missing: install it' >&2
    exit 1
}
root=
[ "$(id -u)" = 0 ] || root=sudo
$root apt-get update -q >&2 && $root apt-get install -qy --no-install-recommends chromium >&2
find_it
