//! Ansible's words for what has another name here, so that an error can say which.

const KEYS: &[(&str, &str)] = &[
    ("tasks", "steps"),
    ("pre_tasks", "steps"),
    ("post_tasks", "steps"),
    ("with_items", "loop"),
    ("with_list", "loop"),
    ("ignore_unreachable", "rescue"),
    ("strategy", "-f"),
    ("choices", "enum"),
    ("gather_facts", "host.facts"),
    ("any_errors_fatal", "max_fail_percentage"),
    ("remote_user", "ansible_user"),
    ("vars_prompt", "inputs"),
    ("check_mode", "--check"),
    ("local_action", "delegate_to"),
    ("roles", "include"),
    ("async", "timeout"),
];

const TYPES: &[(&str, &str)] = &[
    ("shell", "exec"),
    ("command", "exec"),
    ("script", "exec"),
    ("raw", "exec"),
    ("systemd", "exec"),
    ("service", "exec"),
    ("copy", "put"),
    ("template", "put"),
    ("synchronize", "put"),
    ("fetch", "get"),
    ("debug", "log"),
    ("set_fact", "set"),
    ("uri", "http"),
    ("get_url", "http"),
    ("wait_for", "wait"),
    ("pause", "confirm"),
    ("fail", "assert"),
    ("stat", "exec"),
    ("meta", "flush_handlers"),
    ("import_tasks", "include"),
    ("import_role", "include"),
    ("include_role", "include"),
    ("import_playbook", "include"),
    ("include_tasks", "include"),
    ("rabbitmq_publish", "publish"),
    ("mysql_query", "query"),
    ("postgresql_query", "query"),
];

/// What `word` is called here: a key, or a step type (with or without its collection's name).
pub fn ours(word: &str) -> Option<&'static str> {
    let short = word.rsplit('.').next().unwrap_or(word);
    KEYS.iter().chain(TYPES).find(|(theirs, _)| *theirs == short).map(|(_, ours)| *ours)
}
