//! Where the files are.

use super::columns::Columns;
use super::table::{Identity, Table, TableError};
use crate::{Cursor, FileSource, ListedBatch, Source, SourceError};
use futures::stream::BoxStream;
use gdg_model::{SourceName, Stamp};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Files that are kept open.
const MAX_OPEN: usize = 4;

/// A place that files are in.
#[derive(Debug)]
pub(super) enum Files {
    /// A folder, listed as sources of type `file` list theirs.
    Folder(FileSource),
}

impl Files {
    /// Lists the files behind `after`, in an order that stays.
    pub(super) fn list(
        &self,
        after: Option<Cursor>,
        batch_size: usize,
    ) -> BoxStream<'static, Result<ListedBatch, SourceError>> {
        match self {
            Self::Folder(folder) => folder.list(after, batch_size),
        }
    }

    /// Whether the listing lists the file: rows of others are not for the asking.
    fn lists(&self, path: &str) -> bool {
        match self {
            Self::Folder(folder) => folder.lists(path),
        }
    }

    fn open(&self, path: &str) -> Result<(std::fs::File, Stamp), SourceError> {
        match self {
            Self::Folder(folder) => folder.open_file(path),
        }
    }
}

/// The files of a source, and those that were opened last.
pub(super) struct Tables {
    source_name: SourceName,
    pub(super) files: Files,
    columns: Columns,
    max_block: u64,
    open: Mutex<VecDeque<(String, Arc<Table>)>>,
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tables")
            .field("files", &self.files)
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl Tables {
    pub(super) fn new(source_name: SourceName, files: Files, columns: Columns, max_block: u64) -> Self {
        Self { source_name, files, columns, max_block, open: Mutex::default() }
    }

    /// The file at `path`, as it is now, with its stamp. Blocks.
    pub(super) fn open(&self, path: &str) -> Result<(Arc<Table>, Stamp), SourceError> {
        if !self.files.lists(path) {
            return Err(SourceError::Refused {
                source_name: self.source_name.clone(),
                locator: path.to_owned(),
                rule: "it is no file that the source lists".into(),
            });
        }
        let (file, stamp) = self.files.open(path)?;
        let metadata =
            file.metadata().map_err(|error| SourceError::from_io(&self.source_name, path, error))?;
        let identity = Identity::of(&metadata);
        if let Some(table) = self.kept(path, identity) {
            return Ok((table, stamp));
        }
        let table = Table::open(file, &self.columns, self.max_block);
        let table = Arc::new(table.map_err(|error| self.error_of(path, error))?);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(kept, _)| kept != path);
        if open.len() == MAX_OPEN {
            open.pop_front();
        }
        open.push_back((path.to_owned(), Arc::clone(&table)));
        Ok((table, stamp))
    }

    fn kept(&self, path: &str, identity: Identity) -> Option<Arc<Table>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open.iter().position(|(kept, table)| kept == path && table.identity == identity)?;
        let found = open.remove(at)?;
        let table = Arc::clone(&found.1);
        open.push_back(found);
        Some(table)
    }

    pub(super) fn error_of(&self, locator: &str, error: TableError) -> SourceError {
        let (source_name, locator) = (self.source_name.clone(), locator.to_owned());
        match error {
            TableError::Malformed(reason) => SourceError::Malformed { source_name, locator, reason },
            TableError::Io(reason) => SourceError::from_io(&source_name, &locator, reason),
        }
    }
}
