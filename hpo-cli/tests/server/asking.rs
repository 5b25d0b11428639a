//! Ask and tell over HTTP, by hand and by the clients of `docs/server.md`.

use std::process::Command;

use serde_json::{Value as Json, json};

use super::{Server, sqlite};

const DOCS: &str = include_str!("../../../docs/server.md");

fn opening(name: &str) -> Json {
    json!({
        "name": name, "direction": "minimize", "seed": 7,
        "space": [
            {"name": "lr", "type": "float", "low": 1e-5, "high": 0.1, "log": true},
            {"name": "model", "type": "categorical", "choices": ["svc", "forest"]},
            {"name": "trees", "type": "int", "low": 1, "high": 100,
             "condition": {"param": "model", "values": ["forest"]}},
        ],
    })
}

/// Returns the only block of a language in the docs.
fn block(language: &str) -> String {
    let begin = format!("```{language}\n");
    let mut blocks = DOCS.split(&begin).skip(1);
    let block = blocks.next().unwrap().split("```").next().unwrap().to_owned();
    assert!(blocks.next().is_none(), "one block of {language}");
    block
}

/// A client that starts again opens its study again: the budget that was spent stays spent.
#[test]
fn a_study_that_is_opened_again_goes_on_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    let mut opening = opening("net");
    opening["pruner"] = json!({"asha": {"max_resource": 9}});
    opening["budget"] = json!(3);
    server.post("/api/v1/studies", &opening);
    let ask = || server.post("/api/v1/studies/net/ask", &json!({}));
    let mut told = 0;
    loop {
        let asked = ask();
        let Some(number) = asked["trial"].as_u64() else {
            assert_eq!(asked, json!({"done": true}));
            break;
        };
        let step = asked["budget"][1].as_u64().unwrap();
        let report = json!({"report": number, "step": step, "value": number});
        server.post("/api/v1/studies/net/report", &report);
        server.post("/api/v1/studies/net/tell", &json!({"tell": number, "value": number}));
        told += 1;
        assert!(told < 100);
    }
    server.post("/api/v1/studies", &opening);
    assert_eq!(ask(), json!({"done": true}));
}

#[test]
fn a_study_is_asked_and_told_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    assert_eq!(server.post("/api/v1/studies", &opening("iris")), json!({"ok": true}));
    let path = |end: &str| format!("/api/v1/studies/iris{end}");
    for number in 0..5 {
        let asked = server.post(&path("/ask"), &json!({}));
        assert_eq!(asked["trial"], number);
        let lr = asked["params"]["lr"].as_f64().unwrap();
        let report = json!({"report": number, "step": 1, "value": lr});
        assert_eq!(server.post(&path("/report"), &report), json!({"prune": false}));
        let told = json!({"tell": number, "value": lr});
        assert_eq!(server.post(&path("/tell"), &told), json!({"ok": true}));
        assert_eq!(server.post(&path("/tell"), &told), json!({"ok": true}), "the same again");
    }
    let batch = server.post(&path("/ask"), &json!({"ask": 3}));
    assert_eq!(batch["trials"].as_array().unwrap().len(), 3);
    server.post(&path("/tell"), &json!({"tell": 5, "state": "failed"}));
    let study = server.get(&path(""));
    assert_eq!(study["trials"]["complete"], 5);
    assert_eq!((&study["trials"]["failed"], &study["trials"]["running"]), (&json!(1), &json!(2)));
    let page = server.get(&path("/trials?from=4&limit=2"));
    assert_eq!((page["trials"][0]["number"].as_u64(), page["next"].as_u64()), (Some(4), Some(6)));
    assert!(page["trials"][0]["params"]["lr"].is_number(), "{page}");
    let header = ["content-type: application/json"];
    let other = json!({"tell": 0, "value": -1.0}).to_string();
    let (status, body) = server.call("POST", &path("/tell"), &header, &other);
    assert_eq!(status, 409, "another result for a trial that has one: {body}");
    assert!(body.contains("remedy"), "{body}");
}

#[test]
fn a_request_with_a_key_is_carried_out_once_also_by_the_next_server() {
    let folder = tempfile::tempdir().unwrap();
    let storage = sqlite(folder.path());
    let server = Server::new(&storage);
    server.post("/api/v1/studies", &opening("iris"));
    let ask = |server: &Server, key: &str| {
        let headers = ["content-type: application/json", &format!("idempotency-key: {key}")];
        let (status, body) = server.call("POST", "/api/v1/studies/iris/ask", &headers, "{}");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Json>(&body).unwrap()
    };
    let first = ask(&server, "a");
    assert_eq!(ask(&server, "a"), first);
    assert_eq!(ask(&server, "b")["trial"], 1);
    let address = server.kill();
    let server = Server::at(&storage, &address, &[]);
    assert_eq!(ask(&server, "a"), first);
    assert_eq!(ask(&server, "c")["trial"], 2);
}

#[test]
fn the_python_client_of_the_docs_works() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    let script = folder.path().join("client.py");
    std::fs::write(&script, block("python")).unwrap();
    let Ok(run) = Command::new("python3").arg(&script).env("HPO_SERVER", &server.url).output()
    else {
        eprintln!("there is no python3");
        return;
    };
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let study = server.get("/api/v1/studies/from-python");
    assert_eq!(study["trials"]["complete"], 30, "{study}");
    assert!(String::from_utf8_lossy(&run.stdout).contains("best"));
}

#[test]
fn the_shell_client_of_the_docs_works() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    let script = format!("set -eu\n{}", block("sh"));
    let mut run = Command::new("sh");
    let run = run.args(["-c", &script]).env("HPO_SERVER", &server.url).output().unwrap();
    if String::from_utf8_lossy(&run.stderr).contains("curl: not found") {
        return;
    }
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let study = server.get("/api/v1/studies/from-shell");
    assert_eq!(study["trials"]["complete"], 1, "{study}");
}

#[test]
fn the_description_is_that_of_the_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    server.post("/api/v1/studies", &opening("iris"));
    server.post("/api/v1/studies/iris/ask", &json!({}));
    let document = server.get("/openapi.json");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 15, "{} paths", paths.len());
    for (path, operations) in paths {
        let id = server.get("/storage/v1/studies")[0]["id"].to_string();
        let real = path.replace("{study}", "iris").replace("{trial}", "0").replace("{id}", &id);
        let real = real.replace("/awaited", "/awaited?guest=hpo-guest-0123456789abcdef");
        let real = real.replace("{name}", "page.css").replace("{kind}", "history");
        let real = real.replace("v1/compare", "v1/compare?study=iris");
        for (method, operation) in operations.as_object().unwrap() {
            let method = method.to_uppercase();
            let content = operation["responses"]["200"]["content"].as_object().unwrap();
            if content.contains_key("text/event-stream") {
                // It does not end: tests/server/events.rs reads it.
            } else if method == "GET" {
                let (status, body) = server.call(&method, &real, &[], "");
                assert_eq!(status, 200, "{real}: {body}");
                let (kind, schema) = content.iter().next().unwrap();
                if kind == "application/json" {
                    let body: Json = serde_json::from_str(&body).unwrap();
                    for key in schema["schema"]["required"].as_array().into_iter().flatten() {
                        assert!(body.get(key.as_str().unwrap()).is_some(), "{real}: no {key}");
                    }
                }
            } else {
                // An empty body is refused by what it lacks, or accepted: but the path is known.
                let headers = ["content-type: application/json"];
                let (status, body) = server.call(&method, &real, &headers, "{}");
                assert!(status == 200 || status == 400, "{method} {real}: {status} {body}");
            }
            let (status, _) = server.call("PUT", &real, &[], "");
            assert_eq!(status, 405, "{real} takes no PUT");
        }
    }
    assert_eq!(server.call("GET", "/api/v1/nothing", &[], "").0, 404);
}
