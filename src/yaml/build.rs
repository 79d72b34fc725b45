//! From the parser's events to the tree. Iterative: depth, number of nodes and copies through aliases have limits.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};

use super::anchors::align;
use super::scalar::{Plain, resolve};
use super::{Entry, Map, Node, Value, characters, merge, refusal};
use crate::diagnostic::{Passage, Place, Problem, Problems, Source};

/// Deepest nesting of brackets, and of block collections.
const DEEPEST: usize = 64;

/// Most nodes of a document.
const MOST_NODES: usize = 2_000_000;

/// Most nodes that anchors may keep and aliases may copy.
const MOST_COPIES: usize = 200_000;

/// The one document of a source. A source without one (empty, or comments only) is [`Value::Null`].
pub fn parse(source: &Arc<Source>) -> Result<Node, Problems> {
    let mut problems = Problems::default();
    characters::check(source, &mut problems);
    if problems.has_errors() {
        return Err(problems);
    }
    let mut builder = Builder::new(source, problems);
    builder.run();
    let root = builder.root.unwrap_or(Node { value: Value::Null, place: Place::whole(source) });
    builder.problems.or(root)
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    problems: Problems,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    copies: usize,
    anchors: HashMap<usize, (Node, usize)>,
    keys: HashSet<Arc<str>>,
    verbatim: Arc<[(usize, usize)]>,
    /// Where the last event ended.
    seen: usize,
    /// Where the one before it ended.
    before: usize,
}

/// A collection that is not closed yet.
struct Open {
    start: usize,
    flow: bool,
    anchor: usize,
    parts: Parts,
}

enum Parts {
    List(Vec<Node>),
    Map(Map, Key),
}

/// The key whose value comes next.
enum Key {
    Awaited,
    Is(Arc<str>, Place),
    /// It was refused: its value is read and dropped.
    Refused,
}

/// Nothing more can be read; the problem has been told.
struct Stop;

impl<'a> Builder<'a> {
    fn new(source: &'a Arc<Source>, problems: Problems) -> Self {
        Self {
            source,
            problems,
            open: Vec::new(),
            root: None,
            documents: 0,
            nodes: 0,
            copies: 0,
            anchors: HashMap::new(),
            keys: HashSet::new(),
            verbatim: Arc::from([]),
            seen: 0,
            before: 0,
        }
    }

    fn run(&mut self) {
        let mut options = granit_parser::options! {
            emit_unresolved_aliases: true,
            flow_nesting_limit: DEEPEST,
            block_nesting_limit: DEEPEST,
        };
        options.set_emit_comments(false);
        for event in Parser::new_from_str_with_options(&self.source.text, options) {
            let done = match event {
                Ok((event, span)) => self.take(&event, span),
                Err(error) => {
                    let bracket = self.open.iter().rfind(|open| open.flow).map(|open| open.start);
                    self.syntax(refusal::explain(self.source, &error, self.seen, bracket));
                    Err(Stop)
                }
            };
            if done.is_err() {
                return;
            }
        }
    }

    /// Adds a syntax error, unless its line has been refused already: then it only follows from that.
    fn syntax(&mut self, problem: Problem) {
        let line = |problem: &Problem| problem.place.as_ref().map(Place::line_start);
        if !self.problems.iter().any(|other| line(other) == line(&problem)) {
            self.problems.push(problem);
        }
    }

    fn take(&mut self, event: &Event<'_>, span: Span) -> Result<(), Stop> {
        let range = span.byte_range().unwrap_or(self.seen..self.seen);
        self.before = self.seen;
        self.seen = self.seen.max(range.end);
        let sealed = event.tag().is_some() && self.tag(event, span, range.start);
        match event {
            Event::DocumentStart(..) => return self.document(range.start),
            Event::Scalar(value, style, anchor, _) => {
                let mut node = self.scalar(value, *style, range);
                if let (Value::Text(passage), true) = (&node.value, sealed) {
                    node.value = Value::Vault(passage.clone());
                }
                self.deliver(node, *anchor)?;
            }
            Event::SequenceStart(style, anchor, _) => self.enter(*style, *anchor, range.start, Parts::List(Vec::new())),
            Event::MappingStart(style, anchor, _) => {
                self.enter(*style, *anchor, range.start, Parts::Map(Map::default(), Key::Awaited));
            }
            Event::SequenceEnd | Event::MappingEnd => return self.leave(range.end),
            Event::Alias(id) => return self.alias(*id, self.place(range)),
            Event::UnresolvedAlias(name) => {
                let place = self.place(range);
                let unknown = Problem::error(format!("no anchor `&{name}` stands before this alias"));
                self.problems.push(unknown.at(place.clone()).hint("quote it if a text is meant"));
                self.deliver(Node { value: Value::Null, place }, 0)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn document(&mut self, start: usize) -> Result<(), Stop> {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let place = self.place(start..start + 3);
        self.problems
            .push(Problem::error("a second document begins here").at(place).hint("put it into a file of its own"));
        Err(Stop)
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, range: std::ops::Range<usize>) -> Node {
        if style == ScalarStyle::Plain
            && let Some(plain) = resolve(value)
        {
            // The place of nothing is where the parser noticed it, often lines further down.
            let end = self.source.text[..range.end].trim_end().len();
            let place = self.place(if value.is_empty() { end..end } else { range });
            let value = match plain {
                Plain::Null => Value::Null,
                Plain::Bool(value) => Value::Bool(value),
                Plain::Number(number) => Value::Number(number),
            };
            return Node { value, place };
        }
        let text = &self.source.text;
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let start = if block { header(text, self.before, range.start) } else { range.start };
        let range = start..range.end.max(start);
        let end = start + text[range.clone()].trim_end().len();
        let place = self.place(range.start..end);
        let pairs = align(&self.source.text, range, value, style);
        let anchors = if pairs.is_empty() { Arc::clone(&self.verbatim) } else { pairs.into() };
        Node { value: Value::Text(Passage { text: value.into(), place: place.clone(), anchors }), place }
    }

    fn enter(&mut self, style: StructureStyle, anchor: usize, start: usize, parts: Parts) {
        self.open.push(Open { start, flow: style == StructureStyle::Flow, anchor, parts });
    }

    fn leave(&mut self, end: usize) -> Result<(), Stop> {
        let Some(Open { start, flow, anchor, parts }) = self.open.pop() else { return Err(Stop) };
        let (value, inner) = match parts {
            Parts::List(items) => {
                let inner = items.last().map(|node| node.place.end);
                (Value::List(items), inner)
            }
            Parts::Map(mut map, _) => {
                let inner = map.entries.last().map(|entry| entry.value.place.end.max(entry.key_place.end));
                merge::duplicates(&mut map, &mut self.problems);
                merge::merge(&mut map, &mut self.problems);
                (Value::Map(map), inner)
            }
        };
        let end = if flow { end } else { inner.unwrap_or(start) };
        self.deliver(Node { value, place: self.place(start..end) }, anchor)
    }

    fn alias(&mut self, id: usize, place: Place) -> Result<(), Stop> {
        let Some((node, size)) = self.anchors.get(&id) else {
            self.problems.push(Problem::error("an alias stands inside what it names").at(place));
            return Err(Stop);
        };
        let (node, size) = (node.clone(), *size);
        self.copied(size, place)?;
        self.deliver(node, 0)
    }

    /// Counts copies, so that a few lines of aliases to aliases cannot fill the memory.
    fn copied(&mut self, size: usize, place: Place) -> Result<(), Stop> {
        self.copies += size;
        if self.copies <= MOST_COPIES {
            return Ok(());
        }
        let message = format!("the aliases of this file stand for more than {MOST_COPIES} values");
        self.problems.push(Problem::error(message).at(place).hint("write less through aliases"));
        Err(Stop)
    }

    /// Puts a finished node where it belongs.
    fn deliver(&mut self, node: Node, anchor: usize) -> Result<(), Stop> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            let message = format!("the file holds more than {MOST_NODES} values");
            self.problems.push(Problem::error(message).at(node.place).hint("split it into several files"));
            return Err(Stop);
        }
        if anchor != 0 {
            let size = node.size();
            self.copied(size, node.place.clone())?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut().map(|open| &mut open.parts) {
            None => self.root = Some(node),
            Some(Parts::List(items)) => items.push(node),
            Some(Parts::Map(map, key)) => match std::mem::replace(key, Key::Awaited) {
                Key::Awaited => self.key(node),
                Key::Refused => {}
                Key::Is(key, key_place) => map.entries.push(Entry { key, key_place, value: node }),
            },
        }
        Ok(())
    }

    fn key(&mut self, node: Node) {
        let next = match node.written() {
            Some(text) => Key::Is(self.interned(text), node.place),
            // `null: x` is a key as it is written; nothing at all is not.
            None if node.place.start < node.place.end && node.value == Value::Null => {
                let text = self.source.text.get(node.place.start..node.place.end).unwrap_or("");
                Key::Is(self.interned(text), node.place)
            }
            None => {
                self.problems.extend(refusal::key(node));
                Key::Refused
            }
        };
        if let Some(Open { parts: Parts::Map(_, key), .. }) = self.open.last_mut() {
            *key = next;
        }
    }

    fn interned(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.keys.get(text) {
            return Arc::clone(known);
        }
        let key: Arc<str> = text.into();
        self.keys.insert(Arc::clone(&key));
        key
    }

    /// Whether a tag says that its text is encrypted; others are refused.
    fn tag(&mut self, event: &Event<'_>, span: Span, start: usize) -> bool {
        let range = span.tag_span().and_then(|tag| tag.byte_range()).unwrap_or(start..start);
        let is_vault = matches!(&self.source.text[range.clone()], "!vault" | "!vault-encrypted");
        if is_vault && matches!(event, Event::Scalar(..)) {
            return true;
        }
        let problem = refusal::tag(self.place(range));
        self.problems.push(problem);
        false
    }

    fn place(&self, range: std::ops::Range<usize>) -> Place {
        Place::new(self.source, range)
    }
}

/// Where the header (`|` or `>`) of a block scalar stands whose text begins at `start`; `after` is where the node
/// before it ended. The parser tells only where the text begins.
fn header(text: &str, after: usize, start: usize) -> usize {
    let end = text[..start].trim_end().len();
    let from = text[..end].rfind('\n').map_or(0, |at| at + 1).max(after.min(end));
    let is_header = |at: usize| {
        let rest = text[at + 1..end].trim_start_matches(|c: char| c.is_ascii_digit() || "+-".contains(c)).trim_start();
        rest.is_empty() || rest.starts_with('#')
    };
    text[from..end].match_indices(['|', '>']).map(|(at, _)| from + at).find(|at| is_header(*at)).unwrap_or(start)
}
