use super::world::{Name, amqp_url, apply, rabbit, sees};
use crate::harness::case::Case;

#[test]
pub fn a_topology_is_made_once() {
    let (case, name) = (Case::new(), Name::new("topo"));
    let p = format!("{}.", name.0);
    let prefix = format!("prefix={p}");
    let broker = format!("broker={}", amqp_url());
    let args = ["-e", &prefix, "-e", &broker];
    for outcome in ["changed", "ok"] {
        let ran = apply(&case, "topology.yml", &args).exits(0);
        let expected = format!("Where refused messages go {outcome}, Orders and who reads them {outcome}");
        assert_eq!(ran.ends_of("-"), expected);
        assert_eq!(
            rabbit(&["list_queues", "name", "durable", "arguments"], &p),
            [
                format!("{p}audit\ttrue\t[]"),
                format!("{p}billing\ttrue\t[{{\"x-dead-letter-exchange\",\"{p}dead\"}}]"),
                format!("{p}dead\ttrue\t[]"),
                format!("{p}shipping\ttrue\t[{{\"x-message-ttl\",86400000}}]"),
            ]
        );
        let bindings = rabbit(&["list_bindings", "source_name", "destination_name", "routing_key"], &p);
        let named: Vec<&String> = bindings.iter().filter(|line| line.starts_with(&p)).collect();
        assert_eq!(
            named,
            [
                &format!("{p}audit\t{p}audit\t"),
                &format!("{p}dead\t{p}dead\t"),
                &format!("{p}orders\t{p}audit\t#"),
                &format!("{p}orders\t{p}billing\torder.changed"),
                &format!("{p}orders\t{p}billing\torder.created"),
                &format!("{p}orders\t{p}shipping\torder.paid"),
            ]
        );
    }
}

#[test]
fn a_queue_with_other_flags_is_refused_before_anything_is_touched() {
    let (case, name) = (Case::new(), Name::new("topo"));
    let shipping = format!("{}.shipping", name.0);
    sees("amqp-declare-queue", &["-u", &amqp_url(), "-d", "-q", &shipping]);
    let (prefix, broker) = (format!("prefix={}.", name.0), format!("broker={}", amqp_url()));
    let ran = apply(&case, "topology.yml", &["-e", &prefix, "-e", &broker]).exits(4);
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains("x-message-ttl") && told.contains(&shipping), "{told}");
    assert_eq!(rabbit(&["list_exchanges", "name"], &name.0), Vec::<String>::new());
    assert_eq!(rabbit(&["list_queues", "name", "arguments"], &name.0), [format!("{shipping}\t[]")]);
}

#[test]
fn what_an_earlier_step_changes_is_no_objection() {
    let name = Name::new("topo");
    let queue = format!("{}.jobs", name.0);
    sees("amqp-declare-queue", &["-u", &amqp_url(), "-d", "-q", &queue]);
    let play = format!(
        "connections: {{broker: '{}'}}\nsteps:\n\
         - bind: {{connection: broker, state: absent, queues: [{{name: {queue}}}]}}\n\
         - bind: {{connection: broker, queues: [{{name: {queue}, arguments: {{x-message-ttl: 1000}}}}]}}\n",
        amqp_url()
    );
    let case = Case::playbook(&play);
    // Nothing is known of the second step before the first one has run: `--check` skips it.
    assert!(case.apply(&["--check"]).exits(0).ends_of("-").ends_with("skipped"));
    case.apply(&["--yes"]).exits(0);
    assert_eq!(
        rabbit(&["list_queues", "name", "arguments"], &name.0),
        [format!("{queue}\t[{{\"x-message-ttl\",1000}}]")]
    );
}
