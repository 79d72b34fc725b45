//! Names that a shell, an option parser or a line reader would trip over, in every place where a path stands.

use serde_json::json;

use super::world::{World, step_of};

const NAMES: &[&str] = &[
    "a b",
    "it's",
    "\"q\"",
    "$(touch hurt)",
    "`touch hurt`",
    "-rf",
    "--",
    "a;touch hurt",
    "line\nbreak",
    "end\n",
    "\tx",
    "*",
    "é\u{202e}x",
    "\\",
    "%s",
    "~",
    "#x",
    "a&b|c>d",
    " lead",
    "trail ",
    "$HOME",
    "!",
];

#[tokio::test]
async fn hostile_names() {
    for name in NAMES {
        let world = World::new();
        let at = |below: &str| format!("{}/{name}{below}", world.path().display());
        std::fs::create_dir(world.path().join("s")).unwrap();
        std::fs::write(world.path().join("s").join(name), "x").unwrap();
        let steps = [
            ("file", json!({ "path": at(""), "state": "directory", "mode": "0700" })),
            ("file", json!({ "path": at("/deep/er"), "state": "directory" })),
            ("put", json!({ "content": "x", "dest": at("/f"), "validate": "test -s %s" })),
            ("put", json!({ "content": "y", "dest": at("/f"), "backup": true, "mode": "0600" })),
            ("put", json!({ "src": format!("s/{name}"), "dest": at("/") })),
            ("put", json!({ "src": "s", "dest": at("/copy"), "mode": "0640" })),
            ("get", json!({ "src": format!("{}/{name}", at("")), "dest": format!("kept/{name}") })),
            ("get", json!({ "src": format!("{}/{name}", at("")), "dest": "kept/more/" })),
            ("file", json!({ "path": at("/link"), "state": "link", "target": name })),
            ("file", json!({ "path": at("/f"), "mode": "0644" })),
            (
                "exec",
                json!({ "argv": ["touch", "--", name], "chdir": at(""), "creates": at(&format!("/deep/{name}/x")) }),
            ),
        ];
        for (kind, args) in steps {
            let step = step_of(kind, args.clone()).unwrap_or_else(|error| panic!("{args}: {error}"));
            let played = world.play(&*step).await.unwrap_or_else(|error| panic!("{args}: {error:?}"));
            assert!(played.1.changed, "{args}");
            if kind != "exec" {
                assert!(!world.play(&*step).await.unwrap().1.changed, "again: {args}");
            }
        }
        assert_eq!(std::fs::read_to_string(at("/f")).unwrap(), "y");
        assert_eq!(std::fs::read_to_string(at(&format!("/{name}"))).unwrap(), "x");
        assert_eq!(std::fs::read_to_string(at(&format!("/copy/{name}"))).unwrap(), "x");
        assert_eq!(std::fs::read_to_string(world.path().join("kept").join(name)).unwrap(), "x");
        assert_eq!(std::fs::read_to_string(world.path().join("kept/more").join(name)).unwrap(), "x");
        assert_eq!(std::fs::read_link(at("/link")).unwrap().to_str(), Some(*name));
        let step = step_of("file", json!({ "path": at(""), "state": "absent" })).unwrap();
        assert!(world.play(&*step).await.unwrap().1.changed);
        let mut left: Vec<_> = std::fs::read_dir(world.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["kept", "s"], "{name}");
        let places = [std::env::current_dir().ok(), std::env::home_dir()];
        assert!(places.into_iter().flatten().all(|place| !place.join("hurt").exists()), "{name}");
    }
}
