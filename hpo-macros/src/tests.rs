//! Pinned.
