use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::world::{apply, inventory, redis_url, sees};
use crate::harness::case::{Case, Ran};
use crate::harness::sshd::Fleet;

/// A worker that writes down how many are in the pool while it is out, and comes up unless it is told to be `ill`.
const RESTART: &str = "#!/bin/sh
set -eu
redis-cli -u \"$REDIS\" scard \"$PREFIX:pool\" >> \"$CASE/in-the-pool\"
case $(cat \"$CASE/ill\") in *$WORKER*) exit 0 ;; esac
grep -q \"^version = $VERSION$\" current/worker.conf
redis-cli -u \"$REDIS\" set \"$PREFIX:health:$WORKER\" \"$VERSION\"
";

struct Workers {
    case: Case,
    prefix: String,
    _fleet: Fleet,
}

impl Drop for Workers {
    fn drop(&mut self) {
        for key in redis(&["keys", &format!("{}:*", self.prefix)]).lines() {
            redis(&["del", key]);
        }
    }
}

#[track_caller]
fn redis(words: &[&str]) -> String {
    sees("redis-cli", &[&["-u", &redis_url()], words].concat())
}

impl Workers {
    /// Three of them, with 1.0.0.
    fn new() -> Self {
        let (fleet, case) = (Fleet::start(3), Case::new());
        let prefix = format!("roll{}", &uuid::Uuid::new_v4().simple().to_string()[..12]);
        let hosts = inventory(&fleet, "workers", 3, |_| String::new());
        let restart = format!(
            "#!/bin/sh\nexport REDIS='{}' PREFIX={prefix} CASE={}\n{RESTART}",
            redis_url(),
            case.path("").display()
        );
        let case = case.file("hosts.ini", &hosts).file("restart", &restart).file("ill", "");
        let workers = Self { case, prefix, _fleet: fleet };
        for host in ["h0", "h1", "h2"] {
            redis(&["sadd", &workers.key("pool"), host]);
            redis(&["set", &workers.key(&format!("health:{host}")), "1.0.0"]);
        }
        workers
    }

    fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.prefix)
    }

    fn roll(&self, version: &str, patience: u32) -> Ran {
        let restart = format!("restart=sh {}", self.case.path("restart").display());
        let root = format!("root={}", self.case.path("workers").display());
        let (version, prefix) = (format!("version={version}"), format!("prefix={}", self.prefix));
        let (patience, redis) = (format!("patience={patience}"), format!("redis={}", redis_url()));
        let given = [&restart, &root, &version, &prefix, &patience, &redis];
        let mut args = vec!["-i", "hosts.ini"];
        args.extend(given.iter().flat_map(|given| ["-e", given.as_str()]));
        apply(&self.case, "rolling.yml", &args)
    }

    /// Which version each worker has, and who is in the pool.
    fn versions(&self) -> (BTreeMap<String, String>, String) {
        let version = |host: &str| (host.to_owned(), redis(&["get", &self.key(&format!("health:{host}"))]));
        let pool = redis(&["sort", &self.key("pool"), "alpha"]);
        (["h0", "h1", "h2"].map(version).into(), pool.replace('\n', " "))
    }
}

#[test]
pub fn workers_are_updated_one_after_the_other() {
    let workers = Workers::new();
    // One of them has work to finish before it is restarted.
    let taken = workers.key("taken:h2");
    redis(&["rpush", &taken, "job"]);
    let busy = std::thread::spawn({
        let (taken, pool) = (taken.clone(), workers.key("pool"));
        move || {
            while redis(&["sismember", &pool, "h2"]) == "1" {
                std::thread::sleep(Duration::from_millis(20));
            }
            std::thread::sleep(Duration::from_millis(300));
            let still = redis(&["get", &pool.replace(":pool", ":health:h2")]);
            redis(&["del", &taken]);
            still
        }
    });
    workers.roll("2.0.0", 30).exits(0);
    assert_eq!(busy.join().expect("its work"), "1.0.0", "it was restarted in the middle of its work");
    assert_eq!(workers.case.read("in-the-pool"), "2\n2\n2\n", "never more than one is out");
    let all = |version: &str| ["h0", "h1", "h2"].map(|host| (host.to_owned(), version.to_owned())).into();
    assert_eq!(workers.versions(), (all("2.0.0"), "h0 h1 h2".to_owned()));
    assert_eq!(redis(&["get", &workers.key("release")]), "2.0.0");

    // The same again restarts nobody.
    workers.roll("2.0.0", 30).exits(0);
    assert_eq!(workers.case.read("in-the-pool").lines().count(), 3);

    // A worker that does not come up: it stays out of the pool, and who was not let in stays as it was.
    let case = &workers.case;
    std::fs::write(case.path("ill"), "h1").expect("a file");
    let ran = workers.roll("3.0.0", 1).exits(1);
    assert_eq!(redis(&["get", &workers.key("release")]), "2.0.0", "nothing is told that is not so");
    let events = ran.events();
    let halted = events.iter().find(|event| event["event"] == "rollout_halted").expect("an account");
    let (versions, pool) = workers.versions();
    assert_eq!(pool, "h0 h2");
    for host in ["h0", "h2"] {
        let state = if versions[host] == "3.0.0" { "done" } else { "not_started" };
        assert_eq!(halted["hosts"][host]["state"], state, "{halted}");
    }
    let failed = serde_json::json!({"state": "failed", "step": "It is up with the release"});
    assert_eq!(halted["hosts"]["h1"], failed);
    assert!(ran.stderr.contains("halted rollout: One worker after the other"), "{}", ran.stderr);

    // It is mended by hand, and the run goes on at the gate.
    std::fs::write(case.path("ill"), "").expect("a file");
    redis(&["set", &workers.key("health:h1"), "3.0.0"]);
    let ran = case.run(&["resume", "last", "--output", "json"]).exits(0);
    let ended = |step: &str| ran.events().iter().any(|event: &Value| event["host"] == "h1" && event["step"] == step);
    assert!(ended("It is up with the release") && !ended("Restart it"), "{}", ran.stdout);
    assert_eq!(workers.versions(), (all("3.0.0"), "h0 h1 h2".to_owned()));
    assert_eq!(redis(&["get", &workers.key("release")]), "3.0.0");
}
