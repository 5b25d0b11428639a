//! All tests of the workspace, one binary.

mod architecture;
mod derive;
mod interrupt;
mod storage;
mod study;
mod tuner;
mod ui;
