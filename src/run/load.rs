//! Loading: every file is read, the plan is made, and every mistake that can be found is told, before anything is contacted.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::ask::Inquiry;
use super::{Options, Refusal, extras, keys, secrets};
use crate::cancel::Cancel;
use crate::diagnostic::Problems;
use crate::inventory::{Asks, Inventory, Reach};
use crate::plan::{Extra, Files, Plan, Request, Tags, build};
use crate::playbook::{self, Playbook};
use crate::secret::{Redactor, Secret};
use crate::step;
use crate::template::Engine;

/// Everything that was read, and the plan made of it.
pub struct Loaded {
    /// The playbook.
    pub playbook: Playbook,
    /// The inventory.
    pub inventory: Inventory,
    /// The plan.
    pub plan: Arc<Plan>,
    /// The local files that steps name.
    pub files: Arc<Files>,
    /// Knows every secret.
    pub redactor: Redactor,
}

impl Loaded {
    /// What was found that does not forbid running it.
    pub fn warnings(&self) -> Problems {
        let mut warnings = self.inventory.warnings.clone();
        warnings.extend(self.plan.warnings.clone());
        warnings.in_order(&self.playbook.sources)
    }
}

/// Reads and plans. With `run` (what the name `run` stands for) the secrets are read too; without it, none is.
pub async fn load(options: &Options, run: Option<Value>) -> Result<Loaded, Refusal> {
    let inquiry = Inquiry::new(Cancel::root());
    let asks = run.is_some().then_some(&inquiry as &dyn Asks);
    read(options, run, asks).await.map_err(|problems| Refusal::after(problems, &inquiry))
}

async fn read(options: &Options, run: Option<Value>, asks: Option<&dyn Asks>) -> Result<Loaded, Problems> {
    let redactor = Redactor::default();
    let keys = keys::vault(&options.vault, run.is_none()).await?;
    let engine = Engine::new(redactor.clone()).with_keys(keys.clone());
    let vocabulary = step::vocabulary();
    let mut problems = Problems::default();
    let reading = playbook::load(&options.playbook, &vocabulary, &keys);
    problems.extend(reading.problems);
    let playbook = reading.playbook;
    let extras = taken(extras::read(&options.extra, &keys), &mut problems);
    let beside = playbook.as_ref().map(|playbook| playbook.folder.clone());
    let inventory = Inventory::load(
        &options.inventories,
        beside.as_slice(),
        &engine,
        &Reach { cancel: &Cancel::root(), sql: asks },
    );
    let inventory = taken(inventory, &mut problems);
    for secret in inventory.iter().flat_map(Inventory::secrets) {
        redactor.learn(&secret);
    }
    let Some(mut playbook) = playbook else { return Err(problems) };
    playbook.gaps.inputs |= extras.is_none();
    let whole = inventory.as_ref().is_some_and(|inventory| !inventory.open) && extras.is_some() && !playbook.gaps.open;
    let inventory = inventory.unwrap_or_else(|| Inventory::none(&engine));
    let extras = extras.unwrap_or_default();
    let values = match &run {
        Some(_) if !problems.has_errors() => {
            taken(secrets::read(&playbook, &options.age_identities, &redactor).await, &mut problems)
        }
        _ => None,
    };
    let files = Files::new(&playbook.folder, &engine);
    let given = Given { options, extras: &extras, secrets: values.as_ref(), run, whole };
    let plan = taken(plan(&playbook, &inventory, &engine, (&redactor, &files), given), &mut problems);
    let Some(plan) = plan.filter(|_| !problems.has_errors()) else { return Err(problems.in_order(&playbook.sources)) };
    Ok(Loaded { playbook, inventory, plan: Arc::new(plan), files: Arc::new(files), redactor })
}

struct Given<'a> {
    options: &'a Options,
    extras: &'a [Extra],
    secrets: Option<&'a BTreeMap<String, Secret>>,
    run: Option<Value>,
    whole: bool,
}

fn plan(
    playbook: &Playbook,
    inventory: &Inventory,
    engine: &Engine,
    (redactor, files): (&Redactor, &Files),
    given: Given<'_>,
) -> Result<Plan, Problems> {
    let options = given.options;
    let tags = Tags { only: options.tags.clone(), skip: options.skip_tags.clone() };
    // What is not UTF-8 cannot stand in a template.
    let env =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    build(&Request {
        playbook,
        inventory,
        engine,
        redactor,
        extras: given.extras,
        limit: options.limit.as_deref(),
        tags: &tags,
        start_at: options.start_at.as_deref(),
        secrets: given.secrets,
        env: &env.collect(),
        run: given.run,
        files,
        whole: given.whole,
    })
}

fn taken<T>(result: Result<T, Problems>, problems: &mut Problems) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(found) => {
            problems.extend(found);
            None
        }
    }
}
