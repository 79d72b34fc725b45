//! The report on a terminal: a few lines at the bottom that are redrawn, finished steps above them.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::look::Look;
use super::names::{Spot, spot};
use super::narrator::Narrator;
use super::{Reporter, outside};
use crate::event::{Event, StepKey, What};
use crate::text::count;

/// At most this many running steps have a line; the others are counted.
const STEPS: usize = 6;

/// The least time between two drawings.
const FRAME: Duration = Duration::from_millis(100);

/// A step that runs on some hosts.
#[derive(Default)]
struct Running {
    name: String,
    /// Who runs it, with bytes (messages, rows) done and to be done.
    targets: HashMap<StepKey, Option<(u64, Option<u64>)>>,
    ended: usize,
}

/// The live report.
pub struct Live {
    narrator: Narrator,
    region: MultiProgress,
    overall: ProgressBar,
    bars: Vec<ProgressBar>,
    running: BTreeMap<Spot, Running>,
    ended: usize,
    bad: usize,
    /// Text that waits for the next drawing.
    text: String,
    drawn: Option<Instant>,
    paused: bool,
}

impl Live {
    /// A live report on standard output.
    pub fn on_stdout(look: Look) -> Self {
        Self::new(look, ProgressDrawTarget::stdout_with_hz(10))
    }

    /// A live report on any terminal.
    pub fn new(look: Look, target: ProgressDrawTarget) -> Self {
        let region = MultiProgress::with_draw_target(target);
        let overall =
            region.add(ProgressBar::new_spinner().with_style(style("{spinner} {wide_msg} {elapsed_precise}")));
        Self {
            narrator: Narrator::new(look),
            region,
            overall,
            bars: Vec::new(),
            running: BTreeMap::new(),
            ended: 0,
            bad: 0,
            text: String::new(),
            drawn: None,
            paused: false,
        }
    }

    fn take(&mut self, what: &What) {
        match what {
            What::StepStarted { key, name, .. } if !is_part(key) => {
                let running = self.running.entry(spot(key)).or_default();
                running.name.clone_from(name);
                running.targets.insert(key.clone(), None);
            }
            What::StepProgressed { key, done, total } => {
                let whole = StepKey { item: None, attempt: None, sub: None, ..key.clone() };
                let running = self.running.get_mut(&spot(key));
                if let Some(moved) = running.and_then(|running| running.targets.get_mut(&whole)) {
                    *moved = Some((*done, *total));
                }
            }
            What::StepFinished(end) if !is_part(&end.key) => {
                self.ended += 1;
                self.bad += usize::from(!end.outcome.is_good() && !end.ignored);
                if let Some(running) = self.running.get_mut(&spot(&end.key)) {
                    running.ended += 1;
                    running.targets.remove(&end.key);
                }
            }
            What::BatchStarted { .. } | What::PlayStarted { .. } => {
                self.running.retain(|_, running| !running.targets.is_empty());
            }
            _ => {}
        }
    }

    /// Draws if the last time is long enough ago, or if it must be.
    fn draw(&mut self, must: bool) {
        let soon = self.drawn.is_some_and(|drawn| drawn.elapsed() < FRAME);
        if self.paused || (soon && !must) {
            return;
        }
        self.drawn = Some(Instant::now());
        self.print();
        let lines = self.lines();
        while self.bars.len() > lines.len() {
            if let Some(bar) = self.bars.pop() {
                bar.finish_and_clear();
                self.region.remove(&bar);
            }
        }
        while self.bars.len() < lines.len() {
            self.bars.push(self.region.add(ProgressBar::new_spinner().with_style(style("  {wide_msg}"))));
        }
        self.bars.iter().zip(lines).for_each(|(bar, line)| bar.set_message(line));
        self.overall.set_message(self.headline());
        self.overall.tick();
    }

    fn print(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            // A terminal that has gone stops nothing.
            let _ = self.region.println(text.strip_suffix('\n').unwrap_or(&text));
        }
    }

    fn headline(&self) -> String {
        let running: usize = self.running.values().map(|running| running.targets.len()).sum();
        let bad = if self.bad > 0 { format!(", {} failed", self.bad) } else { String::new() };
        format!("{} done, {running} running{bad}", count(self.ended, "step"))
    }

    fn lines(&self) -> Vec<String> {
        let active: Vec<&Running> = self.running.values().filter(|running| !running.targets.is_empty()).collect();
        let mut lines: Vec<String> = active.iter().take(STEPS).map(|running| running.line()).collect();
        if active.len() > STEPS {
            lines.push(format!("and {} more steps", active.len() - STEPS));
        }
        lines
    }

    fn clear(&mut self) {
        self.bars.drain(..).for_each(|bar| bar.finish_and_clear());
        let _ = self.region.clear();
    }
}

impl Reporter for Live {
    fn event(&mut self, event: &Event) {
        self.take(&event.what);
        self.text.push_str(&self.narrator.tell(event));
        self.draw(false);
    }

    fn tick(&mut self, now: i64) {
        self.text.push_str(&self.narrator.quiet(now));
        self.draw(false);
    }

    fn pause(&mut self, asked: bool) {
        if asked {
            self.draw(true);
            self.clear();
        }
        self.paused = asked;
    }

    fn finish(&mut self) {
        self.text.push_str(&self.narrator.flush());
        self.paused = false;
        self.print();
        self.overall.finish_and_clear();
        self.clear();
    }
}

impl Running {
    fn line(&self) -> String {
        let name = outside::line(&self.name);
        let (active, ended) = (self.targets.len(), self.ended);
        let mut names = self.targets.keys().filter_map(|key| key.target.host());
        let whom = match (names.next(), active) {
            (None, _) => String::new(),
            (Some(host), 1) if ended == 0 => format!("  {}", outside::line(host)),
            _ if ended == 0 => format!("  {}", count(active, "host")),
            _ => format!("  {} of {}", ended, count(active + ended, "host")),
        };
        format!("{name}{whom}{}", self.moved())
    }

    /// Bytes (messages, rows) done on all targets.
    fn moved(&self) -> String {
        let moved: Vec<_> = self.targets.values().flatten().collect();
        if moved.is_empty() {
            return String::new();
        }
        let done: u64 = moved.iter().map(|(done, _)| done).sum();
        let total: Option<u64> = moved.iter().map(|(_, total)| *total).sum();
        match total.filter(|total| *total > 0) {
            Some(total) => format!("  {}% of {}", done.min(total).saturating_mul(100) / total, amount(total)),
            None => format!("  {}", amount(done)),
        }
    }
}

fn is_part(key: &StepKey) -> bool {
    key.item.is_some() || key.attempt.is_some() || key.sub.is_some()
}

/// A number with a thousands' suffix: what is counted may be bytes, messages or rows.
fn amount(n: u64) -> String {
    match n {
        0..10_000 => n.to_string(),
        10_000..10_000_000 => format!("{} k", n / 1_000),
        10_000_000..10_000_000_000 => format!("{} M", n / 1_000_000),
        _ => format!("{} G", n / 1_000_000_000),
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
