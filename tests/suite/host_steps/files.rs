//! `put`, `get` and `file` where all goes well.

use runbook::step::Verdict::{Change, Destructive, Same};

use super::world::{Row, World, play, read};

const CHANGE: Row = Row { before: "", step: "", verdict: Change, outcome: Ok(true), result: "{}", after: "" };
const SAME: Row = Row { verdict: Same, outcome: Ok(false), ..CHANGE };
/// SHA-256 of `new` and a line break.
const NEW: &str = "echo '7aa7a5359173d05b63cfd682e3c38487f3cb4f7f1d60659fe59fab1505977d4c  dest' | sha256sum -c";

#[tokio::test]
async fn put_files() {
    play(&[
        Row {
            step: r#"put: { content: "new\n", dest: @/dest }"#,
            result: r#"{"checksum":"7aa7a5359173d05b63cfd682e3c38487f3cb4f7f1d60659fe59fab1505977d4c","size":4,"backup_file":null,"dest":"@/dest"}"#,
            after: NEW,
            ..CHANGE
        },
        Row {
            step: r#"put: { content: "new\n", dest: @/dest, mode: "0640" }"#,
            after: "test $(stat -c %a dest) = 640",
            ..CHANGE
        },
        Row { step: r"put: { content: 12, dest: @/dest }", after: "test $(cat dest) = 12", ..CHANGE },
        Row { before: "echo new > dest", step: r#"put: { content: "new\n", dest: @/dest }"#, after: NEW, ..SAME },
        Row {
            before: "echo old > dest; chmod 600 dest",
            step: r#"put: { content: "new\n", dest: @/dest }"#,
            after: "test $(stat -c %a dest) = 600; test $(cat dest) = new",
            ..CHANGE
        },
        Row {
            before: "echo new > dest; chmod 600 dest; stat -c %i dest > inode",
            step: r#"put: { content: "new\n", dest: @/dest, mode: "0644" }"#,
            after: "test $(stat -c %a dest) = 644; test $(stat -c %i dest) = $(cat inode)",
            ..CHANGE
        },
        Row {
            before: "echo old > dest",
            step: r#"put: { content: "new\n", dest: @/dest, backup: true }"#,
            after: "test $(cat dest.run1.*~) = old; test $(cat dest) = new",
            ..CHANGE
        },
        Row {
            before: "mkdir files there; echo new > files/app.conf",
            step: "put: { src: files/app.conf, dest: @/there/, validate: grep -q new %s }",
            result: r#"{"dest":"@/there/app.conf"}"#,
            after: "cmp files/app.conf there/app.conf",
            ..CHANGE
        },
        Row {
            before: "echo new > target; ln -s target dest",
            step: r#"put: { content: "new\n", dest: @/dest }"#,
            after: "test ! -L dest; test -f dest",
            ..CHANGE
        },
        Row {
            step: "put: { content: x, dest: @/dest, owner: '0', group: '0' }",
            after: "test $(stat -c %U:%G dest) = root:root",
            ..CHANGE
        },
    ])
    .await;
}

#[tokio::test]
async fn put_folders() {
    const BEFORE: &str = "mkdir -p src/a/b src/empty; echo 1 > src/one; echo 2 > src/a/b/two; ln -s one src/link";
    const SAME_TREE: &str = "diff -r src dest; test -d dest/empty; test ! -L dest/link";
    play(&[
        Row {
            before: BEFORE,
            step: "put: { src: src, dest: @/dest }",
            after: "diff -r src dest; test -d dest/empty; test ! -L dest/link; test $(stat -c %a dest/a) = 755",
            ..CHANGE
        },
        Row { before: BEFORE, step: "put: { src: src/, dest: @/x/dest }", after: "diff -r src x/dest", ..CHANGE },
        Row {
            before: "mkdir -p src/a/b src/empty dest; echo 1 > src/one; echo 2 > src/a/b/two; ln -s one src/link;\n\
                     cp -rL src/. dest; echo 3 > dest/a/b/two; stat -c %i dest/one > inode",
            step: "put: { src: src, dest: @/dest }",
            after: "diff -r src dest; test $(stat -c %i dest/one) = $(cat inode)",
            ..CHANGE
        },
        Row {
            before: "mkdir -p src/a/b src/empty dest; echo 1 > src/one; cp -rL src/. dest; rmdir dest/empty",
            step: "put: { src: src, dest: @/dest, mode: '0600' }",
            after: "diff -r src dest; test -d dest/empty; test $(stat -c %a dest/one) = 600",
            ..CHANGE
        },
        Row {
            before: "mkdir -p src dest; echo 1 > src/one; cp src/one dest; touch dest/more",
            step: "put: { src: src, dest: @/dest }",
            after: "test -f dest/more",
            ..SAME
        },
        Row {
            before: "mkdir -p src/a/b src/empty; echo 1 > src/one; echo 2 > src/a/b/two; ln -s one src/link; cp -rL src dest",
            step: "put: { src: src, dest: @/dest }",
            after: SAME_TREE,
            ..SAME
        },
    ])
    .await;
}

#[tokio::test]
async fn get_files() {
    play(&[
        Row {
            before: "echo new > src",
            step: "get: { src: @/src, dest: kept/here/dest }",
            result: r#"{"checksum":"7aa7a5359173d05b63cfd682e3c38487f3cb4f7f1d60659fe59fab1505977d4c","size":4,"dest":"@/kept/here/dest"}"#,
            after: "cmp src kept/here/dest",
            ..CHANGE
        },
        Row { before: "echo 1 > src", step: "get: { src: @/src, dest: kept/ }", after: "cmp src kept/src", ..CHANGE },
        Row {
            before: "echo 1 > src; mkdir kept",
            step: "get: { src: @/src, dest: kept }",
            after: "cmp src kept/src",
            ..CHANGE
        },
        Row {
            before: "mkdir d; echo 1 > d/src; ln -s d/src near; ln -s @/near far",
            step: "get: { src: @/far, dest: kept }",
            after: "cmp d/src kept",
            ..CHANGE
        },
        Row { before: "echo 1 > src; cp src kept", step: "get: { src: @/src, dest: kept }", ..SAME },
    ])
    .await;
}

#[tokio::test]
async fn states() {
    play(&[
        Row {
            step: "file: { path: @/a/b/c, state: directory, mode: '0750' }",
            result: r#"{"path":"@/a/b/c","state":"directory"}"#,
            after: "test $(stat -c %a a/b/c) = 750; test $(stat -c %a a/b) = 755",
            ..CHANGE
        },
        Row { step: "file: { path: @/a/, state: directory }", after: "test $(stat -c %a a) = 755", ..CHANGE },
        Row { before: "mkdir -m 700 a", step: "file: { path: @/a, state: directory }", ..SAME },
        Row {
            before: "mkdir -m 700 a",
            step: "file: { path: @/a, state: directory, mode: '1777', owner: nobody }",
            after: "test $(stat -c %a:%U a) = 1777:nobody",
            ..CHANGE
        },
        Row { before: "mkdir a; ln -s a b", step: "file: { path: @/b, state: directory }", ..SAME },
        Row {
            before: "touch a",
            step: "file: { path: @/a, mode: '0600' }",
            after: "test $(stat -c %a a) = 600",
            ..CHANGE
        },
        Row {
            before: "touch a; chmod 644 a; ln -s a b",
            step: "file: { path: @/b, state: file, mode: '0600' }",
            after: "test $(stat -c %a a) = 600; test -L b",
            ..CHANGE
        },
        Row { step: "file: { path: @/a, state: absent }", ..SAME },
        Row { before: "touch a", step: "file: { path: @/a, state: absent }", after: "test ! -e a", ..CHANGE },
        Row { before: "mkdir a", step: "file: { path: @/a, state: absent }", after: "test ! -e a", ..CHANGE },
        Row {
            before: "mkdir -p a/b; touch a/b/c",
            step: "file: { path: @/a, state: absent }",
            verdict: Destructive,
            after: "test ! -e a",
            ..CHANGE
        },
        Row {
            before: "mkdir a; touch a/b; ln -s a l",
            step: "file: { path: @/l, state: absent }",
            after: "test ! -L l; test -f a/b",
            ..CHANGE
        },
        Row {
            step: "file: { path: @/l, state: link, target: some/where }",
            after: "test \"$(readlink l)\" = some/where",
            ..CHANGE
        },
        Row {
            before: "mkdir a b; ln -s a l",
            step: "file: { path: @/l, state: link, target: b }",
            after: "test $(readlink l) = b; test -z \"$(ls -A a)\"; test -z \"$(ls -A b)\"",
            ..CHANGE
        },
        Row { before: "ln -s a l", step: "file: { path: @/l, state: link, target: a }", ..SAME },
    ])
    .await;
}

#[tokio::test]
async fn differences() {
    let rows = [
        ("echo a > d; chmod 600 d", r#"put: { content: "b\n", dest: @/d, mode: "0644" }"#, "mode 0600 -> 0644"),
        ("echo a > d", r#"put: { content: "b\n", dest: @/d }"#, "--- @/d\n+++ @/d\n@@ -1 +1 @@\n-a\n+b\n"),
        ("true", r#"put: { content: "b\n", dest: @/d }"#, "--- /dev/null\n+++ @/d\n@@ -0,0 +1 @@\n+b\n"),
        (r"printf '\000' > d", r#"put: { content: "b\n", dest: @/d }"#, "@/d: 1 bytes, sha256 6e34"),
        ("mkdir -p s/a; echo x > s/a/f", "put: { src: s, dest: @/d }", "new directory @/d/a\n"),
        ("mkdir d; touch d/x", "file: { path: @/d, state: absent }", "- @/d/x\n"),
    ];
    for (before, step, part) in rows {
        let world = World::new();
        world.sh(before).unwrap();
        let found = read(&world.fill(step)).unwrap().check(&world.cx).await.unwrap_or_else(|e| panic!("{step}: {e:?}"));
        let diff = found.diff.unwrap().replace(world.path().to_str().unwrap(), "@");
        assert!(diff.contains(part), "{step}: {diff}");
        assert!(world.sh("ls -A").unwrap().lines().all(|name| ["d", "s"].contains(&name)), "{step} left something");
    }
}

#[tokio::test]
async fn templates_arrive_rendered() {
    let world = World::new();
    world.sh("mkdir -p src/a; echo raw > src/a/t; echo raw > src/plain").unwrap();
    let rows = [
        (r#"{"src":"src/plain","dest":"@/d","template":true,"rendered":{"":"done"}}"#, "test $(cat d) = done"),
        (
            r#"{"src":"src","dest":"@/e","template":true,"rendered":{"a/t":"done"}}"#,
            "test $(cat e/a/t) = done; test $(cat e/plain) = raw",
        ),
    ];
    for (args, after) in rows {
        // What the planner adds stands beside the parameters that a person writes.
        let mut value: serde_json::Value = serde_json::from_str(&world.fill(args)).unwrap();
        let rendered = value.as_object_mut().unwrap().remove("rendered").unwrap();
        let kind = runbook::step::find("put").unwrap();
        assert_eq!(
            (kind.sources)(&value),
            [(value["src"].as_str().unwrap().to_owned(), runbook::step::SourceUse::Template)]
        );
        let mut value = runbook::step::conform(&kind.shape, value).unwrap();
        value["rendered"] = rendered;
        let step = (kind.build)(value).unwrap_or_else(|error| panic!("{args}: {error}"));
        assert!(world.play(&*step).await.unwrap().1.changed);
        world.sh(after).unwrap();
        assert!(!world.play(&*step).await.unwrap().1.changed);
    }
}
