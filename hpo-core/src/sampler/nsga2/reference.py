"""Reference values for the tests of `numeric/hypervolume.rs` and `numeric/pareto.rs`.

    python -m venv .venv && .venv/bin/pip install optuna==5.0.0
    .venv/bin/python hpo-core/src/sampler/nsga2/reference.py
"""

import numpy as np
from optuna._hypervolume import compute_hypervolume

for count, coordinates in [(1, 2), (40, 2), (40, 3), (40, 4), (25, 6)]:
    rows, columns = np.arange(count)[:, None], np.arange(coordinates)[None, :]
    points = ((rows * 7919 + columns * 104_729 + rows * columns * 613) % 1009) / 1009
    inside = points[np.all(points < 0.9, axis=1)]
    print((count, coordinates, float(compute_hypervolume(inside, np.full(coordinates, 0.9)))))
