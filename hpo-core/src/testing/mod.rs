//! Contract suites for those who write their own samplers, pruners and storages (feature `testing`). They panic with what broke.

pub mod pruner;
pub mod sampler;
pub mod storage;
