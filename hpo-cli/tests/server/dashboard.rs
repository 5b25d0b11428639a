//! The dashboard in a browser: every tab, changes by others, and changes by its reader.

use serde_json::{Value as Json, json};

use super::browser::Browser;
use super::{Server, sqlite};

const STUDY: &str = "/api/v1/studies/net";

/// The errors that the page has noted.
const ERRORS: &str = "document.documentElement.dataset.errors";

/// The tabs of a study with one objective, reports and choices.
const TABS: [&str; 10] = [
    "overview",
    "history",
    "curves",
    "parameters",
    "branches",
    "timeline",
    "trials",
    "config",
    "actions",
    "all",
];

/// Makes a study with complete, pruned, failed and running trials.
fn study(server: &Server) {
    let space = json!([
        {"name": "lr", "type": "float", "low": 1e-5, "high": 0.1, "log": true},
        {"name": "model", "type": "categorical", "choices": ["linear", "deep"]},
        {"name": "depth", "type": "int", "low": 1, "high": 8},
    ]);
    let opening = json!({"name": "net", "space": space, "sampler": "random", "seed": 7});
    server.post("/api/v1/studies", &opening);
    for index in 0..40 {
        let asked = server.post(&format!("{STUDY}/ask"), &json!({}));
        let trial = &asked["trial"];
        let lr = asked["params"]["lr"].as_f64().unwrap();
        let value = (lr.log10() + 3.0).powi(2) + asked["params"]["depth"].as_f64().unwrap() * 0.01;
        for step in 1..=3 {
            let report =
                json!({"report": trial, "step": step, "value": value + 1.0 / f64::from(step)});
            server.post(&format!("{STUDY}/report"), &report);
        }
        let told = match index {
            5 => json!({"tell": trial, "state": "failed"}),
            7 | 9 => json!({"tell": trial, "value": null}),
            39 => continue,
            _ => json!({"tell": trial, "value": value}),
        };
        server.post(&format!("{STUDY}/tell"), &told);
    }
}

fn by_id(id: &str) -> String {
    format!("document.getElementById('{id}')")
}

/// An expression that is true when the open panel shows its figures.
fn shows(tab: &str) -> String {
    format!(
        "document.documentElement.dataset.tab === '{tab}' && \
         [...document.querySelectorAll('.panel')].some((one) => !one.hidden && \
         (one.id === '{tab}' || '{tab}' === 'all') && one.innerText.trim() !== '' && \
         (one.dataset.kinds === '' || one.querySelector('section[data-drawn]')))"
    )
}

#[test]
fn every_tab_is_shown_by_the_mouse_and_by_the_keyboard() {
    let Some(mut browser) = Browser::open("the dashboard") else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    study(&server);
    browser.go(&server.url);
    browser.wait("document.querySelector('tbody tr')?.innerText.includes('1 running')");
    browser.click("document.querySelector('tbody a')");
    browser.wait("document.getElementById('status')?.textContent === 'live'");
    for tab in TABS {
        browser.click(&by_id(&format!("tab-{tab}")));
        browser.wait(&shows(tab));
        let is_first = tab == TABS[0];
        let address = if is_first { String::new() } else { format!("#{tab}") };
        assert_eq!(browser.value("location.hash"), json!(address));
    }
    assert_eq!(browser.value(ERRORS), json!("[]"));

    browser.go(&format!("{}/studies/net", server.url));
    browser.wait("!location.hash && document.documentElement.dataset.ready");
    while browser.value("document.activeElement.role") != json!("tab") {
        browser.press("Tab");
    }
    for tab in &TABS[1..] {
        browser.press("ArrowRight");
        browser.wait(&shows(tab));
    }
    browser.press("ArrowRight");
    browser.wait(&shows("overview"));
    assert_eq!(browser.value(ERRORS), json!("[]"));
}

#[test]
fn a_page_without_a_reload_shows_what_others_tell() {
    let Some(mut browser) = Browser::open("changes in the dashboard") else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    study(&server);
    browser.go(&format!("{}/studies/net#trials", server.url));
    browser.wait("document.getElementById('table').innerText.includes('40 trials')");
    browser.value("window.mark = 1");
    let asked = server.post(&format!("{STUDY}/ask"), &json!({}));
    server.post(&format!("{STUDY}/tell"), &json!({"tell": asked["trial"], "value": -12.5}));
    browser.wait("document.getElementById('table').innerText.includes('41 trials')");
    browser.click(&by_id("tab-history"));
    browser.wait(
        "document.querySelector('#figure-history .js-plotly-plot')?.data[1].y.at(-1) === -12.5",
    );
    browser.click(&by_id("tab-overview"));
    browser.wait("document.getElementById('facts').innerText.includes('-12.5 (trial 40)')");
    server.post(
        "/api/v1/studies",
        &json!({"name": "other", "space": [
        {"name": "x", "type": "float", "low": 0, "high": 1}]}),
    );
    assert_eq!(browser.value("window.mark"), json!(1), "the page was loaded once");
    assert_eq!(browser.value(ERRORS), json!("[]"));
}

#[test]
fn a_config_is_queued_by_the_form() {
    let Some(mut browser) = Browser::open("the form of the dashboard") else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    study(&server);
    browser.go(&format!("{}/studies/net#actions", server.url));
    let field = "document.querySelector('#enqueue [data-path=lr]')";
    browser.wait(field);
    browser.write(field, "7");
    browser.click("document.querySelector('#enqueue .bar button')");
    browser.wait(&format!("{}.textContent.includes('cannot be 7')", by_id("problem-lr")));
    browser.write(field, "0.004");
    browser.click("document.querySelector('#enqueue .bar button')");
    browser.wait(
        "document.querySelector('#enqueue [role=status]').textContent === 'Queued as trial 40'",
    );
    let trial = server.get(&format!("{STUDY}/trials/40"));
    assert_eq!((&trial["state"], &trial["params"]["lr"]), (&json!("waiting"), &json!(0.004)));
    let asked = server.post(&format!("{STUDY}/ask"), &json!({}));
    assert_eq!((&asked["trial"], &asked["params"]["lr"]), (&json!(40), &json!(0.004)));
    // A trial of its own address.
    browser.click("document.querySelector('#enqueue [role=status] a')");
    browser.wait("document.querySelector('dialog')?.innerText.includes('0.004')");
    assert_eq!(browser.value(ERRORS), json!("[]"));
}

#[test]
fn hostile_names_and_notes_are_text_and_a_study_is_removed_by_its_name() {
    let Some(mut browser) = Browser::open("hostile names in the dashboard") else { return };
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    let name = "<script>document.title='taken'</script>/../\"'&\n%2f";
    let space = json!([{"name": "<img src=x>", "type": "float", "low": 0, "high": 1}]);
    server.post("/api/v1/studies", &json!({"name": name, "space": space}));
    browser.go(&server.url);
    browser.wait("document.querySelector('tbody a')?.textContent.startsWith('<script>')");
    browser.click("document.querySelector('tbody a')");
    browser.wait("document.getElementById('status')?.textContent === 'live'");
    assert_eq!(browser.value("document.getElementById('title').textContent"), json!(name));
    browser.click(&by_id("tab-actions"));
    browser.click("document.querySelector('#notes button:last-of-type')");
    let note = "# Head\n<img src=x> [bad](javascript:alert(1)) [good](https://example.org/)";
    browser.write("document.querySelector('#notes textarea')", note);
    browser.click("document.querySelector('#notes form button')");
    browser.wait("document.querySelector('#notes h3')?.textContent === 'Head'");
    let links = "[...document.querySelectorAll('#notes a')].map((one) => one.href)";
    assert_eq!(browser.value(links), json!(["https://example.org/"]));
    assert_eq!(browser.value("document.querySelectorAll('img, main script').length"), json!(0));
    assert_eq!(browser.value(ERRORS), json!("[]"));

    let button = "document.querySelector('#remove button')";
    browser.write("document.querySelector('#remove input')", "wrong");
    assert_eq!(browser.value(&format!("{button}.disabled")), json!(true));
    assert_eq!(server.get("/api/v1/studies").as_array().map(Vec::len), Some(1));
    let path = "/api/v1/studies/%3Cscript%3Edocument.title%3D%27taken%27%3C%2Fscript%3E%2F..%2F\
                %22%27%26%0A%252f";
    let kind = ["content-type: application/json"];
    let wrong = json!({"name": "wrong"}).to_string();
    assert_eq!(server.call("DELETE", path, &kind, &wrong).0, 400);
    assert_eq!(server.call("DELETE", path, &[], "").0, 415);
    assert_eq!(server.call("DELETE", path, &kind, &json!({"name": name}).to_string()).0, 200);
    assert_eq!(server.get("/api/v1/studies"), json!([]));
}

#[test]
fn a_page_asks_for_the_token_and_a_study_is_removed_by_typing_its_name() {
    let Some(mut browser) = Browser::open("the token in the dashboard") else { return };
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "0123456789abcdef\n").unwrap();
    let server = Server::with(&sqlite(folder.path()), &["--token-file", token.to_str().unwrap()]);
    let headers = ["content-type: application/json", "authorization: Bearer 0123456789abcdef"];
    let space = json!([{"name": "x", "type": "float", "low": 0, "high": 1}]);
    let opening = json!({"name": "mine", "space": space}).to_string();
    assert_eq!(server.call("POST", "/api/v1/studies", &headers, &opening).0, 200);
    browser.go(&server.url);
    for (given, next) in [("wrong", "That token is not"), ("0123456789abcdef", "mine")] {
        browser.write("document.querySelector('dialog input')", given);
        browser.click("document.querySelector('dialog button')");
        browser.wait(&format!("document.body.innerText.includes({})", json!(next)));
    }
    browser.click("document.querySelector('tbody a')");
    browser.wait("document.getElementById('status')?.textContent === 'live'");
    browser.click(&by_id("tab-actions"));
    browser.write("document.querySelector('#remove input')", "mine");
    browser.click("document.querySelector('#remove button')");
    browser.wait("document.body.innerText.includes('There are no studies yet.')");
    let studies: Json =
        serde_json::from_str(&server.call("GET", "/api/v1/studies", &headers, "").1).unwrap();
    assert_eq!(studies, json!([]));
    assert_eq!(browser.value(ERRORS), json!("[]"));
}
