//! `query`: statements on an SQL database, or one command on Redis.
//!
//! In: texts and parameters. Out: rows with their types, or a file of them. Statements of one step are one transaction
//! unless told otherwise.

mod redis;
mod save;
mod sql;

use serde::Deserialize;
use serde_json::{Map, Value};

use self::redis::Command;
use self::save::Format;
use self::sql::Query;
use super::{Field, Flaw, Runs, Shape, SourceUse, Step, StepType, Subject};
use crate::connection::Kind;
use crate::connection::sql::{Bound, Dialect, Fetch, Statement};
use crate::template::Sink;

const KINDS: &[Kind] = &[Kind::Postgres, Kind::Mysql, Kind::Sqlite, Kind::Redis];
const PARAMS: Shape = Shape::Map(&Shape::Any(Sink::Payload));
const STATEMENT: &[Field] = &[
    Field::new("sql", Shape::Text(Sink::Sql), "The statement; `:name` stands for a parameter.").required(),
    Field::new("params", PARAMS, "Its parameters, bound by name."),
];
const FIELDS: &[Field] = &[
    Field::new("connection", Shape::Connection(KINDS), "The database.").required(),
    Field::new("sql", Shape::Text(Sink::Sql), "One statement; `:name` stands for a parameter."),
    Field::new("file", Shape::Text(Sink::Path), "A file with one statement, in place of `sql`."),
    Field::new("statements", Shape::List(&Shape::Record(STATEMENT)), "Several statements, in place of `sql`."),
    Field::new("params", PARAMS, "The parameters of `sql` or `file`, bound by name; a list goes with `in (:name)`."),
    Field::new("fetch", Shape::Choice(&["all", "one", "many", "none"]), "Which rows the result keeps.").default("all"),
    Field::new("limit", Shape::Integer { min: 1, max: i64::MAX }, "With `fetch: many`: how many rows."),
    Field::new(
        "offset",
        Shape::Integer { min: 0, max: i64::MAX },
        "With `fetch: many`: how many rows are passed over.",
    ),
    Field::new(
        "save",
        Shape::Text(Sink::Path),
        "Rows go to this `.csv`, `.json` or `.jsonl` file instead of the result.",
    ),
    Field::new("transaction", Shape::Boolean, "The statements are one transaction.").default("true"),
    Field::new("command", Shape::List(&Shape::Text(Sink::Payload)), "Redis: the command and its arguments."),
];
const RESULTS: &[Field] = &[
    Field::new("rows", Shape::List(&Shape::Any(Sink::Plain)), "The rows that were kept, as mappings."),
    Field::new("row", Shape::Any(Sink::Plain), "The first of them, or null."),
    Field::new("row_count", Shape::Number, "How many were kept or saved."),
    Field::new("rows_affected", Shape::Number, "How many were inserted, updated or deleted, by all statements."),
    Field::new("last_insert_id", Shape::Any(Sink::Plain), "The key given to the last row inserted (MySQL, SQLite)."),
    Field::new("results", Shape::List(&Shape::Any(Sink::Plain)), "With `statements`: the result of each."),
    Field::new("value", Shape::Any(Sink::Plain), "Redis: the answer."),
];

/// The row of the table.
pub static TYPE: StepType = StepType {
    name: "query",
    summary: "Runs SQL statements, or a Redis command.",
    example: r#"- query:
    connection: db
    sql: select id, name from users where id > :low
    params: { low: 10 }
  register: users
- query:
    connection: db
    statements:
      - { sql: "delete from sessions where age > :age", params: { age: 30 } }
      - { sql: "insert into audit (what) values (:what)", params: { what: cleaned } }
- query: { connection: cache, command: [SET, release, "1.4.0"] }
"#,
    runs: Runs::Service,
    shape: Shape::Record(FIELDS),
    results: RESULTS,
    sources,
    subject: Subject::Of(&["sql", "file", "command"]),
    fits,
    flaws,
    build,
    ..StepType::DEFAULT
};

/// An SQL file is taken as it is: values come by `params`.
fn sources(args: &Value) -> Vec<(String, SourceUse)> {
    args.get("file").and_then(Value::as_str).map(|file| (file.to_owned(), SourceUse::Text)).into_iter().collect()
}

/// Redis takes `command`, databases take the rest.
fn fits(args: &Value, kind: Kind) -> Result<(), String> {
    let has = |key: &str| args.get(key).is_some_and(|value| !value.is_null());
    if Dialect::of(kind).is_none() {
        let foreign = ["sql", "file", "statements"].into_iter().find(|key| has(key));
        return match foreign.filter(|_| kind == Kind::Redis) {
            Some(key) => Err(format!("`{key}` is for databases, and the connection is Redis: it takes `command`")),
            None => Ok(()),
        };
    }
    if has("command") {
        return Err(format!("`command` is Redis's, and the connection is {}: it takes `sql`", kind.word()));
    }
    Ok(())
}

/// Every parameter stands in its statement, and the other way round.
fn flaws(args: &Value, kind: Option<Kind>) -> Vec<Flaw> {
    let Some(dialect) = kind.and_then(Dialect::of) else { return Vec::new() };
    let flaw = |one: &Value, path: &[&str]| {
        let sql = one.get("sql").and_then(Value::as_str)?;
        let params = one.get("params").and_then(Value::as_object).cloned().unwrap_or_default();
        let refusal = Bound::new(&Statement::new(sql, params), dialect).err()?;
        Some(Flaw { hint: refusal.hint, ..Flaw::at(&[path, &["sql"]].concat(), refusal.message) })
    };
    match args.get("statements").and_then(Value::as_array) {
        Some(list) => {
            let each = list.iter().enumerate();
            each.filter_map(|(at, one)| flaw(one, &["statements", &at.to_string()])).collect()
        }
        None => flaw(args, &[]).into_iter().collect(),
    }
}

#[derive(Deserialize)]
struct Args {
    connection: String,
    sql: Option<String>,
    file: Option<String>,
    statements: Option<Vec<StatementArgs>>,
    params: Option<Map<String, Value>>,
    fetch: Option<String>,
    limit: Option<u64>,
    offset: Option<u64>,
    save: Option<String>,
    transaction: Option<bool>,
    command: Option<Vec<Value>>,
    #[serde(default)]
    rendered: Map<String, Value>,
}

#[derive(Deserialize)]
struct StatementArgs {
    sql: String,
    #[serde(default)]
    params: Map<String, Value>,
}

impl Args {
    /// What is to be run: exactly one way of saying it.
    fn one_source(&self) -> Result<(), String> {
        let given = [
            ("sql", self.sql.is_some()),
            ("file", self.file.is_some()),
            ("statements", self.statements.is_some()),
            ("command", self.command.is_some()),
        ];
        let names: Vec<String> = given.iter().filter(|(_, is)| *is).map(|(name, _)| format!("`{name}`")).collect();
        match names.as_slice() {
            [_] => Ok(()),
            [] => Err("one of `sql`, `file`, `statements` or `command` must be given".to_owned()),
            several => Err(format!("{} exclude one another", several.join(" and "))),
        }
    }

    fn statements(&mut self) -> Result<Vec<Statement>, String> {
        if let Some(list) = self.statements.take() {
            if self.params.is_some() {
                return Err("`params` goes with `sql` or `file`; each of `statements` has its own".to_owned());
            }
            if list.is_empty() {
                return Err("`statements` is empty".to_owned());
            }
            return Ok(list.into_iter().map(|one| Statement::new(one.sql, one.params)).collect());
        }
        let text = match (self.sql.take(), &self.file) {
            (Some(text), _) => text,
            (None, Some(file)) => match self.rendered.get("").and_then(Value::as_str) {
                Some(text) => text.to_owned(),
                None => return Err(format!("the SQL file `{file}` was not read")),
            },
            (None, None) => String::new(),
        };
        Ok(vec![Statement::new(text, self.params.take().unwrap_or_default())])
    }

    fn fetch(&self) -> Result<Fetch, String> {
        let many = self.fetch.as_deref() == Some("many");
        if !many && (self.limit.is_some() || self.offset.is_some()) {
            return Err("`limit` and `offset` go with `fetch: many`".to_owned());
        }
        match (self.fetch.as_deref(), self.limit) {
            (Some("many"), None) => Err("`fetch: many` needs a `limit`".to_owned()),
            (Some("many"), Some(limit)) => Ok(Fetch::Many { limit, offset: self.offset.unwrap_or(0) }),
            (Some("one"), _) => Ok(Fetch::One),
            (Some("none"), _) => Ok(Fetch::None),
            _ => Ok(Fetch::All),
        }
    }

    fn command(self) -> Result<Command, String> {
        let others = self.params.is_some()
            || self.fetch.is_some()
            || self.limit.is_some()
            || self.offset.is_some()
            || self.save.is_some()
            || self.transaction.is_some();
        if others {
            return Err("`command` is for Redis and goes with `connection` only".to_owned());
        }
        Command::new(self.connection, &self.command.unwrap_or_default())
    }
}

fn build(args: Value) -> Result<Box<dyn Step>, String> {
    let mut args: Args = serde_json::from_value(args).map_err(|error| error.to_string())?;
    args.one_source()?;
    if args.command.is_some() {
        return Ok(Box::new(args.command()?));
    }
    let fetch = args.fetch()?;
    let save = match args.save.take() {
        Some(_) if fetch == Fetch::None => return Err("`save` and `fetch: none` exclude one another".to_owned()),
        Some(path) => Some((Format::of(&path)?, path)),
        None => None,
    };
    let is_list = args.statements.is_some();
    let statements = args.statements()?;
    let transaction = args.transaction.unwrap_or(true);
    Ok(Box::new(Query { connection: args.connection, statements, is_list, fetch, save, transaction }))
}
