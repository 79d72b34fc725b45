//! One line of a source with a caret under a part of it, cut to a width that fits a terminal.

use unicode_width::UnicodeWidthChar;

use super::Place;
use super::veil::{VEIL, passwords};
use crate::text::is_unsafe;

/// Columns of the source that are shown at most.
const WIDTH: usize = 120;

/// Columns that are kept before the caret where a line is cut.
const LEAD: usize = 40;

/// What stands for the part of a line that is cut off.
const CUT: &str = "...";

/// How many columns a tab is shown as, wherever it stands: both lines then agree on every terminal.
const TAB: &str = "    ";

/// The line of `place` as it is shown, and the carets below it.
pub fn excerpt(place: &Place) -> (String, String) {
    let line = place.line_text();
    let start = (place.start - place.line_start()).min(line.len());
    let end = place.end.saturating_sub(place.line_start()).clamp(start, line.len());
    let cells = cells(line);
    let column = |at: usize| cells.iter().take_while(|cell| cell.at < at).map(|cell| cell.width).sum::<usize>();
    let (from, to) = (column(start), column(end));
    let total = column(usize::MAX);
    let (left, right) = window(from, to, total);
    let mut shown = String::from(if left > 0 { CUT } else { "" });
    let mut at = 0;
    for cell in &cells {
        if at >= left && at + cell.width <= right {
            shown.push_str(&cell.shown);
        }
        at += cell.width;
    }
    shown.push_str(if right < total { CUT } else { "" });
    let indent = from - left + if left > 0 { CUT.len() } else { 0 };
    let carets = to.min(right).saturating_sub(from).max(1);
    (shown, " ".repeat(indent) + &"^".repeat(carets))
}

/// The columns that are shown: all, or a window that begins somewhat before the caret.
fn window(from: usize, to: usize, total: usize) -> (usize, usize) {
    if total <= WIDTH {
        return (0, total);
    }
    let left = if to <= WIDTH { 0 } else { from.saturating_sub(LEAD).min(total - WIDTH) };
    (left, (left + WIDTH).min(total))
}

/// A character as it is shown.
struct Cell {
    /// Its byte offset in the line.
    at: usize,
    shown: String,
    width: usize,
}

fn cells(line: &str) -> Vec<Cell> {
    let veils = passwords(line);
    let cell = |(at, c): (usize, char)| {
        let shown = match veils.iter().find(|veil| veil.contains(&at)) {
            Some(veil) if veil.start == at => VEIL.to_owned(),
            Some(_) => String::new(),
            None if c == '\t' => TAB.to_owned(),
            None if is_unsafe(c) => c.escape_unicode().to_string(),
            None => return Cell { at, shown: c.to_string(), width: c.width().unwrap_or(0) },
        };
        Cell { at, width: shown.len(), shown }
    };
    line.char_indices().map(cell).collect()
}
