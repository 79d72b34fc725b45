//! Inventory: hosts that are not there, files and programs that cannot be read.

use super::{ROW, Row};

const PLAY: (&str, &str) = ("play.yml", "hosts: web\nsteps:\n- exec: a\n");

pub const ROWS: &[Row] = &[
    Row {
        what: "no inventory",
        files: &[PLAY],
        args: &["apply", "play.yml"],
        told: r#"error: no host matches `web`
 --> play.yml:1:8
  |
1 | hosts: web
  |        ^^^ the inventory names no host: give one with `-i FILE`
"#,
    },
    Row {
        what: "a pattern that matches nothing",
        files: &[("play.yml", "hosts: wbe\nsteps:\n- exec: a\n")],
        told: r#"error: no host matches `wbe`
 --> play.yml:1:8
  |
1 | hosts: wbe
  |        ^^^ did you mean `web`?
"#,
        ..ROW
    },
    Row {
        what: "a pattern that leaves nothing",
        files: &[("play.yml", "hosts: web:!web\nsteps:\n- exec: a\n")],
        told: r#"error: no host matches `web:!web`
 --> play.yml:1:8
  |
1 | hosts: web:!web
  |        ^^^^^^^^ there are the groups all, web, db; `runbook inventory --graph` shows all
"#,
        ..ROW
    },
    Row {
        what: "a limit that matches nothing",
        files: &[PLAY],
        args: &["apply", "play.yml", "-i", "hosts", "-l", "nohost"],
        told: r#"error: no host matches `nohost`
  = there are the groups all, web, db; `runbook inventory --graph` shows all
"#,
    },
    Row {
        what: "a limit that leaves nothing",
        files: &[PLAY],
        args: &["apply", "play.yml", "-i", "hosts", "-l", "db"],
        told: r#"error: no host of the playbook is in `--limit db`
 --> play.yml:1:8
  |
1 | hosts: web
  |        ^^^ the limit takes hosts of the play
"#,
    },
    Row {
        what: "an inventory that is missing",
        files: &[PLAY],
        args: &["apply", "play.yml", "-i", "hsots"],
        told: r#"error: the inventory `hsots` does not exist
  = did you mean `hosts`?
"#,
    },
    Row {
        what: "a host name that would be an option",
        files: &[PLAY, ("hosts", "[web]\na\n-oProxyCommand=x\n")],
        told: r#"error: the host name `-oProxyCommand=x` begins with `-`, which programs take for an option
 --> hosts:3:1
  |
3 | -oProxyCommand=x
  | ^^^^^^^^^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "an address that would be an option",
        files: &[PLAY, ("hosts", "[web]\na ansible_host=-oProxyCommand=x\nb ansible_user=-x\n")],
        told: r#"error: `-oProxyCommand=x` begins with `-`, which programs take for an option
 --> hosts:2:3
  |
2 | a ansible_host=-oProxyCommand=x
  |   ^^^^^^^^^^^^
error: `-x` begins with `-`, which programs take for an option
 --> hosts:3:3
  |
3 | b ansible_user=-x
  |   ^^^^^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "groups in a circle",
        files: &[PLAY, ("hosts", "[web]\na\n[x:children]\ny\n[y:children]\nx\n")],
        told: r#"error: groups hold one another: x > y > x
 --> hosts:4:1
  |
4 | y
  | ^ take one of them out of the other
 --> hosts:6:1
  |
6 | x
  | ^ `y` holds `x` here
"#,
        ..ROW
    },
    Row {
        what: "an unknown connection",
        files: &[PLAY, ("hosts", "[web]\na ansible_connection=winrm\n")],
        told: r#"error: `ansible_connection: winrm` is not known
 --> hosts:2:3
  |
2 | a ansible_connection=winrm
  |   ^^^^^^^^^^^^^^^^^^ `ssh` and `local` are
"#,
        ..ROW
    },
    Row {
        what: "a port that is none",
        files: &[PLAY, ("hosts", "[web]\na ansible_port=ssh\nb ansible_port=99999\n")],
        told: r#"error: `ssh` is no port
 --> hosts:2:3
  |
2 | a ansible_port=ssh
  |   ^^^^^^^^^^^^ a port is a number from 1 to 65535
error: `99999` is no port
 --> hosts:3:3
  |
3 | b ansible_port=99999
  |   ^^^^^^^^^^^^ a port is a number from 1 to 65535
"#,
        ..ROW
    },
    Row {
        what: "ssh arguments that are not taken",
        files: &[PLAY, ("hosts", "[web]\na ansible_ssh_common_args='-L 1:2:3'\n")],
        told: r#"error: the ssh argument `-L` is not taken
 --> hosts:2:3
  |
2 | a ansible_ssh_common_args='-L 1:2:3'
  |   ^^^^^^^^^^^^^^^^^^^^^^^ only -F, -o and -J are
"#,
        ..ROW
    },
    Row {
        what: "a name that the hosts' vars do not have",
        files: &[PLAY, ("hosts", "[web]\na ansible_host='{{ adress }}'\n")],
        told: r#"error: `adress` is undefined
 --> hosts:2:20
  |
2 | a ansible_host='{{ adress }}'
  |                    ^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "become by su",
        files: &[
            ("play.yml", "hosts: x\nsteps:\n- exec: id\n  become: true\n"),
            ("hosts", "[x]\na ansible_host=127.0.0.1\n[x:vars]\nansible_port=PROBE\nansible_become_method=su\n"),
        ],
        told: r#"error: `ansible_become_method: su` is not available
 --> hosts:5:1
  |
5 | ansible_become_method=su
  | ^^^^^^^^^^^^^^^^^^^^^ steps become another user by sudo
"#,
        ..ROW
    },
];
