//! Which paths a folder's configuration lists, and which links may lead to.

use crate::OpenSourceError;
use crate::paths::{PatternLists, Patterns, RelativePath};
use gdg_config::FileSourceConfig;
use gdg_model::SourceName;

/// The rules of `include`, `exclude`, the extensions, `recursive` and `hidden`.
#[derive(Debug)]
pub(super) struct Rules {
    patterns: Patterns,
    recursive: bool,
    hidden: bool,
}

impl Rules {
    pub(super) fn new(source_name: &SourceName, config: &FileSourceConfig) -> Result<Self, OpenSourceError> {
        let lists = PatternLists {
            include: &config.include,
            exclude: &config.exclude,
            include_extensions: &config.include_extensions,
            exclude_extensions: &config.exclude_extensions,
        };
        let patterns = Patterns::new(source_name, lists)?;
        Ok(Self { patterns, recursive: config.recursive, hidden: config.hidden })
    }

    /// Whether an entry's name alone lets it be listed.
    pub(super) fn shows(&self, name: &[u8]) -> bool {
        self.hidden || !name.starts_with(b".")
    }

    /// Whether the walk enters `folder`, once it is in the folder that holds it.
    pub(super) fn enters(&self, folder: &RelativePath) -> bool {
        self.recursive && self.shows(folder.name()) && !self.patterns.leaves_out_folder(folder)
    }

    /// Whether the file at `path` is listed, once the walk is in the folder that holds it.
    pub(super) fn takes(&self, path: &RelativePath) -> bool {
        self.shows(path.name()) && self.patterns.takes(path)
    }

    /// Whether the walk comes to `folder`.
    pub(super) fn reaches(&self, folder: &RelativePath) -> bool {
        folder.is_empty() || (self.enters(folder) && folder.folders().all(|folder| self.enters(&folder)))
    }

    /// Whether the listing lists a file at `path`.
    pub(super) fn lists(&self, path: &RelativePath) -> bool {
        self.takes(path) && path.parent().is_some_and(|folder| self.reaches(&folder))
    }

    /// Whether links may lead to `path`: nothing leaves it out, though nothing need take it in.
    pub(super) fn allows_links_to(&self, path: &RelativePath) -> bool {
        path.parts().all(|part| self.shows(part)) && self.patterns.allows_links_to(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelativePath {
        RelativePath::from_locator(text).unwrap()
    }

    fn rules(change: impl FnOnce(&mut FileSourceConfig)) -> Rules {
        let mut config = FileSourceConfig::default();
        change(&mut config);
        Rules::new(&SourceName::new("docs"), &config).unwrap()
    }

    fn listed<'a>(rules: &Rules, paths: &[&'a str]) -> Vec<&'a str> {
        paths.iter().copied().filter(|text| rules.lists(&path(text))).collect()
    }

    #[test]
    fn everything_but_hidden_names_is_listed_by_default() {
        let paths = ["a.md", "b/c", ".git/config", "b/.env"];
        assert_eq!(listed(&rules(|_| {}), &paths), ["a.md", "b/c"]);
        assert_eq!(listed(&rules(|config| config.hidden = true), &paths), paths);
    }

    #[test]
    fn a_star_stays_within_a_folder_and_two_stars_cross_folders() {
        let paths = ["a.md", "b/a.md", "b/c/a.md", "b/c/a.txt"];
        for (pattern, expected) in [
            ("*.md", &["a.md"][..]),
            ("./*.md", &["a.md"]),
            ("*/*.md", &["b/a.md"]),
            ("**/*.md", &["a.md", "b/a.md", "b/c/a.md"]),
            ("b/**", &["b/a.md", "b/c/a.md", "b/c/a.txt"]),
            ("b/", &["b/a.md", "b/c/a.md", "b/c/a.txt"]),
            ("**/*.{txt,csv}", &["b/c/a.txt"]),
        ] {
            assert_eq!(
                listed(&rules(|config| config.include = vec![pattern.into()]), &paths),
                expected,
                "{pattern}"
            );
        }
    }

    #[test]
    fn an_excluded_folder_is_left_out_with_all_that_is_in_it() {
        let paths = ["a.md", "b/drafts/a.md", "b/drafts/c/a.md", "b/drafts.md"];
        for pattern in ["**/drafts", "**/drafts/", "**/drafts/**", "b/drafts/**", "*/{x,drafts}/**/*"] {
            let rules = rules(|config| config.exclude = vec![pattern.into()]);
            assert_eq!(listed(&rules, &paths), ["a.md", "b/drafts.md"], "{pattern}");
            assert!(!rules.enters(&path("b/drafts")), "{pattern}");
            assert!(!rules.allows_links_to(&path("b/drafts/c/a.md")), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_of_files_leaves_folders_alone() {
        let rules = rules(|config| config.exclude = vec!["docs/*".into()]);
        assert_eq!(listed(&rules, &["docs/a.md", "docs/guide/a.md"]), ["docs/guide/a.md"]);
    }

    #[test]
    fn exclude_wins_over_include() {
        let rules = rules(|config| {
            config.include = vec!["**/*.md".into()];
            config.exclude = vec!["**/CHANGELOG.md".into()];
        });
        assert_eq!(listed(&rules, &["a.md", "CHANGELOG.md", "b/CHANGELOG.md"]), ["a.md"]);
    }

    #[test]
    fn extensions_are_compared_in_any_case_and_with_or_without_the_dot() {
        let paths = ["a.md", "b.MD", "c.tar.gz", "d.gz", "md", ".md", "e.txt"];
        let include = |extensions: &[&str]| {
            rules(|config| config.include_extensions = extensions.iter().copied().map(String::from).collect())
        };
        assert_eq!(listed(&include(&["md"]), &paths), ["a.md", "b.MD"]);
        assert_eq!(listed(&include(&[".TXT", "tar.gz"]), &paths), ["c.tar.gz", "e.txt"]);
        let exclude = rules(|config| config.exclude_extensions = vec!["gz".into(), "Md".into()]);
        assert_eq!(listed(&exclude, &paths), ["md", "e.txt"]);
    }

    #[test]
    fn without_recursion_only_the_folder_itself_is_listed() {
        let rules = rules(|config| config.recursive = false);
        assert_eq!(listed(&rules, &["a.md", "b/a.md"]), ["a.md"]);
        assert!(rules.allows_links_to(&path("b/a.md")));
    }

    #[test]
    fn links_may_lead_to_what_include_does_not_list_but_to_nothing_left_out() {
        let rules = rules(|config| {
            config.include = vec!["*.md".into()];
            config.include_extensions = vec!["md".into()];
            config.exclude = vec!["private/**".into()];
            config.exclude_extensions = vec!["log".into()];
        });
        assert!(rules.allows_links_to(&path("b/a.txt")));
        for refused in ["private/a.txt", "private/b/a.txt", "a.log", ".env", ".git/config"] {
            assert!(!rules.allows_links_to(&path(refused)), "{refused}");
        }
    }

    #[test]
    fn a_malformed_pattern_is_named_with_its_key() {
        let config = FileSourceConfig { exclude: vec!["[a".into()], ..FileSourceConfig::default() };
        let error = Rules::new(&SourceName::new("docs"), &config).unwrap_err();
        assert_eq!(
            error.to_string(),
            "source `docs`: exclude holds `[a`, which is no glob pattern: unclosed character class; missing ']'"
        );
    }
}
