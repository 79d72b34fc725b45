//! What the program says of itself: completions as shells use them, and manual pages.

use std::process::{Command, Stdio};

use crate::harness::case::Case;

fn said(program: &str, args: &[&str]) -> String {
    let done = Command::new(program).args(args).stdin(Stdio::null()).output();
    let done = done.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("UTF-8")
}

#[test]
fn shells_complete_commands_flags_and_values() {
    let case = Case::new();
    for shell in ["bash", "fish", "zsh", "elvish", "powershell"] {
        let script = case.run(&["completions", shell]).exits(0).stdout;
        std::fs::write(case.path(shell), script).expect("a file");
    }
    let (bash, fish) = (case.path("bash").display().to_string(), case.path("fish").display().to_string());
    let rows = [
        ("runbook ap", "apply"),
        ("runbook apply --vault-pass", "--vault-password-file"),
        ("runbook apply --host-keys acc", "accept-new"),
        ("runbook schema inv", "inventory"),
        ("runbook inventory --gr", "--graph"),
    ];
    for (line, wanted) in rows {
        let words: Vec<&str> = line.split(' ').collect();
        let ask = format!(
            "source '{bash}'; COMP_WORDS=({line}); COMP_CWORD={}; _runbook runbook '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.len() - 1,
            words[words.len() - 1],
            words[words.len() - 2],
        );
        let found = said("bash", &["-c", &ask]);
        assert!(found.lines().any(|word| word == wanted), "bash: {line}: {found}");
        // The script for fish says nothing of values without a flag.
        if wanted == "inventory" {
            continue;
        }
        let found = said("fish", &["--no-config", "-c", &format!("source '{fish}'; complete -C '{line}'")]);
        assert!(found.lines().any(|word| word.split('\t').next() == Some(wanted)), "fish: {line}: {found}");
    }
}

#[test]
fn there_is_a_page_for_each_command() {
    let case = Case::new();
    let folder = case.path("man/man1");
    case.run(&["man", &folder.display().to_string()]).exits(0);
    let help = case.run(&["--help"]).exits(0).stdout;
    let commands = help.split("Commands:").nth(1).expect("commands").split("Options:").next().expect("options");
    let commands: Vec<&str> = commands.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 8, "{help}");
    let styles = regex::Regex::new("\u{1b}\\[[0-9;]*m|.\u{8}").expect("a pattern");
    for command in commands.into_iter().filter(|command| *command != "help") {
        let page = folder.join(format!("runbook-{command}.1"));
        let shown = said("groff", &["-man", "-Tutf8", "-ww", &page.display().to_string()]);
        let plain = styles.replace_all(&shown, "");
        for part in ["NAME", "SYNOPSIS", "EXIT STATUS", "outcome unknown"] {
            assert!(plain.contains(part), "{command}: {plain}");
        }
    }
    let page = case.run(&["man"]).exits(0).stdout;
    assert_eq!(page, std::fs::read_to_string(folder.join("runbook.1")).expect("the page"));
    let ran = case.run(&["man", "/proc/none"]).exits(2);
    assert!(ran.stderr.starts_with("error: the pages cannot be written to /proc/none: "), "{}", ran.stderr);
}
