//! Templates: names, filters, braces, and renderings without an end.

use super::{ROW, Row};

pub const ROWS: &[Row] = &[
    Row {
        what: "mistakes of every kind, told at once and each once",
        files: &[
            (
                "play.yml",
                "inputs: {a: text}\nconnections: {db: 5}\nvars: {bad: '{{ 1 | }}'}\nplays:\n- hosts: web\n  steps:\n  \
                 - exec: {shel: uptime}\n    register: up\n  - log: '{{ up.stdout }} {{ nope }} {{ bad }} {{ inputs.c }}'\n  \
                 - exec: uptime\n    registr: then\n    notify: restart\n  - sett: {y: 1}\n  - log: '{{ then }} {{ y }} {{ late }}'\n  \
                 - query: {connection: db, sql: select 1}\n  handlers:\n  - name: restart\n    exe: 'true'\n\
                 - hosts: nobody\n  steps:\n  - log: '{{ 1 | nofilter }}'\n",
            ),
            ("group_vars/web.yml", "late: 1\n"),
        ],
        told: r#"error: `a` must be a mapping, found a text
 --> play.yml:1:13
  |
1 | inputs: {a: text}
  |             ^^^^
error: `db` must be a URL, or a mapping, found the number 5
 --> play.yml:2:19
  |
2 | connections: {db: 5}
  |                   ^
error: the template cannot be read: unexpected end of input, expected identifier
 --> play.yml:3:19
  |
3 | vars: {bad: '{{ 1 | }}'}
  |                   ^
error: unknown key `shel`
 --> play.yml:7:12
  |
7 |   - exec: {shel: uptime}
  |            ^^^^ did you mean `shell`?
error: `nope` is undefined
 --> play.yml:9:30
  |
9 |   - log: '{{ up.stdout }} {{ nope }} {{ bad }} {{ inputs.c }}'
  |                              ^^^^
error: unknown key `registr` in step 3
  --> play.yml:11:5
   |
11 |     registr: then
   |     ^^^^^^^ did you mean `register`?
error: unknown step type `sett` in step 4
  --> play.yml:13:5
   |
13 |   - sett: {y: 1}
   |     ^^^^ did you mean `set`?
error: unknown step type `exe` in step "restart"
  --> play.yml:18:5
   |
18 |     exe: 'true'
   |     ^^^ did you mean `exec`?
error: no host matches `nobody`
  --> play.yml:19:10
   |
19 | - hosts: nobody
   |          ^^^^^^ there are the groups all, web, db; `runbook inventory --graph` shows all
error: there is no filter `nofilter`
  --> play.yml:21:18
   |
21 |   - log: '{{ 1 | nofilter }}'
   |                  ^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "a file that cannot be read, and what can be told all the same",
        files: &[(
            "play.yml",
            "hosts: nobody\nvars_files: [none.yml]\nsteps:\n- exec: 'echo {{ perhaps }}'\n  retires: 1\n- log: '{{ 1 | nofilter }}'\n",
        )],
        told: r#"error: `none.yml` does not exist
 --> play.yml:2:14
  |
2 | vars_files: [none.yml]
  |              ^^^^^^^^
error: unknown key `retires` in step 1
 --> play.yml:5:3
  |
5 |   retires: 1
  |   ^^^^^^^ did you mean `retries`?
error: there is no filter `nofilter`
 --> play.yml:6:16
  |
6 | - log: '{{ 1 | nofilter }}'
  |                ^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "an inventory that cannot be read, and a playbook with mistakes",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exec: 'echo {{ perhaps }}'\n  retires: 1\n- log: '{{ 1 | nofilter }}'\n",
        )],
        args: &["apply", "play.yml", "-i", "none.ini"],
        told: r#"error: the inventory `none.ini` does not exist
  = give a file, a folder or an executable after `-i`, or names with a comma (`web1,`)
error: unknown key `retires` in step 1
 --> play.yml:4:3
  |
4 |   retires: 1
  |   ^^^^^^^ did you mean `retries`?
error: there is no filter `nofilter`
 --> play.yml:5:16
  |
5 | - log: '{{ 1 | nofilter }}'
  |                ^^^^^^^^
"#,
    },
    Row {
        what: "outside data that stands bare in a shell command",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {line: 'up {{ up.stdout }}', dir: /srv}\nsteps:\n- exec: uptime\n  register: up\n\
             - exec: 'echo {{ up.stdout }} {{ up.rc }} {{ up.stdout | length }} {{ up.stdout | quote }}'\n  when: up.rc == 0\n\
             - exec: 'cd {{ dir }} && echo \"{{ line | quote }}\"; echo {{ line }}'\n- exec: {argv: [echo, '{{ up.stdout }}']}\n\
             - block: [{exec: a}]\n  rescue: [{exec: 'logger {{ failed.error }}'}]\n",
        )],
        told: r#"error: outside data may not stand in a shell command as it is
 --> play.yml:6:17
  |
6 | - exec: 'echo {{ up.stdout }} {{ up.rc }} {{ up.stdout | length }} {{ up.stdout | quote }}'
  |                 ^^^^^^^^^^^ add `| quote` as the last filter, or use `argv`
error: `| quote` does not protect a value inside quotes
 --> play.yml:8:34
  |
8 | - exec: 'cd {{ dir }} && echo "{{ line | quote }}"; echo {{ line }}'
  |                                  ^^^^^^^^^^^^^^ let it stand as a word of its own, or hand it over in `environment` or `stdin`
error: outside data may not stand in a shell command as it is
 --> play.yml:8:60
  |
8 | - exec: 'cd {{ dir }} && echo "{{ line | quote }}"; echo {{ line }}'
  |                                                            ^^^^^^ add `| quote` as the last filter, or use `argv`
error: outside data may not stand in a shell command as it is
  --> play.yml:11:29
   |
11 |   rescue: [{exec: 'logger {{ failed.error }}'}]
   |                             ^^^^^^^^^^^^^^ add `| quote` as the last filter, or use `argv`
"#,
        ..ROW
    },
    Row {
        what: "results of other hosts without a meeting point",
        files: &[(
            "play.yml",
            "connections: {db: 'sqlite::memory:'}\nvars: {first: '{{ hostvars.a.up.stdout }}'}\nplays:\n- hosts: web\n  steps:\n  \
             - exec: uptime\n    register: up\n  - log: '{{ first }}'\n  - log: '{{ hostvars[groups.web[0]][\"up\"].rc }} {{ hostvars.a.role }}'\n  \
             - parallel:\n    - - exec: a\n        register: left\n    - - exec: b\n        register: right\n      \
             - {run_once: true, exec: c, register: once}\n      - log: '{{ hostvars.a.right.rc }} {{ hostvars.a.once.rc }} {{ first }}'\n  \
             - log: '{{ hostvars.a.left.rc }}'\n  - query: {connection: db, sql: 'select :x', params: {x: '{{ hostvars.a.left.rc }}'}}\n  \
             - log: '{{ hostvars.a.left.rc }}'\n    register: last\n- hosts: web\n  steps:\n  - log: '{{ hostvars.a.last.changed }}'\n",
        )],
        told: r#"error: `up` of another host is not settled here: no meeting point lies between
 --> play.yml:2:19
  |
2 | vars: {first: '{{ hostvars.a.up.stdout }}'}
  |                   ^^^^^^^^^^^^^^^^^^^^ put a service step, or a step with `run_once: true`, between them: there hosts wait for one another
 --> play.yml:6:5
  |
6 |   - exec: uptime
  |     ^^^^ it is registered here
error: `up` of another host is not settled here: no meeting point lies between
 --> play.yml:9:14
  |
9 |   - log: '{{ hostvars[groups.web[0]]["up"].rc }} {{ hostvars.a.role }}'
  |              ^^^^^^^^ put a service step, or a step with `run_once: true`, between them: there hosts wait for one another
 --> play.yml:6:5
  |
6 |   - exec: uptime
  |     ^^^^ it is registered here
error: `left` of another host is not settled here: no meeting point lies between
  --> play.yml:17:14
   |
17 |   - log: '{{ hostvars.a.left.rc }}'
   |              ^^^^^^^^^^^^^^^^^^ put a service step, or a step with `run_once: true`, between them: there hosts wait for one another
  --> play.yml:11:9
   |
11 |     - - exec: a
   |         ^^^^ it is registered here
"#,
        ..ROW
    },
    Row {
        what: "tunnels that lead nowhere",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {way: bb}\nconnections:\n  cache: {url: 'redis://127.0.0.1:PROBE', via: '{{ way }}'}\n  \
             lite: {url: 'sqlite:x.db', via: a}\n  right: {url: 'redis://127.0.0.1:PROBE', via: d}\nsteps:\n\
             - query: {connection: cache, command: [PING]}\n",
        )],
        told: r#"error: `via`: there is no host `bb` in the inventory
 --> play.yml:4:48
  |
4 |   cache: {url: 'redis://127.0.0.1:PROBE', via: '{{ way }}'}
  |                                                ^^^^^^^^^^^ did you mean `b`?
error: an SQLite file is not reached through a host
 --> play.yml:5:35
  |
5 |   lite: {url: 'sqlite:x.db', via: a}
  |                                   ^ leave `via` out; `put` and `get` carry files
"#,
        ..ROW
    },
    Row {
        what: "undefined names",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {release: /srv, later: '{{ releese }}/x'}\nsteps:\n- exec: a\n- exec: 'ls -l {{ relase }} | wc'\n\
             - exec: a\n  when: redy\n- exec: a\n  loop: itms\n- exec: 'echo {{ later }}'\n- exec: a\n  register: done\n- exec: 'echo {{ dnoe.stdout }}'\n\
             - exec: |\n    echo one\n    echo {{ two }}\n",
        )],
        told: r#"error: `releese` is undefined in the value of `later`
  --> play.yml:2:34
   |
 2 | vars: {release: /srv, later: '{{ releese }}/x'}
   |                                  ^^^^^^^ did you mean `release`?
  --> play.yml:10:18
   |
10 | - exec: 'echo {{ later }}'
   |                  ^^^^^ `later` is used here
error: `relase` is undefined
 --> play.yml:5:19
  |
5 | - exec: 'ls -l {{ relase }} | wc'
  |                   ^^^^^^ did you mean `release`?
error: `redy` is undefined
 --> play.yml:7:9
  |
7 |   when: redy
  |         ^^^^
error: `itms` is undefined
 --> play.yml:9:9
  |
9 |   loop: itms
  |         ^^^^
error: `dnoe` is undefined
  --> play.yml:13:18
   |
13 | - exec: 'echo {{ dnoe.stdout }}'
   |                  ^^^^^^^^^^^ did you mean `done`?
error: `two` is undefined
  --> play.yml:16:13
   |
16 |     echo {{ two }}
   |             ^^^
"#,
        ..ROW
    },
    Row {
        what: "undefined names of what is always there",
        files: &[(
            "play.yml",
            "hosts: web\ninputs: {version: {type: string, default: a}}\nsecrets: {token: {env: TOKEN}}\nsteps:\n- exec: a\n- exec: 'echo {{ inputs.versoin }}'\n\
             - exec: {argv: ['true'], stdin: '{{ secrets.tokn }}'}\n- exec: 'echo {{ host.adress }}'\n- exec: 'echo {{ env.HOMEE }}'\n",
        )],
        told: r#"error: `inputs.versoin` is undefined
 --> play.yml:6:18
  |
6 | - exec: 'echo {{ inputs.versoin }}'
  |                  ^^^^^^^^^^^^^^ did you mean `version`?
error: `secrets.tokn` is undefined
 --> play.yml:7:37
  |
7 | - exec: {argv: ['true'], stdin: '{{ secrets.tokn }}'}
  |                                     ^^^^^^^^^^^^ did you mean `token`?
error: `host.adress` is undefined
 --> play.yml:8:18
  |
8 | - exec: 'echo {{ host.adress }}'
  |                  ^^^^^^^^^^^ did you mean `address`?
error: `env.HOMEE` is undefined
 --> play.yml:9:18
  |
9 | - exec: 'echo {{ env.HOMEE }}'
  |                  ^^^^^^^^^ did you mean `HOME`?
"#,
        ..ROW
    },
    Row {
        what: "an undefined name in a handler, a rescue and a branch",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- block:\n  - exec: a\n    notify: restart\n  rescue:\n  - exec: 'echo {{ nowhere }}'\n- parallel:\n  - - exec: 'echo {{ nothere }}'\n\
             handlers:\n- name: restart\n  exec: 'echo {{ srevice }}'\n",
        )],
        told: r#"error: `nowhere` is undefined
 --> play.yml:7:20
  |
7 |   - exec: 'echo {{ nowhere }}'
  |                    ^^^^^^^
error: `nothere` is undefined
 --> play.yml:9:22
  |
9 |   - - exec: 'echo {{ nothere }}'
  |                      ^^^^^^^
error: `srevice` is undefined
  --> play.yml:12:18
   |
12 |   exec: 'echo {{ srevice }}'
   |                  ^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "an undefined name in a template file",
        files: &[
            (
                "play.yml",
                "hosts: web\nvars: {port: 80}\nsteps:\n- exec: a\n- put: {src: app.j2, dest: /tmp/a, template: true}\n",
            ),
            ("app.j2", "listen {{ port }}\nname {{ nmae }}\n{% for x in [1] %}\n{{ x }} {{ prot }}\n{% endfor %}\n"),
        ],
        told: r#"error: `nmae` is undefined
 --> app.j2:2:9
  |
2 | name {{ nmae }}
  |         ^^^^
error: `prot` is undefined
 --> app.j2:4:12
  |
4 | {{ x }} {{ prot }}
  |            ^^^^ did you mean `port`?
"#,
        ..ROW
    },
    Row {
        what: "an undefined name in a template file below a folder",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- exec: a\n- put: {src: conf, dest: /tmp/a, template: true}\n"),
            ("conf/a.conf", "fine\n"),
            ("conf/sub/b.conf", "x = {{ nowhere | upper }}\n"),
        ],
        told: r#"error: `nowhere` is undefined
 --> conf/sub/b.conf:1:8
  |
1 | x = {{ nowhere | upper }}
  |        ^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "an undefined name in an included file",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- exec: a\n- include: steps/more.yml\n"),
            ("steps/more.yml", "- exec: b\n- exec: 'echo {{ nowhere }}'\n"),
        ],
        told: r#"error: `nowhere` is undefined
 --> steps/more.yml:2:18
  |
2 | - exec: 'echo {{ nowhere }}'
  |                  ^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "a name that only some hosts have",
        files: &[("play.yml", "hosts: web:db\nsteps:\n- exec: a\n- exec: 'echo {{ role }}'\n")],
        told: r#"error: `role` is undefined on 1 of 4 hosts: d
 --> play.yml:4:18
  |
4 | - exec: 'echo {{ role }}'
  |                  ^^^^
"#,
        ..ROW
    },
    Row {
        what: "a name that most hosts lack",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- exec: a\n- exec: 'echo {{ rack }}'\n"),
            ("hosts", "[web]\na rack=1 ansible_host=127.0.0.1 ansible_port=PROBE\nb\nc\n"),
        ],
        told: r#"error: `rack` is undefined on 2 of 3 hosts: b, c
 --> play.yml:4:18
  |
4 | - exec: 'echo {{ rack }}'
  |                  ^^^^
"#,
        ..ROW
    },
    Row {
        what: "a name of a connection",
        files: &[(
            "play.yml",
            "connections: {cache: 'redis://{{ chache_host }}:PROBE'}\nvars: {cache_host: 127.0.0.1}\nsteps:\n- publish: {connection: cache, channel: a, message: b}\n",
        )],
        told: r#"error: `chache_host` is undefined
 --> play.yml:1:34
  |
1 | connections: {cache: 'redis://{{ chache_host }}:PROBE'}
  |                                  ^^^^^^^^^^^ did you mean `cache_host`?
"#,
        ..ROW
    },
    Row {
        what: "unknown filters, tests and functions",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {a: b}\nsteps:\n- exec: a\n- exec: 'echo {{ a | uper }}'\n- exec: a\n  when: a is matches('b')\n- exec: 'echo {{ lookup(\"file\", a) }}'\n\
             - exec: 'echo {{ a.frobnicate() }}'\n",
        )],
        told: r#"error: there is no filter `uper`
 --> play.yml:5:22
  |
5 | - exec: 'echo {{ a | uper }}'
  |                      ^^^^ did you mean `upper`?
error: there is no test `matches`
 --> play.yml:7:14
  |
7 |   when: a is matches('b')
  |              ^^^^^^^ did you mean `match`?
error: there is no function `lookup`
 --> play.yml:8:18
  |
8 | - exec: 'echo {{ lookup("file", a) }}'
  |                  ^^^^^^ the environment is `env.NAME`; `vars_files` reads files, and `secrets` what files and commands give away
error: the template fails: string has no method named frobnicate
 --> play.yml:9:19
  |
9 | - exec: 'echo {{ a.frobnicate() }}'
  |                   ^^^^^^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "braces that are not closed",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {a: b}\nsteps:\n- exec: a\n- exec: 'echo {{ a'\n- exec: 'echo {{ a }'\n- exec: 'echo {% if a %} b'\n- exec: 'echo {# a'\n- exec: a\n  when: a ==\n",
        )],
        told: r#"error: `{{` is not closed
 --> play.yml:5:15
  |
5 | - exec: 'echo {{ a'
  |               ^^ add `}}`
error: `{{` is not closed
 --> play.yml:6:15
  |
6 | - exec: 'echo {{ a }'
  |               ^^ add `}}`
error: `{% if %}` is not closed
 --> play.yml:7:15
  |
7 | - exec: 'echo {% if a %} b'
  |               ^^ add `{% endif %}`
error: `{#` is not closed
 --> play.yml:8:15
  |
8 | - exec: 'echo {# a'
  |               ^^ add `#}`
error: the template cannot be read: unexpected end of input, expected expression
  --> play.yml:10:11
   |
10 |   when: a ==
   |           ^^
"#,
        ..ROW
    },
    Row {
        what: "braces that are not closed in a template file",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- exec: a\n- put: {src: app.j2, dest: /tmp/a, template: true}\n"),
            ("app.j2", "one\n{% if true %}\ntwo\n"),
        ],
        told: r#"error: `{% if %}` is not closed
 --> app.j2:2:1
  |
2 | {% if true %}
  | ^^ add `{% endif %}`
"#,
        ..ROW
    },
    Row {
        what: "an endless rendering",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exec: a\n- log: '{% for a in range(10000) %}{% for b in range(10000) %}{{ a * b }}{% endfor %}{% endfor %}'\n",
        )],
        told: r#"error: this template does not come to an end
 --> play.yml:4:9
  |
4 | - log: '{% for a in range(10000) %}{% for b in range(10000) %}{{ a * b }}{% endfor %}{% endfor %}'
  |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ an endless loop?
"#,
        ..ROW
    },
    Row {
        what: "an enormous rendering",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {line: '{{ \"x\" * 100000000 }}'}\nsteps:\n- exec: a\n- log: '{{ line }}{{ line }}'\n",
        )],
        told: r#"error: this becomes longer than 16 MiB
 --> play.yml:2:15
  |
2 | vars: {line: '{{ "x" * 100000000 }}'}
  |               ^^^^^^^^^^^^^^^^^^^^^ an enormous loop?
"#,
        ..ROW
    },
    Row {
        what: "fields that a result does not have",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exec: a\n  register: one\n- exec: b\n  when: one.stdot == 'x'\n- exec: c\n  until: result.rcc == 0\n- exec: d\n  loop: [1, 2]\n  register: each\n\
             - log: '{{ each.rc }}'\n- block:\n  - exec: e\n  rescue:\n  - log: '{{ failed.eror }}'\n- {exec: f, register: two, when: role == 'x'}\n\
             - {wait: {duration: 1s}, register: two}\n- log: '{{ two.elapsed }} {{ two.rc }} {{ two.took }}'\n- log: \"{{ one['stdout'] }} {{ one.items() | list }} {{ one.msg | default('') }}\"\n",
        )],
        told: r#"error: `one.stdot` is undefined
 --> play.yml:6:9
  |
6 |   when: one.stdot == 'x'
  |         ^^^^^^^^^ did you mean `stdout`?
error: `result.rcc` is undefined
 --> play.yml:8:10
  |
8 |   until: result.rcc == 0
  |          ^^^^^^^^^^ did you mean `rc`?
error: `each.rc` is undefined
  --> play.yml:12:12
   |
12 | - log: '{{ each.rc }}'
   |            ^^^^^^^
error: `failed.eror` is undefined
  --> play.yml:16:14
   |
16 |   - log: '{{ failed.eror }}'
   |              ^^^^^^^^^^^ did you mean `error`?
error: `two.took` is undefined
  --> play.yml:19:43
   |
19 | - log: '{{ two.elapsed }} {{ two.rc }} {{ two.took }}'
   |                                           ^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "vars that stand for one another",
        files: &[("play.yml", "hosts: web\nvars: {a: '{{ b }}', b: '{{ a }}'}\nsteps:\n- exec: x\n- log: '{{ a }}'\n")],
        told: r#"error: `a` uses itself: `a` -> `b` -> `a`
 --> play.yml:2:29
  |
2 | vars: {a: '{{ b }}', b: '{{ a }}'}
  |                             ^ a value may not hang on itself
 --> play.yml:5:12
  |
5 | - log: '{{ a }}'
  |            ^ it is used here
"#,
        ..ROW
    },
    Row {
        what: "a failing filter",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {a: '{'}\nsteps:\n- exec: x\n- log: '{{ a | from_json }}'\n- log: '{{ 1 / 0 }}'\n- log: '{{ a | regex_replace(\"(\", \"\") }}'\n",
        )],
        told: r#"error: the template fails: `from_json`: this is no JSON (line 1, column 1)
 --> play.yml:5:16
  |
5 | - log: '{{ a | from_json }}'
  |                ^^^^^^^^^
error: the template fails: unable to calculate 1 / 0
 --> play.yml:6:12
  |
6 | - log: '{{ 1 / 0 }}'
  |            ^^^^^
error: the template fails: this pattern is no regular expression
 --> play.yml:7:16
  |
7 | - log: '{{ a | regex_replace("(", "") }}'
  |                ^^^^^^^^^^^^^^^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "one host of three has a value of the wrong type",
        files: &[
            ("play.yml", "hosts: web\nvars: {often: '{{ times }}'}\nsteps:\n- wait: {duration: '{{ often }}'}\n"),
            ("host_vars/c.yml", "times: [1]\n"),
            ("group_vars/web.yml", "times: 1s\n"),
        ],
        told: r#"error: expected a duration, found a list on 1 of 3 hosts: c
 --> play.yml:4:20
  |
4 | - wait: {duration: '{{ often }}'}
  |                    ^^^^^^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "one host of three has it in the text of a group",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- wait: {duration: '{{ often }}'}\n"),
            ("host_vars/c.yml", "times: [1]\n"),
            ("group_vars/web.yml", "times: 1s\noften: '{{ times }}'\n"),
        ],
        told: r#"error: expected a duration, found a list on 1 of 3 hosts: c
 --> play.yml:3:20
  |
3 | - wait: {duration: '{{ often }}'}
  |                    ^^^^^^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "one host of three has a condition that asks for it",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- wait: {duration: '{{ often }}'}\n  when: asked\n"),
            ("host_vars/c.yml", "asked: true\n"),
            ("group_vars/web.yml", "asked: false\noften: x\n"),
        ],
        told: r#"error: this is no duration on 1 of 3 hosts: c
 --> play.yml:3:20
  |
3 | - wait: {duration: '{{ often }}'}
  |                    ^^^^^^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "one host of three has it in a file that is rendered",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- put: {src: t, dest: /tmp/t, template: true}\n"),
            ("t", "{{ 1 + times }}\n"),
            ("host_vars/c.yml", "times: [1]\n"),
            ("group_vars/web.yml", "times: 1\n"),
        ],
        told: r#"error: the template fails: tried to use + operator on unsupported types number and sequence on 1 of 3 hosts: c
 --> t:1:4
  |
1 | {{ 1 + times }}
  |    ^^^^^^^^^
"#,
        ..ROW
    },
    Row {
        what: "two hosts of three get to one path",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- get: {src: /etc/motd, dest: 'out/{{ where }}'}\n"),
            ("host_vars/c.yml", "where: c\n"),
            ("group_vars/web.yml", "where: web\n"),
        ],
        told: r#"error: 2 hosts would write one file, out/web: a, b
 --> play.yml:3:31
  |
3 | - get: {src: /etc/motd, dest: 'out/{{ where }}'}
  |                               ^^^^^^^^^^^^^^^^^ put `{{ host.name }}` into the path
"#,
        ..ROW
    },
    Row {
        what: "integers that would be rounded",
        files: &[(
            "play.yml",
            "vars: {big: '{{ 18446744073709551615 + 1 }}'}\nsteps:\n- set: {a: '{{ big }}'}\n- log: \"{{ '[123456789012345678901234]' | from_json }}\"\n- set: {b: '{{ [big] }}', c: '{{ big | string }}'}\n",
        )],
        told: r#"error: an integer of more than 64 bits cannot be kept exactly
 --> play.yml:3:12
  |
3 | - set: {a: '{{ big }}'}
  |            ^^^^^^^^^^^ make it a text: `| string`
error: the template fails: `from_json`: an integer of more than 64 bits cannot be kept exactly
 --> play.yml:4:43
  |
4 | - log: "{{ '[123456789012345678901234]' | from_json }}"
  |                                           ^^^^^^^^^
error: an integer of more than 64 bits cannot be kept exactly
 --> play.yml:5:12
  |
5 | - set: {b: '{{ [big] }}', c: '{{ big | string }}'}
  |            ^^^^^^^^^^^^^ make it a text: `| string`
"#,
        ..ROW
    },
    Row {
        what: "arguments of filters, tests and functions",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exec: uptime\n  register: r\n- log: \"{{ r.stdout | regex_search }}\"\n- log: \"{{ r.stdout | combine({}, recursiv=true) }}\"\n- log: \"{{ r.stdout | upper(1) }} {{ r.stdout | truncate(1, true, '', 0, 5) }}\"\n- log: x\n  when: r.rc is divisibleby or r.stdout is match('a', ignorcase=true)\n- log: \"{{ range() }} {{ r.stdout | hash(kind='md5') }}\"\n  loop: \"range(1, 2, 3, 4)\"\n",
        )],
        told: r#"error: the filter `regex_search` needs a value for `pattern`
 --> play.yml:5:23
  |
5 | - log: "{{ r.stdout | regex_search }}"
  |                       ^^^^^^^^^^^^ `regex_search(pattern, ignorecase=..., multiline=..., ...)`
error: the filter `combine` has no parameter `recursiv`
 --> play.yml:6:23
  |
6 | - log: "{{ r.stdout | combine({}, recursiv=true) }}"
  |                       ^^^^^^^^^^^^^^^^^^^^^^^^^^ did you mean `recursive`?
error: the filter `upper` takes no value
 --> play.yml:7:23
  |
7 | - log: "{{ r.stdout | upper(1) }} {{ r.stdout | truncate(1, true, '', 0, 5) }}"
  |                       ^^^^^^^^ `upper` stands alone
error: the filter `truncate` takes 4 at most, and 5 are given
 --> play.yml:7:49
  |
7 | - log: "{{ r.stdout | upper(1) }} {{ r.stdout | truncate(1, true, '', 0, 5) }}"
  |                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^ `truncate([length], [killwords], [end], [leeway])`
error: the test `divisibleby` needs a value for `number`
 --> play.yml:9:17
  |
9 |   when: r.rc is divisibleby or r.stdout is match('a', ignorcase=true)
  |                 ^^^^^^^^^^^ `divisibleby(number)`
error: the test `match` has no parameter `ignorcase`
 --> play.yml:9:44
  |
9 |   when: r.rc is divisibleby or r.stdout is match('a', ignorcase=true)
  |                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^ did you mean `ignorecase`?
error: the function `range` needs a value for `start`
  --> play.yml:10:12
   |
10 | - log: "{{ range() }} {{ r.stdout | hash(kind='md5') }}"
   |            ^^^^^ `range(start, [stop], [step])`
error: the filter `hash` has no parameter `kind`
  --> play.yml:10:37
   |
10 | - log: "{{ range() }} {{ r.stdout | hash(kind='md5') }}"
   |                                     ^^^^^^^^^^^^^^^^ `hash([hashtype])`
"#,
        ..ROW
    },
];
