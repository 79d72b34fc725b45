//! `runbook inventory`.

use super::args::InventoryArgs;
use super::problems;
use crate::cancel::Cancel;
use crate::diagnostic::{Problem, Problems};
use crate::inventory::{Inventory, Reach};
use crate::report::{Console, Output};
use crate::run::{Inquiry, Refusal, vault_keys};
use crate::secret::Redactor;
use crate::template::Engine;

/// Shows what the inventory resolves to.
pub async fn run(args: &InventoryArgs) -> u8 {
    let output = Output::from(args.output);
    let inquiry = Inquiry::new(Cancel::root());
    match shown(args, output, &inquiry).await {
        Ok(text) => {
            Console::stdout().write(&text);
            0
        }
        Err(found) => problems::refused(&Refusal::after(found, &inquiry), output),
    }
}

async fn shown(args: &InventoryArgs, output: Output, inquiry: &Inquiry) -> Result<String, Problems> {
    let keys = vault_keys(&args.vault.sources(), true).await?;
    let engine = Engine::new(Redactor::default()).with_keys(keys);
    let inventory =
        Inventory::load(&args.inventories, &[], &engine, &Reach { cancel: &Cancel::root(), sql: Some(inquiry) })?;
    let inventory = match &args.limit {
        None => inventory,
        Some(limit) => {
            let mut selection = inventory.limit(limit).map_err(Problem::from)?;
            selection.warnings.drain(..).for_each(|warning| problems::found(&warning.into(), output));
            inventory.with_only(&selection.hosts)
        }
    };
    problems::found(&inventory.warnings, output);
    if args.form.graph {
        return Ok(inventory.graph());
    }
    let value = match &args.form.host {
        None => inventory.list_json(),
        Some(host) => inventory.host_json(host).ok_or_else(|| {
            let known = inventory.hosts.keys().map(|name| &**name);
            Problem::error(format!("there is no host `{host}`")).did_you_mean(host, known)
        })?,
    };
    Ok(format!("{value:#}\n"))
}
