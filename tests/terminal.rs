//! Strings of a storage on a terminal: whatever they hold, no control code and no letter that turns
//! a line gets there.

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hpo_core::callback::Table;
use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::space::Params;
use hpo_core::space::{Categorical, Domain, Float, Part, Space};
use hpo_core::study::Note;
use hpo_core::study::Run;
use hpo_core::terminal::{escaped, one_line};
use hpo_tests::Folder;
use proptest::prelude::*;

/// The letters that may not reach a terminal, by their Unicode names: C0 and C1 controls and DEL,
/// separators of lines and paragraphs, and the bidirectional controls.
fn is_dangerous(letter: char) -> bool {
    matches!(letter, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}')
        || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200e}' | '\u{200f}')
        || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Any text, mostly with letters that are dangerous.
fn texts() -> impl Strategy<Value = String> {
    let codes: Vec<char> = ('\0'..='\u{206f}').filter(|letter| is_dangerous(*letter)).collect();
    let letters = prop_oneof![2 => prop::sample::select(codes), 1 => any::<char>(), 3 => prop::char::range(' ', '~')];
    prop::collection::vec(letters, 1..12).prop_map(String::from_iter)
}

#[track_caller]
fn is_safe(what: &str, printed: &str) {
    let found = printed.chars().find(|letter| is_dangerous(*letter) && *letter != '\n');
    assert!(found.is_none(), "{what} prints {found:?} in {printed:?}");
}

/// Safe, and no string of a study makes a line of its own.
#[track_caller]
fn is_in_its_place(what: &str, printed: &str) {
    is_safe(what, printed);
    assert!(!printed.contains("\nFORGED"), "{what} begins a line that is not its own: {printed:?}");
}

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn space(text: &str) -> Space {
    let choices = Categorical::new([text.to_owned(), format!("{text}, or not")]);
    Space::All(vec![
        Part::new(
            format!("p{}", text.replace('.', "_")),
            Space::Leaf(Domain::Float(Float::new(0.0, 1.0))),
        ),
        Part::new("choice", Space::Leaf(Domain::Categorical(choices))),
    ])
}

/// A study whose every text is the one given.
fn study_of(text: &str, table: Table) -> (Study<Params>, Run) {
    let study = Study::<Params>::minimize()
        .space(space(text))
        .name(text)
        .metric_names([text])
        .seed(1)
        .callback(table);
    let study = study.sampler(Random).open().unwrap();
    let objective = |_: Params, trial: &mut Trial<'_>| {
        trial.constraint(text, -1.0)?;
        trial.log(0, &[(text, 1.0), ("loss", 2.0)])?;
        match trial.number() {
            1 => Err(TrialError::failed(text)),
            2 => Err(trial.prune(text).into()),
            number => Ok(number as f64),
        }
    };
    let run = study.optimize(4, objective).unwrap();
    (study, run)
}

/// What people are shown of such a study, with the name of what shows it.
fn shown_of(text: &str) -> Vec<(&'static str, String)> {
    let paper = Paper::default();
    let (study, run) = study_of(
        text,
        Table::builder().every(Duration::ZERO).output(paper.clone()).build().unwrap(),
    );
    let best = study.best_trial().unwrap().params.unwrap();
    let advice =
        study.advice().unwrap().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let changed =
        Note::SettingChanged { setting: text.to_owned(), from: text.into(), to: text.into() };
    vec![
        ("callback::Table", String::from_utf8(paper.0.lock().unwrap().clone()).unwrap()),
        ("summary", study.summary().unwrap()),
        ("Run", run.to_string()),
        ("Params", best.to_string()),
        ("Params, debug", format!("{best:?}")),
        ("FlatSpace", study.flat_space().to_string()),
        ("advice", advice),
        ("a changed setting", changed.to_string()),
    ]
}

/// Errors that quote the text.
fn errors_of(text: &str) -> Vec<hpo_core::Error> {
    let memory: Arc<dyn hpo_core::storage::Storage> = Arc::new(hpo_core::storage::Memory::new());
    let study = || {
        Study::<Params>::minimize()
            .space(space(text))
            .name(text)
            .storage(Arc::clone(&memory))
            .seed(1)
            .sampler(Random)
    };
    let empty = study().open().unwrap();
    let path = format!("p{}", text.replace('.', "_"));
    let other = Space::All(vec![Part::new(
        path,
        Space::Leaf(Domain::Categorical(Categorical::new([text.to_owned()]))),
    )]);
    let failing = |_: Params| Err::<f64, _>(TrialError::failed(text));
    let none = empty.best_value().unwrap_err();
    let all_failed = study().max_consecutive_failures(1).run(1, failing).unwrap_err();
    empty.add_trial(&empty.flat_space().default_params(), 1.0).unwrap();
    vec![
        none,
        all_failed,
        Study::<Params>::maximize()
            .space(space(text))
            .name(text)
            .storage(Arc::clone(&memory))
            .open()
            .unwrap_err(),
        Study::<Params>::minimize()
            .space(other)
            .name(text)
            .storage(Arc::clone(&memory))
            .open()
            .unwrap_err(),
        study().storage(&*format!("mysql://{text}")).open().unwrap_err(),
        Params::from_json(empty.flat_space(), &serde_json::json!({ text: 1.0 }))
            .unwrap_err()
            .into(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn no_string_of_a_study_moves_a_terminal(text in texts()) {
        for text in [text.clone(), format!("{text}\nFORGED")] {
            for (what, printed) in shown_of(&text) {
                is_in_its_place(what, &printed);
            }
            let (study, _) = study_of(&text, Table::builder().output(Paper::default()).build().unwrap());
            is_safe("results_summary", &study.results_summary(4).unwrap());
            for error in errors_of(&text) {
                is_in_its_place("an error", &error.to_string());
                is_in_its_place("what `main` says of an error", &format!("{error:?}"));
            }
        }
    }

    #[test]
    fn what_is_escaped_is_the_same_letter_to_json_and_ordinary_text_is_itself(text in any::<String>()) {
        is_safe("escaped", &escaped(&text).replace('\t', " "));
        is_safe("one line", &one_line(&text));
        prop_assert!(!one_line(&text).contains('\n'));
        let plain: String = text.chars().filter(|letter| !hpo_core::terminal::is_hidden(*letter)).collect();
        prop_assert_eq!(&escaped(&plain), &plain);
        prop_assert_eq!(&one_line(&plain), &plain);
        let quotable = text.replace(['"', '\\', '\n', '\t'], "");
        let read: String = serde_json::from_str(&format!("\"{}\"", escaped(&quotable))).unwrap();
        prop_assert_eq!(read, quotable);
    }
}

#[test]
fn every_dangerous_letter_is_escaped_and_letters_of_all_languages_are_not() {
    for letter in '\0'..=char::MAX {
        if is_dangerous(letter) {
            assert!(!one_line(letter).contains(letter), "{letter:?}");
        } else if letter.is_alphanumeric() || letter.is_ascii_punctuation() {
            assert_eq!(one_line(letter), letter.to_string());
        }
    }
    assert_eq!(escaped("é漢🙂 – ok\tand\n"), "é漢🙂 – ok\tand\n");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn progress_and_the_error_of_a_program_do_not_move_a_terminal(text in texts()) {
        let folder = Folder::new("progress");
        let file = folder.path("message");
        std::fs::write(&file, format!("{text}\nFORGED")).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_progress")).arg(&file).output().unwrap();
        let printed = String::from_utf8(output.stderr).unwrap();
        prop_assert!(!output.status.success());
        prop_assert!(printed.contains("trial 0 failed: ") && printed.contains("2 trials failed in a row"), "{}", printed);
        is_in_its_place("progress", &printed);
    }
}
