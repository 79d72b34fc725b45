//! Which names a syntax tree uses, where, and what is emitted from them.
//!
//! In: the syntax tree of one piece of code. Out: [`Found`]. Names that the code binds itself (`for`, `set`, `with`,
//! macros and their arguments) are not free; what they were made from is remembered, because taint goes with it.

use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::Value;
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Spanned, Var};

use super::tokens::range;
use super::vocabulary::{Kind, Misuse};

/// A use of a free name.
#[derive(Clone, Debug)]
pub(super) struct FreeName {
    /// The first name of the chain.
    pub name: String,
    /// The constant attributes after it.
    pub path: Vec<String>,
    /// The chain.
    pub at: Range<usize>,
    /// It may be undefined there.
    pub guarded: bool,
    /// It stands in a branch that may not be taken.
    pub conditional: bool,
    /// All of the chain is in `path`, so that it can be looked up without the engine.
    pub whole: bool,
    /// The constant attribute of an entry that is worked out: `up` in `hostvars[name].up`.
    pub entry: Option<String>,
}

/// How an emitted expression protects itself in a shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// It does not.
    None,
    /// `| quote` is its last filter (or `| map('quote') | join(' ')` its last two).
    Quoted,
}

/// An emitted expression.
#[derive(Clone, Debug)]
pub(super) struct Emitted {
    /// The indices of the uses it is computed from.
    pub uses: Vec<usize>,
    /// Whether it is quoted for a shell.
    pub quoting: Quoting,
    /// It is captured by a `set`, `filter`, `call` or macro and may come out elsewhere.
    pub captured: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The uses of free names, in order.
    pub uses: Vec<FreeName>,
    /// The emitted expressions, in order.
    pub emitted: Vec<Emitted>,
    /// Functions that are not there: name and place.
    pub functions: Vec<(String, Range<usize>)>,
    /// What is emitted cannot be followed name by name (macros, namespaces, `set` in a loop): any use may be in it.
    pub coarse: bool,
    /// Filters, tests and functions whose arguments cannot be right, and where.
    pub misused: Vec<(Misuse, Range<usize>)>,
    /// Statements that are refused: their word and place.
    pub refused: Vec<(&'static str, Range<usize>)>,
}

/// The walk. Statements are in `statements.rs`.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) found: Found,
    /// What the names bound so far were made from; the innermost scope last.
    pub(super) scopes: Vec<BTreeMap<String, Vec<usize>>>,
    /// The uses met since it was last taken.
    pub(super) reach: Vec<usize>,
    pub(super) capturing: usize,
    pub(super) looping: usize,
    pub(super) branching: usize,
    /// Chains asked for with `is defined`.
    tested: Vec<(String, Vec<String>)>,
}

/// Reads an expression.
pub(super) fn of_expression(expr: &Expr) -> Found {
    let mut names = Names::default();
    names.emit(expr);
    names.finish()
}

impl Names {
    /// Ends the walk: a chain whose being defined is asked anywhere in the text may be undefined in all of it.
    pub(super) fn finish(mut self) -> Found {
        for used in &mut self.found.uses {
            let asked = |(name, path): &(String, Vec<String>)| *name == used.name && used.path.starts_with(path);
            used.guarded = used.guarded || self.tested.iter().any(asked);
        }
        if self.found.coarse {
            let all: Vec<usize> = (0..self.found.uses.len()).collect();
            self.found.emitted.iter_mut().for_each(|emitted| emitted.uses.clone_from(&all));
        }
        self.found
    }

    pub(super) fn emit(&mut self, expr: &Expr) {
        let uses = self.reach_of(|names| names.expr(expr));
        self.reach.extend(&uses);
        let captured = self.capturing > 0;
        self.found.emitted.push(Emitted { uses, quoting: quoting(expr), captured });
    }

    /// The uses that `walk` meets.
    pub(super) fn reach_of(&mut self, walk: impl FnOnce(&mut Self)) -> Vec<usize> {
        let before = std::mem::take(&mut self.reach);
        walk(self);
        let mut met = std::mem::replace(&mut self.reach, before);
        met.sort_unstable();
        met.dedup();
        met
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        self.guarded_expr(expr, false);
    }

    fn guarded_expr(&mut self, expr: &Expr, guarded: bool) {
        if let Some(chain) = chain(expr) {
            return self.chain(&chain, guarded);
        }
        match expr {
            Expr::Var(_) | Expr::Const(_) => {}
            Expr::Slice(e) => {
                self.expr(&e.expr);
                [&e.start, &e.stop, &e.step].into_iter().flatten().for_each(|bound| self.expr(bound));
            }
            Expr::UnaryOp(e) => self.expr(&e.expr),
            Expr::BinOp(e) if matches!(e.op, BinOpKind::ScAnd | BinOpKind::ScOr) => {
                self.expr(&e.left);
                self.branch(|names| names.expr(&e.right));
            }
            Expr::BinOp(e) => [&e.left, &e.right].into_iter().for_each(|side| self.expr(side)),
            Expr::Compare(e) => {
                self.expr(&e.expr);
                e.ops.iter().for_each(|op| self.expr(&op.expr));
            }
            Expr::IfExpr(e) => {
                self.branch(|names| names.expr(&e.true_expr));
                self.expr(&e.test_expr);
                self.branch(|names| e.false_expr.iter().for_each(|part| names.expr(part)));
            }
            Expr::Filter(e) => {
                let guards = matches!(e.name, "default" | "d");
                e.expr.iter().for_each(|inner| self.guarded_expr(inner, guards));
                self.judge((Kind::Filter, e.name), &e.args, range(e.span()));
                self.judge_inner(e.name, &e.args, range(e.span()));
                self.args(&e.args);
            }
            Expr::Test(e) => {
                self.judge((Kind::Test, e.name), &e.args, range(e.span()));
                self.test(e.name, &e.expr, &e.args);
            }
            Expr::GetAttr(e) => self.entry(&e.expr, e.name, guarded),
            Expr::GetItem(e) => match constant_key(&e.subscript_expr) {
                Some(key) => self.entry(&e.expr, key, guarded),
                None => [&e.expr, &e.subscript_expr].into_iter().for_each(|part| self.expr(part)),
            },
            Expr::Call(e) => self.call(&e.expr, &e.args),
            Expr::List(e) => e.items.iter().for_each(|item| self.expr(item)),
            Expr::Tuple(e) => e.items.iter().for_each(|item| self.expr(item)),
            Expr::Map(e) => e.keys.iter().chain(&e.values).for_each(|part| self.expr(part)),
        }
    }

    /// A constant attribute of what is no chain.
    fn entry(&mut self, of: &Expr, attribute: &str, guarded: bool) {
        let first = self.found.uses.len();
        self.guarded_expr(of, guarded);
        if let Expr::GetItem(item) = of
            && chain(&item.expr).is_some_and(|chain| chain.whole && self.bound(chain.root.id).is_none())
            && let Some(used) = self.found.uses.get_mut(first)
        {
            used.entry = Some(attribute.to_owned());
        }
    }

    /// What may not be evaluated.
    pub(super) fn branch(&mut self, walk: impl FnOnce(&mut Self)) {
        self.branching += 1;
        walk(self);
        self.branching -= 1;
    }

    fn test(&mut self, name: &str, expr: &Expr, args: &[CallArg]) {
        let guards = matches!(name, "defined" | "undefined");
        if guards && let Some(chain) = chain(expr) {
            self.tested.push((chain.root.id.to_owned(), chain.path.clone()));
        }
        self.guarded_expr(expr, guards);
        self.args(args);
    }

    /// A call: of a method, a macro or a function.
    pub(super) fn call(&mut self, callee: &Expr, args: &[CallArg]) {
        match callee {
            Expr::GetAttr(method) => self.expr(&method.expr),
            Expr::Var(var) => match self.bound(var.id).cloned() {
                Some(made_from) => self.reach.extend(made_from),
                None if Kind::Function.find(var.id).is_some() => {
                    self.judge((Kind::Function, var.id), args, range(var.span()));
                }
                None => self.found.functions.push((var.id.to_owned(), range(var.span()))),
            },
            other => self.expr(other),
        }
        self.args(args);
    }

    /// Whether a word is used with arguments that it takes.
    fn judge(&mut self, (kind, name): (Kind, &str), args: &[CallArg], at: Range<usize>) {
        let splat = |arg: &CallArg| matches!(arg, CallArg::PosSplat(_) | CallArg::KwargSplat(_));
        let Some(word) = kind.find(name).filter(|_| !args.iter().any(splat)) else { return };
        let named: Vec<&str> =
            args.iter().filter_map(|arg| if let CallArg::Kwarg(name, _) = arg { Some(*name) } else { None }).collect();
        let given = args.len() - named.len();
        self.found.misused.extend(word.misuse(kind, given, &named).map(|misuse| (misuse, at)));
    }

    /// The filter or test that another filter applies to each item (`map('replace', 'a', 'b')`), with what is left for it.
    fn judge_inner(&mut self, outer: &str, args: &[CallArg], at: Range<usize>) {
        let (kind, before) = match outer {
            "map" => (Kind::Filter, 0),
            "select" | "reject" => (Kind::Test, 0),
            "selectattr" | "rejectattr" => (Kind::Test, 1),
            _ => return,
        };
        if let Some(CallArg::Pos(Expr::Const(name))) = args.get(before)
            && let Some(name) = name.value.as_str()
        {
            self.judge((kind, name), &args[before + 1..], at);
        }
    }

    pub(super) fn args(&mut self, args: &[CallArg]) {
        for arg in args {
            match arg {
                CallArg::Pos(e) | CallArg::Kwarg(_, e) | CallArg::PosSplat(e) | CallArg::KwargSplat(e) => self.expr(e),
            }
        }
    }

    fn chain(&mut self, chain: &Chain, guarded: bool) {
        if let Some(made_from) = self.bound(chain.root.id) {
            let made_from = made_from.clone();
            self.reach.extend(made_from);
            return;
        }
        self.reach.push(self.found.uses.len());
        self.found.uses.push(FreeName {
            name: chain.root.id.to_owned(),
            path: chain.path.clone(),
            at: chain.at.clone(),
            guarded,
            conditional: self.branching > 0,
            whole: chain.whole,
            entry: None,
        });
    }

    fn bound(&self, name: &str) -> Option<&Vec<usize>> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name))
    }
}

/// A name with constant lookups in it.
struct Chain<'t, 's> {
    root: &'t Spanned<Var<'s>>,
    path: Vec<String>,
    at: Range<usize>,
    whole: bool,
}

fn chain<'t, 's>(expr: &'t Expr<'s>) -> Option<Chain<'t, 's>> {
    let (inner, step) = match expr {
        Expr::Var(root) => {
            return Some(Chain { root, path: Vec::new(), at: range(root.span()), whole: true });
        }
        Expr::GetAttr(e) => (&e.expr, Some(e.name.to_owned())),
        Expr::GetItem(e) => {
            let Expr::Const(key) = &e.subscript_expr else { return None };
            (&e.expr, key.value.as_str().map(str::to_owned))
        }
        _ => return None,
    };
    let mut chain = chain(inner)?;
    chain.at.end = range(expr.span()).end;
    match step {
        Some(name) if chain.whole => chain.path.push(name),
        _ => chain.whole = false,
    }
    Some(chain)
}

fn constant_key<'t>(expr: &'t Expr<'_>) -> Option<&'t str> {
    match expr {
        Expr::Const(key) => key.value.as_str(),
        _ => None,
    }
}

fn quoting(expr: &Expr) -> Quoting {
    let Expr::Filter(last) = expr else { return Quoting::None };
    let quoted = match (last.name, &last.expr) {
        ("quote", Some(_)) => true,
        ("join", Some(Expr::Filter(inner))) => {
            inner.name == "map" && first_text(&inner.args).is_some_and(|name| name == "quote") && constant(&last.args)
        }
        _ => false,
    };
    if quoted { Quoting::Quoted } else { Quoting::None }
}

fn first_text(args: &[CallArg]) -> Option<String> {
    match args {
        [CallArg::Pos(Expr::Const(name))] => name.value.as_str().map(str::to_owned),
        _ => None,
    }
}

fn constant(args: &[CallArg]) -> bool {
    args.iter().all(|arg| match arg {
        CallArg::Pos(e) => e.as_const().is_some_and(|value: Value| value.as_str().is_some()),
        _ => false,
    })
}
