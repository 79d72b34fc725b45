//! SQL texts: where parameters are, and what a statement does.

use runbook::connection::sql::{Bound, Dialect, Piece, Statement, Words, reads};
use serde_json::{Value, json};

use Dialect::{Mysql, Postgres, Sqlite};

fn bind(sql: &str, params: &Value, dialect: Dialect) -> Result<String, String> {
    let statement = Statement::new(sql, params.as_object().cloned().unwrap_or_default());
    let bound = Bound::new(&statement, dialect).map_err(|refusal| {
        format!("{}{}", refusal.message, refusal.hint.map_or(String::new(), |hint| format!(" [{hint}]")))
    })?;
    assert!(bound.pieces.iter().all(|piece| !matches!(piece, Piece::Slot(slot) if *slot >= bound.values.len())));
    Ok(bound.text(|slot| if dialect == Postgres { format!("${}", slot + 1) } else { "?".to_owned() }))
}

#[test]
fn parameters_stand_outside_of_quotes_comments_and_casts() {
    let one = json!({"a": 1});
    let none = json!({});
    let rows: &[(&[Dialect], &str, &Value, &str)] = &[
        (&[Postgres], "select :a", &one, "select $1"),
        (&[Mysql, Sqlite], "select :a", &one, "select ?"),
        (&[Postgres], "select :a, :a", &one, "select $1, $1"),
        (&[Mysql, Sqlite], "select :a, :a", &one, "select ?, ?"),
        (&Dialect::ALL, "select ':a'", &none, "select ':a'"),
        (&Dialect::ALL, "select 'it''s :a'", &none, "select 'it''s :a'"),
        (&Dialect::ALL, "select \":a\"", &none, "select \":a\""),
        (&[Mysql, Sqlite], "select `:a`", &none, "select `:a`"),
        (&[Sqlite], "select [:a]", &none, "select [:a]"),
        (&[Mysql], "select 'it\\'s :a'", &none, "select 'it\\'s :a'"),
        (&[Postgres], "select 'c:\\' || :a", &one, "select 'c:\\' || $1"),
        (&[Postgres], "select E'it\\'s :a'", &none, "select E'it\\'s :a'"),
        (&[Postgres], "select e'\\\\' || :a", &one, "select e'\\\\' || $1"),
        (&[Postgres], "select $$ :a $$", &none, "select $$ :a $$"),
        (&[Postgres], "select $x$ :a $$ $x$, :a", &one, "select $x$ :a $$ $x$, $1"),
        (&[Postgres], "select a$b, :a", &one, "select a$b, $1"),
        (&[Postgres], "select :a::text", &one, "select $1::text"),
        (&[Postgres], "select '1'::int", &none, "select '1'::int"),
        (&[Postgres], "select x[1:n], x[:a]", &one, "select x[1:n], x[$1]"),
        (&[Postgres], "select x[m:n]", &none, "select x[m:n]"),
        (&[Postgres], "select a ? 'k' and b = :a", &one, "select a ? 'k' and b = $1"),
        (&[Postgres], "select a #> '{b}', :a", &one, "select a #> '{b}', $1"),
        (&Dialect::ALL, "select 1 -- :a", &none, "select 1 -- :a"),
        (&[Postgres], "select 1 -- :b\n, :a", &one, "select 1 -- :b\n, $1"),
        (&[Mysql], "select 5--:a", &one, "select 5--?"),
        (&[Mysql], "select 1 # :a", &none, "select 1 # :a"),
        (&Dialect::ALL, "select 1 /* :a */", &none, "select 1 /* :a */"),
        (&[Postgres], "select 1 /* /* :b */ :b */, :a", &one, "select 1 /* /* :b */ :b */, $1"),
        (&[Mysql, Sqlite], "select 1 /* /* :b */, :a", &one, "select 1 /* /* :b */, ?"),
        (&[Mysql], "select @x := :a", &one, "select @x := ?"),
        (&Dialect::ALL, "select ':a", &none, "select ':a"),
        (&Dialect::ALL, "select 1 : 2", &none, "select 1 : 2"),
        (&[Postgres], "select 'ü', :a, 'é:a'", &one, "select 'ü', $1, 'é:a'"),
        (&Dialect::ALL, "select 1;", &none, "select 1;"),
        (&Dialect::ALL, "select 1; -- done\n;", &none, "select 1; -- done\n;"),
        (&Dialect::ALL, "select ';'", &none, "select ';'"),
        (
            &[Sqlite],
            "create trigger t after insert on x begin select 1; select 2; end;",
            &none,
            "create trigger t after insert on x begin select 1; select 2; end;",
        ),
        (
            &[Mysql],
            "create procedure p() begin select 1; select 2; end",
            &none,
            "create procedure p() begin select 1; select 2; end",
        ),
    ];
    for (dialects, sql, params, wanted) in rows {
        for dialect in *dialects {
            assert_eq!(bind(sql, params, *dialect), Ok((*wanted).to_owned()), "{dialect:?}: {sql}");
        }
    }
}

#[test]
fn lists_expand_in_an_in_list_only() {
    let rows = [
        ("select 1 where x in (:ids)", json!({"ids": [1, 2, 3]}), "select 1 where x in ($1, $2, $3)"),
        ("select 1 where x IN ( :ids )", json!({"ids": [1]}), "select 1 where x IN ( $1 )"),
        (
            "select 1 where x not in (0, :ids, :b)",
            json!({"ids": [1, 2], "b": 4}),
            "select 1 where x not in (0, $1, $2, $3)",
        ),
        (
            "select 1 where x in (:a) or y in (:a)",
            json!({"a": [1, 2]}),
            "select 1 where x in ($1, $2) or y in ($1, $2)",
        ),
        ("select 1 where x in (:a)", json!({"a": 5}), "select 1 where x in ($1)"),
        ("select 1 where x = any(:a)", json!({"a": [1, 2]}), "select 1 where x = any($1)"),
    ];
    for (sql, params, wanted) in rows {
        assert_eq!(bind(sql, &params, Postgres), Ok(wanted.to_owned()), "{sql}");
    }
    assert_eq!(bind("select 1 where x in (:a)", &json!({"a": [1, 2]}), Sqlite).unwrap(), "select 1 where x in (?, ?)");
}

#[test]
fn what_cannot_be_bound_is_told() {
    let rows: &[(&[Dialect], &str, Value, &str)] = &[
        (&Dialect::ALL, "select :lo", json!({"low": 1}), "did you mean `:low`"),
        (&Dialect::ALL, "select :a", json!({}), "`:a` stands in the SQL and not in `params`"),
        (&Dialect::ALL, "select :a", json!({"a": 1, "b": 2, "c": 3}), "`b`, `c`"),
        (&Dialect::ALL, "select ':a'", json!({"a": 1}), "does not use"),
        (&Dialect::ALL, "select 1 where x in (:a)", json!({"a": []}), "empty list"),
        (&Dialect::ALL, "select 1 where x in (:a)", json!({"a": [[1]]}), "list of lists"),
        (&[Mysql, Sqlite], "select :a", json!({"a": [1]}), "outside `in (...)`"),
        (&[Mysql, Sqlite], "select ?", json!({}), "placeholder of the driver"),
        (&[Postgres], "select $1", json!({}), "placeholder of the driver"),
        (&[Sqlite], "select @a, $b, ?1", json!({}), "placeholder of the driver"),
        (&Dialect::ALL, "select 1; select 2", json!({}), "several statements"),
        (&Dialect::ALL, "select 1;\n\nselect 2", json!({}), "in its line 3"),
        (
            &[Sqlite],
            "create trigger t after insert on x begin select 1; end; drop table x",
            json!({}),
            "several statements",
        ),
        (&Dialect::ALL, " -- nothing\n;", json!({}), "no statement"),
        (&Dialect::ALL, "", json!({}), "no statement"),
    ];
    for (dialects, sql, params, part) in rows {
        for dialect in *dialects {
            let told = bind(sql, params, *dialect).expect_err(sql);
            assert!(told.contains(part), "{dialect:?} {sql}: {told}");
        }
    }
}

#[test]
fn a_statement_that_only_looks_is_told_from_one_that_acts() {
    let looking = [
        "select 1",
        "SELECT * from t",
        "(select 1) union (select 2)",
        " -- x\n select 1",
        "values (1)",
        "show tables",
        "with a as (select 1) select * from a",
        "explain select 1",
        "explain delete from t",
        "pragma table_info(t)",
        "pragma user_version",
        "select 'insert into'",
        "select replace(a, 'x', 'y') from t",
        "describe t",
        "explain analyze select 1",
        "table t",
        "pragma main.index_list(t)",
    ];
    let acting = [
        "insert into t values (1)",
        "update t set a = 1",
        "delete from t",
        "create table t (a int)",
        "drop table t",
        "call p()",
        "select * from t for update",
        "select * from t for no key update",
        "select * from t lock in share mode",
        "select 1 into x",
        "with a as (delete from t returning *) select * from a",
        "with a as (select 1) update t set a = 1",
        "explain analyze delete from t",
        "pragma user_version = 5",
        "pragma journal_mode(wal)",
        "select nextval('s')",
        "select pg_advisory_lock(1)",
        "/*! drop table t */ select 1",
        "set x = 1",
        "vacuum",
        "",
        "do $$ begin end $$",
        "pragma wal_checkpoint",
        "truncate t",
        "replace into t values (1)",
        "grant all on t to x",
        "merge into t using u on 1=1",
    ];
    for sql in looking {
        assert!(reads(sql), "{sql}");
    }
    for sql in acting {
        assert!(!reads(sql), "{sql}");
    }
    for sql in ["begin", "commit", "ROLLBACK", "start transaction", "end", "set autocommit = 0"] {
        assert!(Words::of(sql, Mysql).steers_transaction(), "{sql}");
    }
    assert!(!Words::of("rollback to s", Mysql).steers_transaction());
}
