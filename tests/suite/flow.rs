//! How a run goes: small playbooks, and what happens on each host in which order.

use crate::harness::case::{Case, Ran, THREE};

fn run(playbook: &str, args: &[&str]) -> Ran {
    let part = "inputs: {n: {type: integer, required: true}, m: {type: integer, default: 2}}\n\
                steps:\n- {name: part, exec: 'test {{ n + m }} = 6'}\n- {name: rest, exec: 'true'}\n";
    let case = Case::playbook(playbook).file("hosts.ini", THREE).file("part.yml", part);
    let all: Vec<&str> = ["-i", "hosts.ini"].into_iter().chain(args.iter().copied()).collect();
    case.apply(&all)
}

struct Row {
    name: &'static str,
    playbook: &'static str,
    args: &'static [&'static str],
    status: i32,
    /// Host (or `-`) and the ends of its steps.
    ends: &'static [(&'static str, &'static str)],
}

const ROWS: &[Row] = &[
    Row {
        name: "steps run in order on every host",
        playbook: "hosts: web\nsteps:\n- {name: one, exec: 'true'}\n- {name: two, exec: 'true'}\n",
        args: &[],
        status: 0,
        ends: &[
            ("a", "one changed, two changed"),
            ("b", "one changed, two changed"),
            ("c", "one changed, two changed"),
        ],
    },
    Row {
        name: "a false `when` skips",
        playbook: "hosts: a\nsteps:\n- {name: one, exec: 'true', when: 1 > 2}\n- {name: two, exec: 'true', when: [1 < 2, 'true']}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one skipped, two changed")],
    },
    Row {
        name: "a host that fails leaves, the others go on to the next meeting point",
        playbook: "hosts: web\nsteps:\n- {name: one, exec: 'test {{ inventory_hostname }} != b'}\n- {name: two, exec: 'true'}\n",
        args: &[],
        status: 1,
        ends: &[("a", "one changed, two changed"), ("b", "one failed"), ("c", "one changed, two changed")],
    },
    Row {
        name: "`hosts` are those of the batch; hosts of no play can be looked at and delegated to",
        playbook: "hosts: a\nsteps:\n- {name: one, assert: {that: [\"hosts == ['a']\", hostvars.c.ansible_connection == 'local']}}\n- {name: two, exec: 'true', delegate_to: localhost}\n- {name: three, exec: 'true', delegate_to: c}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one ok, two changed, three changed")],
    },
    Row {
        name: "two branches may not give one name",
        playbook: "hosts: a\nsteps:\n- parallel:\n  - - {name: one, exec: 'true', register: r}\n  - - {name: two, set: {r: 1}}\n",
        args: &[],
        status: 2,
        ends: &[("a", "")],
    },
    Row {
        name: "an input's default uses the inputs above it",
        playbook: "inputs:\n  one: {default: x}\n  two: {default: '{{ inputs.one }}y'}\nhosts: a\nsteps:\n- {name: one, assert: {that: inputs.two == 'xy'}}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one ok")],
    },
    Row {
        name: "`ignore_errors` goes on",
        playbook: "hosts: a\nsteps:\n- {name: one, exec: 'false', ignore_errors: true}\n- {name: two, exec: 'true'}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one failed, two changed")],
    },
    Row {
        name: "`rescue` and `always`",
        playbook: "hosts: a\nsteps:\n- block:\n  - {name: one, exec: 'false'}\n  - {name: never, exec: 'true'}\n  rescue:\n  - {name: mend, exec: 'echo {{ failed.step | quote }}'}\n  always:\n  - {name: last, exec: 'true'}\n- {name: after, exec: 'true'}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one failed, mend changed, last changed, after changed")],
    },
    Row {
        name: "a register is seen later, also in another play",
        playbook: "plays:\n- hosts: a\n  steps:\n  - {name: one, exec: 'echo 5', register: r}\n- hosts: a\n  steps:\n  - {name: two, exec: 'true', when: r.stdout == '5'}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one changed, two changed")],
    },
    Row {
        name: "a loop goes on past an item that fails, and has failed in the end",
        playbook: "hosts: a\nsteps:\n- {name: one, exec: '[ {{ item }} != 2 ]', loop: [1, 2, 3], register: r, ignore_errors: true}\n\
                   - {name: two, exec: 'true', when: 'r.failed and r.results | length == 3 and r.results[1].failed and not r.results[2].failed'}\n\
                   - {name: three, exec: '[ {{ item }} != 2 ]', loop: [1, 2, 3]}\n- {name: four, exec: 'true'}\n",
        args: &[],
        status: 1,
        ends: &[("a", "one failed, two changed, three failed")],
    },
    Row {
        name: "a loop finishes once",
        playbook: "hosts: a\nsteps:\n- {name: one, exec: 'echo {{ item }}', loop: [1, 2, 3], register: r}\n- {name: two, exec: 'true', when: r.results | length == 3}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one changed, two changed")],
    },
    Row {
        name: "`until` tries again",
        playbook: "hosts: a\nsteps:\n- {name: one, exec: 'echo x >> n; wc -l < n', until: result.stdout | trim | int >= 3, retries: 5, delay: 10ms}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one changed")],
    },
    Row {
        name: "`changed_when` and `failed_when` decide",
        playbook: "hosts: a\nsteps:\n- {name: one, exec: 'exit 3', failed_when: result.rc != 3, changed_when: false}\n- {name: two, exec: 'echo bad', failed_when: \"'bad' in result.stdout\"}\n",
        args: &[],
        status: 1,
        ends: &[("a", "one ok, two failed")],
    },
    Row {
        name: "handlers run once at the end, in the order they are declared",
        playbook: "hosts: a\nsteps:\n- {name: one, exec: 'true', notify: [second, first]}\n- {name: two, exec: 'true', notify: first}\nhandlers:\n- {name: first, exec: 'true'}\n- {name: second, exec: 'true'}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one changed, two changed, first changed, second changed")],
    },
    Row {
        name: "batches of `serial`; a failed batch is the last",
        playbook: "hosts: web\nserial: 1\nsteps:\n- {name: one, exec: 'test {{ inventory_hostname }} != b'}\n",
        args: &[],
        status: 1,
        ends: &[("a", "one changed"), ("b", "one failed"), ("c", "")],
    },
    Row {
        name: "`max_fail_percentage` lets the run go on",
        playbook: "plays:\n- hosts: web\n  serial: 1\n  max_fail_percentage: 100\n  steps:\n  - {name: one, exec: 'test {{ inventory_hostname }} != b'}\n",
        args: &[],
        status: 1,
        ends: &[("a", "one changed"), ("b", "one failed"), ("c", "one changed")],
    },
    Row {
        name: "`--limit` and tags",
        playbook: "hosts: web\nsteps:\n- {name: one, exec: 'true', tags: [x]}\n- {name: two, exec: 'true', tags: [y]}\n- {name: ever, exec: 'true', tags: [always]}\n",
        args: &["--limit", "b", "--tags", "y"],
        status: 0,
        ends: &[("a", ""), ("b", "two changed, ever changed"), ("c", "")],
    },
    Row {
        name: "a play without hosts runs on the control machine, and all see what it registers",
        playbook: "plays:\n- steps:\n  - {name: one, exec: 'echo 7', register: r}\n- hosts: a\n  steps:\n  - {name: two, exec: 'true', when: r.stdout == '7'}\n",
        args: &[],
        status: 0,
        ends: &[("localhost", "one changed"), ("a", "two changed")],
    },
    Row {
        name: "`set` gives names, with their types",
        playbook: "hosts: a\nsteps:\n- {name: one, set: {n: '{{ 2 + 3 }}'}}\n- {name: two, exec: 'true', when: n == 5}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one ok, two changed")],
    },
    Row {
        name: "`--check` changes nothing and names the actions",
        playbook: "hosts: a\nsteps:\n- {name: one, exec: 'touch made'}\n- {name: two, put: {content: x, dest: /nowhere/at/all}, when: false}\n",
        args: &["--check"],
        status: 0,
        ends: &[("a", "one changed, two skipped")],
    },
    Row {
        name: "branches of `parallel` are all awaited, and one that fails cancels no other",
        playbook: "hosts: a\nsteps:\n- parallel:\n  - - {name: one, exec: 'false'}\n  - - {name: two, exec: 'sleep 0.3'}\n    - {name: three, exec: 'true'}\n",
        args: &[],
        status: 1,
        ends: &[("a", "one failed, two changed, three changed")],
    },
    Row {
        name: "`run_once` runs on the first host, and all have its result",
        playbook: "hosts: web\nsteps:\n- {name: one, exec: 'echo {{ inventory_hostname }}', run_once: true, register: r}\n- {name: two, exec: 'true', when: r.stdout == 'a'}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one changed, two changed"), ("b", "two changed"), ("c", "two changed")],
    },
    Row {
        name: "what one step makes, the next one of its kind sees",
        playbook: "hosts: a\nsteps:\n- {name: one, exec: {shell: touch x, creates: '{{ env.HOME }}/y'}}\n- {name: two, exec: {shell: 'false', creates: '{{ env.HOME }}/x'}}\n- {name: three, file: {path: '{{ env.HOME }}/x', state: absent}}\n- {name: four, file: {path: '{{ env.HOME }}/x', state: absent}}\n",
        args: &["--yes"],
        status: 0,
        ends: &[("a", "one changed, two ok, three changed, four ok")],
    },
    Row {
        name: "`--start-at` leaves out what stands before",
        playbook: "plays:\n- hosts: a\n  steps:\n  - {name: one, exec: 'true'}\n- hosts: a\n  steps:\n  - {name: two, exec: 'true'}\n  - {name: three, exec: 'true'}\n",
        args: &["--start-at", "three"],
        status: 0,
        ends: &[("a", "three changed")],
    },
    Row {
        name: "`delegate_to` runs on another host for this one",
        playbook: "hosts: a\nsteps:\n- {name: one, exec: 'echo {{ inventory_hostname }}', delegate_to: b, register: r}\n- {name: two, exec: 'true', when: r.stdout == 'a'}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one changed, two changed")],
    },
    Row {
        name: "`each_host` runs a service step in each host's flow",
        playbook: "connections: {db: 'sqlite::memory:'}\nplays:\n- hosts: web\n  steps:\n  - {name: one, query: {connection: db, sql: 'select :h as h', params: {h: '{{ inventory_hostname }}'}}, each_host: true, register: r}\n  - {name: two, exec: 'true', when: 'r.rows[0].h == inventory_hostname'}\n",
        args: &[],
        status: 0,
        ends: &[("a", "one ok, two changed"), ("b", "one ok, two changed"), ("c", "one ok, two changed")],
    },
    Row {
        name: "an `include` with its own inputs",
        playbook: "hosts: a\nsteps:\n- include: part.yml\n  vars: {n: 4}\n",
        args: &[],
        status: 0,
        ends: &[("a", "part changed, rest changed")],
    },
    Row {
        name: "`hostvars` shows what others registered before the meeting",
        playbook: "connections: {db: 'sqlite::memory:'}\nplays:\n- hosts: web\n  steps:\n  - {name: one, exec: 'echo {{ inventory_hostname }}', register: r}\n  - {name: meet, query: {connection: db, sql: select 1}}\n  - {name: two, exec: 'true', when: hostvars.b.r.stdout == 'b'}\n",
        args: &["--limit", "a,b"],
        status: 0,
        ends: &[("a", "one changed, two changed"), ("b", "one changed, two changed")],
    },
    Row {
        name: "a timeout stops the step",
        playbook: "hosts: a\nsteps:\n- {name: one, exec: 'sleep 30', timeout: 300ms}\n",
        args: &[],
        status: 1,
        ends: &[("a", "one failed")],
    },
    Row {
        name: "a refused `confirm` stops the run",
        playbook: "plays:\n- steps:\n  - {name: ask, confirm: Sure?}\n  - {name: one, exec: 'true'}\n",
        args: &[],
        status: 1,
        ends: &[("-", "ask failed"), ("localhost", "")],
    },
    Row {
        name: "`--yes` answers `confirm`",
        playbook: "plays:\n- steps:\n  - {name: ask, confirm: Sure?}\n  - {name: one, exec: 'true'}\n",
        args: &["--yes"],
        status: 0,
        ends: &[("-", "ask ok"), ("localhost", "one changed")],
    },
];

#[test]
fn rows() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let ran = run(row.playbook, row.args);
        let ends: Vec<(&str, String)> = row.ends.iter().map(|(host, _)| (*host, ran.ends_of(host))).collect();
        let as_told = ends.iter().zip(row.ends).all(|((_, got), (_, told))| got == told);
        if ran.status != row.status || !as_told {
            wrong.push(format!("{}: exit {} {ends:?}\n{}{}", row.name, ran.status, ran.stdout, ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), ROWS.len(), wrong.join("\n"));
}

#[test]
fn a_service_step_waits_for_all_hosts_and_runs_once() {
    let playbook = "
plays:
- hosts: web
  steps:
  - {name: before, exec: 'sleep {{ 0.2 if inventory_hostname == groups.web[0] else 0 }}'}
  - {name: meet, query: {connection: db, sql: select 1 as n}, register: r}
  - {name: after, exec: 'true', when: r.row_count == 1}
connections: {db: 'sqlite::memory:'}
";
    let ran = run(playbook, &[]).exits(0);
    let ends = ran.ends();
    let meet = ends.iter().position(|end| end.contains("meet")).expect("the meeting");
    assert!(ends[..meet].iter().all(|end| end.contains("before")), "{ends:?}");
    assert_eq!(ends.iter().filter(|end| end.starts_with("- meet")).count(), 1);
    assert_eq!(ends.iter().filter(|end| end.contains("after changed")).count(), 3);
}

#[test]
fn nothing_is_announced_that_is_not_done() {
    let playbook = "
connections: {db: 'sqlite::memory:'}
plays:
- hosts: web
  steps:
  - {name: before, exec: 'test {{ inventory_hostname }} != c'}
  - {name: announce, query: {connection: db, sql: select 1}}
- hosts: web
  steps:
  - {name: later, exec: 'true'}
";
    let ran = run(playbook, &[]).exits(1);
    assert_eq!(ran.ends_of("-"), "");
    assert_eq!(ran.ends_of("a"), "before changed");
}

#[test]
fn throttle_lets_nobody_in_after_a_failure() {
    let playbook = "hosts: web\nsteps:\n- block:\n  - {name: one, exec: 'sleep 0.1; false'}\n  throttle: 1\n";
    let ran = run(playbook, &[]).exits(1);
    assert_eq!(ran.ends().len(), 1, "{:?}", ran.ends());
}
