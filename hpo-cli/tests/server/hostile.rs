//! Requests that nobody should make.

use std::process::Command;

use hpo_core::storage;
use serde_json::json;

use super::{Server, sqlite};

const JSON: &str = "content-type: application/json";

#[test]
fn a_token_is_needed_where_others_can_reach_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_hpo"))
        .args(["server", "--storage", &sqlite(folder.path()), "--listen", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--token-file"));
    assert!(!folder.path().join("studies.db").exists(), "nothing was created");

    let token = folder.path().join("token");
    std::fs::write(&token, "0123456789abcdef\n").unwrap();
    let server = Server::with(&sqlite(folder.path()), &["--token-file", token.to_str().unwrap()]);
    assert_eq!(server.call("GET", "/api/v1/studies", &[], "").0, 401);
    let wrong = ["authorization: Bearer 0123456789abcdee"];
    let (status, body) = server.call("GET", "/api/v1/studies", &wrong, "");
    assert_eq!(status, 401);
    assert!(body.contains("HPO_TOKEN"), "{body}");
    let right = ["authorization: Bearer 0123456789abcdef"];
    assert_eq!(server.call("GET", "/api/v1/studies", &right, "").0, 200);
    let error = storage::open(&server.url).unwrap_err().to_string();
    assert!(error.contains("HPO_TOKEN"), "{error}");
    let listed = Command::new(env!("CARGO_BIN_EXE_hpo"))
        .args(["studies", &server.url])
        .env("HPO_TOKEN", "0123456789abcdef")
        .output()
        .unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
}

#[test]
fn keys_are_limited() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    let ask = |key: &str| {
        let header = format!("idempotency-key: {key}");
        server.call("POST", "/api/v1/studies/none/ask", &[JSON, &header], "{}")
    };
    for key in ["k".repeat(201), "\u{e4}".to_owned(), String::new()] {
        let (status, body) = ask(&key);
        assert!(status == 400 && body.contains("Idempotency-Key"), "{key}: {status} {body}");
    }
    assert_eq!(ask(&"k".repeat(200)).0, 404, "there is no such study");
}

#[test]
fn bodies_are_limited_in_size_depth_and_kind() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    let post = |body: &str| server.call("POST", "/api/v1/studies", &[JSON], body);
    let deep = "[".repeat(100_000);
    assert_eq!(post(&format!(r#"{{"name": "a", "space": {deep}}}"#)).0, 400);
    assert_eq!(server.call("POST", "/storage/v1/changes", &[JSON], &deep).0, 400);
    assert_eq!(post(r#"{"name": 1e999}"#).0, 400);
    assert_eq!(post("{\"name\": \"a\"").0, 400);
    assert_eq!(post("\u{0}").0, 400);
    let large = format!(
        "POST /api/v1/studies HTTP/1.1\r\nhost: {}\r\n{JSON}\r\ncontent-length: 2000000\r\n\r\n",
        server.address()
    );
    assert!(server.raw(large.as_bytes()).starts_with("HTTP/1.1 413"), "before it is sent");
    let form = ["content-type: text/plain"];
    let (status, body) = server.call("POST", "/api/v1/studies", &form, "{}");
    assert_eq!(status, 415, "{body}");
    let foreign = [JSON, "origin: http://evil.example"];
    assert_eq!(server.call("POST", "/api/v1/studies", &foreign, "{}").0, 403);
    let picture = ["sec-fetch-site: cross-site"];
    let (status, body) = server.call("GET", "/api/v1/studies", &picture, "");
    assert!(status == 403 && body.contains("another site"), "{status} {body}");
    assert_eq!(server.call("GET", "/", &picture, "").0, 200, "a link to a page");
    let rebound = b"GET / HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    assert!(server.raw(rebound).starts_with("HTTP/1.1 403"));
    assert!(server.raw(b"nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
    assert_eq!(server.get("/api/v1/studies"), json!([]), "and it still answers");
}

#[test]
fn a_client_cannot_name_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    for guest in ["../../x", "hpo-guest-../../../../x", "hpo-0123456789abcdef", ""] {
        let body = json!({ "guest": guest }).to_string();
        assert_eq!(server.call("POST", "/storage/v1/beat", &[JSON], &body).0, 400, "{guest}");
    }
    let workers = folder.path().join("studies.db.workers");
    assert!(!workers.exists());
    server.post("/storage/v1/beat", &json!({"guest": "hpo-guest-0123456789abcdef"}));
    assert!(workers.join("hpo-guest-0123456789abcdef").exists());
}

#[test]
fn hostile_names_are_shown_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    let name = "<script>alert(1)</script>/../\"'&\u{202e}";
    let space = json!([{"name": "<b>x", "type": "float", "low": 0, "high": 1}]);
    server.post("/api/v1/studies", &json!({"name": name, "space": space}));
    let encoded: Vec<String> = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let encoded = encoded.concat();
    let answer = |path: &str| {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            server.address()
        );
        let answer = server.raw(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {}", &answer[..200]);
        let (head, page) = answer.split_once("\r\n\r\n").unwrap();
        let policy = head.lines().find(|line| line.starts_with("content-security-policy"));
        assert!(!page.contains("<script>alert"), "{path}: the name is escaped");
        (policy.unwrap().to_owned(), page.to_owned())
    };
    let (policy, _) = answer(&format!("/studies/{encoded}/report"));
    assert!(policy.contains("'nonce-") && !policy.contains("script-src 'unsafe"), "{policy}");
    // The other pages are the same for all studies; their scripts ask for the data.
    let frames = ["/".to_owned(), format!("/studies/{encoded}"), "/compare?study=a".to_owned()];
    for path in frames {
        let (policy, page) = answer(&path);
        assert!(policy.contains("script-src 'self';") && policy.contains("connect-src 'self'"));
        assert!(!page.contains("alert(1)"), "{path} contains a name");
        assert!(!page.contains("style=") && !page.contains("<script>"), "{path}: no inline code");
    }
    let overview = server.get(&format!("/api/v1/studies/{encoded}/overview"));
    assert_eq!(overview["name"], name);
    let comparison = server.get(&format!("/api/v1/compare?study={encoded}"));
    assert_eq!(comparison["studies"][0]["name"], name);
}
