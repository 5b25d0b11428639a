//! x
pub mod data;
pub mod encode;
pub mod split;
pub mod scale;
pub mod metric;
pub mod estimator;
/// x
pub mod one_se {}
