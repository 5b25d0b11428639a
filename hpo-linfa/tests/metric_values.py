"""The values recorded in metric.rs, by scikit-learn (any version since 1.0): python3 metric_values.py"""

from sklearn import metrics as m

truth = [3, 3, 3, 3, 5, 5, 5, 8, 8, 3]
told = [3, 3, 5, 3, 5, 5, 8, 8, 3, 3]
print(
    m.accuracy_score(truth, told),
    m.balanced_accuracy_score(truth, told),
    m.f1_score(truth, told, average="macro"),
    m.matthews_corrcoef(truth, told),
)
print(m.log_loss([0, 2, 2, 2], [[0.9, 0.1], [0.4, 0.6], [0.8, 0.2], [0.0, 1.0]]))
truth, told = [3.0, -0.5, 2.0, 7.0, 4.2], [2.5, 0.0, 2.0, 8.0, 4.0]
print(
    m.r2_score(truth, told),
    m.mean_squared_error(truth, told) ** 0.5,
    m.mean_absolute_error(truth, told),
    m.median_absolute_error(truth, told),
    m.max_error(truth, told),
    m.explained_variance_score(truth, told),
)
