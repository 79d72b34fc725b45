//! Aligned tables.

use unicode_width::UnicodeWidthStr as _;

/// Rows of cells, the heading first.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    /// Columns from this one on are aligned to the right.
    right_from: usize,
}

impl Table {
    pub fn new(heading: &[&str], right_from: usize) -> Self {
        Self { rows: vec![heading.iter().map(|&cell| cell.to_owned()).collect()], right_from }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table as text, two spaces between columns.
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        let lines = self.rows.iter().map(|row| {
            let cells = row.iter().zip(&widths).enumerate();
            let cells: Vec<String> = cells.map(|(at, (cell, width))| self.pad(at, cell, *width)).collect();
            format!("{}\n", cells.join("  ").trim_end())
        });
        lines.collect()
    }

    fn pad(&self, column: usize, cell: &str, width: usize) -> String {
        let space = " ".repeat(width.saturating_sub(cell.width()));
        if column < self.right_from { format!("{cell}{space}") } else { format!("{space}{cell}") }
    }
}
