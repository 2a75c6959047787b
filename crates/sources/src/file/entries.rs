//! A folder's entries by name, a bounded number of them at a time.
//!
//! A system gives a folder's entries in no order, and a folder may hold
//! millions. So a folder is read in passes: each keeps the [`MAX_HELD`] first
//! names behind those of the pass before.

use rustix::fs::{Dir, FileType};
use rustix::io::Errno;

/// Names that a pass keeps. While it reads it holds up to twice as many.
pub(super) const MAX_HELD: usize = 100_000;

/// An entry of a folder.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: Box<[u8]>,
    /// What the folder says that it is; some file systems do not.
    pub(super) file_type: FileType,
}

/// Where a pass begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    Beginning,
    At(Box<[u8]>),
    Behind(Box<[u8]>),
}

impl Start {
    fn admits(&self, name: &[u8]) -> bool {
        match self {
            Self::Beginning => true,
            Self::At(first) => *name >= **first,
            Self::Behind(last) => *name > **last,
        }
    }
}

/// What a pass found.
#[derive(Debug)]
pub(super) struct Pass {
    /// Entries with the last name first, to be popped.
    pub(super) entries: Vec<Entry>,
    /// Whether no more are behind them.
    pub(super) complete: bool,
    /// What kept the folder from being read to its end.
    pub(super) problem: Option<Errno>,
}

/// Reads `folder`, and keeps the first `max_held` entries from `start` on that
/// `wanted` takes. `.`, `..`, and what is neither file, folder nor symbolic link are never kept.
pub(super) fn read_pass(
    folder: &mut Dir,
    start: &Start,
    max_held: usize,
    wanted: impl Fn(&[u8]) -> bool,
) -> Pass {
    let mut pass = Pass { entries: Vec::new(), complete: true, problem: None };
    // The last name that is still among the first ones.
    let mut last: Option<Box<[u8]>> = None;
    folder.rewind();
    for entry in folder {
        let entry = match entry {
            Ok(entry) => entry,
            Err(errno) => {
                pass.problem = Some(errno);
                break;
            }
        };
        let name = entry.file_name().to_bytes();
        let kept = !matches!(name, b"." | b"..")
            && may_be_listed(entry.file_type())
            && start.admits(name)
            && wanted(name);
        if !kept {
            continue;
        }
        if last.as_deref().is_some_and(|last| name > last) {
            pass.complete = false;
            continue;
        }
        pass.entries.push(Entry { name: name.into(), file_type: entry.file_type() });
        if pass.entries.len() >= max_held.saturating_mul(2) {
            pass.keep_first(max_held);
            last = pass.entries.iter().map(|entry| &entry.name).max().cloned();
        }
    }
    pass.keep_first(max_held);
    // Names the other way round, so that the first is popped first. A name that a changing folder gave twice is one.
    pass.entries.sort_unstable_by(|one, other| other.name.cmp(&one.name));
    pass.entries.dedup_by(|one, other| one.name == other.name);
    pass
}

impl Pass {
    fn keep_first(&mut self, count: usize) {
        if self.entries.len() > count {
            self.entries.select_nth_unstable_by(count, |one, other| one.name.cmp(&other.name));
            self.entries.truncate(count);
            self.complete = false;
        }
    }
}

fn may_be_listed(file_type: FileType) -> bool {
    matches!(file_type, FileType::RegularFile | FileType::Directory | FileType::Symlink | FileType::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rustix::fs::{Mode, OFlags};
    use std::collections::BTreeSet;

    fn pass(folder: &std::path::Path, start: &Start, max_held: usize) -> (Vec<String>, bool) {
        let descriptor = rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        let pass = read_pass(&mut Dir::new(descriptor).unwrap(), start, max_held, |_| true);
        assert_eq!(pass.problem, None);
        let names = pass.entries.into_iter().rev();
        (names.map(|entry| String::from_utf8(entry.name.into_vec()).unwrap()).collect(), pass.complete)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn passes_give_every_name_once_and_in_order(
            names in prop::collection::btree_set("[ab.-]{1,4}", 0..40),
            max_held in 1_usize..12,
        ) {
            let names: BTreeSet<String> = names.into_iter().filter(|name| name != "." && name != "..").collect();
            let folder = tempfile::tempdir().unwrap();
            for name in &names {
                std::fs::write(folder.path().join(name), "").unwrap();
            }
            let (mut start, mut given) = (Start::Beginning, Vec::new());
            loop {
                let (part, complete) = pass(folder.path(), &start, max_held);
                prop_assert!(part.len() <= max_held);
                given.extend(part);
                if complete {
                    break;
                }
                start = Start::Behind(given.last().unwrap().as_bytes().into());
            }
            prop_assert_eq!(given, names.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_pass_begins_where_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let at = |name: &str| Start::At(name.as_bytes().into());
        let behind = |name: &str| Start::Behind(name.as_bytes().into());
        for (start, expected) in [
            (Start::Beginning, &["a", "b", "c"][..]),
            (at("b"), &["b", "c"]),
            (behind("b"), &["c"]),
            (behind("bb"), &["c"]),
            (behind("c"), &[]),
        ] {
            let (names, complete) = pass(folder.path(), &start, 10);
            assert_eq!((names, complete), (expected.iter().map(|name| (*name).to_owned()).collect(), true));
        }
    }
}
