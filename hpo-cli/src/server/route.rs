//! What a path is, and a request to it.

use serde_json::Value as Json;

use super::App;
use super::reply::{Problem, Reply};

/// A path that the server answers.
pub(super) struct Route {
    pub(super) method: &'static str,
    /// The path; a part in braces stands for any text without `/`.
    pub(super) path: &'static str,
    /// The name of the operation.
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    /// The parameters after the `?`, with their meanings.
    pub(super) query: &'static [(&'static str, &'static str)],
    /// The schema of the body, as JSON; empty for a request without one.
    pub(super) body: &'static str,
    /// The type of the answer, and its schema as JSON; empty for an answer that is not JSON.
    pub(super) content: (&'static str, &'static str),
    pub(super) most_bytes: usize,
    pub(super) answer: fn(&App, &Asked) -> Reply,
}

impl Route {
    /// Returns true if the answer is the same for all and contains nothing of a study, so that no
    /// token is needed: the frames of pages, which ask for the token, and what they load.
    pub(super) fn is_open(&self) -> bool {
        ["listPage", "studyPage", "comparePage", "asset"].contains(&self.name)
    }
}

/// A request to a route.
#[derive(Debug)]
pub(super) struct Asked {
    /// The texts that the parts in braces stand for, in order.
    pub(super) names: Vec<String>,
    pub(super) query: String,
    pub(super) body: Vec<u8>,
    /// The header `Idempotency-Key`, if the request has one.
    pub(super) key: Option<String>,
}

impl Asked {
    /// Returns a parameter after the `?`.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(own, _)| *own == name).and_then(|(_, value)| decoded(value))
    }

    /// Returns the values of a parameter that may be given several times.
    pub(super) fn get_all(&self, name: &str) -> Vec<String> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(own, _)| *own == name).filter_map(|(_, value)| decoded(value)).collect()
    }

    /// Returns the body as JSON; an empty body is an empty object.
    pub(super) fn json(&self) -> Result<Json, Problem> {
        if self.body.trim_ascii().is_empty() {
            return Ok(Json::Object(serde_json::Map::new()));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            Problem::new(400, format!("the body is not JSON: {error}"), "send a JSON object")
        })
    }

    /// Returns the number of the study that the path names.
    pub(super) fn id(&self) -> Result<u64, Problem> {
        let name = &self.names[0];
        name.parse().map_err(|_| {
            Problem::new(400, "the number of the study is not a number", "list the studies")
        })
    }
}

/// Decodes `%20` and its like; `None` if the result is not text.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, after @ ..] = after else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16);
        bytes.push((digit(*high)? * 16 + digit(*low)?) as u8);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// Encodes a text as one part of a path.
#[cfg(test)]
pub(super) fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let byte = |byte: u8| {
        if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}
