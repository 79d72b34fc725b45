//! looks.
