//! Ansible's words for what has another name here, so that an error can say which.

const KEYS: &[(&str, &str)] = &[
    ("tasks", "steps"),
    ("pre_tasks", "steps"),
    ("post_tasks", "steps"),
    ("with_items", "loop"),
    ("with_list", "loop"),
    ("ignore_unreachable", "rescue"),
    ("choices", "enum"),
    ("any_errors_fatal", "max_fail_percentage"),
    ("vars_prompt", "inputs"),
    ("local_action", "delegate_to"),
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

/// What to do where there is no such key.
const ADVICE: &[(&str, &str)] = &[
    ("gather_facts", "leave it out: facts are gathered where `host.facts` is used"),
    ("roles", "include a file of steps, which may have `inputs`: `- include: FILE`"),
    ("remote_user", "set `ansible_user` in the inventory"),
    ("connection", "set `ansible_connection` in the inventory"),
    ("become_method", "leave it out: steps become another user by sudo"),
    ("check_mode", "`--check` holds for a whole run"),
    ("strategy", "leave it out: hosts wait for one another at service steps only"),
    ("listen", "`notify` takes a list of handlers"),
    ("loop_control", "the item is `item`, its number `loop.index0`"),
    ("args", "write the parameters under the step type"),
    ("async", "`parallel` runs steps at the same time, `timeout` bounds them"),
    ("poll", "`parallel` runs steps at the same time, `timeout` bounds them"),
];

/// What to do about a key of Ansible's that has no counterpart.
pub fn advice(word: &str) -> Option<&'static str> {
    ADVICE.iter().find(|(theirs, _)| *theirs == word).map(|(_, advice)| *advice)
}

/// What `word` is called here: a key, or a step type (with or without its collection's name).
pub fn ours(word: &str) -> Option<&'static str> {
    let short = word.rsplit('.').next().unwrap_or(word);
    KEYS.iter().chain(TYPES).find(|(theirs, _)| *theirs == short).map(|(_, ours)| *ours)
}
