"""What Optuna reaches on the functions of `tests/fronts.rs`: median hypervolumes after 50, 100, 200 and 400 trials.

    python -m venv .venv && .venv/bin/pip install optuna==5.0.0
    .venv/bin/python hpo-core/src/sampler/nsga2/compare.py 10
"""

import math
import sys
import warnings

import numpy as np
import optuna
from optuna._hypervolume import compute_hypervolume

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
SEEDS = int(sys.argv[1])
MARKS = [50, 100, 200, 400]


def numbers(trial, count):
    return np.array([trial.suggest_float(f"x{i}", 0, 1) for i in range(count)])


def zdt(trial, bend):
    x = numbers(trial, 8)
    g = 1 + 9 * x[1:].mean()
    return x[0], g * (1 - bend(x[0] / g))


def dtlz2(trial):
    x = numbers(trial, 7)
    g = 1 + ((x[2:] - 0.5) ** 2).sum()
    a, b = x[0] * math.pi / 2, x[1] * math.pi / 2
    return g * math.cos(a) * math.cos(b), g * math.cos(a) * math.sin(b), g * math.sin(a)


def model(trial):
    if trial.suggest_categorical("kind", ["forest", "net"]) == "forest":
        trees, depth = trial.suggest_int("trees", 1, 500, log=True), trial.suggest_int("depth", 1, 20)
        wrong = 0.0 if trial.suggest_categorical("criterion", ["gini", "entropy", "log loss"]) == "entropy" else 0.03
        return min(1.0, 0.15 + wrong + 0.3 / trees + 0.002 * (depth - 12) ** 2), 0.3 * (trees * depth / 1e4) ** 0.7
    rate, units = trial.suggest_float("rate", 1e-5, 1, log=True), trial.suggest_int("units", 4, 512, log=True)
    layers, dropout = trial.suggest_int("layers", 1, 5), trial.suggest_float("dropout", 0, 0.9)
    error = 0.05 + 0.02 * (math.log(rate) + 5.5) ** 2 + 0.8 / units + 0.03 * (layers - 3) ** 2 + 0.3 * (dropout - 0.2) ** 2
    return min(1.0, error), 0.02 + 0.9 * (units * units * layers / 1.3e6) ** 0.4


FRONTS = [
    ("zdt1", lambda trial: zdt(trial, math.sqrt), [1.1, 4.0]),
    ("zdt2", lambda trial: zdt(trial, lambda x: x**2), [1.1, 4.0]),
    ("dtlz2", dtlz2, [1.5] * 3),
    ("model", model, [1.0, 1.0]),
]
SAMPLERS = [
    ("nsga2", lambda seed: optuna.samplers.NSGAIISampler(seed=seed), MARKS),
    ("nsga2, 20", lambda seed: optuna.samplers.NSGAIISampler(seed=seed, population_size=20), MARKS),
    ("tpe", lambda seed: optuna.samplers.TPESampler(seed=seed), MARKS[:2]),
]

for front, objective, reference in FRONTS:
    for name, sampler, marks in SAMPLERS:
        runs = []
        for seed in range(SEEDS):
            study = optuna.create_study(directions=["minimize"] * len(reference), sampler=sampler(seed))
            study.optimize(objective, n_trials=marks[-1])
            values = np.array([trial.values for trial in study.trials])
            below = lambda mark: values[:mark][np.all(values[:mark] < reference, axis=1)]
            runs.append([compute_hypervolume(below(mark), np.array(reference)) if len(below(mark)) else 0.0 for mark in marks])
        print(f"{front:8} {name:12}", " ".join(f"{sorted(run[i] for run in runs)[SEEDS // 2]:8.4f}" for i in range(len(marks))), flush=True)
