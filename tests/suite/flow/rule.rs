//! A rule of how a run goes: a small playbook, and what must happen.
//!
//! In a table each rule begins with `== its name`. Its playbook follows, which may use the connection `db`; where there is
//! none it is that of the rule before. Then come lines that begin with `>>`:
//!
//! - `exits N`: the exit status; 0 unless told
//! - `args: ARGUMENT ARGUMENT`: more arguments
//! - `file NAME: LINE`: one more file
//! - `HOST: STEP OUTCOME, STEP OUTCOME`: all ends of a host's steps in their order; `-` for those of service steps
//! - `order: HOST STEP, HOST STEP`: these ends come in this order, whatever is between them
//! - `tells: TEXT`: this is told somewhere

use crate::harness::case::{Case, Ran};

/// Three hosts that are this machine, and one that cannot be reached.
const INVENTORY: &str = "[web]\na ansible_connection=local\nb ansible_connection=local\nc ansible_connection=local\n\
                         [far]\nu ansible_host=127.0.0.1 ansible_port=1\n[both]\na\nu\n";

/// An included list of steps that takes an input.
const PART: &str = "inputs: {n: {type: integer, required: true}, m: {type: integer, default: 2}}\n\
                    steps:\n- {name: part, exec: 'test {{ n + m }} = 6'}\n- {name: rest, exec: 'true'}\n";

/// A rule.
#[derive(Default)]
pub struct Rule {
    name: String,
    playbook: String,
    args: Vec<String>,
    files: Vec<(String, String)>,
    status: i32,
    ends: Vec<(String, String)>,
    orders: Vec<Vec<String>>,
    told: Vec<String>,
}

/// The rules of a table.
pub fn rules(table: &str) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut playbook = String::new();
    for text in table.strip_prefix("== ").expect("a rule").split("\n== ") {
        let (name, rest) = text.split_once('\n').expect("a name and a playbook");
        let own: String =
            rest.lines().filter(|line| !line.starts_with(">> ")).map(|line| format!("{line}\n")).collect();
        if !own.trim().is_empty() {
            playbook = format!("connections: {{db: 'sqlite::memory:'}}\n{own}");
        }
        let mut rule = Rule { name: name.to_owned(), playbook: playbook.clone(), ..Rule::default() };
        rest.lines().filter_map(|line| line.strip_prefix(">> ")).for_each(|line| rule.take(line));
        assert!(!rule.ends.is_empty() || !rule.orders.is_empty() || !rule.told.is_empty(), "{name} proves nothing");
        rules.push(rule);
    }
    rules
}

impl Rule {
    /// One more file.
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.to_owned(), text.to_owned()));
        self
    }

    /// Takes in a line of the table.
    fn take(&mut self, line: &str) {
        if let Some(status) = line.strip_prefix("exits ") {
            self.status = status.parse().expect("a number");
            return;
        }
        let (key, value) = line.split_once(':').unwrap_or_else(|| panic!("{line}"));
        let value = value.trim_start();
        match key.split_once(' ').unwrap_or((key, "")) {
            ("args", "") => self.args = value.split(' ').map(str::to_owned).collect(),
            ("file", path) => self.files.push((path.to_owned(), format!("{value}\n"))),
            ("order", "") => self.orders.push(value.split(", ").map(str::to_owned).collect()),
            ("tells", "") => self.told.push(value.to_owned()),
            (host, "") => self.ends.push((host.to_owned(), value.to_owned())),
            _ => panic!("{line}"),
        }
    }

    /// What is wrong.
    fn judge(&self) -> Vec<String> {
        let mut case = Case::playbook(&self.playbook).file("hosts.ini", INVENTORY).file("part.yml", PART);
        for (path, text) in &self.files {
            case = case.file(path, text);
        }
        let all: Vec<&str> = ["-i", "hosts.ini"].into_iter().chain(self.args.iter().map(String::as_str)).collect();
        let ran = case.apply(&all);
        let mut wrong = Vec::new();
        if ran.status != self.status {
            wrong.push(format!("exit {} and not {}", ran.status, self.status));
        }
        for (host, told) in &self.ends {
            let got = ran.ends_of(host);
            if got != *told {
                wrong.push(format!("{host}: {got:?} and not {told:?}"));
            }
        }
        wrong.extend(self.orders.iter().filter_map(|order| disorder(order, &ran)));
        let text = format!("{}{}", ran.stdout, ran.stderr);
        wrong.extend(self.told.iter().filter(|told| !text.contains(*told)).map(|told| format!("not told: {told}")));
        if ran.status != 2 {
            let shown = case.run(&["show", "last"]);
            if shown.status != 0 || shown.stdout.contains("contradicts") {
                wrong.push(format!("the journal cannot be read again:\n{}{}", shown.stdout, shown.stderr));
            }
        }
        if !wrong.is_empty() {
            wrong.push(format!("{}{}", ran.stdout, ran.stderr));
        }
        wrong
    }
}

/// What does not come where it should.
fn disorder(order: &[String], ran: &Ran) -> Option<String> {
    let ends = ran.ends();
    let mut rest = ends.iter();
    let missing = order.iter().find(|wanted| {
        let is_it = |end: &String| end.rsplit_once(' ').is_some_and(|(step, _)| step == **wanted);
        !rest.any(is_it)
    })?;
    Some(format!("{missing} does not come after those before it: {ends:?}"))
}

/// Fails the test unless all rules hold.
#[track_caller]
pub fn prove(rules: &[Rule]) {
    let broken: Vec<String> = rules
        .iter()
        .map(|rule| (rule, rule.judge()))
        .filter(|(_, wrong)| !wrong.is_empty())
        .map(|(rule, wrong)| format!("{}\n{}\n  {}", rule.name, rule.playbook, wrong.join("\n  ")))
        .collect();
    assert!(broken.is_empty(), "{} of {} rules are broken:\n\n{}", broken.len(), rules.len(), broken.join("\n"));
}
