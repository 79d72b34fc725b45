//! Values on their way out and in: nothing is damaged.

use serde_json::{Value, json};

use super::server::{Server, System};

async fn check(server: &Server, rows: &[(&str, Value)]) {
    let mut wrong = Vec::new();
    for (sql, wanted) in rows {
        let got = server.value(&format!("select {sql} as v"), json!({})).await;
        if got.as_ref() != Ok(wanted) {
            wrong.push(format!("{sql}: wanted {wanted}, got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands for "as the client prints it".
fn same_as_client(server: &Server, expressions: &[&str]) -> Vec<(String, Value)> {
    expressions.iter().map(|sql| ((*sql).to_owned(), server.client(&format!("select {sql}")).into())).collect()
}

async fn check_client(server: &Server, expressions: &[&str]) {
    let rows = same_as_client(server, expressions);
    let rows: Vec<(&str, Value)> = rows.iter().map(|(sql, value)| (sql.as_str(), value.clone())).collect();
    check(server, &rows).await;
}

#[tokio::test]
async fn postgres_values_keep_their_type() {
    let server = Server::new(System::Postgres);
    let rows = [
        ("true", json!(true)),
        ("null::int", json!(null)),
        ("1::int2", json!(1)),
        ("-2147483648", json!(i32::MIN)),
        ("9223372036854775807", json!(i64::MAX)),
        ("4294967295::oid", json!(4_294_967_295_u32)),
        ("0.1::float4", json!(0.1)),
        ("1e300::float8", json!(1e300)),
        ("'NaN'::float8", json!("NaN")),
        ("'-Infinity'::float4", json!("-Infinity")),
        ("'héllo'::text", json!("héllo")),
        ("'ab'::char(4)", json!("ab  ")),
        ("'x'::\"char\"", json!("x")),
        ("'\\x00ff'::bytea", json!("AP8=")),
        ("timestamp '2024-02-29 23:59:59.123456'", json!("2024-02-29T23:59:59.123456")),
        ("timestamp 'infinity'", json!("infinity")),
        ("timestamptz '2024-01-02 03:04:05+02'", json!("2024-01-02T01:04:05Z")),
        ("timetz '01:02:03.5-03:30'", json!("01:02:03.5-03:30")),
        ("'{\"a\": [1, 2.50, \"x\"], \"b\": null}'::json", json!({"a": [1, 2.5, "x"], "b": null})),
        ("'{\"n\": 12345678901234567890123}'::jsonb", json!({"n": "12345678901234567890123"})),
        ("array[1, null, 3]", json!([1, null, 3])),
        ("array[[1, 2], [3, 4]]", json!([[1, 2], [3, 4]])),
        ("'{}'::text[]", json!([])),
        ("array['a,b', 'c\"d', '']", json!(["a,b", "c\"d", ""])),
        ("array[1.50, 2.25]::numeric[]", json!(["1.50", "2.25"])),
        ("pg_sleep(0)", json!("")),
        ("1234.5::money", json!("1234.50")),
        ("(-0.05)::numeric::money", json!("-0.05")),
    ];
    check(&server, &rows).await;
    let as_text = [
        "1234567890123456789012345678901234567890.12345678901234567890::numeric",
        "0.00000000000000000000000000000000000001::numeric",
        "-0.5::numeric(10,4)",
        "10000::numeric",
        "100000000::numeric(20,2)",
        "0::numeric(6,3)",
        "'NaN'::numeric",
        "'Infinity'::numeric",
        "date '2024-02-29'",
        "date '0044-03-15 BC'",
        "date '99999-12-31'",
        "date '1999-12-31'",
        "date 'infinity'",
        "time '24:00:00'",
        "time '01:02:03.004'",
        "interval '1 year 2 months -3 days 04:05:06.7'",
        "interval '-1 hour'",
        "interval '0'",
        "interval '-13 months +1 day'",
        "interval '100000 hours'",
        "inet '10.0.0.1'",
        "inet '10.0.0.1/8'",
        "cidr '10.0.0.0/8'",
        "inet '::1'",
        "cidr '2001:db8::/32'",
        "macaddr '08:00:2b:01:02:03'",
        "int4range(1, 10)",
        "int4range(null, 10)",
        "'empty'::int8range",
        "numrange(1.5, 2.5, '[]')",
        "daterange('2024-01-01', '2024-02-01')",
        "tsrange('2024-01-01 00:00', '2024-02-01 12:30:00.5')",
        "uuid '6f9619ff-8b86-d011-b42d-00c04fc964ff'",
        "B'10110'",
        "B'1'::varbit(5)",
        "'$.a[*]'::jsonpath",
        "'<a/>'::xml",
        "'0/16B3748'::pg_lsn",
    ];
    check_client(&server, &as_text).await;
}

#[tokio::test]
async fn postgres_types_that_are_not_known_are_told() {
    let server = Server::new(System::Postgres);
    for sql in ["point(1, 2)", "to_tsvector('a b')", "row(1, 2)", "'pg_class'::regclass"] {
        let told = server.value(&format!("select {sql} as v"), json!({})).await.unwrap_err();
        assert!(told.contains("column `v`") && told.contains("v::text"), "{sql}: {told}");
    }
    for sql in ["select int4multirange(int4range(1, 2)) as v", "copy (select 1) to stdout", "copy pg_class from stdin"]
    {
        let told = server.value(sql, json!({})).await.unwrap_err();
        assert!(!told.is_empty(), "{sql}");
        assert_eq!(server.value("select 1 as v", json!({})).await, Ok(json!(1)), "after {sql}: {told}");
    }
    let told = server.query(json!({"sql": "vacuum"})).await.unwrap_err();
    assert!(told.contains("transaction: false"), "{told}");
    server.query(json!({"sql": "vacuum pg_tablespace", "transaction": false})).await.unwrap();
    let many: Vec<i32> = (0..30_000).collect();
    let count =
        server.value("select count(*) as v from generate_series(1, 9) g where g in (:many)", json!({"many": many}));
    assert_eq!(count.await, Ok(json!(9)));
    let name = server.table();
    server.client(&format!("create type {name}_e as enum ('on', 'off'); create domain {name}_d as numeric(30,2)"));
    let rows = [
        (format!("'on'::{name}_e"), json!("on")),
        (format!("array['on', 'off']::{name}_e[]"), json!(["on", "off"])),
        (format!("1.5::{name}_d"), json!("1.50")),
    ];
    for (sql, wanted) in rows {
        assert_eq!(server.value(&format!("select {sql} as v"), json!({})).await, Ok(wanted), "{sql}");
    }
    let bound = server.value(&format!("select :a::{name}_e as v"), json!({"a": "off"})).await;
    assert_eq!(bound, Ok(json!("off")));
}

#[tokio::test]
async fn mariadb_values_keep_their_type() {
    let server = Server::new(System::Mariadb);
    let table = server.table();
    // (column type, what is written, what is read)
    let rows = [
        ("tinyint(1)", "7", json!(7)),
        ("boolean", "true", json!(1)),
        ("tinyint(1) unsigned", "200", json!(200)),
        ("tinyint", "-128", json!(-128)),
        ("smallint unsigned", "65535", json!(65535)),
        ("mediumint", "-8388608", json!(-8_388_608)),
        ("int unsigned", "4294967295", json!(4_294_967_295_u32)),
        ("bigint", "-9223372036854775808", json!(i64::MIN)),
        ("bigint unsigned", "18446744073709551615", json!(u64::MAX)),
        (
            "decimal(65,30)",
            "12345678901234567890123456789012345.123456789012345678901234567890",
            json!("12345678901234567890123456789012345.123456789012345678901234567890"),
        ),
        ("decimal(10,2)", "-0.50", json!("-0.50")),
        ("float", "0.1", json!(0.1)),
        ("float", "16777216", json!(16_777_216.0)),
        ("double", "1e300", json!(1e300)),
        ("date", "'2024-02-29'", json!("2024-02-29")),
        ("date", "'0000-00-00'", json!("0000-00-00")),
        ("datetime", "'0000-00-00 00:00:00'", json!("0000-00-00 00:00:00")),
        ("datetime(6)", "'2024-02-29 23:59:59.123456'", json!("2024-02-29T23:59:59.123456")),
        ("datetime", "'2024-02-29 00:00:00'", json!("2024-02-29T00:00:00")),
        ("time", "'-12:30:00'", json!("-12:30:00")),
        ("time", "'838:59:59'", json!("838:59:59")),
        ("time(3)", "'-00:00:00.500'", json!("-00:00:00.5")),
        ("time", "'00:00:00'", json!("00:00:00")),
        ("year", "2024", json!(2024)),
        ("bit(1)", "b'1'", json!(1)),
        ("bit(64)", "b'1111111111111111111111111111111111111111111111111111111111111111'", json!(u64::MAX)),
        ("enum('a','b')", "'b'", json!("b")),
        ("set('a','b','c')", "'a,c'", json!("a,c")),
        ("varchar(20)", "'héllo ✓ 😀'", json!("héllo ✓ 😀")),
        ("text", "'x'", json!("x")),
        ("varchar(20) collate utf8mb4_bin", "'bin'", json!("bin")),
        ("varbinary(4)", "x'00ff'", json!("AP8=")),
        ("blob", "x'00ff'", json!("AP8=")),
        ("longtext collate utf8mb4_bin", "'[1]'", json!("[1]")),
        ("json", "'{\"a\": [1, \"x\"]}'", json!({"a": [1, "x"]})),
        ("uuid", "'6f9619ff-8b86-d011-b42d-00c04fc964ff'", json!("6f9619ff-8b86-d011-b42d-00c04fc964ff")),
        ("inet6", "'2001:db8::1'", json!("2001:db8::1")),
        ("int", "null", json!(null)),
    ];
    let columns: Vec<String> = rows.iter().enumerate().map(|(n, (kind, ..))| format!("c{n} {kind} null")).collect();
    let values: Vec<&str> = rows.iter().map(|(_, written, _)| *written).collect();
    server.client(&format!(
        "set sql_mode=''; create table {table} ({}) charset utf8mb4; insert into {table} values ({})",
        columns.join(","),
        values.join(",")
    ));
    let result = server.query(json!({"sql": format!("select * from {table}")})).await.unwrap();
    let mut wrong = Vec::new();
    for (n, (kind, written, wanted)) in rows.iter().enumerate() {
        let got = &result["row"][format!("c{n}")];
        if got != wanted {
            wrong.push(format!("{kind} {written}: wanted {wanted}, got {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    check_client(&server, &["cast(1.10 as decimal(40,20))"]).await;
}

#[tokio::test]
async fn a_mariadb_timestamp_is_a_moment_and_the_session_is_left_alone() {
    let server = Server::new(System::Mariadb);
    let table = server.table();
    server.client(&format!(
        "set time_zone='+02:00'; create table {table} (t timestamp(3) null); \
        insert into {table} values ('2024-01-02 03:04:05.250')"
    ));
    let got = server.value(&format!("select t from {table}"), json!({})).await;
    assert_eq!(got, Ok(json!("2024-01-02T01:04:05.25Z")));
    let mode = server.value("select @@sql_mode as m", json!({})).await.unwrap();
    assert_eq!(mode, json!(server.client("select @@sql_mode")));
}

#[tokio::test]
async fn sqlite_values_go_by_their_storage_class() {
    let server = Server::new(System::Sqlite);
    server.client("create table t (a boolean, b date, c decimal(5,2), d, e text, f datetime); \
        insert into t values (1, 20240101, '1.10', x'00ff', 'héllo', '2024-01-01 00:00:00'), (2, null, 5, 1e400, '', -0.5)");
    let result = server.query(json!({"sql": "select * from t order by a"})).await.unwrap();
    let wanted = json!([
        {"a": 1, "b": 20_240_101, "c": 1.1, "d": "AP8=", "e": "héllo", "f": "2024-01-01 00:00:00"},
        {"a": 2, "b": null, "c": 5, "d": "Infinity", "e": "", "f": -0.5},
    ]);
    assert_eq!(result["rows"], wanted);
    let told = server.value("select cast(x'ff' as text) as v", json!({})).await.unwrap_err();
    assert!(told.contains("column `v`"), "{told}");
}

#[tokio::test]
async fn postgres_parameters_become_what_the_server_expects() {
    let server = Server::new(System::Postgres);
    let rows = [
        ("select :v::int as v", json!(5), Ok(json!(5))),
        ("select :v::int as v", json!("5"), Ok(json!(5))),
        ("select :v::int as v", json!(2.0), Ok(json!(2))),
        ("select :v::smallint as v", json!(40000), Err("does not fit smallint")),
        ("select :v::int as v", json!(3_000_000_000_u32), Err("does not fit integer")),
        ("select :v::bigint as v", json!(u64::MAX), Err("does not fit bigint")),
        ("select :v::int as v", json!("five"), Err("invalid input syntax")),
        ("select :v::numeric as v", json!(u64::MAX), Ok(json!("18446744073709551615"))),
        (
            "select :v::numeric as v",
            json!("1234567890123456789012345678901234567890.5"),
            Ok(json!("1234567890123456789012345678901234567890.5")),
        ),
        ("select :v::numeric as v", json!(0.1), Ok(json!("0.1"))),
        ("select :v::float8 as v", json!(1.5), Ok(json!(1.5))),
        ("select :v::float4 as v", json!(0.1), Ok(json!(0.1))),
        ("select :v::text as v", json!("it's; -- :x"), Ok(json!("it's; -- :x"))),
        ("select :v::text as v", json!(5), Ok(json!("5"))),
        ("select :v::bool as v", json!(false), Ok(json!(false))),
        ("select :v::bool as v", json!("yes"), Ok(json!(true))),
        ("select :v::date as v", json!("2024-02-29"), Ok(json!("2024-02-29"))),
        ("select :v::date as v", json!("2024-02-30"), Err("out of range")),
        ("select :v::timestamptz as v", json!("2024-01-02T03:04:05Z"), Ok(json!("2024-01-02T03:04:05Z"))),
        (
            "select :v::uuid as v",
            json!("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
            Ok(json!("6f9619ff-8b86-d011-b42d-00c04fc964ff")),
        ),
        ("select :v::inet as v", json!("10.0.0.1"), Ok(json!("10.0.0.1"))),
        ("select :v::interval as v", json!("1 day"), Ok(json!("1 day"))),
        ("select :v::jsonb as v", json!({"a": [1, "x"]}), Ok(json!({"a": [1, "x"]}))),
        ("select :v::json as v", json!([1, 2]), Ok(json!([1, 2]))),
        ("select :v::jsonb as v", json!("{\"a\": 1}"), Ok(json!({"a": 1}))),
        ("select :v::int[] as v", json!([1, null, 3]), Ok(json!([1, null, 3]))),
        ("select :v::text[] as v", json!(["a,b", "c\"d", "\\"]), Ok(json!(["a,b", "c\"d", "\\"]))),
        ("select 2 = any(:v::int[]) as v", json!([1, 2]), Ok(json!(true))),
        ("select :v::bytea as v", json!("é\\x"), Ok(json!("w6lceA=="))),
        ("select :v::int as v", json!(null), Ok(json!(null))),
        ("select :v::int as v", json!({"a": 1}), Err("mapping")),
        ("select :v::int as v", json!([1]), Err("a list stands")),
        ("select :v is null as v", json!(1), Err(":name::text")),
    ];
    let mut wrong = Vec::new();
    for (sql, given, wanted) in rows {
        let got = server.value(sql, json!({"v": given})).await;
        let fine = match (&got, &wanted) {
            (Ok(got), Ok(wanted)) => got == wanted,
            (Err(told), Err(part)) => told.contains(part),
            _ => false,
        };
        if !fine {
            wrong.push(format!("{sql} with {given}: wanted {wanted:?}, got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn values_survive_the_way_in_and_out() {
    for system in [System::Mariadb, System::Sqlite] {
        let server = Server::new(system);
        let value = if system == System::Mariadb { "cast(:v as char)" } else { ":v" };
        for text in ["it's", "a\\b", "😀", "{{ x }}", "'; drop table t; --", "\n\t\u{1b}[31m"] {
            let got = server.value(&format!("select {value} as v"), json!({"v": text})).await;
            assert_eq!(got, Ok(json!(text)), "{system:?} {text:?}");
        }
        for number in [json!(0), json!(i64::MAX), json!(i64::MIN), json!(0.1), json!(null)] {
            let got = server.value("select :v as v", json!({"v": number})).await;
            assert_eq!(got, Ok(number), "{system:?}");
        }
    }
    let sqlite = Server::new(System::Sqlite);
    assert!(sqlite.value("select :v as v", json!({"v": u64::MAX})).await.unwrap_err().contains("parameter `v`"));
    let mariadb = Server::new(System::Mariadb);
    assert_eq!(mariadb.value("select :v as v", json!({"v": u64::MAX})).await, Ok(json!(u64::MAX)));
}

#[tokio::test]
async fn one_text_serves_values_of_different_types() {
    let server = Server::new(System::Postgres);
    let table = server.table();
    server.client(&format!("create table {table} (id int, name text)"));
    let insert = format!("insert into {table} values (:id, :name)");
    for (id, name) in [(json!(1), json!("a")), (json!("2"), json!(5)), (json!(null), json!(null))] {
        server.query(json!({"sql": insert, "params": {"id": id, "name": name}})).await.unwrap();
    }
    assert_eq!(server.client(&format!("select * from {table} order by id")), "1|a\n2|5\n|");
    let all = format!("select * from {table} where id = 1");
    server.query(json!({"sql": all})).await.unwrap();
    server.client(&format!("alter table {table} add extra int default 7"));
    let result = server.query(json!({"sql": all})).await.unwrap();
    assert_eq!(result["row"], json!({"id": 1, "name": "a", "extra": 7}));
}
