//! The errors of one derive, collected so that the user sees all of them at once.

use std::cell::RefCell;
use std::fmt::Display;
use std::thread;

use proc_macro2::Span;
use quote::ToTokens;
use syn::Error;

/// Collects errors. It panics if it is dropped without a call of [`check`](Ctxt::check), so that no
/// error can be lost.
pub(crate) struct Ctxt {
    errors: RefCell<Option<Vec<Error>>>,
}

impl Ctxt {
    pub(crate) fn new() -> Self {
        Self { errors: RefCell::new(Some(Vec::new())) }
    }

    /// Adds an error that underlines all of the tokens.
    pub(crate) fn error(&self, tokens: impl ToTokens, message: impl Display) {
        self.add(Error::new_spanned(tokens, message));
    }

    /// Adds an error at one span.
    pub(crate) fn error_at(&self, span: Span, message: impl Display) {
        self.add(Error::new(span, message));
    }

    /// Adds an error of the parser.
    pub(crate) fn add(&self, error: Error) {
        if let Some(errors) = self.errors.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    /// Ends the collection and returns all errors as one, if there are any.
    pub(crate) fn check(self) -> Result<(), Error> {
        let mut errors = self.errors.take().into_iter().flatten();
        let Some(mut all) = errors.next() else {
            return Ok(());
        };
        all.extend(errors);
        Err(all)
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        assert!(
            thread::panicking() || self.errors.borrow().is_none(),
            "a context of errors was dropped unchecked"
        );
    }
}
