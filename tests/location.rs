//! What is a storage's URL or path, what is refused, and that no message shows a password.

use std::fs;
use std::path::Path;

use hpo_core::prelude::*;
use hpo_core::space::Params;
use hpo_core::space::{Domain, Float, Part, Space};
use hpo_core::storage::{self, Journal, Location, StorageError};
use hpo_core::study::Source;
use hpo_tests::Folder;
use proptest::prelude::*;

fn refused(text: &str) -> String {
    match Location::parse(text) {
        Err(error @ StorageError::UnknownUrl { .. }) => error.to_string(),
        other => panic!("`{text}` is {other:?}"),
    }
}

#[test]
fn relative_and_absolute_paths_are_those_of_sqlalchemy() {
    for (text, path) in [
        ("sqlite:///a.db", "a.db"),
        ("sqlite:////data/a.db", "/data/a.db"),
        ("sqlite+pysqlite:///sub/a.db", "sub/a.db"),
        ("sqlite:///./run-12:30.db", "./run-12:30.db"),
        ("journal:a.journal", "a.journal"),
        ("journal:/data/a.journal", "/data/a.journal"),
        ("journal:/data/a@b.journal", "/data/a@b.journal"),
        ("a.db", "a.db"),
        ("sub//a.journal", "sub//a.journal"),
        ("./run-12:30.journal", "./run-12:30.journal"),
    ] {
        assert_eq!(Location::parse(text).unwrap().file(), Some(Path::new(path)), "{text}");
    }
    assert!(Location::parse("memory").unwrap().is_memory());
    assert!(Location::parse("postgresql+psycopg2://ann@db/hpo").unwrap().file().is_none());
}

#[test]
fn a_plain_path_is_what_its_file_is_or_what_its_ending_says() {
    let folder = Folder::new("plain");
    let path = |name: &str| folder.path(name).display().to_string();
    rusqlite::Connection::open(path("database.journal"))
        .unwrap()
        .execute_batch("CREATE TABLE x (y)")
        .unwrap();
    fs::write(path("journal.db"), b"{}").unwrap();
    fs::write(path("empty.db"), b"").unwrap();
    drop(Journal::open(path("bare")).unwrap());
    for (name, scheme) in [
        ("database.journal", "sqlite:///"),
        ("journal.db", "journal:"),
        ("empty.db", "sqlite:///"),
        ("bare", "journal:"),
        ("new.db", "sqlite:///"),
        ("new.db3", "sqlite:///"),
        ("new.SQLITE", "sqlite:///"),
        ("new.sqlite3", "sqlite:///"),
        ("new.journal", "journal:"),
        ("new.jsonl", "journal:"),
        ("new.log", "journal:"),
        ("new", "journal:"),
    ] {
        let location = Location::parse(&path(name)).unwrap();
        assert_eq!(location.to_string(), format!("{scheme}{}", path(name)));
    }
    let storage = storage::open(&path("new.db")).unwrap();
    storage.create_study("study", &[Direction::Minimize]).unwrap();
    assert!(fs::read(path("new.db")).unwrap().starts_with(b"SQLite format 3\0"));
    let space = Space::All(vec![Part::new("x", Space::Leaf(Domain::Float(Float::new(0.0, 1.0))))]);
    let study = Study::<Params>::minimize().space(space).storage(path("new.jsonl")).seed(1);
    study.run(1, |_| 0.0).unwrap();
    assert!(fs::read_to_string(path("new.jsonl")).unwrap().starts_with("{\"op_code\":0"));
}

#[test]
fn what_looks_like_a_url_and_is_none_is_refused_with_the_right_form() {
    let from_here_or_root =
        "`journal:x` for a path from the present folder, or `journal:/x` for one from the root";
    for (text, form) in [
        ("journal://x", from_here_or_root),
        ("journal:///x", from_here_or_root),
        (
            "sqlite:x.db",
            "`sqlite:///x.db` for a path from the present folder, or `sqlite:////x.db`",
        ),
        ("sqlite:/x.db", "`sqlite:////x.db`"),
        ("sqlite://x.db", "`sqlite:///x.db`"),
        ("sqlite://", "`sqlite:///PATH`"),
        ("sqlite:///", "write `memory`"),
        ("sqlite:///:memory:", "write `memory`"),
        (":memory:", "write `memory`"),
        ("sqlite:///a.db?mode=ro", "leave out `?`"),
        ("sqlite3:///x.db", "`sqlite:///PATH`"),
        ("sqllite:///x.db", "`sqlite:///PATH`"),
        ("SQLite:///x.db", "`sqlite:///PATH`"),
        ("postgresql:/u@h/x", "write `postgresql://USER@HOST/NAME`"),
        ("postgresql:u@h", "write `postgresql://USER@HOST/NAME`"),
        ("postgresql://", "write `postgresql://USER@HOST/NAME`"),
        ("postgres//u@h/x", "write `postgresql://USER@HOST/NAME`"),
        ("postgressql://u@h/x", "write `postgresql://USER@HOST/NAME`"),
        (" postgresql://h/x", "write `postgresql://USER@HOST/NAME`"),
        ("host=h dbname=x", "write `postgresql://USER@HOST/NAME`"),
        ("u:pw@h/x", "`postgresql://USER@HOST/NAME`"),
        ("//h/x", "`h/x` for a path from the present folder, or `/h/x`"),
        (
            "mysql://h/x",
            "`memory`, `journal:PATH`, `sqlite:///PATH` or `postgresql://USER@HOST/NAME`",
        ),
        ("redis://h", "`journal:PATH`"),
        ("file:///x.journal", "write `journal:PATH`"),
        ("jornal:x", "write `journal:PATH`"),
        ("memory:", "write `memory`"),
        ("memmory", "write `memory`"),
        ("journal", "write `journal:PATH`"),
        ("runs-of-mine", "write `journal:runs-of-mine` or `sqlite:///runs-of-mine`"),
        ("run-12:30.journal", "`./run-12:30.journal`"),
        ("journal:run-12:30", "`journal:./run-12:30`"),
        ("journal: x", "leave out the space"),
        ("~/x.journal", "`~`"),
        ("journal:a.journal?x=1", "leave out `?`"),
        ("", "write `memory`"),
        ("journal:", "`journal:PATH`"),
    ] {
        let told = refused(text);
        assert!(told.contains(form), "{text}: {told}");
        assert!(storage::open(text).is_err());
        assert!(text.is_empty() || !Path::new(text).exists(), "{text} was made");
    }
    assert!(!Path::new("/x").exists() && !Path::new("/x.db").exists());
}

#[test]
fn other_texts_that_hold_a_location_hide_its_password_too() {
    let url = "postgresql://ann:s3cret@127.0.0.1:9/hpo";
    let source = Source::from(url);
    let builder = Study::<Params>::minimize().storage(url);
    let location = Location::parse(url).unwrap();
    let shown = format!("{source:?} {builder:?} {location} {location:?}");
    assert_eq!(shown.matches("postgresql://ann:***@127.0.0.1:9/hpo").count(), 4, "{shown}");
}

/// Paths in which something is set that no password is.
const ORDINARY: [&str; 19] = [
    "runs/tokens=4096/a.db",
    "runs/token=4096/a.db",
    "runs/max_tokens=4096/lr=0.1/a.journal",
    "runs/lr=0.1/token=4096/a.journal",
    "runs/bypass=1,compass=2/a.db",
    "tokens=4096/a.db",
    "tokenizer=bpe/a.journal",
    "max_tokens=512.db",
    "passes=3.journal",
    "key=3.journal",
    "./token=4096/a.db",
    "./password=reset study.journal",
    "../secret=no/a.db",
    "/data/token=4096/a.db",
    "/data/my runs/tokens=1 lr=2/a.db",
    "journal:./token=4096.journal",
    "journal:token=4096/a.journal",
    "sqlite:///token=4096/a.db",
    "sqlite:////data/key=1/a.db",
];

#[test]
fn a_path_in_which_something_is_set_is_a_path() {
    for text in ORDINARY {
        let location = Location::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let path = text.trim_start_matches("journal:").trim_start_matches("sqlite:///");
        assert_eq!(location.file(), Some(Path::new(path)), "{text}");
        assert!(location.to_string().ends_with(path), "{location}");
        assert_eq!(storage::redacted(text), text);
    }
    for (text, form) in [("token=4096/a.db", "write `./PATH`"), ("password=PW", "write `./PATH`")] {
        assert!(refused(text).contains(form), "{}", refused(text));
    }
}

#[test]
fn a_file_that_is_there_is_opened_whatever_is_set_in_its_name() {
    let folder = Folder::new("set");
    let path = format!("{}//token=4096.db", folder.path(".").display());
    assert!(refused(&path).contains("write `./PATH`"), "a doubtful path of a new file");
    for url in [format!("sqlite:///{path}"), path] {
        let storage = storage::open(&url).unwrap();
        assert!(storage.location().ends_with("token=4096.db"), "{}", storage.location());
    }
}

/// Where a secret may stand, whatever was mistyped around it.
const PLACES: [&str; 49] = [
    "postgresql://u:SECRET@127.0.0.1:9/x",
    "postgresql://u:SECRET@[::1]:9/x",
    "postgresql+psycopg2://u:SECRET@127.0.0.1:9",
    "postgresql://u:SECRET",
    "postgresql://u:SECRET/x",
    "postgresql://:SECRET@127.0.0.1:9/x",
    "postgresql://127.0.0.1:9/x?password=SECRET",
    "postgresql://127.0.0.1:9/x?user=u&PASSWORD=SECRET",
    "postgresql://127.0.0.1:9/x?%70ass%77ord=SECRET",
    "postgresql://127.0.0.1:9/x?sslpassword=SECRET&sslmode=disable",
    "postgresql://127.0.0.1:9/x?SECRET",
    "postgresql://127.0.0.1:9/x?key=SECRET",
    "postgresql://u:SECRET@127.0.0.1:port/x",
    "postgresql:/u:SECRET@h/x",
    "postgresql:u:SECRET@h/x",
    "postgresql:///u:SECRET@h/x",
    "postgres//u:SECRET@h/x",
    "postgresql//u:SECRET@h/x",
    "posgresql://u:SECRET@h/x",
    "//u:SECRET@h/x",
    "u:SECRET@h/x",
    "u@h:SECRET/x",
    "host=h password=SECRET",
    "host=h user=u password='SECRET'",
    "password = SECRET host=h",
    "dbname=x PASSWORD=\"SECRET\"",
    "sqlite://u:SECRET@h/x",
    "sqlite:///u:SECRET@h/x",
    "sqlite:////u:SECRET@h/x",
    "sqlite:///x.db?password=SECRET",
    "journal:u:SECRET@h/x",
    "journal:/u:SECRET@h/x",
    "journal://u:SECRET@h/x",
    "mysql+pymysql://u:SECRET@h/x",
    "redis://:SECRET@h",
    "https://h/x?token=SECRET",
    " postgresql://u:SECRET@h/x ",
    "password=SECRET",
    "PGPASSWORD=SECRET",
    "access_token=SECRET",
    "api-key=SECRET",
    "secret_key = SECRET",
    "postgres//h/password=SECRET",
    "postgresql:/h/password=SECRET",
    "host=h/password=SECRET",
    "x.db;password=SECRET",
    "x.db&pwd=SECRET",
    "journal:host=h password=SECRET",
    "journal:password=SECRET host=h",
];

/// What an odd letter may tear a password into.
const HALVES: [&str; 2] = ["Qx7", "zW9"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_message_shows_a_secret(place in prop::sample::select(&PLACES[..]), odd in r#"[@/:%?&=#'"` \\+;,.!\-\[\]()é]{0,3}"#) {
        // Without a host, an `@` in the password makes its end the host.
        let odd = if place.contains('@') || place.contains('?') || place.contains('=') { odd } else { odd.replace('@', "") };
        let text = place.replace("SECRET", &format!("{}{odd}{}", HALVES[0], HALVES[1]));
        let source = Source::from(&*text);
        let location = Location::parse(&text);
        let opened = storage::open(&text).map(|storage| storage.location());
        let mut shown = format!("{source:?} {location:?} {opened:?} {}", storage::redacted(&text));
        if let Err(error) = &opened {
            shown = format!("{shown} {error}");
        }
        prop_assert!(HALVES.iter().all(|half| !shown.contains(half)), "{text}: {shown}");
        prop_assert!(opened.is_err() && !Path::new(text.trim()).exists());
    }
}
