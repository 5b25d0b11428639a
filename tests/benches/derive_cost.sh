#!/usr/bin/env bash
# What deriving costs the compiler: 100 structs of 10 fields, with SearchSpace, with serde's Deserialize, and with nothing.
#
#     tests/benches/derive_cost.sh [RUNS]
#
# Prints the median wall time of RUNS (default 7) builds of the structs alone (dependencies are built before) for
# `cargo check` and `cargo build`, without incremental compilation. The three kinds take turns, so that a busy machine
# is busy for all of them.
set -euo pipefail

runs=${1:-7}
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
kinds="nothing serde space"

# Ten fields: each line is the type, and what SearchSpace is told of it.
fields() {
    cat <<'FIELDS'
f64|range = 1e-5..=1e-1, log
f64|range = 0.0..=1.0
f64|range = 0.0..=0.5, step = 0.1, default = 0.2
u32|range = 1..=100, log
usize|range = 2..=32
i64|range = -10..=10
bool|
bool|
String|choices = ["relu", "tanh", "gelu"], default = "relu"
u64|choices = [16, 32, 64, 128]
FIELDS
}

# The source of one kind.
structs() {
    local kind=$1
    case $kind in
        serde) echo "use serde::Deserialize;" ;;
        space) echo "use hpo_core::SearchSpace;" ;;
    esac
    for struct in $(seq 100); do
        case $kind in
            serde) echo "#[derive(Deserialize)]" ;;
            space) echo "#[derive(SearchSpace)]" ;;
        esac
        echo "pub struct Config$struct {"
        local number=0
        while IFS='|' read -r type words; do
            if [ "$kind" = space ] && [ -n "$words" ]; then echo "    #[search_space($words)]"; fi
            number=$((number + 1))
            echo "    pub field_$number: $type,"
        done < <(fields)
        echo "}"
    done
}

for kind in $kinds; do
    mkdir -p "$scratch/$kind/src"
    cat > "$scratch/$kind/Cargo.toml" <<TOML
[package]
name = "$kind"
version = "0.0.0"
edition = "2024"

[dependencies]
hpo-core = { path = "$root/hpo-core" }
serde = { version = "1", features = ["derive"] }
TOML
    structs "$kind" > "$scratch/$kind/src/lib.rs"
done
cat > "$scratch/Cargo.toml" <<TOML
[workspace]
resolver = "3"
members = ["nothing", "serde", "space"]
TOML
[ -f "$root/Cargo.lock" ] && cp "$root/Cargo.lock" "$scratch/"
# The package of that name is a dependency, too.
sed -i 's/^name = "serde"/name = "serde-structs"/' "$scratch/serde/Cargo.toml"

export RUSTFLAGS="-Awarnings" CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="$scratch/target"
cd "$scratch"
package() { if [ "$1" = serde ]; then echo serde-structs; else echo "$1"; fi; }

median() { sort -n | awk '{ times[NR] = $1 } END { print times[int((NR + 1) / 2)] }'; }

for command in check build; do
    cargo "$command" --quiet --workspace
    for _ in $(seq "$runs"); do
        for kind in $kinds; do
            touch "$kind/src/lib.rs"
            begin=$(date +%s%N)
            cargo "$command" --quiet --package "$(package "$kind")"
            echo $(((($(date +%s%N)) - begin) / 1000000)) >> "$command-$kind"
        done
    done
    for kind in $kinds; do
        printf '%-6s %-8s %6s ms\n' "$command" "$kind" "$(median < "$command-$kind")"
    done
done
