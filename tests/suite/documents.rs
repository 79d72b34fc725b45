//! documents.
use runbook::diagnostic::{Source, render};
use runbook::yaml;
use std::sync::Arc;
#[test]
fn scratch() {
    let cases: Vec<(&str, &str)> = vec![
        ("unclosed", "a: 1\nb: \"hello\nc: 2\n"),
        ("unclosed2", "a: 1\nb: \"hello\nc: \"x\"\nd: 3\n"),
        ("unclosed3", "steps:\n  - exec: 'hello\n  - exec: 'x'\n"),
        ("tab", "a:\n\tb: 1\n"),
        ("tab2", "a:\n  b: 1\n\tc: 2\n"),
        ("deepmap", "a: {b: {c: {d: [1,2}}}\n"),
        (
            "bomb",
            "a: &a [1,2,3,4,5,6,7,8,9,0]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e]\n",
        ),
        ("self", "a: &a [*a]\n"),
        ("dup", "name: a\nsteps: 1\nname: b\nname: c\n"),
        ("tags", "a: !vault |\n  abc\nb: !!str 1\nc: !foo {x: 1}\n"),
        ("keys", "1: a\ntrue: b\n[a]: c\n? \n: x\n{{ x }}: 1\nmsg: {{ name }}\n"),
        ("tmpl", "msg: {{ name }} b\n"),
        ("docs", "a: 1\n---\nb: 2\n"),
        ("ctrl", "a: \"x\u{200b}y\"\nb: \u{7}\nc: \u{202e}z\r\nd: 1\re\n"),
        ("alias", "a: *b\n"),
        ("unbr", "a: [1, 2\nb: 3\n"),
        ("indent", "a:\n    b: 1\n  c: 2\n"),
        ("colon", "a: b: c\n"),
        ("nocolon", "a: 1\nfoo\nb: 2\n"),
        ("at", "a: @x\nb: `y`\n"),
        ("pct", "a: %x\n"),
        ("esc", "a: \"\\q\"\n"),
        ("eof", "a: {b\n"),
        ("empty", ""),
        ("merge", "a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\nc: {<<: 3}\n"),
    ];
    for (name, text) in cases {
        let source = Arc::new(Source { name: "x.yml".into(), text: text.into() });
        println!("=== {name}");
        match yaml::parse(&source) {
            Ok(node) => println!("OK {} {:?}", node.to_json(), node.place),
            Err(p) => println!("{}", render(&p)),
        }
    }
    let t = "a: plain\nb: plain\n  folded\n\n  more\nc: 'it''s\n  two'\nd: \"x\\ty\\u00e9z \\\n   cont\\uD834\\uDD1Eq\n\n  r\"\ne: |\n   lit\n    more\n\n   end\nf: >-\n  one\n  two\n\n  three\n    deep\n  four\ng: |2\n    x\n   y\n";
    let source = Arc::new(Source { name: "x.yml".into(), text: t.into() });
    let node = yaml::parse(&source).unwrap();
    for e in &node.as_map().unwrap().entries {
        if let yaml::Value::Text(p) = &e.value.value {
            println!(
                "{} {:?} {:?} place={:?} anchors={:?}",
                e.key,
                p.text,
                &t[p.place.start..p.place.end],
                p.place,
                p.anchors
            );
            for (i, c) in p.text.char_indices() {
                let l = p.locate(i..i + c.len_utf8());
                print!(" {:?}->{:?}", c, &t[l.start..l.end]);
            }
            println!();
        }
    }
}
