//! All tests of the workspace, one binary.

mod storage;
