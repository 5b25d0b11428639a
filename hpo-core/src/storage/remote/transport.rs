//! Requests over HTTP, with the errors sorted by what a client does about them.

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::ROOT;
use super::wire::WireError;

/// The time in which a server must accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// The time for an answer: longer than the server's storage is patient with its own database.
const ANSWER: Duration = Duration::from_secs(90);

/// The largest answer, in bytes. A line of a log may be long, but not endless.
const MOST_BYTES: u64 = 1 << 30;

/// The connections to one server.
pub(super) struct Transport {
    agent: ureq::Agent,
    base: String,
    token: Option<String>,
}

/// The reason why a request has no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server cannot be reached, or is not ready. The request may have been carried out.
    Unreachable(String),
    /// The server refused the request.
    Refused(Box<WireError>),
    /// The answer is none of a server of this library, or of one that needs something else.
    Odd(String),
}

impl Transport {
    /// Prepares connections to the server at `base`, without connecting yet.
    pub(super) fn new(base: &str, token: Option<String>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(ANSWER))
            .max_idle_connections_per_host(64)
            .max_idle_connections(64);
        Self { agent: config.build().into(), base: base.trim_end_matches('/').to_owned(), token }
    }

    /// Asks for the JSON at a path below the root of the requests.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        parsed(&self.get_bytes(path)?)
    }

    /// Asks for the bytes at a path.
    pub(super) fn get_bytes(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let request = self.agent.get(format!("{}{ROOT}{path}", self.base));
        let request = match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        read(request.call())
    }

    /// Sends JSON to a path, and returns the JSON of the answer. With `limit`, the answer must come
    /// within that time.
    pub(super) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl serde::Serialize,
        limit: Option<Duration>,
    ) -> Result<T, Failure> {
        let request = self.agent.post(format!("{}{ROOT}{path}", self.base)).config();
        let request = request.timeout_global(Some(limit.unwrap_or(ANSWER))).build();
        let request = match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        };
        let body = serde_json::to_vec(body).map_err(|error| Failure::Odd(error.to_string()))?;
        let request = request.header("content-type", "application/json");
        parsed(&read(request.send(&body[..]))?)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("base", &self.base).finish_non_exhaustive()
    }
}

fn read(
    answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Vec<u8>, Failure> {
    let unreachable = |error: ureq::Error| Failure::Unreachable(error.to_string());
    let mut response = answered.map_err(|error| match error {
        ureq::Error::BadUri(_) | ureq::Error::Tls(_) => Failure::Odd(error.to_string()),
        error => unreachable(error),
    })?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
    let body = body.map_err(unreachable)?;
    match status {
        200 => Ok(body),
        401 => Err(Failure::Odd(
            "the token is missing or wrong: set the environment variable HPO_TOKEN to the one of \
             the server"
                .to_owned(),
        )),
        429 | 502..=504 => Err(Failure::Unreachable(refusal(&body).map_or_else(
            || format!("the server is not ready (status {status})"),
            |error| error.error,
        ))),
        _ => Err(match refusal(&body) {
            Some(error) => Failure::Refused(Box::new(error)),
            None => Failure::Odd(format!(
                "it answers with status {status}: is this the address of `hpo server`?"
            )),
        }),
    }
}

fn refusal(body: &[u8]) -> Option<WireError> {
    serde_json::from_slice(body).ok()
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|_| {
        Failure::Odd(
            "its answer is of another version, or not of `hpo server`: check the address, and use \
             one version on both sides"
                .to_owned(),
        )
    })
}
