//! Temporary knobs for measurements.
use std::collections::HashMap;
use std::sync::OnceLock;
/// Returns the knob.
pub(crate) fn x(name: &str, default: f64) -> f64 {
    static ALL: OnceLock<HashMap<String, f64>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        std::env::vars().filter(|(k, _)| k.starts_with("X_")).filter_map(|(k, v)| Some((k, v.parse().ok()?))).collect()
    });
    all.get(name).copied().unwrap_or(default)
}
