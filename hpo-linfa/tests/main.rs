//! The tests of hpo-linfa, in one binary: the linfa stack is heavy to link.

mod analysis;
mod data;
mod encode;
mod fit;
mod estimators;
mod metric;
mod model;
mod one_se;
mod race;
mod scale;
mod spaces;
mod split;
mod table;
mod trees;
mod tune;
mod resume;
