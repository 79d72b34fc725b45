//! `serial` and `max_fail_percentage`: in which batches a play takes its hosts, and how many of one may fail.

use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::{Problem, Problems};
use crate::yaml::Node;

/// Reads `serial`.
pub fn serial(node: Option<&Node>, problems: &mut Problems) -> Vec<Serial> {
    let Some(node) = node else { return Vec::new() };
    let nodes = node.as_list().unwrap_or(std::slice::from_ref(node));
    let mut sizes = Vec::new();
    for node in nodes {
        match Serial::read(&node.to_json()) {
            Some(size) => sizes.push(size),
            None => problems.push(
                Problem::error("`serial` must be a number above 0 or a percentage, or a list of them")
                    .at(node.place.clone()),
            ),
        }
    }
    sizes
}

/// Reads `max_fail_percentage`; 0 where it is not given.
pub fn percentage(node: Option<&Node>, problems: &mut Problems) -> f64 {
    let Some(node) = node else { return 0.0 };
    let value = node.to_json();
    let number = value.as_f64().or_else(|| value.as_str()?.trim().trim_end_matches('%').trim().parse().ok());
    number.filter(|number| (0.0..=100.0).contains(number)).unwrap_or_else(|| {
        problems.push(Problem::error("this must be a percentage from 0 to 100").at(node.place.clone()));
        0.0
    })
}

/// Splits hosts as `serial` says: a number, a percentage, or a list of them of which the last is repeated.
pub fn batches(hosts: &[Arc<str>], serial: &[Serial]) -> Vec<Vec<Arc<str>>> {
    if hosts.is_empty() {
        return Vec::new();
    }
    let (mut rest, mut sizes, mut batches) = (hosts, serial.iter(), Vec::new());
    let mut last = hosts.len();
    while !rest.is_empty() {
        if let Some(size) = sizes.next() {
            last = size.of(hosts.len());
        }
        let (batch, left) = rest.split_at(last.min(rest.len()));
        batches.push(batch.to_vec());
        rest = left;
    }
    batches
}

/// How many hosts a batch has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Serial {
    /// So many.
    Count(usize),
    /// So many percent of all, at least one.
    Percent(f64),
}

impl Serial {
    /// Reads a number or a percentage.
    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => {
                number.as_u64().filter(|n| *n > 0).map(|n| Self::Count(usize::try_from(n).unwrap_or(usize::MAX)))
            }
            Value::String(text) => match text.trim().strip_suffix('%') {
                Some(percent) => percent.trim().parse().ok().filter(|p| *p > 0.0 && *p <= 100.0).map(Self::Percent),
                None => text.trim().parse().ok().filter(|n| *n > 0).map(Self::Count),
            },
            _ => None,
        }
    }

    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count"
    )]
    fn of(self, all: usize) -> usize {
        match self {
            Self::Count(n) => n,
            Self::Percent(percent) => ((all as f64 * percent / 100.0) as usize).max(1),
        }
    }
}
