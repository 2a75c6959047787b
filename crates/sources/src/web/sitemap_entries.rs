//! A fetched sitemap, read behind a mark.

use super::position::Mark;
use super::sitemap::{Addresses, Kind};
use super::url_name::UrlName;
use crate::Content;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Addresses of a sitemap that are known again when it repeats them.
const MAX_SEEN: usize = 1 << 20;
/// Addresses that are looked at in one go, however few of them are taken.
const MAX_LOOKED_AT: usize = 5_000;

/// What a sitemap names, in its order, each once.
pub(super) struct Entries {
    content: Content,
    addresses: Addresses,
    kind: Kind,
    mark: Mark,
    /// Hashes of what was given. That two names share one is rarer than one in ten million sitemaps.
    seen: HashSet<u64>,
    has_an_address: bool,
}

/// A part of what a sitemap names.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) names: Vec<UrlName>,
    /// Whether that was the end of it.
    pub(super) is_last: bool,
    /// What was wrong with it there.
    pub(super) problem: Option<String>,
}

impl Entries {
    /// Begins to read behind `mark`, and says whether it is there. Blocks.
    ///
    /// A sitemap that changed since has the last address in another place: it
    /// goes on behind that. Where it is gone, the sitemap is read from its
    /// beginning: its pages are listed once more rather than one of them never.
    pub(super) fn open(content: Content, mark: &Mark) -> Result<(Self, bool), String> {
        let place = if mark.count == 0 { Some(0) } else { place_of(mark, &content)? };
        let addresses = begin(&content)?;
        let kind = addresses.kind();
        let (mark, seen) = (Mark::default(), HashSet::new());
        let mut entries = Self { content, addresses, kind, mark, seen, has_an_address: false };
        // What was listed is read again, to be known when it is repeated.
        while entries.mark.count < place.unwrap_or_default() {
            let Some(Ok(text)) = entries.next_text() else { break };
            entries.name(&text);
        }
        Ok((entries, place.is_some()))
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn mark(&self) -> &Mark {
        &self.mark
    }

    /// The next names, of those that `takes` takes, at most `wanted`. Blocks.
    pub(super) fn next_part(&mut self, wanted: usize, takes: impl Fn(&UrlName) -> bool) -> Part {
        let mut part = Part::default();
        for _ in 0..MAX_LOOKED_AT {
            if part.names.len() >= wanted {
                break;
            }
            match self.next_text() {
                Some(Ok(text)) => part.names.extend(self.name(&text).filter(&takes)),
                Some(Err(problem)) => (part.is_last, part.problem) = (true, Some(problem)),
                None if self.mark.count > 0 && !self.has_an_address => {
                    (part.is_last, part.problem) = (true, Some("it names no address".into()));
                }
                None => part.is_last = true,
            }
            if part.is_last {
                break;
            }
        }
        part
    }

    fn next_text(&mut self) -> Option<Result<String, String>> {
        let next = self.addresses.next()?;
        if let Ok(text) = &next {
            self.mark.count += 1;
            self.mark.last.clone_from(text);
        }
        Some(next)
    }

    /// The name that an address is, unless it was there before.
    fn name(&mut self, text: &str) -> Option<UrlName> {
        let name = UrlName::parse(text)?;
        self.has_an_address = true;
        // The same in every process, unlike that of a set.
        let mut hasher = DefaultHasher::new();
        name.as_str().hash(&mut hasher);
        let hash = hasher.finish();
        let is_new =
            if self.seen.len() < MAX_SEEN { self.seen.insert(hash) } else { !self.seen.contains(&hash) };
        is_new.then_some(name)
    }
}

impl std::fmt::Debug for Entries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entries")
            .field("content", &self.content)
            .field("mark", &self.mark)
            .finish_non_exhaustive()
    }
}

fn begin(content: &Content) -> Result<Addresses, String> {
    Addresses::new(content.reader().map_err(|error| error.to_string())?)
}

/// How many addresses come up to the one that `mark` names, itself included.
fn place_of(mark: &Mark, content: &Content) -> Result<Option<u64>, String> {
    let mut first = None;
    for (text, count) in begin(content)?.map_while(Result::ok).zip(1..) {
        if text == mark.last {
            if count == mark.count {
                return Ok(Some(count));
            }
            first = first.or(Some(count));
        }
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdg_model::SourceName;
    use proptest::prelude::*;

    fn open(lines: &[&str], mark: &Mark) -> (Entries, bool) {
        let text = lines.iter().map(|line| format!("http://a/{line}\n")).collect::<String>();
        let content = Content::in_memory(SourceName::new("web"), "map".into(), text.into_bytes());
        Entries::open(content, mark).unwrap()
    }

    fn rest(entries: &mut Entries) -> Vec<String> {
        let part = entries.next_part(usize::MAX, |_| true);
        assert!(part.is_last && part.problem.is_none());
        part.names.iter().map(|name| name.as_str()["http://a/".len()..].to_owned()).collect()
    }

    fn mark(count: u64, last: &str) -> Mark {
        Mark { count, last: format!("http://a/{last}") }
    }

    #[test]
    fn it_goes_on_behind_the_last_address_wherever_that_is_now() {
        for (lines, expected, found) in [
            (&["a", "b", "c"][..], &["c"][..], true),
            (&["b", "c", "d"], &["c", "d"], true),
            (&["new", "a", "b", "c"], &["c"], true),
            (&["a", "c"], &["a", "c"], false),
            (&["b", "b", "c"], &["c"], true),
            (&["a", "b"], &[], true),
        ] {
            let (mut entries, is_found) = open(lines, &mark(2, "b"));
            assert_eq!(rest(&mut entries), expected, "{lines:?}");
            assert_eq!(is_found, found, "{lines:?}");
        }
    }

    #[test]
    fn a_list_that_names_no_address_is_told() {
        let content = Content::in_memory(SourceName::new("web"), "map".into(), b"Not found\n".to_vec());
        let (mut entries, _) = Entries::open(content, &Mark::default()).unwrap();
        assert_eq!(entries.next_part(10, |_| true).problem.unwrap(), "it names no address");
    }

    proptest! {
        #[test]
        fn a_listing_in_parts_is_the_whole(
            lines in prop::collection::vec("[a-d]", 1..20),
            wanted in 1_usize..5,
        ) {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let whole = rest(&mut open(&lines, &Mark::default()).0);
            let unique: HashSet<&String> = whole.iter().collect();
            prop_assert_eq!(unique.len(), whole.len());
            let (mut mark, mut found) = (Mark::default(), Vec::new());
            loop {
                // Each part is read by another process.
                let (mut entries, _) = open(&lines, &mark);
                let part = entries.next_part(wanted, |_| true);
                found.extend(part.names.iter().map(|name| name.as_str()["http://a/".len()..].to_owned()));
                mark = entries.mark().clone();
                if part.is_last {
                    break;
                }
            }
            prop_assert_eq!(found, whole);
        }
    }
}
