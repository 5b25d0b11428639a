"""What other libraries reach on the functions of `tests/many.rs`: medians after 100, 250, 500 and 1,000 trials.

    python -m venv .venv && .venv/bin/pip install cmaes==0.13.0 numpy scipy
    .venv/bin/python hpo-core/src/sampler/cmaes/compare.py 10 5

Seeds, then parameters. `CMA` and `CatCMAwM` of `cmaes`, on the unit cube, first width 1/6, without restarts.
"""

import math
import sys
import warnings

import numpy as np
from cmaes import CMA, CatCMAwM

warnings.filterwarnings("ignore")
SEEDS, SIZE = int(sys.argv[1]), int(sys.argv[2])
MARKS = [100, 250, 500, 1000]


def sphere(x):
    return float(np.sum(x * x))


def ellipsoid(x):
    n = max(len(x) - 1, 1)
    return float(np.sum(1e6 ** (np.arange(len(x)) / n) * x * x))


def rosenbrock(x):
    x = x + 1
    return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


def rastrigin(x):
    return float(np.sum(10 + x * x - 10 * np.cos(2 * math.pi * x)))


def numbers(f, seed):
    opt = CMA(mean=np.full(SIZE, 0.5), sigma=1 / 6, bounds=np.array([[0, 1]] * SIZE), seed=seed, n_max_resampling=10 * SIZE)
    best, run = math.inf, []
    while len(run) < MARKS[-1]:
        told = []
        for _ in range(opt.population_size):
            u = opt.ask()
            value = f(u * 10 - 5 - 1.5)
            told.append((u, value))
            best = min(best, value)
            run.append(best)
        opt.tell(told)
    return run


def mixed(f, seed):
    kinds = [index % 4 for index in range(SIZE)]
    floats, ints, choices = ([i for i, k in enumerate(kinds) if k in want] for want in ([0, 1], [2], [3]))
    opt = CatCMAwM(
        x_space=[[-5, 5]] * len(floats),
        z_space=[list(range(-5, 6))] * len(ints) or None,
        c_space=[5] * len(choices) or None,
        seed=seed,
    )
    best, run = math.inf, []
    while len(run) < MARKS[-1]:
        told = []
        for _ in range(opt.population_size):
            sol = opt.ask()
            x = np.zeros(SIZE)
            x[floats] = sol.x - 1.5
            if ints:
                x[ints] = sol.z - 1
            if choices:
                x[choices] = 1 - sol.c[:, 1]
            value = f(x)
            told.append((sol, value))
            best = min(best, value)
            run.append(best)
        opt.tell(told)
    return run


for name, search, f in [
    ("sphere", numbers, sphere),
    ("ellipsoid", numbers, ellipsoid),
    ("rosenbrock", numbers, rosenbrock),
    ("rastrigin", numbers, rastrigin),
    ("mixed sphere", mixed, sphere),
    ("mixed ellipsoid", mixed, ellipsoid),
]:
    runs = [search(f, seed) for seed in range(SEEDS)]
    print(f"{name} {SIZE}", " ".join(f"{sorted(run[mark - 1] for run in runs)[SEEDS // 2]:9.2e}" for mark in MARKS))
