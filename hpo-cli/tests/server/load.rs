//! Measurements, run by `scripts/server_load.sh`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hpo_core::prelude::*;
use hpo_core::sampler::Random;
use hpo_core::space::{Params, Space};
use hpo_core::study::AskOutcome;
use hpo_core::trial::Outcome;
use serde_json::{Value as Json, json};

use super::{Server, journal, sqlite};

/// The time of each measurement.
const TIME: Duration = Duration::from_secs(5);

#[test]
#[ignore = "a measurement"]
fn asks_and_tells_per_second() {
    for (kind, location) in
        [("sqlite", sqlite as fn(&std::path::Path) -> String), ("journal", journal)]
    {
        for clients in [1, 8, 32] {
            let folder = tempfile::tempdir().unwrap();
            let server = Server::new(&location(folder.path()));
            let rate = over_http(&server, clients);
            println!("{kind}: ask and tell by JSON, {clients} clients: {rate:.0} trials/s");
            let rate = by_library(&server, clients);
            println!("{kind}: ask and tell by the library, {clients} clients: {rate:.0} trials/s");
        }
    }
}

fn over_http(server: &Server, clients: usize) -> f64 {
    let space = json!([
        {"name": "x", "type": "float", "low": 0, "high": 1},
        {"name": "y", "type": "float", "low": 0, "high": 1},
    ]);
    let opening = json!({"name": "json", "space": space, "sampler": "random", "seed": 7});
    server.post("/api/v1/studies", &opening);
    measured(clients, || {
        let mut connection = Connection::new(server.address());
        move || {
            let asked = connection.post("/api/v1/studies/json/ask", &json!({}));
            let value = asked["params"]["x"].as_f64().unwrap();
            let told = json!({"tell": asked["trial"], "value": value});
            assert_eq!(connection.post("/api/v1/studies/json/tell", &told), json!({"ok": true}));
        }
    })
}

fn by_library(server: &Server, clients: usize) -> f64 {
    let space = r#"{"all": {"x": {"float": {"low": 0.0, "high": 1.0}},
        "y": {"float": {"low": 0.0, "high": 1.0}}}}"#;
    measured(clients, || {
        let study = Study::<Params>::minimize().space(Space::from_json(space).unwrap());
        let study = study.sampler(Random).storage(&*server.url).name("library").seed(7);
        let study = study.ctrl_c(false).open().unwrap();
        move || {
            let AskOutcome::Trial(job) = study.oracle().ask(None).unwrap() else { panic!() };
            study.oracle().tell(job.number, Outcome::Complete(&[0.5])).unwrap();
        }
    })
}

/// Runs clients side by side, and returns the number of calls per second of all.
fn measured<W: FnMut()>(clients: usize, client: impl Fn() -> W + Sync) -> f64 {
    let count = AtomicU64::new(0);
    let begin = Instant::now();
    thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                let mut work = client();
                while begin.elapsed() < TIME {
                    work();
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    count.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64()
}

/// A connection that stays open.
struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Connection {
    fn new(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), host: address.to_owned() }
    }

    fn post(&mut self, path: &str, body: &Json) -> Json {
        let (body, host) = (body.to_string(), &self.host);
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let (mut length, mut line) = (0, String::new());
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).unwrap();
        serde_json::from_slice(&answer).unwrap()
    }
}
