//! Contract suites for those who write their own samplers and storages (feature `testing`). They panic with what broke.

pub mod sampler;
pub mod storage;
