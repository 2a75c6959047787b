//! What the Markdown library would cost, bounded before it runs.
//!
//! The library builds its own tree of the whole text before it gives the first
//! event, so that no deadline can be checked meanwhile. Two inputs make that
//! costly. Every mark (`*`, `[`, a line's end) may become a node of some 64
//! bytes. And a line of plain text is compared with every block quote and list
//! that the lines before it left open, which is quadratic where a line opens
//! thousands. Both are counted from above here; documents that people write
//! stay far below.

use crate::{Budget, Limit, ParseError};

/// Texts below this size are harmless, whatever they say.
const HARMLESS_SIZE: usize = 16 * 1024;

/// Marks that are allowed for each element that the budget allows.
const MARKS_PER_ELEMENT: u64 = 16;

/// Comparisons of lines with open containers that are allowed, about a second's work.
const MAX_COMPARISONS: u64 = 1_000_000_000;

/// Fails for a text that would take the library too much memory or time.
pub(super) fn check_cost(text: &str, budget: &Budget) -> Result<(), ParseError> {
    if text.len() < HARMLESS_SIZE {
        return Ok(());
    }
    check_marks(text, budget)?;
    check_nesting(text, budget)
}

fn check_marks(text: &str, budget: &Budget) -> Result<(), ParseError> {
    let allowed = u64::from(budget.limits().max_elements).saturating_mul(MARKS_PER_ELEMENT);
    let marks = text.bytes().filter(|byte| byte.is_ascii_punctuation() || *byte == b'\n' || *byte == b'\r');
    // Commas, full stops and quotation marks of prose never become nodes.
    let marks = marks.filter(|byte| !matches!(byte, b'.' | b',' | b'"' | b'\'' | b'/')).count() as u64;
    if marks > allowed {
        let allowed = format!("{allowed} marks of Markdown");
        return Err(ParseError::LimitExceeded { limit: Limit::Elements, allowed });
    }
    Ok(())
}

fn check_nesting(text: &str, budget: &Budget) -> Result<(), ParseError> {
    let mut deepest = 0;
    let mut lines: u64 = 0;
    for line in text.split(['\n', '\r']) {
        lines += 1;
        let opened = line.bytes().take_while(|byte| may_open_container(*byte)).count();
        deepest = deepest.max(opened);
    }
    if (deepest as u64).saturating_mul(lines) > MAX_COMPARISONS {
        budget.check_depth(deepest)?;
    }
    Ok(())
}

/// Whether a byte can be part of what opens a block quote or a list item at the beginning of a line.
fn may_open_container(byte: u8) -> bool {
    matches!(byte, b'>' | b'-' | b'*' | b'+' | b'.' | b')' | b' ' | b'\t') || byte.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdg_config::ParsingLimits;

    fn check(text: &str) -> Result<(), ParseError> {
        check_cost(text, &Budget::new(&ParsingLimits::default()))
    }

    #[test]
    fn lines_behind_a_deep_nest_are_refused_before_they_cost_time() {
        let text = "- ".repeat(100_000) + "\n" + &"x\n".repeat(100_000);
        assert!(matches!(check(&text), Err(ParseError::LimitExceeded { limit: Limit::Depth, .. })));
    }

    #[test]
    fn more_marks_than_memory_is_worth_are_refused() {
        let text = "*a".repeat(8_000_001);
        assert!(matches!(check(&text), Err(ParseError::LimitExceeded { limit: Limit::Elements, .. })));
    }

    #[test]
    fn long_rules_and_large_texts_pass() {
        let rule = "-".repeat(500) + "\n";
        let text = rule.repeat(100) + &"Prose (mostly), in lines of *some* length.\n".repeat(100_000);
        assert!(check(&text).is_ok());
    }
}
