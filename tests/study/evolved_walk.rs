//! Random sequences of spaces, whose fields are added, removed, fixed and tuned again.

use std::sync::Arc;

use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::space::Params;
use proptest::prelude::{ProptestConfig, proptest};

use super::evolved::space;
use super::memory;

/// The forms of each of the three fields: tuned, fixed at its default, and fixed at another value.
/// A field may also be missing.
const FORMS: [[&str; 3]; 3] = [
    [r#"{"float": {"low": 0, "high": 1, "default": 0.5}}"#, "0.5", "0.25"],
    [r#"{"int": {"low": 0, "high": 2, "default": 1}}"#, "1", "2"],
    [r#"{"categorical": {"choices": ["u", "v"], "default": "v"}}"#, "\"v\"", "\"u\""],
];

/// The expected state of a field along such a sequence.
#[derive(Clone, Debug, Default)]
struct Known {
    was_tuned: bool,
    /// The value of the field while it is not tuned.
    stands: Option<String>,
    is_mixed: bool,
}

impl Known {
    /// Records that the field has this form from now on. `earlier` trials without a known value of
    /// the field get the value that it had until now.
    fn take(&mut self, field: usize, form: usize, earlier: &mut [[Option<String>; 3]]) {
        let default = FORMS[field][1].to_owned();
        let now = match form {
            0 => return,
            1 => default.clone(),
            _ => FORMS[field][form - 1].to_owned(),
        };
        if form > 1 && !self.was_tuned {
            self.is_mixed |= self.stands.as_ref().is_some_and(|stands| *stands != now);
        }
        let stood = self.stands.clone().unwrap_or_else(|| now.clone());
        for trial in earlier.iter_mut().filter(|trial| trial[field].is_none()) {
            trial[field] = Some(stood.clone());
        }
        self.was_tuned |= form == 1;
        self.stands = Some(now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whichever fields are added, removed, fixed and tuned again, trials are never shown with a
    /// value that they did not have. Trials with another value than that of a field that is not
    /// tuned are set aside.
    #[test]
    fn no_trial_lies(course in proptest::collection::vec([0_usize..4, 0_usize..4, 0_usize..4], 1..8), seed in 0_u64..1_000) {
        let storage = memory();
        let (mut truth, mut known) = (Vec::<[Option<String>; 3]>::new(), <[Known; 3]>::default());
        for forms in course {
            let fields: Vec<String> = (0..3).filter(|field| forms[*field] > 0).map(|field| {
                let form = FORMS[field][forms[field] - 1];
                let space = if forms[field] == 1 { form.to_owned() } else { format!("{{\"fixed\": {form}}}") };
                format!("\"{}\": {space}", ["a", "b", "c"][field])
            }).collect();
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let builder = Study::<Params>::minimize().space(space(&fields)).seed(seed).sampler(Random);
            let opened = builder.storage(Arc::clone(&storage)).open();
            let is_refused = (0..3).any(|field| forms[field] == 1 && known[field].is_mixed && !known[field].was_tuned);
            assert_eq!(opened.is_err(), is_refused, "{opened:?}");
            let Ok(study) = opened else { continue };
            (0..3).for_each(|field| known[field].take(field, forms[field], &mut truth));
            study.optimize(truth.len() as u64 + 4, |params, _| params.float("x").unwrap()).unwrap();
            for trial in &study.trials().unwrap()[truth.len()..] {
                let params = trial.params.as_ref().unwrap().to_json();
                let value = |field: usize| match params.get(["a", "b", "c"][field]) {
                    Some(value) => Some(value.to_string()),
                    None => known[field].stands.clone(),
                };
                truth.push([value(0), value(1), value(2)]);
            }
            for (trial, truth) in study.trials().unwrap().iter().zip(&truth) {
                let stands = |field: usize| !known[field].was_tuned || truth[field] == known[field].stands;
                let is_of_space = (0..3).all(|field| forms[field] == 1 || stands(field));
                assert_eq!(trial.is_set_aside(), !is_of_space, "trial {} of {truth:?}, {known:?}", trial.number);
                let Some(params) = &trial.params else { assert!(!is_of_space); continue };
                for field in (0..3).filter(|field| forms[*field] == 1) {
                    assert_eq!(Some(params.to_json()[["a", "b", "c"][field]].to_string()), truth[field]);
                }
            }
        }
    }
}
