//! The lines in which a program reports: `{"loss": 0.31, "step": 3}`, `loss=0.31 step=3`, or what a
//! regular expression finds.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use regex_lite::Regex;
use serde_json::Value as Json;

/// A reader of the values in the output of a program.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    /// The names of the objectives, in the order of the study.
    names: Vec<String>,
    /// Other names that count, for constraints.
    others: Vec<String>,
    pattern: Option<Regex>,
}

/// The meaning of one line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Report {
    pub(crate) step: Option<u64>,
    /// The values of the metrics that count, by name.
    pub(crate) values: BTreeMap<String, f64>,
    pub(crate) checkpoint: Option<u64>,
    pub(crate) constraints: BTreeMap<String, f64>,
    pub(crate) attributes: BTreeMap<String, Json>,
    /// The reason for which the program prunes its trial.
    pub(crate) pruned: Option<String>,
}

/// The names of values in the output that do not count, for an error without a metric.
pub(crate) type OtherNames = BTreeSet<String>;

/// The largest number of such names that are kept.
const MOST_NAMES: usize = 12;

impl Metrics {
    /// Returns a reader of these metrics. The groups of a pattern are called by the metrics and
    /// `step`; with one objective, a group without a name is its value.
    ///
    /// # Errors
    /// If the pattern is no regular expression, or has no group for some objective.
    pub(crate) fn new(
        names: Vec<String>,
        others: Vec<String>,
        pattern: Option<&str>,
    ) -> Result<Self> {
        let pattern = pattern.map(|text| {
            let read = Regex::new(text).with_context(|| format!("`--metric {text}`"))?;
            check_groups(&read, text, &names, &others).map(|()| read)
        });
        Ok(Self { names, others, pattern: pattern.transpose()? })
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Returns what a line reports; `None` for any other line. Names of values that do not count
    /// are added to `seen`.
    pub(crate) fn read(&self, line: &str, seen: &mut OtherNames) -> Option<Report> {
        let line = line.trim();
        if let Some(pattern) = &self.pattern
            && let Some(report) = self.matched(pattern, line)
        {
            return Some(report);
        }
        let report = match line.as_bytes().first()? {
            b'{' => self.object(&object(line)?, seen),
            _ => self.pairs(line, seen)?,
        };
        (report != Report::default()).then_some(report)
    }

    /// Returns the values of a result file.
    ///
    /// # Errors
    /// If it does not contain one JSON object.
    pub(crate) fn read_file(&self, text: &str, seen: &mut OtherNames) -> Result<Report, String> {
        let text = text.trim();
        let parsed: Result<Json, _> = serde_json::from_str(&with_quoted_words(text));
        match parsed {
            Ok(Json::Object(_)) => Ok(self.object(&object(text).unwrap_or_default(), seen)),
            Ok(_) => Err("it is not a JSON object".to_owned()),
            Err(error) => match self.pairs(text, seen) {
                Some(report) => Ok(report),
                None => Err(error.to_string()),
            },
        }
    }

    /// Describes where the value of a metric was looked for.
    pub(crate) fn wanted(&self, name: &str, seen: &OtherNames) -> String {
        let pattern = self.pattern.as_ref();
        let pattern = pattern.map(|pattern| format!("a line that matches `{pattern}`, "));
        let names: Vec<String> = seen.iter().map(|name| format!("`{name}`")).collect();
        let seen = (!names.is_empty()).then(|| format!("; the output has {}", names.join(", ")));
        format!(
            "{}a line `{{\"{name}\": 0.5}}` or `{name}=0.5`, or the file $HPO_RESULT{}",
            pattern.unwrap_or_default(),
            seen.unwrap_or_default()
        )
    }

    /// Returns the regular expression that would find a metric in a line that was not understood.
    pub(crate) fn hint(&self, name: &str, line: &str) -> Option<String> {
        let (before, after) = line.split_once(name)?;
        let number =
            after.find(|letter: char| letter.is_ascii_digit() || "+-.".contains(letter))?;
        let between = &after[..number];
        let is_plain = |text: &str| text.chars().all(|letter| " =:\"".contains(letter));
        let is_word = before.chars().last().is_some_and(char::is_alphanumeric);
        let is_known = self.pattern.is_some() || is_word || !is_plain(between);
        (!is_known).then(|| {
            let name = regex_lite::escape(name);
            format!(
                "; the line `{line}` has the name: --metric '{name}{between}([0-9.e+-]+)' reads it"
            )
        })
    }

    fn counts(&self, name: &str) -> bool {
        self.names.iter().chain(&self.others).any(|own| own == name)
    }

    fn matched(&self, pattern: &Regex, line: &str) -> Option<Report> {
        let found = pattern.captures(line)?;
        let mut report = Report::default();
        for (index, name) in pattern.capture_names().enumerate().skip(1) {
            let Some(text) = found.get(index) else { continue };
            let name = name.unwrap_or(&self.names[0]);
            if name == "step" {
                report.step = whole_text(text.as_str());
            } else if let Some(value) = number(text.as_str()) {
                report.values.insert(name.to_owned(), value);
            }
        }
        (!report.values.is_empty()).then_some(report)
    }

    fn object(&self, object: &serde_json::Map<String, Json>, seen: &mut OtherNames) -> Report {
        let mut report = Report::default();
        for (name, value) in object {
            match (name.as_str(), value) {
                (_, value) if self.counts(name) => {
                    report.values.extend(json_number(value).map(|value| (name.clone(), value)));
                }
                ("step", value) => report.step = whole(value),
                ("checkpoint", value) => report.checkpoint = whole(value),
                ("pruned", Json::String(reason)) => report.pruned = Some(reason.clone()),
                ("constraints", Json::Object(all)) => {
                    let known =
                        |(name, value): (&String, &Json)| Some((name.clone(), json_number(value)?));
                    report.constraints.extend(all.iter().filter_map(known));
                }
                ("attributes", Json::Object(all)) => {
                    report.attributes.extend(all.iter().map(|(k, v)| (k.clone(), v.clone())));
                }
                (_, Json::Number(_)) => note(seen, name),
                _ => {}
            }
        }
        // A step alone says nothing.
        if report.values.is_empty() { Report { step: None, ..report } } else { report }
    }

    /// Reads a line of nothing but `name=value` pairs, between spaces, commas or semicolons.
    fn pairs(&self, line: &str, seen: &mut OtherNames) -> Option<Report> {
        let mut report = Report::default();
        let is_between = |letter: char| letter.is_whitespace() || ",;".contains(letter);
        for pair in line.split(is_between).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=')?;
            match name {
                "step" if !self.counts("step") => report.step = whole_text(value),
                name if self.counts(name) => {
                    report.values.insert(name.to_owned(), number(value)?);
                }
                name => {
                    if number(value).is_some() {
                        note(seen, name);
                    }
                }
            }
        }
        (!report.values.is_empty()).then_some(report)
    }
}

fn check_groups(pattern: &Regex, text: &str, names: &[String], others: &[String]) -> Result<()> {
    let groups: Vec<Option<&str>> = pattern.capture_names().skip(1).collect();
    for group in groups.iter().flatten() {
        let is_known = names.iter().chain(others).any(|name| name == group);
        ensure!(
            is_known || *group == "step",
            "`--metric {text}` has a group `{group}`, which is no metric: name it `{}` or `step`",
            names.join("`, `")
        );
    }
    let unnamed = groups.iter().filter(|group| group.is_none()).count();
    let has_group = |name: &String| groups.contains(&Some(name.as_str()));
    let is_complete = match names {
        [only] => unnamed + usize::from(has_group(only)) == 1,
        several => unnamed == 0 && several.iter().any(has_group),
    };
    ensure!(
        is_complete,
        "`--metric {text}` must have one group for the value of `{0}`, such as \
         '{0}: ([0-9.e-]+)'; with several objectives each is named, (?<{0}>[0-9.]+); a group that \
         is not a value is written (?:..)",
        names[0]
    );
    Ok(())
}

fn note(seen: &mut OtherNames, name: &str) {
    if seen.len() < MOST_NAMES && name.len() < 40 {
        seen.insert(name.to_owned());
    }
}

fn object(line: &str) -> Option<serde_json::Map<String, Json>> {
    let parsed = serde_json::from_str(line);
    parsed.or_else(|_| serde_json::from_str(&with_quoted_words(line))).ok()
}

/// Puts quotes around `NaN` and `Infinity`, which Python's `json` writes although JSON has no such
/// numbers.
fn with_quoted_words(line: &str) -> String {
    let (mut quoted, mut is_text, mut rest) = (String::with_capacity(line.len()), false, line);
    while let Some(letter) = rest.chars().next() {
        let word = ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| rest.starts_with(word));
        if let Some(word) = word.filter(|_| !is_text) {
            quoted.extend(["\"", word, "\""]);
            rest = &rest[word.len()..];
            continue;
        }
        let width = match (is_text, letter) {
            (true, '\\') => rest.chars().take(2).map(char::len_utf8).sum(),
            _ => letter.len_utf8(),
        };
        is_text ^= letter == '"';
        quoted += &rest[..width];
        rest = &rest[width..];
    }
    quoted
}

fn json_number(value: &Json) -> Option<f64> {
    match value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => number(text),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Returns a whole number from 0; also one that is written as 3.0.
fn whole(value: &Json) -> Option<u64> {
    value.as_u64().or_else(|| whole_float(value.as_f64()?))
}

fn whole_text(text: &str) -> Option<u64> {
    text.parse().ok().or_else(|| whole_float(number(text)?))
}

fn whole_float(float: f64) -> Option<u64> {
    (float >= 0.0 && float.fract() == 0.0 && float < 1e15).then_some(float as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: Option<&str>, line: &str) -> Option<(Option<u64>, f64)> {
        let metrics = Metrics::new(vec!["loss".to_owned()], Vec::new(), pattern).unwrap();
        let report = metrics.read(line, &mut OtherNames::new())?;
        Some((report.step, *report.values.get("loss")?))
    }

    #[test]
    fn lines_of_json_and_of_pairs_report() {
        assert_eq!(read(None, r#"{"loss": 0.31}"#), Some((None, 0.31)));
        assert_eq!(
            read(None, r#"  {"step": 3, "loss": -1e-3, "extra": [1]} "#),
            Some((Some(3), -1e-3))
        );
        assert_eq!(read(None, "loss=0.31"), Some((None, 0.31)));
        assert_eq!(read(None, "step=4, loss=1e2; accuracy=0.5"), Some((Some(4), 100.0)));
        assert_eq!(
            read(None, r#"{"loss": 1, "loss": 2}"#),
            Some((None, 2.0)),
            "the last one counts"
        );
        assert_eq!(read(None, r#"{"loss": 1, "step": 2.0}"#), Some((Some(2), 1.0)));
        assert_eq!(read(None, "step=2.0 loss=1"), Some((Some(2), 1.0)));
        assert_eq!(read(Some(r"(?<step>\S+) (?<loss>\S+)"), "2.0 1"), Some((Some(2), 1.0)));
    }

    #[test]
    fn other_lines_do_not() {
        for line in [
            "",
            "loss",
            "best loss=0.31",
            "loss = 0.31",
            "[1]",
            "{",
            r#"{"los": 1}"#,
            "loss=x",
            r#"{"step": 3}"#,
            r#"{"loss": [1]}"#,
        ] {
            assert_eq!(read(None, line), None, "{line}");
        }
    }

    #[test]
    fn numbers_that_json_lacks_are_read() {
        assert!(read(None, r#"{"note": "NaN \" NaN", "loss": NaN}"#).unwrap().1.is_nan());
        assert_eq!(read(None, r#"{"loss": -Infinity}"#), Some((None, f64::NEG_INFINITY)));
        assert!(read(None, "loss=nan").unwrap().1.is_nan());
        assert_eq!(read(None, r#"{"loss": 1, "step": -1}"#), Some((None, 1.0)));
    }

    #[test]
    fn a_pattern_finds_its_groups() {
        assert_eq!(
            read(Some("loss: ([0-9.e-]+)"), "epoch 3, loss: 0.25 (best)"),
            Some((None, 0.25))
        );
        let both = Some(r"epoch (?<step>\d+).*loss: (?<loss>[0-9.e-]+)");
        assert_eq!(read(both, "epoch 3, loss: 0.25"), Some((Some(3), 0.25)));
        assert_eq!(read(both, r#"{"loss": 1}"#), Some((None, 1.0)), "the other forms still count");
        for (wrong, word) in [
            ("loss", "must have one group"),
            ("(a)(b)", "must have one group"),
            ("(", "--metric ("),
            ("(?<lss>.)", "no metric"),
        ] {
            let error = Metrics::new(vec!["loss".to_owned()], Vec::new(), Some(wrong)).unwrap_err();
            assert!(format!("{error:#}").contains(word), "{error:#}");
        }
    }

    #[test]
    fn a_hint_is_a_pattern_that_reads_the_line() {
        let line = "epoch 3 f1 (macro): 0.5";
        let metrics = Metrics::new(vec!["f1 (macro)".to_owned()], Vec::new(), None).unwrap();
        let hint = metrics.hint("f1 (macro)", line).unwrap();
        let pattern = hint.split('\'').nth(1).unwrap();
        let names = vec!["f1 (macro)".to_owned()];
        let metrics = Metrics::new(names, Vec::new(), Some(pattern)).unwrap();
        let report = metrics.read(line, &mut OtherNames::new()).unwrap();
        assert_eq!(report.values["f1 (macro)"], 0.5);
    }

    #[test]
    fn a_missing_metric_names_what_there_was() {
        let metrics = Metrics::new(vec!["loss".to_owned()], Vec::new(), None).unwrap();
        let mut seen = OtherNames::new();
        assert_eq!(metrics.read(r#"{"Loss": 1, "epoch": 2}"#, &mut seen), None);
        assert_eq!(metrics.read("acc=1", &mut seen), None);
        let wanted = metrics.wanted("loss", &seen);
        assert!(wanted.ends_with("; the output has `Loss`, `acc`, `epoch`"), "{wanted}");
    }
}
