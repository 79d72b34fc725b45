//! Several statements, failures in the middle, cancellation.

use std::time::Duration;

use runbook::cancel::Reason;
use runbook::step::FailureKind;
use serde_json::json;

use super::server::{ALL, Server, System};
use crate::harness::context::apply;

fn create(server: &Server) -> String {
    let table = server.table();
    let engine = if server.system == System::Mariadb { " engine=innodb" } else { "" };
    server.client(&format!("create table {table} (id int primary key, name varchar(20)){engine}"));
    table
}

#[tokio::test]
async fn a_failure_takes_everything_back_unless_told_otherwise() {
    for system in ALL {
        let server = Server::new(system);
        let table = create(&server);
        let statements = json!([
            {"sql": format!("insert into {table} values (:id, 'a')"), "params": {"id": 1}},
            {"sql": format!("insert into {table} values (2, 'b'), (3, 'c')")},
            {"sql": format!("insert into {table} values (1, 'again')")},
        ]);
        let told = server.query(json!({"statements": statements})).await.unwrap_err();
        assert!(told.starts_with("statement 3 of 3: ") && told.contains("(nothing was changed)"), "{system:?}: {told}");
        assert_eq!(server.client(&format!("select count(*) from {table}")), "0", "{system:?}");

        let told = server.query(json!({"statements": statements, "transaction": false})).await.unwrap_err();
        assert!(told.contains("what came before it stays"), "{system:?}: {told}");
        assert_eq!(server.client(&format!("select count(*) from {table}")), "3", "{system:?}");

        let more = json!([
            {"sql": format!("delete from {table} where id in (:ids)"), "params": {"ids": [1, 2]}},
            {"sql": format!("select * from {table}")},
        ]);
        let result = server.query(json!({"statements": more})).await.unwrap();
        assert_eq!(result["rows"], json!([{"id": 3, "name": "c"}]), "{system:?}");
        assert_eq!(result["rows_affected"], json!(2), "{system:?}");
        assert_eq!(result["results"][0]["rows_affected"], json!(2), "{system:?}");
        assert_eq!(server.client(&format!("select id from {table}")), "3", "{system:?}");
    }
}

#[tokio::test]
async fn a_later_text_that_is_wrong_is_told_before_the_first_runs() {
    for system in ALL {
        let server = Server::new(system);
        let table = create(&server);
        let insert = format!("insert into {table} values (1, 'a')");
        let wrong = json!([{"sql": insert}, {"sql": "select :nope"}]);
        let told = server.query(json!({"statements": wrong, "transaction": false})).await.unwrap_err();
        assert!(told.contains("statement 2 of 2") && told.contains(":nope"), "{told}");
        let told = server.query(json!({"statements": [{"sql": insert}, {"sql": "commit"}]})).await.unwrap_err();
        assert!(told.contains("transaction: false"), "{told}");
        assert_eq!(server.client(&format!("select count(*) from {table}")), "0", "{system:?}");
    }
}

#[tokio::test]
async fn mariadb_commits_some_statements_by_itself_and_the_error_says_so() {
    let server = Server::new(System::Mariadb);
    let table = create(&server);
    let statements = json!([
        {"sql": format!("insert into {table} values (1, 'a')")},
        {"sql": format!("alter table {table} add extra int")},
        {"sql": "select nope"},
    ]);
    let told = server.query(json!({"statements": statements})).await.unwrap_err();
    assert!(told.contains("commits such statements by itself"), "{told}");
    assert_eq!(server.client(&format!("select count(*) from {table}")), "1");
}

#[tokio::test]
async fn a_cancelled_statement_is_stopped_on_the_server_and_undone() {
    for system in ALL {
        let server = Server::new(system);
        let table = create(&server);
        let mark = server.table();
        let slow = match system {
            System::Postgres => format!("select pg_sleep(300) /* {mark} */"),
            System::Mariadb => format!("select sleep(300) /* {mark} */"),
            System::Sqlite => {
                "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n".to_owned()
            }
        };
        let args = json!({"connection": "db", "statements": [
            {"sql": format!("insert into {table} values (1, 'a')")}, {"sql": slow},
        ]});
        let cx = server.cx.clone();
        let running = tokio::spawn(async move { apply(&cx, "query", args).await });
        wait_until_running(&server, &mark).await;
        server.cx.cancel.cancel(Reason::TimedOut(Duration::from_secs(3)));
        let failure = tokio::time::timeout(Duration::from_secs(90), running).await.unwrap().unwrap().unwrap_err();
        assert!(matches!(failure.kind, FailureKind::Stopped(Reason::TimedOut(_))), "{system:?}: {failure:?}");
        assert!(!is_running(&server, &mark), "{system:?}");
        assert_eq!(server.client(&format!("select count(*) from {table}")), "0", "{system:?}");
    }
}

fn is_running(server: &Server, mark: &str) -> bool {
    let sql = match server.system {
        System::Postgres => format!(
            "select count(*) from pg_stat_activity where state = 'active' and query like '%sleep%{mark}%' and pid <> pg_backend_pid()"
        ),
        System::Mariadb => format!(
            "select count(*) from information_schema.processlist where info like '%sleep%{mark}%' and id <> connection_id()"
        ),
        System::Sqlite => return false,
    };
    server.client(&sql) != "0"
}

async fn wait_until_running(server: &Server, mark: &str) {
    if server.system == System::Sqlite {
        // The insert has been seen to hold the lock.
        tokio::time::sleep(Duration::from_millis(500)).await;
        return;
    }
    for _ in 0..600 {
        if is_running(server, mark) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}: the statement never ran", server.system);
}

#[tokio::test]
async fn a_session_that_was_killed_is_lost_before_commit_and_replaced_after() {
    for system in [System::Postgres, System::Mariadb] {
        let server = Server::new(system);
        let table = create(&server);
        let kill = match system {
            System::Postgres => "select pg_terminate_backend(pg_backend_pid())",
            _ => "kill connection connection_id()",
        };
        let args = json!({"connection": "db", "statements": [
            {"sql": format!("insert into {table} values (1, 'a')")}, {"sql": kill},
        ]});
        let failure = apply(&server.cx, "query", args.clone()).await.unwrap_err();
        assert_eq!(failure.error.stage.as_deref(), Some("lost"), "{system:?}: {failure:?}");
        assert_eq!(failure.kind, FailureKind::Unreachable, "{system:?}: {failure:?}");
        assert_eq!(server.client(&format!("select count(*) from {table}")), "0", "{system:?}");

        let mut loose = args;
        loose["transaction"] = json!(false);
        let failure = apply(&server.cx, "query", loose).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Unknown, "{system:?}: {failure:?}");
        assert_eq!(server.query(json!({"sql": "select 1 as n"})).await.unwrap()["row"], json!({"n": 1}), "{system:?}");
    }
}
