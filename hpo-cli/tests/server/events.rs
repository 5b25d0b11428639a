//! Streams of events, and the data of pages without a browser.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Server, sqlite};

/// A stream of events that is open.
struct Stream(TcpStream, String);

impl Stream {
    fn open(server: &Server, query: &str) -> Self {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let host = server.address();
        let request = format!("GET /api/v1/events{query} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        Self(stream, String::new())
    }

    /// Reads until a text has come so many times; returns false at the end of the stream.
    fn wait(&mut self, text: &str, times: usize) -> bool {
        let mut piece = [0; 4_096];
        while self.1.matches(text).count() < times {
            match self.0.read(&mut piece) {
                Ok(0) | Err(_) => return false,
                Ok(length) => self.1 += &String::from_utf8_lossy(&piece[..length]),
            }
        }
        true
    }
}

fn open(server: &Server, name: &str) {
    let space = json!([{"name": "x", "type": "float", "low": 0, "high": 1}]);
    server.post("/api/v1/studies", &json!({"name": name, "space": space, "sampler": "random"}));
}

#[test]
fn an_event_comes_when_a_study_has_changed_and_only_then() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    open(&server, "a");
    open(&server, "b");
    let (mut own, mut list) = (Stream::open(&server, "?study=a"), Stream::open(&server, ""));
    assert!(own.wait("event: change", 1) && list.wait("event: change", 1), "one at once");
    server.post("/api/v1/studies/b/ask", &json!({}));
    assert!(list.wait("event: change", 2));
    server.post("/api/v1/studies/a/attributes", &json!({"key": "note", "value": "first"}));
    assert!(own.wait("event: change", 2));
    assert_eq!(own.1.matches("event: change").count(), 2, "nothing came for the other study");
    let (status, body) = server.call("GET", "/api/v1/events?study=none", &[], "");
    assert!(status == 404 && body.contains("there is no study"), "{body}");
}

#[test]
fn a_second_stream_raises_no_event_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    open(&server, "a");
    let mut first = Stream::open(&server, "?study=a");
    assert!(first.wait("\n\n", 1));
    let mut second = Stream::open(&server, "?study=a");
    assert!(second.wait("\n\n", 1));
    assert!(first.1.contains("x-accel-buffering: no"), "proxies pass events on at once");
    server.post("/api/v1/studies/a/attributes", &json!({"key": "note", "value": "first"}));
    assert!(first.wait("\n\n", 2));
    let states: Vec<&str> = first.1.lines().filter(|line| line.starts_with("data: ")).collect();
    assert_ne!(states[0], states[1], "an event came without a change");
}

#[test]
fn a_thousand_idle_streams_leave_the_server_usable_and_end_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    open(&server, "a");
    let mut streams: Vec<Stream> = (0..1_000).map(|_| Stream::open(&server, "?study=a")).collect();
    assert!(streams.iter_mut().all(|stream| stream.wait("event: change", 1)));
    let asked = server.post("/api/v1/studies/a/ask", &json!({}));
    server.post("/api/v1/studies/a/tell", &json!({"tell": asked["trial"], "value": 1}));
    assert!(streams.iter_mut().all(|stream| stream.wait("event: change", 2)));
    let threads = std::fs::read_dir(format!("/proc/{}/task", server.process.id()));
    if let Ok(threads) = threads {
        assert!(threads.count() < 300, "no thread for each stream");
    }
    let begin = Instant::now();
    let process = server.process.id().to_string();
    assert!(std::process::Command::new("kill").arg(process).status().unwrap().success());
    assert!(!streams[0].wait("never", 1), "the stream ends");
    assert!(begin.elapsed() < Duration::from_secs(15), "the server does not wait for streams");
}

#[test]
fn a_table_brings_what_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    open(&server, "a");
    for value in 0..5 {
        let asked = server.post("/api/v1/studies/a/ask", &json!({}));
        server.post("/api/v1/studies/a/tell", &json!({"tell": asked["trial"], "value": value}));
    }
    let table = server.get("/api/v1/studies/a/table");
    assert_eq!(table["columns"][0]["of"], json!([0, 1, 2, 3, 4]));
    let running = server.post("/api/v1/studies/a/ask", &json!({}));
    let since =
        |since: &serde_json::Value| server.get(&format!("/api/v1/studies/a/table?since={since}"));
    let next = since(&table["changes"]);
    assert_eq!(next["columns"][0]["of"], json!([5]));
    assert_eq!(since(&next["changes"])["columns"][0]["of"], json!([5]), "it has not ended");
    server.post("/api/v1/studies/a/tell", &json!({"tell": running["trial"], "value": 9}));
    let last = since(&next["changes"]);
    assert_eq!(last["columns"][0]["of"], json!([5]));
    assert_eq!(since(&last["changes"])["columns"][0]["of"], json!([]));
    assert_eq!(server.call("GET", "/api/v1/studies/a/table?since=x", &[], "").0, 400);
}

#[test]
fn figures_are_those_of_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(&sqlite(folder.path()));
    open(&server, "a");
    for value in 0..20 {
        let asked = server.post("/api/v1/studies/a/ask", &json!({}));
        server.post("/api/v1/studies/a/tell", &json!({"tell": asked["trial"], "value": value}));
    }
    let all = server.get("/api/v1/studies/a/figures");
    let figures = all["studies"][0]["figures"].as_array().unwrap();
    assert!(figures.iter().any(|figure| figure["kind"] == "history"));
    for kind in ["history", "importances", "slice", "timeline"] {
        let own = server.get(&format!("/api/v1/studies/a/figures/{kind}"));
        let same = figures.iter().find(|figure| figure["kind"] == kind).unwrap();
        assert_eq!(own["figures"][0]["title"], same["title"]);
        assert_eq!(own["changes"], server.get("/api/v1/studies/a/overview")["changes"]);
    }
    assert_eq!(server.call("GET", "/api/v1/studies/a/figures/none", &[], "").0, 404);
}
