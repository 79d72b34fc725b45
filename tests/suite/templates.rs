//! Templates: values and types, places of problems, names, taint and sinks, limits, and Ansible's answers.

mod ansible;
mod sinks;

use std::sync::Arc;

use runbook::diagnostic::{Passage, Problem, Problems, Source};
use runbook::secret::{Redactor, Taint};
use runbook::template::{Binding, Data, Engine, Need, Record, Rules, Scope, Sink, Tree, TreeKind};
use runbook::yaml::{Entry, Map, Node, Value};
use serde_json::{Value as Json, json};

fn engine() -> Engine {
    Engine::new(Redactor::default())
}

#[allow(clippy::needless_pass_by_value)] // It reads as rows of `json!`.
fn known(value: Json) -> Binding {
    Binding::Known(Data::from_json(&value, Taint::PUBLIC))
}

#[allow(clippy::needless_pass_by_value)]
fn tainted(value: Json, taint: Taint) -> Binding {
    Binding::Known(Data::from_json(&value, taint))
}

fn text_node(passage: Passage) -> Node {
    Node { place: passage.place.clone(), value: Value::Text(passage) }
}

fn tree(engine: &Engine, text: &str) -> Tree {
    engine.tree(&text_node(Passage::unplaced("vars", text))).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

fn lazy(text: &str) -> Binding {
    Binding::Lazy(Arc::new(tree(&engine(), text)))
}

fn lazy_map(entries: &[(&str, &str)]) -> Binding {
    let source = Arc::new(Source::new("map", ""));
    let place = runbook::diagnostic::Place::whole(&source);
    let entries = entries.iter().map(|(key, text)| Entry {
        key: (*key).into(),
        key_place: place.clone(),
        value: text_node(Passage::unplaced("map", text)),
    });
    let value = Value::Map(Map { entries: entries.collect() });
    Binding::Lazy(Arc::new(engine().tree(&Node { value, place }).expect("compiles")))
}

fn record(entries: Vec<(&str, Binding)>) -> Binding {
    let record: Record = entries.into_iter().map(|(key, binding)| (Arc::from(key), binding)).collect();
    Binding::Record(Arc::new(record))
}

fn need(name: &str, taint: Taint) -> Binding {
    let because = format!("the result of step `{name}`");
    Binding::Unknown(Arc::new(Need { name: name.to_owned(), because, place: None, taint, text: false }))
}

/// Everything the rows below use.
fn scope() -> Scope {
    let row = json!({"host": "db1", "tags": ["a", "b"], "n": 3, "evil": "{{ 7 * 7 }} $(id)"});
    let empty = Scope::empty();
    empty.with([
        ("version", known(json!("1.2.3"))),
        ("workers", known(json!(2))),
        ("ratio", known(json!(1.5))),
        ("flag", known(json!(true))),
        ("nothing", known(Json::Null)),
        ("list", known(json!([1, "two", null]))),
        ("map", known(json!({"z": 1, "a": {"deep": true}}))),
        ("row", tainted(row, Taint::OUTSIDE)),
        ("token", tainted(json!("s3cr3t-t0ken"), Taint::SECRET)),
        ("release", lazy("/srv/shop/{{ version }}")),
        ("copy", lazy("{{ list }}")),
        ("rows", lazy("{{ row.tags }}")),
        ("url", lazy("https://x/{{ token }}")),
        ("conf", lazy_map(&[("user", "deploy"), ("password", "{{ token }}"), ("port", "{{ workers + 5430 }}")])),
        ("build", need("build", Taint::OUTSIDE)),
        ("artefact", lazy("{{ build.stdout }}.tar")),
        ("inputs", record(vec![("version", known(json!("9.9"))), ("late", need("late", Taint::PUBLIC))])),
        ("secrets", record(vec![("password", tainted(json!("hunter2hunter2"), Taint::SECRET))])),
    ])
}

fn evaluate(text: &str, sink: Sink) -> Result<Data, Problem> {
    tree(&engine(), text).evaluate(&scope(), Rules::of(sink))
}

fn first(problems: Problems) -> Problem {
    problems.into_iter().next().expect("a problem")
}

#[test]
fn values_keep_their_type() {
    let rows: &[(&str, Json)] = &[
        ("plain", json!("plain")),
        ("", json!("")),
        ("{{ version }}", json!("1.2.3")),
        ("v{{ version }}-{{ workers }}", json!("v1.2.3-2")),
        ("{{ workers }}", json!(2)),
        ("{{ workers * 2 + 1 }}", json!(5)),
        ("{{ ratio }}", json!(1.5)),
        ("{{ 2.0 }}", json!(2.0)),
        ("{{ flag }}", json!(true)),
        ("{{ none }}", Json::Null),
        ("{{ nothing }}", Json::Null),
        ("{{ [1,2] }}", json!([1, 2])),
        ("{{ {'z': 1, 'a': [2]} }}", json!({"z": 1, "a": [2]})),
        ("{{ list }}", json!([1, "two", null])),
        ("{{ map.a.deep }}", json!(true)),
        ("{{ map['a'] }}", json!({"deep": true})),
        ("{{ list[1] }}", json!("two")),
        (" {{ workers }}", json!(" 2")),
        ("{{ workers }}\n", json!("2\n")),
        ("{{ release }}/bin", json!("/srv/shop/1.2.3/bin")),
        ("{{ copy }}", json!([1, "two", null])),
        ("{{ conf }}", json!({"user": "deploy", "password": "s3cr3t-t0ken", "port": 5432})),
        ("{{ conf.port }}", json!(5432)),
        ("{{ inputs.version }}", json!("9.9")),
        ("{% for x in list %}{{ loop.index }}{% endfor %}", json!("123")),
        ("{% if flag %}\nyes\n{% endif %}\nend\n", json!("yes\nend\n")),
        ("{% set y = workers %}{{ y + 1 }}", json!("3")),
        ("{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(workers) }}", json!("<2>")),
        (
            "x{{ flag }} {{ none }} {{ list }} {{ ratio }} {{ {'a': 'b'} }}",
            json!("xTrue None [1, 'two', None] 1.5 {'a': 'b'}"),
        ),
        ("{# nothing #}x", json!("x")),
        ("{% raw %}{{ x }}{% endraw %}", json!("{{ x }}")),
        ("<{{ '<&>' }}>", json!("<<&>>")),
        ("{{ row.evil }}", json!("{{ 7 * 7 }} $(id)")),
        ("x{{ row.evil }}", json!("x{{ 7 * 7 }} $(id)")),
        ("{{ missing | default('d') }}", json!("d")),
        ("{{ missing.deep.er | default('d') }}", json!("d")),
        ("{{ map.nope.deep is defined }}", json!(false)),
        ("{{ map.a.deep if map.a is defined else 1 }}", json!(true)),
        ("{{ version is version('1.2', '>') and missing is not defined }}", json!(true)),
        ("{{ 'a\\n' ~ 'C:\\dir' }}", json!("a\nC:\\dir")),
        ("{{ 'ansible' | regex_replace('^a.*i(.*)$', 'a\\1') }}", json!("able")),
        ("{{ 'it\\'s }}' }}", json!("it's }}")),
    ];
    for (text, expected) in rows {
        let found = evaluate(text, Sink::Plain).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
        assert_eq!(found.to_json(), *expected, "{text}");
    }
}

#[test]
fn a_template_file_keeps_its_last_line_break_and_escapes() {
    let template = engine().file(&Passage::unplaced("app.conf", "a={{ 'x\\ty\\\\' }}\n")).expect("compiles");
    let found = template.evaluate(&scope(), Rules::of(Sink::Payload)).expect("renders");
    assert_eq!(found.value.as_str(), Some("a=x\ty\\\n"));
}

#[test]
fn expressions_are_bare() {
    type Row = (&'static str, Result<Json, (&'static str, usize)>);
    let rows: &[Row] = &[
        ("workers > 1", Ok(json!(true))),
        ("version", Ok(json!("1.2.3"))),
        ("map.a.deep and missing is undefined", Ok(json!(true))),
        ("'{{ x }}'", Ok(json!("{{ x }}"))),
        ("{{ workers }} > 1", Err(("`{{` may not stand in an expression", 1))),
        ("workers > {{ 1 }}", Err(("`{{` may not stand in an expression", 11))),
        ("", Err(("an expression is missing here", 1))),
        ("workers >", Err(("the template cannot be read", 9))),
    ];
    for (text, expected) in rows {
        let compiled = engine().expression(&Passage::unplaced("when", text));
        let found = compiled.map(|template| template.evaluate(&scope(), Rules::of(Sink::Plain)));
        match (found, expected) {
            (Ok(found), Ok(value)) => assert_eq!(found.expect("a value").to_json(), *value, "{text}"),
            (Err(problems), Err((message, column))) => {
                let problem = first(problems);
                assert!(problem.message.starts_with(message), "{text}: {}", problem.message);
                assert_eq!(problem.place.expect("a place").column(), *column, "{text}");
            }
            (found, _) => panic!("{text}: {found:?}"),
        }
    }
}

/// A block scalar of a YAML file, unindented: line N of the text is line N + 1 of the file, 4 columns to the right.
fn block(lines: &[&str]) -> Passage {
    let mut file = "key: |\n".to_owned();
    for line in lines {
        file.extend(["    ", line, "\n"]);
    }
    let source = Arc::new(Source::new("site.yml", file));
    let (mut text, mut anchors, mut at) = (String::new(), Vec::new(), 7);
    for line in lines {
        anchors.push((text.len(), at + 4));
        text.push_str(line);
        text.push('\n');
        at += line.len() + 5;
    }
    let place = runbook::diagnostic::Place::new(&source, 5..at);
    Passage { text: text.into(), place, anchors: anchors.into() }
}

#[test]
fn problems_of_a_text_are_told_at_once_and_in_their_place() {
    let rows: &[(&[&str], &[&str])] = &[
        (&["a", "b {{ x"], &["3:7 `{{` is not closed (add `}}`)"]),
        (&["{% if x", "y"], &["2:5 `{%` is not closed (add `%}`)"]),
        (&["a {# b"], &["2:7 `{#` is not closed (add `#}`)"]),
        (&["{{ 'abc }}"], &["2:8 `'` is not closed (add `'`)"]),
        (&["{% if x %}", "{% for y in x %}", "{% endfor %}"], &["2:5 `{% if %}` is not closed (add `{% endif %}`)"]),
        (
            &["{{ x | uper }} {{ y is mach('a') }}", "é {{ x | map('lowr') | list }}"],
            &[
                "2:12 there is no filter `uper` (did you mean `upper`?)",
                "2:28 there is no test `mach` (did you mean `match`?)",
                "3:19 there is no filter `lowr` (did you mean `lower`?)",
            ],
        ),
        (
            &["{{ 'a\\d' | nofilter }}{{ rang(3) }}"],
            &["2:16 there is no filter `nofilter` ()", "2:30 there is no function `rang` (did you mean `range`?)"],
        ),
        (&["{{ }}"], &["2:7 an expression is missing here ()"]),
        (
            &["{% include 'x' %}"],
            &[
                "2:8 `{% include %}` is not available in a template (a template stands for itself: other files are not read)",
            ],
        ),
        (
            &["{{ 1 + }}{{ x | zzzzzzz }}"],
            &[
                "2:21 there is no filter `zzzzzzz` ()",
                "2:10 the template cannot be read: unexpected end of input, expected expression ()",
            ],
        ),
    ];
    for (lines, expected) in rows {
        let problems = engine().template(&block(lines)).expect_err("a problem");
        let found: Vec<String> = problems
            .iter()
            .map(|problem| {
                let place = problem.place.as_ref().expect("a place");
                let hint = problem.hint.as_deref().unwrap_or("");
                format!("{}:{} {} ({hint})", place.line(), place.column(), problem.message)
            })
            .collect();
        assert_eq!(found, *expected, "{lines:?}");
    }
}

#[test]
fn uses_are_the_free_names() {
    let rows: &[(&str, &[&str])] = &[
        ("{{ a.b.c }} {{ d['e'] }}", &["a.b.c", "d.e"]),
        ("{{ a | default(b) }}{{ c.d is defined }}", &["a?", "b", "c.d?"]),
        ("{{ x.y > 1 if x.y is defined else z }}", &["x.y?", "x.y?", "z"]),
        ("{% for i in a %}{{ i.x }}{{ loop.index }}{{ b }}{% endfor %}{{ i }}", &["a", "b", "i"]),
        ("{% set s = a %}{{ s }}{% with w = b %}{{ w }}{{ c }}{% endwith %}{{ w }}", &["a", "b", "c", "w"]),
        ("{% macro m(p, q=a) %}{{ p }}{{ q }}{{ b }}{% endmacro %}{{ m(c) }}", &["a", "b", "c"]),
        ("{{ a.items() }}{{ b[c].d }}{{ range(e) }}", &["a", "b", "c", "e"]),
        ("{{ a[0].b }}", &["a"]),
    ];
    for (text, expected) in rows {
        let template = engine().template(&Passage::unplaced("t", text)).expect("compiles");
        let found: Vec<String> = template
            .uses()
            .iter()
            .map(|used| {
                let path = used.path.iter().fold(String::new(), |path, step| path + "." + step);
                format!("{}{path}{}", used.name, if used.guarded { "?" } else { "" })
            })
            .collect();
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn undefined_names_are_found_before_anything_runs() {
    let circular = scope()
        .with([("a", lazy("{{ b }}x")), ("b", lazy("{{ c.d }}")), ("c", lazy("{{ a | upper }}"))])
        .with([("broken", lazy("{{ versoin }}")), ("outer", lazy("<{{ broken }}>"))]);
    let rows: &[(&str, &[&str])] = &[
        ("{{ version }}{{ build.stdout }}{{ nope | default(1) }}", &[]),
        ("x {{ versoin }}", &["t:1:6 `versoin` is undefined (did you mean `version`?)"]),
        ("{{ map.a.deeper }}", &["t:1:4 `map.a.deeper` is undefined ()"]),
        ("{{ map.zz }}", &["t:1:4 `map.zz` is undefined (did you mean `z`?)"]),
        ("{{ map.zz is defined and map.zz }}", &[]),
        ("{{ map.zz if flag else 1 }}{% if flag %}{{ map.zz }}{% endif %}{{ flag and map.zz }}", &[]),
        ("{{ nope if flag else 1 }}", &["t:1:4 `nope` is undefined ()"]),
        ("{{ inputs.versoin }}", &["t:1:4 `inputs.versoin` is undefined (did you mean `version`?)"]),
        ("{{ secrets.nope }}", &["t:1:4 `secrets.nope` is undefined ()"]),
        ("{{ conf.usr }}", &["t:1:4 `conf.usr` is undefined (did you mean `user`?)"]),
        ("{{ outer }}", &["vars:1:4 `versoin` is undefined in the value of `broken` (did you mean `version`?)"]),
        ("{{ outer | default('') }}", &[]),
        ("{{ a }}", &["vars:1:4 `a` uses itself: `a` -> `b` -> `c` -> `a` (a value may not hang on itself)"]),
    ];
    for (text, expected) in rows {
        let tree = engine().tree(&text_node(Passage::unplaced("t", text))).expect("compiles");
        let mut problems = Problems::default();
        tree.check(&circular, &mut problems);
        let found: Vec<String> = problems
            .iter()
            .map(|problem| {
                let place = problem.place.as_ref().expect("a place");
                format!("{place} {} ({})", problem.message, problem.hint.as_deref().unwrap_or(""))
            })
            .collect();
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn faults_at_run_time_name_their_cause() {
    let scope = scope().with([("a", lazy("{{ b }}")), ("b", lazy("{{ a }}"))]);
    let rows: &[(&str, &str, usize)] = &[
        ("x {{ versoin }}", "`versoin` is undefined", 6),
        ("{{ row.nope }}", "`row.nope` is undefined", 4),
        ("{{ row.nope.deep }}", "`row.nope` is undefined", 4),
        ("{{ [row.nope] | first | upper }}", "`row.nope` is undefined", 5),
        ("{{ row.tags | map(attribute='x') | join }}", "is undefined", 0),
        ("{{ row.tags | map(attribute='x') | list }}", "is undefined", 0),
        ("{{ [row.nope] }}", "`row.nope` is undefined", 5),
        ("{% for x in row.tags %}{{ x.nope }}{% endfor %}", "`x.nope` is undefined", 27),
        ("{{ inputs.nope }}", "`inputs.nope` is undefined", 4),
        ("{{ build.stdout }}", "`build` is not known yet", 4),
        ("{{ a }}", "`a` uses itself: `a` -> `b` -> `a`", 1),
        ("{{ 'x' | from_json }}", "the template fails: `from_json`: this is no JSON (line 1, column 1)", 10),
        ("{{ 1 / 0 }}", "the template fails", 4),
    ];
    for (text, message, column) in rows {
        let tree = engine().tree(&text_node(Passage::unplaced("t", text))).expect("compiles");
        let problem = tree.evaluate(&scope, Rules::of(Sink::Plain)).expect_err(text);
        assert!(problem.message.contains(message), "{text}: {}", problem.message);
        if *column > 0 {
            assert_eq!(problem.place.expect("a place").column(), *column, "{text}");
        }
    }
}

#[test]
fn needs_are_reached_through_lazy_values_once_and_in_order() {
    let rows: &[(&str, &[&str])] = &[
        ("{{ version }}", &[]),
        ("{{ artefact }} {{ inputs.late }} {{ build.rc }}", &["build", "late"]),
        ("{{ inputs }}", &["late"]),
        ("{{ inputs.version }}", &[]),
    ];
    for (text, expected) in rows {
        let found: Vec<String> = tree(&engine(), text).needs(&scope()).iter().map(|need| need.name.clone()).collect();
        assert_eq!(found, *expected, "{text}");
    }
}

#[test]
fn literals_stay_literals() {
    let node = text_node(Passage::unplaced("t", "no template { here }"));
    assert!(matches!(engine().tree(&node).expect("compiles").kind, TreeKind::Literal(_)));
}

#[test]
fn endless_and_enormous_templates_are_stopped() {
    let rows: &[(&str, &str)] = &[
        ("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "not come to an end"),
        ("{{ 'x' * 1000000000 }}", "not come to an end"),
        ("{% set s = 'x' * 1000000 %}{% for a in range(30) %}{{ s }}{% endfor %}", "longer than 16 MiB"),
        ("{{ 'x' * 20000000 }}", "longer than 16 MiB"),
        ("a{{ 'x' * 20000000 }}", "longer than 16 MiB"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "the template fails"),
        ("{{ '{:1000000000}'.format(1) }}", "`format` makes a text of more than 16 MiB"),
        ("{{ '{:.1000000000f}'.format(1.5) }}", "`format` makes a text of more than 16 MiB"),
        ("{{ '%1000000000d' | format(1) }}", "not come to an end"),
        ("{{ 'a'.ljust(1000000000) }}", "`ljust` makes a text of more than 16 MiB"),
        ("{{ 'a' | center(1000000000) }}", "`center` makes a text of more than 16 MiB"),
        ("{{ ('x' * 100000) | regex_replace('x', 'y' * 1000) }}", "`regex_replace` makes a text of more than 16 MiB"),
        ("{{ ('x' * 100000) | wordwrap(1, true, 'y' * 1000) }}", "`wordwrap` makes a text of more than 16 MiB"),
        ("{{ [[1]] | tojson(10000000) }}", "`tojson` indents by 100 columns at most"),
        ("{{ [1] | batch(1000000000, 0) | list }}", "not come to an end"),
        (
            "{% set a = range(5000) | map('string') | map('list') | list %}{{ a | difference(a) }}",
            "these lists of lists or mappings are too long to be compared",
        ),
    ];
    for (text, expected) in rows {
        let problem = evaluate(text, Sink::Plain).expect_err(text);
        assert!(problem.message.contains(expected), "{text}: {}", problem.message);
    }
}

#[test]
fn sets_of_many_texts_are_made() {
    let text = "{% set a = range(50000) | map('string') | list %}{% set b = range(9, 50009) | map('string') | list %}\
                {{ [a | union(b) | length, a | difference(b) | length, a | intersect(b) | length, a is subset(b),\
                a | symmetric_difference(b) | length] }}";
    assert_eq!(evaluate(text, Sink::Plain).expect("a value").to_json(), json!("[50009, 9, 49991, False, 18]"));
}

/// What is wrong with a filter or test that another one applies to each item.
#[test]
fn inner_filters_are_judged() {
    let rows: &[(&str, &str)] = &[
        ("{{ x | map('replace', 'a') | list }}", "the filter `replace` needs a value for `new`"),
        ("{{ x | map('upper', 1) | list }}", "the filter `upper` takes no value"),
        ("{{ x | map('truncate', lenght=3) | list }}", "the filter `truncate` has no parameter `lenght`"),
        ("{{ x | select('divisibleby') | list }}", "the test `divisibleby` needs a value for `number`"),
        ("{{ x | reject('odd', 1) | list }}", "the test `odd` takes no value"),
        ("{{ x | selectattr('a', 'in') | list }}", "the test `in` needs a value for `container`"),
        ("{{ x | rejectattr('a', 'eq', 1, 2) | list }}", "the test `eq` takes 1 at most, and 2 are given"),
        ("{{ x | map(attribute='a', default=1) | map('default', 2) | selectattr('a') | list }}", ""),
        ("{{ x | map('regex_replace', 'a', 'b') | map('extract', y) | select('match', '^a') | list }}", ""),
    ];
    for (text, expected) in rows {
        let found = engine().template(&Passage::unplaced("t", text)).err().map(|problems| first(problems).message);
        assert_eq!(found.as_deref().unwrap_or(""), *expected, "{text}");
    }
}

#[test]
fn lazy_values_are_worked_out_once() {
    let mut scope = Scope::empty().bind("v0", known(json!("x")));
    for n in 1..40 {
        let text = format!("{{% if v{m} == v{m} %}}{{{{ v{m} }}}}{{% endif %}}", m = n - 1);
        scope = scope.bind(format!("v{n}"), lazy(&text));
    }
    let found = tree(&engine(), "{{ v39 }}").evaluate(&scope, Rules::of(Sink::Plain)).expect("a value");
    assert_eq!(found.value.as_str(), Some("x"));
}

#[test]
fn templates_are_shared_by_threads() {
    let template = engine().template(&Passage::unplaced("t", "{{ n }}-{{ n * 2 }}")).expect("compiles");
    std::thread::scope(|threads| {
        for n in 0..4 {
            let template = &template;
            threads.spawn(move || {
                let scope = Scope::empty().bind("n", known(json!(n)));
                for _ in 0..100 {
                    let found = template.evaluate(&scope, Rules::of(Sink::Plain)).expect("a value");
                    assert_eq!(found.value.as_str(), Some(&*format!("{n}-{}", n * 2)));
                }
            });
        }
    });
}

#[test]
fn the_answers_are_ansibles() {
    let mut wrong = Vec::new();
    for (expression, expected) in ansible::ROWS {
        let found = engine()
            .expression(&Passage::unplaced("row", expression))
            .map_err(first)
            .and_then(|template| template.evaluate(&Scope::empty(), Rules::of(Sink::Plain)));
        let expected: Json = serde_json::from_str(expected).expect("JSON");
        match found {
            Ok(found) if found.to_json() == expected => {}
            Ok(found) => wrong.push(format!("{expression}\n  ours {}\n  Ansible {expected}", found.to_json())),
            Err(problem) => wrong.push(format!("{expression}\n  ours {}\n  Ansible {expected}", problem.message)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_text_makes_the_engine_panic() {
    let pieces = [
        "{{", "}}", "{%", "%}", "{#", "#}", " ", "\n", "a", "é", "'", "\"", "\\", "(", ")", "[", "]", "{", "}", "|",
        "if", "for", "in", "else", "endif", "endfor", "set", "=", "raw", "endraw", "-", "+", "not", "is", "defined",
        ".", ",", ":", "1", "join", "~", "macro", "with", "loop", "\u{0}", "None", "token", "row", "quote", "<<", "$",
        "`", "--",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |n: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % n as u64).unwrap_or(0)
    };
    let sinks = [Sink::Plain, Sink::Shell, Sink::Sql, Sink::Url];
    let mut rendered = 0;
    for round in 0..4000 {
        let length = next(14);
        let inner: String = (0..length).map(|_| pieces[next(pieces.len())]).collect();
        let text = if round % 2 == 0 { inner } else { format!("x {{{{ {inner} }}}}") };
        for passage in [Passage::unplaced("t", &text), block(&[&text])] {
            let _ = engine().expression(&passage);
            if let Ok(template) = engine().template(&passage) {
                rendered += usize::from(template.evaluate(&scope(), Rules::of(sinks[round % 4])).is_ok());
            }
        }
    }
    assert!(rendered > 0);
    for (open, middle, close) in
        [("(", "1", ")"), ("[", "1", "]"), ("not ", "1", ""), ("-", "1", ""), ("{1:", "1", "}")]
    {
        let deep = format!("{{{{ {}{middle}{} }}}}", open.repeat(100_000), close.repeat(100_000));
        assert!(engine().template(&Passage::unplaced("t", &deep)).is_err(), "{open}");
    }
    for link in ["+1", "|upper", ".a", "[0]", "~1", " and 1", " if 1 else 1", "()", "+max(1,2)", " is defined"] {
        let long = format!("{{{{ a{} }}}}", link.repeat(100_000));
        assert!(engine().template(&Passage::unplaced("t", &long)).is_err(), "{link}");
    }
    for block in ["{% if 1 %}", "{% for a in b %}", "{% if 1 %}x{% elif 1 %}"] {
        let deep = format!("{}{}", block.repeat(5_000), "{% endif %}".repeat(5_000));
        assert!(engine().template(&Passage::unplaced("t", &deep)).is_err(), "{block}");
    }
    let wide = format!("{{{{ [{}] | length }}}}", "a + 1, ".repeat(5_000));
    assert!(engine().template(&Passage::unplaced("t", &wide)).is_ok());
}
