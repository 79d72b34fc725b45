//! Steps: their parameters, flow and surroundings, as the plan judges them.

use super::{ROW, Row};

pub const ROWS: &[Row] = &[
    Row {
        what: "requests that cannot be made",
        files: &[(
            "play.yml",
            "secrets: {token: {env: TOKEN}}\nsteps:\n- http: {url: 'ftp://a/b'}\n- http: {url: 'http://u:pass-word@a/'}\n- http: {url: 'http://a/', method: get}\n\
             - http: {url: 'http://a/', body: x}\n- http: {url: 'http://a/', status: [99]}\n- http: {url: 'http://a/', password: x}\n\
             - http: {url: 'http://a/', status: ok}\n- http: {url: 'http://a/', save: '{{ secrets.token }}'}\n\
             - http: {url: 'http://a/', user: a, headers: {Authorization: b}}\n- uri: {url: 'http://a/'}\n",
        )],
        told: r#"error: `url` must begin with `http://` or `https://` and name a host
 --> play.yml:3:9
  |
3 | - http: {url: 'ftp://a/b'}
  |         ^^^^^^^^^^^^^^^^^^
error: `url` may hold no password; give `user` and `password`
 --> play.yml:4:9
  |
4 | - http: {url: 'http://u:********@a/'}
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: expected one of `GET`, `HEAD`, `OPTIONS`, `POST`, `PUT`, `PATCH`, `DELETE`, found `get`
 --> play.yml:5:36
  |
5 | - http: {url: 'http://a/', method: get}
  |                                    ^^^
error: GET takes no `body`; say `method: POST`
 --> play.yml:6:9
  |
6 | - http: {url: 'http://a/', body: x}
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: expected a number from 100 to 599, found 99
 --> play.yml:7:37
  |
7 | - http: {url: 'http://a/', status: [99]}
  |                                     ^^
error: `password` without `user`
 --> play.yml:8:9
  |
8 | - http: {url: 'http://a/', password: ********}
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: expected a list or a whole number, found a text
 --> play.yml:9:36
  |
9 | - http: {url: 'http://a/', status: ok}
  |                                    ^^
error: a secret may not stand in a path
  --> play.yml:10:34
   |
10 | - http: {url: 'http://a/', save: '{{ secrets.token }}'}
   |                                  ^^^^^^^^^^^^^^^^^^^^^ names and paths are shown and kept: a secret may stand in contents, messages and parameters
error: `user` and the header `Authorization` contradict each other
  --> play.yml:11:9
   |
11 | - http: {url: 'http://a/', user: a, headers: {Authorization: b}}
   |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: unknown step type `uri` in step 10
  --> play.yml:12:3
   |
12 | - uri: {url: 'http://a/'}
   |   ^^^ here it is `http`
"#,
        ..ROW
    },
    Row {
        what: "a loop over what is not a list",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {port: 80, text: abc, map: {a: 1}}\nsteps:\n- exec: a\n- exec: 'echo {{ item }}'\n  loop: port\n- exec: 'echo {{ item }}'\n  loop: text\n\
             - exec: 'echo {{ item }}'\n  loop: map\n",
        )],
        told: r#"error: `loop` wants a list, found a number
 --> play.yml:6:9
  |
6 |   loop: port
  |         ^^^^
error: `loop` wants a list, found a string
 --> play.yml:8:9
  |
8 |   loop: text
  |         ^^^^
error: `loop` wants a list, found a map
  --> play.yml:10:9
   |
10 |   loop: map
   |         ^^^
"#,
        ..ROW
    },
    Row {
        what: "two branches that register one name",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exec: a\n- parallel:\n  - - exec: a\n      register: found\n  - - exec: b\n    - exec: c\n      register: found\n\
             - parallel:\n  - - set: {colour: red}\n  - - block:\n      - set: {colour: blue, shape: round}\n\
             - parallel:\n  - - exec: a\n      register: one\n    - exec: a\n      register: one\n  - - exec: b\n      register: two\n",
        )],
        told: r#"error: two branches of `parallel` give the name `found`
 --> play.yml:9:17
  |
9 |       register: found
  |                 ^^^^^ take another name: the branches run at the same time
 --> play.yml:6:17
  |
6 |       register: found
  |                 ^^^^^ first given here
error: two branches of `parallel` give the name `colour`
  --> play.yml:13:15
   |
13 |       - set: {colour: blue, shape: round}
   |               ^^^^^^ take another name: the branches run at the same time
  --> play.yml:11:13
   |
11 |   - - set: {colour: red}
   |             ^^^^^^ first given here
"#,
        ..ROW
    },
    Row {
        what: "a service step that uses the host's name",
        files: &[(
            "play.yml",
            "hosts: web\nconnections: {cache: 'redis://127.0.0.1:PROBE'}\nsteps:\n- exec: a\n\
             - publish: {connection: cache, channel: up, message: '{{ inventory_hostname }} is up'}\n\
             - publish: {connection: cache, channel: up, message: '{{ host.name }} {{ role }}'}\n  name: announce\n",
        )],
        told: r#"error: `inventory_hostname` is undefined: this step runs once for all hosts and sees none of them
 --> play.yml:5:58
  |
5 | - publish: {connection: cache, channel: up, message: '{{ inventory_hostname }} is up'}
  |                                                          ^^^^^^^^^^^^^^^^^^ add `each_host: true` to run it for each host
error: `host` is undefined: this step runs once for all hosts and sees none of them
 --> play.yml:6:58
  |
6 | - publish: {connection: cache, channel: up, message: '{{ host.name }} {{ role }}'}
  |                                                          ^^^^^^^^^ add `each_host: true` to run it for each host
error: `role` is undefined: this step runs once for all hosts and sees none of them
 --> play.yml:6:74
  |
6 | - publish: {connection: cache, channel: up, message: '{{ host.name }} {{ role }}'}
  |                                                                          ^^^^ add `each_host: true` to run it for each host
"#,
        ..ROW
    },
    Row {
        what: "a service step that uses a host's result",
        files: &[(
            "play.yml",
            "hosts: web\nconnections: {cache: 'redis://127.0.0.1:PROBE'}\nsteps:\n- exec: a\n  register: found\n\
             - publish: {connection: cache, channel: up, message: '{{ found.stdout }}'}\n",
        )],
        told: r#"error: `found` is undefined: this step runs once for all hosts and sees none of them
 --> play.yml:6:58
  |
6 | - publish: {connection: cache, channel: up, message: '{{ found.stdout }}'}
  |                                                          ^^^^^^^^^^^^ add `each_host: true` to run it for each host
"#,
        ..ROW
    },
    Row {
        what: "a connection per host in a step without one",
        files: &[(
            "play.yml",
            "hosts: web\nconnections: {cache: 'redis://{{ host.address }}:PROBE'}\nsteps:\n- exec: a\n\
             - publish: {connection: cache, channel: up, message: a}\n",
        )],
        told: r#"error: connection `cache` depends on the host, and this step has none
 --> play.yml:5:25
  |
5 | - publish: {connection: cache, channel: up, message: a}
  |                         ^^^^^ add `each_host: true` to run it for each host
"#,
        ..ROW
    },
    Row {
        what: "hosts that get to one path",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {into: logs/app.log}\nsteps:\n- exec: a\n- get: {src: /a, dest: '{{ into }}'}\n- get: {src: /a, dest: 'logs/{{ host.name }}'}\n\
             - get: {src: '/{{ item }}', dest: 'logs/{{ host.name }}'}\n  loop: [a, b]\n- get: {src: /a, dest: one}\n  run_once: true\n\
             - get: {src: /a, dest: two}\n  when: inventory_hostname == 'a'\n",
        )],
        told: r#"error: 3 hosts would write one file, logs/app.log: a, b, c
 --> play.yml:5:24
  |
5 | - get: {src: /a, dest: '{{ into }}'}
  |                        ^^^^^^^^^^^^ put `{{ host.name }}` into the path
"#,
        ..ROW
    },
    Row {
        what: "a put whose source is missing",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {version: 7}\nsteps:\n- exec: a\n- put: {src: files/app.conf, dest: /tmp/a}\n- put: {src: 'files/{{ version }}.conf', dest: /tmp/a}\n\
             - put: {src: app.j2, dest: /tmp/a, template: true}\n",
        )],
        told: r#"error: there is no file `files/app.conf`
 --> play.yml:5:14
  |
5 | - put: {src: files/app.conf, dest: /tmp/a}
  |              ^^^^^^^^^^^^^^ paths begin at the playbook's folder
error: there is no file `files/7.conf`
 --> play.yml:6:14
  |
6 | - put: {src: 'files/{{ version }}.conf', dest: /tmp/a}
  |              ^^^^^^^^^^^^^^^^^^^^^^^^^^ paths begin at the playbook's folder
error: there is no file `app.j2`
 --> play.yml:7:14
  |
7 | - put: {src: app.j2, dest: /tmp/a, template: true}
  |              ^^^^^^ paths begin at the playbook's folder
"#,
        ..ROW
    },
    Row {
        what: "parameters that exclude each other",
        files: &[
            (
                "play.yml",
                "hosts: web\nsteps:\n- put: {content: a, src: b, dest: /c}\n- exec: {shell: a, argv: [b]}\n- file: {path: /, state: absent}\n",
            ),
            ("b", ""),
        ],
        told: r#"error: `src` and `content` exclude each other
 --> play.yml:3:8
  |
3 | - put: {content: a, src: b, dest: /c}
  |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: `shell` and `argv` exclude each other
 --> play.yml:4:9
  |
4 | - exec: {shell: a, argv: [b]}
  |         ^^^^^^^^^^^^^^^^^^^^^
error: / is not removed: the system stands on it
 --> play.yml:5:9
  |
5 | - file: {path: /, state: absent}
  |         ^^^^^^^^^^^^^^^^^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "an unknown URL scheme",
        files: &[(
            "play.yml",
            "connections:\n  cache: reddis://127.0.0.1:PROBE\n  db: {kind: oracle, host: 127.0.0.1}\n  t: {url: 'redis://127.0.0.1', pol: 3}\n\
             steps:\n- query: {connection: cache, command: [PING]}\n",
        )],
        told: r#"error: unknown connection scheme `reddis`
 --> play.yml:2:10
  |
2 |   cache: reddis://127.0.0.1:PROBE
  |          ^^^^^^^^^^^^^^^^^^^^^^^^ did you mean `redis`?
error: unknown connection scheme `oracle`
 --> play.yml:3:14
  |
3 |   db: {kind: oracle, host: 127.0.0.1}
  |              ^^^^^^ known are: redis, rediss, amqp, amqps, postgres, postgresql, mysql, mariadb, sqlite, redis+unix
error: unknown key `pol` in connection `t`
 --> play.yml:4:33
  |
4 |   t: {url: 'redis://127.0.0.1', pol: 3}
  |                                 ^^^ did you mean `pool`?
"#,
        ..ROW
    },
    Row {
        what: "connections that are none",
        files: &[(
            "play.yml",
            "connections:\n  web: {host: 127.0.0.1}\n  n: 5\nsteps:\n- query: {connection: web, command: [PING]}\n",
        )],
        told: r#"error: connection `web` has neither `url` nor `kind`
 --> play.yml:2:3
  |
2 |   web: {host: 127.0.0.1}
  |   ^^^ give one of them
error: `n` must be a URL, or a mapping, found the number 5
 --> play.yml:3:6
  |
3 |   n: 5
  |      ^
"#,
        ..ROW
    },
    Row {
        what: "parameters of SQL that are missing or left over",
        files: &[
            (
                "play.yml",
                "connections: {db: 'mysql://root@127.0.0.1:PROBE/test'}\nsteps:\n- query: {connection: db, sql: select 1}\n\
             - query: {connection: db, sql: 'select :low'}\n- query: {connection: db, sql: 'select :low', params: {low: 1, hihg: 2}}\n\
             - query: {connection: db, sql: select 1, file: a.sql}\n- query: {connection: db, file: none.sql}\n",
            ),
            ("a.sql", "select 2\n"),
        ],
        told: r#"error: parameter `:low` stands in the SQL and not in `params`
 --> play.yml:4:32
  |
4 | - query: {connection: db, sql: 'select :low'}
  |                                ^^^^^^^^^^^^^
error: the SQL does not use what `params` gives: `hihg`
 --> play.yml:5:32
  |
5 | - query: {connection: db, sql: 'select :low', params: {low: 1, hihg: 2}}
  |                                ^^^^^^^^^^^^^ write `:hihg` where it belongs, outside of quotes
error: `sql` and `file` exclude one another
 --> play.yml:6:10
  |
6 | - query: {connection: db, sql: select 1, file: a.sql}
  |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
error: there is no file `none.sql`
 --> play.yml:7:33
  |
7 | - query: {connection: db, file: none.sql}
  |                                 ^^^^^^^^ paths begin at the playbook's folder
"#,
        ..ROW
    },
    Row {
        what: "Ansible's functions and names",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exec: {argv: [\"{{ lookup('env', 'HOME') }}\"]}\n- put: {content: a, dest: /a, owner: \"{{ role | default(omit) }}\"}\n",
        )],
        told: r#"error: there is no function `lookup`
 --> play.yml:3:21
  |
3 | - exec: {argv: ["{{ lookup('env', 'HOME') }}"]}
  |                     ^^^^^^ the environment is `env.NAME`; `vars_files` reads files, and `secrets` what files and commands give away
error: `omit` is undefined
 --> play.yml:4:57
  |
4 | - put: {content: a, dest: /a, owner: "{{ role | default(omit) }}"}
  |                                                         ^^^^ leave the key out; where it is wanted for some only, write two steps with `when`
"#,
        ..ROW
    },
    Row {
        what: "a pool that is no number",
        files: &[(
            "play.yml",
            "connections:\n  db: {kind: postgres, host: 127.0.0.1, port: 1, pool: many, overflow: -1}\nsteps:\n- query: {connection: db, sql: select 1}\n",
        )],
        told: r#"error: `pool` must be a whole number from 1, found `many`
 --> play.yml:2:56
  |
2 |   db: {kind: postgres, host: 127.0.0.1, port: 1, pool: many, overflow: -1}
  |                                                        ^^^^
error: `overflow` must be a whole number from 0, found `-1`
 --> play.yml:2:72
  |
2 |   db: {kind: postgres, host: 127.0.0.1, port: 1, pool: many, overflow: -1}
  |                                                                        ^^
"#,
        ..ROW
    },
    Row {
        what: "a value that a comma cuts",
        files: &[("play.yml", "hosts: web\nsteps:\n- file: {path: a(1,2), state: absent}\n")],
        told: r#"error: the comma ends the value: this is read as `a(1` and a key `2)`
 --> play.yml:3:16
  |
3 | - file: {path: a(1,2), state: absent}
  |                ^^^ quote it: "a(1,2)"
"#,
        ..ROW
    },
];
