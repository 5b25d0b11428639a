//! All tests of the workspace, one binary.

mod rng;
mod sampler;
mod space_axis;
mod space_changes;
mod space_errors;
mod space_json;
mod space_params;
mod space_tree;
