//! Which objects a configuration lists, and which links may lead to.

use super::page::Entry;
use crate::OpenSourceError;
use crate::paths::{PatternLists, Patterns, RelativePath};
use chrono::DateTime;
use gdg_config::{ByteSize, ObjectKeys};
use gdg_model::SourceName;

/// The rules of the patterns, the sizes and the times.
#[derive(Debug)]
pub(super) struct Rules {
    patterns: Patterns,
    min_size: ByteSize,
    /// In seconds since 1970.
    modified_after: Option<i64>,
    modified_before: Option<i64>,
}

impl Rules {
    pub(super) fn new(source_name: &SourceName, keys: ObjectKeys<'_>) -> Result<Self, OpenSourceError> {
        let lists = PatternLists {
            include: keys.include,
            exclude: keys.exclude,
            include_extensions: keys.include_extensions,
            exclude_extensions: keys.exclude_extensions,
        };
        let seconds = |key: &'static str, text: Option<&str>| {
            let Some(text) = text else { return Ok(None) };
            match DateTime::parse_from_rfc3339(text) {
                Ok(time) => Ok(Some(time.timestamp())),
                Err(error) => Err(OpenSourceError::Unusable {
                    source_name: source_name.clone(),
                    key,
                    problem: format!("is `{text}`, which is no time such as 2025-01-31T00:00:00Z: {error}"),
                }),
            }
        };
        Ok(Self {
            patterns: Patterns::new(source_name, lists)?,
            min_size: keys.min_size.unwrap_or(ByteSize(0)),
            modified_after: seconds("modified_after", keys.modified_after)?,
            modified_before: seconds("modified_before", keys.modified_before)?,
        })
    }

    /// Whether the object at `path`, below the prefix, is listed, whatever its size and age.
    pub(super) fn lists(&self, path: &RelativePath) -> bool {
        self.patterns.takes(path) && !path.folders().any(|folder| self.patterns.leaves_out_folder(&folder))
    }

    /// Whether the object is listed. What the store does not tell of it is no reason to leave it out.
    pub(super) fn lists_entry(&self, path: &RelativePath, entry: &Entry) -> bool {
        entry.size.is_none_or(|size| size >= self.min_size.bytes())
            && entry.modified.is_none_or(|modified| {
                self.modified_after.is_none_or(|after| modified >= after)
                    && self.modified_before.is_none_or(|before| modified < before)
            })
            && self.lists(path)
    }

    /// Whether links may lead to `path`: nothing leaves it out, though nothing need take it in.
    pub(super) fn allows_links_to(&self, path: &RelativePath) -> bool {
        self.patterns.allows_links_to(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdg_config::S3SourceConfig;

    fn rules(change: impl FnOnce(&mut S3SourceConfig)) -> Result<Rules, OpenSourceError> {
        let mut config = S3SourceConfig::default();
        change(&mut config);
        Rules::new(&SourceName::new("lake"), config.object_keys())
    }

    fn lists(rules: &Rules, key: &str, size: u64, modified: i64) -> bool {
        let path = RelativePath::from_locator(key).unwrap();
        let entry = Entry { key: key.into(), size: Some(size), modified: Some(modified), ..Entry::default() };
        rules.lists_entry(&path, &entry)
    }

    #[test]
    fn size_and_time_are_bounds_and_what_is_not_told_is_no_reason() {
        let rules = rules(|config| {
            config.min_size = Some(ByteSize(10));
            config.modified_after = Some("1970-01-01T00:01:40Z".into());
            config.modified_before = Some("1970-01-01T01:03:20+01:00".into());
        })
        .unwrap();
        assert!(lists(&rules, "a.md", 10, 100) && lists(&rules, "a.md", 11, 199));
        assert!(
            !lists(&rules, "a.md", 9, 100)
                && !lists(&rules, "a.md", 10, 99)
                && !lists(&rules, "a.md", 10, 200)
        );
        let path = RelativePath::from_locator("a.md").unwrap();
        assert!(rules.lists_entry(&path, &Entry::default()));
    }

    #[test]
    fn an_excluded_folder_is_left_out_with_all_that_is_in_it() {
        let rules = rules(|config| config.exclude = vec!["drafts/".into(), "**/old".into()]).unwrap();
        assert!(lists(&rules, "a/b.md", 1, 1) && lists(&rules, ".hidden/b.md", 1, 1));
        assert!(!lists(&rules, "drafts/a/b.md", 1, 1) && !lists(&rules, "a/old/b/c.md", 1, 1));
    }

    #[test]
    fn a_time_that_is_none_is_named_with_its_key() {
        let error =
            rules(|config| config.modified_before = Some("yesterday".into())).unwrap_err().to_string();
        assert!(error.contains("modified_before is `yesterday`, which is no time such as"), "{error}");
    }
}
