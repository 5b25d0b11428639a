//! What may stand in a journal and says nothing, and what is said of damage: no good line is lost
//! over either.

use std::fs;

use hpo_core::storage::{Journal, Storage, StorageError, StudyId};
use hpo_core::trial::{Direction, Event, Outcome, Timestamp};
use hpo_tests::Folder;
use proptest::prelude::*;

use crate::journal::{Step, params, shown, study, take};

/// A journal with three trials, of which two have ended.
fn sample(folder: &Folder) -> (std::path::PathBuf, StudyId) {
    let path = folder.path("a.journal");
    let journal = Journal::open(&path).unwrap();
    let id = study(&journal);
    journal.declare(id, &params()).unwrap();
    for number in 0..3 {
        take(&journal, id, &Step::Next(None));
        take(&journal, id, &Step::Sampled(number, 0.5, 1, 1));
        take(&journal, id, &Step::Reported(number, 1, 0.25));
        if number > 0 {
            take(&journal, id, &Step::Complete(number, 0.5));
        }
    }
    (path, id)
}

/// What both the open journal and one that opens it anew show, before and after one more change.
fn goes_on(path: &std::path::Path, id: StudyId, expected: &str) -> Result<(), TestCaseError> {
    let journal = Journal::open(path).unwrap();
    prop_assert_eq!(shown(&journal, id), expected);
    let at = Timestamp(7);
    journal.record(id, 0, &Event::Finished { outcome: Outcome::Complete(&[2.0]), at }).unwrap();
    prop_assert_eq!(shown(&journal, id), shown(&Journal::open(path).unwrap(), id));
    let is_ended = fs::read_to_string(path).unwrap().ends_with("}\n");
    prop_assert!(is_ended);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_says_nothing_is_passed_over(
        blanks in prop::collection::vec((0_usize..20, prop::sample::select(vec!["", " ", "\t \t", "\r", "\0\0\0"])), 0..8),
        crlf: bool,
        mark: bool,
        zeros in prop::option::of(0_usize..20),
        end in prop::sample::select(vec!["\n", "", "\r\n", "\n\n", "\n \n", "\n  ", "\n\0\0\0\0"]),
    ) {
        let folder = Folder::new("harmless");
        let (path, id) = sample(&folder);
        let expected = shown(&Journal::open(&path).unwrap(), id);
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        if let Some(place) = zeros.filter(|place| *place < lines.len()) {
            lines[place].insert_str(0, "\0\0\0\0\0");
        }
        for (place, blank) in blanks {
            lines.insert(place.min(lines.len() - 1), blank.to_owned());
        }
        let text = lines.join(if crlf { "\r\n" } else { "\n" }) + end;
        fs::write(&path, if mark { format!("\u{feff}{text}") } else { text }).unwrap();
        goes_on(&path, id, &expected)?;
    }
}

#[test]
fn a_last_line_that_lacks_only_its_end_is_kept_by_all_who_read_and_write() {
    let folder = Folder::new("stripped");
    let (path, id) = sample(&folder);
    let whole = fs::read_to_string(&path).unwrap();
    let expected = shown(&Journal::open(&path).unwrap(), id);
    fs::write(&path, whole.trim_end()).unwrap();
    let (one, two) = (Journal::open(&path).unwrap(), Journal::open(&path).unwrap());
    assert_eq!(shown(&one, id), expected);
    take(&two, id, &Step::Complete(0, 0.5));
    assert!(
        fs::read_to_string(&path).unwrap().starts_with(&whole),
        "the line has got its end, and stands as it was"
    );
    assert_eq!(shown(&one, id), shown(&two, id));
    take(&one, id, &Step::Next(None));
    assert_eq!(shown(&Journal::open(&path).unwrap(), id), shown(&two, id));
}

#[test]
fn a_damaged_line_is_named_and_the_lines_after_it_are_not_to_be_cut() {
    let folder = Folder::new("advice");
    let (path, _) = sample(&folder);
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    for place in 0..lines.len() {
        let mut damaged = lines.clone();
        damaged[place] = "{\"op_code\":5,\"wor";
        // Lines are counted as an editor shows them.
        damaged.insert(place, "");
        fs::write(&path, damaged.join("\n") + "\n").unwrap();
        let error = Journal::open(&path).unwrap_err();
        assert!(
            matches!(error, StorageError::Corrupt { line, .. } if line == place as u64 + 2),
            "{error}"
        );
        let words = error.to_string();
        assert!(
            words.contains("restore the file from a copy, or repair this line alone"),
            "{words}"
        );
        assert!(!words.contains("cut it"), "{words}");
    }
}

#[test]
fn an_empty_file_and_a_blank_one_are_journals_without_studies() {
    let folder = Folder::new("blank");
    for (index, content) in
        ["", "\n", "\r\n\r\n", "\u{feff}", "\u{feff}\n", " ", "\0\0"].into_iter().enumerate()
    {
        let path = folder.path(index.to_string());
        fs::write(&path, content).unwrap();
        let journal = Journal::open(&path).unwrap();
        assert!(journal.studies().unwrap().is_empty());
        journal.create_study("study", &[Direction::Minimize]).unwrap();
        assert_eq!(Journal::open(&path).unwrap().studies().unwrap().len(), 1, "{content:?}");
    }
}
