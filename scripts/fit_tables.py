#!/usr/bin/env python3
"""Compares `hpo fit` with FLAML 2 and scikit-learn's histogram boosting on a folder of tables.

Each table is a folder with `train.csv` and `test.csv`. Prints a table of test scores in Markdown: accuracy, or R2 for targets that are
numbers. All run one after the other with one thread and the same time.

    cargo build --release -p hpo-cli
    scripts/fit_tables.py FOLDER SECONDS NAME=TARGET...

Without FLAML, it makes a virtual environment in target/flaml and starts itself again there. `HPO` is the program, `SEED` the seed.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HPO = os.environ.get("HPO", str(ROOT / "target/release/hpo"))
SEED = os.environ.get("SEED", "0")


def with_packages():
    """Starts again in a virtual environment that has the packages."""
    place = ROOT / "target/flaml"
    python = place / "bin/python"
    if not python.exists():
        venv.create(place, with_pip=True)
        subprocess.run([python, "-m", "pip", "-q", "install", "flaml[automl]==2.*", "scikit-learn", "pandas"], check=True)
    os.execv(python, [str(python), *sys.argv])


def run(*arguments):
    return subprocess.run([HPO, *arguments], check=True, capture_output=True, text=True).stdout


def ours(folder, target, seconds):
    """The test score of `hpo fit`, its estimate with the interval, and the seconds that it took."""
    with tempfile.TemporaryDirectory() as work:
        model = f"{work}/model.hpo"
        started = time.monotonic()
        told = run("fit", f"{folder}/train.csv", "--target", target, "--time", f"{seconds}s", "--seed", SEED, "--out", model)
        took = time.monotonic() - started
        metric, score = run("score", model, f"{folder}/test.csv").split()
    found = re.search(r"on new rows: (\S+); .* between (\S+) and (\S+) in", told)
    return metric, float(score), [float(number) for number in found.groups()], took


def theirs(folder, target, seconds, metric):
    """The test scores of FLAML and of scikit-learn's histogram boosting with its defaults."""
    import pandas as pd
    from flaml import AutoML
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.metrics import accuracy_score, r2_score
    from sklearn.preprocessing import OrdinalEncoder

    train, test = (pd.read_csv(f"{folder}/{part}.csv") for part in ("train", "test"))
    train, test = (table.dropna(subset=[target]) for table in (train, test))
    columns = [name for name in train if name != target]
    texts = [name for name in columns if not pd.api.types.is_numeric_dtype(train[name])]
    is_number = metric == "r2"
    score = r2_score if is_number else accuracy_score
    task = "regression" if is_number else "classification"
    automl = AutoML()
    automl.fit(train[columns], train[target], task=task, metric=metric, time_budget=seconds, n_jobs=1, seed=int(SEED), verbose=0)
    flaml = score(test[target], automl.predict(test[columns]))
    if texts:
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(train[texts])
        for table in (train, test):
            table[texts] = encoder.transform(table[texts])
    boosting = (HistGradientBoostingRegressor if is_number else HistGradientBoostingClassifier)(random_state=int(SEED))
    boosting.fit(train[columns], train[target])
    return flaml, score(test[target], boosting.predict(test[columns]))


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        import flaml  # noqa: F401
    except ImportError:
        with_packages()
    root, seconds = Path(sys.argv[1]), int(sys.argv[2])
    print("| table | `hpo fit` | its estimate (95 % interval) | FLAML 2 | scikit-learn | seconds of `hpo fit` |")
    print("| --- | --- | --- | --- | --- | --- |")
    sums, held = [0.0, 0.0, 0.0], 0
    names = [argument.split("=", 1) for argument in sys.argv[3:]]
    for name, target in names:
        metric, score, (estimate, low, high), took = ours(root / name, target, seconds)
        flaml, boosting = theirs(root / name, target, seconds, metric)
        held += low <= score <= high
        sums = [a + b for a, b in zip(sums, (score, flaml, boosting))]
        print(f"| {name} | {score:.4f} | {estimate:.4f} ({low:.4f} to {high:.4f}) | {flaml:.4f} | {boosting:.4f} | {took:.1f} |", flush=True)
    ours_mean, flaml_mean, boosting_mean = (total / len(names) for total in sums)
    print(f"| mean | {ours_mean:.4f} | holds on {held} of {len(names)} | {flaml_mean:.4f} | {boosting_mean:.4f} | |")


if __name__ == "__main__":
    main()
