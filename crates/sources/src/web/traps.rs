//! Sites that have no end: calendars, session ids, folders that contain themselves.

use super::url_name::{MAX_LENGTH, UrlName};

/// Parts that a path has at most.
const MAX_DEPTH: usize = 24;
/// Parameters that an address has at most.
const MAX_PARAMETERS: usize = 20;
/// How often the same parts of a path may follow one another.
const MAX_REPETITIONS: usize = 2;
/// How often one and the same part may: dates and numbers have a few.
const MAX_REPETITIONS_OF_ONE: usize = 3;

/// What of an address looks as if a machine made it up, if anything does.
pub(super) fn trap(name: &UrlName) -> Option<&'static str> {
    if name.as_str().len() > MAX_LENGTH {
        return Some("its address is longer than 2,000 characters");
    }
    let segments: Vec<&str> = name.url().path().split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.len() > MAX_DEPTH {
        return Some("its path has more than 24 parts");
    }
    if name.url().query().is_some_and(|query| query.split('&').count() > MAX_PARAMETERS) {
        return Some("its address has more than 20 parameters");
    }
    repeats(&segments).then_some("its path repeats itself")
}

/// Whether the same parts follow one another too often: `/a/b/a/b/a/b`.
fn repeats(segments: &[&str]) -> bool {
    (1..=segments.len() / 2).any(|length| {
        let allowed = if length == 1 { MAX_REPETITIONS_OF_ONE } else { MAX_REPETITIONS };
        // As many parts in a row that equal those `length` before them.
        let mut equal = 0;
        segments.iter().zip(segments.iter().skip(length)).any(|(earlier, later)| {
            equal = if earlier == later { equal + 1 } else { 0 };
            equal >= length * allowed
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trap_in(path: &str) -> Option<&'static str> {
        trap(&UrlName::parse(&format!("http://example.com{path}")).unwrap())
    }

    #[test]
    fn paths_that_repeat_themselves_are_traps() {
        for path in ["/a/b/a/b/a/b", "/x/a/b/a/b/a/b/y", "/a/a/a/a", "/a/b/c/a/b/c/a/b/c/d"] {
            assert!(trap_in(path).is_some(), "{path}");
        }
        for path in ["/", "/a/b/a/b", "/2010/10/10/10", "/a/b/c/d/e/f", "/a/b/a/c/a/d", "//a//a/b"] {
            assert_eq!(trap_in(path), None, "{path}");
        }
    }

    #[test]
    fn endless_addresses_are_traps() {
        assert!(trap_in(&format!("/{}", "x".repeat(2_000))).is_some());
        let deep: String = (0..30).map(|number| format!("/{number}")).collect();
        assert!(trap_in(&deep).is_some());
        let many: String = (0..30).map(|number| format!("&p{number}=1")).collect();
        assert!(trap_in(&format!("/?{many}")).is_some());
        assert_eq!(trap_in("/a?x=1&y=2"), None);
    }

    proptest! {
        #[test]
        fn a_part_repeated_is_found_wherever_it_stands(
            before in prop::collection::vec("[p-z]", 0..3),
            part in prop::collection::vec("[a-o]{1,2}", 1..4),
        ) {
            let mut segments: Vec<&str> = before.iter().map(String::as_str).collect();
            for _ in 0..4 {
                segments.extend(part.iter().map(String::as_str));
            }
            prop_assert!(repeats(&segments));
        }
    }
}
