//! How far a listing is, as a cursor says it.

use super::url_name::MAX_LENGTH;
use crate::Cursor;
use serde::{Deserialize, Serialize};

/// Sitemaps that lie in one another: an index, and what it names. One more level is granted.
pub(super) const MAX_NESTING: usize = 3;

/// How far a listing is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Position {
    /// Behind the page to begin with that has this address.
    Page(String),
    /// In a sitemap.
    Sitemap {
        /// Which of the configured ones. It may be the one behind the last.
        number: usize,
        /// How far in it, and in those that it leads to. Empty when it has not been begun.
        marks: Vec<Mark>,
    },
}

/// How far one sitemap was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mark {
    /// Addresses that were read.
    pub(super) count: u64,
    /// The last of them, as it is written there.
    pub(super) last: String,
}

impl Position {
    pub(super) fn cursor(&self) -> Cursor {
        // Texts and numbers can always be written.
        Cursor::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// What a cursor says; `None` when no listing gave it.
    pub(super) fn of(cursor: &Cursor, sitemaps: usize) -> Option<Self> {
        let position = serde_json::from_str(cursor.as_str()).ok()?;
        let is_possible = match &position {
            Self::Page(page) => page.len() <= MAX_LENGTH,
            Self::Sitemap { number, marks } => {
                *number <= sitemaps && marks.len() <= MAX_NESTING && (*number < sitemaps || marks.is_empty())
            }
        };
        is_possible.then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_position_is_what_its_cursor_says() {
        let mark = |count, last: &str| Mark { count, last: last.into() };
        for position in [
            Position::Page("http://a/".into()),
            Position::Sitemap { number: 0, marks: vec![] },
            Position::Sitemap { number: 1, marks: vec![mark(2, "http://a/\"x"), mark(0, "")] },
            Position::Sitemap { number: 2, marks: vec![] },
        ] {
            assert_eq!(Position::of(&position.cursor(), 2), Some(position));
        }
    }

    #[test]
    fn a_cursor_of_another_configuration_is_none() {
        for text in [
            "",
            "x",
            "{}",
            r#"{"page":1}"#,
            r#"{"sitemap":{"number":3,"marks":[]}}"#,
            r#"{"sitemap":{"number":2,"marks":[{"count":1,"last":""}]}}"#,
            r#"{"sitemap":{"number":-1,"marks":[]}}"#,
        ] {
            assert_eq!(Position::of(&Cursor::new(text), 2), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_position_or_none(text in ".{0,100}") {
            let _ = Position::of(&Cursor::new(text), 1);
        }
    }
}
