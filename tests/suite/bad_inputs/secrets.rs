//! Secrets: where they may not stand, and what is wrong with their sources.

use super::{ROW, Row};

pub const ROWS: &[Row] = &[
    Row {
        what: "a secret where it would be seen",
        files: &[(
            "play.yml",
            "hosts: web\nsecrets: {token: {env: TOKEN}}\nvars: {header: 'Bearer {{ secrets.token }}'}\nconnections: {db: 'mysql://root@127.0.0.1:PROBE/x'}\nsteps:\n- exec: a\n\
             - exec: 'curl -H {{ secrets.token }}'\n- exec: {argv: [curl, -H, '{{ header }}']}\n- put: {content: a, dest: '/srv/{{ secrets.token }}'}\n\
             - name: 'login {{ secrets.token }}'\n  exec: a\n- query: {connection: db, sql: \"select '{{ secrets.token }}'\"}\n- file: {path: '{{ secrets.token }}', state: absent}\n\
             - exec: {shell: a, chdir: '{{ secrets.token }}'}\n",
        )],
        told: r#"error: a secret may not stand in a shell command
 --> play.yml:7:21
  |
7 | - exec: 'curl -H {{ secrets.token }}'
  |                     ^^^^^^^^^^^^^ put it in `environment` or `stdin`
error: a secret may not stand in a command's argument
 --> play.yml:8:31
  |
8 | - exec: {argv: [curl, -H, '{{ header }}']}
  |                               ^^^^^^ put it in `environment` or `stdin`
error: a secret may not stand in a path
 --> play.yml:9:36
  |
9 | - put: {content: a, dest: '/srv/{{ secrets.token }}'}
  |                                    ^^^^^^^^^^^^^ names and paths are shown and kept: a secret may stand in contents, messages and parameters
error: a secret may not stand in a name
  --> play.yml:10:9
   |
10 | - name: 'login {{ secrets.token }}'
   |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^ names and paths are shown and kept: a secret may stand in contents, messages and parameters
error: a secret may not stand in SQL text
  --> play.yml:12:44
   |
12 | - query: {connection: db, sql: "select '{{ secrets.token }}'"}
   |                                            ^^^^^^^^^^^^^ hand it over in `params`
error: a secret may not stand in a path
  --> play.yml:13:20
   |
13 | - file: {path: '{{ secrets.token }}', state: absent}
   |                    ^^^^^^^^^^^^^ names and paths are shown and kept: a secret may stand in contents, messages and parameters
error: a secret may not stand in a path
  --> play.yml:14:31
   |
14 | - exec: {shell: a, chdir: '{{ secrets.token }}'}
   |                               ^^^^^^^^^^^^^ names and paths are shown and kept: a secret may stand in contents, messages and parameters
"#,
        ..ROW
    },
    Row {
        what: "a secret where it would be seen, which validate finds without reading it",
        files: &[(
            "play.yml",
            "hosts: web\nsecrets: {token: {env: NO_SUCH_VARIABLE}}\nsteps:\n- exec: 'curl -H {{ secrets.token }}'\n- exec: {argv: [curl, '{{ secrets.token }}']}\n",
        )],
        args: &["validate", "play.yml", "-i", "hosts"],
        told: r#"error: a secret may not stand in a shell command
 --> play.yml:4:9
  |
4 | - exec: 'curl -H {{ secrets.token }}'
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ put it in `environment` or `stdin`
error: a secret may not stand in a command's argument
 --> play.yml:5:23
  |
5 | - exec: {argv: [curl, '{{ secrets.token }}']}
  |                       ^^^^^^^^^^^^^^^^^^^^^ put it in `environment` or `stdin`
"#,
    },
    Row {
        what: "a secret in a host's name and address",
        files: &[
            (
                "play.yml",
                "hosts: web\nsecrets: {token: {env: TOKEN}}\nsteps:\n- exec: a\n- wait: {host: '{{ secrets.token }}', port: 1}\n- exec: a\n  delegate_to: '{{ secrets.token }}'\n",
            ),
            ("hosts", "[web]\na ansible_host='{{ secrets.token }}' ansible_port=PROBE\n"),
        ],
        told: r#"error: a secret may not stand in a name
 --> hosts:2:3
  |
2 | a ansible_host='{{ secrets.token }}' ansible_port=PROBE
  |   ^^^^^^^^^^^^ names and paths are shown and kept: a secret may stand in contents, messages and parameters
"#,
        ..ROW
    },
    Row {
        what: "secrets that cannot be read",
        files: &[
            (
                "play.yml",
                "hosts: web\nsecrets:\n  a: {env: NO_SUCH_VARIABLE}\n  b: {env: EMPTY}\n  c: {env: SHORT}\n  d: {file: none.txt}\n  e: {file: empty.txt}\n  f: {file: sub}\n  \
             g: {command: [no-such-program]}\n  h: {command: ['false']}\n  i: {command: ['true']}\n  j: {age: a.age}\n  k: {env: TOKEN}\nsteps:\n- exec: a\n",
            ),
            ("empty.txt", "\n"),
            ("sub/x", ""),
        ],
        told: r#"error: the secret `a` cannot be read: the environment has no `NO_SUCH_VARIABLE`
 --> play.yml:3:3
  |
3 |   a: {env: NO_SUCH_VARIABLE}
  |   ^
error: the secret `b` is empty
 --> play.yml:4:3
  |
4 |   b: {env: EMPTY}
  |   ^
error: the secret `c` is shorter than 6 bytes: masking it would garble everything that is shown
 --> play.yml:5:3
  |
5 |   c: {env: SHORT}
  |   ^
error: the secret `d` cannot be read from @/none.txt: No such file or directory (os error 2)
 --> play.yml:6:3
  |
6 |   d: {file: none.txt}
  |   ^
error: the secret `e` is empty
 --> play.yml:7:3
  |
7 |   e: {file: empty.txt}
  |   ^
error: the secret `f` cannot be read from @/sub: Is a directory (os error 21)
 --> play.yml:8:3
  |
8 |   f: {file: sub}
  |   ^
error: the secret `g` cannot be read: `no-such-program`: No such file or directory (os error 2)
 --> play.yml:9:3
  |
9 |   g: {command: [no-such-program]}
  |   ^
error: the secret `h` cannot be read: `false` failed (exit status: 1)
  --> play.yml:10:3
   |
10 |   h: {command: ['false']}
   |   ^
error: the secret `i` is empty
  --> play.yml:11:3
   |
11 |   i: {command: ['true']}
   |   ^
error: the secret `j` cannot be read from @/a.age: No such file or directory (os error 2)
  --> play.yml:12:3
   |
12 |   j: {age: a.age}
   |   ^
"#,
        ..ROW
    },
    Row {
        what: "a declaration without a source",
        files: &[(
            "play.yml",
            "hosts: web\nsecrets: {a: {evn: TOKEN}, b: plain, c: {env: A, file: b}}\nsteps:\n- exec: a\n",
        )],
        told: r#"error: secret `a` must come from exactly one place
 --> play.yml:2:11
  |
2 | secrets: {a: {evn: TOKEN}, b: plain, c: {env: A, file: b}}
  |           ^ one of `env`, `file`, `command`, `age`
error: unknown key `evn` in secret `a`
 --> play.yml:2:15
  |
2 | secrets: {a: {evn: TOKEN}, b: plain, c: {env: A, file: b}}
  |               ^^^ did you mean `env`?
error: secret `b` must say where it comes from
 --> play.yml:2:28
  |
2 | secrets: {a: {evn: TOKEN}, b: ********, c: {env: A, file: b}}
  |                            ^ such as `{ env: NAME }` or `{ file: PATH }`
error: secret `c` must come from exactly one place
 --> play.yml:2:38
  |
2 | secrets: {a: {evn: TOKEN}, b: plain, c: {env: A, file: b}}
  |                                      ^ one of `env`, `file`, `command`, `age`
"#,
        ..ROW
    },
    Row {
        what: "encrypted values without a password",
        files: &[
            (
                "play.yml",
                "hosts: web\nvars_files: [sealed.yml]\nvars:\n  token: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    3132\nsteps:\n- exec: a\n",
            ),
            ("sealed.yml", SEALED),
            ("group_vars/web.yml", SEALED),
        ],
        told: r#"error: the value cannot be read: the encrypted text is damaged
 --> play.yml:4:17
  |
4 |   token: !vault |
  |                 ^ encrypt it again with `ansible-vault`
error: `sealed.yml` cannot be read: it is encrypted by Ansible Vault, and no password was given
 --> sealed.yml:1:1
  |
1 | $ANSIBLE_VAULT;1.2;AES256;prod
  | ^ give it with `--vault-password-file FILE`
 --> play.yml:2:14
  |
2 | vars_files: [sealed.yml]
  |              ^^^^^^^^^^ named here
error: `@/group_vars/web.yml` cannot be read: it is encrypted by Ansible Vault, and no password was given
 --> @/group_vars/web.yml:1:1
  |
1 | $ANSIBLE_VAULT;1.2;AES256;prod
  | ^ give it with `--vault-password-file FILE`
"#,
        ..ROW
    },
    Row {
        what: "encrypted values that no password opens",
        files: &[
            (
                "play.yml",
                "hosts: web\nvars_files: [sealed.yml]\nvars:\n  token: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    3132\n  old: !vault |\n    $ANSIBLE_VAULT;1.0;AES\n    3132\nsteps:\n- exec: a\n",
            ),
            ("sealed.yml", SEALED),
            ("password", "another one"),
        ],
        args: &["apply", "play.yml", "-i", "hosts", "--vault-password-file", "password"],
        told: r#"error: the value cannot be read: the encrypted text is damaged
 --> play.yml:4:17
  |
4 |   token: !vault |
  |                 ^ encrypt it again with `ansible-vault`
error: the value cannot be read: only Ansible Vault 1.1 and 1.2 with AES256 are read
 --> play.yml:7:15
  |
7 |   old: !vault |
  |               ^ encrypt it again with `ansible-vault`
error: `sealed.yml` cannot be read: none of the vault passwords opens it (1 tried)
 --> sealed.yml:1:1
  |
1 | $ANSIBLE_VAULT;1.2;AES256;prod
  | ^ look at `--vault-password-file` and `--vault-id`
 --> play.yml:2:14
  |
2 | vars_files: [sealed.yml]
  |              ^^^^^^^^^^ named here
"#,
    },
    Row {
        what: "a vault password that cannot be read",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n")],
        args: &["apply", "play.yml", "-i", "hosts", "--vault-id", "prod@none"],
        told: r#"error: the vault password cannot be read from none: No such file or directory (os error 2)
  = give a file that holds it, or a program that prints it
"#,
    },
    Row {
        what: "a vault password that is empty",
        files: &[("play.yml", "hosts: web\nsteps:\n- exec: a\n"), ("password", "\n")],
        args: &["apply", "play.yml", "-i", "hosts", "--vault-password-file", "password"],
        told: r#"error: the vault password in password is empty
  = give a file that holds it, or a program that prints it
"#,
    },
    Row {
        what: "encrypted values where nothing secret may stand",
        files: &[(
            "play.yml",
            "hosts: !vault x\nsteps:\n- exec: !vault x\n- put: {dest: !vault x, content: a}\n- exec: {argv: [a, !vault x]}\n- wait: {duration: !vault x}\n",
        )],
        told: r#"error: `hosts` must be a text, or a list of texts, found an encrypted text
 --> play.yml:1:15
  |
1 | hosts: !vault x
  |               ^
error: a secret may not stand in a shell command
 --> play.yml:3:16
  |
3 | - exec: !vault x
  |                ^ put it in `environment` or `stdin`
error: a secret may not stand in a path
 --> play.yml:4:22
  |
4 | - put: {dest: !vault x, content: a}
  |                      ^ names and paths are shown and kept: a secret may stand in contents, messages and parameters
error: a secret may not stand in a command's argument
 --> play.yml:5:27
  |
5 | - exec: {argv: [a, !vault x]}
  |                           ^ put it in `environment` or `stdin`
error: expected a duration, found an encrypted text
 --> play.yml:6:27
  |
6 | - wait: {duration: !vault x}
  |                           ^
"#,
        ..ROW
    },
    Row {
        what: "a tag before something else than a text",
        files: &[("play.yml", "hosts: web\nvars: {a: !vault {b: c}, d: !unsafe e}\nsteps:\n- exec: a\n")],
        told: r#"error: tag `!vault` is not allowed
 --> play.yml:2:11
  |
2 | vars: {a: !vault {b: c}, d: !unsafe e}
  |           ^^^^^^ it stands before a text
error: tag `!unsafe` is not allowed
 --> play.yml:2:29
  |
2 | vars: {a: !vault {b: c}, d: !unsafe e}
  |                             ^^^^^^^ leave it out; quote what must be a text
"#,
        ..ROW
    },
];

/// A vars file that Ansible Vault has encrypted.
const SEALED: &str = include_str!("../sealed/labelled.yml");
