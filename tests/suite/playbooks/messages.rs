use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::world::{Name, amqp_url, apply, rabbit, sees};
use crate::harness::case::Case;

/// What stands in the queues whose names begin so.
fn standing(prefix: &str) -> Vec<String> {
    rabbit(&["list_queues", "name", "messages"], prefix)
}

#[test]
pub fn dead_letters_are_kept_and_have_another_chance() {
    let name = Name::new("letters");
    let (jobs, dead) = (format!("{}.jobs", name.0), format!("{}.dead", name.0));
    // Whatever comes to the queue dies at once.
    let play = format!(
        "connections: {{broker: '{}'}}\nsteps:\n- bind:\n    connection: broker\n    queues:\n    - {{name: {dead}}}\n    - name: {jobs}\n      \
         arguments: {{x-message-ttl: 1, x-dead-letter-exchange: '', x-dead-letter-routing-key: {dead}}}\n",
        amqp_url()
    );
    let case = Case::playbook(&play);
    case.apply(&[]).exits(0);
    sees("amqp-publish", &["-u", &amqp_url(), "-r", &jobs, "-p", "-b", "order 7"]);
    let file = case.path("kept.jsonl").display().to_string();
    let args =
        [format!("broker={}", amqp_url()), format!("queue={dead}"), format!("file={file}"), "chances=2".to_owned()];
    let args: Vec<&str> = args.iter().flat_map(|arg| ["-e", arg.as_str()]).collect();
    for (chance, left) in [("changed", 1), ("skipped", 0)] {
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(standing(&name.0), [format!("{dead}\t1"), format!("{jobs}\t0")]);
        let ran = apply(&case, "dead-letters.yml", &args).exits(0);
        assert_eq!(ran.ends_of("-"), format!("Another chance {chance}, Keep what has died changed"));
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(standing(&name.0), [format!("{dead}\t{left}"), format!("{jobs}\t0")]);
    }
    let kept: Vec<Value> =
        case.read("kept.jsonl").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let bodies: Vec<&Value> = kept.iter().map(|letter| &letter["body"]).collect();
    assert_eq!(bodies, ["order 7", "order 7"]);
}

#[test]
pub fn workers_that_are_asked_answer() {
    let (case, name) = (Case::new(), Name::new("call"));
    let channel = &name.0;
    let worker = |worker: &str| {
        let script = format!(
            "timeout 60 redis-cli --csv subscribe {channel} | while read -r line; do case \"$line\" in \
             *'\"message\"'*) redis-cli publish {channel}.{worker} {worker}; break;; esac; done"
        );
        Command::new("sh").args(["-c", &script]).stdout(Stdio::null()).spawn().expect("a worker")
    };
    let workers = ["anna", "bert"].map(worker);
    while sees("redis-cli", &["pubsub", "numsub", channel]).trim().lines().last() != Some("2") {
        std::thread::sleep(Duration::from_millis(20));
    }
    let ran = apply(&case, "roll-call.yml", &["-e", &format!("channel={channel}")]).exits(0);
    assert_eq!(ran.end("-", "Who is there?")["result"]["count"], 2);
    assert!(ran.stdout.contains("anna, bert"), "{}", ran.stdout);
    // Each ends when its next line finds nobody: the channel is told once more.
    sees("redis-cli", &["publish", channel, "goodbye"]);
    for mut worker in workers {
        worker.wait().expect("an end");
    }
}
