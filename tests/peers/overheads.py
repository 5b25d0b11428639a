"""What an ask and a tell of Optuna or Rustuna cost, with 10 parameters: `overheads.py LIBRARY SAMPLER TRIALS...`.

Prints a line for each number of trials: that number, and microseconds on a core. The trials before are random ones, added
as such. Ends with a word on what is missing, if something is."""

import os
import random
import sys
import time

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

WARM = 3
NAMES = [f"x{place}" for place in range(10)]


def loss(params):
    return sum((params[name] - 0.3 * place) ** 2 for place, name in enumerate(NAMES))


def library(name):
    """The module, and how it tells."""
    if name == "optuna":
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        return optuna, lambda study, trial, value: study.tell(trial, value)
    import rustuna

    return rustuna, lambda study, trial, value: study.tell(trial.number, value)


def sampler(module, name):
    names = {"random": "RandomSampler", "tpe": "TPESampler", "gp": "GPSampler"}
    found = getattr(module.samplers, names[name], None)
    if found is None:
        sys.exit(f"{module.__name__} has no sampler `{name}`")
    if name == "gp":
        try:
            import torch
        except ImportError:
            sys.exit("its Gaussian process needs torch")
        torch.set_num_threads(1)
    return found(seed=1)


def study_after(module, name, trials):
    draw = random.Random(0)
    study = module.create_study(sampler=sampler(module, name))
    space = {name: module.distributions.FloatDistribution(-5, 5) for name in NAMES}
    for _ in range(trials):
        params = {name: draw.uniform(-5, 5) for name in NAMES}
        study.add_trial(module.create_trial(params=params, distributions=space, value=loss(params)))
    return study


module, tell = library(sys.argv[1])


def ask_and_tell(study):
    trial = study.ask()
    tell(study, trial, loss({name: trial.suggest_float(name, -5, 5) for name in NAMES}))


for trials in map(int, sys.argv[3:]):
    asks = 20 if trials > 1000 or sys.argv[2] == "gp" else 50
    spent, count = 0.0, 0
    while spent < 0.02 and count < 1000:
        study = study_after(module, sys.argv[2], trials)
        for _ in range(WARM):
            ask_and_tell(study)
        begin = time.process_time()
        for _ in range(asks):
            ask_and_tell(study)
        spent += time.process_time() - begin
        count += asks
    print(trials, 1e6 * spent / count)
