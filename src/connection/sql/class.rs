//! What kind of statement a text is, by its words: whether it only reads, whether it gives itself a transaction's end.
//! Where that cannot be seen, it is taken for one that acts.

use super::Dialect;
use super::scan::{Token, TokenKind, scan};

/// SQLite's pragmas that look even when they are given an argument.
const LOOKING: [&str; 8] = [
    "table_info",
    "table_xinfo",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "integrity_check",
    "quick_check",
];
/// SQLite's pragmas that act without an argument.
const ACTING: [&str; 5] = ["wal_checkpoint", "optimize", "incremental_vacuum", "shrink_memory", "data_store_directory"];
/// Functions that do something, also in a `select`.
const DOING: [&str; 12] = [
    "nextval",
    "setval",
    "set_config",
    "pg_notify",
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_reload_conf",
    "get_lock",
    "release_lock",
    "load_extension",
    "dblink_exec",
    "lo_import",
];
/// Words that change data below a `with` or behind `explain analyze`.
const WRITING: [&str; 6] = ["insert", "update", "delete", "merge", "replace", "create"];

/// The words of a statement in lower case, quotes and comments left out.
pub struct Words {
    all: Vec<String>,
    /// A word is followed by this token.
    next: Vec<Option<char>>,
    conditional: bool,
}

impl Words {
    /// The words of a text.
    pub fn of(sql: &str, dialect: Dialect) -> Self {
        let tokens = scan(sql, dialect);
        let solid: Vec<&Token> = tokens.iter().filter(|token| token.kind != TokenKind::Blank).collect();
        let mut found = Self { all: Vec::new(), next: Vec::new(), conditional: false };
        for (at, token) in solid.iter().enumerate() {
            match token.kind {
                TokenKind::Word => {
                    found.all.push(sql[token.start..token.end].to_lowercase());
                    found.next.push(solid.get(at + 1).and_then(|next| sql[next.start..].chars().next()));
                }
                TokenKind::Conditional => found.conditional = true,
                _ => {}
            }
        }
        found
    }

    /// The first word; empty where there is none.
    pub fn first(&self) -> &str {
        self.all.first().map_or("", String::as_str)
    }

    fn second(&self) -> &str {
        self.all.get(1).map_or("", String::as_str)
    }

    fn has(&self, word: &str) -> bool {
        self.all.iter().any(|other| other == word)
    }

    fn calls(&self, names: &[&str]) -> bool {
        let mut pairs = self.all.iter().zip(&self.next);
        pairs.any(|(word, next)| {
            *next == Some('(') && (names.contains(&word.as_str()) || word.starts_with("pg_advisory"))
        })
    }

    /// A writing word that is no function's name (`replace(...)`).
    fn writes(&self) -> bool {
        let mut pairs = self.all.iter().zip(&self.next);
        pairs.any(|(word, next)| WRITING.contains(&word.as_str()) && *next != Some('('))
    }

    /// `for update`, `for no key update`, `for share`, `lock in share mode`, `into`.
    fn locks_or_stores(&self) -> bool {
        let locking = |pair: &[String]| {
            (pair[0] == "for" && matches!(pair[1].as_str(), "update" | "share" | "no" | "key"))
                || (pair[0] == "lock" && pair[1] == "in")
        };
        self.has("into") || self.all.windows(2).any(locking)
    }

    /// Whether it only looks.
    pub fn reads(&self) -> bool {
        if self.conditional || self.calls(&DOING) {
            return false;
        }
        match self.first() {
            "select" | "values" | "table" => !self.locks_or_stores(),
            "with" => !self.locks_or_stores() && !self.writes(),
            "show" | "describe" | "desc" => true,
            "explain" => !(self.has("analyze") || self.has("analyse")) || !(self.writes() || self.locks_or_stores()),
            "pragma" => self.pragma_reads(),
            _ => false,
        }
    }

    fn pragma_reads(&self) -> bool {
        // `pragma schema.name`: the name is the last word before a value.
        let name = if self.next.get(1) == Some(&Some('.')) { 2 } else { 1 };
        let word = self.all.get(name).map_or("", String::as_str);
        match self.next.get(name).copied().flatten() {
            Some('=') => false,
            Some('(') => LOOKING.contains(&word),
            _ => !ACTING.contains(&word),
        }
    }

    /// Whether it changes rows (and its count of changed rows means something).
    pub fn changes_rows(&self) -> bool {
        match self.first() {
            "insert" | "update" | "delete" | "replace" | "merge" | "truncate" | "load" | "copy" => true,
            "with" | "explain" => self.writes(),
            _ => false,
        }
    }

    /// Whether it begins or ends a transaction by itself.
    pub fn steers_transaction(&self) -> bool {
        match self.first() {
            "begin" | "commit" | "end" | "abort" | "xa" => true,
            "rollback" => !self.has("to"),
            "start" | "prepare" => self.second() == "transaction",
            "set" => self.second() == "autocommit",
            _ => false,
        }
    }

    /// Whether MySQL commits what was open before it runs this.
    pub fn commits_in_mysql(&self) -> bool {
        const ENDING: [&str; 19] = [
            "create",
            "alter",
            "drop",
            "truncate",
            "rename",
            "grant",
            "revoke",
            "analyze",
            "optimize",
            "repair",
            "check",
            "flush",
            "reset",
            "lock",
            "unlock",
            "install",
            "uninstall",
            "cache",
            "change",
        ];
        let temporary = matches!(self.first(), "create" | "drop") && self.second() == "temporary";
        ENDING.contains(&self.first()) && !temporary
    }

    /// Whether its text may hold semicolons of its own (`create trigger ... begin ...; end`).
    pub fn has_body(&self) -> bool {
        let body = |word: &String| matches!(word.as_str(), "trigger" | "procedure" | "function" | "event" | "package");
        (self.first() == "create" && self.all.iter().take(8).any(body))
            || (self.first() == "begin" && self.second() == "not")
    }
}

/// Whether a text only reads, in whatever dialect it is.
pub fn reads(sql: &str) -> bool {
    Dialect::ALL.iter().all(|dialect| Words::of(sql, *dialect).reads())
}
