//! Replacing an object whose fixed flags differ: delete it, make it again, and bind it as it was. Only where no message
//! can be lost.

use super::declared::Bind;
use crate::connection::ConnectionError;
use crate::connection::amqp::{Binding, Destination, Survey};

/// An object that is deleted and made again.
pub(super) struct Replacement {
    object: Destination,
    /// Bindings that are declared in the step: they are taken away first, so that the broker can tell whether others hang
    /// on the exchange.
    declared: Vec<Binding>,
    /// Bindings that are not declared in the step, and are bound again.
    pub(super) restored: Vec<Binding>,
    /// Whether all bindings were seen.
    seen: bool,
}

/// What replacing it takes; the inner error says why it cannot be.
pub(super) async fn plan(
    step: &Bind,
    survey: &mut Survey<'_>,
    object: Destination,
) -> Result<Result<Replacement, String>, ConnectionError> {
    if let Destination::Queue(name) = &object {
        let counts = survey.queue(name).await?.unwrap_or_default();
        if counts.messages > 0 {
            let messages = crate::text::count(usize::try_from(counts.messages).unwrap_or(usize::MAX), "message");
            return Ok(Err(format!("it holds {messages}, which would have to be moved first; consume or move them")));
        }
        if counts.consumers > 0 {
            return Ok(Err("it has consumers; stop them first".to_owned()));
        }
    }
    let touches = |binding: &&Binding| {
        binding.destination == object || matches!(&object, Destination::Exchange(name) if binding.exchange == *name)
    };
    let declared: Vec<_> = step.bindings.iter().filter(touches).cloned().collect();
    let listed = survey.bindings_of(&object).await?;
    let seen = listed.is_some();
    let undeclared = |there: &Binding| !declared.iter().any(|binding| binding.is(there));
    let restored = listed.unwrap_or_default().into_iter().filter(undeclared).collect();
    Ok(Ok(Replacement { object, declared, restored, seen }))
}

impl Replacement {
    /// Whether something may be lost: bindings that cannot be seen.
    pub(super) fn loses(&self) -> bool {
        !self.seen
    }

    /// Lines for the difference.
    pub(super) fn notes(&self) -> Vec<String> {
        if self.seen {
            return self.restored.iter().map(|binding| format!("  {binding} (kept)")).collect();
        }
        vec![format!("  bindings of {} that are not declared here cannot be seen, and are lost", self.object.name())]
    }

    /// Deletes it. A queue that has got messages or consumers meanwhile is refused by the broker, and so is an exchange
    /// from which unseen bindings lead.
    pub(super) async fn clear(&self, survey: &mut Survey<'_>) -> Result<(), ConnectionError> {
        match &self.object {
            Destination::Queue(name) => survey.delete_queue(name, true).await.map(|_| ()),
            Destination::Exchange(name) if self.seen => survey.delete_exchange(name, false).await,
            Destination::Exchange(name) => self.clear_unseen(survey, name).await,
        }
    }

    async fn clear_unseen(&self, survey: &mut Survey<'_>, name: &str) -> Result<(), ConnectionError> {
        for binding in &self.declared {
            if survey_has(survey, &binding.destination).await? {
                survey.unbind(binding).await?;
            }
        }
        let Err(error) = survey.delete_exchange(name, true).await else { return Ok(()) };
        for binding in &self.declared {
            if survey_has(survey, &binding.destination).await? {
                survey.bind(binding).await?;
            }
        }
        Err(error.hint("give the connection its `management` URL: bindings that are not declared here are then kept"))
    }
}

async fn survey_has(survey: &mut Survey<'_>, object: &Destination) -> Result<bool, ConnectionError> {
    match object {
        Destination::Queue(name) => Ok(survey.queue(name).await?.is_some()),
        Destination::Exchange(name) => survey.has_exchange(name).await,
    }
}
