//! A step's parameters: compiled with their shape, so that each text knows what it is used for, and worked out in a scope.

use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::{Place, Problem, Problems};
use crate::secret::Taint;
use crate::step::{Shape, StepType, Subject, conform};
use crate::template::{Data, Engine, Need, Rules, Scope, Sink, Tree, TreeKind, secret_in};
use crate::yaml::{self, Node};

/// Compiled parameters.
pub struct Args {
    part: Part,
    shape: &'static Shape,
    /// Where they stand.
    pub place: Place,
}

enum Part {
    Leaf(Tree, Sink),
    List(Vec<(Part, Place)>),
    Map(Vec<(Arc<str>, Part, Place)>),
    Expressions(Vec<(Arc<str>, Tree)>),
}

/// Parameters that are worked out.
pub struct Resolved {
    /// The value, in the form the step type takes.
    pub value: Value,
    /// What went into it.
    pub taint: Taint,
}

impl Args {
    /// Compiles parameters; their frame has been judged by [`crate::step::judge`].
    pub fn compile(engine: &Engine, shape: &'static Shape, node: &Node, problems: &mut Problems) -> Option<Self> {
        let part = compile(engine, shape, node, problems)?;
        Some(Self { part, shape, place: node.place.clone() })
    }

    /// Every tree in them, for checks of names.
    pub fn trees(&self) -> Vec<&Tree> {
        let mut trees = Vec::new();
        self.part.trees(&mut trees);
        trees
    }

    /// What they need that is not there yet.
    pub fn needs(&self, scope: &Scope) -> Vec<Arc<Need>> {
        let mut needs: Vec<Arc<Need>> = Vec::new();
        for need in self.trees().iter().flat_map(|tree| tree.needs(scope)) {
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        needs
    }

    /// Secrets that are not read yet and stand where none may.
    pub fn exposed(&self, scope: &Scope) -> Vec<Problem> {
        let mut leaves = Vec::new();
        self.part.leaves(&mut leaves);
        let waits = |tree: &Tree| tree.needs(scope).iter().any(|need| need.taint.secret);
        let exposed = leaves.into_iter().filter(|(tree, sink)| !sink.takes_secrets() && waits(tree));
        exposed.map(|(tree, sink)| secret_in(sink).at(tree.place.clone())).collect()
    }

    /// Outside data that is sure to be refused in a shell text.
    pub fn bare(&self, scope: &Scope) -> Vec<Problem> {
        let mut leaves = Vec::new();
        self.part.leaves(&mut leaves);
        let shells = leaves.into_iter().filter(|(_, sink)| *sink == Sink::Shell);
        shells.flat_map(|(tree, _)| tree.bare_in_shell(scope)).collect()
    }

    /// Works them out; `quote` is the identifier quote of the SQL dialect at hand.
    pub fn resolve(&self, scope: &Scope, quote: char) -> Result<Resolved, Problem> {
        let mut taint = Taint::PUBLIC;
        let value = self.part.resolve(scope, quote, &mut taint)?;
        let value = conform(self.shape, value).map_err(|(path, message)| {
            let place = self.part.find(&path).unwrap_or(&self.place);
            Problem::error(message).at(place.clone())
        })?;
        Ok(Resolved { value, taint })
    }

    /// The bare expressions among them.
    pub fn expressions(&self) -> Vec<&Tree> {
        let Part::Map(entries) = &self.part else { return Vec::new() };
        let lists = entries.iter().filter_map(|(_, part, _)| match part {
            Part::Expressions(list) => Some(list),
            _ => None,
        });
        lists.flatten().map(|(_, tree)| tree).collect()
    }

    /// A parameter's value where it is a literal text: for names that must be known before the run.
    pub fn literal(&self, key: &str) -> Option<String> {
        let Part::Map(entries) = &self.part else { return None };
        entries.iter().find(|(name, ..)| &**name == key).and_then(|(_, part, _)| match part {
            Part::Leaf(Tree { kind: TreeKind::Literal(data), .. }, _) => data.value.as_str().map(str::to_owned),
            _ => None,
        })
    }

    /// Where a parameter stands.
    pub fn place_of(&self, key: &str) -> &Place {
        self.part.find(key).unwrap_or(&self.place)
    }

    /// Where the part stands to which these keys lead, or the deepest one on the way to it.
    pub fn place_at(&self, path: &[String]) -> &Place {
        self.part.follow(path).unwrap_or(&self.place)
    }

    /// The names of the parameters, where they are a mapping.
    pub fn keys(&self) -> Vec<Arc<str>> {
        match &self.part {
            Part::Map(entries) => entries.iter().map(|(key, ..)| Arc::clone(key)).collect(),
            _ => Vec::new(),
        }
    }

    /// What a step without a name is called after, as it is written: a value that is worked out may be a secret.
    pub fn headline(&self, kind: &StepType) -> String {
        let first = || self.trees().into_iter().find_map(written).unwrap_or_default();
        match kind.subject {
            Subject::Nothing => String::new(),
            Subject::Of(_) if kind.defines_names => self.keys().join(", "),
            Subject::Of(keys) => keys.iter().find_map(|key| self.words(key)).unwrap_or_else(first),
        }
    }

    /// The texts of a parameter.
    fn words(&self, key: &str) -> Option<String> {
        let Part::Map(entries) = &self.part else { return None };
        let (_, part, _) = entries.iter().find(|(name, ..)| &**name == key)?;
        let mut trees = Vec::new();
        part.trees(&mut trees);
        let words: Vec<String> = trees.into_iter().filter_map(written).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

/// A value that JSON cannot hold.
pub fn unkept(error: &serde_json::Error) -> Problem {
    if error.to_string().contains("out of range") {
        return Problem::error("an integer of more than 64 bits cannot be kept exactly")
            .hint("make it a text: `| string`");
    }
    Problem::error(format!("the value cannot be kept: {error}"))
}

/// A text as it stands in the playbook.
fn written(tree: &Tree) -> Option<String> {
    match &tree.kind {
        TreeKind::Literal(data) => data.value.as_str().map(str::to_owned),
        TreeKind::Template(template) => Some(template.passage().text.to_string()),
        _ => None,
    }
}

fn compile(engine: &Engine, shape: &'static Shape, node: &Node, problems: &mut Problems) -> Option<Part> {
    match (shape, &node.value) {
        (Shape::OneOf(shapes), _) => compile(engine, pick(shapes, node), node, problems),
        (Shape::List(item), yaml::Value::List(nodes)) => {
            let parts = nodes.iter().map(|node| Some((compile(engine, item, node, problems)?, node.place.clone())));
            Some(Part::List(all(parts.collect())?))
        }
        (Shape::Record(fields), yaml::Value::Map(map)) => {
            let entries = map.entries.iter().filter_map(|entry| {
                let field = fields.iter().find(|field| field.key == &*entry.key)?;
                let part = compile(engine, &field.shape, &entry.value, problems);
                Some(part.map(|part| (Arc::clone(&entry.key), part, entry.value.place.clone())))
            });
            Some(Part::Map(all(entries.collect())?))
        }
        (Shape::Map(value), yaml::Value::Map(map)) => {
            let entries = map.entries.iter().map(|entry| {
                let part = compile(engine, value, &entry.value, problems)?;
                Some((Arc::clone(&entry.key), part, entry.value.place.clone()))
            });
            Some(Part::Map(all(entries.collect())?))
        }
        // The step only learns how many there are; they are compiled as steps.
        (Shape::Steps, yaml::Value::List(steps)) => {
            let tree = TreeKind::Literal(Data::public(steps.len()));
            Some(Part::Leaf(Tree { kind: tree, place: node.place.clone() }, Sink::Plain))
        }
        (Shape::Expressions, _) => {
            let nodes = node.as_list().unwrap_or(std::slice::from_ref(node));
            let compiled = nodes.iter().filter_map(|node| {
                let tree = expression(engine, node, problems)?;
                Some((node.as_text().map_or_else(|| node.to_json().to_string(), str::to_owned).into(), tree))
            });
            Some(Part::Expressions(compiled.collect()))
        }
        _ => match engine.tree(node) {
            Ok(tree) => Some(Part::Leaf(tree, sink(shape))),
            Err(found) => {
                problems.extend(found);
                None
            }
        },
    }
}

/// All of them, or nothing where one is wrong: each has been looked at by then.
fn all<T>(parts: Vec<Option<T>>) -> Option<Vec<T>> {
    parts.into_iter().collect()
}

/// Compiles a bare expression, or takes a literal as it is.
pub fn expression(engine: &Engine, node: &Node, problems: &mut Problems) -> Option<Tree> {
    let yaml::Value::Text(passage) = &node.value else {
        return Some(Tree {
            kind: TreeKind::Literal(Data::from_json(&node.to_json(), Taint::PUBLIC)),
            place: node.place.clone(),
        });
    };
    match engine.expression(passage) {
        Ok(template) => Some(Tree { kind: TreeKind::Template(Arc::new(template)), place: node.place.clone() }),
        Err(found) => {
            problems.extend(found);
            None
        }
    }
}

/// The alternative that fits a YAML value by its kind.
fn pick(shapes: &'static [Shape], node: &Node) -> &'static Shape {
    let fits = |shape: &&Shape| match shape {
        Shape::List(_) => node.as_list().is_some(),
        Shape::Map(_) | Shape::Record(_) => node.as_map().is_some(),
        Shape::Expressions | Shape::Any(_) => true,
        _ => node.as_list().is_none() && node.as_map().is_none(),
    };
    shapes.iter().find(fits).unwrap_or(&shapes[0])
}

fn sink(shape: &Shape) -> Sink {
    match shape {
        Shape::Text(sink) | Shape::Any(sink) => *sink,
        Shape::List(inner) | Shape::Map(inner) => sink(inner),
        Shape::OneOf(shapes) => shapes.first().map_or(Sink::Plain, sink),
        Shape::Connection(_) => Sink::Name,
        _ => Sink::Plain,
    }
}

impl Part {
    fn trees<'a>(&'a self, trees: &mut Vec<&'a Tree>) {
        match self {
            Self::Leaf(tree, _) => trees.push(tree),
            Self::List(parts) => parts.iter().for_each(|(part, _)| part.trees(trees)),
            Self::Map(entries) => entries.iter().for_each(|(_, part, _)| part.trees(trees)),
            Self::Expressions(list) => trees.extend(list.iter().map(|(_, tree)| tree)),
        }
    }

    fn leaves<'a>(&'a self, leaves: &mut Vec<(&'a Tree, Sink)>) {
        match self {
            Self::Leaf(tree, sink) => leaves.push((tree, *sink)),
            Self::List(parts) => parts.iter().for_each(|(part, _)| part.leaves(leaves)),
            Self::Map(entries) => entries.iter().for_each(|(_, part, _)| part.leaves(leaves)),
            Self::Expressions(_) => {}
        }
    }

    fn resolve(&self, scope: &Scope, quote: char, taint: &mut Taint) -> Result<Value, Problem> {
        match self {
            Self::Leaf(tree, sink) => {
                let data = tree.evaluate(scope, Rules { sink: *sink, identifier_quote: quote })?;
                *taint = taint.join(data.taint);
                data.exact_json().map_err(|error| unkept(&error).at(tree.place.clone()))
            }
            Self::List(parts) => parts.iter().map(|(part, _)| part.resolve(scope, quote, taint)).collect(),
            Self::Map(entries) => {
                let resolve = |(key, part, _): &(Arc<str>, Self, Place)| {
                    Ok((key.to_string(), part.resolve(scope, quote, taint)?))
                };
                Ok(Value::Object(entries.iter().map(resolve).collect::<Result<_, Problem>>()?))
            }
            Self::Expressions(list) => list
                .iter()
                .map(|(text, tree)| {
                    let data = tree.evaluate(scope, Rules::of(Sink::Plain))?;
                    Ok(serde_json::json!({ "text": &**text, "value": data.to_json() }))
                })
                .collect(),
        }
    }

    /// The place of the part at a path such as `queues[0].name`, or of the deepest part on the way to it.
    fn find(&self, path: &str) -> Option<&Place> {
        let keys = path.split(['.', '[', ']']).filter(|key| !key.is_empty());
        self.follow(&keys.map(str::to_owned).collect::<Vec<_>>())
    }

    /// The same, with the keys of the path.
    fn follow(&self, path: &[String]) -> Option<&Place> {
        let (part, place) = match (self, path) {
            (Self::Leaf(tree, _), _) => return Some(&tree.place),
            (Self::Expressions(list), _) => return list.first().map(|(_, tree)| &tree.place),
            (_, []) => return None,
            (Self::List(parts), [first, ..]) => {
                parts.get(first.parse::<usize>().ok()?).map(|(part, place)| (part, place))?
            }
            (Self::Map(entries), [first, ..]) => {
                entries.iter().find(|(key, ..)| **key == **first).map(|(_, part, place)| (part, place))?
            }
        };
        part.follow(path.get(1..).unwrap_or_default()).or(Some(place))
    }
}
