"""Prints a storage's studies as Optuna sees them, one JSON object. Argument: the URL. With `--continue N`: runs N
trials more of the first study beforehand, on the parameters that its trials have."""

import json
import math
import sys
import warnings

import optuna
from place import open_storage

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = open_storage(sys.argv[1])
names = optuna.get_all_study_names(storage)

if len(sys.argv) > 3:
    study = optuna.load_study(
        study_name=names[0], storage=storage, sampler=optuna.samplers.TPESampler(n_startup_trials=1)
    )
    space = {}
    for trial in study.get_trials(states=(optuna.trial.TrialState.COMPLETE,)):
        space.update(trial.distributions)

    def objective(trial):
        for name, distribution in space.items():
            trial._suggest(name, distribution)
        trial.report(0.5, 1)
        trial.set_user_attr("by", "optuna")
        return 0.5

    study.optimize(objective, n_trials=int(sys.argv[3]))


def plain(value):
    """What JSON has no number for, by its name."""
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def micros(moment):
    return None if moment is None else round(moment.timestamp() * 1e6)


def trial_json(trial):
    return {
        "number": trial.number,
        "state": trial.state.name,
        "values": [plain(value) for value in trial.values or []],
        "params": {name: plain(value) for name, value in trial.params.items()},
        "constraints": {name: plain(value) for name, value in trial.constraints.items()},
        "reports": {str(step): plain(value) for step, value in trial.intermediate_values.items()},
        "user": trial.user_attrs,
        "system": {key: plain(value) for key, value in trial.system_attrs.items()},
        "started": micros(trial.datetime_start),
        "ended": micros(trial.datetime_complete),
    }


def best(study):
    """The numbers of the best trials; of one objective, of the best."""
    try:
        return [study.best_trial.number] if len(study.directions) == 1 else [it.number for it in study.best_trials]
    except ValueError:
        return []


def study_json(name):
    study = optuna.load_study(study_name=name, storage=storage)
    return {
        "name": name,
        "directions": [direction.name for direction in study.directions],
        "user": {key: value for key, value in study.user_attrs.items() if key != "note"},
        "system": storage.get_study_system_attrs(study._study_id),
        "best": best(study),
        "trials": [trial_json(trial) for trial in study.get_trials()],
    }


print(json.dumps([study_json(name) for name in names]))
