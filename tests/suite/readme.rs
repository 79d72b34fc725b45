//! What the README shows is so: its playbooks run, and the commands that it names are there.

use crate::harness::case::{Case, root};

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("a README")
}

/// The fenced blocks of a kind.
fn blocks(text: &str, kind: &str) -> Vec<String> {
    let fence = format!("```{kind}\n");
    let ends = |rest: &str| rest.split_once("\n```").map(|(block, _)| format!("{block}\n"));
    text.split(&fence).skip(1).map(|rest| ends(rest).expect("a fence that is closed")).collect()
}

/// A screen without what differs from run to run: names of runs, times and folders.
fn steady(screen: &str) -> String {
    let varies = regex::Regex::new(r"\d{8}-\d{6}-[0-9a-f]{6}|\d+ ms|\d\.\d s").expect("a pattern");
    varies.replace_all(screen, "...").into_owned()
}

#[test]
fn screens_in_it_are_what_is_printed() {
    let text = readme();
    let playbook = blocks(&text, "yaml").remove(0);
    let screens = blocks(&text, "console");
    assert_eq!(screens.len(), 2);
    for screen in screens {
        let shown = screen.strip_prefix("$ runbook apply hello.yml\n").expect("the command");
        let case = Case::new();
        let mut play = playbook.replace("/tmp/", &format!("{}/", case.path("").display()));
        if shown.contains("registr`") {
            play = play.replace("register:", "registr:");
        }
        let case = case.file("hello.yml", &play);
        let ran = case.run(&["apply", "hello.yml"]);
        assert_eq!(steady(&format!("{}{}", ran.stdout, ran.stderr)), steady(shown));
    }
}

/// The mistakes of the guide for people who come from Ansible, in the words of the program.
#[test]
fn the_guide_shows_what_is_printed() {
    let text = std::fs::read_to_string(root().join("docs/from-ansible.md")).expect("the guide");
    let shown = blocks(&text, "console")
        .into_iter()
        .find_map(|block| block.strip_prefix("$ runbook validate app.yml\n").map(str::to_owned));
    let playbook = blocks(&text, "yaml").into_iter().find(|block| block.contains("retires")).expect("its playbook");
    let ran = Case::new().file("app.yml", &playbook).run(&["validate", "app.yml"]).exits(2);
    assert_eq!(ran.stderr, shown.expect("a screen"));
}

/// The hosts that the guides speak of.
const HOSTS: &str = "[web]\nweb1\nweb2\nweb3\n[db]\ndb1\n[workers]\nw1\nw2\n[all:vars]\napp_port=8080\n";

/// What stands in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

#[test]
fn playbooks_of_the_guides_are_good() {
    for entry in std::fs::read_dir(root().join("docs")).expect("the guides").flatten() {
        let guide = entry.path().display().to_string();
        let text = std::fs::read_to_string(entry.path()).expect("a guide");
        // Those with a name are whole.
        let whole = blocks(&text, "yaml").into_iter().filter(|block| block.starts_with("# file: "));
        for block in whole {
            let ran = Case::playbook(&block).file("hosts.ini", HOSTS).run(&["validate", "play.yml", "-i", "hosts.ini"]);
            assert_eq!(ran.status, 0, "{guide}: {}\n{block}", ran.stderr);
        }
    }
    let facts = std::fs::read_to_string(root().join("docs/facts.md")).expect("the guide");
    for (name, _, what) in runbook::connection::host::FACTS {
        assert!(facts.contains(&format!("| `host.facts.{name}` | {what} |")), "{name}: {what}");
    }
}

#[test]
fn playbooks_in_it_run() {
    let text = readme();
    let blocks = blocks(&text, "yaml");
    let screens = self::blocks(&text, "console");
    assert_eq!(blocks.len() + screens.len(), text.matches("```").count() / 2, "a block of another kind has no test");
    assert!(!blocks.is_empty());
    for block in &blocks {
        let case = Case::new();
        // It writes to the test's folder in place of /tmp.
        let block = block.replace("/tmp/", &format!("{}/", case.path("").display()));
        let case = case.file("play.yml", &block);
        case.run(&["validate", "play.yml"]).exits(0);
        case.apply(&[]).exits(0);
        let ran = case.run(&["apply", "play.yml"]).exits(0);
        assert!(ran.stdout.contains("log: Hello, world!"), "{}", ran.stdout);
        assert_eq!(case.read("greeting.txt"), "Hello, world!\n");
    }
}

#[test]
fn commands_in_it_are_there() {
    let text = readme();
    let sentence = text.split("\n\n").find(|paragraph| paragraph.contains("`--help`")).expect("the commands");
    let words = quoted(sentence);
    let commands: Vec<&str> =
        words.iter().map(|word| word.trim_start_matches("runbook ")).filter(|word| !word.starts_with('-')).collect();
    assert!(commands.len() >= 5, "{commands:?}");
    for command in commands {
        let ran = Case::new().run(&[command, "--help"]).exits(0);
        assert!(ran.stdout.contains(&format!("runbook {command}")), "{command}: {}", ran.stdout);
    }
}

#[test]
fn playbooks_it_points_to_are_there() {
    for path in readme().split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        if path.starts_with("playbooks/") {
            assert!(root().join(path).is_file(), "{path}");
        }
    }
    let case = Case::new();
    for line in readme().lines().filter_map(|line| line.strip_prefix("    cargo run --release -- apply ")) {
        case.run(&["validate", root().join(line).to_str().expect("UTF-8")]).exits(0);
    }
}
