//! Reports: what a search has learned, as plain data first and as pictures second.
//!
//! A [`Subject`] is a study to look at: its trials, directions and, where it is recorded, its space.

pub mod advice;
pub mod importance;
mod subject;

pub use subject::Subject;
