//! Working out values.
//!
//! In: a compiled tree and a [`Scope`]. Out: [`Data`], or the problem that stopped it. Lazy values are worked out in
//! the scope of the use, once per evaluation. A text that comes out of an expression is never read as a template.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{Enumerator, Object, ValueKind};
use minijinja::{Error, ErrorKind, Value};

use crate::diagnostic::{Place, Problem};
use crate::secret::Taint;

use super::resolve::{Missing, Target, descend, dotted, identity, plain, reach, taint};
use super::running::Template;
use super::{Binding, Data, NameUse, Need, Record, Rules, Scope, Sink, Tree, TreeKind};

/// How many lazy values may be worked out inside one another.
const DEEPEST: usize = 64;

/// The name under which a program finds its [`Root`].
pub(super) const ROOT: &str = "__root";

/// Why there is no value.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub problem: Problem,
    /// Something was not defined, which a guard may excuse.
    pub undefined: bool,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self { problem, undefined: false }
    }
}

/// One evaluation: a scope and what has been worked out in it.
#[derive(Debug)]
pub(super) struct Evaluation {
    pub scope: Scope,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    done: BTreeMap<usize, Data>,
    running: Vec<(usize, String)>,
    /// A value that looks into the scope was handed out.
    viewed: bool,
    fault: Option<Fault>,
}

impl Tree {
    /// The value; `scope` must know every name it needs.
    pub fn evaluate(&self, scope: &Scope, rules: Rules) -> Result<Data, Problem> {
        match &self.kind {
            TreeKind::Literal(data) => literal(data, rules, &self.place),
            _ => Evaluation::new(scope).tree(self, rules).map_err(|fault| fault.problem),
        }
    }
}

impl Evaluation {
    pub fn new(scope: &Scope) -> Arc<Self> {
        Arc::new(Self { scope: scope.clone(), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault of a value that the engine asked for, if there was one since it was last taken.
    pub fn take_fault(&self) -> Option<Fault> {
        self.state().fault.take()
    }

    /// Puts back a fault that was taken before something that went well.
    pub fn put_back(&self, fault: Option<Fault>) {
        if fault.is_some() {
            self.state().fault = fault;
        }
    }

    /// Keeps a problem that ends the evaluation.
    pub fn fail(&self, problem: Problem) {
        self.state().fault = Some(problem.into());
    }

    pub fn tree(self: &Arc<Self>, tree: &Tree, rules: Rules) -> Result<Data, Fault> {
        match &tree.kind {
            TreeKind::Literal(data) => Ok(literal(data, rules, &tree.place)?),
            TreeKind::Awaited(need) => Err(not_yet(need).into()),
            TreeKind::Template(template) => template.run(self, rules),
            TreeKind::List(items) => {
                let mut joined = Taint::PUBLIC;
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    let data = self.tree(item, rules)?;
                    joined = joined.join(data.taint);
                    values.push(data.value);
                }
                Ok(Data { value: Value::from(values), taint: joined })
            }
            TreeKind::Map(entries) => {
                let mut joined = Taint::PUBLIC;
                let mut values = Vec::with_capacity(entries.len());
                for entry in entries {
                    let data = self.tree(&entry.value, rules)?;
                    joined = joined.join(data.taint);
                    values.push((Value::from(&*entry.key), data.value));
                }
                Ok(Data { value: Value::from_pairs(values), taint: joined })
            }
        }
    }

    /// A lazy value, worked out once.
    fn lazy(self: &Arc<Self>, tree: &Tree, name: &str) -> Result<Value, Fault> {
        if let TreeKind::Literal(data) = &tree.kind {
            return Ok(data.value.clone());
        }
        let id = identity(tree);
        {
            let mut state = self.state();
            if let Some(data) = state.done.get(&id) {
                return Ok(data.value.clone());
            }
            if let Some(from) = state.running.iter().position(|(running, _)| *running == id) {
                let chain = state.running[from..].iter().map(|(_, name)| name.as_str());
                return Err(circle(chain, name).at(tree.place.clone()).into());
            }
            if state.running.len() >= DEEPEST {
                let message = format!("`{name}` hangs on more than {DEEPEST} other values in turn");
                return Err(Problem::error(message).at(tree.place.clone()).into());
            }
            state.running.push((id, name.to_owned()));
        }
        let found = self.tree(tree, Rules::of(Sink::Plain));
        let mut state = self.state();
        state.running.pop();
        let data = found?;
        let value = data.value.clone();
        state.done.insert(id, data);
        Ok(value)
    }

    fn binding(self: &Arc<Self>, binding: &Binding, name: &str) -> Result<Value, Fault> {
        match binding {
            Binding::Known(data) => Ok(data.value.clone()),
            Binding::Lazy(tree) => self.lazy(tree, name),
            Binding::Unknown(need) => Err(not_yet(need).into()),
            Binding::Record(record) => Ok(self.record(record, name)),
        }
    }

    fn record(self: &Arc<Self>, record: &Arc<Record>, name: &str) -> Value {
        let known = record.values().all(|binding| matches!(binding, Binding::Known(_)));
        if known {
            let entries = record.iter().filter_map(|(key, binding)| match binding {
                Binding::Known(data) => Some((Value::from(Arc::clone(key)), data.value.clone())),
                _ => None,
            });
            return Value::from_pairs(entries);
        }
        self.state().viewed = true;
        Value::from_object(RecordView {
            evaluation: Arc::clone(self),
            record: Arc::clone(record),
            name: name.to_owned(),
        })
    }

    /// The value a use stands for.
    pub fn name(self: &Arc<Self>, used: &NameUse) -> Result<Value, Fault> {
        let reached = reach(&self.scope, &used.name, &used.path);
        let value = match reached.target {
            Target::Known(data) => data.value.clone(),
            Target::Lazy(tree) => self.lazy(tree, &dotted(&used.name, &used.path[..reached.depth]))?,
            Target::Record(record) => self.record(record, plain(&used.name)),
            Target::Unknown(need) => return Err(Problem { place: Some(used.place.clone()), ..not_yet(need) }.into()),
            Target::Missing(missing) => return Err(self.missing(used, reached.depth, missing)),
        };
        descend(&value, &used.path[reached.depth..]).map_err(|n| absent(used, reached.depth + n, &value))
    }

    fn missing(&self, used: &NameUse, depth: usize, missing: Missing) -> Fault {
        Fault { problem: missing_problem(&self.scope, used, depth, missing), undefined: true }
    }

    /// A value for the engine: a fault is kept until it can be told.
    fn hand(&self, found: Result<Value, Fault>) -> Value {
        match found {
            Ok(value) => value,
            Err(fault) => {
                let undefined = fault.undefined;
                let mut state = self.state();
                if state.fault.as_ref().is_none_or(|old| old.undefined) {
                    state.fault = Some(fault);
                }
                if undefined { Value::UNDEFINED } else { Value::from(Error::from(ErrorKind::InvalidOperation)) }
            }
        }
    }
}

fn literal(data: &Data, rules: Rules, place: &Place) -> Result<Data, Problem> {
    if data.taint.secret && !rules.sink.takes_secrets() {
        return Err(secret_in(rules.sink).at(place.clone()));
    }
    if data.taint.outside && rules.sink == Sink::Shell && !data.value.is_number() {
        return Err(Problem::error("outside data may not stand in a shell command as it is").at(place.clone()));
    }
    Ok(data.clone())
}

/// The refusal of a secret.
pub fn secret_in(sink: Sink) -> Problem {
    let hint = match sink {
        Sink::Shell | Sink::Argument => "put it in `environment` or `stdin`",
        Sink::Sql => "hand it over in `params`",
        _ => "names and paths are shown and kept: a secret may stand in contents, messages and parameters",
    };
    Problem::error(format!("a secret may not stand in {}", sink.noun())).hint(hint)
}

/// Values that hang on one another.
pub(super) fn circle<'n>(chain: impl Iterator<Item = &'n str>, last: &'n str) -> Problem {
    let chain: Vec<String> = chain.chain([last]).map(|name| format!("`{name}`")).collect();
    Problem::error(format!("{last_name} uses itself: {}", chain.join(" -> "), last_name = chain[chain.len() - 1]))
        .hint("a value may not hang on itself")
}

fn not_yet(need: &Need) -> Problem {
    let problem = Problem::error(format!("`{}` is not known yet", need.name));
    match &need.place {
        Some(place) => problem.note(format!("it will be {}", need.because), place.clone()),
        None => problem.hint(format!("it will be {}", need.because)),
    }
}

/// An attribute that a value does not have.
pub(super) fn absent(used: &NameUse, depth: usize, within: &Value) -> Fault {
    let chain = dotted(&used.name, &used.path[..(depth + 1).min(used.path.len())]);
    let problem = Problem::error(format!("`{chain}` is undefined")).at(used.place.clone());
    let keys: Vec<String> = match (depth, within.try_iter()) {
        (0, Ok(keys)) => keys.take(1000).filter_map(|key| key.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let name = used.path.get(depth).map_or(plain(&used.name), String::as_str);
    Fault { problem: problem.did_you_mean(name, keys.iter().map(String::as_str)), undefined: true }
}

/// A name or entry that is not there.
pub(super) fn missing_problem(scope: &Scope, used: &NameUse, depth: usize, missing: Missing) -> Problem {
    let upto = if matches!(missing, Missing::Scope) { 0 } else { depth + 1 };
    let chain = dotted(&used.name, &used.path[..upto.min(used.path.len())]);
    let problem = Problem::error(format!("`{chain}` is undefined")).at(used.place.clone());
    match missing {
        Missing::Scope if let Some(ours) = super::foreign::ours(&used.name) => {
            problem.hint(format!("here it is `{ours}`"))
        }
        Missing::Scope if let Some(advice) = super::foreign::advice(&used.name) => problem.hint(advice),
        Missing::Scope => problem.did_you_mean(&used.name, scope.names().iter().map(|name| plain(name))),
        Missing::Record(record) => problem.did_you_mean(&used.path[depth], record.keys().map(|key| &**key)),
        Missing::Tree(tree) => match &tree.kind {
            TreeKind::Map(entries) => problem.did_you_mean(&used.path[depth], entries.iter().map(|entry| &*entry.key)),
            _ => problem,
        },
    }
}

/// What the engine sees as its context.
#[derive(Debug)]
pub(super) struct Root {
    pub evaluation: Arc<Evaluation>,
    pub template: Template,
    pub rules: Rules,
}

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if let Some(index) = key.strip_prefix(super::compile::GUARDED) {
            let used = self.template.uses().get(index.parse::<usize>().ok()?)?;
            return Some(self.evaluation.hand(self.evaluation.name(used)));
        }
        if key == ROOT {
            return Some(Value::from_dyn_object(Arc::clone(self)));
        }
        let alias = self.template.0.aliases.get(key).map_or(key, |alias| alias);
        let binding = self.evaluation.scope.lookup(alias)?;
        Some(self.evaluation.hand(self.evaluation.binding(binding, key)))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

impl Root {
    /// The taint of one emitted expression.
    pub fn taint_of(&self, uses: &[usize]) -> Taint {
        let all = self.template.uses();
        taint(&self.evaluation.scope, uses.iter().filter_map(|used| all.get(*used)))
    }
}

/// A mapping of bindings as the engine sees it.
#[derive(Debug)]
struct RecordView {
    evaluation: Arc<Evaluation>,
    record: Arc<Record>,
    name: String,
}

impl Object for RecordView {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let binding = self.record.get(key)?;
        Some(self.evaluation.hand(self.evaluation.binding(binding, &format!("{}.{key}", self.name))))
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.record.keys().map(|key| Value::from(Arc::clone(key))).collect())
    }
}

/// How many values of a result are searched for what is undefined.
const SEARCHED: usize = 10_000;

/// How deep a result is searched for views.
const SETTLED: usize = 32;

impl Evaluation {
    /// A result without views of this evaluation: what is kept is worked out now.
    pub fn settle(&self, value: Value) -> Value {
        if self.state().viewed { settle(value, SETTLED) } else { value }
    }
}

fn settle(value: Value, depth: usize) -> Value {
    let inner = match (depth, value.kind()) {
        (1.., ValueKind::Map | ValueKind::Seq) => value.try_iter(),
        _ => return value,
    };
    let Ok(inner) = inner else { return value };
    if value.kind() == ValueKind::Seq {
        return inner.map(|item| settle(item, depth - 1)).collect();
    }
    let entry = |key: Value| {
        let inner = value.get_item(&key).unwrap_or(Value::UNDEFINED);
        (key, settle(inner, depth - 1))
    };
    Value::from_pairs(inner.map(entry))
}

/// Whether something undefined stands in a list or mapping.
pub(super) fn has_holes(value: &Value) -> bool {
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Map) {
        return value.is_undefined();
    }
    let mut pending = vec![value.clone()];
    let mut left = SEARCHED;
    while let Some(value) = pending.pop() {
        if value.is_undefined() || left == 0 {
            return left > 0;
        }
        left -= 1;
        match (value.kind(), value.try_iter()) {
            (ValueKind::Seq, Ok(items)) => pending.extend(items.take(left)),
            (ValueKind::Map, Ok(keys)) => pending.extend(keys.take(left).filter_map(|key| value.get_item(&key).ok())),
            _ => {}
        }
    }
    false
}
