//! Rows into a file of this machine: written beside it under another name, and put in place whole or not at all.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::connection::sql::{Fetch, Refusal, RowSink};
use crate::step::Progress;
use crate::step::saved::Saved;
use serde_json::{Map, Value};

/// How often (in rows) the progress is told.
const OFTEN: u64 = 1_000;

/// What the file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// RFC 4180, with a line of names.
    Csv,
    /// A list of mappings.
    Json,
    /// A mapping per line.
    JsonLines,
}

impl Format {
    pub fn of(path: &str) -> Result<Self, String> {
        let extension = Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or("");
        match extension.to_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            "jsonl" => Ok(Self::JsonLines),
            _ => Err(format!("`save: {path}` must end in .csv, .json or .jsonl")),
        }
    }
}

/// A file that is being written.
pub(super) struct Saver {
    format: Format,
    file: Saved,
    names: Vec<String>,
    fetch: Fetch,
    seen: u64,
    /// Rows written.
    pub written: u64,
    progress: Arc<dyn Progress>,
}

impl Saver {
    pub fn new(path: PathBuf, format: Format, fetch: Fetch, progress: Arc<dyn Progress>) -> Result<Self, String> {
        Ok(Self { format, file: Saved::new(path)?, names: Vec::new(), fetch, seen: 0, written: 0, progress })
    }

    fn write(&mut self, values: Vec<Value>) -> std::io::Result<()> {
        if self.format == Format::Csv {
            let line: Vec<String> = values.iter().map(csv_field).collect();
            return write!(self.file, "{}\r\n", line.join(","));
        }
        let row: Map<String, Value> = self.names.iter().cloned().zip(values).collect();
        if self.format == Format::Json {
            self.file.write_all(if self.written == 0 { b"[\n" } else { b",\n" })?;
        }
        serde_json::to_writer(&mut self.file, &row)?;
        if self.format == Format::JsonLines { self.file.write_all(b"\n") } else { Ok(()) }
    }

    /// Puts the file in place.
    pub fn finish(mut self) -> Result<u64, String> {
        if self.format == Format::Json {
            let end: &[u8] = if self.written == 0 { b"[]\n" } else { b"\n]\n" };
            self.file.write_all(end).map_err(|error| self.file.told(&error))?;
        }
        self.file.finish()?;
        Ok(self.written)
    }
}

impl RowSink for Saver {
    fn columns(&mut self, names: &[String]) -> Result<(), Refusal> {
        self.names = names.to_vec();
        if self.format == Format::Csv && !names.is_empty() {
            let line: Vec<String> = names.iter().map(|name| csv_text(name)).collect();
            write!(self.file, "{}\r\n", line.join(",")).map_err(|error| self.told(&error))?;
        }
        Ok(())
    }

    fn row(&mut self, values: Vec<Value>) -> Result<bool, Refusal> {
        let (offset, limit) = match self.fetch {
            Fetch::One => (0, 1),
            Fetch::Many { limit, offset } => (offset, limit),
            Fetch::All | Fetch::None => (0, u64::MAX),
        };
        self.seen += 1;
        if self.seen > offset && self.written < limit {
            self.write(values).map_err(|error| self.told(&error))?;
            self.written += 1;
            if self.written.is_multiple_of(OFTEN) {
                self.progress.moved(self.written, None);
            }
        }
        Ok(self.written < limit)
    }
}

impl Saver {
    fn told(&self, error: &std::io::Error) -> Refusal {
        Refusal::new(self.file.told(error))
    }
}

/// Null is an empty field, an empty text a quoted one.
fn csv_field(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => csv_text(text),
        other => csv_text(&other.to_string()),
    }
}

fn csv_text(text: &str) -> String {
    if text.is_empty() || text.contains([',', '"', '\r', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}
