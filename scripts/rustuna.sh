#!/bin/sh
# Puts the Rustuna with which the benchmark `overheads` compares into the virtual environment of scripts/optuna.sh ($HPO_VENV,
# or .venv in the project), making that if need be, once, and prints the path of its python.
set -eu
version=0.2.0
root=$(cd "$(dirname "$0")/.." && pwd)
venv=${HPO_VENV:-$root/.venv}
python=$venv/bin/python
if ! "$python" -c "import rustuna; from importlib.metadata import version; assert version('rustuna') == '$version'" 2>/dev/null; then
    [ -x "$python" ] || python3 -m venv "$venv" >&2
    "$python" -m pip install --quiet "rustuna==$version" >&2
fi
printf '%s\n' "$python"
