//! Inventory: hosts that are not there, files and programs that cannot be read.

use super::{ROW, Row};

const PLAY: (&str, &str) = ("play.yml", "hosts: web\nsteps:\n- exec: a\n");

pub const ROWS: &[Row] = &[
    Row { what: "no inventory", files: &[PLAY], args: &["apply", "play.yml"], told: "" },
    Row {
        what: "a pattern that matches nothing",
        files: &[("play.yml", "hosts: wbe\nsteps:\n- exec: a\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "a pattern that leaves nothing",
        files: &[("play.yml", "hosts: web:!web\nsteps:\n- exec: a\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "a limit that matches nothing",
        files: &[PLAY],
        args: &["apply", "play.yml", "-i", "hosts", "-l", "nohost"],
        told: "",
    },
    Row {
        what: "a limit that leaves nothing",
        files: &[PLAY],
        args: &["apply", "play.yml", "-i", "hosts", "-l", "db"],
        told: "",
    },
    Row { what: "an inventory that is missing", files: &[PLAY], args: &["apply", "play.yml", "-i", "hsots"], told: "" },
    Row {
        what: "a host name that would be an option",
        files: &[PLAY, ("hosts", "[web]\na\n-oProxyCommand=x\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "an address that would be an option",
        files: &[PLAY, ("hosts", "[web]\na ansible_host=-oProxyCommand=x\nb ansible_user=-x\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "groups in a circle",
        files: &[PLAY, ("hosts", "[web]\na\n[x:children]\ny\n[y:children]\nx\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "an unknown connection",
        files: &[PLAY, ("hosts", "[web]\na ansible_connection=winrm\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "a port that is none",
        files: &[PLAY, ("hosts", "[web]\na ansible_port=ssh\nb ansible_port=99999\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "ssh arguments that are not taken",
        files: &[PLAY, ("hosts", "[web]\na ansible_ssh_common_args='-L 1:2:3'\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "a name that the hosts' vars do not have",
        files: &[PLAY, ("hosts", "[web]\na ansible_host='{{ adress }}'\n")],
        told: "",
        ..ROW
    },
];
