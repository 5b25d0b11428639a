//! Redaction of passwords: every text that may hold a storage's location passes through here before
//! it is shown.
//!
//! Anything not known to be harmless is hidden. A message with too little detail can be asked
//! about, but a password that was shown cannot be taken back.

use std::borrow::Cow;

use super::journal::Sharing;

/// The text that replaces hidden parts.
const HIDDEN: &str = "***";

/// Settings of a URL whose values are shown.
const SHOWN: [&str; 9] = [
    "user",
    "host",
    "port",
    "dbname",
    "sslmode",
    "sslrootcert",
    "hpo_lease",
    "connect_timeout",
    "application_name",
];

/// Settings of a URL of which only the names are shown.
const SECRETS: [&str; 4] = ["password", "passwd", "sslpassword", "passfile"];

/// Schemes of storages that are files.
const FILES: [&str; 4] = ["journal", "sqlite", "sqlite3", "file"];

/// Endings of the names of secrets: `password`, `sslpassword`, `access_token`.
const ENDINGS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "api_key",
    "api-key",
    "access_key",
    "access-key",
    "secret_key",
];

/// Words that make a name containing them the name of a secret.
const WORDS: [&str; 5] = ["pass", "passfile", "secret", "apikey", "pw"];

/// Returns a location of a storage, a URL or a path, for messages: without anything that may be a
/// password.
///
/// ```
/// use hpo_core::storage::redacted;
///
/// assert_eq!(redacted("postgresql://ann:s3cret@db/hpo"), "postgresql://ann:***@db/hpo");
/// assert_eq!(redacted("journal:runs/a.journal"), "journal:runs/a.journal");
/// ```
#[must_use]
pub fn redacted(location: &str) -> String {
    if let Some((journal, settings)) = split_settings(location) {
        return format!("{}?{settings}", redacted(journal));
    }
    let file = without_scheme(location);
    if !may_be_url(file)
        && (!names_secret(file) || file.len() < location.len() && is_one_name(file))
    {
        return location.to_owned();
    }
    let Some((scheme, rest)) = location.split_once(':').filter(|(scheme, _)| is_scheme(scheme))
    else {
        return format!("{}{HIDDEN}", plain_start(location));
    };
    match rest.strip_prefix("//") {
        Some(rest) => format!("{scheme}://{}", redacted_authority(rest)),
        None if rest.is_empty() || (FILES.contains(&scheme) && rest.chars().all(is_of_path)) => {
            location.to_owned()
        }
        None => format!("{scheme}:{HIDDEN}"),
    }
}

/// Splits off the settings of a journal, which hold no secret.
fn split_settings(location: &str) -> Option<(&str, &str)> {
    let (journal, settings) = location.split_once('?')?;
    let is_known = journal.starts_with("journal:") && Sharing::parse(settings).is_some();
    is_known.then_some((journal, settings))
}

/// Redacts all locations in a text. A word ends at a space, or at a character that messages put
/// around a URL.
#[must_use]
pub fn redacted_text(text: &str) -> String {
    let words: String = text.split_inclusive(is_end).map(word).collect();
    without_settings(&words)
}

/// Returns true if a path may be a mistyped URL or list of settings with a password in it. If it is
/// surely meant as a file, by its scheme or because it exists, only a URL or a list counts.
pub(super) fn may_hold_secret(path: &str, is_surely_file: bool) -> bool {
    may_be_url(path) || names_secret(path) && !(is_surely_file && is_one_name(path))
}

fn may_be_url(path: &str) -> bool {
    let path = without_drive(path);
    let first = path.split(['/', '\\']).next().unwrap_or(path);
    let is_user = path.find(':').is_some_and(|colon| path[colon..].contains('@'));
    first.contains(':') || is_user || path.contains('?')
}

/// Returns true if a path is not a list of settings.
fn is_one_name(path: &str) -> bool {
    !path.contains(|letter: char| letter.is_whitespace() || matches!(letter, '&' | ';' | '%'))
}

/// Strips the scheme of a storage that is a file.
fn without_scheme(location: &str) -> &str {
    location
        .strip_prefix("journal:")
        .or_else(|| location.strip_prefix("sqlite:///"))
        .unwrap_or(location)
}

/// Strips the drive letter of a path.
fn without_drive(path: &str) -> &str {
    match path.as_bytes() {
        [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic() => &path[2..],
        _ => path,
    }
}

/// Returns true if the text sets a value whose name is that of a secret.
fn names_secret(text: &str) -> bool {
    let text = percent_decoded(text).unwrap_or(text.into());
    text.match_indices('=').any(|(position, _)| ends_with_secret(&text[..position]))
}

/// Returns true if a text ends with the name of a secret in a URL or a list of settings, and not in
/// a path.
fn ends_with_secret(text: &str) -> bool {
    let text = text.trim_end();
    let (before, name) = text.split_at(last_word(text));
    is_secret(&name.to_lowercase()) && !is_folder(before)
}

/// Returns true if a setting has the name of a secret: `password`, `PGPASSWORD`, `secret-key`, but
/// not `tokens` or `bypass`.
fn is_secret(name: &str) -> bool {
    let mut words = name.split(|letter: char| !letter.is_alphanumeric());
    ENDINGS.iter().any(|ending| name.ends_with(ending)) || words.any(|word| WORDS.contains(&word))
}

/// Returns true if a text ends with the folder of an ordinary path: `runs/lr=1/`.
fn is_folder(text: &str) -> bool {
    let start = text
        .char_indices()
        .rfind(|(_, letter)| is_end(*letter))
        .map_or(0, |(at, letter)| at + letter.len_utf8());
    let path = without_drive(without_scheme(&text[start..]));
    let first = path.split(['/', '\\']).next().unwrap_or(path);
    path.ends_with(['/', '\\'])
        && !path.contains("//")
        && !path.contains(['?', '@', ':', '&', ';'])
        && !first.contains('=')
}

/// Redacts the part of a URL after its `//`.
fn redacted_authority(rest: &str) -> String {
    let at = rest.rfind('@');
    if at.is_some_and(|at| rest[..at].contains('?')) {
        return HIDDEN.to_owned();
    }
    let (user, position) = at.map_or((None, rest), |at| (Some(&rest[..at]), &rest[at + 1..]));
    let (position, query) = position
        .split_once('?')
        .map_or((position, None), |(position, query)| (position, Some(query)));
    let (host, path) = position.split_at(position.find('/').unwrap_or(position.len()));
    let user = user.map(|user| match user.split_once(':') {
        Some((name, _)) => format!("{}:{HIDDEN}@", plain(name)),
        None => format!("{}@", plain(user)),
    });
    let Some(host) = shown_host(host) else {
        // `user:password` without a host, or with a host that does not come before the path.
        let name = host.split(':').next().unwrap_or_default();
        return format!("{}{}:{HIDDEN}", user.unwrap_or_default(), plain(name));
    };
    let path = if path.chars().all(is_of_path) { path } else { HIDDEN };
    let query = query
        .map(|query| "?".to_owned() + &query.split('&').map(setting).collect::<Vec<_>>().join("&"));
    format!("{}{host}{path}{}", user.unwrap_or_default(), query.unwrap_or_default())
}

/// Returns the hosts with their ports; `None` if a colon is followed by something other than a
/// port.
fn shown_host(hosts: &str) -> Option<&str> {
    let is_host = |host: &str| match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((address, port)) => {
            let is_address = address
                .chars()
                .all(|letter| letter.is_ascii_hexdigit() || matches!(letter, ':' | '.'));
            is_address && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        }
        None => match host.split_once(':') {
            Some((name, port)) => name.chars().all(is_plain) && is_port(port),
            None => host.chars().all(is_plain),
        },
    };
    hosts.split(',').all(is_host).then_some(hosts)
}

fn is_port(text: &str) -> bool {
    text.len() <= 5 && text.parse::<u16>().is_ok() || text.is_empty()
}

fn setting(pair: &str) -> String {
    let Some((key, value)) = pair.split_once('=') else { return HIDDEN.to_owned() };
    let name = percent_decoded(key).unwrap_or_default().to_lowercase();
    if SHOWN.contains(&&*name) && value.chars().all(is_of_path) {
        return pair.to_owned();
    }
    let is_known = SHOWN.contains(&&*name) || SECRETS.contains(&&*name);
    if is_known { format!("{name}={HIDDEN}") } else { HIDDEN.to_owned() }
}

/// Returns the text if it is a plain name, else the replacement for hidden parts.
fn plain(text: &str) -> &str {
    if text.chars().all(is_plain) { text } else { HIDDEN }
}

fn plain_start(text: &str) -> &str {
    let end = text.find(|letter| !is_plain(letter)).unwrap_or(text.len());
    &text[..end]
}

fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '+')
}

fn is_of_path(letter: char) -> bool {
    letter == '/' || is_plain(letter)
}

/// Returns true if the text is a valid scheme, the part of a URL before its colon.
pub(super) fn is_scheme(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii() && is_plain(letter))
}

fn is_end(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '`' | '\'' | '"')
}

/// Redacts a word of a text. The word includes the character that ends it.
fn word(word: &str) -> String {
    let body = word
        .trim_end_matches(|letter| is_end(letter) || matches!(letter, ',' | ';' | '.' | ')' | ':'));
    let end = &word[body.len()..];
    let is_user =
        || body.contains('/') && body.find(':').is_some_and(|colon| body[colon..].contains('@'));
    let start = match body.find("://") {
        Some(colon) => last_word(&body[..colon]),
        None if is_user() => 0,
        None => return word.to_owned(),
    };
    format!("{}{}{end}", &body[..start], redacted(&body[start..]))
}

/// Returns the position at which the last name of a text begins.
fn last_word(text: &str) -> usize {
    let before = text.char_indices().rfind(|(_, letter)| !is_plain(*letter));
    before.map_or(0, |(position, letter)| position + letter.len_utf8())
}

/// Redacts the values of settings with the names of secrets: `password=..`, `PASSWORD = '..'`.
fn without_settings(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(position) = rest.find('=') {
        let (before, value) = rest.split_at(position + 1);
        kept += before;
        rest = if ends_with_secret(&before[..position]) {
            kept += HIDDEN;
            after_value(value)
        } else {
            value
        };
    }
    kept + rest
}

/// Returns the text after a value, which may be quoted.
fn after_value(text: &str) -> &str {
    let value = text.trim_start();
    let quote = value.chars().next().filter(|letter| matches!(letter, '\'' | '"'));
    let inner = if quote.is_some() { &value[1..] } else { value };
    let mut is_escaped = false;
    let end = inner.find(|letter: char| {
        let ends =
            !is_escaped && quote.map_or(letter == '&' || is_end(letter), |quote| letter == quote);
        is_escaped = letter == '\\' && !is_escaped;
        ends
    });
    let Some(end) = end else { return "" };
    if quote.is_some() { &inner[end + 1..] } else { &inner[end..] }
}

/// Decodes the `%XX` of a text; `None` if the result is not UTF-8.
pub(super) fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let code =
            code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).map(Cow::Owned).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_lose_what_may_be_a_password_and_nothing_else() {
        for (location, hidden) in [
            ("postgresql://ann:s3cret@db.local:5432/hpo", "postgresql://ann:***@db.local:5432/hpo"),
            ("postgresql://ann:p@ss/w:rd@db/hpo", "postgresql://ann:***@db/hpo"),
            (
                "postgresql://hpo:a b`\"c@h/x?sslmode=disable",
                "postgresql://hpo:***@h/x?sslmode=disable",
            ),
            ("postgresql://ann:PW", "postgresql://ann:***"),
            ("postgresql://ann:PW/x", "postgresql://ann:***"),
            ("postgresql://ann%3APW@db/x", "postgresql://***@db/x"),
            ("postgresql://ann:a?PW@db/x", "postgresql://***"),
            (
                "postgresql://h/x?password='a b'&passwd=s3cret&a=1",
                "postgresql://h/x?password=***&passwd=***&***",
            ),
            ("postgresql://h/x?user=u&PASSWORD=PW", "postgresql://h/x?user=u&password=***"),
            (
                "postgresql://h/x?%70assword=PW&sslmode=PW%20PW",
                "postgresql://h/x?password=***&sslmode=***",
            ),
            ("postgresql:/u:S3CRET@h/x", "postgresql:***"),
            ("postgres//u:S3CRET@h/x", "postgres***"),
            ("host=h password='a PW'", "host***"),
            ("sqlite://u:PW@h/x", "sqlite://u:***@h/x"),
            ("sqlite:///none.db?password=s3cret", "sqlite:///none.db?password=***"),
            ("journal:u:PW@h/x", "journal:***"),
        ] {
            assert_eq!(redacted(location), hidden);
        }
        for location in [
            "memory",
            "",
            "a.db",
            "journal://x",
            "redis://here",
            "postgresql://ann@db:5432/hpo",
            "postgresql://[::1]:5432/x",
            "sqlite:////data/studies.db",
            "journal:/data/a@b.journal",
            "journal:C:\\data\\a.journal",
            "journal:/data/a.journal?lock=link",
            "journal:a.journal?lock=open&hpo_lease=5s",
            "/data/12:30/a.journal",
        ] {
            assert_eq!(redacted(location), location);
        }
    }

    #[test]
    fn texts_lose_the_passwords_of_their_locations() {
        for (text, hidden) in [
            (
                "no `postgresql://ann:s3cret@db:5432/hpo` here",
                "no `postgresql://ann:***@db:5432/hpo` here",
            ),
            ("mysql://ann:@db/hpo, or not", "mysql://ann:***@db/hpo, or not"),
            ("host=db password=s3cret user=ann", "host=db password=*** user=ann"),
            ("host=db PassWord = 'a \\' PW' user=ann", "host=db PassWord =*** user=ann"),
            ("two: (a://b:c@d) e://f:g@h.", "two: (a://b:***@d) e://f:***@h."),
            ("postgresql:/u:PW@h/x", "postgresql:***"),
        ] {
            assert_eq!(redacted_text(text), hidden);
        }
        for text in ["there is no study `a:b@c`: see hpo@example.org", "at 12:30, x=1", ""] {
            assert_eq!(redacted_text(text), text);
        }
    }
}
