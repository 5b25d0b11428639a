#!/usr/bin/env bash
# Kills of `hpo server` and of its clients at random moments, 200 of each: nothing that was
# acknowledged is lost, no trial is given out or told twice, and the trials of dead clients are
# taken back. Takes about three minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
HPO_KILLS=${HPO_KILLS:-200} cargo test -p hpo-cli --all-features --test server restart -- --nocapture
