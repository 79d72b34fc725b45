//! What is generated from the tables of step types and of filters: `docs/steps.md`, `docs/filters.md` and the schemas are as the program has it.
//! With `RUNBOOK_BLESS=1` they are written anew.

mod page;
mod schemas;
mod words;

use std::collections::BTreeSet;
use std::path::Path;

use runbook::diagnostic::{Problems, Source, render};
use runbook::playbook::{self, Body};
use runbook::secret::vault::Keyring;
use runbook::step::{Field, Shape, TYPES, conform, find, judge, vocabulary};

use crate::harness::case::{Case, root};

/// The file holds this text; or it is made to.
fn compare(path: &str, text: &str) {
    let path = root().join(path);
    if std::env::var_os("RUNBOOK_BLESS").is_some() {
        std::fs::write(&path, text).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let first = kept.lines().zip(text.lines()).find(|(kept, new)| kept != new);
    let hint = "run the test with RUNBOOK_BLESS=1 and look at what has changed";
    assert!(kept == text, "{} is not up to date: {first:?}; {hint}", path.display());
}

#[test]
fn the_pages_are_up_to_date() {
    compare("docs/steps.md", &page::render());
    compare("docs/filters.md", &words::page());
}

#[test]
fn the_schema_is_up_to_date_and_printed() {
    for of in ["playbook", "inventory"] {
        let ran = Case::new().run(&["schema", of]).exits(0);
        compare(&format!("schemas/{of}.json"), &ran.stdout);
    }
}

/// Every key that the program knows on a step, a play and a file is in the schema, and no other.
#[test]
fn the_schema_has_the_keys_that_are_taken() {
    let schema = runbook::plan::schema();
    let keys = |pointer: &str| -> Vec<String> {
        let found = schema.pointer(pointer).and_then(|found| found.as_object()).expect("properties");
        found.keys().cloned().collect()
    };
    let mut wrong = Vec::new();
    let rows = [
        ("/$defs/step/anyOf/1/properties", "steps:\n  - log: x\n    KEY: [{}]\n"),
        ("/$defs/play/properties", "plays:\n  - steps: [ { log: x } ]\n    KEY: [{}]\n"),
        ("/properties", "steps: [ { log: x } ]\nKEY: [{}]\n"),
        ("/$defs/input/properties", "inputs: { a: { KEY: [{}] } }\nsteps: [ { log: x } ]\n"),
        ("/$defs/secret/properties", "secrets: { a: { KEY: [{}] } }\nsteps: [ { log: x } ]\n"),
    ];
    for (pointer, frame) in rows {
        let known = keys(pointer);
        for key in known.iter().map(String::as_str).chain(["nonsense"]) {
            let told = load_text(&frame.replace("KEY", key)).map_or_else(|told| told, |()| String::new());
            let is_unknown = told.contains(&format!("unknown key `{key}`"));
            if is_unknown != (key == "nonsense") {
                wrong.push(format!("{pointer}: {key}: {told}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let sorted = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>();
    let set = |pointer| keys(pointer).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(set("/$defs/secret/properties"), sorted(playbook::SECRET_KEYS));
    assert_eq!(set("/$defs/connection/anyOf/1/properties"), sorted(&runbook::plan::CONNECTION_KEYS));
}

fn load_text(text: &str) -> Result<(), String> {
    let case = Case::playbook(text);
    let vocabulary = vocabulary();
    playbook::load(&case.path("play.yml"), &vocabulary, &Keyring::default())
        .whole()
        .map(|_| ())
        .map_err(|problems| render(&problems))
}

#[test]
fn examples_are_steps_of_their_type() {
    let vocabulary = vocabulary();
    let mut wrong = Vec::new();
    for kind in TYPES {
        let source = Source::new(kind.name, kind.example);
        let tree = runbook::yaml::parse(&source.into()).expect("an example is YAML");
        let (steps, _) =
            playbook::steps(&tree, Path::new("."), &vocabulary, &Keyring::default()).unwrap_or_else(|found| {
                wrong.push(format!("{}: {}", kind.name, render(&found)));
                Default::default()
            });
        let mut shows_itself = false;
        for step in &steps {
            let Body::Action { kind: named, args, .. } = &step.body else { continue };
            let shown = find(&named.name).expect("a known type");
            shows_itself |= shown.name == kind.name;
            let mut found = Problems::default();
            judge(&shown.shape, args, &mut found);
            wrong.extend((!found.is_empty()).then(|| format!("{}: {}", kind.name, render(&found))));
            wrong.extend(built(shown, args.to_json()).err().map(|why| format!("{}: {why}", kind.name)));
        }
        wrong.extend((!shows_itself).then(|| format!("{} is not in its own example", kind.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Parameters without templates and local files also fit together.
fn built(kind: &runbook::step::StepType, args: serde_json::Value) -> Result<(), String> {
    // `assert` takes values in place of expressions, which are worked out elsewhere.
    if args.to_string().contains("{{") || kind.name == "assert" || !(kind.sources)(&args).is_empty() {
        return Ok(());
    }
    let args = conform(&kind.shape, args).map_err(|(at, why)| format!("{at}: {why}"))?;
    (kind.build)(args).map(|_| ())
}

#[test]
fn descriptions_are_sentences() {
    let mut wrong = Vec::new();
    for kind in TYPES {
        judge_words(&mut wrong, kind.name, kind.summary);
        fields(&kind.shape, &mut |field| judge_words(&mut wrong, &format!("{}.{}", kind.name, field.key), field.doc));
        kind.results
            .iter()
            .for_each(|field| judge_words(&mut wrong, &format!("{}: {}", kind.name, field.key), field.doc));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn judge_words(wrong: &mut Vec<String>, of: &str, text: &str) {
    let begins = text.starts_with(|c: char| c.is_uppercase() || c == '`');
    if !begins || !text.ends_with('.') || text.contains('\n') {
        wrong.push(format!("{of}: {text}"));
    }
}

/// Every field in a shape, those of records in records too.
fn fields(shape: &Shape, told: &mut dyn FnMut(&Field)) {
    match shape {
        Shape::Record(all) => all.iter().for_each(|field| {
            told(field);
            fields(&field.shape, told);
        }),
        Shape::List(one) | Shape::Map(one) => fields(one, told),
        Shape::OneOf(all) => all.iter().for_each(|one| fields(one, told)),
        _ => {}
    }
}
