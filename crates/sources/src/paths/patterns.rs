//! Which paths are taken: patterns, and file name extensions.

use super::RelativePath;
use crate::OpenSourceError;
use gdg_model::SourceName;
use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

/// The lists of a configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PatternLists<'a> {
    pub(crate) include: &'a [String],
    pub(crate) exclude: &'a [String],
    pub(crate) include_extensions: &'a [String],
    pub(crate) exclude_extensions: &'a [String],
}

/// The rules of `include`, `exclude` and the extensions.
#[derive(Debug)]
pub(crate) struct Patterns {
    include: GlobSet,
    exclude: GlobSet,
    /// What `exclude` leaves out together with all that is in it.
    exclude_folders: GlobSet,
    include_extensions: Vec<Vec<u8>>,
    exclude_extensions: Vec<Vec<u8>>,
}

impl Patterns {
    pub(crate) fn new(source_name: &SourceName, lists: PatternLists<'_>) -> Result<Self, OpenSourceError> {
        let patterns = |key: &'static str, patterns: &[String]| glob_set(source_name, key, patterns);
        let include: Vec<_> = lists.include.iter().map(|pattern| normalised(pattern)).collect();
        let exclude: Vec<_> = lists.exclude.iter().map(|pattern| normalised(pattern)).collect();
        let exclude_folders: Vec<_> = exclude.iter().filter_map(|pattern| folders_of(pattern)).collect();
        Ok(Self {
            include: patterns("include", &include)?,
            exclude: patterns("exclude", &exclude)?,
            exclude_folders: patterns("exclude", &exclude_folders)?,
            include_extensions: endings(lists.include_extensions),
            exclude_extensions: endings(lists.exclude_extensions),
        })
    }

    /// Whether the file at `path` is taken, as far as its own path tells; the folders it is in are not looked at.
    pub(crate) fn takes(&self, path: &RelativePath) -> bool {
        let candidate = Candidate::from_bytes(path.as_bytes());
        let name = path.name();
        (self.include_extensions.is_empty() || has_ending(name, &self.include_extensions))
            && (self.include.is_empty() || self.include.is_match_candidate(&candidate))
            && !has_ending(name, &self.exclude_extensions)
            && !self.exclude.is_match_candidate(&candidate)
    }

    /// Whether nothing leaves out `path`, though nothing need take it in.
    pub(crate) fn allows_links_to(&self, path: &RelativePath) -> bool {
        !has_ending(path.name(), &self.exclude_extensions)
            && !self.exclude.is_match_candidate(&Candidate::from_bytes(path.as_bytes()))
            && !path.folders().any(|folder| self.leaves_out_folder(&folder))
    }

    /// Whether `folder` is left out with all that is in it.
    pub(crate) fn leaves_out_folder(&self, folder: &RelativePath) -> bool {
        self.exclude_folders.is_match_candidate(&Candidate::from_bytes(folder.as_bytes()))
    }
}

/// The pattern as it is matched: `./docs/*.md` is `docs/*.md`, and `docs/` is everything in `docs`.
fn normalised(pattern: &str) -> String {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    if pattern.ends_with('/') { format!("{pattern}**") } else { pattern.to_owned() }
}

/// The pattern of the folders that an exclude pattern leaves out with all that is in them: it
/// matches everything in a folder, or names the folder itself. `docs/*` does neither:
/// what is in `docs/guide` stays.
fn folders_of(pattern: &str) -> Option<String> {
    let everything_in = pattern.strip_suffix("/**").or_else(|| pattern.strip_suffix("/**/*"));
    let names_it = || pattern.rsplit('/').next().is_some_and(|name| !name.contains(['*', '?', '[']));
    everything_in.or_else(|| names_it().then_some(pattern)).map(str::to_owned)
}

fn glob_set(
    source_name: &SourceName,
    key: &'static str,
    patterns: &[String],
) -> Result<GlobSet, OpenSourceError> {
    let mut globs = GlobSetBuilder::new();
    for pattern in patterns {
        // `*` and `?` stay within a folder's name; `**` is what crosses folders.
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        globs.add(glob.map_err(|error| OpenSourceError::InvalidPattern {
            source_name: source_name.clone(),
            key,
            pattern: pattern.clone(),
            reason: error.kind().to_string(),
        })?);
    }
    globs.build().map_err(|error| OpenSourceError::TooManyPatterns {
        source_name: source_name.clone(),
        key,
        reason: error.to_string(),
    })
}

/// How file names with the extensions end: with a dot and the extension.
fn endings(extensions: &[String]) -> Vec<Vec<u8>> {
    extensions
        .iter()
        .map(|extension| format!(".{}", extension.trim_start_matches('.')).into_bytes())
        .collect()
}

/// Whether something and one of `endings`, in any case, make up `name`.
fn has_ending(name: &[u8], endings: &[Vec<u8>]) -> bool {
    endings.iter().any(|ending| {
        let stem = name.len().checked_sub(ending.len()).filter(|stem| *stem > 0);
        stem.and_then(|stem| name.get(stem..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    })
}
