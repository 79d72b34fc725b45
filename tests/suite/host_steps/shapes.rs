//! The walks over a shape.

use std::sync::Arc;

use runbook::connection::Kind;
use runbook::diagnostic::{Problems, Source};
use runbook::step::{Field, Shape, TYPES, conform, judge, schema};
use runbook::template::Sink;
use serde_json::{Value, json};

const SHAPE: Shape = Shape::Record(&[
    Field { required: true, ..Field::new("name", Shape::Text(Sink::Name), "The name.") },
    Field::new("path", Shape::Text(Sink::Path), "A path."),
    Field::new("count", Shape::Integer { min: 1, max: 9 }, "How many."),
    Field { default: Some("2"), ..Field::new("least", Shape::Integer { min: 0, max: i64::MAX }, "At least.") },
    Field::new("ratio", Shape::Number, "A ratio."),
    Field::new("durable", Shape::Boolean, "Durable."),
    Field::new("delay", Shape::Duration, "A delay."),
    Field::new("mode", Shape::Mode, "A mode."),
    Field::new("any", Shape::Any(Sink::Payload), "Anything."),
    Field::new("list", Shape::List(&Shape::Text(Sink::Argument)), "A list."),
    Field::new("map", Shape::Map(&Shape::Integer { min: 0, max: 9 }), "A mapping."),
    Field::new("many", Shape::OneOf(&[Shape::Choice(&["all"]), Shape::Integer { min: 1, max: 9 }]), "How many."),
    Field::new("fetch", Shape::Choice(&["all", "one", "none"]), "What."),
    Field::new("connection", Shape::Connection(&[Kind::Redis]), "Which."),
    Field::new("that", Shape::Expressions, "What must hold."),
    Field::new("ready", Shape::Steps, "Steps."),
]);

fn judged(text: &str) -> Vec<(String, String)> {
    let source = Arc::new(Source::new("row", text));
    let node = runbook::yaml::parse(&source).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
    let mut problems = Problems::default();
    judge(&SHAPE, &node, &mut problems);
    let told = |p: &runbook::diagnostic::Problem| format!("{} ({})", p.message, p.hint.clone().unwrap_or_default());
    let place = |p: &runbook::diagnostic::Problem| {
        p.place.as_ref().map(|place| source.text[place.start..place.end].to_owned()).unwrap_or_default()
    };
    problems.iter().map(|problem| (told(problem), place(problem))).collect()
}

#[test]
fn good_values() {
    let rows = [
        "{ name: a }",
        "{ name: 12, path: /a b, count: 9, ratio: 1.5, durable: true, delay: 1m30s, mode: \"0644\" }",
        "{ name: '', any: null, list: [], map: {}, many: all, fetch: one, connection: cache, that: [a > 1, true] }",
        "{ name: a, list: [a, 1, true], map: { x: 1 }, many: 3, that: a, ready: [{ exec: a }], mode: '755' }",
        "{ name: '{{ a }}', count: '{{ a }}', ratio: '{{ a }}', durable: '{{ a }}', delay: '{{ a }}', mode: '{{ a }}' }",
        "{ name: a, list: '{{ a }}', map: '{{ a }}', many: '{{ a }}', fetch: '{{ a }}', path: '{% if a %}b{% endif %}' }",
    ];
    for text in rows {
        assert_eq!(judged(text), [], "{text}");
    }
}

#[test]
fn bad_values() {
    let rows = [
        ("{ nam: a, name: b }", "unknown key `nam` (did you mean `name`?)", "nam"),
        ("{ name: b, zzz: 1 }", "unknown key `zzz` (known here: `name`, `path`", "zzz"),
        ("{ path: /a }", "`name` is missing (`name`: The name.)", "{ path: /a }"),
        ("{ name: }", "`name` has no value (expected a text, or leave the key out)", "name"),
        ("{ name: [a] }", "expected a text, found a list", "[a]"),
        ("{ name: 1.10 }", "this is read as the number 1.1 (write it quoted: \"1.10\")", "1.10"),
        ("{ name: a, path: ' ' }", "a path must not be empty", "' '"),
        ("{ name: a, count: 0 }", "expected a number from 1 to 9, found 0", "0"),
        ("{ name: a, least: -1 }", "expected at least 0, found -1", "-1"),
        ("{ name: a, count: 1.5 }", "expected a whole number, found 1.5", "1.5"),
        ("{ name: a, count: '3' }", "expected a whole number, found a text (write it without quotes", "'3'"),
        ("{ name: a, durable: 'yes' }", "expected true or false, found a text", "'yes'"),
        ("{ name: a, delay: 5 }", "a duration needs a unit (write a number with ms, s, m, h or d, such as `5s`)", "5"),
        ("{ name: a, delay: 5x }", "this is no duration", "5x"),
        ("{ name: a, mode: 0644 }", "a mode must be quoted (write it quoted: \"0644\")", "0644"),
        ("{ name: a, mode: 644 }", "a mode must be quoted (write it quoted: \"644\")", "644"),
        ("{ name: a, mode: u+x }", "this is no mode", "u+x"),
        ("{ name: a, mode: '0999' }", "this is no mode", "'0999'"),
        ("{ name: a, list: b }", "expected a list, found a text (put it in brackets", "b"),
        ("{ name: a, list: { b: 1 } }", "expected a list, found a mapping", "{ b: 1 }"),
        ("{ name: a, map: [b] }", "expected a mapping, found a list", "[b]"),
        ("{ name: a, map: { x: y } }", "expected a whole number, found a text", "y"),
        ("{ name: a, many: al }", "expected one of `all`, found `al` (did you mean `all`?)", "al"),
        ("{ name: a, many: [1] }", "expected one of `all` or a whole number, found a list", "[1]"),
        ("{ name: a, fetch: on }", "expected one of `all`, `one`, `none`, found `on` (did you mean `one`?)", "on"),
        ("{ name: a, connection: '{{ a }}' }", "the name of a connection is never computed", "'{{ a }}'"),
        ("{ name: a, that: '{{ a }}' }", "an expression stands bare (leave out the `{{ }}`)", "'{{ a }}'"),
        ("{ name: a, that: ['{{ a }}'] }", "an expression stands bare", "'{{ a }}'"),
        ("{ name: a, that: [[a]] }", "expected an expression, found a list", "[a]"),
        ("{ name: a, ready: '{{ a }}' }", "steps are written out, never computed", "'{{ a }}'"),
        ("a", "expected a mapping, found a text", "a"),
    ];
    for (text, told, place) in rows {
        let found = judged(text);
        assert!(found.len() == 1 && found[0].0.contains(told) && found[0].1 == place, "{text}: {found:?}");
    }
}

#[test]
fn resolved_values() {
    let name = |more: Value| {
        let mut value = json!({ "name": "a" });
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        value
    };
    let rows = [
        (json!({ "delay": "1m30s" }), Ok(json!({ "delay": 90.0 }))),
        (json!({ "delay": 90 }), Err(("delay", "a duration needs a unit"))),
        (json!({ "mode": "0644" }), Ok(json!({ "mode": 0o644 }))),
        (json!({ "mode": "4755" }), Ok(json!({ "mode": 0o4755 }))),
        (json!({ "mode": 644 }), Err(("mode", "expected a mode, found a number"))),
        (json!({ "mode": "99" }), Err(("mode", "`99` is no mode"))),
        (json!({ "path": 12 }), Ok(json!({ "path": "12" }))),
        (json!({ "path": "a\u{0}b" }), Err(("path", "must not hold a NUL"))),
        (json!({ "path": "" }), Err(("path", "must not be empty"))),
        (json!({ "path": { "a": 1 } }), Err(("path", "expected a text, found a mapping"))),
        (
            json!({ "count": "3", "ratio": "1.5", "durable": "true" }),
            Ok(json!({ "count": 3, "ratio": 1.5, "durable": true })),
        ),
        (json!({ "count": 10 }), Err(("count", "from 1 to 9, found 10"))),
        (json!({ "count": "x" }), Err(("count", "expected a whole number, found a text"))),
        (json!({ "count": null, "any": null }), Ok(json!({ "any": null }))),
        (json!({ "list": ["a", 1, false] }), Ok(json!({ "list": ["a", "1", "false"] }))),
        (json!({ "list": ["a", []] }), Err(("list[1]", "expected a text, found a list"))),
        (json!({ "map": { "x": 10 } }), Err(("map.x", "from 0 to 9, found 10"))),
        (json!({ "many": "all" }), Ok(json!({ "many": "all" }))),
        (json!({ "many": 4 }), Ok(json!({ "many": 4 }))),
        (json!({ "many": 40 }), Err(("many", "from 1 to 9, found 40"))),
        (json!({ "many": [] }), Err(("many", "expected one of `all` or a whole number, found a list"))),
        (json!({ "fetch": "two" }), Err(("fetch", "found `two`"))),
        (json!({ "other": 1 }), Err(("other", "unknown key `other`"))),
        (json!({ "that": [{ "text": "a", "value": true }] }), Ok(json!({ "that": [{ "text": "a", "value": true }] }))),
    ];
    for (value, expected) in rows {
        match (conform(&SHAPE, name(value.clone())), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, name(expected), "{value}"),
            (Err((path, message)), Err((at, part))) => {
                assert!(path == at && message.contains(part), "{value}: {path}: {message}");
            }
            (found, _) => panic!("{value}: {found:?}"),
        }
    }
    assert_eq!(conform(&SHAPE, json!({})), Err((String::new(), "`name` is missing".to_owned())));
}

#[test]
fn schemas() {
    let whole = schema(&SHAPE)["anyOf"][0].clone();
    assert_eq!(whole["additionalProperties"], false);
    assert_eq!(whole["required"], json!(["name"]));
    let template = json!({ "type": "string", "pattern": "\\{[{%]" });
    assert_eq!(schema(&SHAPE)["anyOf"][1], template);
    let rows = [
        ("name", json!({ "type": ["string", "number", "boolean"], "description": "The name." })),
        (
            "count",
            json!({ "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 9 }, template], "description": "How many." }),
        ),
        (
            "least",
            json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, template], "description": "At least.", "default": 2 }),
        ),
        ("any", json!({ "description": "Anything." })),
        ("ready", json!({ "$ref": "#/$defs/steps", "description": "Steps." })),
    ];
    for (key, expected) in rows {
        assert_eq!(whole["properties"][key], expected, "{key}");
    }
}

#[test]
fn every_type_is_described() {
    for kind in TYPES {
        let schema = schema(&kind.shape);
        assert!(schema.is_object() && kind.summary.ends_with('.'), "{}", kind.name);
        assert!(kind.results.iter().all(|field| field.doc.ends_with('.')), "{}", kind.name);
    }
}
