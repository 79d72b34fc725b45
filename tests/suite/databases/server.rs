//! The three servers, each with its own client.

use std::path::PathBuf;
use std::process::Command;

use runbook::step::Context;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::context::{Recorder, apply, context, service};

/// A database system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    Postgres,
    Mariadb,
    Sqlite,
}

pub const ALL: [System; 3] = [System::Postgres, System::Mariadb, System::Sqlite];

/// A test's view of one system; its tables are dropped with it.
pub struct Server {
    pub system: System,
    pub cx: Context,
    pub progress: std::sync::Arc<Recorder>,
    pub folder: TempDir,
    prefix: String,
}

pub fn url(system: System, folder: &std::path::Path) -> String {
    let of = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    match system {
        System::Postgres => of("POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/test"),
        System::Mariadb => of("MYSQL_URL", "mysql://root@127.0.0.1:3306/test"),
        System::Sqlite => format!("sqlite://{}", folder.join("test.db").display()),
    }
}

impl Server {
    pub fn new(system: System) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (cx, progress) = context(folder.path(), vec![service("db", &url(system, folder.path()))]);
        let prefix = format!("t{}", uuid::Uuid::new_v4().simple());
        Self { system, cx, progress, folder, prefix: prefix[..14].to_owned() }
    }

    /// A name that no other test uses; dropped as a table at the end.
    pub fn table(&self) -> String {
        self.prefix.clone()
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// What the system's own client prints, without headers.
    pub fn client(&self, sql: &str) -> String {
        let url = url(self.system, self.folder.path());
        let output = match self.system {
            System::Postgres => Command::new("psql").args([&url, "-AtX", "-v", "ON_ERROR_STOP=1", "-c", sql]).output(),
            System::Sqlite => Command::new("sqlite3").arg(self.file()).arg(sql).output(),
            System::Mariadb => {
                let parsed = url::Url::parse(&url).unwrap();
                let mut command = Command::new("mariadb");
                command.args(["-N", "-B", "--raw", "--default-character-set=utf8mb4"]);
                command.args(["-h", parsed.host_str().unwrap(), "-P", &parsed.port().unwrap_or(3306).to_string()]);
                command.args(["-u", parsed.username(), parsed.path().trim_start_matches('/'), "-e", sql]);
                command.env("MYSQL_PWD", parsed.password().unwrap_or("")).output()
            }
        };
        let output = output.unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end_matches('\n').to_owned()
    }

    /// The result of a `query` step, or the sentence with which it failed.
    pub async fn query(&self, mut args: Value) -> Result<serde_json::Map<String, Value>, String> {
        args["connection"] = "db".into();
        let told = |failure: runbook::step::Failure| {
            let hint = failure.error.hint.map_or(String::new(), |hint| format!(" [{hint}]"));
            format!("{}{hint}", failure.error.message)
        };
        apply(&self.cx, "query", args).await.map(|done| done.result).map_err(told)
    }

    /// The only value of the only row.
    pub async fn value(&self, sql: &str, params: Value) -> Result<Value, String> {
        let result = self.query(serde_json::json!({"sql": sql, "params": params})).await?;
        let row = result["row"].as_object().cloned().unwrap_or_default();
        row.into_iter().next().map(|(_, value)| value).ok_or_else(|| "no row".to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.system != System::Sqlite {
            let name = &self.prefix;
            self.client(&format!("drop table if exists {name}"));
            if self.system == System::Postgres {
                self.client(&format!("drop type if exists {name}_e cascade; drop domain if exists {name}_d"));
            }
        }
    }
}
