"""One process at work on a storage: `storages.py LIBRARY URL TRIALS`, the study by its name in `HPO_BENCH_STUDY`.

Prints when it began and ended, by the clock of the machine, and how many trials it has done: those of all processes are TRIALS in
all. With 0, it makes the study."""

import os
import random
import sys
import time

library, url, target = sys.argv[1], sys.argv[2], int(sys.argv[3])
name = os.environ["HPO_BENCH_STUDY"]
NAMES = [f"x{place}" for place in range(10)]

if library.startswith("Optuna"):
    import optuna
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if url.startswith("journal:"):
        storage = JournalStorage(JournalFileBackend(url.removeprefix("journal:")))
    else:
        storage = RDBStorage(url.replace("postgresql://", "postgresql+psycopg2://"))
    module = optuna
else:
    import rustuna

    module = rustuna
    kind, path = url.split(":", 1)
    kinds = {"journal": rustuna.storages.JournalFileStorage, "sqlite": rustuna.storages.SQLite3Storage}
    storage = kinds[kind](path.removeprefix("//").removeprefix("/") if kind == "sqlite" else path)

study = module.create_study(
    study_name=name, storage=storage, load_if_exists=True, sampler=module.samplers.RandomSampler(seed=os.getpid())
)


def objective(trial):
    return sum(trial.suggest_float(name, -5, 5) ** 2 for name in NAMES)


begin, done = time.time(), 0
if target:
    share = target // int(os.environ.get("HPO_BENCH_PROCESSES", "1"))
    study.optimize(objective, n_trials=share)
    done = share
print(begin, time.time(), done)
