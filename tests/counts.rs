//! Counts that size memory or time: absurd ones are refused at once, and the bound is told.

use hpo_core::callback::{StopOnStagnation, TimeLimit};
use hpo_core::prelude::*;
use hpo_core::pruner::Median;
use hpo_core::report::importance::{Fanova, Measure, Relevance};
use hpo_core::sampler::{Auto, Cmaes, Gp, Nsga2, Random, Tpe};
use hpo_core::sampler::{Grid, SamplerConfig, Startup};
use hpo_core::trial::Objective;

#[derive(Debug, Clone, SearchSpace)]
struct Wide {
    #[search_space(range = 0..=u32::MAX)]
    count: u32,
    #[search_space(range = 0.0..=1.0)]
    share: f64,
}

/// Refused, and with what to give instead.
fn refuses(what: &str, told: &str) {
    let has_bounds = told.contains("give ") || told.contains("write ");
    assert!(has_bounds && told.contains(" to "), "{what}: {told}");
}

#[test]
fn settings_of_samplers_in_json_have_bounds() {
    let settings = [
        ("grid", "points"),
        ("grid", "levels"),
        ("tpe", "startup"),
        ("tpe", "candidates"),
        ("tpe", "most_good"),
        ("cmaes", "startup"),
        ("cmaes", "population"),
        ("nsga2", "startup"),
        ("nsga2", "population"),
        ("nsga2", "generation"),
        ("auto", "modelled"),
    ];
    for (sampler, setting) in settings {
        for count in ["4294967295", "200000000"] {
            let text = format!(r#"{{"{sampler}": {{"{setting}": {count}}}}}"#);
            refuses(&text, &text.parse::<SamplerConfig>().unwrap_err().to_string());
        }
        let text = format!(r#"{{"{sampler}": {{"{setting}": 18446744073709551615}}}}"#);
        assert!(text.parse::<SamplerConfig>().is_err(), "{text}");
    }
    for startup in ["per_parameter", "trials"] {
        let text = format!(r#"{{"gp": {{"startup": {{"{startup}": 4294967295}}}}}}"#);
        refuses(&text, &text.parse::<SamplerConfig>().unwrap_err().to_string());
    }
}

#[test]
fn settings_of_samplers_in_code_have_bounds() {
    let most = u32::MAX;
    refuses("tpe", &Tpe::builder().startup(most).build().unwrap_err().to_string());
    refuses("tpe", &Tpe::builder().most_good(most).build().unwrap_err().to_string());
    refuses("tpe", &Tpe::builder().candidates(most).build().unwrap_err().to_string());
    refuses("cmaes", &Cmaes::builder().startup(most).build().unwrap_err().to_string());
    refuses("cmaes", &Cmaes::builder().population(most).build().unwrap_err().to_string());
    refuses("nsga2", &Nsga2::builder().startup(most).build().unwrap_err().to_string());
    refuses("nsga2", &Nsga2::builder().population(most).build().unwrap_err().to_string());
    refuses("nsga2", &Nsga2::builder().generation(Some(most)).build().unwrap_err().to_string());
    refuses("gp", &Gp::builder().startup(Startup::Trials(most)).build().unwrap_err().to_string());
    refuses("grid", &Grid::builder().points(most).build().unwrap_err().to_string());
    refuses("grid", &Grid::builder().levels(most).build().unwrap_err().to_string());
    refuses("grid", &Grid::builder().levels(100_001).build().unwrap_err().to_string());
    refuses("grid", &Grid::builder().points(0).build().unwrap_err().to_string());
    refuses("grid", &Grid::builder().levels(0).build().unwrap_err().to_string());
    refuses("auto", &Auto::builder().modelled(usize::MAX).build().unwrap_err().to_string());
}

/// Every `build()?` fits into a function that gives back the library's own error, which keeps the
/// words.
#[test]
fn errors_of_all_builders_are_errors_of_the_library() {
    fn told<T: std::fmt::Debug, E: std::fmt::Debug + Into<hpo_core::Error>>(
        built: Result<T, E>,
    ) -> String {
        let error: hpo_core::Error = built.unwrap_err().into();
        error.to_string()
    }
    for told in [
        told(Gp::builder().noise(-1.0).build()),
        told(Tpe::builder().candidates(0).build()),
        told(Cmaes::builder().width(0.0).build()),
        told(Nsga2::builder().population(1).build()),
        told(Grid::builder().points(0).build()),
        told(Auto::builder().modelled(usize::MAX).build()),
        told(Median::builder().min_trials(0).build()),
        told(StopOnStagnation::builder().trials(0).build()),
    ] {
        assert!(told.contains("give ") || told.contains("write "), "{told}");
    }
}

#[test]
fn settings_of_runs_have_bounds() {
    refuses(
        "workers",
        &Study::<Wide>::minimize().workers(usize::MAX).open().unwrap_err().to_string(),
    );
    refuses(
        "retries",
        &Study::<Wide>::minimize().retries(u32::MAX).open().unwrap_err().to_string(),
    );
}

struct Sum;

impl HyperModel for Sum {
    type Config = Wide;
    type Data = ();
    type Model = f64;
    type Fitted = f64;
    type Error = TrialError;

    fn build(&self, wide: &Wide) -> Result<f64, TrialError> {
        Ok(wide.share + f64::from(wide.count))
    }

    fn fit(&self, _: &Wide, model: f64, (): &(), trial: &mut Trial<'_>) -> Result<f64, TrialError> {
        trial.metric("sum", model);
        Ok(model)
    }
}

#[test]
fn settings_of_tuners_have_bounds() {
    let tuner =
        || RandomSearch::new(Sum).objective(Objective::minimize("sum")).max_trials(3).seed(1);
    for executions in [10_001, 200_000_000, u32::MAX] {
        let told = tuner().executions_per_trial(executions).build().unwrap_err().to_string();
        refuses("executions_per_trial", &told);
        assert!(told.contains("executions_per_trial") && told.contains("10000"), "{told}");
    }
    assert!(tuner().executions_per_trial(0).build().is_err(), "a model is fitted at least once");
    let mut most = tuner().max_trials(1).executions_per_trial(10_000).build().unwrap();
    assert_eq!(most.search(&()).unwrap().complete, 1);
    refuses(
        "levels",
        &GridSearch::new(Sum)
            .objective(Objective::minimize("sum"))
            .levels(u32::MAX)
            .max_trials(1)
            .seed(1)
            .build()
            .and_then(|mut grid| grid.search(&()))
            .unwrap_err()
            .to_string(),
    );
}

/// The number of trials is none that sizes anything: a run that is told to stop stops.
#[test]
fn a_run_of_as_many_trials_as_can_be_counted_costs_nothing_beforehand() {
    let study = Study::<Wide>::minimize()
        .sampler(Random)
        .seed(1)
        .callback(TimeLimit::builder(std::time::Duration::ZERO).build().unwrap())
        .open()
        .unwrap();
    let run = study.optimize(u64::MAX, |wide, _| wide.share).unwrap();
    assert!(run.complete <= 1, "{run}");
}

#[test]
fn measures_of_importance_have_bounds() {
    let study =
        Study::<Wide>::minimize().sampler(Random).seed(1).run(20, |wide| wide.share).unwrap();
    let measures = [
        Measure::Fanova(Fanova { trees: u32::MAX, ..Fanova::default() }),
        Measure::Fanova(Fanova { sample: u32::MAX, ..Fanova::default() }),
        Measure::Gp(Relevance { sample: u32::MAX, ..Relevance::default() }),
    ];
    for measure in measures {
        refuses(measure.name(), &study.importances(&measure, 0).unwrap_err().to_string());
    }
}

/// Lists are counted at full length, whatever the lists within lists come to.
#[test]
fn lists_of_spaces_have_bounds() {
    use hpo_core::space::{FlatSpace, Space};
    for len in ["4294967295", "9223372036854775807"] {
        let one = format!(
            r#"{{"list": {{"len": {{"low": 0, "high": {len}}}, "of": {{"float": {{"low": 0, "high": 1}}}}}}}}"#
        );
        let two = format!(r#"{{"list": {{"len": {{"low": 0, "high": 60000}}, "of": {one}}}}}"#);
        for text in [one, two] {
            let refused =
                FlatSpace::new(&Space::from_json(&text).unwrap()).unwrap_err().to_string();
            assert!(
                refused.contains("more than") && refused.contains("shorten its lists"),
                "{refused}"
            );
        }
    }
}
