"""Prints the recorded figures of tests.rs: densities of Optuna's Parzen estimator.

Made with optuna 5.0.0 and numpy; run it with any Python that has them.
"""

import functools
import math

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import default_weights

# Which of two trials at one place gets the gap below and which the one above is chance in Optuna: NumPy's fast sort is not
# stable. Here the earlier one stands first.
np.argsort = functools.partial(np.argsort, kind="stable")

# Ranges of width 1 on their scale, so that densities are those on the unit line.
SPACE = {
    "a": FloatDistribution(0, 1),
    "b": FloatDistribution(1, math.e, log=True),
    "c": FloatDistribution(0, 1, step=0.25),
    "d": IntDistribution(1, 5),
    "e": IntDistribution(1, 12, log=True),
    "f": CategoricalDistribution(["x", "y", "z"]),
}


def point(i):
    """The i-th config, inner representation."""
    return {
        "a": (7 * i * i + 3 * i) % 101 / 101,
        "b": math.exp((5 * i * i + 11 * i) % 97 / 97),
        "c": (i * i) % 5 / 4,
        "d": 1 + (3 * i * i + i) % 5,
        "e": 1 + (7 * i + i * i) % 12,
        "f": (i * i + i // 2) % 3,
    }


def near(i):
    """A config beside the i-th one: moved on the continua; one level down in `d`."""
    moved = point(i)
    moved["a"] = 0.98 * moved["a"] + 0.01
    moved["b"] = math.exp(0.98 * math.log(moved["b"]) + 0.01)
    moved["d"] = max(moved["d"] - 1, 1)
    return moved


def densities(count):
    rows = [point(i) for i in range(count)]
    seen = {name: np.array([float(row[name]) for row in rows]) for name in SPACE}
    parameters = _ParzenEstimatorParameters(1.0, True, False, default_weights, True)
    estimator = _ParzenEstimator(seen, SPACE, parameters)
    asked = [near(3 * i) for i in range(6)]
    return estimator.log_pdf({name: np.array([float(row[name]) for row in asked]) for name in SPACE})


for count in (0, 1, 2, 7, 60, 150):
    print(count, ", ".join(f"{density:.9}" for density in densities(count)))
