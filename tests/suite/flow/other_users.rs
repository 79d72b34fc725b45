//! `become` and `become_user`, here and over SSH.

use crate::harness::case::Case;
use crate::harness::sshd::{Fleet, User};

#[test]
fn sudo_with_and_without_a_password() {
    let free = User::new(Some("NOPASSWD: "));
    let asks = User::new(Some(""));
    let case = Case::playbook(
        "plays:
- hosts: web
  become: true
  become_user: nobody
  steps:
  - {name: play, exec: 'test $(id -un) = nobody'}
  - block:
    - {name: block, exec: 'test $(id -un) = root'}
    - {name: step, exec: 'test $(id -un) = {{ login }}', become_user: '{{ login }}'}
    become_user: root
  - {name: me, exec: 'test $(id -un) = root', become: false}
",
    )
    .file("hosts.ini", &format!("[web]\na ansible_connection=local login={}\n", free.name));
    let ran = case.apply(&["-i", "hosts.ini"]).exits(0);
    assert_eq!(ran.ends_of("a"), "play changed, block changed, step changed, me changed");

    // Over SSH, as one who may become root: without a password, with it, and where it is wanted and not there.
    let fleet = Fleet::start(1);
    for (user, password, status, told) in [
        (&free, String::new(), 0, "changed"),
        (&asks, format!(" ansible_become_password=\"{}\"", asks.password), 0, "changed"),
        (&asks, String::new(), 1, "give ansible_become_password"),
    ] {
        let own = format!("h0 ansible_user={}{password} ", user.name);
        let inventory = fleet.inventory().replacen("h0 ", &own, 1);
        let case = Case::playbook("hosts: h0\nbecome: true\nsteps:\n- {name: one, exec: 'test $(id -un) = root'}\n")
            .file("hosts.ini", &inventory);
        let ran = case.apply(&["-i", "hosts.ini"]).exits(status);
        assert!(ran.stdout.contains(told), "{}", ran.stdout);
    }
}
