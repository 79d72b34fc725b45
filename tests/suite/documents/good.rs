//! Good documents: values, places inside texts, and playbooks as they come out.

use std::sync::Arc;

use runbook::diagnostic::{Source, render};
use runbook::playbook::{self, Body, SecretSource};
use runbook::secret::vault::Keyring;
use runbook::yaml::{self, Node, Value};
use serde_json::json;

fn parsed(text: &str) -> Node {
    let source = Arc::new(Source::new("x.yml", text));
    yaml::parse(&source).unwrap_or_else(|problems| panic!("{}", render(&problems)))
}

#[test]
fn scalars_are_those_of_yaml_1_2() {
    let rows = [
        ("yes", json!("yes")),
        ("off", json!("off")),
        ("true", json!(true)),
        ("\"true\"", json!("true")),
        ("~", json!(null)),
        ("", json!(null)),
        ("0", json!(0)),
        ("-12", json!(-12)),
        ("+5", json!(5)),
        ("0x1F", json!(31)),
        ("0o17", json!(15)),
        ("0644", json!("0644")),
        ("00", json!("00")),
        ("1.5", json!(1.5)),
        ("1e3", json!(1000.0)),
        (".5", json!(0.5)),
        ("1.2.3", json!("1.2.3")),
        (".inf", json!(".inf")),
        ("1_000", json!("1_000")),
        ("18446744073709551615", json!(u64::MAX)),
        ("18446744073709551616", json!("18446744073709551616")),
        ("12:30", json!("12:30")),
        ("2026-11-23", json!("2026-11-23")),
        ("-", json!([null])),
        ("e5", json!("e5")),
        ("[a, 'b', {c: 1}]", json!(["a", "b", {"c": 1}])),
    ];
    for (text, expected) in rows {
        assert_eq!(parsed(text).to_json(), expected, "{text}");
    }
}

#[test]
fn keys_are_texts_as_they_are_written() {
    let text = "1: a\n1.10: b\ntrue: c\nnull: d\n'x y': e\n";
    let expected = json!({"1": "a", "1.10": "b", "true": "c", "null": "d", "x y": "e"});
    assert_eq!(parsed(text).to_json(), expected);
}

#[test]
fn anchors_and_merge_keys_are_followed() {
    let text = "base: &b {x: 1, y: 2}\nlast:\n  <<: *b\n  y: 3\nlist: [*b]\nboth: {<<: [*b, {x: 9, z: 4}]}\n";
    let expected = json!({
        "base": {"x": 1, "y": 2}, "last": {"y": 3, "x": 1}, "list": [{"x": 1, "y": 2}], "both": {"x": 1, "y": 2, "z": 4}
    });
    assert_eq!(parsed(text).to_json(), expected);
}

#[test]
fn plain_texts_can_be_told_from_quoted_ones_and_numbers_keep_their_writing() {
    let node = parsed("[0644, \"0644\", '0644', a b, 1.10]");
    let items = node.as_list().expect("a list");
    assert_eq!(items.iter().map(Node::is_plain).collect::<Vec<_>>(), [true, false, false, true, false]);
    assert_eq!(items[4].written(), Some("1.10"));
    let block = parsed("a: |\n  x\nb: &t >- # > | note\n  y\n");
    let entries = &block.as_map().expect("a mapping").entries;
    assert!(entries.iter().all(|entry| !entry.value.is_plain() && entry.value.as_text().is_some()));
}

/// Each character of each text, with what stands for it in the file.
#[test]
fn every_character_of_a_text_knows_its_place() {
    let folded = "plain\n  folded\n\n  more";
    let rows = [
        ("a: plain\n", "p=p l=l a=a i=i n=n"),
        (&format!("a: {folded}\n"), "p=p l=l a=a i=i n=n _=/__ f=f o=o l=l d=d e=e d=d /=//__ m=m o=o r=r e=e"),
        ("a: 'it''s\n  b'\n", "i=i t=t '='' s=s _=/__ b=b"),
        (
            "a: \"x\\té\\u00e9 \\\n   b\\uD834\\uDD1E\\x41\\\"\"\n",
            "x=x \t=\\t é=é é=\\u00e9 _=_\\/___ b=b 𝄞=\\uD834\\uDD1E A=\\x41 \"=\\\"",
        ),
        ("a: |\n   b\n    c\n\n   d\n", "b=b /=/___ _=_ c=c /=/ /=/___ d=d /=/"),
        ("a: >-\n  b\n  c\n\n  d\n    e\n  f\n", "b=b _=/__ c=c /=//__ d=d /=/__ _=_ _=_ e=e /=/__ f=f"),
        ("a: |2\n    b\n   c\n", "_=_ _=_ b=b /=/__ _=_ c=c /=/"),
        ("a: |\n\n  b\n", "/=/__ b=b /=/"),
        ("a: |\r\n  b\r\n  c\r\n", "b=b /=\r/__ c=c /=\r"),
        ("a: 日本\n", "日=日 本=本"),
    ];
    for (text, expected) in rows {
        let node = parsed(text);
        let Value::Text(passage) = &node.as_map().expect("a mapping").entries[0].value.value else {
            panic!("{text:?} holds a text")
        };
        let places = passage.text.char_indices().map(|(at, c)| {
            let place = passage.locate(at..at + c.len_utf8());
            format!("{c}={}", &text[place.start..place.end]).replace(' ', "_").replace('\n', "/")
        });
        assert_eq!(places.collect::<Vec<_>>().join(" "), expected, "{text:?}");
    }
}

const PLAYBOOK: &str = r#"
name: Shop
lock: shop
inputs:
  version: { type: string, required: true, pattern: '^\d+$' }
  workers: { type: integer, default: 2 }
secrets:
  db: { env: DB_PASSWORD }
  key: { command: [pass, show, key] }
connections:
  cache: redis://127.0.0.1:6379/0
vars: { release: "/srv/{{ inputs.version }}" }
vars_files: [vars/common.yml]
plays:
  - name: Web
    hosts: web:!canary
    serial: [1, 25%]
    become: true
    vars_files: [vars/web.yml]
    steps:
      - exec: uptime
        register: up
        retries: 3
        delay: 1m30s
        when: [a, b > 1]
        notify: restart
        tags: a, b
      - name: both
        parallel:
          - - exec: { argv: [a] }
          - - log: b
            - flush_handlers
      - block:
          - include: tasks/a.yml
            vars: { port: 80 }
        rescue: [ { log: "failed" } ]
        always: [ { log: "done" } ]
        loop: [1, "{{ two }}"]
      - flush_handlers:
    handlers:
      - name: restart
        exec: systemctl restart app
  - steps: []
"#;

const FILES: &[(&str, &str)] = &[
    ("deploy.yml", PLAYBOOK),
    ("vars/common.yml", "region: eu\n"),
    ("vars/web.yml", "# nothing yet\n"),
    ("tasks/a.yml", "inputs:\n  port: { type: integer }\nsteps:\n  - include: b.yml\n"),
    ("tasks/b.yml", "- exec: echo {{ inputs.port }}\n"),
];

#[test]
fn a_playbook_comes_out_whole() {
    let playbook = super::load(FILES).unwrap_or_else(|told| panic!("{told}"));
    assert_eq!((playbook.name.as_str(), playbook.plays.len(), playbook.sources.len()), ("Shop", 2, 5));
    assert_eq!(playbook.secrets[1].source, SecretSource::Command(vec!["pass".into(), "show".into(), "key".into()]));
    assert_eq!(&*playbook.file_vars[0].name, "region");
    let [web, second] = playbook.plays.as_slice() else { panic!("two plays") };
    assert_eq!((web.name.as_str(), second.name.as_str()), ("Web", "play 2"));
    let [exec, both, block, flush] = web.steps.as_slice() else { panic!("four steps") };
    assert_eq!((exec.common.when.len(), exec.common.tags.join(" ")), (2, "a b".to_owned()));
    assert_eq!((exec.place.line(), exec.place.column()), (21, 9));
    assert!(matches!(&both.body, Body::Parallel(branches) if branches[1][1].body == Body::FlushHandlers));
    assert_eq!(flush.body, Body::FlushHandlers);
    let Body::Block { steps, rescue, always } = &block.body else { panic!("a block") };
    assert_eq!((rescue.len(), always.len()), (1, 1));
    let Body::Include { file, inputs, steps } = &steps[0].body else { panic!("an include") };
    assert_eq!((file.name.as_str(), inputs.len()), ("tasks/a.yml", 1));
    let Body::Include { steps, .. } = &steps[0].body else { panic!("an include in it") };
    assert!(matches!(&steps[0].body, Body::Action { kind, .. } if kind.name == "exec"));
}

#[test]
fn one_play_may_stand_at_the_top() {
    let playbook = super::load(&[("one.yml", "hosts: web\nvars: {a: 1}\nsteps:\n  - exec: a\n")]).expect("it is good");
    assert_eq!((playbook.name.as_str(), playbook.plays[0].name.as_str()), ("one.yml", "play 1"));
    assert_eq!((playbook.vars.len(), playbook.plays[0].vars.len()), (1, 0));
}

#[test]
fn nested_steps_are_read_like_others() {
    let node = parsed("- exec: a\n- exce: b\n");
    let told = playbook::steps(&node, &std::env::temp_dir(), &super::vocabulary(), &Keyring::default())
        .map_err(|problems| render(&problems));
    assert!(told.expect_err("it is refused").contains("did you mean `exec`?"));
}

#[test]
fn a_playbook_cut_anywhere_is_judged_without_a_panic() {
    let (folder, path) = super::written(FILES);
    for end in (0..PLAYBOOK.len()).filter(|end| PLAYBOOK.is_char_boundary(*end)) {
        std::fs::write(&path, &PLAYBOOK[..end]).expect("a file");
        if let Err(problems) = playbook::load(&path, &super::vocabulary(), &Keyring::default()).whole() {
            assert!(render(&problems).starts_with("error: "));
        }
    }
    drop(folder);
}

#[test]
fn a_document_with_any_byte_replaced_is_judged_without_a_panic() {
    let seeds = ["a: \"x\\ty\\\n  z\"\nb: >-\n  c\n\n   d\ne: 'f''g\n h'\n", "a: &a [1, {b: |2\n", "- - ? x\n  : y\n"];
    for seed in seeds {
        for at in 0..seed.len() {
            for byte in b"\"'\\\n\t {}[]|>&*:-#%@`,?~0".iter().chain(&[0xc3, 0x00]) {
                let mut bytes = seed.as_bytes().to_vec();
                bytes[at] = *byte;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let source = Arc::new(Source::new("x.yml", text));
                if let Err(problems) = yaml::parse(&source) {
                    assert!(render(&problems).starts_with("error: "));
                }
            }
        }
    }
}

#[test]
fn large_and_deep_files_are_judged() {
    let many = format!("steps:\n{}", "  - { name: \"step\", exec: \"echo {{ a }}\", when: b }\n".repeat(50_000));
    assert_eq!(parsed(&many).size(), 2 + 50_000 * 4);
    let huge = format!("a: \"{}\"\n", "x".repeat(8 << 20));
    assert_eq!(parsed(&huge).as_map().and_then(|map| map.entries[0].value.as_text()).map(str::len), Some(8 << 20));
    for open in ["[", "{a: ", "- ", "? "] {
        let source = Arc::new(Source::new("x.yml", open.repeat(100_000)));
        let told = render(&yaml::parse(&source).expect_err("it is refused"));
        assert!(told.starts_with("error: lists and mappings are nested too deeply\n"), "{open:?}: {told}");
    }
}

#[test]
fn problems_past_the_twentieth_are_counted() {
    let told = super::load(&[("a.yml", &format!("steps:\n{}", "  - 1\n".repeat(25)))]).expect_err("it is refused");
    assert_eq!(told.matches("error: ").count(), 20);
    assert!(told.ends_with("\n... and 5 more\n"));
}
