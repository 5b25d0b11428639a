"""The values recorded in metric.rs, by scikit-learn (any version since 1.0): python3 metric_values.py"""

from sklearn import metrics as m

truth = [3, 3, 3, 3, 5, 5, 5, 8, 8, 3]
predicted = [3, 3, 5, 3, 5, 5, 8, 8, 3, 3]
print(
    m.accuracy_score(truth, predicted),
    m.balanced_accuracy_score(truth, predicted),
    m.f1_score(truth, predicted, average="macro"),
    m.matthews_corrcoef(truth, predicted),
)
print(m.log_loss([0, 2, 2, 2], [[0.9, 0.1], [0.4, 0.6], [0.8, 0.2], [0.0, 1.0]]))
truth, predicted = [3.0, -0.5, 2.0, 7.0, 4.2], [2.5, 0.0, 2.0, 8.0, 4.0]
print(
    m.r2_score(truth, predicted),
    m.mean_squared_error(truth, predicted) ** 0.5,
    m.mean_absolute_error(truth, predicted),
    m.median_absolute_error(truth, predicted),
    m.max_error(truth, predicted),
    m.explained_variance_score(truth, predicted),
)
