//! `hpo server` from the outside: as a storage, as an interface for other languages, and in trouble.

mod asking;
mod browser;
mod contract;
mod dashboard;
mod events;
mod hostile;
mod load;
mod restart;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

/// A running server, which is killed at the end.
struct Server {
    process: Child,
    url: String,
}

impl Server {
    /// Starts a server on a free port.
    fn new(storage: &str) -> Self {
        Self::with(storage, &[])
    }

    fn with(storage: &str, arguments: &[&str]) -> Self {
        Self::at(storage, "127.0.0.1:0", arguments)
    }

    fn at(storage: &str, listen: &str, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_hpo"))
            .args(["server", "--storage", storage, "--listen", listen])
            .args(arguments)
            .env_remove("HPO_TOKEN")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split(" at ").nth(1).unwrap_or_else(|| panic!("it said {line:?}"));
        Self { url: url.trim().to_owned(), process }
    }

    fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    fn kill(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.address().to_owned()
    }

    /// Sends bytes, and returns the whole answer.
    fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        // A server that refuses a body need not read it.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Returns the status and the body of an answer.
    fn call(&self, method: &str, path: &str, headers: &[&str], body: &str) -> (u16, String) {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n",
            self.address(),
            body.len()
        );
        for header in headers {
            head += header;
            head += "\r\n";
        }
        let answer = self.raw(format!("{head}\r\n{body}").as_bytes());
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        (status, answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned())
    }

    fn get(&self, path: &str) -> Json {
        let (status, body) = self.call("GET", path, &[], "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    fn post(&self, path: &str, body: &Json) -> Json {
        let (status, body) =
            self.call("POST", path, &["content-type: application/json"], &body.to_string());
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn sqlite(folder: &Path) -> String {
    format!("sqlite:///{}", folder.join("studies.db").display())
}

fn journal(folder: &Path) -> String {
    format!("journal:{}", folder.join("studies.journal").display())
}
