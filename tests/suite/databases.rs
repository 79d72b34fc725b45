//! `query` and the SQL connections, on PostgreSQL, MariaDB and SQLite; effects are seen with `psql`, `mariadb` and `sqlite3`.

mod cuts;
mod errors;
mod migrate;
mod server;
mod steps;
mod texts;
mod transactions;
mod values;
