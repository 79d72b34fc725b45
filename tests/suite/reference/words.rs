//! Filters, tests and functions: the page of them, and that their parameters are those that the engine takes.

use std::fmt::Write as _;

use runbook::diagnostic::Passage;
use runbook::secret::Redactor;
use runbook::template::vocabulary::{Kind, Word};
use runbook::template::{Engine, Rules, Scope, Sink};

const HEAD: &str = "# Filters, tests and functions\n
What templates may use beside operators and the methods of texts, lists and mappings. Names and answers are those of Jinja2 and
Ansible. `name?` may be left out; what stands behind `*` is given by name; `...` is any number of values, `**` values of any name. `validate` refuses
what is not there, and arguments that cannot be right.\n";

/// The page; the answers are what the engine gives.
pub fn page() -> String {
    let mut out = HEAD.to_owned();
    for (kind, title) in [(Kind::Filter, "Filters"), (Kind::Test, "Tests"), (Kind::Function, "Functions")] {
        let _ = write!(out, "\n## {title}\n\n| name | gives | example | answer |\n|---|---|---|---|\n");
        for word in kind.words().iter().filter(|word| word.name.starts_with(|c: char| c.is_ascii_alphabetic())) {
            let parameters = parameters(word);
            let name = if parameters.is_empty() { String::new() } else { format!("({parameters})") };
            let answer = evaluated(word.example).unwrap_or_else(|error| panic!("{}: {error}", word.example));
            let cells =
                [format!("`{}`{name}", word.name), word.description.to_owned(), code(word.example), code(&answer)];
            let _ = writeln!(out, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
        }
    }
    out
}

fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn parameters(word: &Word) -> String {
    let (mut shown, mut named) = (Vec::new(), Vec::new());
    for text in word.parameters.split_whitespace() {
        match text.strip_suffix('=') {
            Some(name) => named.push(format!("{name}?")),
            None => shown.push(text.replace('/', "")),
        }
    }
    if !named.is_empty() {
        shown.push("*".to_owned());
        shown.append(&mut named);
    }
    shown.join(", ")
}

fn evaluated(expression: &str) -> Result<String, String> {
    let engine = Engine::new(Redactor::default());
    let template =
        engine.expression(&Passage::unplaced("row", expression)).map_err(|problems| format!("{problems:?}"))?;
    let data = template.evaluate(&Scope::empty(), Rules::of(Sink::Plain)).map_err(|problem| problem.message)?;
    Ok(data.to_json().to_string())
}

/// A use with so many values and these names, on things of several kinds; what the engine itself says of it.
fn said(kind: Kind, name: &str, positional: usize, named: &[&str]) -> Vec<String> {
    let mut environment = minijinja::Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Lenient);
    runbook::template::vocabulary::register(&mut environment);
    let mut args: Vec<String> = vec!["1".to_owned(); positional];
    args.extend(named.iter().map(|name| format!("{name}=1")));
    let args = args.join(", ");
    let call = |subject: &str| match kind {
        Kind::Filter => format!("{subject} | {name}({args})"),
        Kind::Test => format!("{subject} is {name}({args})"),
        Kind::Function => format!("{name}({args})"),
    };
    let subjects = ["'a'", "1", "[1]", "{'a': 1}", "[{'key': 1, 'value': 2}]"];
    let run = |subject: &str| match environment.compile_expression(&call(subject)) {
        Ok(compiled) => compiled.eval(()).map_or_else(|error| error.to_string(), |_| "fine".to_owned()),
        Err(error) => error.to_string(),
    };
    subjects.iter().map(|subject| run(subject)).collect()
}

/// Whether the engine refuses the arguments themselves, whatever they are given for.
fn refuses(answers: &[String]) -> bool {
    let words = ["too many arguments", "unknown keyword argument", "missing argument", "too many positional"];
    answers.iter().all(|answer| words.iter().any(|word| answer.contains(word)))
}

#[test]
fn parameters_are_those_that_the_engine_takes() {
    let mut wrong = Vec::new();
    let named = |word: &Word| word.names().collect::<Vec<_>>();
    for kind in [Kind::Filter, Kind::Test, Kind::Function] {
        for word in kind.words().iter().filter(|word| word.name.starts_with(|c: char| c.is_ascii_alphabetic())) {
            let (least, most) = word.positions();
            let mut judge = |positional: usize, names: &[&str], good: bool| {
                let answers = said(kind, word.name, positional, names);
                let ours = word.misuse(kind, positional, names).is_none();
                if ours != good
                    || (good && refuses(&answers))
                    || (!good && answers.iter().any(|answer| answer == "fine"))
                {
                    wrong.push(format!("{} with {positional} and {names:?}: {good}, {ours}, {answers:?}", word.name));
                }
            };
            (least..=most).for_each(|positional| judge(positional, &[], true));
            for name in named(word).into_iter().filter(|name| !word.parameters.starts_with(*name)) {
                judge(least, &[name], true);
            }
            if !word.takes_any_values() {
                judge(most + 1, &[], false);
            }
            if !word.takes_any_names() {
                judge(least, &["nonsense"], false);
            }
            if least > 0 {
                judge(least - 1, &[], false);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
