//! Who may use the server: those who know the token, or who are on the same machine.
//!
//! A page of another site must not reach it through the browser of somebody who may: a request with
//! a foreign `Origin` is refused, and without a token so is one for a name that is not this machine
//! (an attacker's name may lead to 127.0.0.1). Browsers send no `Origin` for a picture, but they say
//! in `Sec-Fetch-Site` where the page comes from.

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};

use super::reply::Problem;

/// The rule by which requests are let in.
pub(super) struct Guard {
    token: Option<String>,
}

impl Guard {
    pub(super) fn new(token: Option<String>) -> Self {
        Self { token }
    }

    /// Refuses a request whose headers do not show that it may be made. What is open needs no
    /// token: it is the same for all and contains nothing of a study.
    pub(super) fn check(&self, headers: &HeaderMap, is_open: bool) -> Result<(), Problem> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let host = text(HOST).unwrap_or_default();
        if let Some(origin) = text(ORIGIN)
            && origin.split_once("://").is_none_or(|(_, from)| from != host)
        {
            return Err(Problem::new(
                403,
                format!("the page of {origin} may not use this server"),
                "open the pages of the server itself",
            ));
        }
        let site = text(HeaderName::from_static("sec-fetch-site"));
        if !is_open && matches!(site, Some("cross-site" | "same-site")) {
            return Err(Problem::new(
                403,
                "a page of another site may not use this server",
                "open the pages of the server itself",
            ));
        }
        let Some(token) = &self.token else { return local(host) };
        let is_known =
            is_open || text(AUTHORIZATION).and_then(given).is_some_and(|own| same(&own, token));
        if is_known {
            return Ok(());
        }
        Err(Problem::new(
            401,
            "the token is missing or wrong",
            "send `Authorization: Bearer TOKEN`; programs of this library take it from the \
             environment variable HPO_TOKEN, and the pages ask for it",
        ))
    }
}

/// Refuses a name of the server that is not this machine's own.
fn local(host: &str) -> Result<(), Problem> {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    let is_own = name == "localhost"
        || name.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    if is_own {
        return Ok(());
    }
    Err(Problem::new(
        403,
        "this server has no token, so it answers only to the names localhost and 127.0.0.1",
        "use one of these names, or start it with --token-file",
    ))
}

/// Returns the token that a header gives: as a bearer's, or as a browser's password.
fn given(header: &str) -> Option<Vec<u8>> {
    let (scheme, rest) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().as_bytes().to_vec());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64(rest.trim())?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    Some(decoded[colon + 1..].to_vec())
}

/// Compares in a time that does not depend on where the texts differ.
fn same(given: &[u8], token: &str) -> bool {
    let token = token.as_bytes();
    let mut difference = given.len() ^ token.len();
    for (index, byte) in given.iter().enumerate() {
        difference |= usize::from(byte ^ token[index % token.len().max(1)]);
    }
    std::hint::black_box(difference) == 0
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        Some(u32::from(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        }))
    };
    let mut bytes = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let mut bits = 0;
        for byte in group {
            bits = (bits << 6) | digit(*byte)?;
        }
        bits <<= 6 * (4 - group.len());
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len().max(1)]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (name.parse().unwrap(), value.parse().unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn a_token_is_taken_from_a_bearer_or_a_browser() {
        let guard = Guard::new(Some("s3cret".to_owned()));
        let check = |header| {
            guard.check(&headers(&[("host", "db:7000"), ("authorization", header)]), false)
        };
        assert!(check("Bearer s3cret").is_ok());
        // The password of a user, in base64.
        assert!(check("Basic YW5uOnMzY3JldA==").is_ok());
        for wrong in
            ["Bearer s3cre", "Bearer s3crets", "Bearer ", "Basic !", "Basic YW5u", "s3cret"]
        {
            assert_eq!(check(wrong).unwrap_err().status, 401, "{wrong}");
        }
        assert_eq!(guard.check(&headers(&[("host", "db:7000")]), false).unwrap_err().status, 401);
        assert!(guard.check(&headers(&[("host", "db:7000")]), true).is_ok());
    }

    #[test]
    fn without_a_token_only_names_of_this_machine_are_answered() {
        let guard = Guard::new(None);
        for own in ["localhost:7000", "127.0.0.1:7000", "[::1]:7000", "localhost"] {
            assert!(guard.check(&headers(&[("host", own)]), false).is_ok(), "{own}");
        }
        for other in ["evil.example:7000", "192.168.0.7:7000", ""] {
            assert_eq!(guard.check(&headers(&[("host", other)]), true).unwrap_err().status, 403);
        }
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        let guard = Guard::new(None);
        let check =
            |origin| guard.check(&headers(&[("host", "localhost:7000"), ("origin", origin)]), true);
        assert!(check("http://localhost:7000").is_ok());
        for other in ["http://evil.example", "null", "http://localhost:7001"] {
            assert_eq!(check(other).unwrap_err().status, 403, "{other}");
        }
        let fetch = |site, is_open| {
            guard.check(&headers(&[("host", "localhost:7000"), ("sec-fetch-site", site)]), is_open)
        };
        for other in ["cross-site", "same-site"] {
            assert_eq!(fetch(other, false).unwrap_err().status, 403, "{other}");
            assert!(fetch(other, true).is_ok(), "a link to a page may be followed");
        }
        assert!(fetch("same-origin", false).is_ok() && fetch("none", false).is_ok());
    }
}
