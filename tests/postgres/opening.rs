//! URLs, passwords, encryption, and what is said of those that do not work.

use std::time::{Duration, Instant};

use hpo_core::storage::{self, StorageError};
use hpo_core::trial::Direction;
use hpo_tests::{Folder, Postgres, Server};

use super::open;

/// What opening says, and soon.
fn refused(url: &str) -> String {
    let begin = Instant::now();
    let error = storage::open(url).unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(30), "{url} has taken {:?}", begin.elapsed());
    format!("{error} {error:?}")
}

#[test]
fn urls_of_sqlalchemy_open_too() {
    let Some(database) = Postgres::new("SQLAlchemy's URLs") else { return };
    for scheme in ["postgres", "postgresql+psycopg2", "postgresql+psycopg", "postgresql+pg8000"] {
        let url = database.url().replace("postgresql", scheme);
        let location = storage::open(&url).unwrap().location();
        assert!(location.starts_with("postgresql://hpo@127.0.0.1:"), "{location}");
    }
}

#[test]
fn what_cannot_be_opened_says_why() {
    let Some(database) = Postgres::new("errors of PostgreSQL") else { return };
    let url = database.url();
    let (before, after) = url.split_once('@').unwrap();
    let wrong = refused(&format!("postgresql://hpo:wrong-secret@{after}"));
    assert!(
        wrong.contains("check the user and the password") && !wrong.contains("wrong-secret"),
        "{wrong}"
    );
    let (server, _) = url.rsplit_once('/').unwrap();
    assert!(refused(&format!("{server}/missing")).contains("createdb"));
    // Nobody listens on the port of a service of the last century.
    let nobody = refused(&format!("{before}@127.0.0.1:9/x"));
    assert!(nobody.contains("check that the server runs"), "{nobody}");
    assert!(refused(&format!("{url}?sslmode=perhaps")).contains("verify-full"));
    assert!(refused(&format!("{url}?hpo_lease=soon")).contains("60s"));
    assert!(refused(&format!("{url}?no_such=1")).contains("no_such"));
}

#[test]
fn no_message_shows_a_password() {
    let password = "s3cr%4t's";
    let texts = [
        refused(&format!("postgresql://me:{password}@[/x")),
        refused(&format!("postgresql://me:{password}@127.0.0.1:9/x")),
        refused(&format!("postgresql://me:a@{password}@127.0.0.1:9/x")),
        refused(&format!("postgresql://me:a?{password}@127.0.0.1:9/x")),
        refused(&format!("postgresql://me@127.0.0.1:9/x?password={password}")),
        refused(&format!("postgresql://me@127.0.0.1:9/x?password={password}&bad=1")),
        refused(&format!("postgresql:me:{password}@127.0.0.1:9/x")),
        refused(&format!("mysql://me:{password}@127.0.0.1:9/x")),
        refused(&format!("postgresql://me:{password}@127.0.0.1:port/x")),
    ];
    for text in texts {
        assert!(!text.contains("s3cr") && !text.contains("t's"), "{text}");
    }
}

#[test]
fn a_hostile_password_opens_and_is_shown_nowhere() {
    let Some(database) = Postgres::new("a hostile password") else { return };
    let user = database.url().rsplit_once('/').unwrap().1.to_owned();
    let make = format!(
        "CREATE ROLE {user} LOGIN PASSWORD 'p@s''s:w/o?r%d&=#'; GRANT ALL ON SCHEMA public TO {user}"
    );
    database.execute(&make);
    let (_, place) =
        database.url().split_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let url = format!("postgresql://{user}:p%40s's%3Aw%2Fo%3Fr%25d%26%3D%23@{place}");
    let storage = storage::open(&url).unwrap();
    let study = storage.create_study("x", &[Direction::Minimize]).unwrap();
    storage.delete_study(study).unwrap();
    let gone = storage.delete_study(study).unwrap_err();
    let shown = format!("{} {storage:?} {gone} {gone:?}", storage.location());
    assert!(shown.contains(&format!("postgresql://{user}@127.0.0.1:")), "{shown}");
    assert!(!shown.contains("p@s") && !shown.contains("p%40") && !shown.contains("w/o"), "{shown}");
}

#[cfg(unix)]
#[test]
fn a_password_may_stand_in_a_file_that_only_its_owner_reads() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(database) = Postgres::new("a file of passwords") else { return };
    let url = database.url();
    let (user, place) = url.trim_start_matches("postgresql://").split_once('@').unwrap();
    let (user, password) = user.split_once(':').unwrap();
    let folder = Folder::new("passfile");
    let file = folder.path("pass");
    std::fs::write(&file, format!("# mine\n*:1:*:*:another\n127.0.0.1:*:*:{user}:{password}\n"))
        .unwrap();
    let url = format!("postgresql://{user}@{place}?passfile={}", file.display());
    let mode =
        |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o600);
    storage::open(&url).unwrap();
    mode(0o644);
    assert!(refused(&url).contains(".pgpass"));
}

#[test]
fn tables_of_another_version_are_refused() {
    let Some(database) = Postgres::new("tables of another version") else { return };
    open(&database).create_study("study", &[Direction::Minimize]).unwrap();
    database.execute("UPDATE alembic_version SET version_num = 'v3.0.0.a'");
    let error = storage::open(&database.url()).unwrap_err();
    assert!(matches!(error, StorageError::Schema { .. }), "{error}");
    assert!(error.to_string().contains("optuna storage upgrade"), "{error}");
}

#[test]
fn many_open_an_empty_database_at_once() {
    let Some(database) = Postgres::new("first openings at once") else { return };
    std::thread::scope(|scope| {
        for index in 0..8 {
            let database = &database;
            scope.spawn(move || {
                let storage = open(database);
                let study =
                    storage.create_study(&index.to_string(), &[Direction::Minimize]).unwrap();
                assert_eq!(super::take(&*storage, study), 0);
            });
        }
    });
    assert_eq!(open(&database).studies().unwrap().len(), 8);
    assert_eq!(database.query("SELECT count(*) FROM hpo_version"), ["1"]);
}

#[test]
fn sslmode_means_what_libpq_means() {
    let Some(server) = Server::start("encrypted connections") else { return };
    let Some(certificate) = server.certificate() else { return };
    let open = |query: &str| storage::open(&format!("{}?application_name=tls&{query}", server.url));
    let is_encrypted = || {
        let ask = "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'tls'";
        let mut client = postgres::Client::connect(&server.url, postgres::NoTls).unwrap();
        client.query_one(ask, &[]).unwrap().get::<_, bool>(0)
    };
    let trusted = format!("sslrootcert={certificate}");
    for query in [
        "",
        "sslmode=require",
        &format!("sslmode=verify-ca&{trusted}"),
        &format!("sslmode=verify-full&{trusted}"),
    ] {
        let storage = open(query).unwrap();
        assert!(is_encrypted(), "{query}");
        drop(storage);
    }
    let storage = open("sslmode=disable").unwrap();
    assert!(!is_encrypted());
    drop(storage);
    for query in ["sslmode=verify-full", "sslmode=verify-ca"] {
        let error = open(query).unwrap_err().to_string();
        assert!(error.contains("sslrootcert"), "nobody has signed the certificate: {error}");
    }
    // It is that of 127.0.0.1 alone.
    let named = server.url.replace("127.0.0.1", "localhost");
    storage::open(&format!("{named}?sslmode=verify-ca&{trusted}")).unwrap();
    storage::open(&format!("{named}?sslmode=verify-full&{trusted}")).unwrap_err();
}

#[test]
fn workers_that_open_a_study_together_are_told_as_one_after_the_other() {
    use hpo_core::prelude::*;

    #[derive(Clone, Debug, SearchSpace)]
    struct Unit {
        #[search_space(range = 0.0..=1.0, default = 0.5)]
        x: f64,
    }

    let Some(database) = Postgres::new("openers at once on PostgreSQL") else { return };
    for round in 0..5 {
        let name = format!("study {round}");
        let open = |thread: usize| {
            let study = if thread == 0 { Study::<Unit>::maximize() } else { Study::minimize() };
            study.name(&*name).storage(storage::open(&database.url()).unwrap()).open()
        };
        let opened: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6)
                .map(|thread| {
                    scope.spawn({
                        let open = &open;
                        move || open(thread)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (opened, refused): (Vec<_>, Vec<_>) =
            opened.into_iter().partition(std::result::Result::is_ok);
        let studies: Vec<Study<Unit>> = opened.into_iter().flatten().collect();
        assert!(refused.len() == 1 || refused.len() == 5, "{refused:?}");
        assert!(studies.iter().all(|study| study.oracle().seed() == studies[0].oracle().seed()));
        assert_eq!(studies[0].trials().unwrap().len(), 1, "one baseline");
    }
}
