"""Measures the importance of parameters with Optuna, for tests/report_importance.rs.

    pip install optuna==5.0.0 scikit-learn==1.9.1
    python tests/golden/importance.py > tests/golden/importance.json

A study is the paths and domains of its parameters, in this library's JSON, and its trials: the values of the parameters in that order (a
choice by its index; null where one was not active), then that of the objective. fANOVA is the mean over several seeds of the forest.
"""

import json
import math
import random
import sys
import warnings

import numpy
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance._fanova._fanova import _Fanova
from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator, get_param_importances

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)

FORESTS = 12


def domain(distribution):
    """A distribution as this library writes it."""
    if isinstance(distribution, CategoricalDistribution):
        return {"categorical": {"choices": list(distribution.choices)}}
    kind = "int" if isinstance(distribution, IntDistribution) else "float"
    fields = {"low": distribution.low, "high": distribution.high}
    if distribution.log:
        fields["log"] = True
    elif distribution.step not in (None, 1):
        fields["step"] = distribution.step
    return {kind: fields}


def internal(distribution, value):
    return distribution.choices.index(value) if isinstance(distribution, CategoricalDistribution) else value


def draw(rng, distribution):
    if isinstance(distribution, CategoricalDistribution):
        return rng.choice(distribution.choices)
    low, high = distribution.low, distribution.high
    if isinstance(distribution, IntDistribution):
        if distribution.log:
            return min(high, max(low, round(math.exp(rng.uniform(math.log(low), math.log(high))))))
        return low + distribution.step * rng.randrange((high - low) // distribution.step + 1)
    if distribution.log:
        return math.exp(rng.uniform(math.log(low), math.log(high)))
    if distribution.step is not None:
        return low + distribution.step * rng.randrange(round((high - low) / distribution.step) + 1)
    return rng.uniform(low, high)


def study(name, space, objective, count, active=None, direction="minimize", seed=1, fanova=True, ped=({},), encoded=False):
    rng = random.Random(f"{name} {seed}")
    made = optuna.create_study(direction=direction)
    rows = []
    for _ in range(count):
        point = {path: draw(rng, distribution) for path, distribution in space.items()}
        if active is not None:
            point = {path: value for path, value in point.items() if active(path, point)}
        value = objective(point, rng)
        distributions = {path: space[path] for path in point}
        made.add_trial(optuna.trial.create_trial(params=point, distributions=distributions, value=value))
        params = [internal(space[path], point[path]) if path in point else None for path in space]
        rows.append([params, value if math.isfinite(value) else str(value)])
    result = {
        "name": name,
        "direction": direction,
        "space": [[path, domain(distribution)] for path, distribution in space.items()],
        "trials": rows,
        "ped_anova": [
            {"settings": settings, "shares": get_param_importances(made, evaluator=PedAnovaImportanceEvaluator(**settings))}
            for settings in ped
        ],
    }
    if fanova:
        result["fanova"] = forests(made)
    if encoded:
        result["encodings"] = encodings(made)
    return result


def forests(made):
    """Mean and largest distance from it, over seeds."""
    found = [
        get_param_importances(made, evaluator=FanovaImportanceEvaluator(seed=seed), normalize=True)
        for seed in range(FORESTS)
    ]
    mean = {path: sum(one[path] for one in found) / FORESTS for path in found[0]}
    spread = {path: max(abs(one[path] - mean[path]) for one in found) for path in mean}
    return {"mean": mean, "spread": spread}


def encodings(made):
    """The same trees twice: as Optuna grows them, a column of zeros and ones a choice; and with one column for all choices."""
    paths = list(made.trials[0].distributions)
    rows = [[t.distributions[path].to_internal_repr(t.params[path]) for path in paths] for t in made.trials]
    spaces = []
    for path in paths:
        own = made.trials[0].distributions[path]
        is_choice = isinstance(own, CategoricalDistribution)
        spaces.append([-0.5, len(own.choices) - 0.5] if is_choice else [own.low, own.high])
    sums = [0.0] * len(paths)
    for seed in range(FORESTS):
        forest = _Fanova(n_trees=64, max_depth=64, min_samples_split=2, min_samples_leaf=1, seed=seed)
        columns = [numpy.atleast_1d(index) for index in range(len(paths))]
        forest.fit(numpy.array(rows), numpy.array([t.value for t in made.trials]), numpy.array(spaces), columns)
        sums = [own + forest.get_importance(index)[0] for index, own in enumerate(sums)]
    one_column = {path: own / sum(sums) for path, own in zip(paths, sums)}
    return {"optuna": forests(made)["mean"], "one_column": one_column}


SETTINGS = (
    {},
    {"target_quantile": 0.25},
    {"target_quantile": 0.1, "region_quantile": 0.5},
    {"evaluate_on_local": False},
)

FLOAT = FloatDistribution
NUMBERS = {"a": FLOAT(-5, 5), "b": FLOAT(0, 1), "c": FLOAT(-1, 3)}
MIXED = {
    "rate": FLOAT(1e-5, 1e-1, log=True),
    "depth": IntDistribution(1, 12),
    "units": IntDistribution(8, 512, log=True),
    "drop": FLOAT(0, 0.5, step=0.05),
    "rows": IntDistribution(0, 300, step=3),
    "wide": IntDistribution(0, 1000),
    "kind": CategoricalDistribution(["adam", "sgd", "lion"]),
    "flag": CategoricalDistribution([False, True]),
    "only": CategoricalDistribution(["one"]),
}
PLAIN = {"x": FLOAT(0, 1), "y": FLOAT(0, 1), "n": IntDistribution(0, 200), "k": CategoricalDistribution(["a", "b"])}
CROSSED = {"x": FLOAT(0, 1), "y": FLOAT(0, 1), "k": CategoricalDistribution(["a", "b"])}
TREE = {
    "kind": CategoricalDistribution(["svc", "forest"]),
    "kind.svc.c": FLOAT(1e-3, 1e3, log=True),
    "kind.svc.gamma": FLOAT(0, 1),
    "kind.forest.trees": IntDistribution(10, 200),
    "rare": IntDistribution(0, 9),
}


def mixed(point, rng):
    kind = {"adam": 0.0, "sgd": 0.6, "lion": 0.2}[point["kind"]]
    rate = (math.log10(point["rate"]) + 3) ** 2
    return rate + kind + 0.05 * abs(point["depth"] - 6) + 0.3 * point["drop"] + rng.gauss(0, 0.05)


def tree(point, rng):
    if point["kind"] == "svc":
        return 0.1 * (math.log10(point["kind.svc.c"]) - 1) ** 2 + 0.05 * point["kind.svc.gamma"]
    return 0.5 + 0.002 * point["kind.forest.trees"]


def is_active(path, point):
    if path == "rare":
        return point["kind.svc.gamma"] > 0.8
    return "." not in path or path.split(".")[1] == point["kind"]


STUDIES = [
    study("numbers", NUMBERS, lambda p, rng: p["a"] ** 2 + p["b"] + 0.01 * p["c"], 120, ped=SETTINGS),
    study("maximized", NUMBERS, lambda p, rng: -((p["b"] - 0.3) ** 2) + 0.02 * p["a"], 60, direction="maximize"),
    study("few", NUMBERS, lambda p, rng: p["b"], 7, fanova=False),
    study("mixed", MIXED, mixed, 200, ped=SETTINGS, fanova=False),
    study("infinite", NUMBERS, lambda p, rng: p["b"] if p["a"] < 3 else math.inf, 80, fanova=False),
    study("ties", MIXED, lambda p, rng: round(3 * math.log10(p["rate"])) // 3, 90, fanova=False),
    study("product", PLAIN, lambda p, rng: p["x"] * p["y"] + 0.001 * p["n"] + (0.3 if p["k"] == "a" else 0), 150),
    study("choices", PLAIN, lambda p, rng: (2 * p["x"] if p["k"] == "a" else 0.4 + p["x"]) + 0.3 * p["y"], 150),
    # By itself `k` explains nothing: its two lines cross in the middle.
    study("crossed", CROSSED, lambda p, rng: (p["x"] if p["k"] == "a" else 1 - p["x"]) + 0.3 * p["y"], 120, fanova=False, encoded=True),
    study("tree", TREE, tree, 150, active=is_active, fanova=False, ped=SETTINGS),
]

# Compact, a study a line: it is data.
sys.stdout.write("[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in STUDIES) + "\n]\n")
