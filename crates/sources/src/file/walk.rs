//! The walk through the folder: a listing that can stop at any entry and go on behind it.
//!
//! Each folder's entries are taken by name, byte by byte, and a folder is
//! walked through before what comes after it. The cursor is the path of the
//! last entry that is done with, whether it was listed or not; going on behind
//! it enters only the folders on the way to it, and reads nothing of what
//! lies before. Two properties keep every listing the same: nothing depends on
//! what the walk met before, and a folder's entries are never taken in the
//! order the system gives them.
//!
//! Links to folders are entered as the policy says, and the walk ends all the same:
//! beneath a link, no folder is entered that the walk is in already, and none
//! by another link that is listed at its own place; and links nest to a bound.

use super::entries::{Entry, MAX_HELD, Pass, Start, read_pass};
use super::folder::{FolderId, Found, Unreachable, look_at};
use super::{Shared, error_of};
use crate::paths::{MAX_LENGTH, RelativePath};
use crate::{Cursor, ListedBatch, ListingProblem, ProblemScope, SourceError};
use gdg_model::Stamp;
use rustix::fs::{Dir, FileType};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

/// Folders on the way to where the walk is that are kept open. The others are opened again when it comes back.
const MAX_OPEN: usize = 8;
/// Links to folders that a path may lead through.
const MAX_LINKS: u32 = 8;
/// Entries after which a batch ends, listed or not, so that a walk that lists little can be stopped and gone on with.
const MAX_TAKEN: usize = 50_000;

/// A walk through the folder of a source.
#[derive(Debug)]
pub(super) struct Walk {
    source: Arc<Shared>,
    /// The folders that the walk is in, from the outside in.
    stack: Vec<Level>,
    /// Where an earlier walk stopped.
    after: RelativePath,
    /// The entry that was done with last.
    done: RelativePath,
    max_held: usize,
}

/// A folder that the walk is in.
#[derive(Debug)]
struct Level {
    path: RelativePath,
    /// What it is, known once it was opened.
    id: Option<FolderId>,
    /// How many links to folders lead to it.
    links: u32,
    open: Option<Dir>,
    /// Where the next pass begins.
    next: Start,
    /// What the last pass found and was not taken yet.
    pending: Vec<Entry>,
    /// Whether there is nothing behind `pending`.
    complete: bool,
}

/// What one step of the walk did.
#[derive(PartialEq, Eq)]
enum Step {
    /// An entry is done with, or a folder and everything in it.
    Done,
    /// It went on within a folder.
    Within,
    /// Nothing is left.
    End,
}

impl Walk {
    /// A walk behind `cursor`, or from the beginning.
    pub(super) fn new(source: Arc<Shared>, cursor: Option<&Cursor>) -> Result<Self, SourceError> {
        let after = cursor.map_or("", Cursor::as_str);
        let after = RelativePath::from_locator(after).ok_or_else(|| SourceError::InvalidCursor {
            source_name: source.name.clone(),
            cursor: after.to_owned(),
        })?;
        let done = after.clone();
        let mut walk = Self { source, stack: Vec::new(), after, done, max_held: MAX_HELD };
        walk.push(RelativePath::default(), 0);
        Ok(walk)
    }

    /// The next part of the listing; `None` when nothing is left. Blocks.
    pub(super) fn next_batch(&mut self, size: usize) -> Result<Option<ListedBatch>, SourceError> {
        let cursor = Cursor::new(String::new());
        let mut batch = ListedBatch { documents: Vec::new(), problems: Vec::new(), cursor };
        let mut taken = 0;
        loop {
            match self.step(&mut batch)? {
                Step::End if batch.documents.is_empty() && batch.problems.is_empty() => return Ok(None),
                Step::End => break,
                Step::Within => continue,
                Step::Done => taken += 1,
            }
            if batch.documents.len() + batch.problems.len() >= size || taken >= MAX_TAKEN {
                break;
            }
        }
        batch.cursor = Cursor::new(self.done.locator());
        Ok(Some(batch))
    }

    fn step(&mut self, batch: &mut ListedBatch) -> Result<Step, SourceError> {
        let Some(level) = self.stack.last_mut() else { return Ok(Step::End) };
        if level.pending.is_empty() && level.complete {
            // The folder of the source is no entry, and has no path to go on behind.
            let level = self.stack.pop().filter(|level| !level.path.is_empty());
            return Ok(level.map_or(Step::End, |level| self.done_with(level.path)));
        }
        if let Err(unreachable) = level.open(&self.source) {
            let error = error_of(unreachable, &self.source.name, &level.path);
            level.give_up();
            self.report_folder(error, batch)?;
            return Ok(Step::Within);
        }
        if let Some(entry) = level.pending.pop() {
            return Ok(self.take(entry, batch));
        }
        self.read(batch)?;
        Ok(Step::Within)
    }

    /// Reads the next entries of the folder the walk is in.
    fn read(&mut self, batch: &mut ListedBatch) -> Result<(), SourceError> {
        let Some((level, outer)) = self.stack.split_last_mut() else { return Ok(()) };
        let Some(folder) = &mut level.open else { return Ok(()) };
        let rules = &self.source.rules;
        let Pass { entries, complete, problem } =
            read_pass(folder, &level.next, self.max_held, |name| rules.shows(name));
        level.pending = entries;
        level.complete = complete;
        let held: usize = level.pending.len() + outer.iter().map(|level| level.pending.len()).sum::<usize>();
        if held > self.max_held {
            // What outer folders still have is read again when the walk comes back to them.
            outer.iter_mut().for_each(Level::forget_pending);
        }
        if let Some(errno) = problem {
            level.complete = true;
            let error = error_of(errno.into(), &self.source.name, &level.path);
            self.report_folder(error, batch)?;
        }
        Ok(())
    }

    /// Takes an entry of the folder the walk is in.
    fn take(&mut self, entry: Entry, batch: &mut ListedBatch) -> Step {
        let Some(level) = self.stack.last_mut() else { return Step::End };
        let path = level.path.join(&entry.name);
        let wanted = self.source.wants(entry.file_type, &path);
        let looked = wanted.then(|| level.look(&entry));
        level.next = Start::Behind(entry.name);
        let links = level.links;
        let Some(mut found) = looked else { return self.done_with(path) };
        let is_link = matches!(&found, Err(Unreachable::Io(error)) if is_loop(error));
        if is_link {
            found = self.source.folder.look(&path);
        }
        match found {
            Ok(Found { file_type, .. }) if !self.source.wants(file_type, &path) => {}
            Ok(_) if path.len() >= MAX_LENGTH => {
                report(self.source.refused(&path, "its path is longer than 4,096 bytes"), &path, batch);
            }
            Ok(Found { file_type: FileType::RegularFile, stamp }) => {
                batch.documents.push(self.source.document(&path, 0, stamp));
            }
            Ok(_) => {
                let entered =
                    if is_link { self.enter_by_link(&path, links, batch) } else { self.enter(&path, links) };
                if entered {
                    return Step::Within;
                }
            }
            Err(unreachable) => self.report_entry(unreachable, is_link, &path, batch),
        }
        self.done_with(path)
    }

    fn done_with(&mut self, path: RelativePath) -> Step {
        self.done = path;
        Step::Done
    }

    /// Goes into a folder. Returns whether it is to be gone into.
    fn enter(&mut self, path: &RelativePath, links: u32) -> bool {
        // Only links make circles; and where they do not matter, it does not either that
        // some file systems give all their folders one number.
        if links > 0 && self.is_within(path) {
            return false;
        }
        self.push(path.clone(), links);
        true
    }

    /// Whether the folder at `path` is one that the walk is in, by another path.
    fn is_within(&self, path: &RelativePath) -> bool {
        // What cannot be opened is reported when it is read.
        let opened = self.source.folder.open_folder(path);
        opened.is_ok_and(|(_, id)| self.stack.iter().any(|level| level.id == Some(id)))
    }

    fn enter_by_link(&mut self, path: &RelativePath, links: u32, batch: &mut ListedBatch) -> bool {
        if links > 0 && self.is_listed_in_its_place(path) {
            return false;
        }
        if links >= MAX_LINKS {
            let rule = "it is a symbolic link to a folder, beneath too many others";
            report(self.source.refused(path, rule), path, batch);
            return false;
        }
        self.enter(path, links + 1)
    }

    /// Whether the folder that a link leads to is one that the walk comes to without links.
    fn is_listed_in_its_place(&self, link: &RelativePath) -> bool {
        let target = self.source.folder.resolve(link).ok().flatten();
        target.is_some_and(|target| self.source.rules.reaches(&target))
    }

    fn push(&mut self, path: RelativePath, links: u32) {
        // Where the way to the cursor leads through this folder, it begins at the cursor's next part.
        let next = match self.after.within(&path).filter(|rest| !rest.is_empty()) {
            None => Start::Beginning,
            Some(rest) => match rest.iter().position(|byte| *byte == b'/') {
                None => Start::Behind(rest.into()),
                Some(end) => Start::At(rest.get(..end).unwrap_or(rest).into()),
            },
        };
        if let Some(outer) =
            self.stack.len().checked_sub(MAX_OPEN).and_then(|index| self.stack.get_mut(index))
        {
            outer.open = None;
        }
        self.stack.push(Level {
            path,
            id: None,
            links,
            open: None,
            next,
            pending: Vec::new(),
            complete: false,
        });
    }

    /// The folder of the source failing is the listing failing. Otherwise all would seem to have vanished.
    fn report_folder(&self, error: SourceError, batch: &mut ListedBatch) -> Result<(), SourceError> {
        match self.stack.last() {
            Some(level) if !level.path.is_empty() => {
                report(error, &level.path, batch);
                Ok(())
            }
            _ => Err(error),
        }
    }

    fn report_entry(
        &self,
        unreachable: Unreachable,
        is_link: bool,
        path: &RelativePath,
        batch: &mut ListedBatch,
    ) {
        let passed_over = match &unreachable {
            Unreachable::LinkNotFollowed => true,
            // It was removed meanwhile, or is a link that leads nowhere.
            Unreachable::Io(error) => {
                error.kind() == io::ErrorKind::NotFound
                    || is_link && (error.kind() == io::ErrorKind::NotADirectory || is_loop(error))
            }
        };
        if passed_over {
            tracing::debug!(source = %self.source.name, locator = path.locator(), "passed over: it leads nowhere");
        } else {
            report(error_of(unreachable, &self.source.name, path), path, batch);
        }
    }
}

impl Level {
    fn open(&mut self, source: &Shared) -> Result<(), Unreachable> {
        if self.open.is_none() {
            let (folder, id) = source.folder.open_folder(&self.path)?;
            self.id = Some(id);
            self.open = Some(Dir::new(folder)?);
        }
        Ok(())
    }

    /// What `entry` is; a symbolic link is the error `ELOOP`.
    fn look(&self, entry: &Entry) -> Result<Found, Unreachable> {
        match (entry.file_type, &self.open) {
            // What a folder says to be a folder needs no second look.
            (FileType::Directory, _) | (_, None) => {
                Ok(Found { file_type: entry.file_type, stamp: Stamp::default() })
            }
            (_, Some(open)) => Ok(look_at(open.fd()?, Path::new(OsStr::from_bytes(&entry.name)))?),
        }
    }

    fn forget_pending(&mut self) {
        if !self.pending.is_empty() {
            self.pending = Vec::new();
            self.complete = false;
        }
    }

    fn give_up(&mut self) {
        self.pending = Vec::new();
        self.complete = true;
    }
}

fn report(error: SourceError, path: &RelativePath, batch: &mut ListedBatch) {
    batch.problems.push(ListingProblem { locator: path.locator(), error, scope: ProblemScope::Below });
}

fn is_loop(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::LOOP)
}

#[cfg(test)]
mod tests {
    use super::super::folder::Folder;
    use super::super::rules::Rules;
    use super::*;
    use gdg_config::FileSourceConfig;
    use gdg_model::SourceName;
    use proptest::prelude::*;
    use std::fs;

    fn source(folder: &Path, change: impl FnOnce(&mut FileSourceConfig)) -> Arc<Shared> {
        let mut config = FileSourceConfig::default();
        change(&mut config);
        let name = SourceName::new("docs");
        Arc::new(Shared {
            rules: Rules::new(&name, &config).unwrap(),
            folder: Folder::new(folder, config.symlinks).unwrap(),
            name,
            max_size: None,
            max_link_depth: 1,
        })
    }

    /// Makes the files of `paths`, except where a file is in a folder's place already, or a folder in a file's.
    fn make_tree(folder: &Path, paths: &[String]) {
        for path in paths {
            let path = folder.join(path);
            if fs::create_dir_all(path.parent().unwrap()).is_ok() && !path.is_dir() {
                fs::write(path, "").unwrap();
            }
        }
    }

    /// All files beneath `folder` that are not hidden, in no particular order.
    fn files(folder: &Path) -> Vec<RelativePath> {
        let (mut folders, mut files) = (vec![folder.to_owned()], Vec::new());
        while let Some(inner) = folders.pop() {
            for entry in fs::read_dir(inner).unwrap() {
                let path = entry.unwrap().path();
                let relative = path.strip_prefix(folder).unwrap().as_os_str().as_bytes();
                let relative = RelativePath::resolve(&RelativePath::default(), relative).unwrap();
                if relative.name().starts_with(b".") {
                } else if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(relative);
                }
            }
        }
        files
    }

    fn batches(
        source: &Arc<Shared>,
        after: Option<&Cursor>,
        size: usize,
        max_held: usize,
    ) -> Vec<ListedBatch> {
        let mut walk = Walk::new(Arc::clone(source), after).unwrap();
        walk.max_held = max_held;
        std::iter::from_fn(|| {
            let batch = walk.next_batch(size).unwrap();
            assert!(walk.stack.iter().map(|level| level.pending.len()).sum::<usize>() <= max_held);
            batch
        })
        .collect()
    }

    fn locators(batches: &[ListedBatch]) -> Vec<&str> {
        batches.iter().flat_map(|batch| &batch.documents).map(|document| document.locator.as_str()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_walk_lists_every_file_once_in_order_and_goes_on_behind_every_cursor(
            paths in prop::collection::vec("[.]?[abA%-]{1,2}(/[ab.é-]?[ab]){0,4}", 0..24),
            size in 1_usize..5,
            max_held in 1_usize..6,
        ) {
            let folder = tempfile::tempdir().unwrap();
            make_tree(folder.path(), &paths);
            let mut expected = files(folder.path());
            expected.sort();
            let expected: Vec<String> = expected.iter().map(RelativePath::locator).collect();

            let source = source(folder.path(), |_| {});
            let whole = batches(&source, None, size, max_held);
            prop_assert_eq!(locators(&whole), expected.clone());
            let mut taken = 0;
            for batch in &whole {
                taken += batch.documents.len();
                let rest = batches(&source, Some(&batch.cursor), size, max_held);
                prop_assert_eq!(locators(&rest), expected.get(taken..).unwrap(), "behind {:?}", &batch.cursor);
            }
        }
    }

    #[test]
    fn going_on_reads_nothing_of_what_lies_before() {
        let folder = tempfile::tempdir().unwrap();
        make_tree(folder.path(), &["a/b/x.md", "c/d/y.md", "c/e/z.md"].map(String::from));
        let source = source(folder.path(), |_| {});
        let mut walk = Walk::new(source, Some(&Cursor::new("c/d/y.md"))).unwrap();
        let mut batch = ListedBatch { documents: Vec::new(), problems: Vec::new(), cursor: Cursor::new("") };
        let mut entered = Vec::new();
        while walk.step(&mut batch).unwrap() != Step::End {
            entered.extend(walk.stack.last().map(|level| level.path.locator()));
        }
        entered.dedup();
        assert_eq!(entered, ["", "c", "c/d", "c", "c/e", "c", ""]);
        assert_eq!(batch.documents.len(), 1);
    }

    #[test]
    fn what_is_left_out_is_progress_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        make_tree(folder.path(), &["a.txt", "b.md", "c.txt"].map(String::from));
        let source = source(folder.path(), |config| config.include = vec!["*.md".into()]);
        let batches = batches(&source, None, 1, 10);
        assert_eq!(locators(&batches), ["b.md"]);
        assert_eq!(batches.last().unwrap().cursor, Cursor::new("b.md"));
    }
}
