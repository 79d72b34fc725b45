//! Brokers and databases that refuse: the words a person sees, and never a password.

use std::process::Command;

use super::running::{Ends, judge};
use crate::harness::rabbitmq::output;

const ROWS: &[Ends] = &[
    Ends {
        what: "a vhost that is missing",
        steps: "- publish: {connection: vhost, routing_key: a, message: b}\n",
        status: 3,
        told: r#"unreachable: RabbitMQ at 127.0.0.1:5672 has no virtual host `no-such-vhost`
  the virtual host is the last part of the URL (`%2f` is `/`); `rabbitmqctl add_vhost` makes one
  play.yml:10:3
"#,
    },
    Ends {
        what: "a wrong password of a broker",
        steps: "- publish: {connection: guest, routing_key: a, message: b}\n",
        status: 3,
        told: r#"unreachable: RabbitMQ at 127.0.0.1:5672 refused the login: Login was refused using authentication mechanism PLAIN. For details see the broker logfile.
  check user and password in the connection's URL; `guest` may log in from the broker's own machine only
  play.yml:10:3
"#,
    },
    Ends {
        what: "no route",
        steps: "- publish: {connection: broker, routing_key: no-such-queue-of-tests, message: b}\n",
        status: 1,
        told: r#"failed: 1 of 1 message published to the default exchange with routing key `no-such-queue-of-tests` reached no queue and came back
  bind a queue to it with a `bind` step, or say `mandatory: false`
  play.yml:10:3
"#,
    },
    Ends {
        what: "an exchange that is missing",
        steps: "- publish: {connection: broker, exchange: no-such-exchange-of-tests, routing_key: a, message: b}\n",
        status: 1,
        told: r#"failed: RabbitMQ answered: no exchange 'no-such-exchange-of-tests' in vhost '/'
  a `bind` step before this one makes it
  play.yml:10:3
"#,
    },
    Ends {
        what: "a wrong password of a database",
        steps: "- query: {connection: wrong, sql: select 1}\n",
        status: 3,
        told: r#"unreachable: cannot connect to `wrong` (MySQL at 127.0.0.1:3306): Access denied for user 'bad_inputs_user'@'127.0.0.1' (using password: YES) (1045)
  check user and password
  play.yml:10:3
"#,
    },
    Ends {
        what: "a database that is missing",
        steps: "- query: {connection: nodb, sql: select 1}\n",
        status: 3,
        told: r#"unreachable: cannot connect to `nodb` (MySQL at 127.0.0.1:3306): Unknown database 'no_such_database' (1049)
  check the database's name, and whether the user may use it
  play.yml:10:3
"#,
    },
    Ends {
        what: "a statement that fails in the middle",
        steps: "- query: {connection: db, statements: [{sql: create table bad (a int)}, {sql: insert into bad values (1)}, {sql: insert into nope values (1)}]}\n",
        status: 1,
        told: r#"failed: statement 3 of 3: no such table: nope (1) (nothing was changed)
  -
  play.yml:10:3
"#,
    },
    Ends {
        what: "a result that is too large",
        steps: "- query: {connection: db, sql: 'with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000) select i from n'}\n",
        status: 1,
        told: r#"failed: the result is too large to keep: more than 1000000 rows or 64 MiB
  stream it to a file with `save`, or take a part with `fetch: many` and `limit`
  play.yml:10:3
"#,
    },
    Ends {
        what: "a Redis command that is none",
        steps: "- query: {connection: cache, command: [FROBNICATE, a]}\n",
        status: 1,
        told: r#"failed: Redis at 127.0.0.1:6379 answered: ERR unknown command 'FROBNICATE', with args beginning with: 'a' 
  -
  play.yml:10:3
"#,
    },
    Ends {
        what: "too few receivers",
        steps: "- publish: {connection: cache, channel: nobody-listens-in-tests, message: a, min_receivers: 1}\n",
        status: 1,
        told: r#"failed: the message reached 0 subscribers of channel `nobody-listens-in-tests`, and `min_receivers` is 1
  is the subscriber running, and on this channel?
  play.yml:10:3
"#,
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
