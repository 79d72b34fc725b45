//! What stands at a path: files that cannot be read, and how paths are shown.

use std::path::Path;
use std::process::Command;

use runbook::diagnostic::{Problems, render};
use runbook::secret::vault::Keyring;
use runbook::{playbook, yaml};

/// What is said about a path in `folder`, which is left out of it.
fn told(folder: &Path, name: &str) -> String {
    let problem = yaml::read(&folder.join(name)).expect_err("it is refused");
    render(&Problems::from(problem)).replace(&format!("{}/", folder.display()), "")
}

#[test]
fn what_is_no_readable_file_is_refused_without_waiting() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("folder")).expect("a folder");
    std::fs::write(at("latin1.yml"), b"name: caf\xe9\nsteps: []\n").expect("a file");
    std::fs::write(at("utf16.yml"), b"\xff\xfen\0a\0").expect("a file");
    std::fs::File::create(at("large.yml")).and_then(|file| file.set_len((64 << 20) + 1)).expect("a file");
    let made = Command::new("mkfifo").arg(at("fifo")).status().expect("mkfifo runs");
    assert!(made.success());
    std::os::unix::fs::symlink("/dev/zero", at("device")).expect("a link");
    std::os::unix::fs::symlink("nowhere", at("dangling")).expect("a link");
    let rows = [
        ("nothing.yml", "error: `nothing.yml` does not exist\n"),
        ("dangling", "error: `dangling` does not exist\n"),
        ("latin1.yml/x", "error: `latin1.yml/x` does not exist: a part of the path is a file\n"),
        ("folder", "error: `folder` is a directory, not a file\n  = name a regular file\n"),
        ("fifo", "error: `fifo` is a FIFO, not a file\n  = name a regular file\n"),
        ("device", "error: `device` is a device, not a file\n  = name a regular file\n"),
        ("large.yml", "error: `large.yml` is larger than 64 MiB\n  = split it into several files\n"),
        (
            "latin1.yml",
            "error: `latin1.yml` is not UTF-8: byte 9 is 0xE9\n --> latin1.yml:1:10\n  |\n1 | name: caf\u{fffd}\n  \
             |          ^ save it as UTF-8\n",
        ),
        (
            "utf16.yml",
            "error: `utf16.yml` is not UTF-8: byte 0 is 0xFF\n --> utf16.yml:1:1\n  |\n\
             1 | \u{fffd}\u{fffd}n\\u{0}a\\u{0}\n  | ^ it looks like UTF-16: save it as UTF-8\n",
        ),
    ];
    for (name, expected) in rows {
        assert_eq!(told(folder.path(), name), expected);
    }
}

#[test]
fn an_include_cannot_leave_the_project_through_a_link() {
    let outside = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(outside.path().join("steps.yml"), "- exec: a\n").expect("a file");
    let (folder, path) = super::written(&[("deploy.yml", "steps:\n  - include: shared/steps.yml\n")]);
    std::os::unix::fs::symlink(outside.path(), folder.path().join("shared")).expect("a link");
    let problems = playbook::load(&path, &super::vocabulary(), &Keyring::default()).whole().expect_err("it is refused");
    assert!(render(&problems).starts_with("error: `shared/steps.yml` lies outside the project\n"));
}

#[test]
fn paths_are_shown_as_they_were_given() {
    let files =
        [("play/deploy.yml", "steps:\n  - include: ./../play/tasks/a.yml\n"), ("play/tasks/a.yml", "- exec: a\n")];
    let (folder, _) = super::written(&files);
    let given = folder.path().join("play/../play/deploy.yml");
    let playbook = playbook::load(&given, &super::vocabulary(), &Keyring::default()).whole().expect("it is good");
    let shown: Vec<&str> = playbook.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(shown[0], given.display().to_string());
    assert!(shown[1].ends_with("/play/tasks/a.yml"));
    assert_eq!(playbook.folder, folder.path().canonicalize().expect("it is there").join("play"));
}
