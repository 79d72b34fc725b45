//! The step: its parameters, its result, files of rows.

use runbook::event::Class;
use runbook::step::Verdict;
use serde_json::{Value, json};

use super::server::{ALL, Server, System};
use crate::harness::context::{apply, step};

#[test]
fn combinations_that_make_no_sense_are_refused() {
    let rows = [
        (json!({}), "must be given"),
        (json!({"sql": "select 1", "file": "q.sql"}), "exclude one another"),
        (json!({"sql": "select 1", "command": ["GET", "a"]}), "exclude one another"),
        (json!({"sql": "select 1", "limit": 5}), "fetch: many"),
        (json!({"sql": "select 1", "fetch": "one", "offset": 5}), "fetch: many"),
        (json!({"sql": "select 1", "fetch": "many"}), "needs a `limit`"),
        (json!({"sql": "select 1", "save": "out.xml"}), ".csv, .json or .jsonl"),
        (json!({"sql": "select 1", "save": "out.csv", "fetch": "none"}), "exclude one another"),
        (json!({"statements": [{"sql": "select 1"}], "params": {"a": 1}}), "each of `statements` has its own"),
        (json!({"statements": []}), "empty"),
        (json!({"command": []}), "empty"),
        (json!({"command": ["GET", "a"], "params": {}}), "Redis"),
        (json!({"command": ["subscribe", "a"]}), "`subscribe` step"),
        (json!({"command": ["SET", "a", {"b": 1}]}), "to_json"),
        (json!({"file": "q.sql"}), "was not read"),
    ];
    for (mut args, part) in rows {
        args["connection"] = "db".into();
        let told = step("query", args.clone()).err().unwrap_or_default();
        assert!(told.contains(part), "{args}: {told:?}");
    }
}

#[test]
fn the_class_goes_by_what_is_run() {
    let rows = [
        (json!({"sql": "select 1"}), Class::Read),
        (json!({"sql": "select 1", "save": "a.csv"}), Class::Action),
        (json!({"sql": "delete from t"}), Class::Action),
        (json!({"statements": [{"sql": "select 1"}, {"sql": "show tables"}]}), Class::Read),
        (json!({"statements": [{"sql": "select 1"}, {"sql": "drop table t"}]}), Class::Action),
        (json!({"command": ["get", "a"]}), Class::Read),
        (json!({"command": ["SET", "a", 5]}), Class::Action),
        (json!({"file": "q.sql", "rendered": {"": "select 1"}}), Class::Read),
    ];
    for (mut args, class) in rows {
        args["connection"] = "db".into();
        assert_eq!(step("query", args.clone()).unwrap().class(), class, "{args}");
    }
    let kind = runbook::step::find("query").unwrap();
    assert_eq!((kind.sources)(&json!({"file": "q.sql"})), [("q.sql".to_owned(), runbook::step::SourceUse::Text)]);
}

#[tokio::test]
async fn check_says_what_would_run_and_runs_nothing() {
    let server = Server::new(System::Sqlite);
    let args = json!({"connection": "db", "sql": "create table t (a, b default ':x')", "params": {}});
    let finding = step("query", args).unwrap().check(&server.cx).await.unwrap();
    assert_eq!(finding.verdict, Verdict::Act);
    assert!(finding.summary.contains("create table t") && finding.summary.ends_with("on db"), "{}", finding.summary);
    assert!(!server.file().exists());
    let told = step("query", json!({"connection": "db", "command": ["GET", "a"]})).unwrap().check(&server.cx).await;
    assert!(told.err().unwrap().error.message.contains("is for Redis"));
    let wrong = json!({"connection": "db", "sql": "delete from t where a = :a"});
    assert!(step("query", wrong).unwrap().check(&server.cx).await.err().unwrap().error.message.contains(":a"));
}

async fn numbers(server: &Server) -> String {
    let table = server.table();
    server.client(&format!("create table {table} (id int primary key, name varchar(50))"));
    let statements: Vec<Value> = (1..=5)
        .map(|id| json!({"sql": format!("insert into {table} values (:id, :name)"), "params": {"id": id, "name": format!("n{id}")}}))
        .collect();
    let result = server.query(json!({"statements": statements})).await.unwrap();
    assert_eq!(result["rows_affected"], json!(5));
    table
}

#[tokio::test]
async fn fetch_decides_what_the_result_keeps() {
    for system in ALL {
        let server = Server::new(system);
        let table = numbers(&server).await;
        let sql = format!("select id from {table} order by id");
        // (parameters, rows, row, row_count)
        let rows = [
            (json!({}), json!([{"id": 1}, {"id": 2}, {"id": 3}, {"id": 4}, {"id": 5}]), json!({"id": 1}), 5),
            (json!({"fetch": "one"}), json!([{"id": 1}]), json!({"id": 1}), 1),
            (json!({"fetch": "many", "limit": 2, "offset": 1}), json!([{"id": 2}, {"id": 3}]), json!({"id": 2}), 2),
            (json!({"fetch": "many", "limit": 9, "offset": 9}), json!([]), json!(null), 0),
            (json!({"fetch": "none"}), json!(null), json!(null), 0),
        ];
        for (mut args, rows, row, count) in rows {
            args["sql"] = sql.clone().into();
            let result = server.query(args.clone()).await.unwrap();
            let got = (result.get("rows").cloned().unwrap_or_default(), result.get("row").cloned().unwrap_or_default());
            assert_eq!((got, &result["row_count"]), ((rows, row), &json!(count)), "{system:?} {args}");
        }
        let result = server
            .query(json!({"sql": format!("select id from {table} where id > 99"), "fetch": "one"}))
            .await
            .unwrap();
        assert_eq!((&result["row"], &result["rows_affected"]), (&json!(null), &json!(0)), "{system:?}");
    }
}

#[tokio::test]
async fn rows_affected_and_the_last_id_are_told() {
    for system in [System::Mariadb, System::Sqlite] {
        let server = Server::new(system);
        let table = server.table();
        let key = if system == System::Mariadb { "int auto_increment primary key" } else { "integer primary key" };
        server.client(&format!("create table {table} (id {key}, name varchar(20))"));
        let insert = json!({"connection": "db", "sql": format!("insert into {table} (name) values ('a')")});
        let done = apply(&server.cx, "query", insert).await.unwrap();
        assert_eq!((done.changed, &done.result["last_insert_id"]), (true, &json!(1)), "{system:?}");
        let nothing = json!({"connection": "db", "sql": format!("update {table} set name = 'b' where id = 99")});
        let done = apply(&server.cx, "query", nothing).await.unwrap();
        assert_eq!((done.changed, &done.result["rows_affected"]), (false, &json!(0)), "{system:?}");
        let ddl = json!({"connection": "db", "sql": format!("create index {table}_i on {table} (name)")});
        let done = apply(&server.cx, "query", ddl).await.unwrap();
        assert_eq!((done.changed, &done.result["rows_affected"]), (true, &json!(0)), "{system:?}");
    }
}

#[tokio::test]
async fn returning_gives_rows_and_writes_them_all() {
    for system in ALL {
        let server = Server::new(system);
        let table = numbers(&server).await;
        let sql = format!("delete from {table} where id > 1 returning id");
        let result = server.query(json!({"sql": sql, "fetch": "one"})).await.unwrap();
        assert!(result["row"]["id"].as_i64().unwrap() > 1, "{system:?}");
        assert_eq!(server.client(&format!("select count(*) from {table}")), "1", "{system:?}");
    }
}

#[tokio::test]
async fn rows_are_saved_as_csv_and_json() {
    for system in ALL {
        let server = Server::new(system);
        let sql = "select 1 as id, 'a,\"b\"' as name, null as gone, '' as empty union all select 2, 'é', 'x', 'y'";
        for (file, wanted) in [
            ("out/rows.csv", "id,name,gone,empty\r\n1,\"a,\"\"b\"\"\",,\"\"\r\n2,é,x,y\r\n"),
            (
                "rows.jsonl",
                "{\"id\":1,\"name\":\"a,\\\"b\\\"\",\"gone\":null,\"empty\":\"\"}\n{\"id\":2,\"name\":\"é\",\"gone\":\"x\",\"empty\":\"y\"}\n",
            ),
            (
                "rows.json",
                "[\n{\"id\":1,\"name\":\"a,\\\"b\\\"\",\"gone\":null,\"empty\":\"\"},\n{\"id\":2,\"name\":\"é\",\"gone\":\"x\",\"empty\":\"y\"}\n]\n",
            ),
        ] {
            let result = server.query(json!({"sql": sql, "save": file})).await.unwrap();
            assert_eq!((&result["row_count"], result.contains_key("rows")), (&json!(2), false), "{system:?}");
            let text = std::fs::read_to_string(server.folder.path().join(file)).unwrap();
            assert_eq!(text, wanted, "{system:?} {file}");
        }
        std::fs::write(server.folder.path().join("kept.csv"), "old").unwrap();
        server.query(json!({"sql": "select nope", "save": "kept.csv"})).await.unwrap_err();
        assert_eq!(std::fs::read_to_string(server.folder.path().join("kept.csv")).unwrap(), "old", "{system:?}");
        let left = std::fs::read_dir(server.folder.path())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".runbook-"));
        assert_eq!(left.count(), 0, "{system:?}");
    }
}

/// The memory of this process in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test]
async fn a_hundred_thousand_rows_stream_in_bounded_memory() {
    for system in ALL {
        let server = Server::new(system);
        let sql = match system {
            System::Postgres => "select i as id, repeat('x', 1000) as body from generate_series(1, 100000) i",
            System::Mariadb => "select seq as id, repeat('x', 1000) as body from seq_1_to_100000",
            System::Sqlite => {
                "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000) \
                 select i as id, printf('%.*c', 1000, 'x') as body from n"
            }
        };
        let before = resident();
        let result = server.query(json!({"sql": sql, "save": "rows.jsonl"})).await.unwrap();
        let grown = resident().saturating_sub(before) >> 20;
        assert_eq!(result["row_count"], json!(100_000), "{system:?}");
        // The rows are 100 MB; other tests run in this process too.
        assert!(grown < 60, "{system:?}: {grown} MiB");
        let text = std::fs::read_to_string(server.folder.path().join("rows.jsonl")).unwrap();
        assert_eq!(text.lines().count(), 100_000, "{system:?}");
        assert!(server.progress.moved.lock().unwrap().contains(&100_000), "{system:?}");

        let told = server.query(json!({"sql": sql})).await.unwrap_err();
        assert!(told.contains("too large to keep") && told.contains("`save`"), "{system:?}: {told}");
        let first = server.query(json!({"sql": sql, "fetch": "many", "limit": 2})).await.unwrap();
        assert_eq!(first["row_count"], json!(2), "{system:?}");
    }
}
