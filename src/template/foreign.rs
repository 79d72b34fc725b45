//! Names that Ansible has and that are called otherwise here, or have no counterpart.

const FACTS: &[(&str, &str)] = &[
    ("ansible_facts", "host.facts"),
    ("ansible_system", "host.facts.os"),
    ("ansible_distribution", "host.facts.distribution"),
    ("ansible_distribution_version", "host.facts.version"),
    ("ansible_distribution_major_version", "host.facts.version"),
    ("ansible_os_family", "host.facts.distribution"),
    ("ansible_kernel", "host.facts.kernel"),
    ("ansible_architecture", "host.facts.architecture"),
    ("ansible_machine", "host.facts.architecture"),
    ("ansible_hostname", "host.facts.hostname"),
    ("ansible_nodename", "host.facts.hostname"),
    ("ansible_processor_nproc", "host.facts.cpus"),
    ("ansible_processor_vcpus", "host.facts.cpus"),
    ("ansible_memtotal_mb", "host.facts.memory"),
    ("ansible_default_ipv4", "host.facts.addresses"),
    ("ansible_all_ipv4_addresses", "host.facts.addresses"),
    ("ansible_all_ipv6_addresses", "host.facts.addresses"),
    ("ansible_play_hosts", "hosts"),
    ("ansible_play_batch", "hosts"),
    ("ansible_check_mode", "run.check"),
    ("ansible_env", "env"),
    ("ansible_failed_task", "failed.step"),
    ("ansible_failed_result", "failed.result"),
];

/// What to write in place of what has no counterpart.
const ADVICE: &[(&str, &str)] = &[
    ("lookup", LOOKUP),
    ("query", LOOKUP),
    ("q", LOOKUP),
    ("now", "`run.started` is when the run began"),
    ("omit", "leave the key out; where it is wanted for some only, write two steps with `when`"),
];
/// Of `lookup`, under all its names.
const LOOKUP: &str =
    "the environment is `env.NAME`; `vars_files` reads files, and `secrets` what files and commands give away";

/// What to do where there is no such name or function.
pub(super) fn advice(name: &str) -> Option<&'static str> {
    ADVICE.iter().find(|(theirs, _)| *theirs == name).map(|(_, advice)| *advice)
}

/// What a name of Ansible's is called here.
pub(super) fn ours(name: &str) -> Option<&'static str> {
    FACTS.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours)
}
