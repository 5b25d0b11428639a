//! Contract suites: what every storage must do, for those who write their own.

pub mod storage;
