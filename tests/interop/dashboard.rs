//! optuna-dashboard over storages of ours: what people look at.

use hpo_core::storage;
use hpo_tests::{DASHBOARD, Folder};
use serde_json::{Map, Value as Json, json};

use super::seen::{run, seen_by_us};
use super::written::write;
use super::{Place, places};

#[test]
fn the_dashboard_shows_what_we_write() {
    let Some(python) = DASHBOARD.python("the dashboard over storages of ours") else {
        return;
    };
    let folder = Folder::new("dashboard");
    for Place { url, .. } in &places(&folder) {
        let storage = storage::open(url).unwrap();
        write(&*storage);
        let shown: Json = serde_json::from_str(&run(&python, "dashboard.py", &[url])).unwrap();
        let ours = seen_by_us(&*storage);
        assert_eq!(shown[0]["name"], ours[0]["name"]);
        assert_eq!(shown[0]["directions"], json!(["maximize"]));
        let trials = shown[0]["trials"].as_array().unwrap();
        assert_eq!(trials.len(), ours[0]["trials"].as_array().unwrap().len());
        for (shown, ours) in trials.iter().zip(ours[0]["trials"].as_array().unwrap()) {
            let told = json!({
                "number": shown["number"],
                "state": shown["state"].as_str().unwrap().to_uppercase(),
                "values": if shown["state"] == "Pruned" { &Json::Null } else { &shown["values"] },
                "params": params(shown),
                "reports": shown["intermediate_values"].as_array().unwrap().len(),
                "user": shown["user_attrs"].as_array().unwrap().len(),
            });
            let values = ours["values"].as_array().filter(|values| !values.is_empty());
            let kept = json!({
                "number": ours["number"],
                "state": ours["state"],
                "values": values,
                "params": ours["params"].as_object().unwrap().iter().map(text).collect::<Map<_, _>>(),
                "reports": ours["reports"].as_object().unwrap().len(),
                "user": ours["user"].as_object().unwrap().len(),
            });
            assert_eq!(told, kept, "{url}");
        }
    }
}

fn params(shown: &Json) -> Map<String, Json> {
    let param = |param: &Json| {
        (param["name"].as_str().unwrap().to_owned(), param["param_external_value"].clone())
    };
    shown["params"].as_array().unwrap().iter().map(param).collect()
}

/// As Python writes it.
fn text((name, value): (&String, &Json)) -> (String, Json) {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Null => "None".to_owned(),
        Json::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
        Json::Number(number) if number.as_f64() == Some(1e-5) => "1e-05".to_owned(),
        other => other.to_string(),
    };
    (name.clone(), Json::from(text))
}
