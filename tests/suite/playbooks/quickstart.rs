use super::world::{apply, sees};
use crate::harness::case::Case;

#[test]
pub fn runs_as_the_readme_says() {
    let case = Case::new();
    let folder = case.path("quick");
    let given = format!("folder={}", folder.display());
    for visits in ["1", "2"] {
        let ran = apply(&case, "quickstart.yml", &["-e", &given]).exits(0);
        let changed = if visits == "1" { "changed" } else { "ok" };
        assert_eq!(
            ran.ends_of("localhost"),
            format!(
                "Make the folder {changed}, Write the greeting {changed}, Read it back ok, It is what we wrote ok, log ok"
            )
        );
        assert_eq!(sees("cat", &[&format!("{}/greeting.txt", folder.display())]), "Hello, world!");
        let book = format!("{}/guests.db", folder.display());
        assert_eq!(sees("sqlite3", &[&book, "select name, visits from guests"]), format!("world|{visits}"));
    }

    // What a person reads: what a log says once, and the host.
    let path = crate::harness::case::root().join("playbooks/quickstart.yml");
    let ran = case.run(&["apply", path.to_str().expect("UTF-8"), "-e", &given]).exits(0);
    let lines: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("log")).collect();
    assert_eq!(lines, ["log: world was here 3 times  [localhost]"], "{}", ran.stdout);

    // A visitor that does not fit is refused before anything is made.
    let case = Case::new();
    let given = format!("folder={}", case.path("quick").display());
    let ran = apply(&case, "quickstart.yml", &["-e", &given, "-e", "visitor=<b>"]).exits(2);
    assert!(ran.stdout.contains("visitor") && !case.path("quick").exists(), "{}", ran.stdout);
}
