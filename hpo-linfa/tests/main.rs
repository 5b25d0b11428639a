//! The tests of hpo-linfa, in one binary: the linfa stack is heavy to link.

mod data;
mod encode;
mod estimators;
mod metric;
mod model;
mod one_se;
mod race;
mod scale;
mod split;
mod table;
mod tune;
mod taken_up;
