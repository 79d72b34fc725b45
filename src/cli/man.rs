//! `runbook man`: the manual pages, made of the same descriptions as `--help`.

use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::args::{Cli, STATUSES};
use super::problems;
use crate::diagnostic::Problem;
use crate::report::{Console, Output};

/// What stands on runbook(1) only.
const FILES: &str = "\
Files:
  ~/.local/state/runbook    the journal of runs
  ~/.config/age/keys.txt    identities that open secrets of age
  ~/.ssh/config             how hosts are reached";

const ENVIRONMENT: &str = "\
Environment:
  RUNBOOK_STATE                   --state
  RUNBOOK_AGE_IDENTITY            --age-identity
  ANSIBLE_VAULT_PASSWORD_FILE     --vault-password-file
  SSH_AUTH_SOCK                   the agent that holds keys
  NO_COLOR                        no colours";

/// Writes the pages into a folder, or the first to standard output.
pub fn run(folder: Option<&Path>) -> u8 {
    let pages = pages();
    let Some(folder) = folder else {
        Console::stdout().write(&pages[0].1);
        return 0;
    };
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| pages.iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text)));
    match written {
        Ok(()) => 0,
        Err(error) => {
            let problem = Problem::error(format!("the pages cannot be written to {}: {error}", folder.display()));
            problems::found(&problem.into(), Output::Human);
            2
        }
    }
}

/// The names and texts of the pages: runbook(1), and one for each command.
fn pages() -> Vec<(String, String)> {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let commands: Vec<Command> = root.get_subcommands().cloned().collect();
    std::iter::once(root).chain(commands).map(page).collect()
}

fn page(command: Command) -> (String, String) {
    let is_root = command.has_subcommands();
    let more = command.get_after_long_help().map(ToString::to_string);
    let man = Man::new(command).source(concat!("runbook ", env!("CARGO_PKG_VERSION"))).manual("runbook");
    let mut text = Vec::new();
    // Writing into memory cannot fail.
    let _ = render(&man, is_root, more.as_deref(), &mut text);
    (man.get_filename(), String::from_utf8_lossy(&text).into_owned())
}

fn render(man: &Man, is_root: bool, more: Option<&str>, out: &mut Vec<u8>) -> std::io::Result<()> {
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if is_root {
        man.render_subcommands_section(out)?;
    }
    let own = if is_root { [Some(FILES), Some(ENVIRONMENT)] } else { [Some(STATUSES), None] };
    for text in more.into_iter().chain(own.into_iter().flatten()) {
        section(text, out)?;
    }
    Ok(())
}

/// A section as it is written: its heading is the first line.
fn section(text: &str, out: &mut Vec<u8>) -> std::io::Result<()> {
    let (heading, body) = text.split_once('\n').unwrap_or((text, ""));
    let mut roff = Roff::default();
    roff.control("SH", [heading.trim_end_matches(':').to_uppercase().as_str()]);
    roff.control("nf", []);
    for line in body.lines() {
        roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    roff.control("fi", []);
    roff.to_writer(out)
}
