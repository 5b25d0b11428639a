//! All tests of the workspace, one binary.

mod interop;
mod journal;
mod journal_crash;
mod journal_fold;
mod storage;
