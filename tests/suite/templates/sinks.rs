//! Taint, and what may be put into a text of which use.

use runbook::diagnostic::Passage;
use runbook::secret::{MASK, Redactor, Taint};
use runbook::template::{Binding, Data, Engine, Rules, Scope, Sink};

use super::{evaluate, scope, text_node, tree};

#[test]
fn taint_goes_with_names() {
    let both = Taint { outside: true, secret: true };
    let rows: &[(&str, Taint)] = &[
        ("{{ version }}", Taint::PUBLIC),
        ("{{ row.n + 1 }}", Taint::OUTSIDE),
        ("{{ rows }}", Taint::OUTSIDE),
        ("{{ url }}", Taint::SECRET),
        ("{{ token | b64encode }}{{ row.host }}", both),
        ("{{ conf.user }}", Taint::PUBLIC),
        ("{{ conf.password }}", Taint::SECRET),
        ("{{ conf | to_json }}", Taint::SECRET),
        ("{{ inputs.version }}", Taint::PUBLIC),
        ("{{ secrets.password }}", Taint::SECRET),
        ("{{ secrets | length }}", Taint::SECRET),
        ("{% for t in rows %}{{ t }}{% endfor %}", Taint::OUTSIDE),
    ];
    for (text, expected) in rows {
        assert_eq!(evaluate(text, Sink::Plain).expect(text).taint, *expected, "{text}");
    }
}

#[test]
fn secrets_stay_out_of_what_is_shown() {
    let refusing = [Sink::Shell, Sink::Argument, Sink::Path, Sink::Name, Sink::Sql];
    for text in ["x {{ token }}", "{{ secrets.password }}", "{% if token == 'x' %}a{% endif %}", "{{ url }}"] {
        for sink in refusing {
            let problem = evaluate(text, sink).expect_err(text);
            assert_eq!(problem.message, format!("a secret may not stand in {}", sink.noun()), "{text}");
            assert!(problem.hint.is_some() && problem.place.is_some(), "{text}");
        }
        for sink in [Sink::Plain, Sink::Payload, Sink::Url] {
            evaluate(text, sink).expect(text);
        }
    }
}

/// What comes out, or the beginning of the refusal behind `!`.
fn judged(text: &str, rules: Rules) -> String {
    match tree(&Engine::new(Redactor::default()), text).evaluate(&scope(), rules) {
        Ok(data) => data.value.to_string(),
        Err(problem) => format!("!{}", problem.message),
    }
}

fn check(rows: &[(&str, &str)], rules: Rules) {
    for (text, expected) in rows {
        let found = judged(text, rules);
        let same = if expected.starts_with('!') { found.starts_with(expected) } else { found == *expected };
        assert!(same, "{text}\n  found {found}\n  expected {expected}");
    }
}

#[test]
fn outside_data_in_a_shell_is_a_number_or_quoted() {
    let bare = "!outside data may not stand in a shell command as it is";
    let inside = "!`| quote` does not protect a value inside";
    check(
        &[
            ("echo {{ version }} {{ workers }}", "echo 1.2.3 2"),
            ("kill {{ row.n }}", "kill 3"),
            ("echo {{ row.evil }}", bare),
            ("{{ row.evil }}", bare),
            ("echo {{ row.evil | quote }}", "echo '{{ 7 * 7 }} $(id)'"),
            ("{{ row.evil | quote }}", "'{{ 7 * 7 }} $(id)'"),
            ("echo {{ row.evil | quote | upper }}", bare),
            ("echo {{ row.evil | quote ~ row.evil }}", bare),
            ("echo {{ rows }}", bare),
            ("echo {{ row.tags | map('quote') | join(' ') }}", "echo a b"),
            ("echo {{ row.tags | join(' ') }}", bare),
            ("echo \"{{ row.evil | quote }}\"", inside),
            ("echo '{{ row.evil | quote }}'", inside),
            ("echo \"{{ row.n }}\"", "echo \"3\""),
            ("echo \"$(cat {{ row.evil | quote }})\"", "echo \"$(cat '{{ 7 * 7 }} $(id)')\""),
            ("echo `cat {{ row.evil | quote }}`", inside),
            ("echo it\\'s {{ row.evil | quote }}", "echo it\\'s '{{ 7 * 7 }} $(id)'"),
            ("# it's\necho {{ row.evil | quote }}", "# it's\necho '{{ 7 * 7 }} $(id)'"),
            ("echo \\{{ row.evil | quote }}", inside),
            ("echo ${{ row.evil | quote }}", inside),
            ("cat <<EOF\n{{ row.evil | quote }}\nEOF\n", inside),
            ("cat <<EOF\nit's\nEOF\necho {{ row.evil | quote }}", "cat <<EOF\nit's\nEOF\necho '{{ 7 * 7 }} $(id)'"),
            ("{% for t in row.tags %}echo {{ t | quote }};{% endfor %}", "echo a;echo b;"),
            ("{% for t in row.tags %}echo {{ t }};{% endfor %}", bare),
            ("{% for t in row.tags %}echo \"{{ t | quote }}\";{% endfor %}", inside),
            ("{% if flag %}'{% endif %}{{ row.host | quote }}", inside),
            ("{% set s = row.host %}echo {{ s }}", bare),
            ("{% set s %}{{ row.host | quote }}{% endset %}echo {{ s }}", inside),
            ("{% macro m(a) %}{{ a }}{% endmacro %}echo {{ m(row.host) }}", bare),
        ],
        Rules::of(Sink::Shell),
    );
    // An argument takes it as it is.
    check(&[("{{ row.evil }}", "{{ 7 * 7 }} $(id)")], Rules::of(Sink::Argument));
}

#[test]
fn sql_takes_identifiers() {
    let rows = [
        ("select * from {{ row.host }}", "select * from \"db1\""),
        ("{{ version }}", "\"1.2.3\""),
        ("select {{ 'a\"b' }}", "select \"a\"\"b\""),
        ("select {{ workers }}", "select \"2\""),
        ("select {{ list }}", "!`{{ }}` in SQL text stands for an identifier, and this is a list"),
        ("select {{ '' }}", "!an SQL identifier may not be empty"),
        ("select '{{ row.host }}'", "!a name may not be put inside quotes of SQL text"),
        ("select \"{{ row.host }}\"", "!a name may not be put inside quotes of SQL text"),
        ("-- {{ row.host }}", "!a name may not be put inside a comment of SQL text"),
        ("/* '*/ select {{ row.host }}", "/* '*/ select \"db1\""),
        ("select 'it''s', {{ row.host }}", "select 'it''s', \"db1\""),
        ("do $x$ {{ row.host }} $x$", "!a name may not be put inside dollar quotes of SQL text"),
        ("{% for t in row.tags %}drop table {{ t }};{% endfor %}", "drop table \"a\";drop table \"b\";"),
    ];
    check(&rows, Rules::of(Sink::Sql));
    let mysql = Rules { sink: Sink::Sql, identifier_quote: '`' };
    check(
        &[("select {{ 'a`b' }}", "select `a``b`"), ("# {{ row.host }}", "!a name may not be put inside a comm")],
        mysql,
    );
}

#[test]
fn urls_encode_what_is_put_into_them() {
    let rows = [
        (
            "https://h/{{ row.evil }}?q={{ 'a&b=c/d' }}",
            "https://h/%7B%7B%207%20%2A%207%20%7D%7D%20%24%28id%29?q=a%26b%3Dc%2Fd",
        ),
        ("{{ 'https://h/?a=b' }}", "https://h/?a=b"),
        ("{{ 'https://h' }}/x", "https://h/x"),
        ("redis://:{{ token }}@h", "redis://:s3cr3t-t0ken@h"),
        ("x{% if flag %}{{ 'a b' }}{% endif %}", "xa%20b"),
    ];
    check(&rows, Rules::of(Sink::Url));
}

#[test]
fn what_is_made_of_secrets_is_masked() {
    let rows: &[(&str, &[&str], &[&str])] = &[
        ("a {{ token | upper }} b", &["S3CR3T-T0KEN"], &[]),
        ("{{ token | hash('sha256') }}", &["5c8a0f5b"], &[]),
        ("{% for c in token %}{{ c }}{% endfor %}", &["s3cr3t-t0ken"], &[]),
        ("{% for c in token %}{{ c }}.{% endfor %}", &["s.3.c.r.3.t.-.t.0.k.e.n."], &[]),
        ("{{ [token | reverse | join, 'deploy'] }}", &["nek0t-t3rc3s"], &["deploy"]),
        ("{{ conf | combine({'x': token | upper}) }}", &["S3CR3T-T0KEN"], &["deploy"]),
        ("{{ 'postgres' if token else 'mysql' }}", &[], &["postgres"]),
        ("{{ token | length * 100000 }}", &[], &["1200000"]),
    ];
    for (text, hidden, shown) in rows {
        let redactor = Redactor::default();
        let engine = Engine::new(redactor.clone());
        let tree = engine.tree(&text_node(Passage::unplaced("t", text))).expect("compiles");
        let data = tree.evaluate(&scope(), Rules::of(Sink::Payload)).expect(text);
        let found = redactor.mask(&data.value.to_string());
        for secret in *hidden {
            assert!(!found.contains(secret), "{text}: {found}");
            assert!(found.contains(MASK), "{text}: {found}");
        }
        for public in *shown {
            assert_eq!(redactor.mask(public), *public, "{text}");
        }
    }
}

#[test]
fn a_shell_reads_a_quoted_value_as_one_word() {
    let payloads = [
        "",
        "plain",
        "a b",
        "it's",
        "\"q\"",
        "$(id)",
        "`id`",
        "${HOME}",
        "; id",
        "| id",
        "&& id",
        "\n id\n",
        "#x",
        "!x",
        "~",
        "*",
        "?",
        "[a-z]",
        "{a,b}",
        "\\",
        "\\'",
        "'\"'\"'",
        "<(id)",
        ">x",
        "-n",
        "é\u{202e}",
        "\t",
        "'; id; '",
        "\\\n",
        "{{ 7 * 7 }}",
    ];
    let engine = Engine::new(Redactor::default());
    let texts = [
        "printf %s {{ x | quote }}",
        "y=\"$(printf %s {{ x | quote }}; printf .)\"; printf %s \"${y%.}\"",
        "# it's\nprintf %s {{ x | quote }}",
        "printf %s '' \"\" {{ x | quote }}",
        "{% if true %}printf %s {{ [x] | map('quote') | join(' ') }}{% endif %}",
    ];
    for text in texts {
        let tree = tree(&engine, text);
        for payload in payloads {
            let data = Data { value: payload.into(), taint: Taint::OUTSIDE };
            let scope = Scope::empty().bind("x", Binding::Known(data));
            let command = tree.evaluate(&scope, Rules::of(Sink::Shell)).expect(text);
            let command = command.value.as_str().expect("a text");
            let output = std::process::Command::new("sh").args(["-c", command]).output().expect("sh runs");
            assert_eq!(String::from_utf8_lossy(&output.stdout), payload, "{command}");
        }
    }
}

#[test]
fn a_secret_in_a_url_or_in_quotes_is_masked() {
    for secret in ["pa ss-w~rd!1", "it's \"so\"", "\"quoted\"", "'single'", "a/b+c=d&e"] {
        let redactor = Redactor::default();
        redactor.learn(secret);
        let engine = Engine::new(redactor.clone());
        let data = Data { value: secret.into(), taint: Taint::SECRET };
        let scope = Scope::empty().bind("x", Binding::Known(data));
        for (text, sink) in [
            ("h://{{ x }}@h", Sink::Url),
            ("[{{ x | quote }}]", Sink::Payload),
            ("[{{ x | to_json }}]", Sink::Payload),
            ("[{{ x | b64encode }}]", Sink::Payload),
        ] {
            let found = tree(&engine, text).evaluate(&scope, Rules::of(sink)).expect(text).value.to_string();
            let masked = redactor.mask(&found);
            let left = masked.replace(MASK, "").replace(['"', '\'', '[', ']'], "");
            assert!(matches!(left.as_str(), "h://@h" | ""), "{text} with {secret}: {found} became {masked}");
        }
    }
}
