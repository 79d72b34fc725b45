//! Brokers and databases that refuse: the words a person sees, and never a password.

use std::process::Command;

use super::running::{Ends, judge};
use crate::harness::rabbitmq::output;

const ROWS: &[Ends] = &[
    Ends {
        what: "a vhost that is missing",
        steps: "- publish: {connection: vhost, routing_key: a, message: b}\n",
        status: 3,
        told: "",
    },
    Ends {
        what: "a wrong password of a broker",
        steps: "- publish: {connection: guest, routing_key: a, message: b}\n",
        status: 3,
        told: "",
    },
    Ends {
        what: "no route",
        steps: "- publish: {connection: broker, routing_key: no-such-queue-of-tests, message: b}\n",
        status: 1,
        told: "",
    },
    Ends {
        what: "an exchange that is missing",
        steps: "- publish: {connection: broker, exchange: no-such-exchange-of-tests, routing_key: a, message: b}\n",
        status: 1,
        told: "",
    },
    Ends {
        what: "a wrong password of a database",
        steps: "- query: {connection: wrong, sql: select 1}\n",
        status: 3,
        told: "",
    },
    Ends {
        what: "a database that is missing",
        steps: "- query: {connection: nodb, sql: select 1}\n",
        status: 3,
        told: "",
    },
    Ends {
        what: "a statement that fails in the middle",
        steps: "- query: {connection: db, statements: [{sql: create table bad (a int)}, {sql: insert into bad values (1)}, {sql: insert into nope values (1)}]}\n",
        status: 1,
        told: "",
    },
    Ends {
        what: "a result that is too large",
        steps: "- query: {connection: db, sql: 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000) select i from n'}\n",
        status: 1,
        told: "",
    },
    Ends {
        what: "a Redis command that is none",
        steps: "- query: {connection: cache, command: [FROBNICATE, a]}\n",
        status: 1,
        told: "",
    },
    Ends {
        what: "too few receivers",
        steps: "- publish: {connection: cache, channel: nobody-listens-in-tests, message: a, min_receivers: 1}\n",
        status: 1,
        told: "",
    },
];

const HEAD: &str = "connections:
  broker: amqp://guest:guest@127.0.0.1:5672
  vhost: amqp://guest:guest@127.0.0.1:5672/no-such-vhost
  guest: amqp://guest:hunter2secret@127.0.0.1:5672
  cache: redis://127.0.0.1:6379
  db: sqlite:bad.db
  wrong: mysql://USER:hunter2secret@127.0.0.1:3306/test
  nodb: mysql://root@127.0.0.1:3306/no_such_database
steps:
";

#[test]
fn services_that_refuse() {
    let user = "bad_inputs_user";
    let sql = |text: &str| output(Command::new("mariadb").args(["-uroot", "-h127.0.0.1", "-e", text]));
    sql(&format!("create or replace user '{user}'@'127.0.0.1' identified by 'right-password'"));
    let judged = std::panic::catch_unwind(|| judge(ROWS, &HEAD.replace("USER", user)));
    sql(&format!("drop user '{user}'@'127.0.0.1'"));
    if let Err(wrong) = judged {
        std::panic::resume_unwind(wrong);
    }
}

#[test]
fn a_queue_with_other_flags_is_left_as_it_is() {
    let queue = format!("bad-inputs-{}", std::process::id());
    let declare =
        |durable: bool| format!("- bind: {{connection: broker, queues: [{{name: {queue}, durable: {durable}}}]}}\n");
    let run = |steps: &str| crate::harness::case::Case::playbook(&format!("{HEAD}{steps}")).apply(&[]);
    run(&declare(true)).exits(0);
    let ran = run(&declare(false));
    run(&format!("- bind: {{connection: broker, state: absent, queues: [{{name: {queue}}}]}}\n")).exits(0);
    assert_eq!(ran.status, 4, "{ran:?}");
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains(&queue) && told.contains("durable") && told.contains("replace: true"), "{told}");
}
