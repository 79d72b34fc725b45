//! Hosts that cannot be reached or trusted, told as a person sees them.

use super::running::end;
use crate::harness::case::Case;
use crate::harness::sshd::{Door, Fleet, User, door, keygen};

const PLAY: &str = "hosts: h0\nsteps:\n- exec: id -un\n  timeout: 1m\n";

/// Runs one step on the fleet's first server with further vars; the exit status and how the step ended.
fn run(fleet: &Fleet, play: &str, vars: &str) -> (i32, String) {
    let case = Case::playbook(play).file("hosts", &format!("{}{vars}", fleet.inventory()));
    let mut args = vec!["apply", "play.yml", "-i", "hosts", "--output", "json"];
    // A host's own port is stronger than that of its group.
    if vars.starts_with("ansible_port") {
        args.extend(["-e", vars.trim()]);
    }
    let ran = case.run(&args);
    let told = end(&ran.stdout).replace(&fleet.folder().display().to_string(), "@");
    (ran.status, told.replace(&fleet.server(0).port.to_string(), "PORT"))
}

#[test]
fn doors_that_are_no_ssh() {
    let fleet = Fleet::start(1);
    for (kind, status, part) in [
        (Door::Refuses, 3, "refused"),
        (Door::Silent, 3, "127.0.0.1"),
        (Door::Garbage, 3, "SSH"),
        (Door::Closes, 3, "SSH"),
    ] {
        let (found, told) = run(&fleet, PLAY, &format!("ansible_port={}\n", door(kind)));
        assert_eq!(found, status, "{kind:?}: {told}");
        assert!(told.starts_with("unreachable: ") && told.contains(part), "{kind:?}: {told}");
        assert!(told.contains("play.yml:3:3") && !told.contains('\u{1b}'), "{kind:?}: {told}");
    }
}

#[test]
fn host_keys_that_are_unknown_or_changed() {
    let fleet = Fleet::start(1);
    assert_eq!(run(&fleet, PLAY, "").0, 0);
    std::fs::write(fleet.known_hosts(), "").expect("known_hosts");
    let (status, told) = run(&fleet, PLAY, "");
    assert_eq!(status, 4, "{told}");
    for part in ["is not known", "SHA256:", "accept-new"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let other = fleet.folder().join("other");
    keygen(&other, "");
    let public = std::fs::read_to_string(other.with_extension("pub")).expect("a key");
    fleet.know(fleet.server(0).port, &public);
    let (status, told) = run(&fleet, PLAY, "");
    assert_eq!((status, told.matches("SHA256:").count()), (4, 2), "{told}");
    for part in ["has changed", "@/known_hosts line 1", "ssh-keygen"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn sudo_that_asks_for_a_password() {
    let fleet = Fleet::start(1);
    let user = User::new(Some(""));
    let play = PLAY.replace("  timeout: 1m", "  become: true");
    let vars = format!("ansible_user={}\n", user.name);
    let (status, told) = run(&fleet, &play, &vars);
    assert_eq!(status, 1, "{told}");
    assert!(told.contains("sudo") && told.contains("ansible_become_password"), "{told}");
    let (status, told) = run(&fleet, &play, &format!("{vars}ansible_become_password=\"not {}\"\n", "the password"));
    assert_eq!(status, 1, "{told}");
    assert!(told.contains("sudo") && !told.contains("not the password"), "{told}");
}
