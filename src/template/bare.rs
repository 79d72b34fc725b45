//! Outside data in shell texts, judged before it is there.
//!
//! In: a shell text and a scope in which some names are not known yet. Out: the insertions that are sure to be refused
//! when it runs, in the words of that refusal. What may turn out to be a number, or stands behind text that is not known
//! yet, is left to the run.

use minijinja::Value;

use super::compile::{Code, Form, Part, Run};
use super::emit::{Emission, follower};
use super::engine::Rules;
use super::names::Quoting;
use super::resolve::{Target, reach, taint};
use super::surroundings::Surroundings;
use super::{NameUse, Scope, Sink, Template, Tree, TreeKind};
use crate::diagnostic::Problem;
use crate::secret::Taint;

/// How many values are followed inside one another.
const DEEPEST: usize = 16;

impl Tree {
    /// The insertions of outside data that a shell text with this value is sure to be refused for.
    pub fn bare_in_shell(&self, scope: &Scope) -> Vec<Problem> {
        match &self.kind {
            TreeKind::Template(template) => Judge { template, scope }.template(),
            _ => Vec::new(),
        }
    }
}

struct Judge<'j> {
    template: &'j Template,
    scope: &'j Scope,
}

impl Judge<'_> {
    fn template(&self) -> Vec<Problem> {
        match &self.template.0.form {
            Form::Whole(code) => self.judge(code, None).into_iter().collect(),
            Form::Text(parts) => self.parts(parts),
            Form::Program(_) => Vec::new(),
        }
    }

    fn parts(&self, parts: &[Part]) -> Vec<Problem> {
        if !parts.iter().any(|part| matches!(part, Part::Code(code) if self.taint(code).outside)) {
            return Vec::new();
        }
        let mut follower = follower(Rules::of(Sink::Shell));
        let mut found = Vec::new();
        for part in parts {
            match part {
                Part::Raw(raw) => follower.iter_mut().for_each(|follower| follower.feed(raw)),
                Part::Code(code) => {
                    found.extend(self.judge(code, follower.as_ref()));
                    follower = follower.and_then(|follower| self.past(code, follower));
                }
            }
        }
        found
    }

    /// The surroundings after an insertion; none where they hang on what is not known yet.
    fn past(&self, code: &Code, mut follower: Surroundings) -> Option<Surroundings> {
        if self.taint(code).outside {
            follower.value();
            return Some(follower);
        }
        let used = self.name(code)?;
        let reached = reach(self.scope, &used.name, &used.path);
        let Target::Known(data) = reached.target else { return None };
        let value = super::resolve::descend(&data.value, &used.path[reached.depth..]).ok()?;
        follower.feed(&value.to_string());
        Some(follower)
    }

    fn judge(&self, code: &Code, follower: Option<&Surroundings>) -> Option<Problem> {
        let taint = self.taint(code);
        let is_text = || self.name(code).is_some_and(|used| is_text(self.scope, used, DEEPEST));
        let certain = code.emitted.quoting == Quoting::Quoted || is_text();
        if !taint.outside || !certain {
            return None;
        }
        let place = self.template.0.passage.locate(code.at.clone());
        let (rules, quoting) = (Rules::of(Sink::Shell), code.emitted.quoting);
        let inside = follower.and_then(Surroundings::inside);
        let emission = Emission { rules, taint, quoting, place: &place, inside, first: false };
        emission.apply(&Value::from("")).err()
    }

    fn taint(&self, code: &Code) -> Taint {
        let uses = self.template.uses();
        taint(self.scope, code.emitted.uses.iter().filter_map(|index| uses.get(*index)))
    }

    fn name(&self, code: &Code) -> Option<&NameUse> {
        match &code.run {
            Run::Name(index) => self.template.uses().get(*index),
            Run::Engine(..) => None,
        }
    }
}

/// Whether a name is sure to stand for a text.
fn is_text(scope: &Scope, used: &NameUse, depth: usize) -> bool {
    let reached = reach(scope, &used.name, &used.path);
    match reached.target {
        Target::Unknown(need) => need.text && reached.depth == used.path.len(),
        Target::Lazy(Tree { kind: TreeKind::Template(template), .. }) if reached.depth == used.path.len() => {
            match &template.0.form {
                Form::Whole(Code { run: Run::Name(index), .. }) if depth > 0 => {
                    template.uses().get(*index).is_some_and(|used| is_text(scope, used, depth - 1))
                }
                Form::Whole(_) => false,
                Form::Text(_) | Form::Program(_) => true,
            }
        }
        _ => false,
    }
}
