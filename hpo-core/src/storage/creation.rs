//! What is written in one step: a study with all that it is made with, and trials with their past.

use crate::trial::{Attributes, Direction, Event, NewTrial, Param, Rejected, Timestamp, Trials};

/// A study about to exist, with all that it is made with: a storage makes the whole of it or nothing.
#[derive(Clone, Debug)]
pub struct NewStudy<'a> {
    /// Its name, unique in the storage.
    pub name: &'a str,
    /// One direction an objective.
    pub directions: &'a [Direction],
    /// Its first notes.
    pub attributes: Attributes,
    /// The parameters that its first trials use, numbered in this order.
    pub params: Vec<Param>,
    /// Its first trials.
    pub past: Vec<Step<'a>>,
}

impl<'a> NewStudy<'a> {
    /// A study without notes and trials.
    #[must_use]
    pub fn new(name: &'a str, directions: &'a [Direction]) -> Self {
        Self { name, directions, attributes: Attributes::default(), params: Vec::new(), past: Vec::new() }
    }
}

/// A change among several that are written together.
#[derive(Clone, Debug)]
pub enum Step<'a> {
    /// A new trial.
    Create {
        /// What it brings along.
        new: NewTrial,
        /// When it was made.
        at: Timestamp,
    },
    /// A change of one of these new trials.
    Change {
        /// Which one, counted from 0 in the order of the steps.
        trial: usize,
        /// The change.
        event: Event<'a>,
    },
}

impl Trials {
    /// Applies steps one after the other. Returns the number of the first trial that they make.
    ///
    /// # Errors
    /// The first rule that is broken: what stands before it has been applied.
    pub(super) fn append(&mut self, steps: &[Step<'_>]) -> Result<u64, Rejected> {
        let first = self.len();
        for step in steps {
            match step {
                Step::Create { new, at } => drop(self.create(new.clone(), *at)?),
                Step::Change { trial, event } => self.apply(first + *trial as u64, event)?,
            }
        }
        Ok(first)
    }
}
