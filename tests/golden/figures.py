"""What Optuna 5.0.0 draws of a few trials: writes figures.json beside this file.

The trials stand in the file too, so that the same ones are drawn by both libraries.
Run with a Python that has optuna==5.0.0 and plotly.
"""

import json
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

import optuna
from optuna import visualization
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

optuna.logging.set_verbosity(optuna.logging.ERROR)

DISTRIBUTIONS = {
    "rate": FloatDistribution(1e-5, 0.1, log=True),
    "layers": IntDistribution(1, 8),
    "kind": CategoricalDistribution(["adam", "sgd"]),
    "momentum": FloatDistribution(0.0, 0.99),
}
START = datetime(2024, 1, 1, tzinfo=timezone.utc)


def trials(seed, count):
    rng = random.Random(seed)
    for number in range(count):
        kind = rng.choice(["adam", "sgd"])
        params = {"rate": 10 ** rng.uniform(-5, -1), "layers": rng.randint(1, 8), "kind": kind}
        if kind == "sgd":
            params["momentum"] = rng.uniform(0.0, 0.99)
        value = round(params["layers"] + rng.uniform(0, 3), 1)
        state = {3: "pruned", 5: "failed"}.get(number % 8, "complete")
        steps = {"pruned": 3, "failed": 1}.get(state, 5)
        yield {
            "state": state,
            "params": params,
            "value": value if state == "complete" else None,
            "reports": {step: value + 1.0 / step for step in range(1, steps + 1)},
            "start": number * 1.5,
            "end": number * 1.5 + 1.0 + number % 3,
        }


def study(rows, directions):
    made = optuna.create_study(directions=directions)
    for row in rows:
        values = row.get("values") or ([row["value"]] if row["value"] is not None else None)
        trial = create_trial(
            state={"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}[row["state"]],
            values=values,
            params=row["params"],
            distributions={name: DISTRIBUTIONS[name] for name in row["params"]},
            intermediate_values=row["reports"],
        )
        # Optuna keeps local times without a zone.
        trial.datetime_start = datetime.fromtimestamp((START + timedelta(seconds=row["start"])).timestamp())
        trial.datetime_complete = datetime.fromtimestamp((START + timedelta(seconds=row["end"])).timestamp())
        made.add_trial(trial)
    return made


def plain(value):
    if value is None:
        return None
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and value != value:
        return None
    return value if isinstance(value, (str, int, float, bool)) else str(value)


def traces(figure, *fields):
    found = []
    for trace in figure.data:
        found.append({"name": trace.name, **{field: plain(getattr(trace, field, None)) for field in fields}})
    return found


def single(rows, direction):
    made = study(rows, [direction])
    rank = visualization.plot_rank(made, params=["rate", "layers"])
    parallel = visualization.plot_parallel_coordinate(made, params=["layers", "kind"])
    timeline = visualization.plot_timeline(made)
    return {
        "direction": direction,
        "trials": rows,
        "history": traces(visualization.plot_optimization_history(made), "x", "y"),
        "intermediate": traces(visualization.plot_intermediate_values(made), "x", "y"),
        "slice": traces(visualization.plot_slice(made, params=["rate", "layers", "kind", "momentum"]), "x", "y"),
        "contour": traces(visualization.plot_contour(made, params=["rate", "layers"]), "x", "y"),
        "rank": [{"x": plain(trace.x), "y": plain(trace.y), "color": plain(trace.marker.color)} for trace in rank.data],
        "parallel": [plain(trace.customdata) for trace in parallel.data if trace.mode == "lines"],
        "edf": [{"x": plain(trace.x), "y": plain(trace.y)} for trace in visualization.plot_edf(made).data],
        "timeline": [
            {"name": bar.name, "y": plain(bar.y), "milliseconds": plain(bar.x), "base": [str(at) for at in bar.base]}
            for bar in timeline.data
        ],
    }


def band(groups):
    studies = [study(rows, ["minimize"]) for rows in groups]
    figure = visualization.plot_optimization_history(studies, error_bar=True)
    return {"studies": groups, "traces": [
        {"name": trace.name, "x": plain(trace.x), "y": plain(trace.y)} for trace in figure.data
    ]}


def several(rows):
    made = study(rows, ["minimize", "maximize"])
    front = visualization.plot_pareto_front(made)
    volume = visualization.plot_hypervolume_history(made, reference_point=[12.0, -5.0])
    return {"trials": rows, "front": traces(front, "x", "y"), "hypervolume": traces(volume, "x", "y")}


def main():
    rows = list(trials(1, 40))
    objectives = [dict(row) for row in trials(2, 30) if row["state"] == "complete"]
    for row in objectives:
        row["values"] = [row["value"], round(5 - (row["value"] - 4) ** 2 / 10 + row["params"]["layers"] / 3, 2)]
    document = {
        "minimize": single(rows, "minimize"),
        "maximize": single(rows, "maximize"),
        "band": band([[row for row in trials(seed, 12)] for seed in (11, 12, 13)]),
        "several": several(objectives),
    }
    path = Path(__file__).with_name("figures.json")
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
