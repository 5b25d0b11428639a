//! Parameters in the command itself: `--param 'lr=1e-5..1e-1 log'`, `--param 'optimizer=adam,sgd'`.

use std::borrow::Cow;

use anyhow::{Context as _, Result, bail, ensure};
use hpo_core::space::{Categorical, Domain, Float, Int, Label, Part, Space};

/// Returns the flat space of these parameters, in their order.
pub(crate) fn space(params: &[String]) -> Result<Space> {
    Ok(Space::All(params.iter().map(|text| part(text)).collect::<Result<_>>()?))
}

/// Parses one parameter: `NAME=LOW..HIGH [log] [step=S] [default=V]` or `NAME=CHOICE,CHOICE,..
/// [ordered] [default=V]`.
fn part(text: &str) -> Result<Part> {
    let form = || {
        format!(
            "`--param '{text}'`: write NAME=LOW..HIGH, such as 'lr=1e-5..1e-1 log', or \
             NAME=CHOICE,CHOICE, such as 'optimizer=adam,sgd'"
        )
    };
    let (name, rest) = text.split_once('=').with_context(form)?;
    let name = name.trim();
    ensure!(!name.is_empty() && !rest.trim().is_empty(), form());
    ensure!(
        !name.contains(char::is_whitespace),
        "`--param '{text}'`: the name `{name}` has a space, so no placeholder could name it"
    );
    let domain = match rest.split_once("..") {
        // Choices may be paths: `../a,../b`.
        Some((low, high)) if !rest.contains(['"', ',']) => range(low.trim(), high),
        _ => choices(rest),
    };
    Ok(Part::new(name.to_owned(), Space::Leaf(domain.with_context(form)?)))
}

fn range(low: &str, rest: &str) -> Result<Domain> {
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    ensure!(!rest.starts_with('.'), "a range has two points, `..`");
    let mut words = rest.split_whitespace();
    ensure!(!low.is_empty(), "the lower bound is missing");
    let high = words.next().context("the upper bound is missing")?;
    let (mut log, mut step, mut default) = (false, None, None);
    for word in words {
        match word.split_once('=') {
            None if word == "log" => log = true,
            Some(("step", value)) => step = Some(value),
            Some(("default", value)) => default = Some(value),
            _ => bail!("`{word}` is not one of log, step=S, default=V"),
        }
    }
    let texts = [Some(low), Some(high), step, default];
    if texts.iter().flatten().all(|text| text.parse::<i128>().is_ok()) {
        let int = |text: &str| text.parse::<i128>().context("it is too large");
        let bounds = Int::new(int(low)?, int(high)?);
        let (step, default) = (step.map(int).transpose()?, default.map(int).transpose()?);
        return Ok(Domain::Int(Int { log, step, default, ..bounds }));
    }
    let float =
        |text: &str| text.parse::<f64>().with_context(|| format!("`{text}` is not a number"));
    let bounds = Float::new(float(low)?, float(high)?);
    let (step, default) = (step.map(float).transpose()?, default.map(float).transpose()?);
    Ok(Domain::Float(Float { log, step, default, ..bounds }))
}

/// Parses choices between commas. Choices with commas or spaces are quoted: `'kernel="a b",c'`.
fn choices(text: &str) -> Result<Domain> {
    let (labels, rest) = labels(text)?;
    ensure!(
        labels.len() > 1,
        "it has a single choice, which is a constant: write it into the command"
    );
    let mut categorical = Categorical::new(labels.iter().map(|text| label(text)));
    for word in settings(rest) {
        match word.split_once('=') {
            None if word == "ordered" => categorical.ordered = true,
            Some(("default", value)) => {
                let value = value.trim_matches('"');
                let place = labels.iter().position(|label| label == value);
                let place =
                    place.with_context(|| format!("`{value}` is not one of its choices"))?;
                categorical.default = Some(place as u32);
            }
            _ => bail!("`{word}` is not one of ordered, default=V"),
        }
    }
    Ok(Domain::Categorical(categorical))
}

/// Splits off the list of choices, and returns it with the words behind it.
fn labels(text: &str) -> Result<(Vec<String>, &str)> {
    let mut labels = Vec::new();
    let mut rest = text.trim();
    loop {
        let (label, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted.split_once('"').context("a quote is not closed")?
        } else {
            rest.split_at(rest.find([',', ' ']).unwrap_or(rest.len()))
        };
        ensure!(!label.is_empty(), "a choice is empty: write it as \"\" if that is meant");
        labels.push(label.to_owned());
        match after.trim_start().strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => return Ok((labels, after.trim())),
        }
    }
}

/// Splits at the spaces that are not within quotes.
fn settings(text: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let words = text.split(|letter: char| {
        is_quoted ^= letter == '"';
        letter.is_whitespace() && !is_quoted
    });
    words.filter(|word| !word.is_empty()).collect()
}

/// Returns a choice as JSON would read it: a number, a boolean, or else a text.
fn label(text: &str) -> Label {
    match text {
        "true" => Label::Bool(true),
        "false" => Label::Bool(false),
        _ => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(integer), _) => Label::from(integer),
            (_, Ok(float)) if float.is_finite() => Label::from(float),
            _ => Label::Text(Cow::Owned(text.to_owned())),
        },
    }
}

#[cfg(test)]
mod tests {
    use hpo_core::space::FlatSpace;

    use super::*;

    fn read(params: &[&str]) -> Result<String> {
        let params: Vec<String> = params.iter().map(ToString::to_string).collect();
        let space = space(&params)?;
        FlatSpace::new(&space)?;
        Ok(space.to_json())
    }

    #[test]
    fn parameters_in_short_are_those_of_json() {
        assert_eq!(
            read(&["lr=1e-5..1e-1 log", "layers=1..4", "units=16..=256 step=2 log default=64"])
                .unwrap(),
            r#"{"all":{"lr":{"float":{"low":0.00001,"high":0.1,"log":true}},"layers":{"int":{"low":1,"high":4}},"units":{"int":{"low":16,"high":256,"log":true,"step":2,"default":64}}}}"#
        );
        assert_eq!(
            read(&["optimizer=adam,sgd default=sgd", "size=1,2,4 ordered", "on=true,false"])
                .unwrap(),
            r#"{"all":{"optimizer":{"categorical":{"choices":["adam","sgd"],"default":"sgd"}},"size":{"categorical":{"choices":[1,2,4],"ordered":true}},"on":{"categorical":{"choices":[true,false]}}}}"#
        );
        let paths = read(&["dir=../a,../b", r#"version="1..2",1"#]).unwrap();
        assert!(paths.contains(r#"["../a","../b"]"#), "{paths}");
        assert!(paths.contains(r#"["1..2",1]"#), "{paths}");
        let quoted = read(&[r#"kernel="a b","c,d""#]).unwrap();
        assert!(quoted.contains(r#"["a b","c,d"]"#), "{quoted}");
        let quoted = read(&[r#"kernel="a b",c default="a b""#]).unwrap();
        assert!(quoted.contains(r#""default":"a b""#), "{quoted}");
    }

    #[test]
    fn what_is_no_parameter_says_what_to_write() {
        for (wrong, word) in [
            ("lr", "NAME=LOW..HIGH"),
            ("=1..2", "NAME=LOW..HIGH"),
            ("lr=", "NAME=LOW..HIGH"),
            ("lr=1..", "the upper bound is missing"),
            ("lr=1..x", "`x` is not a number"),
            ("lr=..1", "the lower bound is missing"),
            ("lr=1e-5...1e-1", "a range has two points"),
            ("lr=1e-5-1e-1", "a single choice"),
            ("lr=1_000..2_000", "`1_000` is not a number"),
            ("l r=1..2", "has a space"),
            ("lr=1..2 lgo", "`lgo` is not one of"),
            ("o=a,,b", "a choice is empty"),
            ("o=a,b default=c", "`c` is not one of its choices"),
            ("o=\"a", "a quote is not closed"),
        ] {
            let error = format!("{:#}", read(&[wrong]).unwrap_err());
            assert!(error.contains(word), "{wrong}: {error}");
        }
        let error = format!("{:#}", read(&["a=1..2", "a=3..4"]).unwrap_err());
        assert!(error.contains('a'), "{error}");
    }
}
