"""What importances cost beside Optuna's: the same number of trials and parameters, in one run, as ratios.

    pip install optuna==5.0.0 scikit-learn==1.9.1
    python tests/peers/importance.py [TRIALS]

The default is 10,000 trials. Optuna's fANOVA grows its trees on all of them, ours on a sample of 1,000 and says so: the script also
measures Optuna's on 1,000. Figures are the least of three for ours and for PED-ANOVA, and single ones for Optuna's fANOVA.
"""

import pathlib
import random
import subprocess
import sys
import time
import warnings

import optuna
from optuna.distributions import FloatDistribution
from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)

ROOT = pathlib.Path(__file__).parents[2]
SAMPLE = 1_000


def study(params, count):
    """As `trials` in tests/benches/importance.rs."""
    rng = random.Random(1)
    distributions = {f"x{index}": FloatDistribution(0, 1) for index in range(params)}
    made = optuna.create_study()
    for _ in range(count):
        point = {path: rng.random() for path in distributions}
        x = list(point.values())
        value = sum(a * b / 2**place for place, (a, b) in enumerate(zip(x[::2], x[1::2]))) + rng.gauss(0, 0.01)
        made.add_trial(optuna.trial.create_trial(params=point, distributions=distributions, value=value))
    return made


def milliseconds(made, evaluator, times):
    def once():
        start = time.perf_counter()
        evaluator.evaluate(made)
        return 1e3 * (time.perf_counter() - start)

    return min(once() for _ in range(times))


def ours(count):
    command = ["cargo", "bench", "-q", "-p", "hpo-tests", "--bench", "importance", "--", str(count)]
    text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    rows = [line.split() for line in text.splitlines() if line[:1].isdigit()]
    return {(int(params), measure): float(cost) for params, measure, cost in rows}


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    own = ours(count)
    print("parameters  measure                  ours [ms]  Optuna [ms]  ratio")
    for params in (10, 50):
        whole = study(params, count)
        theirs = {
            ("ped-anova", ""): milliseconds(whole, PedAnovaImportanceEvaluator(), 3),
            ("fanova", f" of {SAMPLE}"): milliseconds(study(params, SAMPLE), FanovaImportanceEvaluator(seed=0), 1),
        }
        for (measure, sample), cost in theirs.items():
            mine = own[params, measure]
            print(f"{params:10}  {measure + sample:22}  {mine:10.1f}  {cost:11.1f}  {cost / mine:5.1f}", flush=True)
        for measure in ("gp", "advice"):
            print(f"{params:10}  {measure:22}  {own[params, measure]:10.1f}            -      -", flush=True)


main()
