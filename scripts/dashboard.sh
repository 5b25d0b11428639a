#!/bin/sh
# Puts the optuna-dashboard that the tests run over our storages into the virtual environment of scripts/optuna.sh ($HPO_VENV,
# or .venv in the project), making that if need be, once, and prints the path of its python.
set -eu
version=0.21.0
root=$(cd "$(dirname "$0")/.." && pwd)
python=$("$root/scripts/optuna.sh")
if ! "$python" -c "from importlib.metadata import version; assert version('optuna-dashboard') == '$version'" 2>/dev/null; then
    "$python" -m pip install --quiet "optuna-dashboard==$version" >&2
fi
printf '%s\n' "$python"
