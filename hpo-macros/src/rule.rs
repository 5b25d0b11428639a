//! The messages about the rules on numbers: the rules that apply, the tokens at fault, and the
//! remedy.
//!
//! The check of literals and the assertions on constants share these messages.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Expr;

use crate::attr::FieldAttrs;
use crate::kind::{Integer, Kind};
use crate::number::{Number, Rule};
use crate::text::text;
use crate::value::{Prior, Range};

/// All attributes of a number, as written.
pub(crate) struct NumberSpec<'a> {
    pub(crate) kind: Kind,
    pub(crate) word: &'static str,
    pub(crate) range: &'a Range,
    pub(crate) log: bool,
    pub(crate) step: Option<&'a Expr>,
    pub(crate) default: Option<&'a Expr>,
    pub(crate) prior: Option<&'a Prior>,
}

impl<'a> NumberSpec<'a> {
    /// Collects the attributes of a numeric field.
    pub(crate) fn of(attrs: &'a FieldAttrs, default: Option<&'a Expr>, kind: Kind) -> Option<Self> {
        Some(Self {
            kind,
            word: "range",
            range: attrs.range.get()?,
            log: attrs.log.is_written(),
            step: attrs.step.get(),
            default,
            prior: attrs.prior.get(),
        })
    }

    /// Creates one with a range only, given by the argument `word`.
    pub(crate) fn only(word: &'static str, range: &'a Range, kind: Kind) -> Self {
        Self { kind, word, range, log: false, step: None, default: None, prior: None }
    }

    /// Returns the rules that can be violated, in the order in which they are checked: those of the
    /// range first.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        let mut rules = Vec::new();
        let mut add = |applies: bool, more: &[Rule]| rules.extend(more.iter().filter(|_| applies));
        let integer = match self.kind {
            Kind::Int(integer) => Some(integer),
            _ => None,
        };
        let known = matches!(self.kind, Kind::Float { .. } | Kind::Int(_));
        add(integer.is_none(), &[Rule::Finite]);
        add(!known || integer.is_some_and(Integer::is_wide), &[Rule::Fits]);
        add(true, &[Rule::Ordered]);
        add(!known || integer.is_some_and(|integer| integer.nonzero), &[Rule::NonZero]);
        add(self.log, &[Rule::Positive]);
        add(self.step.is_some(), &[Rule::StepUp, Rule::StepDivides]);
        add(self.default.is_some(), &[Rule::DefaultInside]);
        add(self.default.is_some() && self.step.is_some(), &[Rule::DefaultOnGrid]);
        add(self.prior.is_some(), &[Rule::CenterInside, Rule::SpreadUp]);
        rules
    }

    /// Returns the tokens at fault.
    pub(crate) fn tokens(&self, rule: Rule) -> TokenStream {
        match rule {
            Rule::Finite | Rule::Fits | Rule::Ordered | Rule::NonZero => {
                self.range.source.to_token_stream()
            }
            Rule::Positive => self.range.low.to_token_stream(),
            Rule::StepUp | Rule::StepDivides => self.step.to_token_stream(),
            Rule::DefaultInside | Rule::DefaultOnGrid => self.default.to_token_stream(),
            Rule::CenterInside => self.prior.map(|prior| &prior.center).to_token_stream(),
            Rule::SpreadUp => self.prior.map(|prior| &prior.spread).to_token_stream(),
        }
    }

    /// Returns the message for the user. `number` is known if the user wrote literals.
    pub(crate) fn message(&self, rule: Rule, number: Option<&Number>) -> String {
        let (word, low, high) = (self.word, text(&self.range.low), text(&self.range.high));
        let range = text(&self.range.source);
        match rule {
            Rule::Finite => {
                "the ends of a `range` must be finite: write the least and the greatest value \
                 that make sense"
                    .to_owned()
            }
            Rule::Fits => format!(
                "`{range}` does not fit 64 bits: the ends must be within `i64` \
                or `u64`"
            ),
            Rule::Ordered if self.range.exclusive && low == high => {
                format!("`{range}` is empty: write `{word} = {low}..={high}` for the one value")
            }
            Rule::Ordered => {
                format!(
                    "`{range}` is empty: the smaller end comes first, as in `{word} = \
                    {high}..={low}`"
                )
            }
            Rule::NonZero => {
                format!(
                    "`{range}` includes 0, and the type does not: stay on one side, as in \
                    `{word} = 1..={high}`"
                )
            }
            Rule::Positive => format!(
                "`log` needs a lower end above 0, not `{low}`: raise it, or \
                leave `log` out"
            ),
            Rule::StepUp if self.log => {
                "with `log` the step is a factor above 1, as in `step = 2` for 1, 2, 4, 8"
                    .to_owned()
            }
            Rule::StepUp => "a step must be above 0".to_owned(),
            Rule::StepDivides => self.misses(&low, &high, number.and_then(Number::around_the_end)),
            Rule::DefaultInside => format!("the default must lie within `{range}`"),
            Rule::DefaultOnGrid => format!("the default must lie on the grid: {}", self.grid(&low)),
            Rule::CenterInside => format!("the center must lie within `{range}`"),
            Rule::SpreadUp if self.log => "with `log` the spread is a factor above 1, as in \
                `spread = 3.0`"
                .to_owned(),
            Rule::SpreadUp => "a spread must be above 0, and finite".to_owned(),
        }
    }

    fn misses(&self, low: &str, high: &str, around: Option<(f64, f64)>) -> String {
        match around {
            Some((before, after)) => format!(
                "from {low} this step leads to {before} and {after}, and misses {high}: end the \
                 range at one of them"
            ),
            None => format!(
                "from {low} this step misses `{high}`: end the range on the grid: {}",
                self.grid(low)
            ),
        }
    }

    /// Describes the first values of the grid.
    fn grid(&self, low: &str) -> String {
        let step = self.step.map(text).unwrap_or_default();
        if self.log {
            format!("its values are {low} times powers of {step}")
        } else {
            format!("its values are {low} plus multiples of {step}")
        }
    }
}
