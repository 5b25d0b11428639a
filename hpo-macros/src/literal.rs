//! Expressions that the macro can evaluate: literals, with or without a sign, and the constants of
//! the number types.

use syn::{Expr, ExprLit, Lit, LitFloat, LitInt, Path};

use crate::attr::FieldAttrs;
use crate::kind::{Integer, Kind};
use crate::number::{Both, Number};
use crate::text::text;
use crate::value::{Range, bare, negated};

/// The result of evaluating an expression in the macro.
pub(crate) enum Evaluated {
    Number(Both),
    /// A literal that does not fit the type, with the advice for the user.
    Wrong(String),
    /// An expression that only the compiler can evaluate.
    Expression,
}

/// The kind of the length of a list.
pub(crate) const LENGTH: Kind =
    Kind::Int(Integer { min: 0, max: u64::MAX as i128, nonzero: false });

/// Evaluates the expression as a number of that kind.
pub(crate) fn evaluate(expr: &Expr, kind: Kind) -> Evaluated {
    let (negative, literal) = match negated(expr) {
        Some(positive) => (true, positive),
        None => (false, bare(expr)),
    };
    match (literal, kind) {
        (Expr::Lit(ExprLit { lit, .. }), Kind::Float { single }) => float(lit, negative, single),
        (Expr::Lit(ExprLit { lit, .. }), Kind::Int(integer)) => int(lit, negative, integer),
        (Expr::Path(path), Kind::Float { .. }) if !negative => {
            constant(&path.path).map_or(Evaluated::Expression, Evaluated::Number)
        }
        (Expr::Path(path), Kind::Float { .. })
            if path.path.segments.last().is_some_and(|last| last.ident == "INFINITY") =>
        {
            constant(&path.path).map_or(Evaluated::Expression, |both| {
                Evaluated::Number(Both { float: -both.float, int: 0 })
            })
        }
        _ => Evaluated::Expression,
    }
}

/// Returns the advice for a literal that does not fit a type other than a plain number.
pub(crate) fn misfit(expr: &Expr, kind: Kind) -> Option<String> {
    let (sign, literal) = match negated(expr) {
        Some(positive) => ("-", positive),
        None => ("", bare(expr)),
    };
    let Expr::Lit(ExprLit { lit, .. }) = literal else {
        return None;
    };
    match (kind, lit) {
        (Kind::Text, Lit::Str(_)) | (Kind::Char, Lit::Char(_)) | (Kind::Bool, Lit::Bool(_)) => None,
        (Kind::Text, Lit::Char(letter)) => {
            Some(format!("the field holds text: write `\"{}\"`", letter.value()))
        }
        (Kind::Text, Lit::Int(_) | Lit::Float(_) | Lit::Bool(_)) => {
            Some(format!("the field holds text: write `\"{sign}{}\"`", text(lit)))
        }
        (Kind::Text, _) => Some("the field holds text, as in `\"adam\"`".to_owned()),
        (Kind::Char, Lit::Str(string)) if string.value().chars().count() == 1 => {
            Some(format!("the field is a `char`: write `'{}'`", string.value()))
        }
        (Kind::Char, _) => Some("the field is a `char`: write one, as in `'a'`".to_owned()),
        (Kind::Bool, _) => Some("the field is a `bool`: write `true` or `false`".to_owned()),
        (Kind::Int(Integer { nonzero: true, .. }), Lit::Int(_)) => Some(
            "a number is not of this type: write a `range`, or list values of the type, as in \
             `NonZeroU8::MIN`"
                .to_owned(),
        ),
        _ => None,
    }
}

fn float(lit: &Lit, negative: bool, single: bool) -> Evaluated {
    let sign = if negative { "-" } else { "" };
    let name = if single { "f32" } else { "f64" };
    let literal = match lit {
        Lit::Float(literal) => literal,
        Lit::Int(literal) => {
            return Evaluated::Wrong(format!(
                "`{name}` needs a decimal point: write `{sign}{}.0`",
                literal.base10_digits()
            ));
        }
        _ => return Evaluated::Wrong(format!("this must be an `{name}`, as in `0.5`")),
    };
    if !["", name].contains(&literal.suffix()) {
        return Evaluated::Wrong(suffix(
            sign,
            &literal.token().to_string(),
            literal.suffix(),
            name,
        ));
    }
    match digits(literal, single) {
        Some(float) if float.is_finite() => {
            let float = if negative { -float } else { float };
            Evaluated::Number(Both { float, int: 0 })
        }
        _ => Evaluated::Wrong(format!("`{sign}{literal}` is too large for `{name}`")),
    }
}

fn digits(literal: &LitFloat, single: bool) -> Option<f64> {
    if single {
        literal.base10_parse::<f32>().ok().map(f64::from)
    } else {
        literal.base10_parse().ok()
    }
}

fn suffix(sign: &str, literal: &str, suffix: &str, name: &str) -> String {
    let bare = literal.strip_suffix(suffix).unwrap_or(literal).trim_end_matches('_');
    format!("this is an `{suffix}`, and the field an `{name}`: write `{sign}{bare}`")
}

fn int(lit: &Lit, negative: bool, integer: Integer) -> Evaluated {
    let sign = if negative { "-" } else { "" };
    let literal = match lit {
        Lit::Int(literal) => literal,
        Lit::Float(literal) => return Evaluated::Wrong(integer_advice(sign, literal)),
        _ => return Evaluated::Wrong("this must be an integer, as in `8`".to_owned()),
    };
    let value =
        literal.base10_parse::<i128>().ok().map(|value| if negative { -value } else { value });
    match value.filter(|value| (integer.min..=integer.max).contains(value)) {
        Some(int) if literal.suffix().is_empty() => {
            Evaluated::Number(Both { float: int as f64, int })
        }
        // The compiler checks that the suffix is that of the type.
        Some(_) => Evaluated::Expression,
        None => Evaluated::Wrong(format!(
            "`{sign}{}` does not fit the type, which holds {} to {}",
            literal.base10_digits(),
            integer.min,
            integer.max
        )),
    }
}

/// Returns the advice for a float in place of an integer: `1e3` is 1000.
fn integer_advice(sign: &str, literal: &LitFloat) -> String {
    match literal.base10_parse::<f64>() {
        Ok(float) if float.fract() == 0.0 && float < 1e15 => {
            format!("the field is an integer: write `{sign}{float:.0}`")
        }
        _ => "the field is an integer: write one, or make the field an `f64`".to_owned(),
    }
}

/// Evaluates constants such as `f64::INFINITY`.
fn constant(path: &Path) -> Option<Both> {
    let mut segments = path.segments.iter().rev();
    let (name, ty) = (segments.next()?, segments.next()?);
    if ty.ident != "f64" && ty.ident != "f32" {
        return None;
    }
    let float = match name.ident.to_string().as_str() {
        "NAN" => f64::NAN,
        "INFINITY" => f64::INFINITY,
        "NEG_INFINITY" => f64::NEG_INFINITY,
        _ => return None,
    };
    Some(Both { float, int: 0 })
}

/// Returns the value of a literal of any number type, for priors and labels.
pub(crate) fn real(expr: &Expr) -> Option<f64> {
    let (sign, literal) = match negated(expr) {
        Some(positive) => (-1.0, positive),
        None => (1.0, bare(expr)),
    };
    let Expr::Lit(ExprLit { lit, .. }) = literal else {
        return None;
    };
    let size: f64 = match lit {
        Lit::Float(literal) => literal.base10_parse().ok()?,
        Lit::Int(literal) => literal.base10_digits().parse().ok()?,
        _ => return None,
    };
    Some(sign * size)
}

/// Returns the value of an integer literal without a suffix.
pub(crate) fn integer(expr: &Expr) -> Option<i128> {
    let (sign, literal) = match negated(expr) {
        Some(positive) => (-1, positive),
        None => (1, bare(expr)),
    };
    match literal {
        Expr::Lit(ExprLit { lit: Lit::Int(literal), .. }) if LitInt::suffix(literal).is_empty() => {
            literal.base10_parse::<i128>().ok().map(|size| sign * size)
        }
        _ => None,
    }
}

/// Returns the number, if the macro can evaluate all of its attributes.
pub(crate) fn number(attrs: &FieldAttrs, default: Option<&Expr>, kind: Kind) -> Option<Number> {
    let mut number = Number { log: attrs.log.is_written(), ..bounds(attrs.range.get()?, kind)? };
    if let Some(step) = attrs.step.get() {
        number.step = Some(known(step, kind)?);
    }
    if let Some(default) = default {
        number.default = Some(known(default, kind)?);
    }
    if let Some(prior) = attrs.prior.get() {
        number.prior = Some((rounded(real(&prior.center)?, kind), real(&prior.spread)?));
    }
    Some(number)
}

/// Returns the bounds alone, if the macro can evaluate them.
pub(crate) fn bounds(range: &Range, kind: Kind) -> Option<Number> {
    Some(Number {
        float: matches!(kind, Kind::Float { .. }),
        nonzero: matches!(kind, Kind::Int(Integer { nonzero: true, .. })),
        low: known(&range.low, kind)?,
        high: known(&range.high, kind)?,
        exclusive: range.exclusive,
        log: false,
        step: None,
        default: None,
        prior: None,
    })
}

fn known(expr: &Expr, kind: Kind) -> Option<Both> {
    match evaluate(expr, kind) {
        Evaluated::Number(both) => Some(both),
        Evaluated::Wrong(_) | Evaluated::Expression => None,
    }
}

/// Rounds to the precision of the type: `0.1` as `f32` differs from `0.1` as `f64`.
#[allow(clippy::cast_possible_truncation)]
fn rounded(center: f64, kind: Kind) -> f64 {
    match kind {
        Kind::Float { single: true } => f64::from(center as f32),
        _ => center,
    }
}

impl Number {
    /// Returns the values of the grid on both sides of the upper end, which it misses.
    pub(crate) fn around_the_end(&self) -> Option<(f64, f64)> {
        let value = |both: Both| {
            if self.float { both.float } else { both.int as f64 }
        };
        let (low, high, step) = (value(self.low), value(self.high), value(self.step?));
        let at = |steps: f64| {
            if self.log { low * step.powf(steps) } else { low + steps * step }
        };
        let reached = if self.log { (high / low).log(step) } else { (high - low) / step };
        let (before, after) = (at(reached.floor()), at(reached.floor() + 1.0));
        let is_exact =
            self.float || [low, high, step, before, after].iter().all(|value| value.abs() < 1e15);
        is_exact.then(|| (rounded_to(before), rounded_to(after)))
    }
}

/// Rounds to twelve digits, so that 0.1 + 0.2 reads 0.3.
fn rounded_to(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}
