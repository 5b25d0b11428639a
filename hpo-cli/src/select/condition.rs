//! Conditions on rows, as text: `value<0.3 and params.lr>=1e-3`.
//!
//! ```text
//! condition  = comparison { "and" comparison }
//! comparison = name ( "<" | "<=" | ">" | ">=" | "=" | "==" | "!=" ) literal
//! ```
//!
//! Names and literals are words, or are quoted, single or double.

use std::cmp::Ordering;
use std::str::FromStr;

/// Comparisons, all of which must hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition(pub(crate) Vec<Comparison>);

/// A column compared with a literal.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) name: String,
    pub(crate) operator: Operator,
    pub(crate) literal: Literal,
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Literal {
    pub(crate) text: String,
    /// The literal as a number; `None` for a text or in quotes.
    pub(crate) number: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Less,
    AtMost,
    More,
    AtLeast,
    Equals,
    Differs,
}

impl Operator {
    /// Returns true if it compares by order rather than by equality.
    pub(crate) fn is_order(self) -> bool {
        !matches!(self, Operator::Equals | Operator::Differs)
    }

    /// Returns true if it holds for a value with this order relative to the literal.
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Operator::Less => order.is_lt(),
            Operator::AtMost => order.is_le(),
            Operator::More => order.is_gt(),
            Operator::AtLeast => order.is_ge(),
            Operator::Equals => order.is_eq(),
            Operator::Differs => order.is_ne(),
        }
    }

    fn read(text: &str) -> Option<Self> {
        Some(match text {
            "<" => Operator::Less,
            "<=" => Operator::AtMost,
            ">" => Operator::More,
            ">=" => Operator::AtLeast,
            "=" | "==" => Operator::Equals,
            "!=" => Operator::Differs,
            _ => return None,
        })
    }
}

/// A token of a condition, with the position of its first letter, counted from 1.
#[derive(Clone, Debug)]
struct Token {
    text: String,
    kind: TokenKind,
    at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum TokenKind {
    Word,
    Quoted,
    Sign,
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut tokens = tokens(text)?.into_iter();
        let mut comparisons = Vec::new();
        loop {
            comparisons.push(comparison(&mut tokens)?);
            match tokens.next() {
                None => return Ok(Self(comparisons)),
                Some(token)
                    if token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case("and") => {}
                Some(token) => return Err(token.not("`and` or the end")),
            }
        }
    }
}

fn comparison(tokens: &mut impl Iterator<Item = Token>) -> Result<Comparison, String> {
    const SIGNS: &str = "one of <, <=, >, >=, =, !=";
    let mut next =
        |what: &str| tokens.next().ok_or_else(|| format!("it ends where {what} is expected"));
    let name = next("a name")?;
    if name.kind == TokenKind::Sign {
        return Err(name.not("a name"));
    }
    let sign = next(SIGNS)?;
    let operator = if sign.kind == TokenKind::Sign { Operator::read(&sign.text) } else { None };
    let operator = operator.ok_or_else(|| sign.not(SIGNS))?;
    let literal = next("a value")?;
    if literal.kind == TokenKind::Sign {
        return Err(literal.not("a value"));
    }
    let number = if literal.kind == TokenKind::Word { literal.text.parse().ok() } else { None };
    if number.is_some_and(f64::is_nan) {
        return Err(format!("nothing can be compared with `{}`", literal.text));
    }
    Ok(Comparison { name: name.text, operator, literal: Literal { text: literal.text, number } })
}

impl Token {
    fn not(&self, expected: &str) -> String {
        format!("`{}`, at letter {}, is not {expected}", self.text, self.at)
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let is_sign = |letter: char| "<>=!".contains(letter);
    let letters: Vec<char> = text.chars().collect();
    let (mut tokens, mut position) = (Vec::new(), 0);
    while let Some(&first) = letters.get(position) {
        let rest = &letters[position..];
        let end = |is_end: &dyn Fn(char) -> bool| {
            rest.iter().position(|letter| is_end(*letter)).unwrap_or(rest.len())
        };
        let (kind, skipped, taken) = match first {
            _ if first.is_whitespace() => {
                position += 1;
                continue;
            }
            '\'' | '"' => {
                let close = rest.iter().skip(1).position(|letter| *letter == first);
                let close = close.ok_or_else(|| {
                    format!("the quote at letter {} is never closed", position + 1)
                })?;
                (TokenKind::Quoted, 1, close)
            }
            _ if is_sign(first) => (TokenKind::Sign, 0, end(&|letter| !is_sign(letter))),
            _ => (TokenKind::Word, 0, end(&|letter| letter.is_whitespace() || is_sign(letter))),
        };
        let text = rest[skipped..skipped + taken].iter().collect();
        tokens.push(Token { text, kind, at: position + 1 });
        position += taken + 2 * skipped;
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read() {
        let Condition(read) =
            "value<0.3 AND params.lr >= 1e-3 and 'a name'!=\"it's\" and n==-inf".parse().unwrap();
        let shown = |Comparison { name, operator, literal }: &Comparison| {
            format!("{name} {operator:?} {} {:?}", literal.text, literal.number)
        };
        let shown: Vec<String> = read.iter().map(shown).collect();
        assert_eq!(
            shown,
            [
                "value Less 0.3 Some(0.3)",
                "params.lr AtLeast 1e-3 Some(0.001)",
                "a name Differs it's None",
                "n Equals -inf Some(-inf)"
            ]
        );
    }

    #[test]
    fn errors_name_the_token() {
        let cases = [
            ("", "it ends where a name is expected"),
            ("value", "it ends where one of <, <=, >, >=, =, != is expected"),
            ("value <", "it ends where a value is expected"),
            ("< 3", "`<`, at letter 1, is not a name"),
            ("value => 3", "`=>`, at letter 7, is not one of <, <=, >, >=, =, !="),
            ("value is 3", "`is`, at letter 7, is not one of <, <=, >, >=, =, !="),
            ("value < 3 or x = 1", "`or`, at letter 11, is not `and` or the end"),
            ("kind = 'svc", "the quote at letter 8 is never closed"),
            ("value < nan", "nothing can be compared with `nan`"),
            ("value < 3 and", "it ends where a name is expected"),
        ];
        for (text, told) in cases {
            assert_eq!(text.parse::<Condition>(), Err(told.to_owned()), "{text}");
        }
    }
}
