//! PostgreSQL: each statement is prepared first, so that values are bound as the types the server expects.

mod bind;
mod decode;
mod text;
mod time;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use sqlx::migrate::Migrate;
use sqlx::postgres::{PgColumn, PgConnectOptions, PgSslMode, PgTypeInfo};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Connection, Either, Executor, PgConnection, SqlSafeStr, Statement};

use super::bound::Bound;
use super::error::Trouble;
use super::options::{Tls, check_options, is_loopback, refused, tls, whole_url};
use super::session::{Dial, Session, Stopper, Taker, Tally};
use crate::connection::{ConnectionError, ServiceTarget};

const KNOWN: [&str; 19] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "options[",
    "statement-cache-capacity",
];
const MODES: [&str; 4] = ["disable", "require", "verify-ca", "verify-full"];
/// `money`, whose scale is a setting of the server.
const MONEY: [u32; 2] = [790, 791];

struct Dialler {
    options: PgConnectOptions,
    host: Option<(String, u16)>,
}

pub(super) fn dialler(target: &ServiceTarget) -> Result<(Box<dyn Dial>, Option<String>), ConnectionError> {
    let url = whole_url(target)?;
    check_options(target, &url, &KNOWN)?;
    let options = PgConnectOptions::from_url(&url).map_err(|error| refused(target, &error.to_string()))?;
    let host = options.get_host().trim_matches(['[', ']']).to_owned();
    let socket = options.get_socket().is_some() || host.starts_with('/');
    let protection = tls(target, &url, &MODES, socket || is_loopback(&host))?;
    let options = options.host(&host).disable_statement_logging();
    let options = match protection {
        Tls::Asked => options,
        Tls::Clear => options.ssl_mode(PgSslMode::Disable),
        Tls::Verified => options.ssl_mode(PgSslMode::VerifyFull),
    };
    let given = url.password().map(|p| percent_encoding::percent_decode_str(p).decode_utf8_lossy().into_owned());
    let password = given.or_else(|| url.query_pairs().find(|(key, _)| key == "password").map(|(_, v)| v.into_owned()));
    let port = options.get_port();
    if let Some(tunnel) = &target.tunnel {
        // The certificate is still judged by the URL's host.
        let options = options.socket(tunnel.folder()).port(tunnel.number());
        return Ok((Box::new(Dialler { options, host: Some(("localhost".to_owned(), port)) }), password));
    }
    let host = Some((if socket { "localhost".to_owned() } else { host }, port));
    Ok((Box::new(Dialler { options, host }), password))
}

#[async_trait]
impl Dial for Dialler {
    async fn dial(&self) -> Result<Box<dyn Session>, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await?;
        let canceller = Arc::new(Canceller { options: self.options.clone(), pid });
        Ok(Box::new(Pg { connection, canceller, money: None }))
    }

    fn host(&self) -> Option<(String, u16)> {
        self.host.clone()
    }
}

struct Canceller {
    options: PgConnectOptions,
    pid: i32,
}

#[async_trait]
impl Stopper for Canceller {
    async fn stop(&self) {
        let ask = async {
            let mut connection = self.options.connect().await?;
            sqlx::query("select pg_cancel_backend($1)").bind(self.pid).execute(&mut connection).await?;
            connection.close().await
        };
        let _ = tokio::time::timeout(Duration::from_secs(5), ask).await;
    }
}

struct Pg {
    connection: PgConnection,
    canceller: Arc<Canceller>,
    /// Digits behind the point of `money`, once it was asked.
    money: Option<usize>,
}

impl Pg {
    async fn prepare(&mut self, sql: &str) -> Result<(Vec<PgTypeInfo>, Vec<PgColumn>), sqlx::Error> {
        let statement = (&mut self.connection).prepare(AssertSqlSafe(sql.to_owned()).into_sql_str()).await?;
        let parameters = match statement.parameters() {
            Some(Either::Left(types)) => types.to_vec(),
            _ => Vec::new(),
        };
        Ok((parameters, statement.columns().to_vec()))
    }

    /// The name of a type as SQL text, quoted and with its schema where it needs one.
    async fn type_name(&mut self, kind: &PgTypeInfo) -> Result<String, sqlx::Error> {
        match kind.oid() {
            Some(oid) => {
                let query = sqlx::query_scalar("select format_type($1, null)").bind(oid);
                query.fetch_one(&mut self.connection).await
            }
            None => Ok(sqlx::TypeInfo::name(kind).to_owned()),
        }
    }

    async fn money_scale(&mut self, columns: &[PgColumn]) -> Result<usize, sqlx::Error> {
        let is_money = |column: &PgColumn| column.type_info().oid().is_some_and(|oid| MONEY.contains(&oid.0));
        if self.money.is_none() && columns.iter().any(is_money) {
            let query = sqlx::query_scalar::<_, i32>("select scale('1'::money::numeric)");
            self.money = usize::try_from(query.fetch_one(&mut self.connection).await?).ok();
        }
        Ok(self.money.unwrap_or(2))
    }
}

#[async_trait]
impl Session for Pg {
    fn stopper(&self) -> Arc<dyn Stopper> {
        Arc::clone(&self.canceller) as Arc<dyn Stopper>
    }

    async fn plain(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(&mut self.connection).await.map(drop)
    }

    async fn forget(&mut self) -> Result<(), sqlx::Error> {
        if self.connection.cached_statements_size() == 0 {
            return Ok(());
        }
        self.connection.clear_cached_statements().await
    }

    async fn run(&mut self, bound: &Bound<'_>, taker: &mut Taker<'_>, sent: &mut String) -> Result<Tally, Trouble> {
        *sent = bound.text(|slot| format!("${}", slot + 1));
        let (types, columns) = self.prepare(sent).await?;
        let mut encoded = Vec::with_capacity(types.len());
        let mut casts: Vec<Option<String>> = Vec::with_capacity(types.len());
        for ((name, value), kind) in bound.values.iter().zip(&types) {
            let argument = bind::encode(name, value, kind)?;
            casts.push(if argument.is_cast { Some(self.type_name(kind).await?) } else { None });
            encoded.push(argument);
        }
        if casts.iter().any(Option::is_some) {
            // The value goes as text, and the server reads it as what it expects.
            *sent = bound.text(|slot| match casts.get(slot) {
                Some(Some(name)) => format!("(${}::text::{name})", slot + 1),
                _ => format!("${}", slot + 1),
            });
        }
        let names: Vec<String> = columns.iter().map(|column| column.name().to_owned()).collect();
        taker.columns(&names)?;
        let reader = decode::Reader { money: self.money_scale(&columns).await? };
        let mut tally = Tally { gives_rows: !columns.is_empty(), ..Tally::default() };
        let query = sqlx::query_with(AssertSqlSafe(sent.clone()), bind::arguments(encoded)?);
        let mut stream = (&mut self.connection).fetch_many(query);
        while let Some(item) = stream.next().await {
            match item? {
                Either::Left(done) => tally.rows_affected += done.rows_affected(),
                Either::Right(row) if !taker.full => {
                    if taker.row(reader.row(&row)?)? {
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
