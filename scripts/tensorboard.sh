#!/bin/sh
# Puts the TensorBoard that the tests of event files run against into the virtual environment of scripts/optuna.sh
# ($HPO_VENV, or .venv in the project), making that if need be, once, and prints the path of its python.
set -eu
version=2.21.0
root=$(cd "$(dirname "$0")/.." && pwd)
venv=${HPO_VENV:-$root/.venv}
python=$venv/bin/python
if ! "$python" -c "from tensorboard.version import VERSION; assert VERSION == '$version'" 2>/dev/null; then
    [ -x "$python" ] || python3 -m venv "$venv" >&2
    "$python" -m pip install --quiet "tensorboard==$version" >&2
fi
printf '%s\n' "$python"
