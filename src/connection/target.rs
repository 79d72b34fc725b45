//! What a named connection of a playbook points at, once its templates are worked out.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use percent_encoding::percent_decode_str;

use super::host::HostTarget;
use super::{ConnectionError, Stage, Tunnel};
use crate::secret::Secret;

/// The system behind a connection; the URL's scheme decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `redis`, `rediss`.
    Redis,
    /// `amqp`, `amqps`.
    Amqp,
    /// `postgres`, `postgresql`.
    Postgres,
    /// `mysql`, `mariadb`.
    Mysql,
    /// `sqlite`.
    Sqlite,
}

impl Kind {
    /// The kind of a URL scheme.
    pub fn of_scheme(scheme: &str) -> Option<Self> {
        Some(match scheme {
            "redis" | "rediss" => Self::Redis,
            "amqp" | "amqps" => Self::Amqp,
            "postgres" | "postgresql" => Self::Postgres,
            "mysql" | "mariadb" => Self::Mysql,
            "sqlite" => Self::Sqlite,
            _ => return None,
        })
    }

    /// The schemes a person can write.
    pub const SCHEMES: [&str; 10] =
        ["redis", "rediss", "amqp", "amqps", "postgres", "postgresql", "mysql", "mariadb", "sqlite", "redis+unix"];

    /// The system's name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Redis => "Redis",
            Self::Amqp => "RabbitMQ",
            Self::Postgres => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Sqlite => "SQLite",
        }
    }

    /// Whether it speaks SQL.
    pub fn is_sql(self) -> bool {
        matches!(self, Self::Postgres | Self::Mysql | Self::Sqlite)
    }
}

/// A resolved connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceTarget {
    /// Its name in the playbook.
    pub name: String,
    /// The system.
    pub kind: Kind,
    /// The whole URL; may hold a password.
    pub url: Secret,
    /// Where it points, for people: `127.0.0.1:5672`, or a file.
    pub address: String,
    /// RabbitMQ's management API, if given; may hold a password.
    pub management: Option<Secret>,
    /// How many connections a pool keeps (SQL); 5 unless told.
    pub pool: u32,
    /// How many more it may open for a moment.
    pub overflow: u32,
    /// The host through which it is reached.
    pub via: Option<Arc<HostTarget>>,
    /// The way through that host, once it is open.
    pub tunnel: Option<Tunnel>,
    /// The same to the management API.
    pub management_tunnel: Option<Tunnel>,
    /// Options that only the driver knows.
    pub options: BTreeMap<String, String>,
}

impl ServiceTarget {
    /// What a URL alone points at; a relative file of `SQLite` begins at `folder`.
    pub fn of_url(name: &str, url: &str, folder: &Path) -> Result<Self, String> {
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        let kind = Kind::of_scheme(scheme).ok_or_else(|| format!("unknown connection scheme `{scheme}`"))?;
        let url = if kind == Kind::Sqlite { absolute_sqlite(url, folder) } else { url.to_owned() };
        Ok(Self {
            name: name.to_owned(),
            kind,
            address: address(kind, &url)?,
            url: Secret::new(url),
            management: None,
            pool: 1,
            overflow: 0,
            via: None,
            tunnel: None,
            management_tunnel: None,
            options: BTreeMap::new(),
        })
    }

    /// The server's name and port.
    pub(super) fn endpoint(&self) -> Result<(String, u16), ConnectionError> {
        let split = self.address.rsplit_once(':');
        let parsed = split.and_then(|(host, port)| Some((bare(host), port.parse().ok()?)));
        parsed.ok_or_else(|| self.nowhere(&self.address))
    }

    /// The management API's name and port, where it is given.
    pub(super) fn management_endpoint(&self) -> Result<Option<(String, u16)>, ConnectionError> {
        let Some(url) = &self.management else { return Ok(None) };
        let url = url::Url::parse(url.reveal()).map_err(|_| self.nowhere("`management`"))?;
        let host = url.host_str().ok_or_else(|| self.nowhere("`management`"))?;
        Ok(Some((bare(host), url.port_or_known_default().unwrap_or(15672))))
    }

    fn nowhere(&self, what: &str) -> ConnectionError {
        let text = format!("connection `{}`: no tunnel leads to {what}, which names no host and port", self.name);
        ConnectionError::new(Stage::Connect, text)
    }
}

/// A host without the brackets of an IPv6 address.
fn bare(host: &str) -> String {
    host.trim_matches(['[', ']']).to_owned()
}

/// A relative path of a database file begins at `folder`.
pub fn absolute_sqlite(url: &str, folder: &Path) -> String {
    let rest = url.trim_start_matches("sqlite:");
    let path = percent_decode_str(rest.strip_prefix("//").unwrap_or(rest)).decode_utf8_lossy();
    if path.starts_with('/') || path.starts_with(":memory:") {
        return format!("sqlite://{path}");
    }
    format!("sqlite://{}/{path}", folder.display())
}

/// Where a URL points, without user and password.
pub fn address(kind: Kind, url: &str) -> Result<String, String> {
    if kind == Kind::Sqlite {
        return Ok(url.trim_start_matches("sqlite://").to_owned());
    }
    let parsed = url::Url::parse(url).map_err(|error| format!("the URL cannot be read: {error}"))?;
    let port = parsed.port().unwrap_or(match (kind, parsed.scheme()) {
        (Kind::Redis, _) => 6379,
        (Kind::Amqp, "amqps") => 5671,
        (Kind::Amqp, _) => 5672,
        (Kind::Postgres, _) => 5432,
        (Kind::Mysql, _) => 3306,
        (Kind::Sqlite, _) => 0,
    });
    Ok(format!("{}:{port}", parsed.host_str().unwrap_or("localhost")))
}
