#!/usr/bin/env bash
# Runs the tests of `hpo launch`, `hpo top` and `hpo doctor` on real engines: a Slurm of one node, HyperQueue, sshd on loopback and
# PostgreSQL, each thrown away afterwards; and checks the manifest for Kubernetes against the published schema.
#
# What is not there is installed where that is possible (Debian, Ubuntu as root), and else left out, with a word. HyperQueue needs its
# program `hq` (scripts/hyperqueue.sh build). `cluster_engines.sh TEST` runs only the tests whose names contain TEST.
set -euo pipefail
cd "$(dirname "$0")/.."
cleaning=()
work=$(mktemp -d)
cleanup() {
    local line
    for line in "${cleaning[@]:-}"; do
        [ -z "$line" ] || eval "$line" || true
    done
    rm -rf "$work"
}
trap cleanup EXIT

# Starts an engine in the seconds that it takes, and names it in a variable.
engine() {
    local variable=$1 script=$2 begin=$SECONDS place
    if place=$("$script"); then
        export "$variable=$place"
        cleaning+=("$script stop '$place'")
        echo "$script: started in $((SECONDS - begin)) s"
    else
        echo "$script: left out"
    fi
}

manifests() {
    local schema=$work/schema hpo=target/debug/hpo
    python3 -m venv "$schema" && "$schema/bin/pip" install --quiet kubernetes-validate || return 1
    HPO_STORAGE=postgresql://ann:word@db/hpo "$hpo" launch kubernetes --image registry.example.org/net:1 -n 16 --cpus 2 --gpus 1 \
        --mem 4GiB --time 4h --name net --dry-run -- ./my-search >"$work/plan"
    sed '1,/^# its standard input$/d' "$work/plan" | python3 -c '
import json, sys
for item in json.load(sys.stdin)["items"]:
    with open(sys.argv[1] + "/" + item["kind"] + ".json", "w") as file:
        json.dump(item, file)
' "$work"
    "$schema/bin/kubernetes-validate" --strict "$work/Secret.json" "$work/Job.json"
}

engine HPO_TEST_POSTGRES scripts/postgres.sh
engine SLURM_CONF scripts/slurm.sh
engine HQ_SERVER_DIR scripts/hyperqueue.sh
engine HPO_TEST_SSH_CONFIG scripts/sshd.sh
# The tests call hq by its name.
[ ! -x target/hyperqueue/bin/hq ] || HPO_HQ=${HPO_HQ:-$PWD/target/hyperqueue/bin/hq}
[ -z "${HPO_HQ:-}" ] || { ln -s "$HPO_HQ" "$work/hq" && export PATH=$work:$PATH; }
cargo test -p hpo-cli --all-features --test launch -- --test-threads=2 "$@"
[ $# -gt 0 ] || manifests
