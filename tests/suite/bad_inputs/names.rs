//! Templates: names, filters, braces, and renderings without an end.

use super::{ROW, Row};

pub const ROWS: &[Row] = &[
    Row {
        what: "undefined names",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {release: /srv, later: '{{ releese }}/x'}\nsteps:\n- exec: a\n- exec: 'ls -l {{ relase }} | wc'\n\
             - exec: a\n  when: redy\n- exec: a\n  loop: itms\n- exec: 'echo {{ later }}'\n- exec: a\n  register: done\n- exec: 'echo {{ dnoe.stdout }}'\n\
             - exec: |\n    echo one\n    echo {{ two }}\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "undefined names of what is always there",
        files: &[(
            "play.yml",
            "hosts: web\ninputs: {version: {type: string, default: a}}\nsecrets: {token: {env: TOKEN}}\nsteps:\n- exec: a\n- exec: 'echo {{ inputs.versoin }}'\n\
             - exec: {argv: ['true'], stdin: '{{ secrets.tokn }}'}\n- exec: 'echo {{ host.adress }}'\n- exec: 'echo {{ env.HOMEE }}'\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "an undefined name in a handler, a rescue and a branch",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- block:\n  - exec: a\n    notify: restart\n  rescue:\n  - exec: 'echo {{ nowhere }}'\n- parallel:\n  - - exec: 'echo {{ nothere }}'\n\
             handlers:\n- name: restart\n  exec: 'echo {{ srevice }}'\n",
        )],
        told: "",
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
        told: "",
        ..ROW
    },
    Row {
        what: "an undefined name in a template file below a folder",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- exec: a\n- put: {src: conf, dest: /tmp/a, template: true}\n"),
            ("conf/a.conf", "fine\n"),
            ("conf/sub/b.conf", "x = {{ nowhere | upper }}\n"),
        ],
        told: "",
        ..ROW
    },
    Row {
        what: "an undefined name in an included file",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- exec: a\n- include: steps/more.yml\n"),
            ("steps/more.yml", "- exec: b\n- exec: 'echo {{ nowhere }}'\n"),
        ],
        told: "",
        ..ROW
    },
    Row {
        what: "a name that only some hosts have",
        files: &[("play.yml", "hosts: web:db\nsteps:\n- exec: a\n- exec: 'echo {{ role }}'\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "a name that most hosts lack",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- exec: a\n- exec: 'echo {{ rack }}'\n"),
            ("hosts", "[web]\na rack=1 ansible_host=127.0.0.1 ansible_port=PROBE\nb\nc\n"),
        ],
        told: "",
        ..ROW
    },
    Row {
        what: "a name of a connection",
        files: &[(
            "play.yml",
            "connections: {cache: 'redis://{{ chache_host }}:PROBE'}\nvars: {cache_host: 127.0.0.1}\nsteps:\n- publish: {connection: cache, channel: a, message: b}\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "unknown filters, tests and functions",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {a: b}\nsteps:\n- exec: a\n- exec: 'echo {{ a | uper }}'\n- exec: a\n  when: a is matches('b')\n- exec: 'echo {{ lookup(\"file\", a) }}'\n\
             - exec: 'echo {{ a.frobnicate() }}'\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "braces that are not closed",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {a: b}\nsteps:\n- exec: a\n- exec: 'echo {{ a'\n- exec: 'echo {{ a }'\n- exec: 'echo {% if a %} b'\n- exec: 'echo {# a'\n- exec: a\n  when: a ==\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "braces that are not closed in a template file",
        files: &[
            ("play.yml", "hosts: web\nsteps:\n- exec: a\n- put: {src: app.j2, dest: /tmp/a, template: true}\n"),
            ("app.j2", "one\n{% if true %}\ntwo\n"),
        ],
        told: "",
        ..ROW
    },
    Row {
        what: "an endless rendering",
        files: &[(
            "play.yml",
            "hosts: web\nsteps:\n- exec: a\n- log: '{% for a in range(10000) %}{% for b in range(10000) %}{{ a * b }}{% endfor %}{% endfor %}'\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "an enormous rendering",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {line: '{{ \"x\" * 100000000 }}'}\nsteps:\n- exec: a\n- log: '{{ line }}{{ line }}'\n",
        )],
        told: "",
        ..ROW
    },
    Row {
        what: "vars that stand for one another",
        files: &[("play.yml", "hosts: web\nvars: {a: '{{ b }}', b: '{{ a }}'}\nsteps:\n- exec: x\n- log: '{{ a }}'\n")],
        told: "",
        ..ROW
    },
    Row {
        what: "a failing filter",
        files: &[(
            "play.yml",
            "hosts: web\nvars: {a: '{'}\nsteps:\n- exec: x\n- log: '{{ a | from_json }}'\n- log: '{{ 1 / 0 }}'\n- log: '{{ a | regex_replace(\"(\", \"\") }}'\n",
        )],
        told: "",
        ..ROW
    },
];
