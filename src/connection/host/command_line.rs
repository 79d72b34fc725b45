//! The line of shell that starts every command, and the header it reads from its standard input.
//!
//! The line holds nothing of the user's but the name of the user for sudo: a constant wrapper and a random token. The
//! wrapper tells its process group, then reads one line, the header: shell text in printable ASCII that sets the
//! directory, the environment and the words of the program. What follows on standard input belongs to the program.

use std::fmt::Write as _;

use super::{Become, Program};
use crate::secret::Secret;
use crate::text::shell_quote;

/// Begins every word of the wrapper on its private channel.
pub(super) const MARK: &[u8] = b"\0RB:";

/// The wrapper, a line each for reading; joined by blanks, so that a login shell of any family takes it as one word.
///
/// `/proc/PID/stat` gives the process group (sudo may not make the wrapper its leader). The program runs in a
/// subshell of a pipeline whose other end reads what the shell says about it: a shell writes a line when a program
/// was killed, and none when it exited with the same number. TERM is left to the program: the wrapper outlives it.
const WRAPPER: &[&str] = &[
    r"trap : TERM INT HUP;",
    r"_rbt=$1; _rbg=;",
    r"{ read -r _ _ _ _ _rbg _ </proc/$$/stat; } 2>/dev/null;",
    r#"[ "$_rbg" ] || _rbg=$(ps -o pgid= -p $$ 2>/dev/null | tr -d " ");"#,
    r"printf '\0RB:%s:\n' $_rbt;",
    r"printf '\0RB:%s:G%s\n' $_rbt ${_rbg:-$$} >&2;",
    r#"_rbd() { _rbv=$(printf '%bx' "$1"); _rbv=${_rbv%x}; };"#,
    r"_rbf() { printf '\0RB:%s:R%s\n' $_rbt $1 >&2; exit 125; };",
    r#"_rbc() { [ -e "$1" ] || _rbf missing; [ -d "$1" ] || _rbf file; cd "$1" 2>/dev/null || _rbf denied; };"#,
    r"_rbx=; IFS= read -r _rbh || exit 125;",
    r#"eval "$_rbh";"#,
    r#"[ "$_rbx" ] && exec "$@";"#,
    r#"case "$BASH_VERSION" in ?*) set +o posix;; esac;"#,
    r"exec 3>&2 4>&1;",
    r"{ trap : TERM INT HUP; exec 2>&1;",
    r#"(exec 2>&3 >&4 3>&- 4>&-; exec "$@"); echo ":$?"; } | {"#,
    r"trap : TERM INT HUP; _rbn=; _rbr=125;",
    r"while IFS= read -r _rbl; do case $_rbl in :*) _rbr=${_rbl#:};; *) _rbn=1;; esac; done;",
    r#"[ "$_rbn" ] && [ $_rbr -gt 128 ] && printf '\0RB:%s:S%s\n' $_rbt "$(kill -l $_rbr)" >&3;"#,
    r"printf '\0RB:%s:E\n' $_rbt >&3;",
    r"exit $_rbr; }",
];

/// The line that starts the wrapper, through sudo where that is asked.
pub(super) fn line(token: &str, sudo: Option<&Become>) -> String {
    let wrapper = format!("/bin/sh -c {} runbook {token}", quoted(&WRAPPER.join(" ")));
    match sudo {
        None => format!("exec {wrapper}"),
        Some(user) => {
            let ask = if user.password.is_some() { format!("-S -p {}", prompt(token)) } else { "-n".to_owned() };
            format!("exec sudo -H {ask} -u {} -- {wrapper}", shell_quote(&user.user))
        }
    }
}

/// What sudo says when it asks.
pub(super) fn prompt(token: &str) -> String {
    format!("sudo-{token}-asks")
}

/// In single quotes for the login shell, with each quote in its own pair of double ones: csh and fish read it too.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

/// Why a command cannot be written down.
pub(super) type Unfit = String;

/// The header: one line of shell text.
pub(super) fn header<'a>(
    program: &Program,
    chdir: Option<&str>,
    environment: impl IntoIterator<Item = (&'a String, &'a Secret)>,
    direct: bool,
) -> Result<String, Unfit> {
    let mut out = String::new();
    if let Some(directory) = chdir {
        // A name without a slash would be looked for along CDPATH, or be an option.
        let directory = if directory.starts_with('/') { directory.to_owned() } else { format!("./{directory}") };
        value(&mut out, &directory, "the working directory")?;
        out.push_str("_rbc \"$_rbv\"; ");
    }
    for (name, secret) in environment {
        if !is_name(name) {
            return Err(format!("`{name}` is not a name for an environment variable"));
        }
        value(&mut out, secret.reveal(), &format!("the environment variable `{name}`"))?;
        let _ = write!(out, "{name}=$_rbv; export {name}; ");
    }
    out.push_str("set --; ");
    for word in words(program)? {
        value(&mut out, word, "a command")?;
        out.push_str("set -- \"$@\" \"$_rbv\"; ");
    }
    out.push_str(if direct { "_rbx=1\n" } else { "_rbx=\n" });
    Ok(out)
}

fn words(program: &Program) -> Result<Vec<&str>, Unfit> {
    match program {
        Program::Argv(words) if words.is_empty() => Err("there is no program to run".to_owned()),
        Program::Argv(words) => Ok(words.iter().map(String::as_str).collect()),
        Program::Script(text) => Ok(vec!["/bin/sh", "-c", text]),
    }
}

/// Leaves `text` in `$_rbv`, byte for byte.
fn value(out: &mut String, text: &str, what: &str) -> Result<(), Unfit> {
    if text.contains('\0') {
        return Err(format!("{what} holds a NUL byte, which no program can be given"));
    }
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        let _ = write!(out, "_rbv={}; ", quote_always(text));
        return Ok(());
    }
    out.push_str("_rbd '");
    for byte in text.bytes() {
        match byte {
            b'\'' | b'\\' | 0..=31 | 127.. => {
                let _ = write!(out, "\\0{byte:03o}");
            }
            _ => out.push(char::from(byte)),
        }
    }
    out.push_str("'; ");
    Ok(())
}

fn quote_always(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with("_rb")
}
