use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::world::{Name, amqp_url, apply, inventory, rabbit, sees};
use crate::harness::case::{Case, Ran};
use crate::harness::sshd::Fleet;

struct Shop {
    case: Case,
    name: Name,
    _fleet: Fleet,
}

impl Shop {
    /// Three hosts, each with a folder of its own.
    fn new() -> Self {
        let (fleet, case) = (Fleet::start(3), Case::new());
        let root = |number: usize| format!("shop_root={}", case.path(&format!("shop{number}")).display());
        let hosts = inventory(&fleet, "web", 3, root);
        Self { case: case.file("hosts.ini", &hosts), name: Name::new("deploy"), _fleet: fleet }
    }

    fn deploy(&self, version: &str) -> Ran {
        let given =
            [format!("version={version}"), format!("exchange={}", self.name.0), format!("broker={}", amqp_url())];
        apply(&self.case, "deploy.yml", &["-i", "hosts.ini", "-e", &given[0], "-e", &given[1], "-e", &given[2]])
    }

    /// How many announcements wait.
    fn waiting(&self) -> Vec<String> {
        rabbit(&["list_queues", "name", "messages"], &self.name.0)
    }

    #[track_caller]
    fn is_announced(&self, version: &str) {
        assert_eq!(self.waiting(), [format!("{}\t1", self.name.0)], "exactly one announcement");
        let body: Value =
            serde_json::from_str(&sees("amqp-get", &["-u", &amqp_url(), "-q", &self.name.0])).expect("JSON");
        assert_eq!(
            (&body["service"], &body["version"], &body["hosts"]),
            (&json!("shop"), &json!(version), &json!(["h0", "h1", "h2"]))
        );
        for number in 0..3 {
            assert_eq!(self.case.read(&format!("shop{number}/running")).trim_end(), version);
        }
    }

    fn is_not_announced(&self) {
        assert_eq!(self.waiting(), [format!("{}\t0", self.name.0)], "no announcement");
    }
}

#[test]
pub fn a_release_is_announced_once_when_all_are_well() {
    let shop = Shop::new();
    let ran = shop.deploy("1.4.0").exits(0);
    for host in ["h0", "h1", "h2"] {
        assert_eq!(ran.end(host, "Restart the service")["outcome"], "changed");
        assert_eq!(ran.end(host, "The health check")["outcome"], "ok");
    }
    shop.is_announced("1.4.0");

    // The same again restarts nothing.
    let ran = shop.deploy("1.4.0").exits(0);
    assert_eq!(ran.end("h1", "Restart the service")["outcome"], "skipped");
    assert_eq!(ran.end("h1", "Switch to the release")["outcome"], "ok");
    shop.is_announced("1.4.0");

    // One host does not come up: its service cannot write down that it runs.
    let running = shop.case.path("shop1/running");
    fs::remove_file(&running).expect("removed");
    symlink("/dev/null", &running).expect("a link");
    let ran = shop.deploy("1.5.0").exits(1);
    assert_eq!(ran.end("h1", "The health check")["outcome"], "failed");
    assert_eq!(ran.end("h0", "It serves the new release")["outcome"], "ok");
    shop.is_not_announced();

    // Once it is well, the same release goes out, and the next one after it.
    fs::remove_file(&running).expect("removed");
    shop.deploy("1.5.0").exits(0);
    shop.is_announced("1.5.0");
    shop.deploy("1.6.0").exits(0);
    shop.is_announced("1.6.0");
    let current = fs::read_link(shop.case.path("shop2/current")).expect("a link");
    assert_eq!(current, shop.case.path("shop2/1.6.0"));
    assert!(shop.case.read("shop2/1.6.0/shop.conf").contains("peers = h0,h1,h2"));
    assert!(shop.case.read("shop2/1.4.0/site/index.html").contains("<h1>Shop</h1>"));
}
