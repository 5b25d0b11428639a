//! All tests of the workspace, one binary.

mod derive;
mod ui;
