//! MySQL and MariaDB, always by prepared statements: their binary rows keep floats and zero dates whole.

mod decode;
mod json;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use serde_json::Value;
use sqlx::migrate::Migrate;
use sqlx::mysql::{MySqlArguments, MySqlColumn, MySqlConnectOptions, MySqlDatabaseError, MySqlSslMode};
use sqlx::{
    Arguments, AssertSqlSafe, Column, ConnectOptions, Connection, Either, Executor, MySqlConnection, SqlSafeStr,
    Statement,
};

use self::decode::Reader;
use super::Refusal;
use super::bound::Bound;
use super::error::Trouble;
use super::options::{Tls, check_options, is_loopback, refused, tls, whole_url};
use super::session::{Dial, Session, Stopper, Taker, Tally};
use crate::connection::{ConnectionError, ServiceTarget};

const KNOWN: [&str; 14] = [
    "sslmode",
    "ssl-mode",
    "sslca",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "charset",
    "collation",
    "socket",
    "timezone",
    "time-zone",
    "statement-cache-capacity",
];
const MODES: [&str; 4] = ["disabled", "required", "verify_ca", "verify_identity"];

/// The driver asks for `IGNORE_SPACE` when it connects; a session keeps it only where the server wants it.
const OWN_MODE: &str = "set sql_mode = if(find_in_set('IGNORE_SPACE', @@global.sql_mode), @@session.sql_mode, \
    trim(both ',' from replace(concat(',', @@session.sql_mode, ','), ',IGNORE_SPACE,', ',')))";

struct Dialler {
    options: MySqlConnectOptions,
    host: Option<(String, u16)>,
    /// The session's time zone is UTC, so that a TIMESTAMP is a moment.
    utc: bool,
}

pub(super) fn dialler(target: &ServiceTarget) -> Result<(Box<dyn Dial>, Option<String>), ConnectionError> {
    let url = whole_url(target)?;
    check_options(target, &url, &KNOWN)?;
    let has = |names: &[&str]| url.query_pairs().any(|(key, _)| names.contains(&&*key));
    let socket = has(&["socket"]);
    let host = url.host_str().unwrap_or("localhost").trim_matches(['[', ']']).to_owned();
    let protection = tls(target, &url, &MODES, socket || is_loopback(&host))?;
    let options = MySqlConnectOptions::from_url(&url).map_err(|error| refused(target, &error.to_string()))?;
    let mut options =
        options.host(&host).pipes_as_concat(false).no_engine_substitution(false).disable_statement_logging();
    options = match protection {
        Tls::Asked => options,
        Tls::Clear => options.ssl_mode(MySqlSslMode::Disabled),
        Tls::Verified => options.ssl_mode(MySqlSslMode::VerifyIdentity),
    };
    let port = url.port().unwrap_or(3306);
    if let Some(tunnel) = &target.tunnel {
        // The certificate is still judged by the URL's host.
        options = options.socket(tunnel.socket());
    }
    let socket = socket || target.tunnel.is_some();
    let password = url.password().map(|p| percent_encoding::percent_decode_str(p).decode_utf8_lossy().into_owned());
    let utc = !has(&["timezone", "time-zone"]);
    let dialler = Dialler { options, host: Some((if socket { "localhost".to_owned() } else { host }, port)), utc };
    Ok((Box::new(dialler), password))
}

#[async_trait]
impl Dial for Dialler {
    async fn dial(&self) -> Result<Box<dyn Session>, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        sqlx::raw_sql(OWN_MODE).execute(&mut connection).await?;
        let id: u64 = sqlx::query_scalar("select connection_id()").fetch_one(&mut connection).await?;
        let killer = Arc::new(Killer { options: self.options.clone(), id });
        Ok(Box::new(My { connection, killer, reader: Reader { utc: self.utc }, json: json::Columns::default() }))
    }

    fn host(&self) -> Option<(String, u16)> {
        self.host.clone()
    }
}

struct Killer {
    options: MySqlConnectOptions,
    id: u64,
}

#[async_trait]
impl Stopper for Killer {
    async fn stop(&self) {
        let kill = async {
            let mut connection = self.options.connect().await?;
            sqlx::raw_sql(AssertSqlSafe(format!("KILL QUERY {}", self.id))).execute(&mut connection).await?;
            connection.close().await
        };
        let _ = tokio::time::timeout(Duration::from_secs(5), kill).await;
    }
}

struct My {
    connection: MySqlConnection,
    killer: Arc<Killer>,
    reader: Reader,
    json: json::Columns,
}

fn arguments(bound: &Bound<'_>) -> Result<MySqlArguments, Refusal> {
    let mut arguments = MySqlArguments::default();
    for slot in bound.slots() {
        let (name, value) = bound.values[slot];
        let added = match value {
            Value::Null => arguments.add(None::<String>),
            Value::Bool(value) => arguments.add(*value),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => arguments.add(value),
                (None, Some(value)) => arguments.add(value),
                (None, None) => arguments.add(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => arguments.add(text.as_str()),
            Value::Array(_) | Value::Object(_) => arguments.add(value.to_string()),
        };
        added.map_err(|error| Refusal::new(format!("parameter `{name}`: {error}")))?;
    }
    Ok(arguments)
}

fn names(columns: &[MySqlColumn]) -> Vec<String> {
    columns.iter().map(|column| column.name().to_owned()).collect()
}

/// Statements that MySQL cannot prepare go as plain text; they give no rows.
fn cannot_prepare(error: &sqlx::Error) -> bool {
    let number = error.as_database_error().and_then(|e| e.try_downcast_ref::<MySqlDatabaseError>());
    number.map(MySqlDatabaseError::number) == Some(1295)
}

impl My {
    async fn plainly(&mut self, sql: &str) -> Result<Tally, Trouble> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.connection).await?;
        Ok(Tally { rows_affected: done.rows_affected(), ..Tally::default() })
    }
}

#[async_trait]
impl Session for My {
    fn stopper(&self) -> Arc<dyn Stopper> {
        Arc::clone(&self.killer) as Arc<dyn Stopper>
    }

    async fn plain(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(&mut self.connection).await.map(drop)
    }

    async fn forget(&mut self) -> Result<(), sqlx::Error> {
        Ok(())
    }

    async fn run(&mut self, bound: &Bound<'_>, taker: &mut Taker<'_>, sent: &mut String) -> Result<Tally, Trouble> {
        *sent = bound.text(|_| "?".to_owned());
        let arguments = arguments(bound)?;
        let prepared = (&mut self.connection).prepare(AssertSqlSafe(sent.clone()).into_sql_str()).await;
        let statement = match prepared {
            Err(error) if cannot_prepare(&error) && bound.values.is_empty() => return self.plainly(sent).await,
            other => other?,
        };
        let columns = statement.columns();
        let mut told = !columns.is_empty();
        if told {
            taker.columns(&names(columns))?;
        }
        let json = self.json.find(&mut self.connection, columns).await?;
        let mut tally = Tally { gives_rows: told, ..Tally::default() };
        let query = sqlx::query_with(AssertSqlSafe(sent.clone()), arguments);
        let mut stream = (&mut self.connection).fetch_many(query);
        while let Some(item) = stream.next().await {
            match item? {
                Either::Left(done) => {
                    tally.rows_affected += done.rows_affected();
                    tally.last_insert_id = (done.last_insert_id() != 0).then(|| done.last_insert_id().into());
                }
                Either::Right(row) if !taker.full => {
                    if !told {
                        // A procedure says only now what it gives.
                        taker.columns(&names(sqlx::Row::columns(&row)))?;
                        (told, tally.gives_rows) = (true, true);
                    }
                    if taker.row(self.reader.row(&row, &json)?)? {
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
