//! Flow collections that stand too far left.
//!
//! YAML wants every line of `[…]` and `{…}` further right than the block it is
//! in. Most readers do not mind, and so many files close a list like this:
//!
//! ```yaml
//! targets: [
//!   linux,
//! ]
//! ```
//!
//! The scanner does mind, so such lines are moved right before it reads them.

use crate::{Budget, ParseError};
use saphyr_parser::{Marker, Parser};
use std::borrow::Cow;

/// The most lines that are moved, as each takes a scan of what is above it.
const MAX_LINES: usize = 500;

/// The most spaces that a line is moved by.
const MAX_SPACES: usize = 1_000;

/// How many events pass between two looks at the clock.
const EVENTS_PER_CLOCK_READ: usize = 256;

/// Moves lines within flow collections far enough right to be read.
pub(super) fn move_right<'t>(text: &'t str, budget: &Budget) -> Result<Cow<'t, str>, ParseError> {
    let mut moved = Cow::Borrowed(text);
    if !text.lines().any(|line| line.trim_start().starts_with([']', '}'])) {
        return Ok(moved);
    }
    let deepest = text.lines().map(|line| line.len() - line.trim_start_matches(' ').len()).max();
    let spaces = " ".repeat(deepest.map_or(1, |deepest| deepest + 1).min(MAX_SPACES));
    let mut last = None;
    for _ in 0..MAX_LINES {
        let found = line_too_far_left(&moved, budget)?;
        // A line that moving does not help is the parser's to complain about.
        let Some(begin) = found.filter(|_| found != last) else { break };
        moved.to_mut().insert_str(begin, &spaces);
        last = found;
    }
    Ok(moved)
}

/// Where the first line that stands too far left begins.
fn line_too_far_left(text: &str, budget: &Budget) -> Result<Option<usize>, ParseError> {
    for (count, event) in Parser::new_from_str(text).enumerate() {
        if count.is_multiple_of(EVENTS_PER_CLOCK_READ) {
            budget.check_deadline()?;
        }
        if let Err(error) = event {
            let is_too_far_left = error.info().starts_with("invalid indentation");
            return Ok(Some(error.marker())
                .filter(|_| is_too_far_left)
                .and_then(|at| begin_of_line(text, *at)));
        }
    }
    Ok(None)
}

/// Where the line of `place` begins, in bytes.
fn begin_of_line(text: &str, place: Marker) -> Option<usize> {
    let characters_before = place.index().checked_sub(place.col())?;
    let (begin, _) = text.char_indices().nth(characters_before)?;
    text.get(..begin)?.ends_with(['\n', '\r']).then_some(begin)
}
