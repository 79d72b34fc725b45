//! A terminal in memory that understands what the live report does with one.

use std::io;
use std::sync::{Arc, Mutex};

use indicatif::TermLike;

/// The screen; its clones show the same.
#[derive(Clone, Debug)]
pub(super) struct Screen(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    width: usize,
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
    /// Lines that were cleared to be drawn again, at most, in one drawing.
    highest: usize,
    cleared: usize,
    drawings: usize,
}

impl Screen {
    pub fn new(width: usize) -> Self {
        let state = State { width, lines: vec![Vec::new()], row: 0, column: 0, highest: 0, cleared: 0, drawings: 0 };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Everything on it, and above it.
    pub fn text(&self) -> String {
        let state = self.0.lock().unwrap();
        let lines = state.lines.iter().map(|line| line.iter().collect::<String>().trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    /// How many lines were redrawn at once, at most.
    pub fn highest(&self) -> usize {
        self.0.lock().unwrap().highest
    }

    /// How often it was drawn.
    pub fn drawings(&self) -> usize {
        self.0.lock().unwrap().drawings
    }

    #[allow(clippy::unnecessary_wraps, reason = "every method of a terminal answers so")]
    fn with(&self, work: impl FnOnce(&mut State)) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        work(&mut state);
        while state.lines.len() <= state.row {
            state.lines.push(Vec::new());
        }
        Ok(())
    }
}

impl State {
    fn put(&mut self, c: char) {
        match c {
            '\n' => (self.row, self.column) = (self.row + 1, 0),
            '\r' => self.column = 0,
            _ => {
                if self.column == self.width {
                    (self.row, self.column) = (self.row + 1, 0);
                }
                while self.lines.len() <= self.row {
                    self.lines.push(Vec::new());
                }
                let line = &mut self.lines[self.row];
                while line.len() <= self.column {
                    line.push(' ');
                }
                line[self.column] = c;
                self.column += 1;
            }
        }
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        u16::try_from(self.0.lock().unwrap().width).unwrap()
    }

    fn height(&self) -> u16 {
        50
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.with(|state| state.row = state.row.saturating_sub(n))
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.with(|state| state.row += n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.with(|state| state.column += n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.with(|state| state.column = state.column.saturating_sub(n))
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.write_str("\n")
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.with(|state| text.chars().for_each(|c| state.put(c)))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.with(|state| {
            state.lines[state.row].clear();
            state.column = 0;
            state.cleared += 1;
            state.highest = state.highest.max(state.cleared);
        })
    }

    fn flush(&self) -> io::Result<()> {
        self.with(|state| {
            state.cleared = 0;
            state.drawings += 1;
        })
    }
}
