//! SQLite: a file, or a database in memory. A file that is missing is made by the first unit that changes something;
//! those that look see an empty database until then.

mod decode;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use serde_json::Value;
use sqlx::SqlSafeStr;
use sqlx::migrate::Migrate;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions};
use sqlx::{
    Arguments, AssertSqlSafe, Column, ConnectOptions, Connection, Either, Executor, SqliteConnection, Statement,
};

use super::Refusal;
use super::bound::Bound;
use super::error::Trouble;
use super::options::refused;
use super::session::{Dial, Session, Stopper, Taker, Tally};
use crate::connection::{ConnectionError, ServiceTarget};

const BUSY: Duration = Duration::from_secs(5);
/// How many steps of SQLite's machine pass between two looks at the flag that stops it.
const STEPS: i32 = 2_000;

struct Dialler {
    options: SqliteConnectOptions,
    /// The file that may have to be made.
    file: Option<PathBuf>,
    volatile: bool,
}

pub(super) fn dialler(target: &ServiceTarget) -> Result<(Box<dyn Dial>, Option<String>), ConnectionError> {
    let mut text = target.url.reveal().to_owned();
    for (key, value) in &target.options {
        let sign = if text.contains('?') { "&" } else { "?" };
        text.extend([sign, key.as_str(), "=", value.as_str()]);
    }
    let query = text.split_once('?').map_or("", |(_, query)| query);
    for (key, _) in url::form_urlencoded::parse(query.as_bytes()) {
        if !["mode", "cache", "immutable", "vfs"].contains(&&*key) {
            return Err(refused(target, &format!("unknown option `{key}` in the URL"))
                .hint("known are mode, cache, immutable, vfs"));
        }
    }
    let options = SqliteConnectOptions::from_str(&text).map_err(|error| refused(target, &error.to_string()))?;
    let volatile = text.contains(":memory:") || query.contains("mode=memory");
    if !volatile && options.get_filename().as_os_str().is_empty() {
        return Err(refused(target, "the URL names no file").hint("write `sqlite://path/to/file.db`"));
    }
    let may_make = !volatile && !query.contains("mode=");
    let file = may_make.then(|| options.get_filename().to_owned());
    let options = options.busy_timeout(BUSY).foreign_keys(true).disable_statement_logging();
    let options = if may_make { options.create_if_missing(true) } else { options };
    Ok((Box::new(Dialler { options, file, volatile }), None))
}

#[async_trait]
impl Dial for Dialler {
    async fn dial(&self) -> Result<Box<dyn Session>, sqlx::Error> {
        Ok(Box::new(Lite::connect(&self.options).await?))
    }

    async fn dial_to_look(&self) -> Result<Option<Box<dyn Session>>, sqlx::Error> {
        if self.file.as_ref().is_none_or(|file| file.exists()) {
            return Ok(None);
        }
        let empty = SqliteConnectOptions::from_str("sqlite::memory:")?.disable_statement_logging();
        Ok(Some(Box::new(Lite::connect(&empty).await?)))
    }

    fn host(&self) -> Option<(String, u16)> {
        None
    }

    fn is_volatile(&self) -> bool {
        self.volatile
    }
}

struct Lite {
    connection: SqliteConnection,
    stop: Arc<Flag>,
}

#[derive(Default)]
struct Flag(AtomicBool);

#[async_trait]
impl Stopper for Flag {
    async fn stop(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn clear(&self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Lite {
    async fn connect(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let mut connection = options.connect().await?;
        let stop = Arc::new(Flag::default());
        let flag = Arc::clone(&stop);
        connection.lock_handle().await?.set_progress_handler(STEPS, move || !flag.0.load(Ordering::SeqCst));
        Ok(Self { connection, stop })
    }
}

fn arguments(bound: &Bound<'_>) -> Result<SqliteArguments, Refusal> {
    let mut arguments = SqliteArguments::default();
    for slot in bound.slots() {
        let (name, value) = bound.values[slot];
        bind(&mut arguments, value).map_err(|why| Refusal::new(format!("parameter `{name}`: {why}")))?;
    }
    Ok(arguments)
}

fn bind(arguments: &mut SqliteArguments, value: &Value) -> Result<(), String> {
    let added = match value {
        Value::Null => arguments.add(None::<String>),
        Value::Bool(value) => arguments.add(i64::from(*value)),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), _, _) => arguments.add(value),
            (None, Some(value), _) => {
                return Err(format!("{value} does not fit SQLite's 64-bit integer; give it as a text"));
            }
            (None, None, value) => arguments.add(value.unwrap_or(f64::NAN)),
        },
        Value::String(text) => arguments.add(text.clone()),
        Value::Array(_) | Value::Object(_) => arguments.add(value.to_string()),
    };
    added.map_err(|error| error.to_string())
}

#[async_trait]
impl Session for Lite {
    fn stopper(&self) -> Arc<dyn Stopper> {
        Arc::clone(&self.stop) as Arc<dyn Stopper>
    }

    async fn plain(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(&mut self.connection).await.map(drop)
    }

    async fn forget(&mut self) -> Result<(), sqlx::Error> {
        self.connection.clear_cached_statements().await
    }

    async fn run(&mut self, bound: &Bound<'_>, taker: &mut Taker<'_>, sent: &mut String) -> Result<Tally, Trouble> {
        *sent = bound.text(|_| "?".to_owned());
        let arguments = arguments(bound)?;
        let statement = (&mut self.connection).prepare(AssertSqlSafe(sent.clone()).into_sql_str()).await?;
        let names: Vec<String> = statement.columns().iter().map(|column| column.name().to_owned()).collect();
        taker.columns(&names)?;
        let mut tally = Tally { gives_rows: !names.is_empty(), ..Tally::default() };
        let query = sqlx::query_with(AssertSqlSafe(sent.clone()), arguments);
        let mut stream = (&mut self.connection).fetch_many(query);
        while let Some(item) = stream.next().await {
            match item? {
                Either::Left(done) => {
                    tally.rows_affected += done.rows_affected();
                    tally.last_insert_id = (done.last_insert_rowid() != 0).then(|| done.last_insert_rowid().into());
                }
                Either::Right(row) if !taker.full => {
                    if taker.row(decode::row(&row)?)? {
                        break;
                    }
                }
                Either::Right(_) => {}
            }
        }
        Ok(tally)
    }

    fn migrations(&mut self) -> &mut (dyn Migrate + Send) {
        &mut self.connection
    }

    async fn ping(&mut self) -> bool {
        self.connection.ping().await.is_ok()
    }

    async fn close(self: Box<Self>) {
        let _ = self.connection.close().await;
    }
}
