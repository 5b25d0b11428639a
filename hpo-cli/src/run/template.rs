//! The command of a trial: the words after `--`, with a value in the place of each `{name}`.

use std::sync::Arc;

use anyhow::{Result, bail, ensure};
use hpo_core::space::{FlatSpace, Parameter, Params};

use crate::nearest::hint;

/// A command with placeholders for parameters.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    words: Vec<Word>,
}

#[derive(Clone, Debug)]
struct Word {
    pieces: Vec<Piece>,
    /// True if the word before it is its flag, which disappears with it: `--momentum {momentum}`.
    has_flag: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Parameter {
        path: String,
        /// True for `{name?}`: an inactive parameter is empty text.
        may_be_empty: bool,
    },
}

impl Template {
    /// Reads the words of a command. A placeholder names a parameter by its path, or by the end of
    /// its path if that is unique. `{{name}}` is the text `{name}`, and `${name}` is left to the
    /// shell.
    ///
    /// # Errors
    /// If a placeholder names no parameter of the space, or several; if the name of the program
    /// depends on a parameter that is not always active.
    pub(crate) fn read(words: &[String], flat: &FlatSpace) -> Result<Self> {
        ensure!(!words.is_empty(), "there is no program: write it after --");
        let mut read: Vec<Word> = Vec::new();
        for word in words {
            let pieces = pieces(word, flat)?;
            let is_value = matches!(pieces[..], [Piece::Parameter { may_be_empty: false, .. }]);
            let follows_flag = read.last().is_some_and(|before| match &before.pieces[..] {
                [Piece::Text(text)] => text.starts_with('-') && !text.contains('=') && text != "--",
                _ => false,
            });
            read.push(Word { pieces, has_flag: is_value && follows_flag });
        }
        read[0].check_program(flat)?;
        Ok(Self { words: read })
    }

    /// Returns the program, if it does not depend on a parameter.
    pub(crate) fn program(&self) -> Option<String> {
        let pieces = &self.words[0].pieces;
        let texts = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Parameter { .. } => None,
        });
        texts.collect()
    }

    /// Returns the parameters that are in no placeholder; empty if there is no placeholder at all,
    /// since the program then reads its config itself.
    pub(crate) fn unused(&self, flat: &FlatSpace) -> Vec<String> {
        let pieces = || self.words.iter().flat_map(|word| &word.pieces);
        let is_used = |own: &str| {
            pieces().any(|piece| matches!(piece, Piece::Parameter { path, .. } if path == own))
        };
        if !pieces().any(|piece| matches!(piece, Piece::Parameter { .. })) {
            return Vec::new();
        }
        let paths = flat.iter().map(|parameter| parameter.path().to_owned());
        paths.filter(|path| !is_used(path)).collect()
    }

    /// Returns true if a word is the script of `sh -c` and has a placeholder in it.
    pub(crate) fn has_script(&self) -> bool {
        let text = |word: &Word| match &word.pieces[..] {
            [Piece::Text(text)] => text.clone(),
            _ => String::new(),
        };
        let shell = text(&self.words[0]);
        let is_shell =
            ["sh", "bash", "dash", "zsh"].contains(&shell.rsplit('/').next().unwrap_or(""));
        let is_script = |pair: &[Word]| {
            text(&pair[0]) == "-c"
                && pair[1].pieces.iter().any(|piece| matches!(piece, Piece::Parameter { .. }))
        };
        is_shell && self.words.windows(2).any(is_script)
    }

    /// Returns the words of the command for a config. A word with an inactive parameter is left
    /// out, with its flag.
    pub(crate) fn words(&self, params: &Params) -> Vec<String> {
        let mut words: Vec<String> = Vec::with_capacity(self.words.len());
        for word in &self.words {
            match word.text(params) {
                Some(text) => words.push(text),
                None if word.has_flag => drop(words.pop()),
                None => {}
            }
        }
        words
    }
}

impl Word {
    /// Checks that this word, the name of the program, is there for every config.
    fn check_program(&self, flat: &FlatSpace) -> Result<()> {
        for piece in &self.pieces {
            let Piece::Parameter { path, may_be_empty: false } = piece else { continue };
            let is_conditional =
                flat.find(path).is_some_and(|own| flat.parameter(own).parent().is_some());
            ensure!(
                !is_conditional,
                "the program is `{{{path}}}`, which is not a parameter of every config: without it \
                 there would be no program. Write `{{{path}?}}`, or a script that chooses the program"
            );
        }
        Ok(())
    }

    fn text(&self, params: &Params) -> Option<String> {
        let texts = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Parameter { path, may_be_empty } => {
                let value = params.get(path).map(|label| label.to_string());
                if *may_be_empty { Some(value.unwrap_or_default()) } else { value }
            }
        });
        texts.collect()
    }
}

fn pieces(word: &str, flat: &FlatSpace) -> Result<Vec<Piece>> {
    let (mut pieces, mut text, mut rest) = (Vec::new(), String::new(), word);
    while let Some(letter) = rest.chars().next() {
        if let Some((name, after)) = escaped_placeholder(rest) {
            text += name;
            rest = after;
        } else if let Some((name, after)) = placeholder(rest).filter(|_| !text.ends_with('$')) {
            let (name, may_be_empty) = match name.strip_suffix('?') {
                Some(name) => (name, true),
                None => (name, false),
            };
            let path = find(name, flat)?;
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(Piece::Parameter { path, may_be_empty });
            rest = after;
        } else {
            text.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    if !text.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(pieces)
}

/// Splits off `{{name}}`, and returns `{name}`. Other braces, also doubled ones, are text.
fn escaped_placeholder(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{')?;
    let (_, after) = placeholder(inner)?;
    let name = &inner[..inner.len() - after.len()];
    Some((name, after.strip_prefix('}')?))
}

/// Splits off a placeholder. Braces around anything but a name are text: `{print $1}`.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let bare = name.strip_suffix('?').unwrap_or(name);
    let is_name = |letter: char| letter.is_alphanumeric() || "_.-".contains(letter);
    let begins = bare.chars().next().is_some_and(|letter| letter.is_alphabetic() || letter == '_');
    (begins && bare.chars().all(is_name)).then_some((name, after))
}

fn find(name: &str, flat: &FlatSpace) -> Result<String> {
    if flat.find(name).is_some() {
        return Ok(name.to_owned());
    }
    let end = format!(".{name}");
    let paths = || flat.iter().map(Parameter::path);
    let matching: Vec<&str> = paths().filter(|path| path.ends_with(&end)).collect();
    match matching[..] {
        [path] => Ok(path.to_owned()),
        [] => bail!(
            "the command has `{{{name}}}`, but there is no parameter `{name}`{} (braces that are \
             meant as such are written `{{{{{name}}}}}`)",
            hint(name, paths())
        ),
        _ => bail!("the command has `{{{name}}}`, which may mean `{}`", matching.join("` or `")),
    }
}

/// Returns the names of the environment variables of the parameters, `HPO_` and the path with an
/// underscore for each letter that a shell does not allow. Two parameters with the same name, and
/// names that have a meaning of their own, have none.
pub(crate) fn variables(flat: &Arc<FlatSpace>, reserved: &[&str]) -> Vec<Option<String>> {
    let name = |path: &str| {
        let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
        format!("HPO_{}", path.chars().map(letter).collect::<String>())
    };
    let names: Vec<String> = flat.iter().map(|parameter| name(parameter.path())).collect();
    let is_unique = |own: &String| {
        names.iter().filter(|name| *name == own).count() == 1 && !reserved.contains(&own.as_str())
    };
    names.iter().map(|own| is_unique(own).then(|| own.clone())).collect()
}

#[cfg(test)]
mod tests {
    use hpo_core::space::Space;
    use serde_json::json;

    use super::*;

    fn flat() -> Arc<FlatSpace> {
        let space = r#"{"all": {
            "lr": {"float": {"low": 0, "high": 1}},
            "name": {"categorical": {"choices": ["a b", "it's", "$x"]}},
            "optimizer": {"one_of": {
                "adam": {"all": {"beta": {"float": {"low": 0, "high": 1}}}},
                "sgd": {"all": {"momentum": {"float": {"low": 0, "high": 1}}, "beta": {"float": {"low": 0, "high": 1}}}}
            }}
        }}"#;
        FlatSpace::new(&Space::from_json(space).unwrap()).unwrap()
    }

    fn words(words: &[&str]) -> Result<Vec<String>> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        let flat = flat();
        let config =
            json!({"lr": 0.5, "name": "it's", "optimizer": "adam", "optimizer.adam.beta": 0.25});
        let params = Params::from_json(&flat, &config).unwrap();
        Ok(Template::read(&words, &flat)?.words(&params))
    }

    #[test]
    fn values_take_the_place_of_their_names() {
        assert_eq!(
            words(&["./a", "--lr={lr}", "{name}-{lr}"]).unwrap(),
            ["./a", "--lr=0.5", "it's-0.5"]
        );
        assert_eq!(words(&["a", "{optimizer.adam.beta}"]).unwrap(), ["a", "0.25"]);
    }

    #[test]
    fn an_inactive_parameter_removes_its_argument_and_its_flag() {
        assert_eq!(words(&["a", "--m={momentum}", "b"]).unwrap(), ["a", "b"]);
        assert_eq!(words(&["a", "--m", "{momentum}", "b"]).unwrap(), ["a", "b"]);
        assert_eq!(words(&["a", "--", "{momentum}", "b"]).unwrap(), ["a", "--", "b"]);
        assert_eq!(words(&["a", "--m={momentum?}", "{momentum?}"]).unwrap(), ["a", "--m=", ""]);
    }

    #[test]
    fn braces_of_shells_and_of_others_are_text() {
        let same = ["awk", "{print $1}", "${lr} {} { lr }", "{\"a\": {\"b\": 1}}", "{{if (1) {}}}"];
        assert_eq!(words(&same).unwrap(), same);
        assert_eq!(words(&["{{lr}}", "{a{{lr}}}"]).unwrap(), ["{lr}", "{a{lr}}"]);
        assert_eq!(words(&["{\"a\": {\"lr\": {lr}}}"]).unwrap(), ["{\"a\": {\"lr\": 0.5}}"]);
    }

    #[test]
    fn a_program_is_there_for_every_config() {
        let error = words(&["./solver-{momentum}", "x"]).unwrap_err().to_string();
        assert!(error.contains("`{optimizer.sgd.momentum?}`"), "{error}");
        assert_eq!(words(&["./solver-{momentum?}", "x"]).unwrap(), ["./solver-", "x"]);
        assert_eq!(words(&["./solver-{lr}"]).unwrap(), ["./solver-0.5"]);
    }

    #[test]
    fn a_script_with_placeholders_is_found() {
        let has_script = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(ToString::to_string).collect();
            Template::read(&words, &flat()).unwrap().has_script()
        };
        assert!(has_script(&["/bin/sh", "-c", "echo {lr}"]));
        assert!(!has_script(&["sh", "-c", "echo \"$1\"", "sh", "{lr}"]));
        assert!(!has_script(&["./a", "-c", "{lr}"]));
    }

    #[test]
    fn a_placeholder_without_a_parameter_is_named() {
        let error = words(&["a", "{lrr}"]).unwrap_err().to_string();
        assert!(error.contains("`{lrr}`") && error.contains("did you mean `lr`?"), "{error}");
        assert!(error.contains("`{{lrr}}`"), "{error}");
        let error = words(&["a", "{beta}"]).unwrap_err().to_string();
        assert!(error.contains("`optimizer.adam.beta` or `optimizer.sgd.beta`"), "{error}");
    }

    #[test]
    fn variables_have_names_that_shells_allow() {
        let names = variables(&flat(), &["HPO_name"]);
        let names: Vec<&str> = names.iter().map(|name| name.as_deref().unwrap_or("-")).collect();
        assert_eq!(
            names,
            [
                "HPO_lr",
                "-",
                "HPO_optimizer",
                "HPO_optimizer_adam_beta",
                "HPO_optimizer_sgd_momentum",
                "HPO_optimizer_sgd_beta"
            ]
        );
    }
}
