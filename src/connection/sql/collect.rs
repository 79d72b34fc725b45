//! What becomes of rows: kept, counted or handed on one by one.

use serde_json::{Map, Value};

use super::{Refusal, Tally};

/// Takes the rows of a statement as they come.
pub trait RowSink: Send {
    /// The names of the columns, each once, before the first row.
    fn columns(&mut self, names: &[String]) -> Result<(), Refusal>;
    /// A row in the order of the columns; answers whether more are wanted.
    fn row(&mut self, values: Vec<Value>) -> Result<bool, Refusal>;
}

/// Which rows are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// Every row.
    All,
    /// The first.
    One,
    /// `limit` rows after the first `offset`.
    Many {
        /// How many.
        limit: u64,
        /// How many are passed over first.
        offset: u64,
    },
    /// None.
    None,
}

/// What may be kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows.
    pub rows: u64,
    /// Bytes, as JSON.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 1_000_000, bytes: 64 << 20 }
    }
}

/// Keeps rows as mappings.
#[derive(Debug)]
pub struct Collector {
    fetch: Fetch,
    limits: Limits,
    names: Vec<String>,
    seen: u64,
    bytes: usize,
    /// What was kept.
    pub rows: Vec<Value>,
}

impl Collector {
    /// An empty one.
    pub fn new(fetch: Fetch) -> Self {
        Self { fetch, limits: Limits::default(), names: Vec::new(), seen: 0, bytes: 0, rows: Vec::new() }
    }

    /// The same, with other limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    fn too_large(&self) -> Refusal {
        let (rows, size) = (self.limits.rows, self.limits.bytes >> 20);
        Refusal::new(format!("the result is too large to keep: more than {rows} rows or {size} MiB"))
            .hint("stream it to a file with `save`, or take a part with `fetch: many` and `limit`")
    }
}

impl RowSink for Collector {
    fn columns(&mut self, names: &[String]) -> Result<(), Refusal> {
        self.names = names.to_vec();
        Ok(())
    }

    fn row(&mut self, values: Vec<Value>) -> Result<bool, Refusal> {
        let (offset, limit) = match self.fetch {
            Fetch::All => (0, u64::MAX),
            Fetch::One => (0, 1),
            Fetch::Many { limit, offset } => (offset, limit),
            Fetch::None => (u64::MAX, 0),
        };
        self.seen += 1;
        if self.seen <= offset || self.rows.len() as u64 >= limit {
            return Ok((self.rows.len() as u64) < limit);
        }
        self.bytes += values.iter().zip(&self.names).map(|(value, name)| weight(value) + name.len()).sum::<usize>();
        if self.rows.len() as u64 >= self.limits.rows || self.bytes > self.limits.bytes {
            return Err(self.too_large());
        }
        let row: Map<String, Value> = self.names.iter().cloned().zip(values).collect();
        self.rows.push(Value::Object(row));
        Ok((self.rows.len() as u64) < limit)
    }
}

/// About how many bytes a value takes as JSON.
pub(super) fn weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(weight).sum::<usize>() + 2,
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + 3 + weight(value)).sum::<usize>() + 2,
    }
}

/// The end of one statement, with the rows that were kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// What it did.
    pub tally: Tally,
    /// The rows that were kept.
    pub rows: Vec<Value>,
}

impl<T: RowSink + ?Sized> RowSink for &mut T {
    fn columns(&mut self, names: &[String]) -> Result<(), Refusal> {
        (**self).columns(names)
    }

    fn row(&mut self, values: Vec<Value>) -> Result<bool, Refusal> {
        (**self).row(values)
    }
}
