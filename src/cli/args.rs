//! The arguments, with the help that stands alone.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::execute::OnUnknown;
use crate::report::{Console, Output};
use crate::run::{HostKeys, Options, VaultSource};

/// Exit statuses, under every long help.
pub const STATUSES: &str = "\
Exit status:
  0         all went well
  1         a step failed, or a confirmation was refused
  2         the playbook, the inventory or the command line is wrong;
            no target was contacted
  3         hosts or services could not be reached, and nothing else failed
  4         refused for safety: a host key, a certificate, a lock
  5         outcome unknown: an action was sent and its end was never seen
  130, 143  interrupted (Ctrl-C; SIGTERM, SIGHUP)";

/// Runs playbooks on hosts, brokers and databases.
///
/// A playbook is a YAML file of typed steps: exec, put, get and file on hosts over SSH; publish and bind on RabbitMQ and
/// Redis; query on PostgreSQL, MySQL and SQLite. Every mistake that can be found is found before anything is touched,
/// and a run that was cut off goes on where it stopped.
#[derive(Parser)]
#[command(name = "runbook", version, max_term_width = 100, after_long_help = STATUSES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Check playbooks without contacting anything
    #[command(after_long_help = "Example:\n  runbook validate deploy.yml -i hosts.ini -e version=1.2.3")]
    Validate(ValidateArgs),
    /// Run a playbook
    #[command(after_long_help = "Examples:\n  runbook apply deploy.yml -i hosts.ini -e version=1.2.3\n  \
        runbook apply deploy.yml -i hosts.ini --limit web --check --diff\n  \
        runbook apply nightly.yml --yes --output json")]
    Apply(ApplyArgs),
    /// Go on with a run that was cut off, exactly where it stopped
    #[command(after_long_help = "Examples:\n  runbook resume            the newest run\n  runbook resume 20261123-16")]
    Resume(ResumeArgs),
    /// List the runs of this machine, the newest first
    #[command(after_long_help = "Example:\n  runbook runs --output json")]
    Runs(RunsArgs),
    /// Show one run: its steps, hosts and errors
    #[command(after_long_help = "Examples:\n  runbook show              the newest run\n  \
        runbook show 20261123-16 -v")]
    Show(ShowArgs),
    /// Show what the inventory resolves to
    #[command(after_long_help = "Examples:\n  runbook inventory -i hosts.ini --graph\n  \
        runbook inventory -i hosts.ini --host web1")]
    Inventory(InventoryArgs),
    /// Print the JSON Schema of playbooks or inventories, for editors
    #[command(after_long_help = "Example:\n  runbook schema playbook > playbook.schema.json\n\n\
        An editor with a YAML language server reads it where a playbook begins with\n  \
        # yaml-language-server: $schema=playbook.schema.json")]
    Schema {
        /// Which schema
        of: SchemaArg,
    },
    /// Write the manual pages: runbook(1), and one for each command
    #[command(after_long_help = "Example:\n  runbook man ~/.local/share/man/man1\n\n\
        Without a folder, runbook(1) itself is printed: runbook man | man -l -")]
    Man {
        /// The folder they are written to
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },
    /// Print a shell's completion script
    #[command(
        after_long_help = "Example:\n  runbook completions bash > ~/.local/share/bash-completion/completions/runbook"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Which inventory and which values.
#[derive(Args, Clone)]
pub struct Sources {
    /// Inventory: an Ansible INI or YAML file, a folder of them, a program that prints one, or names with a comma (`web1,`);
    /// may be given several times
    #[arg(short = 'i', long = "inventory", value_name = "PATH")]
    pub inventories: Vec<PathBuf>,
    /// Set an input or override a variable: NAME=VALUE, or @FILE.yml for many; may be given several times, the last counts
    #[arg(short = 'e', long = "extra", value_name = "NAME=VALUE")]
    pub extra: Vec<String>,
    #[command(flatten)]
    pub vault: Vault,
    /// A file of age identities, for secrets that come from age files; may be given several times
    /// [default: age/keys.txt in the user's configuration]
    #[arg(long = "age-identity", value_name = "FILE", env = "RUNBOOK_AGE_IDENTITY", hide_env_values = true)]
    pub age_identities: Vec<PathBuf>,
    /// Only these hosts of each play: a host pattern such as `web:!web3`
    #[arg(short = 'l', long, value_name = "PATTERN")]
    pub limit: Option<String>,
    /// Only steps with one of these tags, separated by commas
    #[arg(short = 't', long, value_name = "TAGS", value_delimiter = ',')]
    pub tags: Vec<String>,
    /// No steps with one of these tags, separated by commas
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub skip_tags: Vec<String>,
    /// Begin at the step of this name
    #[arg(long, value_name = "NAME")]
    pub start_at: Option<String>,
}

/// What opens values that Ansible Vault has encrypted.
#[derive(Args, Clone)]
pub struct Vault {
    /// A file that holds a password of Ansible Vault, or a program that prints it; may be given several times
    #[arg(
        long = "vault-password-file",
        value_name = "FILE",
        env = "ANSIBLE_VAULT_PASSWORD_FILE",
        hide_env_values = true
    )]
    pub password_files: Vec<PathBuf>,
    /// The same for the vaults of one label: LABEL@FILE
    #[arg(long = "vault-id", value_name = "LABEL@FILE")]
    pub ids: Vec<String>,
}

/// How output looks.
#[derive(Args, Clone)]
pub struct Looks {
    /// What is written to standard output
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    pub output: OutputArg,
    /// Show results, and a line for each host
    #[arg(short, long)]
    pub verbose: bool,
}

/// Where the journal is.
#[derive(Args, Clone)]
pub struct StateArg {
    #[arg(
        help = "Folder of the journal of runs [default: $XDG_STATE_HOME/runbook, else ~/.local/state/runbook]",
        long = "state",
        value_name = "DIR",
        env = "RUNBOOK_STATE",
        hide_env_values = true
    )]
    pub folder: Option<PathBuf>,
}

/// `validate`.
#[derive(Args)]
pub struct ValidateArgs {
    /// The playbooks
    #[arg(required = true, value_name = "FILE")]
    pub playbooks: Vec<PathBuf>,
    #[command(flatten)]
    pub sources: Sources,
    /// What is written to standard output
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    pub output: FindingsArg,
    /// Show what each play takes: its hosts, batches and steps
    #[arg(short, long)]
    pub verbose: bool,
}

/// `apply`.
#[derive(Args)]
pub struct ApplyArgs {
    /// The playbook
    #[arg(value_name = "FILE")]
    pub playbook: PathBuf,
    #[command(flatten)]
    pub sources: Sources,
    /// How many steps run at the same time, at most
    #[arg(short, long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub forks: u16,
    /// Change nothing: look, run what only reads, and say what would be changed
    #[arg(long)]
    pub check: bool,
    /// Show what is different in files and declarations
    #[arg(long)]
    pub diff: bool,
    /// Agree to `confirm` steps and to what destroys data
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub ssh: Ssh,
    #[command(flatten)]
    pub state: StateArg,
    #[command(flatten)]
    pub looks: Looks,
}

/// About SSH.
#[derive(Args, Clone)]
pub struct Ssh {
    /// Read this file in place of the user's `ssh_config`
    #[arg(long, value_name = "FILE")]
    pub ssh_config: Option<PathBuf>,
    /// What to do about unknown host keys; one that contradicts `known_hosts` is always refused
    #[arg(long, value_enum, default_value = "strict", value_name = "POLICY")]
    pub host_keys: HostKeysArg,
}

/// `resume`.
#[derive(Args)]
pub struct ResumeArgs {
    /// The run: its name, the beginning of it, or `last`
    #[arg(default_value = "last", value_name = "RUN")]
    pub run: String,
    /// What to do with an action whose end was never seen
    #[arg(long, value_enum, default_value = "ask", value_name = "WHAT")]
    pub on_unknown: OnUnknownArg,
    /// Go on although the playbook, the inventory or the inputs have changed
    #[arg(long)]
    pub accept_changes: bool,
    /// Agree to `confirm` steps and to what destroys data; never to repeating an action
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub state: StateArg,
    #[command(flatten)]
    pub looks: Looks,
}

/// `runs`.
#[derive(Args)]
pub struct RunsArgs {
    #[command(flatten)]
    pub state: StateArg,
    /// What is written to standard output
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    pub output: ListingArg,
}

/// `show`.
#[derive(Args)]
pub struct ShowArgs {
    /// The run: its name, the beginning of it, or `last`
    #[arg(default_value = "last", value_name = "RUN")]
    pub run: String,
    #[command(flatten)]
    pub state: StateArg,
    /// What is written to standard output
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    pub output: ListingArg,
    /// Show results, and a line for each host
    #[arg(short, long)]
    pub verbose: bool,
}

/// `inventory`.
#[derive(Args)]
pub struct InventoryArgs {
    /// Inventory: an Ansible INI or YAML file, a folder of them, a program that prints one, or names with a comma (`web1,`);
    /// may be given several times
    #[arg(short = 'i', long = "inventory", value_name = "PATH")]
    pub inventories: Vec<PathBuf>,
    #[command(flatten)]
    pub vault: Vault,
    /// Only these hosts: a host pattern such as `web:!web3`
    #[arg(short = 'l', long, value_name = "PATTERN")]
    pub limit: Option<String>,
    #[command(flatten)]
    pub form: InventoryForm,
    /// Text for people, or problems as JSON
    #[arg(long, value_enum, default_value = "human", value_name = "FORMAT")]
    pub output: ListingArg,
}

/// What of it is shown.
#[derive(Args)]
#[group(multiple = false)]
pub struct InventoryForm {
    /// All hosts and groups as Ansible's JSON (the default)
    #[arg(long)]
    pub list: bool,
    /// The groups as a tree
    #[arg(long)]
    pub graph: bool,
    /// The vars of one host
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
}

/// `schema`.
#[derive(Clone, Copy, ValueEnum)]
pub enum SchemaArg {
    /// Of a playbook
    Playbook,
    /// Of an inventory in YAML
    Inventory,
}

/// `--output`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputArg {
    /// Text for people
    Human,
    /// One JSON event per line; text for people goes to standard error
    Json,
    /// XML for build servers
    #[value(help = "JUnit XML, for build servers")]
    Junit,
}

/// `--output` of what lists.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListingArg {
    /// Text for people
    Human,
    /// JSON
    #[value(help = "JSON")]
    Json,
}

/// `--output` of what only finds mistakes.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FindingsArg {
    /// Text for people; mistakes go to standard error
    Human,
    /// One JSON event per line
    Json,
    /// A SARIF 2.1.0 log, for code hosts
    #[value(help = "A SARIF 2.1.0 log, for code hosts")]
    Sarif,
}

/// `--host-keys`.
#[derive(Clone, Copy, ValueEnum)]
pub enum HostKeysArg {
    /// Refuse them
    Strict,
    /// Accept and remember them
    AcceptNew,
    /// Accept and forget them
    Off,
}

/// `--on-unknown`.
#[derive(Clone, Copy, ValueEnum)]
pub enum OnUnknownArg {
    /// Ask on a terminal; where nobody can be asked, fail
    Ask,
    /// Run it again
    Retry,
    /// Take it for done
    Skip,
    /// Leave it unknown
    Fail,
}

impl From<OutputArg> for Output {
    fn from(arg: OutputArg) -> Self {
        match arg {
            OutputArg::Human => Self::Human,
            OutputArg::Json => Self::Json,
            OutputArg::Junit => Self::Junit,
        }
    }
}

impl From<ListingArg> for Output {
    fn from(arg: ListingArg) -> Self {
        match arg {
            ListingArg::Human => Self::Human,
            ListingArg::Json => Self::Json,
        }
    }
}

impl From<HostKeysArg> for HostKeys {
    fn from(arg: HostKeysArg) -> Self {
        match arg {
            HostKeysArg::Strict => Self::Strict,
            HostKeysArg::AcceptNew => Self::AcceptNew,
            HostKeysArg::Off => Self::Off,
        }
    }
}

impl From<OnUnknownArg> for OnUnknown {
    fn from(arg: OnUnknownArg) -> Self {
        match arg {
            OnUnknownArg::Ask => Self::Ask,
            OnUnknownArg::Retry => Self::Retry,
            OnUnknownArg::Skip => Self::Skip,
            OnUnknownArg::Fail => Self::Fail,
        }
    }
}

impl Vault {
    /// Where the passwords come from, in the order in which they are tried.
    pub fn sources(&self) -> Vec<VaultSource> {
        let files = self.password_files.iter().map(|file| VaultSource { label: None, file: file.clone() });
        self.ids.iter().map(|id| VaultSource::parse(id)).chain(files).collect()
    }
}

impl Sources {
    /// The options they stand for.
    pub fn options(&self) -> Options {
        Options {
            inventories: self.inventories.clone(),
            extra: self.extra.clone(),
            vault: self.vault.sources(),
            age_identities: self.age_identities.clone(),
            limit: self.limit.clone(),
            tags: self.tags.clone(),
            skip_tags: self.skip_tags.clone(),
            start_at: self.start_at.clone(),
            ..Options::default()
        }
    }
}

/// Prints a completion script.
pub fn completions(shell: clap_complete::Shell) {
    // Written in one piece: the generator panics where its output is closed.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "runbook", &mut script);
    Console::stdout().write(&String::from_utf8_lossy(&script));
}
