#!/usr/bin/env bash
# 200 kills of `hpo run`, its shims, programs and their children at random moments: no process is
# left, no recorded result is lost, no trial runs again after its end. Takes about five minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
HPO_KILLS=${HPO_KILLS:-200} cargo test -p hpo-cli --test run killing -- --nocapture
