//! From a link as it stands in a document to a path in the folder.

use super::path::{MAX_LENGTH, RelativePath};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Understands the links of the documents in a folder.
#[derive(Debug)]
pub(crate) struct Links {
    /// The folder's absolute paths: as configured, and without symbolic links.
    bases: Vec<PathBuf>,
    /// Beginnings of absolute paths and URLs, and what they are replaced by. The longest first.
    mappings: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: RelativePath,
    /// Whether the link says that it leads to a folder.
    pub(crate) is_folder: bool,
    pub(crate) fragment: String,
}

impl Links {
    pub(crate) fn new(bases: Vec<PathBuf>, path_mappings: &BTreeMap<String, String>) -> Self {
        let slashes = |text: &str| text.replace('\\', "/").trim_end_matches('/').as_bytes().to_vec();
        let mut mappings: Vec<_> = path_mappings
            .iter()
            .map(|(beginning, replacement)| (slashes(beginning), slashes(replacement)))
            .collect();
        mappings.sort_by_key(|(beginning, _)| std::cmp::Reverse(beginning.len()));
        Self { bases, mappings }
    }

    /// Where `link`, as it stands in the document at `from` (in one of another
    /// source when `None`), leads within the folder. `None` when it leads
    /// elsewhere. Looks at no file.
    ///
    /// A path that begins with `/` is an absolute one when it lies in the
    /// folder, and otherwise begins at the folder, as links of a site do.
    /// From another source, only what certainly leads into the folder does.
    pub(crate) fn resolve(&self, from: Option<&RelativePath>, link: &str) -> Option<Target> {
        let (link, fragment) = link.trim().split_once('#').unwrap_or((link.trim(), ""));
        let link = link.split_once('?').map_or(link, |(path, _)| path);
        // Before the text is copied: links may be whole images.
        if link.len() > 3 * MAX_LENGTH || (self.mappings.is_empty() && is_foreign(link)) {
            return None;
        }
        let link = link.replace('\\', "/");
        let bytes = Cow::from(percent_decode_str(&link));
        let path = if link.starts_with('/') || has_scheme(&link) {
            self.absolute(&bytes, from.is_some())
        } else if link.is_empty() {
            from.cloned()
        } else {
            RelativePath::resolve(&from?.parent()?, &bytes)
        }?;
        let is_folder = path.is_empty() || [&b"/"[..], b"/.", b"/.."].iter().any(|end| bytes.ends_with(end));
        let fragment = percent_decode_str(fragment).decode_utf8_lossy().into_owned();
        Some(Target { path, is_folder, fragment })
    }

    fn absolute(&self, link: &[u8], is_own: bool) -> Option<RelativePath> {
        let of_file_url = file_url_path(link);
        let mapped = self.map(link).or_else(|| of_file_url.and_then(|path| self.map(path)));
        let path = match (&mapped, of_file_url) {
            (Some(mapped), _) => self.beneath_base(mapped).unwrap_or(mapped),
            (None, Some(path)) => self.beneath_base(path)?,
            (None, None) if link.starts_with(b"//") || !link.starts_with(b"/") => return None,
            (None, None) => match self.beneath_base(link) {
                None if !is_own => return None,
                beneath => beneath.unwrap_or(link),
            },
        };
        RelativePath::resolve(&RelativePath::default(), path)
    }

    /// The link with its beginning replaced, when there is a mapping for it.
    fn map(&self, link: &[u8]) -> Option<Vec<u8>> {
        self.mappings.iter().find_map(|(beginning, replacement)| {
            let rest = link.strip_prefix(beginning.as_slice())?;
            let is_whole_part = rest.is_empty() || rest.starts_with(b"/");
            is_whole_part.then(|| [replacement, rest].concat())
        })
    }

    /// What of an absolute path on this machine follows the folder's own.
    fn beneath_base<'a>(&self, path: &'a [u8]) -> Option<&'a [u8]> {
        self.bases.iter().find_map(|base| {
            let rest = path.strip_prefix(base.as_os_str().as_bytes())?;
            let is_whole_part = rest.is_empty() || rest.starts_with(b"/") || base.parent().is_none();
            is_whole_part.then_some(rest)
        })
    }
}

/// Whether a link certainly leads out of every folder: it has a scheme other than `file`.
fn is_foreign(link: &str) -> bool {
    has_scheme(link) && !link.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"))
}

/// Whether a link begins with the scheme of a URL, or the letter of a drive.
fn has_scheme(link: &str) -> bool {
    link.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// The absolute path of a `file:` URL on this machine.
fn file_url_path(link: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = link.split_at_checked(5)?;
    if !scheme.eq_ignore_ascii_case(b"file:") {
        return None;
    }
    let path = match rest.strip_prefix(b"//") {
        Some(rest) => rest.strip_prefix(b"localhost").unwrap_or(rest),
        None => rest,
    };
    path.starts_with(b"/").then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(locator: &str) -> RelativePath {
        RelativePath::from_locator(locator).unwrap()
    }

    fn links(mappings: &[(&str, &str)]) -> Links {
        let mappings = mappings.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        Links::new(vec!["/srv/link".into(), "/srv/docs".into()], &mappings)
    }

    /// Where a link in `guide/start.md` leads.
    fn led(links: &Links, link: &str) -> Option<String> {
        let target = links.resolve(Some(&path("guide/start.md")), link)?;
        let folder = if target.is_folder { "/" } else { "" };
        let fragment =
            if target.fragment.is_empty() { String::new() } else { format!("#{}", target.fragment) };
        Some(format!("{}{folder}{fragment}", target.path.locator()))
    }

    fn check(links: &Links, expected: &[(&str, Option<&str>)]) {
        for (link, target) in expected {
            assert_eq!(led(links, link).as_deref(), *target, "{link}");
        }
    }

    #[test]
    fn relative_links_begin_at_the_document() {
        check(
            &links(&[]),
            &[
                ("install.md", Some("guide/install.md")),
                ("./install.md", Some("guide/install.md")),
                ("../index.md", Some("index.md")),
                ("../a/./b/../c.md", Some("a/c.md")),
                ("a//b.md", Some("guide/a/b.md")),
                ("images/", Some("guide/images/")),
                (".", Some("guide")),
                ("..", Some("/")),
                ("../../outside.md", None),
                ("../../docs/guide/install.md", None),
                ("  install.md\n", Some("guide/install.md")),
            ],
        );
    }

    #[test]
    fn query_and_fragment_are_no_part_of_the_path() {
        check(
            &links(&[]),
            &[
                ("install.md#with-cargo", Some("guide/install.md#with-cargo")),
                ("install.md?v=1#a#b", Some("guide/install.md#a#b")),
                ("#caf%C3%A9", Some("guide/start.md#café")),
                ("?v=1", Some("guide/start.md")),
                ("", Some("guide/start.md")),
                ("a%23b%3Fc.md", Some("guide/a#b?c.md")),
            ],
        );
    }

    #[test]
    fn percent_encoding_is_undone_once() {
        check(
            &links(&[]),
            &[
                ("my%20file.md", Some("guide/my file.md")),
                ("caf%C3%A9.md", Some("guide/café.md")),
                ("%2e%2e/index.md", Some("index.md")),
                ("..%2f..%2f..%2fetc/passwd", None),
                ("100%25.md", Some("guide/100%25.md")),
                ("%252e%252e/a.md", Some("guide/%252e%252e/a.md")),
                ("%FF.md", Some("guide/%FF.md")),
                ("a%00b.md", None),
                ("50%.md", Some("guide/50%25.md")),
            ],
        );
    }

    #[test]
    fn absolute_paths_lie_in_the_folder_or_begin_at_it() {
        check(
            &links(&[]),
            &[
                ("/index.md", Some("index.md")),
                ("/srv/docs/index.md", Some("index.md")),
                ("/srv/link/a/b.md", Some("a/b.md")),
                ("/srv/docs-old/a.md", Some("srv/docs-old/a.md")),
                ("/../etc/passwd", None),
                ("/srv/docs/../secret", None),
            ],
        );
    }

    #[test]
    fn from_another_source_only_what_certainly_leads_into_the_folder_does() {
        let links = links(&[("https://docs.example.com/", "")]);
        for (link, target) in [
            ("install.md", None),
            ("/index.md", None),
            ("", None),
            ("#part", None),
            ("/srv/docs/index.md", Some("index.md")),
            ("file:///srv/docs/a.md", Some("a.md")),
            ("https://docs.example.com/guide/a.html", Some("guide/a.html")),
        ] {
            let led = links.resolve(None, link).map(|target| target.path.locator());
            assert_eq!(led.as_deref(), target, "{link}");
        }
    }

    #[test]
    fn urls_lead_elsewhere_except_to_files_in_the_folder() {
        check(
            &links(&[]),
            &[
                ("https://example.com/a.md", None),
                ("mailto:a@example.com", None),
                ("data:text/plain,a", None),
                ("//example.com/a.md", None),
                ("file:///srv/docs/a%20b.md#c", Some("a b.md#c")),
                ("FILE://localhost/srv/docs/a.md", Some("a.md")),
                ("file:/srv/docs/a.md", Some("a.md")),
                ("file:///etc/passwd", None),
                ("file:///srv/docs/../../etc/passwd", None),
                ("file://server/srv/docs/a.md", None),
                ("./a:b.md", Some("guide/a:b.md")),
            ],
        );
    }

    #[test]
    fn backslashes_part_folders_and_drives_are_elsewhere() {
        check(
            &links(&[]),
            &[
                (r"images\a.png", Some("guide/images/a.png")),
                (r"..\index.md", Some("index.md")),
                (r"C:\docs\a.md", None),
                ("c:/docs/a.md", None),
                (r"\\server\share\a.md", None),
                ("a%5Cb.md", Some(r"guide/a\b.md")),
            ],
        );
    }

    #[test]
    fn the_longest_mapping_replaces_the_beginning_of_an_absolute_path() {
        let links = links(&[
            ("/mnt/share", "/srv/docs"),
            ("/mnt/share/old/", "/srv/docs/archive"),
            (r"C:\Docs", "/srv/docs/windows"),
            (r"\\server\share", "/srv/docs"),
            ("https://docs.example.com/", ""),
            ("guide", "/srv/docs/never"),
        ]);
        check(
            &links,
            &[
                ("/mnt/share/a%20b.md", Some("a b.md")),
                ("/mnt/share/old/a.md", Some("archive/a.md")),
                ("/mnt/shared/a.md", Some("mnt/shared/a.md")),
                (r"C:\Docs\a.md", Some("windows/a.md")),
                (r"\\server\share\a.md", Some("a.md")),
                ("https://docs.example.com/guide/a.html?q#b", Some("guide/a.html#b")),
                ("https://docs.example.com", Some("/")),
                ("https://docs.example.com.evil.org/a", None),
                ("file:///mnt/share/a.md", Some("a.md")),
                ("/mnt/share/../../etc/passwd", None),
                ("guide/a.md", Some("guide/guide/a.md")),
            ],
        );
    }

    proptest! {
        #[test]
        fn no_link_leads_out_of_the_folder(
            link in r"(file://|/srv/docs|/mnt|C:)?([/\\.]|%2e|%2F|\.\./|a|b c|%5c|#|\?){0,12}",
            other in ".{0,40}",
        ) {
            for link in [link, other] {
                if let Some(target) = links(&[("/mnt", "/srv/docs/x")]).resolve(Some(&path("guide/start.md")), &link) {
                    prop_assert!(target.path.parts().all(|part| !matches!(part, b"." | b"..")));
                    prop_assert_eq!(RelativePath::from_locator(&target.path.locator()), Some(target.path));
                }
            }
        }

        #[test]
        fn a_link_to_a_document_leads_to_it_from_everywhere(
            document in "[a-z %#?é-]{1,6}(/[a-z.]{1,4}x){0,3}",
            from in "[a-z]{1,4}(/[a-z]{1,4}){0,3}",
        ) {
            let document = RelativePath::resolve(&RelativePath::default(), document.as_bytes()).unwrap();
            let encoded = percent_encoding::percent_encode(document.as_bytes(), percent_encoding::NON_ALPHANUMERIC);
            let encoded = encoded.to_string().replace("%2F", "/");
            let up = "../".repeat(from.matches('/').count());
            for link in [format!("/{encoded}"), format!("{up}{encoded}")] {
                let target = links(&[]).resolve(Some(&path(&from)), &link).unwrap();
                prop_assert_eq!(&target.path, &document, "{}", link);
            }
        }
    }
}
