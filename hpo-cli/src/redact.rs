//! Passwords in URLs are never printed: every message goes through here.

/// What stands for a password.
const HIDDEN: &str = "***";

/// The text without the passwords of its URLs: of `scheme://user:password@host`, and of `password=..` among settings.
///
/// A word of the text ends at a space, or at what messages put around a URL. Within it everything from the first colon of the
/// user's part to the last `@` is hidden: rather too much than a part of a password that should have been escaped.
pub(crate) fn redacted(text: &str) -> String {
    text.split_inclusive(is_end).map(|word| without_setting(&without_user(word))).collect()
}

/// The same of a text that is one URL, whatever letters its password has.
pub(crate) fn redacted_url(url: &str) -> String {
    let hidden = without_user(url);
    let Some((place, settings)) = hidden.split_once('?') else { return hidden };
    let setting = |pair: &str| match pair.split_once('=') {
        Some((key, _)) if key.contains("pass") => format!("{key}={HIDDEN}"),
        _ => pair.to_owned(),
    };
    format!("{place}?{}", settings.split('&').map(setting).collect::<Vec<_>>().join("&"))
}

fn is_end(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '`' | '\'' | '"')
}

fn without_user(word: &str) -> String {
    let found = || {
        let start = word.find("://")? + 3;
        let at = start + word[start..].rfind('@')?;
        let colon = start + word[start..at].find(':')?;
        Some(format!("{}:{HIDDEN}{}", &word[..colon], &word[at..]))
    };
    found().unwrap_or_else(|| word.to_owned())
}

fn without_setting(word: &str) -> String {
    const KEY: &str = "password=";
    let mut text = String::new();
    let mut rest = word;
    while let Some(place) = rest.find(KEY) {
        let (before, value) = rest.split_at(place + KEY.len());
        let end = value.find(|letter| letter == '&' || is_end(letter)).unwrap_or(value.len());
        text = text + before + HIDDEN;
        rest = &value[end..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden() {
        let cases = [
            ("postgresql://ann:s3cret@db.local/hpo", "postgresql://ann:***@db.local/hpo"),
            ("no `postgresql://ann:s3cret@db:5432/hpo` here", "no `postgresql://ann:***@db:5432/hpo` here"),
            ("postgresql://ann:p@ss/w:rd@db/hpo", "postgresql://ann:***@db/hpo"),
            ("mysql://ann:@db/hpo, or not", "mysql://ann:***@db/hpo, or not"),
            ("postgresql:///hpo?user=ann&password=s3cret&x=1", "postgresql:///hpo?user=ann&password=***&x=1"),
            ("host=db password=s3cret user=ann", "host=db password=*** user=ann"),
            ("two: a://b:c@d e://f:g@h", "two: a://b:***@d e://f:***@h"),
        ];
        for (text, hidden) in cases {
            assert_eq!(redacted(text), hidden);
        }
    }

    #[test]
    fn a_url_by_itself_may_have_any_letters() {
        let cases = [
            ("postgresql://hpo:se'cret@127.0.0.1:1/x", "postgresql://hpo:***@127.0.0.1:1/x"),
            ("postgresql://hpo:a b`\"c@h/x?sslmode=disable", "postgresql://hpo:***@h/x?sslmode=disable"),
            ("postgresql://h/x?password='a b'&passwd=s3cret&a=1", "postgresql://h/x?password=***&passwd=***&a=1"),
        ];
        for (url, hidden) in cases {
            assert_eq!(redacted_url(url), hidden);
        }
    }

    #[test]
    fn what_has_no_password_stays() {
        for text in [
            "postgresql://ann@db:5432/hpo",
            "sqlite:///studies.db",
            "journal:/data/a@b.journal",
            "there is no study `a:b@c`: see hpo@example.org",
            "",
        ] {
            assert_eq!(redacted(text), text);
        }
    }
}
