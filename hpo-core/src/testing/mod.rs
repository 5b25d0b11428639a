//! Contract suites for authors of samplers, pruners and storages (feature `testing`). They panic
//! with a message about the violation.

pub mod pruner;
pub mod sampler;
pub mod storage;
