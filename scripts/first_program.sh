#!/usr/bin/env bash
# Runs the first program of README as a newcomer does: in a crate of its own, by `cargo run`, without optimisation and without any
# profile. Prints what it prints, and how long it ran. Fails if it does not end well, or leaves out how to make it faster.
set -euo pipefail
cd "$(dirname "$0")/.."

crate=$(mktemp -d)
trap 'rm -rf "$crate"' EXIT
mkdir "$crate/src"
sed -n '/^```rust$/,/^```$/{/^```/d;p};/^```$/q' README.md >"$crate/src/main.rs"
cat >"$crate/Cargo.toml" <<EOF
[package]
name = "first-program"
version = "0.0.0"
edition = "2024"

[dependencies]
hpo-core = { path = "$PWD/hpo-core" }

[workspace]
EOF
cp Cargo.lock "$crate"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/first_program
cargo build --quiet --manifest-path "$crate/Cargo.toml"

start=$(date +%s%N)
"$CARGO_TARGET_DIR/debug/first-program" 2>"$crate/err" | tee "$crate/out"
milliseconds=$((($(date +%s%N) - start) / 1000000))
echo "ran for $milliseconds ms, of which the target is 5000"
cat "$crate/err"
grep -q '^loss 0\.1' "$crate/out"
[ "$milliseconds" -lt 2000 ] || grep -qxF 'opt-level = 2' "$crate/err"
