"""Reference values for the tests of `sampler/cmaes`.

    python -m venv .venv && .venv/bin/pip install cmaes==0.13.1 numpy scipy
    .venv/bin/python hpo-core/src/sampler/cmaes/reference.py
"""

import numpy as np
from cmaes import CMA, CatCMAwM

# rates.rs: learning rates, the first and the last weight.
for size, population in [(1, 4), (5, 8), (40, 15), (7, 60)]:
    cma = CMA(mean=np.zeros(size), sigma=1.0, population_size=population)
    rates = [cma._mu_eff, cma._c1, cma._cmu, cma._c_sigma, cma._d_sigma, cma._cc, cma._weights[0], cma._weights[-1]]
    print("rates", (size, population), [float(rate) for rate in rates])

# normal.rs: three numbers, one generation of seven given points. (Later ones differ: there is Cholesky's factor in place of the
# symmetric root.)
cma = CMA(mean=np.full(3, 0.5), sigma=0.5, population_size=7)
points = (np.arange(21).reshape(7, 3) * 37 % 101) / 100
cma.tell([(point, float(rank)) for rank, point in enumerate(points)])
print("mean", cma._mean.tolist())
print("sigma", cma._sigma)
print("covariance", (cma._sigma**2 * cma._C).tolist())

# choices.rs: two parameters of three and two choices, one generation of six.
cat = CatCMAwM(c_space=[3, 2], population_size=6)
chosen = [(1, 0), (1, 1), (2, 0), (0, 1), (0, 0), (2, 1)]
for _ in range(2):
    told = []
    for rank, (a, b) in enumerate(chosen):
        one_hot = np.zeros((2, 3))
        one_hot[0, a] = one_hot[1, b] = 1
        told.append((CatCMAwM.Solution(c=one_hot), float(rank)))
    cat.tell(told)
    print("shares", cat._q.tolist(), "delta", cat._Delta)
