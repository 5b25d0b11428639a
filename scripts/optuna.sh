#!/bin/sh
# Makes a virtual environment with the Optuna that the tests of both libraries' files run against, once, and prints the
# path of its python. The environment is $HPO_VENV, or .venv in the project.
set -eu
version=5.0.0
root=$(cd "$(dirname "$0")/.." && pwd)
venv=${HPO_VENV:-$root/.venv}
python=$venv/bin/python
if ! "$python" -c "import optuna; assert optuna.__version__ == '$version'" 2>/dev/null; then
    python3 -m venv "$venv" >&2
    "$python" -m pip install --quiet "optuna==$version" >&2
fi
printf '%s\n' "$python"
