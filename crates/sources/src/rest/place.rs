//! How far a listing is, so that it can go on there.

use super::pagination::{At, Pagination};
use crate::Cursor;
use gdg_model::ContentHash;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Items that were listed last and are known again. Of so many in a row, one must still be there.
const MAX_MARKS: usize = 32;
/// Pages without items, one after the other, that a listing takes.
const MAX_EMPTY: u32 = 10_000;
/// Bytes of a cursor.
const MAX_CURSOR: usize = 65_536;

/// A mark by which an item is known again.
pub(super) fn mark_of(id: &str) -> String {
    let mut mark = ContentHash::of(id.as_bytes()).to_string();
    mark.truncate(12);
    mark
}

/// A place in a listing: a page, and what was listed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    pub(super) at: At,
    /// Marks of the items that were listed last, the last one at the end.
    behind: VecDeque<String>,
}

impl Place {
    pub(super) fn start(pagination: &Pagination) -> Self {
        Self { at: pagination.start(), behind: VecDeque::new() }
    }

    /// The place that a cursor names; `None` if no listing gave it.
    pub(super) fn of_cursor(cursor: &Cursor, pagination: &Pagination) -> Option<Self> {
        let text = cursor.as_str();
        let place: Self = (text.len() <= MAX_CURSOR).then(|| serde_json::from_str(text).ok()).flatten()?;
        (pagination.knows(&place.at) && place.behind.len() <= MAX_MARKS).then_some(place)
    }

    pub(super) fn cursor(&self) -> Cursor {
        // A struct of texts and numbers is always written.
        Cursor::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// Whether something was listed before.
    pub(super) fn is_behind_something(&self) -> bool {
        !self.behind.is_empty()
    }

    pub(super) fn was_listed(&self, mark: &str) -> bool {
        self.behind.iter().any(|known| known == mark)
    }

    /// Takes note of an item that is listed.
    pub(super) fn pass(&mut self, mark: String) {
        if self.behind.len() == MAX_MARKS {
            self.behind.pop_front();
        }
        self.behind.push_back(mark);
    }
}

/// Watches whether a listing comes to its end at all.
#[derive(Debug)]
pub(super) struct Progress {
    pages: Circle,
    contents: Circle,
    empty: u32,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { pages: Circle::new(), contents: Circle::new(), empty: 0 }
    }

    /// Takes a page with the marks of its items, as far as they have ids. The
    /// first `known` were listed before. Fails where the listing repeats what it
    /// gave: it would do so for ever.
    pub(super) fn check(&mut self, at: &At, marks: &[Option<String>], known: usize) -> Result<(), String> {
        let repeats = |what: &str| {
            Err(format!("{what}; it would never end (do the keys of `list.pagination` fit the service?)"))
        };
        if let At::Cursor(name) | At::Url(name) = at
            && self.pages.closes_with(mark_of(name))
        {
            return repeats("the listing comes to a page that it had before");
        }
        if marks.is_empty() {
            self.empty += 1;
            if self.empty > MAX_EMPTY {
                return repeats("too many pages without items follow one another");
            }
            return Ok(());
        }
        self.empty = 0;
        // The item that is asked for again may be the whole page.
        let is_only_overlap = marks.len() == 1 && known == 1;
        let whole: String = marks.iter().map(|mark| mark.as_deref().unwrap_or("-")).collect();
        if marks.iter().any(Option::is_some)
            && !is_only_overlap
            && self.contents.closes_with(ContentHash::of(whole.as_bytes()).to_string())
        {
            return repeats("a page has the same items as an earlier one");
        }
        Ok(())
    }
}

/// Finds out whether a sequence goes in a circle, without keeping it (Brent's algorithm).
#[derive(Debug)]
struct Circle {
    kept: Option<String>,
    steps: u64,
    power: u64,
}

impl Circle {
    fn new() -> Self {
        Self { kept: None, steps: 0, power: 1 }
    }

    /// Takes the next one, and says whether it was there before.
    fn closes_with(&mut self, next: String) -> bool {
        if self.kept.as_ref() == Some(&next) {
            return true;
        }
        self.steps += 1;
        if self.steps == self.power {
            self.power = self.power.saturating_mul(2);
            self.steps = 0;
            self.kept = Some(next);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdg_config::RestPaginationConfig;
    use proptest::prelude::*;

    fn pagination() -> Pagination {
        let kind = Some(gdg_config::RestPaginationType::Offset);
        let offset_parameter = Some("offset".to_owned());
        Pagination::of(&RestPaginationConfig { kind, offset_parameter, ..RestPaginationConfig::default() })
            .unwrap()
    }

    #[test]
    fn a_place_comes_back_from_its_cursor() {
        let mut place = Place::start(&pagination());
        place.at = At::Offset(7);
        (0..100).for_each(|id| place.pass(mark_of(&id.to_string())));
        assert_eq!(place.behind.len(), MAX_MARKS);
        assert!(place.was_listed(&mark_of("99")) && !place.was_listed(&mark_of("1")));
        assert_eq!(Place::of_cursor(&place.cursor(), &pagination()), Some(place));
    }

    #[test]
    fn a_cursor_of_another_listing_is_none() {
        for text in ["", "{}", r#"{"at":"start","behind":[]}"#, r#"{"at":{"page":1},"behind":[]}"#] {
            assert_eq!(Place::of_cursor(&Cursor::new(text), &pagination()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_circle_is_found_and_nothing_else(before in 0_usize..20, round in 1_usize..20) {
            let mut circle = Circle::new();
            let once = (0..before).map(|step| format!("before {step}"));
            let steps = once.chain((0..round).cycle().map(|step| step.to_string()));
            let found = steps.take(200).position(|step| circle.closes_with(step)).unwrap();
            prop_assert!(found >= before + round);
        }

        #[test]
        fn no_cursor_is_too_strange(text in ".*") {
            let _ = Place::of_cursor(&Cursor::new(text), &pagination());
        }
    }
}
