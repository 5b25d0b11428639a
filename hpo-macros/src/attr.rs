//! The parsed attributes of a container, a variant and a field.
//!
//! None of the functions returns a `Result`: errors go to the [`Ctxt`], and parsing continues.

use proc_macro2::Span;
use syn::{Attribute, Expr, LitStr, Path};

use crate::case::Case;
use crate::ctxt::Ctxt;
use crate::item::{Item, items};
use crate::symbol::{self, Level};
use crate::value::{self, Prior, Range};

/// An argument that may be given once.
pub(crate) struct Once<T> {
    /// The span of the argument, also if its value was broken.
    pub(crate) span: Option<Span>,
    value: Option<T>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self { span: None, value: None }
    }
}

impl<T> Once<T> {
    fn set(&mut self, ctxt: &Ctxt, item: &Item, parse: impl FnOnce(&Ctxt, &Item) -> Option<T>) {
        let value = parse(ctxt, item);
        if self.span.is_some() {
            ctxt.error(&item.word, format!("`{}` is given twice", item.word));
            return;
        }
        self.span = Some(item.span());
        self.value = value;
    }

    /// Returns the value, if it was written and could be read.
    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Returns true if it was written, even with a broken value.
    pub(crate) fn is_written(&self) -> bool {
        self.span.is_some()
    }
}

/// The attributes of a type.
#[derive(Default)]
pub(crate) struct ContainerAttrs {
    pub(crate) rename_all: Once<Case>,
    pub(crate) tag: Once<LitStr>,
    pub(crate) constraint: Once<Path>,
    pub(crate) krate: Once<Path>,
}

/// The attributes of a variant.
#[derive(Default)]
pub(crate) struct VariantAttrs {
    pub(crate) default: Once<()>,
    pub(crate) rename: Once<LitStr>,
    pub(crate) rename_all: Once<Case>,
}

/// The attributes of a field.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) range: Once<Range>,
    pub(crate) log: Once<()>,
    pub(crate) step: Once<Expr>,
    pub(crate) choices: Once<Vec<Expr>>,
    pub(crate) ordered: Once<()>,
    pub(crate) default: Once<Expr>,
    pub(crate) prior: Once<Prior>,
    pub(crate) len: Once<Range>,
    pub(crate) fixed: Once<Expr>,
    pub(crate) skip: Once<()>,
    pub(crate) rename: Once<LitStr>,
    pub(crate) flatten: Once<()>,
    /// True if an argument was not understood; it may have been any of them.
    pub(crate) misread: bool,
}

impl ContainerAttrs {
    pub(crate) fn new(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut attrs = Self::default();
        for item in &items(ctxt, attributes) {
            match item.word.to_string().as_str() {
                "rename_all" => attrs.rename_all.set(ctxt, item, value::case),
                "tag" => attrs.tag.set(ctxt, item, value::name),
                "constraint" => attrs.constraint.set(ctxt, item, value::path),
                "crate" => attrs.krate.set(ctxt, item, value::path),
                word => ctxt.error(&item.word, symbol::unknown(word, Level::Container)),
            }
        }
        attrs
    }
}

impl VariantAttrs {
    pub(crate) fn new(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut attrs = Self::default();
        for item in &items(ctxt, attributes) {
            match item.word.to_string().as_str() {
                "default" => attrs.default.set(ctxt, item, value::flag),
                "rename" => attrs.rename.set(ctxt, item, value::name),
                "rename_all" => attrs.rename_all.set(ctxt, item, value::case),
                word => ctxt.error(&item.word, symbol::unknown(word, Level::Variant)),
            }
        }
        attrs
    }
}

impl FieldAttrs {
    pub(crate) fn new(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut attrs = Self::default();
        for item in &items(ctxt, attributes) {
            attrs.set(ctxt, item);
        }
        attrs
    }

    fn set(&mut self, ctxt: &Ctxt, item: &Item) {
        match item.word.to_string().as_str() {
            "range" => self.range.set(ctxt, item, value::range),
            "log" => self.log.set(ctxt, item, value::flag),
            "step" => self.step.set(ctxt, item, value::step),
            "choices" => self.choices.set(ctxt, item, value::choices),
            "ordered" => self.ordered.set(ctxt, item, value::flag),
            "default" => self.default.set(ctxt, item, value::any),
            "prior" => self.prior.set(ctxt, item, value::prior),
            "len" => self.len.set(ctxt, item, value::range),
            "fixed" => self.fixed.set(ctxt, item, value::any),
            "skip" => self.skip.set(ctxt, item, value::flag),
            "rename" => self.rename.set(ctxt, item, value::name),
            "flatten" => self.flatten.set(ctxt, item, value::flag),
            word => {
                ctxt.error(&item.word, symbol::unknown(word, Level::Field));
                self.misread = true;
            }
        }
    }

    /// Returns the arguments written, in the order of the documentation.
    pub(crate) fn written(&self) -> Vec<(&'static str, Span)> {
        let words = [
            ("range", self.range.span),
            ("log", self.log.span),
            ("step", self.step.span),
            ("choices", self.choices.span),
            ("ordered", self.ordered.span),
            ("default", self.default.span),
            ("prior", self.prior.span),
            ("len", self.len.span),
            ("fixed", self.fixed.span),
            ("skip", self.skip.span),
            ("rename", self.rename.span),
            ("flatten", self.flatten.span),
        ];
        words.into_iter().filter_map(|(word, span)| Some((word, span?))).collect()
    }
}
