//! Paths within the folder, and the locators that stand for them.
//!
//! A locator is the path from `base_path` with `/` between its parts, as text:
//! what is not UTF-8 in it, control characters and `%` itself are
//! percent-encoded (`100%.md` is `100%25.md`). So every path has exactly one
//! locator, every locator one path, and no locator breaks a line.

use percent_encoding::percent_decode_str;
use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The longest path in bytes: what the system takes at a time.
pub(crate) const MAX_LENGTH: usize = 4_096;

/// A path within the folder: parts with `/` between them, none of them empty, `.` or `..`.
/// The empty path is the folder itself.
///
/// Paths are in the order of a walk that takes each folder's entries by name, a folder before what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct RelativePath(Vec<u8>);

impl RelativePath {
    /// The path that `bytes` say, when taken from `start`: `.` and empty parts
    /// stand for nothing, `..` for the folder above. `None` when that leads out
    /// of the folder, or is no path.
    pub(crate) fn resolve(start: &Self, bytes: &[u8]) -> Option<Self> {
        let mut path = start.clone();
        for part in bytes.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => path = path.parent()?,
                part if part.contains(&0) || path.0.len() + part.len() >= MAX_LENGTH => return None,
                part => path.push(part),
            }
        }
        Some(path)
    }

    /// The path that `locator` stands for; `None` when it is not the locator of any path.
    pub(crate) fn from_locator(locator: &str) -> Option<Self> {
        let decoded: Vec<u8> = percent_decode_str(locator).collect();
        // Nothing but the one locator of a path passes for it: `a/../b` or `%61` would be a second name.
        Self::resolve(&Self::default(), &decoded).filter(|path| path.locator() == locator)
    }

    /// The one locator of the path.
    pub(crate) fn locator(&self) -> String {
        let mut locator = String::with_capacity(self.0.len());
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character == '%' || character.is_ascii_control() {
                    push_encoded(&mut locator, character as u8);
                } else {
                    locator.push(character);
                }
            }
            chunk.invalid().iter().for_each(|byte| push_encoded(&mut locator, *byte));
        }
        locator
    }

    /// The path of the entry `name` of this folder.
    pub(crate) fn join(&self, name: &[u8]) -> Self {
        let mut path = Self(Vec::with_capacity(self.0.len() + 1 + name.len()));
        path.0.extend_from_slice(&self.0);
        path.push(name);
        path
    }

    fn push(&mut self, name: &[u8]) {
        if !self.0.is_empty() {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(name);
    }

    /// The folder that holds it; `None` for the folder of the source itself.
    pub(crate) fn parent(&self) -> Option<Self> {
        if self.is_empty() {
            return None;
        }
        let end = self.0.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        Some(Self(self.0.get(..end)?.to_vec()))
    }

    /// The paths of the folders it is in, from the inside out, without the folder of the source itself.
    pub(crate) fn folders(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), Self::parent).filter(|folder| !folder.is_empty())
    }

    /// Its parts, from the outside in.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|byte| *byte == b'/').filter(|part| !part.is_empty())
    }

    /// Its last part.
    pub(crate) fn name(&self) -> &[u8] {
        self.parts().last().unwrap_or_default()
    }

    /// What of the path lies within `folder`: `None` when it does not lie in it.
    pub(crate) fn within(&self, folder: &Self) -> Option<&[u8]> {
        if folder.is_empty() {
            return Some(&self.0);
        }
        self.0.strip_prefix(folder.0.as_slice())?.strip_prefix(b"/")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The path for the system, relative to the folder.
    pub(crate) fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(if self.0.is_empty() { b"." } else { &self.0 }))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn push_encoded(text: &mut String, byte: u8) {
    // Writing to a string cannot fail.
    let _ = write!(text, "%{byte:02X}");
}

impl Ord for RelativePath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(other.parts())
    }
}

impl PartialOrd for RelativePath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(text: &str) -> RelativePath {
        RelativePath::resolve(&RelativePath::default(), text.as_bytes()).unwrap()
    }

    #[test]
    fn a_locator_is_the_path_with_what_is_no_plain_text_encoded() {
        let name = b"caf\xc3\xa9 100%/\xff\n.md";
        let path = RelativePath::resolve(&RelativePath::default(), name).unwrap();
        assert_eq!(path.locator(), "café 100%25/%FF%0A.md");
        assert_eq!(RelativePath::from_locator("café 100%25/%FF%0A.md"), Some(path));
    }

    #[test]
    fn what_is_not_the_one_locator_of_a_path_is_refused() {
        for locator in
            ["../a", "/a", "a/../b", "a//b", "a/", "./a", "%61", "%2e%2e/a", "a%2Fb", "a%00", "100%.md"]
        {
            assert_eq!(RelativePath::from_locator(locator), None, "{locator}");
        }
    }

    #[test]
    fn a_path_never_leads_out_of_the_folder() {
        let start = path("guide/start");
        assert_eq!(RelativePath::resolve(&start, b"../other/./a.md"), Some(path("guide/other/a.md")));
        assert_eq!(RelativePath::resolve(&start, b"../.."), Some(RelativePath::default()));
        assert_eq!(RelativePath::resolve(&start, b"../../.."), None);
        assert_eq!(RelativePath::resolve(&start, b"../../../guide/a.md"), None);
        assert_eq!(RelativePath::resolve(&start, &[b'x'; MAX_LENGTH]), None);
    }

    #[test]
    fn paths_are_in_the_order_of_the_walk() {
        let mut paths = ["a-b", "a/c", "a.md", "a", "B", "a/b/c"].map(path);
        paths.sort();
        assert_eq!(paths.map(|path| path.locator()), ["B", "a", "a/b/c", "a/c", "a-b", "a.md"]);
    }

    proptest! {
        #[test]
        fn every_path_survives_its_locator(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some(path) = RelativePath::resolve(&RelativePath::default(), &bytes) {
                let locator = path.locator();
                prop_assert!(!locator.contains(char::is_control) || !locator.is_ascii());
                prop_assert_eq!(RelativePath::from_locator(&locator), Some(path));
            }
        }

        #[test]
        fn any_text_is_a_locator_or_is_refused(locator in "[./%a2Fé]{0,12}") {
            if let Some(path) = RelativePath::from_locator(&locator) {
                prop_assert_eq!(path.locator(), locator);
            }
        }
    }
}
