#!/usr/bin/env bash
# Trials per second through `hpo server` over loopback: SQLite and a journal behind it; 1, 8 and 32
# clients; by JSON and by the library. Takes about a minute after the build.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --release -p hpo-cli --all-features --test server load -- --ignored --nocapture --test-threads 1
