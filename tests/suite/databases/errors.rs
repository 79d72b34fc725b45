//! Connections that cannot be made, and URLs that are refused.

use runbook::cancel::Cancel;
use runbook::connection::Stage;
use runbook::connection::sql::Database;
use serde_json::json;

use super::server::{ALL, Server, System, url};
use crate::harness::context::service;

#[tokio::test]
async fn a_connection_that_cannot_be_made_says_how_far_it_came() {
    let rows = [
        ("postgres://postgres@127.0.0.1:1/test", Stage::Connect, "refused"),
        ("mysql://root@127.0.0.1:1/test", Stage::Connect, "refused"),
        ("postgres://postgres@127.0.0.1/no_such_database_here", Stage::Open, "no_such_database_here"),
        ("mysql://root@127.0.0.1/no_such_database_here", Stage::Open, "no_such_database_here"),
        ("mysql://nobody:hunter2secret@127.0.0.1/test", Stage::Authenticate, "Access denied"),
        ("postgres://no_such_role_here@127.0.0.1/test", Stage::Authenticate, "no_such_role_here"),
        ("postgres://postgres@no-such-host.invalid/test?sslmode=disable", Stage::Resolve, "no-such-host.invalid"),
        ("mysql://root@no-such-host.invalid/test", Stage::Resolve, "no-such-host.invalid"),
        ("postgres://postgres@127.0.0.1/test?sslmode=prefer", Stage::Open, "sslmode=prefer"),
        ("postgres://postgres@127.0.0.1/test?sslmode=allow", Stage::Open, "sslmode=allow"),
        ("mysql://root@127.0.0.1/test?ssl-mode=PREFERRED", Stage::Open, "ssl-mode=PREFERRED"),
        ("postgres://postgres@127.0.0.1/test?aplication_name=x", Stage::Open, "aplication_name"),
        ("mysql://root@127.0.0.1/test?nope=x", Stage::Open, "nope"),
        ("sqlite::memory:?nope=x", Stage::Open, "nope"),
        ("sqlite://", Stage::Open, "no file"),
    ];
    for (url, stage, part) in rows {
        let error = Database::open(&service("db", url), &Cancel::root()).await.expect_err(url);
        assert_eq!((error.stage, error.message.contains(part)), (stage, true), "{url}: {error:?}");
        assert!(!format!("{error:?}").contains("hunter2secret"), "{error:?}");
    }
}

#[tokio::test]
async fn verified_tls_is_never_given_up_for_clear_text() {
    // Neither server is asked for TLS by a test's URL; where it has none, or one that nobody vouches for, it is refused.
    for url in [
        "postgres://postgres@127.0.0.1/test?sslmode=verify-full",
        "mysql://root@127.0.0.1/test?ssl-mode=VERIFY_IDENTITY",
    ] {
        let error = Database::open(&service("db", url), &Cancel::root()).await.expect_err(url);
        assert_eq!(error.stage, Stage::Verify, "{url}: {error:?}");
    }
}

#[tokio::test]
async fn the_password_is_in_no_debug_output() {
    let folder = tempfile::tempdir().unwrap();
    let plain = url(System::Postgres, folder.path());
    let mut parsed = url::Url::parse(&plain).unwrap();
    if parsed.password().is_none() {
        parsed.set_password(Some("hunter2secret")).unwrap();
    }
    let database = Database::open(&service("db", parsed.as_str()), &Cancel::root()).await.unwrap();
    let shown = format!("{database:?}");
    assert!(shown.contains("`db`") && !shown.contains("hunter2secret"), "{shown}");
    database.close().await;
}

#[tokio::test]
async fn an_error_of_a_statement_has_the_servers_words_and_code() {
    for system in ALL {
        let server = Server::new(system);
        let told = server.query(json!({"sql": "select 1,\n nope_column"})).await.unwrap_err();
        let code = match system {
            System::Postgres => "(42703) in line 2",
            System::Mariadb => "(1054)",
            System::Sqlite => "no such column: nope_column",
        };
        assert!(told.contains("nope_column") && told.contains(code), "{system:?}: {told}");
    }
}

#[tokio::test]
async fn two_columns_of_one_name_are_refused() {
    for system in ALL {
        let server = Server::new(system);
        let told = server.query(json!({"sql": "select 1 as a, 2 as a"})).await.unwrap_err();
        assert!(told.contains("two columns") && told.contains("a_2"), "{system:?}: {told}");
    }
}

#[tokio::test]
async fn looking_does_not_make_a_sqlite_file() {
    let server = Server::new(System::Sqlite);
    let result = server.query(json!({"sql": "select count(*) as n from sqlite_master"})).await.unwrap();
    assert_eq!(result["row"], json!({"n": 0}));
    assert!(!server.file().exists());
    server.query(json!({"sql": "create table t (a)"})).await.unwrap();
    assert_eq!(server.client("select name from sqlite_master"), "t");
    assert_eq!(server.value("select count(*) as n from t", json!({})).await, Ok(json!(0)));
}

#[tokio::test]
async fn a_database_in_memory_lives_as_long_as_its_connection() {
    let folder = tempfile::tempdir().unwrap();
    for url in ["sqlite::memory:", "sqlite://:memory:"] {
        let (cx, _) = crate::harness::context::context(folder.path(), vec![service("db", url)]);
        let run = |sql: &str| {
            let (cx, args) = (cx.clone(), json!({"connection": "db", "sql": sql}));
            async move { crate::harness::context::apply(&cx, "query", args).await }
        };
        run("create table t (a int)").await.unwrap();
        run("insert into t values (5)").await.unwrap();
        assert!(run("select nope").await.is_err());
        assert_eq!(run("select a from t").await.unwrap().result["row"], json!({"a": 5}), "{url}");
    }
}
