//! `bind` with `state: absent`: what is there of the declared topology goes.

use std::collections::BTreeMap;

use super::declared::Bind;
use super::{UNSEEN, refuse};
use crate::connection::ConnectionError;
use crate::connection::amqp::{Binding, Counts, Destination, Survey};
use crate::step::{Context, Done, Failure, Finding, Results, Verdict};
use crate::text::count;

/// What is there of what is to go.
#[derive(Default)]
struct Plan {
    bindings: Vec<Binding>,
    /// Bindings that may be there.
    unseen: Vec<Binding>,
    queues: Vec<(String, Counts)>,
    exchanges: Vec<String>,
}

/// Looks what is there; a queue with messages or consumers is refused without `force`.
pub(super) async fn check(step: &Bind, mut survey: Survey<'_>, cx: &Context) -> Result<Finding, Failure> {
    let plan = look(step, &mut survey).await.map_err(|error| cx.failure(error))?;
    if !step.force {
        let full = plan.queues.iter().filter(|(_, counts)| *counts != Counts::default());
        let wrong: Vec<_> = full.map(|(name, counts)| format!("queue `{name}` has {}", words(*counts))).collect();
        refuse(&wrong, "`force: true` deletes it with what is in it")?;
    }
    let mut finding = Finding { result: results(), ..Finding::new(plan.verdict(), plan.summary()) };
    let diff = plan.diff();
    if !diff.is_empty() {
        finding = finding.diff(diff.join("\n"));
    }
    finding.fingerprints = plan.fingerprints(step);
    finding.carry = Some(Box::new(plan));
    Ok(finding)
}

/// Deletes what was found.
pub(super) async fn apply(step: &Bind, mut survey: Survey<'_>, cx: &Context, found: Finding) -> Result<Done, Failure> {
    let carried = found.carry.and_then(|carry| carry.downcast::<Plan>().ok());
    let Some(plan) = carried else { return Err(Failure::failed("what was compared is not there any more")) };
    delete(&plan, step.force, &mut survey).await.map_err(|error| cx.failure(error))?;
    Ok(Done { changed: plan.changes(), result: results() })
}

async fn delete(plan: &Plan, force: bool, survey: &mut Survey<'_>) -> Result<(), ConnectionError> {
    for binding in plan.bindings.iter().chain(&plan.unseen) {
        survey.unbind(binding).await?;
    }
    for (name, _) in &plan.queues {
        survey.delete_queue(name, !force).await?;
    }
    for name in &plan.exchanges {
        survey.delete_exchange(name, false).await?;
    }
    Ok(())
}

async fn look(step: &Bind, survey: &mut Survey<'_>) -> Result<Plan, ConnectionError> {
    let mut plan = Plan::default();
    for queue in &step.queues {
        if let Some(counts) = survey.queue(&queue.name).await? {
            plan.queues.push((queue.name.clone(), counts));
        }
    }
    for exchange in &step.exchanges {
        if survey.has_exchange(&exchange.name).await? {
            plan.exchanges.push(exchange.name.clone());
        }
    }
    for binding in &step.bindings {
        // A binding goes with what it hangs on.
        if goes_along(step, binding) || !stands(survey, binding).await? {
            continue;
        }
        match survey.bindings(&binding.exchange).await? {
            None => plan.unseen.push(binding.clone()),
            Some(listed) if listed.iter().any(|there| there.is(binding)) => plan.bindings.push(binding.clone()),
            Some(_) => {}
        }
    }
    Ok(plan)
}

fn goes_along(step: &Bind, binding: &Binding) -> bool {
    let exchange = |name: &str| step.exchanges.iter().any(|exchange| exchange.name == name);
    exchange(&binding.exchange)
        || match &binding.destination {
            Destination::Queue(name) => step.queues.iter().any(|queue| queue.name == *name),
            Destination::Exchange(name) => exchange(name),
        }
}

/// Whether both ends of a binding are there.
async fn stands(survey: &mut Survey<'_>, binding: &Binding) -> Result<bool, ConnectionError> {
    if !survey.has_exchange(&binding.exchange).await? {
        return Ok(false);
    }
    match &binding.destination {
        Destination::Queue(name) => Ok(survey.queue(name).await?.is_some()),
        Destination::Exchange(name) => survey.has_exchange(name).await,
    }
}

impl Plan {
    fn changes(&self) -> bool {
        !(self.bindings.is_empty() && self.queues.is_empty() && self.exchanges.is_empty())
    }

    fn verdict(&self) -> Verdict {
        match () {
            () if self.queues.iter().any(|(_, counts)| counts.messages > 0) => Verdict::Destructive,
            () if self.changes() => Verdict::Change,
            () if !self.unseen.is_empty() => Verdict::Unknown(format!("bindings are {UNSEEN}")),
            () => Verdict::Same,
        }
    }

    fn summary(&self) -> String {
        let parts =
            [(self.exchanges.len(), "exchange"), (self.queues.len(), "queue"), (self.bindings.len(), "binding")];
        let parts: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| count(*n, noun)).collect();
        let first =
            if parts.is_empty() { "nothing is there".to_owned() } else { format!("delete {}", parts.join(", ")) };
        match self.unseen.len() {
            0 => first,
            n => format!("{first}; {} taken away again: {UNSEEN}", count(n, "binding")),
        }
    }

    fn diff(&self) -> Vec<String> {
        let bindings = self.bindings.iter().map(|binding| format!("- {binding}"));
        let queues = self.queues.iter().map(|(name, counts)| format!("- queue {name} ({})", words(*counts)));
        bindings.chain(queues).chain(self.exchanges.iter().map(|name| format!("- exchange {name}"))).collect()
    }

    fn fingerprints(&self, step: &Bind) -> BTreeMap<String, String> {
        let there = |is: bool| if is { "there" } else { "missing" };
        let queues = step.queues.iter().map(|queue| {
            let found = self.queues.iter().find(|(name, _)| *name == queue.name);
            let word = match found {
                Some((_, counts)) if counts.messages > 0 => "holds messages",
                found => there(found.is_some()),
            };
            (format!("queue/{}", queue.name), word)
        });
        let exchanges = step
            .exchanges
            .iter()
            .map(|exchange| (format!("exchange/{}", exchange.name), there(self.exchanges.contains(&exchange.name))));
        let bindings = step
            .bindings
            .iter()
            .filter(|binding| !self.unseen.contains(binding))
            .map(|binding| (binding.to_string(), there(self.bindings.contains(binding))));
        let all = queues.chain(exchanges).chain(bindings);
        all.map(|(name, word)| (format!("{}:{name}", step.connection), word.to_owned())).collect()
    }
}

fn results() -> Results {
    Results::from_iter([("queues".to_owned(), serde_json::json!({}))])
}

/// `empty`, `12 messages`, `1 message and 2 consumers`.
fn words(counts: Counts) -> String {
    let counted = |n: u64, noun: &str| (n > 0).then(|| count(usize::try_from(n).unwrap_or(usize::MAX), noun));
    let parts: Vec<_> =
        [counted(counts.messages, "message"), counted(counts.consumers, "consumer")].into_iter().flatten().collect();
    if parts.is_empty() { "empty".to_owned() } else { parts.join(" and ") }
}
