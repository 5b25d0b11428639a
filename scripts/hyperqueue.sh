#!/usr/bin/env bash
# Starts a throw-away HyperQueue on this machine, a server and workers, and prints its folder, for HQ_SERVER_DIR;
# `scripts/hyperqueue.sh stop FOLDER` ends it and removes its files, `start N` starts N workers (2 by default) of 4 cores each.
#
# It needs the program `hq`, in PATH or named by HPO_HQ. `scripts/hyperqueue.sh build` builds it from its source with cargo, once,
# into $HPO_HQ_ROOT (or target/hyperqueue): the package on PyPI has no such program.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
version=0.26.2
home=${HPO_HQ_ROOT:-$root/target/hyperqueue}

find_program() {
    local found
    for found in "${HPO_HQ:-}" "$(command -v hq || true)" "$home/bin/hq"; do
        [ -z "$found" ] || [ ! -x "$found" ] || { hq=$found && return; }
    done
    echo "there is no hq here: put it in PATH, or run $0 build" >&2
    return 1
}

build() {
    cargo install --quiet --locked --git https://github.com/It4innovations/hyperqueue --tag "v$version" \
        --no-default-features --features microlp --root "$home" hyperqueue >&2
    echo "$home/bin/hq"
}

start() {
    local folder
    find_program
    folder=$(mktemp -d "${TMPDIR:-/tmp}/hpo-hq-XXXXXX")
    "$hq" server start --server-dir "$folder" >"$folder/server.log" 2>&1 &
    echo $! >"$folder/server.pid"
    for _ in $(seq 60); do
        ! "$hq" server info --server-dir "$folder" >/dev/null 2>&1 || break
        sleep 0.5
    done
    for worker in $(seq "$1"); do
        "$hq" worker start --server-dir "$folder" --cpus 4 >"$folder/worker-$worker.log" 2>&1 &
    done
    for _ in $(seq 60); do
        if [ "$("$hq" worker list --server-dir "$folder" --output-mode quiet 2>/dev/null | grep -c RUNNING)" = "$1" ]; then
            echo "$folder"
            return
        fi
        sleep 0.5
    done
    tail -n 5 "$folder"/*.log >&2
    stop "$folder"
    return 1
}

stop() {
    find_program
    "$hq" server stop --server-dir "$1" >/dev/null 2>&1 || kill "$(cat "$1/server.pid")" 2>/dev/null || true
    sleep 1
    rm -rf "$1"
}

case ${1:-start} in
start) start "${2:-2}" ;;
stop) stop "$2" ;;
build) build ;;
*)
    echo "usage: $0 [start [N] | stop FOLDER | build]" >&2
    exit 2
    ;;
esac
