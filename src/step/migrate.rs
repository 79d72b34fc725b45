//! `migrate`: a database at a version, by files of SQL that are applied once each.
//!
//! In: the files of a folder, read before the run. Out: which were applied or undone. The table in which that is
//! remembered is sqlx's.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Access, Context, Done, Failure, Field, Finding, Results, Runs, Shape, SourceUse, Step, StepType, Subject, Verdict,
};
use crate::connection::Kind;
use crate::connection::sql::{Migration, Remembered, mend};
use crate::event::Class;
use crate::template::Sink;
use crate::text::count;

/// How many lines of a file are shown.
const SHOWN: usize = 40;

const KINDS: &[Kind] = &[Kind::Postgres, Kind::Mysql, Kind::Sqlite];
const FIELDS: &[Field] = &[
    Field::new("connection", Shape::Connection(KINDS), "The database.").required(),
    Field::new(
        "path",
        Shape::Text(Sink::Path),
        "A folder with the files: `VERSION_DESCRIPTION.sql`, or `.up.sql` and `.down.sql`.",
    )
    .required(),
    Field::new(
        "target",
        Shape::OneOf(&[Shape::Integer { min: 0, max: i64::MAX }, Shape::Choice(&["latest"])]),
        "The version to be at; one below that of the database undoes what is above it.",
    )
    .default("latest"),
];
const FILES: Shape = Shape::List(&Shape::Text(Sink::Plain));

/// The row of the table.
pub static TYPE: StepType = StepType {
    name: "migrate",
    summary: "Brings a database to a version by migration files.",
    example: "- migrate: { connection: db, path: migrations }\n- migrate: { connection: db, path: migrations, target: 3 }\n",
    runs: Runs::Service,
    shape: Shape::Record(FIELDS),
    results: &[
        Field::new("applied", FILES, "The files that were applied."),
        Field::new("undone", FILES, "The files that took versions back."),
        Field::new("version", Shape::Number, "The version that the database is at."),
    ],
    subject: Subject::Of(&["path"]),
    looks_first: true,
    sources,
    build,
    ..StepType::DEFAULT
};

fn sources(args: &Value) -> Vec<(String, SourceUse)> {
    args.get("path").and_then(Value::as_str).map(|path| (path.to_owned(), SourceUse::Folder)).into_iter().collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Args {
    connection: String,
    path: String,
    target: Option<Value>,
    #[serde(default)]
    rendered: Map<String, Value>,
}

struct Migrate {
    connection: String,
    path: String,
    /// None: the latest.
    target: Option<i64>,
    /// In the order of versions.
    ups: Vec<Migration>,
    downs: Vec<Migration>,
}

fn build(args: Value) -> Result<Box<dyn Step>, String> {
    let args: Args = serde_json::from_value(args).map_err(|error| error.to_string())?;
    let (mut ups, mut downs) = (Vec::new(), Vec::new());
    for (file, text) in &args.rendered {
        let read = Migration::read(file, text.as_str().unwrap_or_default())?;
        match read {
            Some(migration) if migration.is_down() => downs.push(migration),
            Some(migration) => ups.push(migration),
            None => {}
        }
    }
    for list in [&mut ups, &mut downs] {
        list.sort_by_key(Migration::version);
        if let Some([one, two]) = list.array_windows().find(|[one, two]| one.version() == two.version()) {
            return Err(format!("`{}` and `{}` have the same version", one.file, two.file));
        }
    }
    let has = |version| ups.iter().any(|up| up.version() == version);
    if let Some(down) = downs.iter().find(|down| !has(down.version())) {
        return Err(format!("`{}` undoes nothing: there is no migration {} up", down.file, down.version()));
    }
    let Some(last) = ups.last() else {
        return Err(format!("there is no migration in `{}`: files are called `VERSION_DESCRIPTION.sql`", args.path));
    };
    let target = args.target.as_ref().and_then(Value::as_i64);
    if let Some(target) = target.filter(|target| *target > 0 && !has(*target)) {
        return Err(format!("there is no migration {target} in `{}`: the last is {}", args.path, last.version()));
    }
    Ok(Box::new(Migrate { connection: args.connection, path: args.path, target, ups, downs }))
}

/// What is to be done, in order.
struct Todo<'m> {
    up: Vec<&'m Migration>,
    down: Vec<&'m Migration>,
    /// Where it leads.
    version: i64,
}

impl Todo<'_> {
    fn result(&self) -> Results {
        let names = |list: &[&Migration]| list.iter().map(|one| one.file.clone()).collect::<Vec<_>>();
        let fields = json!({ "applied": names(&self.up), "undone": names(&self.down), "version": self.version });
        fields.as_object().cloned().unwrap_or_default()
    }

    /// The files as people read them before they are run.
    fn shown(&self) -> String {
        let one = |(word, migration): (&str, &&Migration)| {
            let lines: Vec<&str> = migration.text().trim_end().lines().collect();
            let more = lines.len().saturating_sub(SHOWN);
            let rest = if more > 0 { format!("\n-- ... and {more} more lines") } else { String::new() };
            format!("-- {word} {}\n{}{rest}", migration.file, lines[..lines.len() - more].join("\n"))
        };
        let up = self.up.iter().map(|one| ("apply", one));
        let down = self.down.iter().map(|one| ("undo by", one));
        up.chain(down).map(one).collect::<Vec<_>>().join("\n")
    }
}

impl Migrate {
    /// What is to be done to a database that remembers this; what was applied must be what the files say.
    fn todo(&self, seen: &[Remembered]) -> Result<Todo<'_>, Failure> {
        for one in seen {
            let version = one.version;
            let Some(up) = self.ups.iter().find(|up| up.version() == version) else {
                let text = format!("migration {version} was applied, and its file is not in `{}`", self.path);
                return Err(Failure::failed(text).hint("is it the folder of this database? Put the file back"));
            };
            if !one.whole {
                let text = format!("`{}` was begun before, and failed", up.file);
                return Err(Failure::failed(text).hint(mend(version)));
            }
            if !up.is(one) {
                let text = format!("`{}` was changed after it had been applied", up.file);
                return Err(
                    Failure::failed(text).hint("put it back as it was, and write a new migration for the change")
                );
            }
        }
        let target = self.target.unwrap_or(i64::MAX);
        let is_applied = |version| seen.iter().any(|one| one.version == version);
        let up: Vec<_> = self.ups.iter().filter(|up| up.version() <= target && !is_applied(up.version())).collect();
        let above = seen.iter().rev().map(|one| one.version).filter(|version| *version > target);
        let down = above.map(|version| {
            self.downs.iter().find(|down| down.version() == version).ok_or_else(|| {
                let text = format!("migration {version} cannot be undone: it has no `.down.sql`");
                Failure::failed(text).hint("restore a backup, or write a migration that goes on from here")
            })
        });
        let down = down.collect::<Result<Vec<_>, _>>()?;
        let kept = seen.iter().map(|one| one.version).filter(|version| *version <= target);
        let version = kept.chain(up.iter().map(|up| up.version())).max().unwrap_or(0);
        Ok(Todo { up, down, version })
    }

    fn finding(&self, todo: &Todo<'_>) -> Finding {
        if todo.up.is_empty() && todo.down.is_empty() {
            let summary = format!("{} is at version {} of {}", self.connection, todo.version, self.path);
            return Finding::same(summary, todo.result());
        }
        let parts = [("apply", &todo.up), ("undo", &todo.down)].into_iter().filter(|(_, list)| !list.is_empty());
        let parts: Vec<String> =
            parts.map(|(word, list)| format!("{word} {}", count(list.len(), "migration"))).collect();
        let summary = format!("{} of {} on {}", parts.join(" and "), self.path, self.connection);
        let verdict = if todo.down.is_empty() { Verdict::Change } else { Verdict::Destructive };
        Finding { result: todo.result(), ..Finding::new(verdict, summary).diff(todo.shown()) }
    }
}

#[async_trait]
impl Step for Migrate {
    fn class(&self) -> Class {
        Class::Converge
    }

    fn access(&self) -> Access {
        let objects = vec![self.connection.clone()];
        Access { reads: objects.clone(), writes: objects }
    }

    async fn check(&self, cx: &Context) -> Result<Finding, Failure> {
        let database = cx.sql(&self.connection).await?;
        let seen = database.migrations(&cx.cancel).await.map_err(|error| cx.failure(error))?;
        Ok(self.finding(&self.todo(&seen)?))
    }

    async fn apply(&self, cx: &Context, _found: Option<Finding>) -> Result<Done, Failure> {
        let database = cx.sql(&self.connection).await?;
        let seen = database.migrations(&cx.cancel).await.map_err(|error| cx.failure(error))?;
        let todo = self.todo(&seen)?;
        let order: Vec<&Migration> = todo.down.iter().chain(&todo.up).copied().collect();
        let (mut done, total) = (0, order.len() as u64);
        let tell = |migration: &Migration| {
            done += 1;
            cx.progress.say(migration.file.clone());
            cx.progress.moved(done, Some(total));
        };
        database.migrate(&order, tell, &cx.cancel).await.map_err(|error| cx.failure(error))?;
        Ok(Done { changed: total > 0, result: todo.result() })
    }
}
