//! The order of the modules: each imports only from those below it.

use crate::harness::case::root;

/// Top to bottom; modules in one row do not import each other.
const LAYERS: &[&[&str]] = &[
    &["cli"],
    &["run"],
    &["execute", "report", "journal"],
    &["plan"],
    &["step"],
    &["connection", "playbook", "inventory"],
    &["template"],
    &["event", "yaml"],
    &["diagnostic", "cancel", "secret", "text", "id", "fault"],
];

#[test]
fn modules_import_only_from_below() {
    let layer = |module: &str| LAYERS.iter().position(|row| row.contains(&module));
    let mut wrong = Vec::new();
    for (module, path) in files(&root().join("src"), None) {
        let own = layer(&module).unwrap_or_else(|| panic!("{module} has no layer"));
        let text = std::fs::read_to_string(&path).expect("a source file");
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                let Some(other) = layer(&used) else { continue };
                // The lowest layer may look sideways: its modules are small and know nothing of the program.
                let sideways = own == other && used != module && own + 1 != LAYERS.len();
                if other < own || sideways {
                    wrong.push(format!("{}:{}: {module} uses {used}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_of_a_size_that_can_be_read() {
    let long: Vec<String> = files(&root().join("src"), None)
        .into_iter()
        .map(|(_, path)| (std::fs::read_to_string(&path).expect("a source file").lines().count(), path))
        .filter(|(lines, _)| *lines > 500)
        .map(|(lines, path)| format!("{} has {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

/// Every source file with the name of its top module.
fn files(folder: &std::path::Path, module: Option<&str>) -> Vec<(String, std::path::PathBuf)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        let top = module.unwrap_or(&stem).to_owned();
        if path.is_dir() {
            found.extend(files(&path, Some(&top)));
        } else if module.is_some() || !matches!(stem.as_str(), "lib" | "main") {
            found.push((top, path));
        }
    }
    found
}
