//! Atomic writes: a study with its contents, and trials with their past.

use crate::trial::{Attributes, Direction, Event, NewTrial, Param, StateError, Timestamp, Trials};

/// A study to be created with all its contents. A storage creates the whole of it or nothing.
#[derive(Clone, Debug)]
pub struct NewStudy<'a> {
    /// The name, unique in the storage.
    pub name: &'a str,
    /// The directions, one per objective.
    pub directions: &'a [Direction],
    /// The initial attributes of the study.
    pub attributes: Attributes,
    /// The parameters that the first trials use, numbered in this order.
    pub params: Vec<Param>,
    /// The steps that create and change the first trials.
    pub past: Vec<Step<'a>>,
}

impl<'a> NewStudy<'a> {
    /// Describes a study without attributes and trials.
    #[must_use]
    pub fn new(name: &'a str, directions: &'a [Direction]) -> Self {
        Self {
            name,
            directions,
            attributes: Attributes::default(),
            params: Vec::new(),
            past: Vec::new(),
        }
    }
}

/// One of several changes that are written together.
#[derive(Clone, Debug)]
pub enum Step<'a> {
    /// Creates a new trial.
    Create {
        /// The state, parameters and result that the trial starts with.
        new: NewTrial,
        /// The time of its creation.
        at: Timestamp,
    },
    /// Changes one of these new trials.
    Change {
        /// The index of the trial, counted from 0 in the order of the steps.
        trial: usize,
        /// The event that changes it.
        event: Event<'a>,
    },
}

impl Trials {
    /// Applies the steps one after the other, and returns the number of the first trial that they
    /// create.
    ///
    /// # Errors
    /// The first rule that is broken. The steps before it have been applied.
    pub(super) fn append(&mut self, steps: &[Step<'_>]) -> Result<u64, StateError> {
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
