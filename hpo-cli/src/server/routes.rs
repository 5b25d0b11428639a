//! The table of all paths: what is answered, by whom, and how it is described.

use hyper::Method;
use serde_json::Value as Json;

use super::reply::{JSON, Problem, Reply};
use super::route::{Route, decoded};
use super::{asking, changes, dashboard, events, figures, openapi, page, studies, trials};

/// The largest body of a request that asks or tells, in bytes.
const SMALL: usize = 1 << 20;

/// The largest body of a change by a program of this library, which may bring a whole study.
const LARGE: usize = 64 << 20;

const HTML: &str = "text/html; charset=utf-8";
const LINES: &str = "application/x-ndjson";

const STUDY: &str = r#"{"type": "object", "required": ["name", "directions", "trials", "best"]}"#;
const TRIAL: &str = r#"{"type": "object", "required": ["number", "state", "params", "values"]}"#;
const ANY: &str = r#"{"type": "object"}"#;
const NONE: &[(&str, &str)] = &[];

macro_rules! routes {
    ($($method:ident $path:literal $name:ident $most:ident $query:expr, $body:expr, $content:expr,
        $summary:literal, $answer:expr;)+) => {
        &[$(Route {
            method: stringify!($method),
            path: $path,
            name: stringify!($name),
            summary: $summary,
            query: $query,
            body: $body,
            content: $content,
            most_bytes: $most,
            answer: $answer,
        },)+]
    };
}

/// All paths. Programs of this library use those under `/storage`, whose bodies may change with the
/// version of the library.
pub(super) const ROUTES: &[Route] = routes! {
    GET "/" listPage SMALL NONE, "", (HTML, ""),
        "The page that lists the studies.", |_, _| page::frame("studies", "Studies");
    GET "/studies/{study}" studyPage SMALL NONE, "", (HTML, ""),
        "The page of a study.", |_, _| page::frame("study", "Study");
    GET "/compare" comparePage SMALL page::COMPARED, "", (HTML, ""),
        "The page that compares studies.", |_, _| page::frame("compare", "Comparison");
    GET "/assets/{name}" asset SMALL NONE, "", ("text/plain", ""),
        "A script or a style of the pages.", page::asset;
    GET "/studies/{study}/report" reportPage SMALL NONE, "", (HTML, ""),
        "The report of a study as one page for a file.", page::report;
    GET "/openapi.json" openapi SMALL NONE, "", (JSON, ANY),
        "This description.", |_, _| openapi::document(ROUTES);
    GET "/api/v1/studies" listStudies SMALL NONE, "",
        (JSON, r#"{"type": "array", "items": {"type": "object"}}"#),
        "All studies.", |app, _| answered(studies::list(app));
    POST "/api/v1/studies" openStudy SMALL NONE, asking::OPENING, (JSON, ANY),
        "Creates a study, or opens the one of this name.",
        |app, asked| answered(asking::open(app, asked));
    GET "/api/v1/studies/{study}" getStudy SMALL NONE, "", (JSON, STUDY),
        "One study.", |app, asked| answered(studies::one(app, &asked.names[0]));
    GET "/api/v1/studies/{study}/trials" listTrials SMALL trials::QUERY, "",
        (JSON, r#"{"type": "object", "required": ["trials", "next"]}"#),
        "Trials by number, a page at a time.", |app, asked| answered(trials::list(app, asked));
    GET "/api/v1/studies/{study}/trials/{trial}" getTrial SMALL NONE, "", (JSON, TRIAL),
        "One trial.", |app, asked| answered(trials::one(app, asked));
    GET "/api/v1/studies/{study}/overview" getOverview SMALL NONE, "", (JSON, ANY),
        "The state of a study: facts, running trials, space.",
        |app, asked| answered(dashboard::overview(app, asked));
    GET "/api/v1/studies/{study}/table" getTable SMALL dashboard::QUERY, "", (JSON, ANY),
        "Trials by columns: all, or those that have changed.",
        |app, asked| answered(dashboard::table(app, asked));
    GET "/api/v1/studies/{study}/figures" getFigures SMALL NONE, "", (JSON, ANY),
        "All figures of a study, as the page of a report contains them.", figures::all;
    GET "/api/v1/studies/{study}/figures/{kind}" getFigure SMALL NONE, "", (JSON, ANY),
        "The figures of one kind, in the form of Plotly.", figures::of_kind;
    GET "/api/v1/studies/{study}/advice" getAdvice SMALL NONE, "", (JSON, ANY),
        "Advice, the best config, and what to expect of it.", figures::advice;
    GET "/api/v1/compare" compareStudies SMALL page::COMPARED, "", (JSON, ANY),
        "The data of a comparison of studies.", page::comparison;
    GET "/api/v1/events" followEvents SMALL events::QUERY, "", ("text/event-stream", ""),
        "A stream with an event whenever something has changed.", events::stream;
    POST "/api/v1/studies/{study}/enqueue" enqueue SMALL NONE, changes::ENQUEUE, (JSON, ANY),
        "Queues a config, which is evaluated before anything is sampled.",
        |app, asked| answered(changes::enqueue(app, asked));
    DELETE "/api/v1/studies/{study}" removeStudy SMALL NONE, changes::REMOVE, (JSON, ANY),
        "Removes a study with all its trials.",
        |app, asked| answered(changes::remove(app, asked));
    POST "/api/v1/studies/{study}/ask" ask SMALL NONE, asking::ASK, (JSON, ANY),
        "Takes one trial to evaluate, or several.",
        |app, asked| answered(asking::ask(app, asked));
    POST "/api/v1/studies/{study}/report" report SMALL NONE, asking::REPORT, (JSON, ANY),
        "Reports an intermediate value.", |app, asked| answered(asking::report(app, asked));
    POST "/api/v1/studies/{study}/tell" tell SMALL NONE, asking::TELL, (JSON, ANY),
        "Ends a trial.", |app, asked| answered(asking::tell(app, asked));
    POST "/api/v1/studies/{study}/attributes" setAttribute SMALL NONE, studies::ATTRIBUTE,
        (JSON, ANY), "Sets an attribute of a study or a running trial.",
        |app, asked| answered(studies::set_attribute(app, asked));
    GET "/storage/v1/hello" storageHello SMALL NONE, "", (JSON, ANY),
        "The greeting for programs of this library.",
        |app, _| Reply::bytes(JSON, app.host.hello());
    GET "/storage/v1/studies" storageStudies SMALL NONE, "", (JSON, r#"{"type": "array"}"#),
        "The records of all studies.", |app, _| hosted(JSON, app.host.studies());
    GET "/storage/v1/studies/{id}" storageStudy SMALL NONE, "", (JSON, ANY),
        "The record of a study.", |app, asked| match asked.id() {
            Ok(id) => hosted(JSON, app.host.study(id)),
            Err(problem) => problem.into(),
        };
    GET "/storage/v1/studies/{id}/lines" storageLines SMALL
        &[("epoch", "the fold that was read"), ("after", "the bytes that were read")], "",
        (LINES, ""), "The changes of a study after a point.", |app, asked| match asked.id() {
            Ok(id) => {
                let after = asked.get("after").and_then(|after| after.parse().ok()).unwrap_or(0);
                let epoch = asked.get("epoch").unwrap_or_default();
                hosted(LINES, app.host.lines(id, &epoch, after))
            }
            Err(problem) => problem.into(),
        };
    GET "/storage/v1/studies/{id}/awaited" storageAwaited SMALL &[("guest", "who asks")], "",
        (JSON, r#"{"type": "boolean"}"#),
        "True if another live client runs a trial.", |app, asked| match asked.id() {
            Ok(id) => {
                let guest = asked.get("guest").unwrap_or_default();
                hosted(JSON, app.host.is_awaited(id, &guest))
            }
            Err(problem) => problem.into(),
        };
    POST "/storage/v1/changes" storageChange LARGE NONE, ANY, (JSON, ""),
        "Carries out a change.", |app, asked| hosted(JSON, app.host.change(&asked.body));
    POST "/storage/v1/beat" storageBeat SMALL NONE, ANY, (JSON, ANY),
        "Shows that a client is alive.", |app, asked| match asked.json() {
            Ok(body) => {
                let guest = body["guest"].as_str().unwrap_or_default();
                hosted(JSON, app.host.beat(guest).map(|()| b"{}".to_vec()))
            }
            Err(problem) => problem.into(),
        };
};

/// Returns the route of a path, and the texts of its parts in braces.
pub(super) fn find(method: &Method, path: &str) -> Result<(&'static Route, Vec<String>), Problem> {
    let of_path = |route: &'static Route| Some((route, matched(route.path, path)?));
    let found: Vec<_> = ROUTES.iter().filter_map(of_path).collect();
    // HEAD is GET without the body, which hyper leaves out.
    let asked = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let allowed: Vec<&str> = found.iter().map(|(route, _)| route.method).collect();
    if let Some(found) = found.into_iter().find(|(route, _)| route.method == asked) {
        return Ok(found);
    }
    Err(match allowed.as_slice() {
        [] => Problem::new(404, "there is nothing at this path", "see /openapi.json for all paths"),
        allowed => Problem::new(
            405,
            "this path does not take this method",
            format!("use {}", allowed.join(" or ")),
        ),
    })
}

/// Refuses a body that is not JSON by its header: a form of another site cannot send that.
pub(super) fn check_body(
    route: &Route,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<(), Problem> {
    let is_json =
        content_type.is_some_and(|own| own.split(';').next().map(str::trim) == Some(JSON));
    if route.method == "GET" && body.is_empty() || is_json {
        return Ok(());
    }
    let problem = if route.method == "GET" { "a GET has no body" } else { "the body must be JSON" };
    Err(Problem::new(415, problem, "send `Content-Type: application/json` and a JSON object"))
}

fn answered(answer: Result<Json, Problem>) -> Reply {
    match answer {
        Ok(answer) => Reply::json(&answer),
        Err(problem) => problem.into(),
    }
}

fn hosted(content: &'static str, answer: Result<Vec<u8>, hpo_core::storage::Refusal>) -> Reply {
    match answer {
        Ok(body) => Reply::bytes(content, body),
        Err(refusal) => refusal.into(),
    }
}

fn matched(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut parts, mut given) = (pattern.split('/'), path.split('/'));
    let mut names = Vec::new();
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return Some(names),
            (Some(part), Some(own)) if part.starts_with('{') => names.push(decoded(own)?),
            (Some(part), Some(own)) if part == own => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::route::encoded;
    use super::*;

    #[test]
    fn any_name_is_one_part_of_a_path() {
        for name in ["a b", "../../etc/passwd", "50 %", "ümlaut/", "<script>", "?x=1#y", ""] {
            let path = format!("/api/v1/studies/{}/trials", encoded(name));
            let (route, names) = find(&Method::GET, &path).unwrap_or_else(|_| panic!("{path}"));
            assert_eq!((route.name, names), ("listTrials", vec![name.to_owned()]));
        }
        assert_eq!(decoded("%"), None);
        assert_eq!(decoded("%ff"), None, "not UTF-8");
    }

    #[test]
    fn unknown_paths_and_methods_are_told_apart() {
        let status = |method, path| find(&method, path).map_or_else(|it| it.status, |_| 200);
        assert_eq!(status(Method::GET, "/api/v1/studies"), 200);
        assert_eq!(status(Method::HEAD, "/api/v1/studies"), 200);
        assert_eq!(status(Method::GET, "/api/v1/studies/"), 200, "the study without a name");
        assert_eq!(status(Method::PUT, "/api/v1/studies"), 405);
        assert_eq!(status(Method::GET, "/api/v2/studies"), 404);
        assert_eq!(status(Method::GET, "/../routes.rs"), 404);
    }
}
