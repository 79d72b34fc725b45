//! The three dialects, as far as their texts differ.

use crate::connection::Kind;

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
    /// SQLite.
    Sqlite,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Postgres, Self::Mysql, Self::Sqlite];

    /// The dialect of a connection's kind; none where it does not speak SQL.
    pub fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Postgres => Some(Self::Postgres),
            Kind::Mysql => Some(Self::Mysql),
            Kind::Sqlite => Some(Self::Sqlite),
            Kind::Redis | Kind::Amqp => None,
        }
    }

    /// The character that quotes identifiers.
    pub fn identifier_quote(self) -> char {
        if self == Self::Mysql { '`' } else { '"' }
    }

    /// An identifier as it stands in SQL text.
    pub fn quote(self, identifier: &str) -> String {
        let quote = self.identifier_quote();
        format!("{quote}{}{quote}", identifier.replace(quote, &format!("{quote}{quote}")))
    }
}
