//! A compiled text or expression, and how it is run.
//!
//! In: an evaluation and the rules of the text's use. Out: [`Data`], or why there is none. Follows the text as it
//! grows, so that what is inserted can be judged by where it stands.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use minijinja::{Error, ErrorKind, Value};

use crate::diagnostic::{Passage, Place, Problem};
use crate::secret::Taint;

use super::compile::{Code, Compiled, Form, PROGRAM, Part, Program, Run, Way};
use super::emit::{Emission, follower};
use super::evaluate::{Evaluation, Fault, Root, has_holes, secret_in};
use super::names::Emitted;
use super::resolve::taint;
use super::surroundings::Surroundings;
use super::tokens::Piece;
use super::{Data, NameUse, Rules, Scope, learn};

/// No text may become longer than this.
pub(super) const LARGEST: usize = 16 << 20;

/// A compiled text or expression. Cheap to clone, to share and to evaluate many times.
#[derive(Clone, Debug)]
pub struct Template(pub(super) Arc<Compiled>);

impl Template {
    /// The names it uses, in order.
    pub fn uses(&self) -> &[NameUse] {
        &self.0.uses
    }

    /// Its text.
    pub fn passage(&self) -> &Passage {
        &self.0.passage
    }

    /// The taint of its own text.
    pub(super) fn own_taint(&self) -> Taint {
        if self.0.passage.place.source.is_secret() { Taint::SECRET } else { Taint::PUBLIC }
    }

    /// The value; `scope` must know every name it needs.
    pub fn evaluate(&self, scope: &Scope, rules: Rules) -> Result<Data, Problem> {
        self.run(&Evaluation::new(scope), rules).map_err(|fault| fault.problem)
    }

    pub(super) fn run(&self, evaluation: &Arc<Evaluation>, rules: Rules) -> Result<Data, Fault> {
        let taint = taint(&evaluation.scope, self.uses()).join(self.own_taint());
        if taint.secret && !rules.sink.takes_secrets() {
            return Err(self.refuse_secret(evaluation, rules).into());
        }
        let mut run = Running { template: self, evaluation, rules, taint, root: None };
        let value = run.value()?;
        let value = evaluation.settle(value);
        if value.as_str().is_some_and(|text| text.len() > LARGEST) {
            return Err(self.too_large().into());
        }
        if taint.secret {
            learn::whole(self, &evaluation.scope, &value);
        }
        Ok(Data { value, taint })
    }

    fn refuse_secret(&self, evaluation: &Evaluation, rules: Rules) -> Problem {
        let secret = self.uses().iter().find(|used| taint(&evaluation.scope, [*used]).secret);
        secret_in(rules.sink).at(secret.map_or(&self.0.passage.place, |used| &used.place).clone())
    }

    fn too_large(&self) -> Problem {
        let message = format!("this becomes longer than {} MiB", LARGEST >> 20);
        Problem::error(message).at(self.0.passage.locate(0..self.0.passage.text.len())).hint("an enormous loop?")
    }
}

/// One run of one template.
struct Running<'r> {
    template: &'r Template,
    evaluation: &'r Arc<Evaluation>,
    rules: Rules,
    taint: Taint,
    root: Option<Value>,
}

impl Running<'_> {
    fn value(&mut self) -> Result<Value, Fault> {
        let template = self.template;
        match &template.0.form {
            Form::Whole(code) => self.whole(code),
            Form::Text(parts) => self.text(parts).map(Value::from),
            Form::Program(program) => self.program(program).map(Value::from),
        }
    }

    fn whole(&mut self, code: &Code) -> Result<Value, Fault> {
        let value = self.code(code)?;
        let place = self.template.0.passage.locate(code.at.clone());
        let inside = None;
        let emission = Emission { inside, first: true, ..self.emission(&code.emitted, &place) };
        Ok(emission.apply(&value)?.map_or(value, Value::from))
    }

    fn text(&mut self, parts: &[Part]) -> Result<String, Fault> {
        let mut out = String::with_capacity(self.template.0.passage.text.len());
        let mut follower = follower(self.rules);
        for part in parts {
            match part {
                Part::Raw(raw) => {
                    out.push_str(raw);
                    follow(&mut follower, raw);
                }
                Part::Code(code) => self.insert(code, &mut out, &mut follower)?,
            }
            if out.len() > LARGEST {
                return Err(self.template.too_large().into());
            }
        }
        Ok(out)
    }

    fn insert(&mut self, code: &Code, out: &mut String, follower: &mut Option<Surroundings>) -> Result<(), Fault> {
        let value = self.code(code)?;
        let from = out.len();
        if self.rules.sink.is_followed() {
            let place = self.template.0.passage.locate(code.at.clone());
            let inside = follower.as_ref().and_then(Surroundings::inside);
            let emission = Emission { inside, first: from == 0, ..self.emission(&code.emitted, &place) };
            match emission.apply(&value)? {
                Some(text) => out.push_str(&text),
                None => append(out, &value),
            }
            if emission.taint.outside {
                follower.iter_mut().for_each(Surroundings::value);
            } else {
                follow(follower, &out[from..]);
            }
        } else {
            append(out, &value);
        }
        if self.taint.secret && self.taint_of(&code.emitted).secret {
            learn::emitted(self.template, &self.evaluation.scope, &value);
        }
        Ok(())
    }

    fn emission<'e>(&self, emitted: &Emitted, place: &'e Place) -> Emission<'e> {
        let taint = if self.taint == Taint::PUBLIC { self.taint } else { self.taint_of(emitted) };
        Emission { rules: self.rules, taint, quoting: emitted.quoting, place, inside: None, first: false }
    }

    fn taint_of(&self, emitted: &Emitted) -> Taint {
        let uses = self.template.uses();
        taint(&self.evaluation.scope, emitted.uses.iter().filter_map(|used| uses.get(*used)))
    }

    fn code(&mut self, code: &Code) -> Result<Value, Fault> {
        match &code.run {
            Run::Name(index) => self.evaluation.name(&self.template.uses()[*index]),
            Run::Engine(expression, way) => {
                let before = self.evaluation.take_fault();
                let found = expression.eval(self.root());
                let fault = self.evaluation.take_fault();
                match (found, fault) {
                    (_, Some(fault)) if !fault.undefined => Err(fault),
                    (Ok(value), fault) if has_holes(&value) => {
                        Err(fault.unwrap_or_else(|| self.undefined(&code.emitted.uses, code.at.clone())))
                    }
                    (Ok(value), _) => {
                        self.evaluation.put_back(before);
                        Ok(value)
                    }
                    (Err(error), fault) => Err(self.explain(&error, fault, way, &code.emitted.uses)),
                }
            }
        }
    }

    fn root(&mut self) -> Value {
        let root = self.root.get_or_insert_with(|| {
            let (evaluation, template) = (Arc::clone(self.evaluation), self.template.clone());
            Value::from_object(Root { evaluation, template, rules: self.rules })
        });
        root.clone()
    }

    fn program(&mut self, program: &Program) -> Result<String, Fault> {
        let before = self.evaluation.take_fault();
        let root = self.root();
        let mut out = Bounded::default();
        let template = program.environment.get_template(PROGRAM).map_err(|error| self.broken(&error))?;
        let found = template.render_captured_to(root, &mut out).map(drop);
        let fault = self.evaluation.take_fault();
        match (found, fault) {
            (_, Some(fault)) if !fault.undefined => Err(fault),
            (Ok(()), _) => {
                self.evaluation.put_back(before);
                Ok(String::from_utf8_lossy(&out.0).into_owned())
            }
            (Err(_), _) if out.0.len() >= LARGEST => Err(self.template.too_large().into()),
            (Err(error), fault) => {
                let all: Vec<usize> = (0..self.template.uses().len()).collect();
                Err(self.explain(&error, fault, &program.way, &all))
            }
        }
    }

    fn broken(&self, error: &Error) -> Fault {
        Problem::error(error.kind().to_string()).at(self.template.0.passage.place.clone()).into()
    }

    /// Says what went wrong in the engine, in words and with a place in the file.
    fn explain(&self, error: &Error, fault: Option<Fault>, way: &Way, uses: &[usize]) -> Fault {
        let passage = &self.template.0.passage;
        let at = error.range().map_or(0..passage.text.len(), |at| way.range(at));
        let place = passage.locate(at.clone());
        match error.kind() {
            ErrorKind::UndefinedError => fault.unwrap_or_else(|| self.undefined(uses, at)),
            ErrorKind::OutOfFuel => {
                Problem::error("this template does not come to an end").at(place).hint("an endless loop?").into()
            }
            // What a value looks like may stand in the engine's words.
            kind if self.taint.secret => Problem::error(format!("the template fails: {kind}")).at(place).into(),
            kind => {
                let words = error.detail().map_or_else(|| kind.to_string(), str::to_owned);
                Problem::error(format!("the template fails: {words}")).at(place).into()
            }
        }
    }

    /// Names what is not defined: the first use that leads nowhere, else the code at the place.
    fn undefined(&self, uses: &[usize], at: Range<usize>) -> Fault {
        let all = self.template.uses();
        let certain = uses.iter().filter_map(|index| all.get(*index)).filter(|used| !used.guarded);
        for used in certain {
            if let Err(fault) = self.evaluation.name(used)
                && fault.undefined
            {
                return fault;
            }
        }
        let passage = &self.template.0.passage;
        let code = passage.text.get(at.clone()).unwrap_or("");
        let start = at.start + (code.len() - code.trim_start().len());
        let (code, at) = (code.trim(), start..at.end.max(start));
        let is_filter = passage.text.get(..start).is_some_and(|before| before.trim_end().ends_with('|'));
        let problem = match code {
            "" => Problem::error("something in this template is undefined"),
            filter if is_filter => Problem::error(format!("what `{filter}` is given is undefined")),
            code => Problem::error(format!("`{code}` is undefined")),
        };
        Fault { problem: problem.at(passage.locate(at)), undefined: true }
    }
}

impl Root {
    /// What a program's emitted expression becomes.
    pub fn emit(&self, value: Value, index: usize) -> Result<Value, Error> {
        let Form::Program(program) = &self.template.0.form else { return Ok(value) };
        let Some((emitted, at)) = program.emitted.get(index) else { return Ok(value) };
        let taint = self.taint_of(&emitted.uses);
        if taint.secret {
            learn::emitted(&self.template, &self.evaluation.scope, &value);
        }
        if !self.rules.sink.is_followed() || value.is_undefined() {
            return Ok(value);
        }
        let place = self.template.0.passage.locate(at.clone());
        let inside = if emitted.captured { Some("captured text") } else { program.inside(index, self.rules) };
        let emission =
            Emission { rules: self.rules, taint, quoting: emitted.quoting, place: &place, inside, first: false };
        match emission.apply(&value) {
            Ok(text) => Ok(text.map_or(value, Value::from)),
            Err(problem) => {
                self.evaluation.fail(problem);
                Err(Error::from(ErrorKind::InvalidOperation))
            }
        }
    }
}

impl Program {
    /// What an emitted expression is inside of, whichever branches are taken: each branch and each turn of a loop must
    /// leave quotes as it found them, or nothing after it is judged safe.
    fn inside(&self, index: usize, rules: Rules) -> Option<&'static str> {
        let mut follower = follower(rules)?;
        let mut blocks: Vec<Surroundings> = Vec::new();
        let mut emitted = 0;
        for piece in &self.pieces {
            match piece {
                Piece::Raw(raw) => follower.feed(raw),
                Piece::Code(_) if emitted == index => break,
                Piece::Code(_) => {
                    emitted += 1;
                    follower.value();
                }
                Piece::Statement(word) => branch(word, &mut follower, &mut blocks),
            }
        }
        follower.inside()
    }
}

fn branch(word: &str, follower: &mut Surroundings, blocks: &mut Vec<Surroundings>) {
    match word {
        "if" | "for" | "with" | "autoescape" => blocks.push(follower.clone()),
        "elif" | "else" | "break" | "continue" | "endif" | "endfor" | "endwith" | "endautoescape" => {
            if blocks.last().is_some_and(|before| !before.same_quotes(follower)) {
                follower.lose();
            }
            if word.starts_with("end") {
                blocks.pop();
            }
        }
        "set" | "do" => {}
        _ => follower.lose(),
    }
}

fn follow(follower: &mut Option<Surroundings>, text: &str) {
    if let Some(follower) = follower {
        follower.feed(text);
    }
}

fn append(out: &mut String, value: &Value) {
    match value.as_str() {
        Some(text) => out.push_str(text),
        None => {
            let _ = write!(out, "{value}");
        }
    }
}

/// Output that stops growing.
#[derive(Default)]
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let room = LARGEST - self.0.len();
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
