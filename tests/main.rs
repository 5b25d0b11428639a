//! All tests of the workspace, one binary.

mod journal;
mod journal_crash;
mod storage;
