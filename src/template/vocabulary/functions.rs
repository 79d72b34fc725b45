//! The functions, in order: name, parameters, what it gives, an example. `debug` is left out: it shows everything that is in scope.

use super::{Word, word};

/// Jinja2's and Ansible's.
#[rustfmt::skip]
pub const FUNCTIONS: &[Word] = &[
    word("cycler", "...", "One of its values after the other, by `next()`.", "cycler('a', 'b').next()"),
    word("dict", "mapping?/ **", "A mapping of the named values.", "dict(a=1)"),
    word("joiner", "sep?/", "Nothing the first time it is called, then this text.", "joiner(', ')()"),
    word("namespace", "mapping?/ **", "Names that a loop may set.", "namespace(a=1).a"),
    word("range", "start/ stop?/ step?/", "Whole numbers.", "range(1, 4) | list"),
];
