//! How deep code is nested, told from its tokens: the engine's parser goes down as deep as the code does, and a text
//! must not be able to exhaust the stack.

use std::ops::Range;

use minijinja::machinery::Token;

/// Code may be nested this deep; each operator of a chain counts.
const DEEPEST: usize = 400;

/// Where code is nested too deep.
pub(super) fn too_deep(tokens: &[(Token, Range<usize>)]) -> Option<Range<usize>> {
    let mut levels = vec![0usize];
    let (mut total, mut alternatives) = (0usize, 0usize);
    for (token, at) in tokens {
        match token {
            Token::VariableStart | Token::BlockStart => {
                levels = vec![0];
                total = 0;
            }
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                levels.push(1);
                total += 1;
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                // What was closed is one more step of the chain it stands in.
                total = total.saturating_sub(levels.pop().unwrap_or(0)) + 1;
                match levels.last_mut() {
                    Some(level) => *level += 1,
                    None => levels.push(1),
                }
            }
            Token::Comma => {
                let level = levels.last_mut().map_or(0, std::mem::take);
                total = total.saturating_sub(level);
            }
            Token::Ident("elif") => alternatives += 1,
            token if makes_deeper(token) => {
                total += 1;
                levels.iter_mut().last().into_iter().for_each(|level| *level += 1);
            }
            _ => {}
        }
        if total > DEEPEST || alternatives > DEEPEST {
            return Some(at.clone());
        }
    }
    None
}

fn makes_deeper(token: &Token) -> bool {
    use Token::{Assign, BlockEnd, Colon, Float, Ident, Int, Int128, Str, String, TemplateData, VariableEnd};
    match token {
        Ident(word) => matches!(*word, "and" | "or" | "not" | "if" | "else" | "is" | "in"),
        TemplateData(_) | VariableEnd | BlockEnd | Colon | Assign | Str(_) | String(_) | Int(_) | Int128(_)
        | Float(_) => false,

        _ => true,
    }
}
