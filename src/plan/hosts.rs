//! Hosts of a plan: which ones a play takes, in which batches, and how each is reached.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::model::{HostPlan, Names};
use crate::connection::host::{FACTS, HostTarget, Via};
use crate::diagnostic::{Place, Problem};
use crate::inventory::Host;
use crate::inventory::known::{self, KnownVar};
use crate::secret::{Redactor, Secret, Taint};
use crate::template::{Binding, Data, Need, Record, Rules, Scope, Sink, secret_in};

/// Turns hosts of the inventory into hosts of the plan.
pub struct Hosts<'a> {
    /// Names above the inventory's: secrets, inputs, env.
    pub top: &'a Names,
    /// Learns passwords.
    pub redactor: &'a Redactor,
    /// Whether the playbook has steps that become another user.
    pub becomes: bool,
}

impl Hosts<'_> {
    /// One host.
    pub fn plan(&self, host: &Host) -> Result<HostPlan, Problem> {
        let named = [("inventory_hostname", json!(&*host.name)), ("group_names", json!(*host.groups))];
        let vars = Scope::empty().with(host.vars.iter().map(|(name, var)| (Arc::clone(name), binding(var))));
        let mut own: Names =
            named.map(|(name, value)| (name.into(), Binding::Known(Data::from_json(&value, Taint::PUBLIC)))).into();
        let scope = vars.with(self.top.clone()).with(own.clone());
        let reader = Reader { scope: &scope, top: self.top, redactor: self.redactor, becomes: self.becomes, host };
        let target = reader.target()?;
        own.insert("host".into(), Binding::Record(Arc::new(view(host, target.as_ref()))));
        Ok(HostPlan { name: Arc::clone(&host.name), vars, own, target: target.map(Arc::new) })
    }
}

/// What a var of the inventory stands for.
pub fn binding(var: &crate::inventory::HostVar) -> Binding {
    match &var.value.kind {
        crate::template::TreeKind::Literal(data) => Binding::Known(data.clone()),
        _ => Binding::Lazy(Arc::clone(&var.value)),
    }
}

/// `host`: its vars are worked out where they are used.
fn view(host: &Host, target: Option<&HostTarget>) -> Record {
    let known = |value: Value| Binding::Known(Data::from_json(&value, Taint::PUBLIC));
    let vars = host.vars.iter().map(|(name, var)| (Arc::clone(name), binding(var)));
    let mut view = Record::from_iter([
        (Arc::from("name"), known(json!(&*host.name))),
        (Arc::from("groups"), known(json!(*host.groups))),
        (Arc::from("vars"), Binding::Record(Arc::new(vars.collect()))),
    ]);
    view.insert("facts".into(), Binding::Record(Arc::new(facts())));
    let reached = target.map(|target| {
        [
            ("address", json!(target.address)),
            ("port", json!(target.port.unwrap_or(22))),
            ("user", json!(target.user.clone().unwrap_or_default())),
        ]
    });
    let waiting = Need {
        name: "host".to_owned(),
        because: "the secrets, which are read when the playbook is applied".to_owned(),
        place: None,
        taint: Taint::PUBLIC,
        text: true,
    };
    if let Some(fields) = reached {
        view.extend(fields.map(|(name, value)| (Arc::from(name), known(value))));
    } else {
        let waiting = Arc::new(waiting);
        let open = |name| (Arc::from(name), Binding::Unknown(Arc::clone(&waiting)));
        view.extend(["address", "port", "user"].map(open));
    }
    view
}

/// What a step needs that uses the facts of a host before they are gathered.
pub const FACTS_NEED: &str = "host.facts";

/// The facts, known by name.
fn facts() -> Record {
    let because = "the facts of the host, which are gathered when a step uses them".to_owned();
    let need =
        |text| Need { name: FACTS_NEED.to_owned(), because: because.clone(), place: None, taint: Taint::OUTSIDE, text };
    let (texts, others) = (Arc::new(need(true)), Arc::new(need(false)));
    let of = |(name, text, _): &(&str, bool, &str)| {
        (Arc::from(*name), Binding::Unknown(Arc::clone(if *text { &texts } else { &others })))
    };
    FACTS.iter().map(of).collect()
}

struct Reader<'a> {
    scope: &'a Scope,
    top: &'a Names,
    redactor: &'a Redactor,
    becomes: bool,
    host: &'a Host,
}

impl Reader<'_> {
    /// How the host is reached; none where that waits for a secret.
    fn target(&self) -> Result<Option<HostTarget>, Problem> {
        let waits = |name: &&Arc<str>| {
            name.starts_with("ansible_")
                && self.host.vars.get(name).is_some_and(|var| !var.value.needs(self.scope).is_empty())
        };
        if self.host.vars.iter().any(|(name, _)| waits(&name)) {
            return Ok(None);
        }
        self.becomes_by_sudo()?;
        let name = self.host.name.to_string();
        let mut ssh_args = Vec::new();
        for var in [known::COMMON_ARGS, known::EXTRA_ARGS] {
            if let Some((text, place)) = self.text(var)? {
                ssh_args.extend(ssh_words(&text, &place)?);
            }
        }
        let port = self.text(known::PORT)?;
        let number = |(text, place): (String, Place)| match text.parse() {
            Ok(port @ 1..) => Ok(port),
            _ => {
                Err(Problem::error(format!("`{text}` is no port")).at(place).hint("a port is a number from 1 to 65535"))
            }
        };
        let port = port.map(number).transpose()?;
        Ok(Some(HostTarget {
            via: self.via()?,
            address: self.word(known::ADDRESS)?.unwrap_or_else(|| name.clone()),
            port,
            user: self.word(known::USER)?,
            password: self.secret(known::PASSWORD)?,
            key: self.text(known::KEY)?.map(|(path, _)| home(&path)),
            passphrase: self.secret(known::PASSPHRASE)?,
            ssh_args,
            become_password: self.secret(known::BECOME_PASSWORD)?,
            name,
        }))
    }

    /// Steps become another user by sudo only; a host on which none does may say what it likes.
    fn becomes_by_sudo(&self) -> Result<(), Problem> {
        match self.text(known::BECOME_METHOD)? {
            Some((method, place)) if self.becomes && method != "sudo" => {
                let problem = Problem::error(format!("`ansible_become_method: {method}` is not available"));
                Err(problem.at(place).hint("steps become another user by sudo"))
            }
            _ => Ok(()),
        }
    }

    fn via(&self) -> Result<Via, Problem> {
        match self.text(known::CONNECTION)? {
            None => Ok(Via::Ssh),
            Some((text, _)) if text == known::LOCAL => Ok(Via::Local),
            Some((text, _)) if known::SSH.contains(&text.as_str()) => Ok(Via::Ssh),
            Some((text, place)) => Err(Problem::error(format!("`ansible_connection: {text}` is not known"))
                .at(place)
                .hint("`ssh` and `local` are")),
        }
    }

    /// The first of the vars that is set, as text, with its place.
    fn text(&self, var: &KnownVar) -> Result<Option<(String, Place)>, Problem> {
        Ok(self.value(var)?.map(|(data, place)| (plain(&data), place)))
    }

    /// A name that is handed to ssh and shown to people.
    fn word(&self, var: &KnownVar) -> Result<Option<String>, Problem> {
        let Some((data, place)) = self.value(var)? else { return Ok(None) };
        if data.taint.secret {
            return Err(secret_in(Sink::Name).at(place));
        }
        let text = plain(&data);
        if text.starts_with('-') {
            let problem = Problem::error(format!("`{text}` begins with `-`, which programs take for an option"));
            return Err(problem.at(place));
        }
        Ok(Some(text))
    }

    fn secret(&self, var: &KnownVar) -> Result<Option<Secret>, Problem> {
        let value = self.value(var)?;
        Ok(value.map(|(data, _)| {
            let text = plain(&data);
            self.redactor.learn(&text);
            Secret::new(text)
        }))
    }

    fn value(&self, var: &KnownVar) -> Result<Option<(Data, Place)>, Problem> {
        let found = var.names.iter().find_map(|name| Some((*name, self.host.vars.get(name)?)));
        let Some((name, var)) = found else { return Ok(None) };
        // `-e ansible_user=...` is stronger than the inventory.
        if let Some(Binding::Known(data)) = self.top.get(name) {
            return Ok(Some((data.clone(), var.place.clone())));
        }
        let data = var.value.evaluate(self.scope, Rules::of(Sink::Payload))?;
        // One without a value (`ansible_host:`) is not set.
        Ok((!data.value.is_none()).then(|| (data, var.place.clone())))
    }
}

fn plain(data: &Data) -> String {
    data.value.as_str().map_or_else(|| data.value.to_string(), str::to_owned)
}

/// `~` at the beginning is the home folder, as in Ansible.
fn home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// The words of `ansible_ssh_common_args`: only `-F`, `-o` and `-J` with their values; a proxy command set there runs on
/// this machine, which is the author's own choice.
fn ssh_words(text: &str, place: &Place) -> Result<Vec<String>, Problem> {
    let words = shlex::split(text)
        .ok_or_else(|| Problem::error("the ssh arguments have an unclosed quote").at(place.clone()))?;
    let mut expects = false;
    for word in &words {
        let flag = ["-F", "-o", "-J"].iter().find(|flag| word.starts_with(**flag));
        expects = match (expects, flag) {
            (true, _) => false,
            (false, Some(flag)) => word.len() == flag.len(),
            (false, None) => {
                return Err(Problem::error(format!("the ssh argument `{word}` is not taken"))
                    .at(place.clone())
                    .hint("only -F, -o and -J are"));
            }
        };
    }
    Ok(words)
}
