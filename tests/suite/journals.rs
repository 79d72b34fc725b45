//! journals.
