"""Reference values for the tests of `numeric/cholesky.rs`, `numeric/lbfgs.rs` and `sampler/gp`.

    python -m venv .venv && .venv/bin/pip install scikit-learn==1.9.1 scipy==1.17.1 numpy==2.4.6 mpmath
    .venv/bin/python hpo-core/src/sampler/gp/reference.py
"""

import mpmath
import numpy as np
from scipy import linalg, optimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel


def show(name, values):
    print(name, [float(value) for value in np.ravel(values)])


# A matrix of 11 rows, which is two blocks of four and a rest.
n = 11
a = np.array([[np.exp(-abs(i - j) / 3) for j in range(n)] for i in range(n)]) + 0.1 * np.eye(n)
b = np.arange(1.0, n + 1)
factor = linalg.cholesky(a, lower=True)
show("log determinant", np.linalg.slogdet(a)[1])
show("A x = b", linalg.solve(a, b))
show("L x = b", linalg.solve_triangular(factor, b, lower=True))
inverse = linalg.inv(a)
show("inverse (0,0), (6,2), (10,9), (10,10)", [inverse[0, 0], inverse[6, 2], inverse[10, 9], inverse[10, 10]])

# Rosenbrock's function of four within bounds that matter.
bounds = [(-5, 0.8), (-5, 5), (0.7, 5), (-5, 5)]
options = {"ftol": 1e-16, "gtol": 1e-12}
found = optimize.minimize(optimize.rosen, [0.5] * 4, jac=optimize.rosen_der, method="L-BFGS-B", bounds=bounds, options=options)
show(f"Rosenbrock {bounds}", found.x)

# The logarithm of the expected improvement, and its derivative.
mpmath.mp.dps = 60
for z in ["-1000", "-30", "-7.5", "-6.5", "-2", "-0.5", "0", "1.5", "8"]:
    z = mpmath.mpf(z)
    h = mpmath.npdf(z) + z * mpmath.ncdf(z)
    show(f"log h({z})", [mpmath.log(h), mpmath.ncdf(z) / h])

# A process of three parameters.
x = np.array([[((7 * i + 3 * j * j + i * j) % 11) / 10 for j in range(3)] for i in range(9)])
y = np.sin(3 * x[:, 0]) + x[:, 1] ** 2 - 0.5 * x[:, 2]
lengths, signal, noise = [0.3, 0.7, 1.9], 1.7, 0.02
kernel = ConstantKernel(signal) * Matern(lengths, nu=2.5) + WhiteKernel(noise)
process = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(x, y)
queries = np.array([[0.15, 0.25, 0.35], [0.9, 0.1, 0.5], [0.4, 0.4, 0.4]])
mean, deviation = process.predict(queries, return_std=True)
show("means", mean)
# Of the function, without the noise that scikit-learn adds.
show("variances", deviation**2 - noise)
value, gradient = process.log_marginal_likelihood(process.kernel_.theta, eval_gradient=True)
# The gradient by the logarithms of signal, length scales and noise, in this order.
show("log marginal likelihood", value)
show("its gradient", gradient)
