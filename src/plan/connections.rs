//! Connections: what was declared, and what it points at in a scope.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::model::{ConnectionPlan, HostPlan};
use crate::connection::host::HostTarget;
use crate::connection::{Kind, ServiceTarget, absolute_sqlite, address};
use crate::diagnostic::{Place, Problem, Problems};
use crate::playbook::ConnectionDecl;
use crate::secret::Secret;
use crate::template::{Engine, Need, Rules, Scope, Sink, Tree, TreeKind};
use crate::yaml;

/// A declaration, compiled: fields by name. A declaration that is one text is its `url`.
pub struct Declared(Vec<(Arc<str>, Tree)>);

/// The keys of a declaration, beside the options of the driver, which stand in the URL.
pub const KEYS: [&str; 12] =
    ["url", "kind", "host", "port", "user", "password", "database", "vhost", "management", "pool", "overflow", "via"];

/// Fields that are numbers, and their least values.
const LEAST_PORT: (&str, u32) = ("port", 1);
const LEAST_POOL: (&str, u32) = ("pool", 1);
const LEAST_OVERFLOW: (&str, u32) = ("overflow", 0);
/// SQL pools keep this many connections unless told.
const POOL: u32 = 5;

/// Compiles a declaration.
pub fn compile(engine: &Engine, decl: &ConnectionDecl, problems: &mut Problems) -> ConnectionPlan {
    let mut fields = Vec::new();
    let mut add = |name: &Arc<str>, node: &yaml::Node, problems: &mut Problems| match engine.tree(node) {
        Ok(tree) => fields.push((Arc::clone(name), tree)),
        Err(found) => problems.extend(found),
    };
    match &decl.value.value {
        yaml::Value::Text(_) => add(&"url".into(), &decl.value, problems),
        yaml::Value::Map(map) => {
            for entry in &map.entries {
                if KEYS.contains(&&*entry.key) {
                    add(&entry.key, &entry.value, problems);
                } else {
                    let message = format!("unknown key `{}` in connection `{}`", entry.key, decl.name.name);
                    let problem = Problem::error(message).at(entry.key_place.clone());
                    problems.push(problem.did_you_mean(&entry.key, KEYS));
                }
            }
        }
        _ => problems.push(
            Problem::error(format!("connection `{}` must be a URL or a mapping", decl.name.name))
                .at(decl.value.place.clone()),
        ),
    }
    let plan = ConnectionPlan {
        name: decl.name.name.clone(),
        place: decl.value.place.clone(),
        value: Declared(fields),
        per_host: false,
        redactor: engine.redactor().clone(),
    };
    plan.judge(problems);
    plan
}

impl ConnectionPlan {
    /// Every tree in it.
    pub fn trees(&self) -> impl Iterator<Item = &Tree> {
        self.value.0.iter().map(|(_, tree)| tree)
    }

    /// What it needs that is not there yet.
    pub fn needs(&self, scope: &Scope) -> Vec<Arc<Need>> {
        self.trees().flat_map(|tree| tree.needs(scope)).collect()
    }

    /// Its kind, as far as the text of the declaration tells it.
    pub fn kind(&self) -> Option<Kind> {
        let text = |name| self.field(name).and_then(leading_text);
        if let Some(kind) = text("kind") {
            return Kind::of_scheme(&kind);
        }
        let url = text("url")?;
        Kind::of_scheme(url.split_once(':')?.0)
    }

    /// Whether it has a `via`.
    pub fn goes_through_a_host(&self) -> bool {
        self.field("via").is_some()
    }

    /// A `via` that is not in the inventory, as far as it is known.
    pub fn stray(&self, scope: &Scope, hosts: &BTreeMap<Arc<str>, Arc<HostPlan>>) -> Option<Problem> {
        let tree = self.field("via").filter(|tree| tree.needs(scope).is_empty())?;
        let name = as_text(&tree.evaluate(scope, Rules::of(Sink::Name)).ok()?.to_json());
        if hosts.contains_key(&*name) { None } else { self.through(&name, hosts).err() }
    }

    /// The host of `via`.
    fn through(&self, name: &str, hosts: &BTreeMap<Arc<str>, Arc<HostPlan>>) -> Result<Arc<HostTarget>, Problem> {
        let problem = |message: String| Problem::error(message).at(self.field_place("via"));
        let Some(host) = hosts.get(name) else {
            let problem = problem(format!("`via`: there is no host `{name}` in the inventory"));
            return Err(problem.did_you_mean(name, hosts.keys().map(|name| &**name)));
        };
        match &host.target {
            Some(target) => Ok(Arc::clone(target)),
            // It needs a secret, which is read when the playbook is applied.
            None => Err(problem(format!("`via`: how `{name}` is reached is not known yet"))),
        }
    }

    /// What it points at; `folder` is where a relative `SQLite` path begins.
    pub fn target(
        &self,
        scope: &Scope,
        folder: &Path,
        hosts: &BTreeMap<Arc<str>, Arc<HostPlan>>,
    ) -> Result<ServiceTarget, Problem> {
        let values = self.values(scope)?;
        let text = |name: &str| values.get(name).map(as_text);
        let url = match text("url") {
            Some(url) => url,
            None => compose(&values).map_err(|message| Problem::error(message).at(self.place.clone()))?,
        };
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        let kind = Kind::of_scheme(scheme).ok_or_else(|| unknown_scheme(scheme, self.field_place("url")))?;
        let url = if kind == Kind::Sqlite { absolute_sqlite(&url, folder) } else { url };
        let address = address(kind, &url).map_err(|message| Problem::error(message).at(self.place.clone()))?;
        for url in [Some(&url), text("management").as_ref()].into_iter().flatten() {
            self.learn(url);
        }
        if let Some(password) = text("password") {
            self.redactor.learn(&password);
        }
        let number = |(name, least): (&str, u32), default| {
            values.get(name).map_or(Ok(default), |value| self.number((name, least), value))
        };
        Ok(ServiceTarget {
            name: self.name.clone(),
            kind,
            url: Secret::new(url),
            address,
            management: text("management").map(Secret::new),
            pool: number(LEAST_POOL, POOL)?,
            overflow: number(LEAST_OVERFLOW, POOL)?,
            via: text("via").map(|name| self.through(&name, hosts)).transpose()?,
            tunnel: None,
            management_tunnel: None,
            options: BTreeMap::new(),
        })
    }

    /// The password of a URL, as it stands there and as it is meant, is shown to nobody.
    fn learn(&self, url: &str) {
        let parsed = url::Url::parse(url);
        if let Some(password) = parsed.as_ref().ok().and_then(url::Url::password) {
            self.redactor.learn(password);
            self.redactor.learn(&percent_decode_str(password).decode_utf8_lossy());
        }
    }

    fn values(&self, scope: &Scope) -> Result<BTreeMap<&str, Value>, Problem> {
        let resolve = |(name, tree): &'_ (Arc<str>, Tree)| {
            let sink = if matches!(&**name, "url" | "management") { Sink::Url } else { Sink::Payload };
            tree.evaluate(scope, Rules::of(sink)).map(|data| data.to_json())
        };
        self.value.0.iter().map(|field| Ok((&*field.0, resolve(field)?))).collect()
    }

    fn field(&self, name: &str) -> Option<&Tree> {
        self.value.0.iter().find(|(key, _)| &**key == name).map(|(_, tree)| tree)
    }

    fn field_place(&self, name: &str) -> Place {
        self.field(name).map_or(&self.place, |tree| &tree.place).clone()
    }

    /// A number of a field, which has a least value.
    fn number(&self, (name, least): (&str, u32), value: &Value) -> Result<u32, Problem> {
        let text = as_text(value);
        text.parse().ok().filter(|number| *number >= least).ok_or_else(|| {
            let message = format!("`{name}` must be a whole number from {least}, found `{text}`");
            Problem::error(message).at(self.field_place(name))
        })
    }

    /// What can be said from the text alone.
    fn judge(&self, problems: &mut Problems) {
        for least in [LEAST_PORT, LEAST_POOL, LEAST_OVERFLOW] {
            let written = self.field(least.0).and_then(|tree| match &tree.kind {
                TreeKind::Literal(data) => Some(data.to_json()),
                _ => None,
            });
            problems.extend(written.and_then(|value| self.number(least, &value).err()));
        }
        let literal = |name| self.field(name).and_then(leading_text);
        if let Some(scheme) = literal("url").as_deref().and_then(|url| url.split_once(':')).map(|(scheme, _)| scheme)
            && Kind::of_scheme(scheme).is_none()
        {
            problems.push(unknown_scheme(scheme, self.field_place("url")));
        }
        if let Some(kind) = literal("kind")
            && Kind::of_scheme(&kind).is_none()
        {
            problems.push(unknown_scheme(&kind, self.field_place("kind")));
        }
        if self.goes_through_a_host() && self.kind() == Some(Kind::Sqlite) {
            let problem = Problem::error("an SQLite file is not reached through a host").at(self.field_place("via"));
            problems.push(problem.hint("leave `via` out; `put` and `get` carry files"));
        }
        if self.field("url").is_none() && self.field("kind").is_none() {
            let message = format!("connection `{}` needs a `url`, or a `kind` and a `host`", self.name);
            problems.push(Problem::error(message).at(self.place.clone()));
        }
    }
}

fn unknown_scheme(scheme: &str, place: Place) -> Problem {
    Problem::error(format!("unknown connection scheme `{scheme}`"))
        .at(place)
        .hint(format!("known are: {}", Kind::SCHEMES.join(", ")))
        .did_you_mean(scheme, Kind::SCHEMES)
}

/// The text before the first template.
fn leading_text(tree: &Tree) -> Option<String> {
    match &tree.kind {
        TreeKind::Literal(data) => data.value.as_str().map(str::to_owned),
        TreeKind::Template(template) => {
            let text = &template.passage().text;
            let before = &text[..text.find("{{").or_else(|| text.find("{%")).unwrap_or(0)];
            (!before.is_empty()).then(|| before.to_owned())
        }
        _ => None,
    }
}

fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A URL from fields.
fn compose(values: &BTreeMap<&str, Value>) -> Result<String, String> {
    let text = |name: &str| values.get(name).map(as_text);
    let encoded = |name: &str| text(name).map(|text| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string());
    let scheme = text("kind").unwrap_or_default();
    if Kind::of_scheme(&scheme) == Some(Kind::Sqlite) {
        let path = text("database").ok_or("an SQLite connection needs a `database` (a path)")?;
        return Ok(format!("sqlite:{path}"));
    }
    let host = text("host").unwrap_or_else(|| "127.0.0.1".to_owned());
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let user = match (encoded("user"), encoded("password")) {
        (Some(user), Some(password)) => format!("{user}:{password}@"),
        (Some(user), None) => format!("{user}@"),
        (None, Some(password)) => format!(":{password}@"),
        (None, None) => String::new(),
    };
    let port = text("port").map(|port| format!(":{port}")).unwrap_or_default();
    let path = encoded("vhost").or_else(|| encoded("database"));
    let path = path.map(|path| format!("/{path}")).unwrap_or_default();
    Ok(format!("{scheme}://{user}{host}{port}{path}"))
}
