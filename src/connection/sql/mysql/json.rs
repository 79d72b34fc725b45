//! Which columns hold JSON. MariaDB's JSON is a LONGTEXT with a check: it is told by that check, looked up once per column.

use std::collections::HashMap;

use sqlx::mysql::MySqlColumn;
use sqlx::{Column, ColumnOrigin, MySqlConnection, Type, TypeInfo};

const LOOK: &str = "select count(*) from information_schema.check_constraints \
    where constraint_schema = ? and table_name = ? and level = 'Column' and check_clause = ?";

/// What was found out so far, by (`schema.table`, column).
#[derive(Default)]
pub(super) struct Columns(HashMap<(String, String), bool>);

impl Columns {
    /// For each column, whether it is JSON kept as text.
    pub async fn find(
        &mut self,
        link: &mut MySqlConnection,
        columns: &[MySqlColumn],
    ) -> Result<Vec<bool>, sqlx::Error> {
        let mut found = Vec::with_capacity(columns.len());
        for column in columns {
            found.push(self.one(link, column).await?);
        }
        Ok(found)
    }

    async fn one(&mut self, link: &mut MySqlConnection, column: &MySqlColumn) -> Result<bool, sqlx::Error> {
        let kept_as_text = <str as Type<sqlx::MySql>>::compatible(column.type_info());
        // A text with a binary collation: the driver says BLOB, the character set says text.
        if !column.type_info().name().ends_with("BLOB") || !kept_as_text {
            return Ok(false);
        }
        let ColumnOrigin::Table(origin) = column.origin() else { return Ok(false) };
        let key = (origin.table.to_string(), origin.name.to_string());
        if let Some(known) = self.0.get(&key) {
            return Ok(*known);
        }
        let Some((schema, table)) = key.0.split_once('.') else { return Ok(false) };
        let clause = format!("json_valid(`{}`)", key.1.replace('`', "``"));
        let count = sqlx::query_scalar::<_, i64>(LOOK).bind(schema).bind(table).bind(clause).fetch_one(link).await;
        // MySQL's own tables look otherwise; it has a true JSON type, so that nothing is missed there.
        let is_json = match count {
            Ok(count) => count > 0,
            Err(sqlx::Error::Database(_)) => false,
            Err(error) => return Err(error),
        };
        self.0.insert(key, is_json);
        Ok(is_json)
    }
}
