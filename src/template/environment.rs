//! The one engine environment of the process: filters, tests, functions and limits, and the names of them all.
//!
//! It holds no values and no templates, so that it can be shared by everything that is compiled.

use std::sync::LazyLock;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use super::{emit, vocabulary};

/// How many instructions (and, in smaller units, bytes) one evaluation may use.
const FUEL: u64 = 2_000_000;

/// The environment.
pub(super) fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(build);
    &ENVIRONMENT
}

fn build() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.set_syntax(super::tokens::syntax());
    env.set_debug(false);
    env.set_fuel(Some(FUEL));
    vocabulary::register(&mut env);
    emit::register(&mut env);
    env
}
