//! `bind` with `state: present`: compare, then make what is missing.

use std::collections::{BTreeMap, btree_map::Entry};

use super::declared::Bind;
use super::replace::{self, Replacement};
use super::{UNSEEN, refuse};
use crate::connection::ConnectionError;
use crate::connection::amqp::{Binding, Destination, Difference, Standing, Survey};
use crate::step::{Context, Done, Failure, Finding, Verdict};
use crate::text::count;

/// What is to be done with a declared object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Keep,
    Make,
    Replace,
    /// A binding that may be there: declared again.
    Again,
}

/// What is to be done, in the order of the declaration.
#[derive(Default)]
struct Plan {
    exchanges: Vec<Move>,
    queues: Vec<Move>,
    bindings: Vec<Move>,
    replacements: Vec<Replacement>,
    diff: Vec<String>,
    wrong: Vec<String>,
}

/// Compares everything; any difference that may not be mended is an error for the whole step.
pub(super) async fn check(step: &Bind, mut survey: Survey<'_>, cx: &Context) -> Result<Finding, Failure> {
    let plan = look(step, &mut survey).await.map_err(|error| cx.failure(error))?;
    refuse(&plan.wrong, "make the declaration agree with what is there, or say `replace: true`")?;
    let result = step.results(&mut survey, cx).await?;
    let mut finding = Finding { result, ..Finding::new(plan.verdict(), plan.summary()) };
    if !plan.diff.is_empty() {
        finding = finding.diff(plan.diff.join("\n"));
    }
    finding.fingerprints = plan.fingerprints(step);
    finding.carry = Some(Box::new(plan));
    Ok(finding)
}

/// Makes what is missing, and replaces what differs where that was asked for.
pub(super) async fn apply(step: &Bind, mut survey: Survey<'_>, cx: &Context, found: Finding) -> Result<Done, Failure> {
    let carried = found.carry.and_then(|carry| carry.downcast::<Plan>().ok());
    let Some(plan) = carried else { return Err(Failure::failed("what was compared is not there any more")) };
    make(step, &plan, &mut survey).await.map_err(|error| cx.failure(error))?;
    Ok(Done { changed: plan.changes(), result: step.results(&mut survey, cx).await? })
}

async fn make(step: &Bind, plan: &Plan, survey: &mut Survey<'_>) -> Result<(), ConnectionError> {
    for replacement in &plan.replacements {
        replacement.clear(survey).await?;
    }
    for (exchange, _) in step.exchanges.iter().zip(&plan.exchanges).filter(|(_, what)| **what != Move::Keep) {
        survey.declare_exchange(exchange).await?;
    }
    for (queue, _) in step.queues.iter().zip(&plan.queues).filter(|(_, what)| **what != Move::Keep) {
        survey.declare_queue(queue).await?;
    }
    for (binding, _) in step.bindings.iter().zip(&plan.bindings).filter(|(_, what)| **what != Move::Keep) {
        survey.bind(binding).await?;
    }
    for binding in plan.replacements.iter().flat_map(|replacement| &replacement.restored) {
        survey.bind(binding).await?;
    }
    Ok(())
}

async fn look(step: &Bind, survey: &mut Survey<'_>) -> Result<Plan, ConnectionError> {
    let mut plan = Plan::default();
    for exchange in &step.exchanges {
        let standing = survey.compare_exchange(exchange).await?;
        let object = Destination::Exchange(exchange.name.clone());
        let what = plan.judge(step, survey, standing, (&exchange.to_string(), object)).await?;
        plan.exchanges.push(what);
    }
    for queue in &step.queues {
        let standing = survey.compare_queue(queue).await?;
        let object = Destination::Queue(queue.name.clone());
        let what = plan.judge(step, survey, standing, (&queue.to_string(), object)).await?;
        plan.queues.push(what);
    }
    let mut sight = Sight::default();
    for binding in &step.bindings {
        let what = sight.judge(step, &mut plan, survey, binding).await?;
        if what == Move::Make {
            plan.diff.push(format!("+ {binding}"));
        }
        plan.bindings.push(what);
    }
    Ok(plan)
}

impl Plan {
    async fn judge(
        &mut self,
        step: &Bind,
        survey: &mut Survey<'_>,
        standing: Standing,
        (words, object): (&str, Destination),
    ) -> Result<Move, ConnectionError> {
        let differences = match standing {
            Standing::Same => return Ok(Move::Keep),
            Standing::Missing => {
                self.diff.push(format!("+ {words}"));
                return Ok(Move::Make);
            }
            Standing::Differs(differences) => differences,
        };
        let noun = if matches!(object, Destination::Queue(_)) { "queue" } else { "exchange" };
        let name = object.name().to_owned();
        let told = differences.iter().map(Difference::to_string).collect::<Vec<_>>().join(", ");
        if !step.replace {
            self.wrong.push(format!("{noun} `{name}` differs: {told}"));
            return Ok(Move::Keep);
        }
        match replace::plan(step, survey, object).await? {
            Ok(replacement) => {
                self.diff.push(format!("- {noun} {name} ({told})"));
                self.diff.push(format!("+ {words}"));
                self.diff.extend(replacement.notes());
                self.replacements.push(replacement);
            }
            Err(why) => self.wrong.push(format!("{noun} `{name}` differs ({told}) and cannot be replaced: {why}")),
        }
        Ok(Move::Replace)
    }

    fn all(&self) -> impl Iterator<Item = Move> {
        self.exchanges.iter().chain(&self.queues).chain(&self.bindings).copied()
    }

    fn changes(&self) -> bool {
        self.all().any(|what| matches!(what, Move::Make | Move::Replace))
    }

    fn again(&self) -> usize {
        self.bindings.iter().filter(|what| **what == Move::Again).count()
    }

    fn verdict(&self) -> Verdict {
        match () {
            () if self.replacements.iter().any(Replacement::loses) => Verdict::Destructive,
            () if self.changes() => Verdict::Change,
            () if self.again() > 0 => Verdict::Unknown(format!("bindings are {UNSEEN}")),
            () => Verdict::Same,
        }
    }

    fn summary(&self) -> String {
        let counted = |moves: &[Move], noun: &str| {
            let n = moves.iter().filter(|what| matches!(what, Move::Make | Move::Replace)).count();
            (n > 0).then(|| count(n, noun))
        };
        let made = [(&self.exchanges, "exchange"), (&self.queues, "queue"), (&self.bindings, "binding")];
        let made: Vec<_> = made.iter().filter_map(|(moves, noun)| counted(moves, noun)).collect();
        let first =
            if made.is_empty() { "the topology stands".to_owned() } else { format!("make {}", made.join(", ")) };
        match self.again() {
            0 => first,
            n => format!("{first}; {} declared again: {UNSEEN}", count(n, "binding")),
        }
    }

    /// What was seen of each object; a binding that cannot be seen has none.
    fn fingerprints(&self, step: &Bind) -> BTreeMap<String, String> {
        let word = |what: Move| match what {
            Move::Keep => "as declared",
            Move::Make => "missing",
            Move::Replace => "differs",
            Move::Again => "unseen",
        };
        let exchanges =
            step.exchanges.iter().zip(&self.exchanges).map(|(x, what)| (format!("exchange/{}", x.name), *what));
        let queues = step.queues.iter().zip(&self.queues).map(|(queue, what)| (format!("queue/{}", queue.name), *what));
        let bindings = step.bindings.iter().zip(&self.bindings).map(|(binding, what)| (binding.to_string(), *what));
        let all = exchanges.chain(queues).chain(bindings).filter(|(_, what)| *what != Move::Again);
        all.map(|(name, what)| (format!("{}:{name}", step.connection), word(what).to_owned())).collect()
    }
}

/// What was seen while bindings were compared, so that nothing is asked twice.
#[derive(Default)]
struct Sight {
    /// Whether an object that is not declared here is there.
    there: BTreeMap<Destination, bool>,
    /// The bindings that come from an exchange, where they can be listed.
    listed: BTreeMap<String, Option<Vec<Binding>>>,
}

impl Sight {
    async fn judge(
        &mut self,
        step: &Bind,
        plan: &mut Plan,
        survey: &mut Survey<'_>,
        binding: &Binding,
    ) -> Result<Move, ConnectionError> {
        let mut made = false;
        for end in [&Destination::Exchange(binding.exchange.clone()), &binding.destination] {
            match declared(step, plan, end) {
                Some(Move::Make | Move::Replace) => made = true,
                Some(_) => {}
                None if self.is_there(survey, end).await? => {}
                None => {
                    let noun = if matches!(end, Destination::Queue(_)) { "queue" } else { "exchange" };
                    let text = format!("{binding}: there is no {noun} `{}`, here or at the broker", end.name());
                    plan.wrong.push(text);
                    return Ok(Move::Keep);
                }
            }
        }
        if made {
            return Ok(Move::Make);
        }
        let listed = match self.listed.entry(binding.exchange.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => free.insert(survey.bindings(&binding.exchange).await?),
        };
        Ok(match listed {
            None => Move::Again,
            Some(listed) if listed.iter().any(|there| there.is(binding)) => Move::Keep,
            Some(_) => Move::Make,
        })
    }

    async fn is_there(&mut self, survey: &mut Survey<'_>, object: &Destination) -> Result<bool, ConnectionError> {
        if let Some(known) = self.there.get(object) {
            return Ok(*known);
        }
        let there = match object {
            Destination::Queue(name) => survey.queue(name).await?.is_some(),
            Destination::Exchange(name) => survey.has_exchange(name).await?,
        };
        self.there.insert(object.clone(), there);
        Ok(there)
    }
}

/// What is to be done with an object that is declared in this step.
fn declared(step: &Bind, plan: &Plan, object: &Destination) -> Option<Move> {
    match object {
        Destination::Queue(name) => {
            let at = step.queues.iter().position(|queue| queue.name == *name)?;
            plan.queues.get(at).copied()
        }
        Destination::Exchange(name) => {
            let at = step.exchanges.iter().position(|exchange| exchange.name == *name)?;
            plan.exchanges.get(at).copied()
        }
    }
}
