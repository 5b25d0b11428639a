//! All tests of the workspace, one binary.

mod architecture;
mod derive;
mod interrupt;
mod study;
mod tuner;
mod ui;
