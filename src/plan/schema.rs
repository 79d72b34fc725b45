//! The JSON Schema of a playbook, for editors: the frame from here, the steps from the table of step types.
//!
//! Out: a document (2020-12). It is as strict as a schema can be; what hangs on several keys together, on names and on
//! templates is told by `validate`.

use serde_json::{Map, Value, json};

use crate::connection::Kind;
use crate::step::{self, Field, Shape, mapping_schema};
use crate::template::Sink;

const TEXT: Shape = Shape::Text(Sink::Plain);
const TEXTS: Shape = Shape::OneOf(&[TEXT, Shape::List(&TEXT)]);
const VARS: Shape = Shape::Map(&Shape::Any(Sink::Plain));
const ENVIRONMENT: Shape = Shape::Map(&Shape::Text(Sink::Payload));
const SHARE: Shape = Shape::OneOf(&[Shape::Integer { min: 1, max: i64::MAX }, TEXT]);

/// What steps, blocks and plays have in common.
const SHARED: &[Field] = &[
    Field::new("name", TEXT, "What people read."),
    Field::new(
        "when",
        Shape::Expressions,
        "Run only where this holds: a bare expression, or a list that must all hold.",
    ),
    Field::new("vars", VARS, "Variables."),
    Field::new("environment", ENVIRONMENT, "Environment variables of commands."),
    Field::new("tags", TEXTS, "Words that --tags and --skip-tags select by."),
    Field::new("become", Shape::Boolean, "Run as another user (sudo)."),
    Field::new("become_user", TEXT, "As whom; root by default."),
    Field::new("timeout", Shape::Duration, "Past it what runs is stopped, and fails."),
    Field::new("no_log", Shape::Boolean, "Keep arguments and results out of every output."),
];

/// The other common keys of a step.
const COMMON: &[Field] = &[
    Field::new("register", TEXT, "Keep the result under this name."),
    Field::new(
        "loop",
        Shape::OneOf(&[TEXT, Shape::List(&Shape::Any(Sink::Plain))]),
        "Once for each item: a list, or a bare expression that gives one.",
    ),
    Field::new("retries", Shape::Integer { min: 0, max: i64::MAX }, "Try again up to so many times."),
    Field::new("delay", Shape::Duration, "The pause between two attempts."),
    Field::new("until", Shape::Expressions, "Try again until this holds."),
    Field::new("ignore_errors", Shape::Boolean, "Report a failure, and go on."),
    Field::new("changed_when", Shape::Expressions, "Whether the step changed something."),
    Field::new("failed_when", Shape::Expressions, "Whether the step failed."),
    Field::new("notify", TEXTS, "Handlers to run at the end of the batch if this step changed something."),
    Field::new("throttle", Shape::Integer { min: 1, max: i64::MAX }, "At most so many hosts at a time."),
    Field::new("each_host", Shape::Boolean, "Run a service step once for each host of the play."),
    Field::new("delegate_to", TEXT, "Run a host step on this host instead."),
    Field::new("run_once", Shape::Boolean, "Run once for all hosts of the batch."),
    Field::new("class", Shape::Choice(&["read", "converge"]), "What the step is, where it cannot be seen."),
];

/// The keys that make a structure of steps.
const STRUCTURE: &[Field] = &[
    Field::new("block", Shape::Steps, "Steps that belong together."),
    Field::new("parallel", Shape::List(&Shape::Steps), "Lists of steps that run at the same time."),
    Field::new("include", TEXT, "A file with steps, relative to this one."),
];

/// What goes with `block`.
const ENDS: &[Field] = &[
    Field::new("rescue", Shape::Steps, "Where a host goes that fails in the block."),
    Field::new("always", Shape::Steps, "What runs in every case."),
];

/// The other keys of a play.
const PLAY: &[Field] = &[
    Field::new("hosts", TEXTS, "Which hosts: a pattern. Without it, the play runs on the control machine only."),
    Field::new(
        "serial",
        Shape::OneOf(&[SHARE, Shape::List(&SHARE)]),
        "How many hosts at a time: a number, a percentage, or a list of them.",
    ),
    Field::new(
        "max_fail_percentage",
        Shape::OneOf(&[Shape::Number, TEXT]),
        "The rollout stops when more than this share of the hosts has failed.",
    )
    .default("0"),
    Field::new("vars_files", Shape::List(&TEXT), "Files of variables."),
    Field::new("steps", Shape::Steps, "What is done, in order."),
    Field::new("handlers", Shape::Steps, "Steps that `notify` calls by name."),
];

/// The document.
pub fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "runbook playbook",
        "type": "object",
        "properties": file(),
        "additionalProperties": false,
        "oneOf": [{ "required": ["plays"] }, { "required": ["steps"] }],
        "$defs": {
            "play": play(),
            "steps": { "type": "array", "items": { "$ref": "#/$defs/step" } },
            "step": { "anyOf": [{ "const": "flush_handlers" }, one_step()] },
            "input": input(),
            "secret": secret(),
            "connection": connection(),
        },
    })
}

/// A mapping's keys.
fn properties(fields: &[&[Field]]) -> Map<String, Value> {
    match mapping_schema(&fields.concat()).get_mut("properties") {
        Some(Value::Object(map)) => std::mem::take(map),
        _ => Map::new(),
    }
}

fn described(description: &str, mut schema: Value) -> Value {
    schema["description"] = description.into();
    schema
}

fn each(description: &str, definition: &str) -> Value {
    let items = json!({ "$ref": format!("#/$defs/{definition}") });
    described(description, json!({ "type": "object", "additionalProperties": items }))
}

fn file() -> Map<String, Value> {
    let plays = json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/play" } });
    let own = [
        ("lock", described("One run of this name at a time.", json!({ "type": "string" }))),
        ("inputs", each("Typed parameters, given with -e.", "input")),
        ("secrets", each("Values that are never shown.", "secret")),
        ("connections", each("Brokers and databases, by name.", "connection")),
        ("plays", described("The plays; a file with one play may have its keys here instead.", plays)),
    ];
    let mut all = properties(&[SHARED, PLAY]);
    all.extend(own.map(|(key, schema)| (key.to_owned(), schema)));
    all
}

fn play() -> Value {
    let mut out = mapping_schema(&[SHARED, PLAY].concat());
    out["required"] = json!(["steps"]);
    out
}

/// A step has exactly one key that says what it is.
fn one_step() -> Value {
    let mut all = properties(&[SHARED, COMMON, STRUCTURE, ENDS]);
    let mut kinds: Vec<&str> = STRUCTURE.iter().map(|field| field.key).collect();
    for kind in step::TYPES {
        all.insert(kind.name.to_owned(), described(kind.summary, step::schema(&kind.shape)));
        kinds.push(kind.name);
    }
    all.insert("flush_handlers".to_owned(), json!({ "description": "Run the notified handlers now." }));
    kinds.push("flush_handlers");
    let one: Vec<Value> = kinds.iter().map(|kind| json!({ "required": [kind] })).collect();
    json!({
        "type": "object",
        "properties": all,
        "additionalProperties": false,
        "oneOf": one,
        "dependentRequired": { "rescue": ["block"], "always": ["block"] },
    })
}

fn input() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": {
                "enum": ["string", "integer", "number", "boolean", "list", "map"],
                "default": "string",
                "description": "What it takes.",
            },
            "required": { "type": "boolean", "default": false, "description": "It must be given." },
            "default": { "description": "What it is where it is not given." },
            "enum": { "type": "array", "description": "The values it may have." },
            "pattern": { "type": "string", "description": "A regular expression that a text must match, whole." },
            "min": { "type": "number", "description": "Least value, or least length." },
            "max": { "type": "number", "description": "Greatest value, or greatest length." },
            "description": { "type": "string", "description": "What it is for." },
        },
        "additionalProperties": false,
    })
}

fn secret() -> Value {
    let command = json!({ "type": "array", "minItems": 1, "items": { "type": ["string", "number", "boolean"] } });
    json!({
        "type": "object",
        "properties": {
            "env": { "type": "string", "description": "A variable of the environment." },
            "file": { "type": "string", "description": "A file, relative to the playbook." },
            "age": { "type": "string", "description": "A file that age has encrypted, relative to the playbook." },
            "command": described("A program and its arguments: what it prints.", command),
        },
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 1,
    })
}

fn connection() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let number = |least: u32, description: &str| {
        let written = json!({ "type": "string", "pattern": "^[0-9]+$|\\{[{%]" });
        described(description, json!({ "anyOf": [{ "type": "integer", "minimum": least }, written] }))
    };
    let kinds: Vec<&str> = Kind::SCHEMES.into_iter().filter(|scheme| Kind::of_scheme(scheme).is_some()).collect();
    let fields = json!({
        "type": "object",
        "properties": {
            "url": text("The URL; its scheme gives the kind."),
            "kind": { "enum": kinds, "description": "The kind, where there is no URL." },
            "host": described("The host.", json!({ "type": "string", "default": "127.0.0.1" })),
            "port": number(1, "The port; the system's own by default."),
            "user": text("The user."),
            "password": { "type": ["string", "number"], "description": "The password." },
            "database": text("The database; of SQLite, the file."),
            "vhost": text("RabbitMQ: the virtual host."),
            "management": text("RabbitMQ: the URL of the management API."),
            "pool": number(1, "SQL: how many connections are kept; 5 by default."),
            "via": text("The host of the inventory through whose SSH connection it is reached."),
            "overflow": number(0, "SQL: how many more may be open for a moment; 5 by default."),
        },
        "additionalProperties": false,
        "anyOf": [{ "required": ["url"] }, { "required": ["kind"] }],
    });
    json!({ "anyOf": [text("A URL; its scheme gives the kind."), fields] })
}
