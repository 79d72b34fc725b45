//! The names that statements use and bind.
//!
//! In: the syntax tree of a whole text. Out: the same [`Found`] as for an expression.

use std::collections::BTreeMap;

use minijinja::machinery::ast::{Expr, Macro, Spanned, Stmt};

use super::names::{Found, Names};
use super::tokens::range;

/// Reads a text.
pub(super) fn of_text(text: &Stmt) -> Found {
    let mut names = Names::default();
    names.scopes.push(BTreeMap::new());
    names.stmt(text);
    names.finish()
}

impl Names {
    fn body(&mut self, body: &[Stmt]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn scoped(&mut self, walk: impl FnOnce(&mut Self)) {
        self.scopes.push(BTreeMap::new());
        walk(self);
        self.scopes.pop();
    }

    fn captured(&mut self, body: &[Stmt]) {
        self.capturing += 1;
        self.scoped(|names| names.body(body));
        self.capturing -= 1;
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Template(s) => self.body(&s.children),
            Stmt::EmitExpr(s) => self.emit(&s.expr),
            Stmt::EmitRaw(_) | Stmt::Continue(_) | Stmt::Break(_) => {}
            Stmt::ForLoop(s) => self.for_loop(s),
            Stmt::IfCond(s) => {
                self.expr(&s.expr);
                self.branch(|names| names.body(&s.true_body));
                self.branch(|names| names.body(&s.false_body));
            }
            Stmt::WithBlock(s) => self.scoped(|names| {
                for (target, value) in &s.assignments {
                    names.assign(target, |names| names.expr(value));
                }
                names.body(&s.body);
            }),
            Stmt::Set(s) => self.assign(&s.target, |names| names.expr(&s.expr)),
            Stmt::SetBlock(s) => self.assign(&s.target, |names| {
                s.filter.iter().for_each(|filter| names.expr(filter));
                names.captured(&s.body);
            }),
            Stmt::AutoEscape(s) => self.body(&s.body),
            Stmt::FilterBlock(s) => {
                self.expr(&s.filter);
                self.captured(&s.body);
            }
            Stmt::Macro(s) => self.define_macro(s),
            Stmt::CallBlock(s) => {
                self.call(&s.call.expr, &s.call.args);
                self.define_macro(&s.macro_decl);
            }
            Stmt::Do(s) => self.call(&s.call.expr, &s.call.args),
            Stmt::Block(s) => self.found.refused.push(("block", range(s.span()))),
            Stmt::Import(s) => self.found.refused.push(("import", range(s.span()))),
            Stmt::FromImport(s) => self.found.refused.push(("from", range(s.span()))),
            Stmt::Extends(s) => self.found.refused.push(("extends", range(s.span()))),
            Stmt::Include(s) => self.found.refused.push(("include", range(s.span()))),
        }
    }

    fn for_loop(&mut self, s: &minijinja::machinery::ast::ForLoop) {
        let made_from = self.reach_of(|names| names.expr(&s.iter));
        self.reach.extend(&made_from);
        self.scoped(|names| {
            names.bind(&s.target, &made_from);
            s.filter_expr.iter().for_each(|filter| names.expr(filter));
            names.bind_name("loop", &[]);
            names.looping += 1;
            names.body(&s.body);
            names.looping -= 1;
        });
        self.found.coarse |= s.recursive;
        self.scoped(|names| names.body(&s.else_body));
    }

    fn define_macro(&mut self, s: &Spanned<Macro>) {
        // It may call itself.
        self.bind_name(s.name, &[]);
        let made_from = self.reach_of(|names| {
            names.scoped(|names| {
                s.defaults.iter().for_each(|default| names.expr(default));
                s.args.iter().for_each(|arg| names.bind(arg, &[]));
                for name in ["caller", "varargs", "kwargs"] {
                    names.bind_name(name, &[]);
                }
                names.captured(&s.body);
            });
        });
        self.reach.extend(&made_from);
        self.found.coarse = true;
        self.bind_name(s.name, &made_from);
    }

    fn assign(&mut self, target: &Expr, value: impl FnOnce(&mut Self)) {
        let made_from = self.reach_of(value);
        self.reach.extend(&made_from);
        self.found.coarse |= self.looping > 0;
        self.bind(target, &made_from);
    }

    fn bind(&mut self, target: &Expr, made_from: &[usize]) {
        match target {
            Expr::Var(var) => self.bind_name(var.id, made_from),
            Expr::List(list) => list.items.iter().for_each(|item| self.bind(item, made_from)),
            Expr::GetAttr(attr) => self.bind_attribute(&attr.expr, made_from),
            _ => {}
        }
    }

    /// `set ns.x`: the namespace, wherever it was bound, is also made from this.
    fn bind_attribute(&mut self, target: &Expr, made_from: &[usize]) {
        self.found.coarse = true;
        match target {
            Expr::Var(var) => match self.scopes.iter_mut().rev().find_map(|scope| scope.get_mut(var.id)) {
                Some(old) => old.extend(made_from),
                None => self.bind_name(var.id, made_from),
            },
            Expr::GetAttr(attr) => self.bind_attribute(&attr.expr, made_from),
            _ => {}
        }
    }

    fn bind_name(&mut self, name: &str, made_from: &[usize]) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.entry(name.to_owned()).or_default().extend(made_from);
        }
    }
}
