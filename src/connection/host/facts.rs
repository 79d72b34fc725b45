//! What a host is: read in one round trip, by a POSIX shell and what every system has.
//!
//! Out: a JSON mapping with every name of [`FACTS`]; what cannot be found out is null.

use serde_json::{Map, Value};

use super::{Command, Transport};
use crate::cancel::Cancel;
use crate::connection::{ConnectionError, Stage};

/// The facts: name, whether it is a text, and what it is.
pub const FACTS: &[(&str, bool, &str)] = &[
    ("os", true, "the system's name in small letters: `linux`, `darwin`, `freebsd`"),
    ("distribution", true, "`ID` of `/etc/os-release` (`debian`, `ubuntu`, `rhel`); elsewhere as `os`"),
    ("version", true, "`VERSION_ID` of `/etc/os-release` (`12`, `24.04`); elsewhere the system's version"),
    ("kernel", true, "the kernel's release (`uname -r`)"),
    ("architecture", true, "the machine's architecture (`uname -m`: `x86_64`, `aarch64`)"),
    ("hostname", true, "the name the machine gives itself (`uname -n`)"),
    ("cpus", false, "processors that are online"),
    ("memory", false, "main memory in bytes"),
    ("addresses", false, "IP addresses, IPv4 first, without those of loopback and link"),
    ("users", false, "names of local users, in the order of `/etc/passwd`"),
];

/// Every line is `name=value`; lists have a line per item.
const SCRIPT: &str = r#"
release() { sed -n "s/^$1=//p" /etc/os-release 2>/dev/null | sed -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/"; }
os=$(uname -s | tr '[:upper:]' '[:lower:]')
distribution=$(release ID); version=$(release VERSION_ID)
if [ -z "$distribution" ]; then
  distribution=$os
  version=$(sw_vers -productVersion 2>/dev/null || uname -r)
fi
memory=$(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo 2>/dev/null)
if [ -n "$memory" ]; then memory=$((memory * 1024)); else memory=$(sysctl -n hw.memsize 2>/dev/null || sysctl -n hw.physmem 2>/dev/null); fi
cpus=$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null)
printf '%s\n' "os=$os" "distribution=$distribution" "version=$version" "kernel=$(uname -r)" "architecture=$(uname -m)" "hostname=$(uname -n)" "cpus=$cpus" "memory=$memory"
if ip -o addr show scope global >/dev/null 2>&1; then
  ip -o addr show scope global | sed -n 's/.* inet6* \([0-9a-fA-F.:]*\).*/addresses=\1/p'
elif [ "$os" = linux ]; then
  for address in $(hostname -I 2>/dev/null); do printf 'addresses=%s\n' "$address"; done
else
  ifconfig -a 2>/dev/null | sed -n 's/.*inet6* \(addr:\)*\([0-9a-fA-F.:]*\).*/addresses=\2/p'
fi
sed -n 's/^\([^:#+-][^:]*\):.*/users=\1/p' /etc/passwd 2>/dev/null
exit 0
"#;

/// Asks a host.
pub async fn facts(host: &dyn Transport, cancel: &Cancel) -> Result<Value, ConnectionError> {
    let ended = host.run(&Command::script(SCRIPT), &mut |_| {}, cancel).await;
    // Looking changes nothing: whatever became of the connection, no outcome is unknown.
    let ended = ended.map_err(|error| ConnectionError { sent: false, ..error })?;
    if ended.stdout.length > ended.stdout.bytes.len() as u64 {
        return Err(ConnectionError::new(Stage::Answered, "the host's facts do not come to an end"));
    }
    Ok(read(&String::from_utf8_lossy(&ended.stdout.bytes)))
}

fn read(text: &str) -> Value {
    let mut facts: Map<String, Value> = FACTS.iter().map(|(name, ..)| ((*name).to_owned(), Value::Null)).collect();
    for name in ["addresses", "users"] {
        facts.insert(name.to_owned(), Value::Array(Vec::new()));
    }
    for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
        let value = value.trim();
        match (name, facts.get_mut(name)) {
            ("addresses", Some(Value::Array(all))) => all.extend(address(value)),
            ("users", Some(Value::Array(all))) => all.push(value.into()),
            ("cpus" | "memory", Some(fact)) => *fact = value.parse::<u64>().map_or(Value::Null, Value::from),
            (_, Some(fact)) if !value.is_empty() => *fact = value.into(),
            _ => {}
        }
    }
    if let Some(Value::Array(all)) = facts.get_mut("addresses") {
        all.sort_by_key(|address| address.as_str().is_some_and(|text| text.contains(':')));
        all.dedup();
    }
    Value::Object(facts)
}

/// An address that others can reach.
fn address(text: &str) -> Option<Value> {
    use std::net::IpAddr;
    let address: IpAddr = text.parse().ok()?;
    let near = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    (!address.is_loopback() && !near).then(|| address.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_facts() {
        let text = "os=freebsd\ndistribution=\nversion=14.1\ncpus=4\nmemory=x\naddresses=fd00::1\naddresses=10.0.0.2\naddresses=127.0.0.1\n\
                    addresses=fe80::1\naddresses=$(id)\nusers=root\nusers={{ 7 }}\nother=1\nnothing\n";
        let facts = read(text);
        assert_eq!(facts["os"], "freebsd");
        assert_eq!((&facts["distribution"], &facts["memory"]), (&Value::Null, &Value::Null));
        assert_eq!(facts["cpus"], 4);
        assert_eq!(facts["addresses"], serde_json::json!(["10.0.0.2", "fd00::1"]));
        assert_eq!(facts["users"], serde_json::json!(["root", "{{ 7 }}"]));
        assert_eq!(facts.as_object().map(Map::len), Some(FACTS.len()));
    }
}
