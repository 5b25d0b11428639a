//! Tables, summaries, the best config.

use hpo_core::prelude::*;
use hpo_core::report::{BestConfig, Overview, TrialTable};
use hpo_core::space::Value;
use hpo_core::trial::Direction;
use hpo_core::trial::State;

use super::{TestStudy, conditional};

#[test]
fn a_table_has_a_line_a_trial_and_leaves_inactive_parameters_empty() {
    let mut study = TestStudy::new("table", &[Direction::Minimize]);
    let (x, y) = (study.float("x"), study.float("a,b"));
    study.complete(vec![(x, Value::Float(1.5))], &[0.1]);
    let failed = study.add(
        State::Failed,
        vec![(x, Value::Float(2.0)), (y, Value::Float(3.0))],
        &[],
        Vec::new(),
    );
    study.trials.set_message(failed, "it said \"no\"");
    let table = TrialTable::of(&study.view());
    let expected = "trial,state,value,seconds,params.x,\"params.a,b\",message\n\
                    0,complete,0.1,1,1.5,,\n\
                    1,failed,,1,2.0,3.0,\"it said \"\"no\"\"\"\n";
    assert_eq!(table.to_csv(), expected);
    let json = table.to_json();
    assert_eq!(json[0]["params"], serde_json::json!({"x": 1.5}));
    assert_eq!(json[1]["message"], "it said \"no\"");
}

#[test]
fn a_config_of_no_type_is_written_as_json_alone() {
    let study = conditional("best", 300);
    let best = BestConfig::of(&study.view()).expect("trials are complete");
    assert_eq!(best.number, study.trials.best(&study.directions)[0]);
    assert!(best.json["learning_rate"].is_number());
    assert_eq!(best.rust, None, "the space is not that of a type");
}

#[derive(Debug, Clone, SearchSpace)]
enum Model {
    Linear,
    Forest {
        #[search_space(range = 2..=32)]
        depth: usize,
        #[search_space(range = 0.0..=1.0)]
        share: Option<f64>,
        #[search_space(range = 1..=64, len = 1..=3)]
        sizes: Vec<usize>,
    },
}

#[test]
fn rust_literals_know_enums_options_and_lists() {
    let study = Study::<Model>::minimize().seed(3).open().expect("a study");
    let forest = Model::Forest { depth: 7, share: Some(0.25), sizes: vec![8, 16] };
    study.add_trial(&forest, 1.0).expect("a trial");
    let written = study
        .report()
        .expect("a report")
        .best()
        .and_then(|best| best.rust.clone())
        .expect("a literal");
    assert_eq!(
        written,
        "Model::Forest {\n    depth: 7,\n    share: Some(0.25),\n    sizes: vec![8, 16],\n}"
    );
    let page = study.report().expect("a report").page(None);
    assert!(
        page.contains("as Rust") && page.contains("Model::Forest {\n    depth: 7,"),
        "the page shows it"
    );
    study.add_trial(&Model::Linear, 0.5).expect("a trial");
    let written = study.report().expect("a report").best().and_then(|best| best.rust.clone());
    assert_eq!(written.as_deref(), Some("Model::Linear"));
    assert!(
        matches!(forest, Model::Forest { depth: 7, share: Some(_), ref sizes } if sizes.len() == 2)
    );
}

#[test]
fn a_summary_tells_how_trials_ended() {
    let study = conditional("summary", 40);
    let overview = Overview::of(&study.view());
    assert_eq!(overview.counted(), "28 complete, 10 pruned, 2 failed");
    let summary = overview.summary();
    assert!(
        summary.starts_with(
            "Study summary: minimize\n  trials: 28 complete, 10 pruned, 2 failed, in 17 s\n  best: "
        ),
        "{summary}"
    );
}
