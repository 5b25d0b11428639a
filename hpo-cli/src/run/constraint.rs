//! Constraints on metrics: `--constraint 'memory<=4e9'`.

use std::collections::BTreeMap;

/// A bound on a metric that a program reports with its values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constraint {
    /// The text of the constraint, which is its name in the study.
    pub(crate) text: String,
    pub(crate) metric: String,
    bound: f64,
    is_upper: bool,
}

impl Constraint {
    /// Parses `NAME<=BOUND`, `NAME>=BOUND`, or `NAME` alone, which must be at most 0.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
        let split = text.split_once("<=").map(|(metric, bound)| (metric, bound, true));
        let split =
            split.or_else(|| text.split_once(">=").map(|(metric, bound)| (metric, bound, false)));
        let (metric, bound, is_upper) = split.unwrap_or((&text, "0", true));
        let error = || {
            format!(
                "`{text}` is not a constraint: write 'memory<=4e9', 'accuracy>=0.9', or a name \
                 whose value is kept at most 0"
            )
        };
        let bound = bound.parse().ok().filter(|bound: &f64| bound.is_finite()).ok_or_else(error)?;
        let is_name = !metric.is_empty() && !metric.contains(['<', '>', '=']);
        let metric = metric.to_owned();
        if is_name { Ok(Self { text, metric, bound, is_upper }) } else { Err(error()) }
    }

    /// Returns the amount by which the metrics break the constraint; at most 0 if they keep it.
    pub(crate) fn violation(&self, metrics: &BTreeMap<String, f64>) -> f64 {
        let value = metrics.get(&self.metric).copied().unwrap_or(f64::INFINITY);
        if self.is_upper { value - self.bound } else { self.bound - value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_is_a_bound_on_a_metric() {
        let violation = |text: &str, value: f64| {
            let constraint = Constraint::parse(text).unwrap();
            constraint.violation(&BTreeMap::from([(constraint.metric.clone(), value)]))
        };
        assert_eq!(violation("memory <= 4", 5.0), 1.0);
        assert_eq!(violation("accuracy>=0.5", 0.75), -0.25);
        assert_eq!(violation("excess", -1.0), -1.0);
        for wrong in ["", "<=3", "a<=", "a<=x", "a=3", "a<3"] {
            assert!(Constraint::parse(wrong).is_err(), "{wrong}");
        }
    }
}
