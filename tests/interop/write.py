"""Writes a storage with everything that Optuna puts into one. Argument: the URL."""

import sys
import warnings

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from place import open_storage
from optuna.trial import TrialState, create_trial

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = open_storage(sys.argv[1])
gone = optuna.create_study(storage=storage, study_name="gone")
gone.ask()
study = optuna.create_study(
    storage=storage,
    study_name="all ü",
    direction="maximize",
    sampler=optuna.samplers.RandomSampler(seed=1),
)
optuna.delete_study(study_name="gone", storage=storage)
study.set_user_attr("note", {"nan": float("nan"), "list": [1, 2.5, None]})
study.set_metric_names(["score"])
study.enqueue_trial({"x": 0.25, "c": None}, user_attrs={"first": True})


def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    trial.suggest_float("log", 1e-5, 1, log=True)
    trial.suggest_float("grid", -1, 1, step=0.25)
    trial.suggest_int("i", -5, 10)
    trial.suggest_int("even", 2, 20, step=2)
    trial.suggest_int("power", 1, 1024, log=True)
    trial.suggest_categorical("c", ["a", "ü", None, True, 1.5, 7])
    trial.report(float("nan"), 0)
    trial.report(float("inf"), 1)
    trial.report(x, 2)
    trial.set_constraint("memory", x - 0.5)
    trial.set_constraint("ü", -1)
    trial.set_user_attr("key \"quoted\"", [trial.number, "\n"])
    if trial.number == 1:
        raise optuna.TrialPruned()
    if trial.number == 2:
        return float("-inf")
    if trial.number == 3:
        raise ValueError
    return x


study.optimize(objective, n_trials=5, catch=(ValueError,))
study.add_trial(
    create_trial(
        params={"x": 0.125, "i": 3, "c": "ü"},
        distributions={
            "x": FloatDistribution(0, 1),
            "i": IntDistribution(-5, 10),
            "c": CategoricalDistribution(["a", "ü", None, True, 1.5, 7]),
        },
        value=2.0,
        intermediate_values={10: 1.0, 2: 0.5},
        user_attrs={"imported": 1},
        system_attrs={"constraints": [-1.0, 0.5]},
    )
)
study.add_trial(create_trial(state=TrialState.FAIL))
study.ask({"x": FloatDistribution(0, 1)})
study.enqueue_trial({"x": 0.75, "even": 4})
