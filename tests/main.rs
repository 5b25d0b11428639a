//! All tests of the workspace, one binary.

mod architecture;
mod derive;
mod rng;
mod space_axis;
mod space_changes;
mod space_errors;
mod space_json;
mod space_params;
mod space_tree;
mod sampler;
mod pruner;
mod sampler_gp;
mod sampler_tpe;
mod sampler_cmaes;
mod sampler_nsga2;
mod storage;
mod journal;
mod journal_fold;
mod journal_crash;
mod interop;
mod study;
mod callback;
mod interrupt;
mod schedule;
mod tuner;
mod ui;
