//! From a passage of text to something that can be evaluated many times, by many threads.
//!
//! In: a [`Passage`]. Out: [`Compiled`], or every problem of the text, each with its place in the file. A text without
//! statements becomes its parts, each expression compiled by itself, so that what is emitted can be judged one by one;
//! a text with statements becomes a program whose emitted expressions pass through a filter of ours.

use std::ops::Range;
use std::sync::Arc;

use minijinja::machinery::{parse, parse_expr};
use minijinja::{Environment, Expression};

use crate::diagnostic::{Passage, Problem, Problems};
use crate::secret::Redactor;

use super::environment::environment;
use super::lexical::{Back, Backslash, Edits, Unclosed, is_plain, literals};
use super::names::{Emitted, Found, FreeName, of_expression};
use super::statements::of_text;
use super::tokens::{Misnomer, Piece, Tokens, read, syntax};
use super::vocabulary::Kind;
use super::{Aliases, NameUse, emit, foreign};

/// Longer texts are refused: a place in one is counted with 32 bits.
const LONGEST: usize = 64 << 20;

/// What a passage became.
pub(super) struct Compiled {
    pub passage: Passage,
    pub uses: Vec<NameUse>,
    pub form: Form,
    pub redactor: Redactor,
    pub aliases: Aliases,
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiled").field("passage", &self.passage).field("uses", &self.uses).finish_non_exhaustive()
    }
}

/// How it is evaluated.
#[derive(Debug)]
pub(super) enum Form {
    /// One expression; the value keeps its type.
    Whole(Code),
    /// Texts and expressions in turn.
    Text(Vec<Part>),
    /// Statements.
    Program(Program),
}

#[derive(Debug)]
pub(super) enum Part {
    Raw(String),
    Code(Code),
}

/// An expression.
#[derive(Debug)]
pub(super) struct Code {
    pub run: Run,
    pub emitted: Emitted,
    /// Where it stands in the passage's text.
    pub at: Range<usize>,
}

#[derive(Debug)]
pub(super) enum Run {
    /// Nothing but a name with constant attributes: the index of its use.
    Name(usize),
    /// Anything else, and the way back from its offsets.
    Engine(Expression<'static, 'static>, Way),
}

/// A text with statements.
pub(super) struct Program {
    /// Holds the one template [`PROGRAM`].
    pub environment: Environment<'static>,
    pub way: Way,
    /// What is emitted, in order, and where it stands.
    pub emitted: Vec<(Emitted, Range<usize>)>,
    pub pieces: Vec<Piece>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("emitted", &self.emitted).finish_non_exhaustive()
    }
}

/// The name of a program's template in its environment.
pub(super) const PROGRAM: &str = "text";

/// What a guarded chain is called in the compiled code, followed by the index of its use: it may be undefined at any
/// of its steps, as in Ansible.
pub(super) const GUARDED: &str = "__guarded_";

/// The way from offsets in compiled code to the passage's text.
#[derive(Clone, Debug)]
pub(super) struct Way {
    edits: Back,
    base: usize,
    escapes: Arc<Back>,
}

impl Way {
    pub fn range(&self, range: Range<usize>) -> Range<usize> {
        let range = self.edits.range(range);
        self.escapes.range(range.start + self.base..range.end + self.base)
    }
}

/// What a text is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Text(Backslash),
    Expression,
}

/// Compiles a passage.
pub(super) fn compile(
    passage: &Passage,
    reading: Reading,
    (redactor, aliases): (&Redactor, &Aliases),
) -> Result<Compiled, Problems> {
    let mut compiler = Compiler { passage, aliases, uses: Vec::new(), problems: Problems::default() };
    let form = compiler.form(reading);
    let Compiler { uses, problems, .. } = compiler;
    let form = problems.or(form)?.ok_or_else(Problems::default)?;
    Ok(Compiled { passage: passage.clone(), uses, form, redactor: redactor.clone(), aliases: Arc::clone(aliases) })
}

struct Compiler<'p> {
    passage: &'p Passage,
    aliases: &'p Aliases,
    uses: Vec<NameUse>,
    problems: Problems,
}

/// A text whose string literals are ready for the engine.
struct Ready {
    text: String,
    escapes: Arc<Back>,
}

impl Compiler<'_> {
    fn form(&mut self, reading: Reading) -> Option<Form> {
        let passage = self.passage;
        if passage.text.len() > LONGEST {
            self.problem(0..0, "a template may not be longer than 64 MiB");
            return None;
        }
        if reading != Reading::Expression && is_plain(&passage.text) {
            return Some(Form::Text(vec![Part::Raw(passage.text.to_string())]));
        }
        let (expression, backslash) = match reading {
            Reading::Text(backslash) => (false, backslash),
            Reading::Expression => (true, Backslash::Literal),
        };
        if expression && !self.is_bare() {
            return None;
        }
        let edits = match literals(&passage.text, expression, backslash) {
            Ok(edits) => edits,
            Err(unclosed) => return self.unclosed(&unclosed),
        };
        let (text, back) = edits.apply(&passage.text);
        let ready = Ready { text, escapes: Arc::new(back) };
        let tokens = read(&ready.text, expression);
        self.tokens(&tokens, &ready)?;
        if expression {
            return self.code(&ready, 0..ready.text.len()).map(Form::Whole);
        }
        self.text(tokens.pieces, &ready)
    }

    fn text(&mut self, pieces: Vec<Piece>, ready: &Ready) -> Option<Form> {
        if pieces.iter().any(|piece| matches!(piece, Piece::Statement(_))) {
            return self.program(pieces, ready).map(Form::Program);
        }
        if let [Piece::Code(at)] = &pieces[..] {
            return self.code(ready, at.clone()).map(Form::Whole);
        }
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            match piece {
                Piece::Code(at) => parts.extend(self.code(ready, at).map(Part::Code)),
                Piece::Raw(raw) => parts.push(Part::Raw(raw)),
                Piece::Statement(_) => {}
            }
        }
        Some(Form::Text(parts))
    }

    /// Reports what the tokens tell; none where reading on makes no sense.
    fn tokens(&mut self, tokens: &Tokens, ready: &Ready) -> Option<()> {
        for Misnomer { kind, name, at } in &tokens.misnomers {
            let place = self.passage.locate(ready.escapes.range(at.clone()));
            let problem = Problem::error(format!("there is no {} `{name}`", kind.noun())).at(place);
            self.problems.push(problem.did_you_mean(name, kind.names()));
        }
        if let Some((message, at)) = &tokens.broken {
            self.problem(ready.escapes.range(at.clone()), message);
            return None;
        }
        if let Some((word, at)) = &tokens.open_block {
            let place = self.passage.locate(ready.escapes.range(at.clone()));
            let problem = Problem::error(format!("`{{% {word} %}}` is not closed")).at(place);
            self.problems.push(problem.hint(format!("add `{{% end{word} %}}`")));
            return None;
        }
        Some(())
    }

    fn code(&mut self, ready: &Ready, at: Range<usize>) -> Option<Code> {
        let (text, base) = (&ready.text[at.clone()], at.start);
        let way = Way { edits: Back::default(), base, escapes: Arc::clone(&ready.escapes) };
        if text.trim().is_empty() {
            self.problem(way.range(0..text.len()), "an expression is missing here");
            return None;
        }
        let found = match parse_expr(text) {
            Ok(expr) => of_expression(&expr),
            Err(error) => return self.syntax(&error, &way),
        };
        let first = self.uses.len();
        let mut emitted = found.emitted.first()?.clone();
        emitted.uses.iter_mut().for_each(|used| *used += first);
        let only_name = is_bare_name(&found, text);
        let edits = self.found(found, &way, first);
        let at = way.range(0..text.len());
        if only_name {
            return Some(Code { run: Run::Name(first), emitted, at });
        }
        let (source, back) = edits.apply(text);
        match environment().compile_expression_owned(source) {
            Ok(expression) => Some(Code { run: Run::Engine(expression, Way { edits: back, ..way }), emitted, at }),
            Err(error) => self.syntax(&error, &way),
        }
    }

    fn program(&mut self, pieces: Vec<Piece>, ready: &Ready) -> Option<Program> {
        let way = Way { edits: Back::default(), base: 0, escapes: Arc::clone(&ready.escapes) };
        let found = match parse(&ready.text, PROGRAM, syntax()) {
            Ok(text) => of_text(&text),
            Err(error) => return self.syntax(&error, &way),
        };
        let codes: Vec<Range<usize>> = pieces.iter().filter_map(Piece::code).collect();
        let emitted: Vec<_> = found.emitted.iter().cloned().zip(codes.iter().map(|at| way.range(at.clone()))).collect();
        let mut edits = self.found(found, &way, 0);
        for (n, at) in codes.iter().enumerate() {
            edits.replace(at.start..at.start, " (");
            edits.replace(at.end..at.end, format!(") | {}({n}) ", emit::FILTER));
        }
        let (source, back) = edits.apply(&ready.text);
        let mut environment = environment().clone();
        match environment.add_template_owned(PROGRAM, source) {
            Ok(()) => Some(Program { environment, way: Way { edits: back, ..way }, emitted, pieces }),
            Err(error) => self.syntax(&error, &way),
        }
    }

    /// Takes over what was found; the answer makes guarded chains lenient.
    fn found(&mut self, found: Found, way: &Way, first: usize) -> Edits {
        for (name, at) in found.functions {
            let problem = Problem::error(format!("there is no function `{name}`")).at(self.place(way, at));
            self.problems.push(match foreign::advice(&name) {
                Some(advice) => problem.hint(advice),
                None => problem.did_you_mean(&name, Kind::Function.names()),
            });
        }
        for (misuse, at) in found.misused {
            let problem = Problem::error(misuse.message).at(self.place(way, at)).hint(misuse.hint);
            self.problems.push(problem);
        }
        for (word, at) in found.refused {
            let problem = Problem::error(format!("`{{% {word} %}}` is not available in a template"));
            let hint = "a template stands for itself: other files are not read";
            self.problems.push(problem.at(self.place(way, at)).hint(hint));
        }
        let mut edits = Edits::default();
        for (n, FreeName { name, path, at, guarded, conditional, whole, entry }) in found.uses.into_iter().enumerate() {
            if guarded && whole && !path.is_empty() {
                edits.replace(at.clone(), format!("{GUARDED}{}", first + n));
            }
            let place = self.place(way, at);
            let name = self.aliases.get(name.as_str()).map_or(name, ToString::to_string);
            self.uses.push(NameUse { name, path, place, guarded, conditional, entry });
        }
        edits
    }

    fn place(&self, way: &Way, at: Range<usize>) -> crate::diagnostic::Place {
        self.passage.locate(way.range(at))
    }

    fn problem(&mut self, at: Range<usize>, message: &str) {
        self.problems.push(Problem::error(message).at(self.passage.locate(at)));
    }

    fn syntax<T>(&mut self, error: &minijinja::Error, way: &Way) -> Option<T> {
        let at = error.range().unwrap_or(0..0);
        let detail = error.detail().unwrap_or("this cannot be read").to_owned();
        self.problem(way.range(at), &format!("the template cannot be read: {detail}"));
        None
    }

    fn unclosed<T>(&mut self, unclosed: &Unclosed) -> Option<T> {
        let open = &self.passage.text[unclosed.at.clone()];
        let problem = Problem::error(format!("`{open}` is not closed")).at(self.passage.locate(unclosed.at.clone()));
        self.problems.push(problem.hint(format!("add `{}`", unclosed.close)));
        None
    }

    /// Whether an expression comes without braces of its own.
    fn is_bare(&mut self) -> bool {
        let text = &self.passage.text;
        let Some(at) = brace_outside_strings(text) else { return true };
        let problem = Problem::error(format!("`{}` may not stand in an expression", &text[at..at + 2]));
        let problem = problem.at(self.passage.locate(at..at + 2));
        self.problems.push(problem.hint("leave the braces out: it is an expression as it is"));
        false
    }
}

fn is_bare_name(found: &Found, text: &str) -> bool {
    match &found.uses[..] {
        [only] => only.whole && !only.guarded && found.emitted.len() == 1 && text.trim().len() == only.at.len(),
        _ => false,
    }
}

fn brace_outside_strings(text: &str) -> Option<usize> {
    let (bytes, mut quote) = (text.as_bytes(), None);
    let mut at = 0;
    while at < bytes.len() {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), c) if c == open => quote = None,
            (None, c @ (b'\'' | b'"')) => quote = Some(c),
            (None, b'{') if matches!(bytes.get(at + 1), Some(b'{' | b'%')) => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}
