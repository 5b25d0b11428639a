"""Plays short studies through Optuna's pruners and records every verdict, for tests/pruner/golden.rs.

    pip install optuna==5.0.0 scipy==1.17.1
    python tests/golden/pruners.py > tests/golden/pruners.json

A scenario is a list of learning curves; each pruner plays all of them in a study of its own. Verdicts are written as one letter a
report: `.` goes on, `x` stops. Settings have Optuna's names, which `PrunerConfig` reads too.
"""

import json
import math
import random
import sys
import warnings

import optuna

COMMON = [
    {"median": {}},
    {"median": {"n_startup_trials": 0, "n_warmup_steps": 2, "interval_steps": 3}},
    {"median": {"n_startup_trials": 2, "n_min_trials": 4}},
    {"percentile": {"percentile": 25.0, "n_startup_trials": 1}},
    {"percentile": {"percentile": 90.0, "n_startup_trials": 3, "n_warmup_steps": 1, "interval_steps": 2}},
    {"percentile": {"percentile": 0.0, "n_startup_trials": 2}},
    {"percentile": {"percentile": 100.0, "n_startup_trials": 2}},
    {"threshold": {"lower": 0.15, "upper": 0.9}},
    {"threshold": {"upper": 0.8, "n_warmup_steps": 1, "interval_steps": 4}},
    {"patient": {"patience": 2}},
    {"patient": {"patience": 0, "min_delta": 0.05}},
    {"patient": {"patience": 1, "wrapped": {"percentile": {"percentile": 40.0, "n_startup_trials": 1}}}},
    {"patient": {"patience": 1, "wrapped": {"successive_halving": {"min_resource": 1, "reduction_factor": 2}}}},
    {"successive_halving": {}},
    {"successive_halving": {"min_resource": 1, "reduction_factor": 2}},
    {"successive_halving": {"min_resource": 2, "reduction_factor": 3, "bootstrap_count": 2}},
    {"successive_halving": {"min_resource": 1, "reduction_factor": 4, "min_early_stopping_rate": 1}},
    {"hyperband": {}},
    {"hyperband": {"max_resource": 20, "reduction_factor": 2}},
    {"hyperband": {"min_resource": 2, "max_resource": 27, "reduction_factor": 3, "bootstrap_count": 1}},
    {"wilcoxon": {}},
    {"wilcoxon": {"p_threshold": 0.3, "n_startup_steps": 4}},
    {"wilcoxon": {"p_threshold": 0.5, "n_startup_steps": 0}},
]

# Kind of curves: how many scenarios of it.
KINDS = {
    "smooth": 6,
    "ties": 6,
    "gaps": 6,
    "shuffled": 3,
    "nan": 5,
    "infinite": 3,
    "workers": 5,
    "stubborn": 4,
    "folds": 4,
    "many folds": 2,
}

CLASSES = {
    "median": optuna.pruners.MedianPruner,
    "percentile": optuna.pruners.PercentilePruner,
    "threshold": optuna.pruners.ThresholdPruner,
    "successive_halving": optuna.pruners.SuccessiveHalvingPruner,
    "hyperband": optuna.pruners.HyperbandPruner,
    "wilcoxon": optuna.pruners.WilcoxonPruner,
}


def build(config):
    (name, settings), = config.items()
    if name == "patient":
        wrapped = settings.get("wrapped")
        return optuna.pruners.PatientPruner(
            build(wrapped) if wrapped else None, settings["patience"], settings.get("min_delta", 0.0)
        )
    return CLASSES[name](**settings)


def is_left_out(kind, config):
    text = json.dumps(config)
    if kind == "infinite" and ("median" in text or "percentile" in text):
        return True  # numpy's percentile of infinities is NaN; ours is not
    if kind == "workers" and config in ({"successive_halving": {}}, {"hyperband": {}}):
        return True  # "auto" hangs on who asks when
    if kind == "many folds" and "wilcoxon" not in config:
        return True  # long curves, for the normal approximation
    return False


def steps_of(kind, rng):
    count = rng.randint(5, 18)
    if kind == "folds":
        return list(range(rng.randint(14, 20)))
    if kind == "many folds":
        return list(range(rng.randint(45, 60)))
    if kind == "gaps":
        steps, step = [], rng.choice([0, 0, 1, 3])
        for _ in range(count):
            steps.append(step)
            step += rng.choice([1, 1, 2, 3, 9])
        return steps
    steps = list(range(count))
    if kind == "shuffled":
        rng.shuffle(steps)
    return steps


def curve(kind, rng):
    if rng.random() < 0.07:
        return {"steps": [], "values": [], "end": round(rng.random(), 3) if rng.random() < 0.5 else "fail"}
    steps, level, noise = steps_of(kind, rng), rng.uniform(0.1, 0.7), rng.choice([0.0, 0.02, 0.1])
    digits = 1 if kind in ("ties", "folds") else 3
    speed = rng.uniform(0.3, 0.95)
    values = []
    for step in steps:
        trend = 0.0 if "folds" in kind else 0.4 * speed**step
        value = round(level + trend + rng.gauss(0.0, noise), digits)
        if kind == "nan" and rng.random() < 0.25:
            value = math.nan
        if kind == "infinite" and rng.random() < 0.1:
            value = rng.choice([math.inf, -math.inf, math.inf])
        values.append(value)
    if kind == "nan" and rng.random() < 0.15:
        values = [math.nan] * len(values)
    numbers = [value for value in values if math.isfinite(value)]
    end = round(sum(numbers) / len(numbers), digits) if numbers and rng.random() < 0.92 else "fail"
    return {"steps": steps, "values": values, "end": end}


def play(scenario, config):
    study = optuna.create_study(
        study_name=scenario["name"], direction=scenario["direction"], pruner=build(config)
    )
    waiting, running = list(scenario["curves"]), []
    verdicts = []
    while waiting or running:
        while waiting and len(running) < scenario["workers"]:
            running.append((study.ask(), waiting.pop(0)))
            verdicts.append("")
        for entry in list(running):
            trial, lane = entry
            place = len(verdicts[trial.number])
            ended = None
            if place < len(lane["steps"]):
                trial.report(lane["values"][place], lane["steps"][place])
                prunes = trial.should_prune()
                verdicts[trial.number] += "x" if prunes else "."
                if prunes and not scenario["stubborn"]:
                    study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                    running.remove(entry)
            elif lane["end"] == "fail":
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
                running.remove(entry)
            else:
                study.tell(trial, lane["end"])
                running.remove(entry)
    return verdicts


def written(value):
    return value if math.isfinite(value) else {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan")


def main():
    warnings.simplefilter("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    scenarios, seed = [], 0
    for kind, count in KINDS.items():
        for index in range(count):
            seed += 1
            rng = random.Random(seed)
            scenario = {
                "name": f"{kind} {index}",
                "direction": ["minimize", "maximize"][index % 2],
                "workers": 3 if kind == "workers" else 1,
                "stubborn": kind == "stubborn",
                "curves": [curve(kind, rng) for _ in range(14)],
            }
            scenario["plays"] = [
                {"pruner": config, "verdicts": play(scenario, config)}
                for config in COMMON
                if not is_left_out(kind, config)
            ]
            for lane in scenario["curves"]:
                lane["values"] = [written(value) for value in lane["values"]]
            scenarios.append(scenario)
            print(scenario["name"], file=sys.stderr)
    # One line a scenario: a change shows where it is.
    lines = ",\n".join(json.dumps(scenario, separators=(",", ":")) for scenario in scenarios)
    print(f'{{"optuna":"{optuna.__version__}","scenarios":[\n{lines}\n]}}')


main()
