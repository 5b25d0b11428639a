"""Adds trials to the first study of a storage that are the best by their values, and break constraints: by a number, beyond all
numbers, and in the way of Optuna 4. Argument: the URL."""

import sys
import warnings

import optuna
from place import open_storage

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = open_storage(sys.argv[1])
study = optuna.load_study(study_name=optuna.get_all_study_names(storage)[0], storage=storage)
for by in [0.5, float("inf")]:
    trial = study.ask()
    trial.suggest_float("x", 0, 1)
    trial.set_constraint("memory", by)
    trial.set_constraint("other", -3)
    study.tell(trial, -1.0)
trial = study.ask()
storage.set_trial_system_attr(trial._trial_id, "constraints", [1.5, -1.0, 0.5])
study.tell(trial, -2.0)
