//! Where the files are.

use super::chunks::Chunks;
use super::columns::Columns;
use super::table::{Identity, Table, TableError};
use crate::{
    Cursor, FileSource, ListedBatch, ObjectSource, OpenSourceError, Source, SourceContext, SourceError,
};
use futures::stream::BoxStream;
use gdg_config::{FileSourceConfig, ParquetSourceConfig, ParquetStoreConfig};
use gdg_model::{SourceName, Stamp};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;

/// Files that are kept open.
const MAX_OPEN: usize = 4;

/// A place that files are in.
#[derive(Debug)]
pub(super) enum Files {
    /// A folder, listed as sources of type `file` list theirs.
    Folder(FileSource),
    /// An object store, listed as its sources list theirs.
    Store(ObjectSource),
}

/// A file of which nothing is read yet.
struct OpenFile {
    bytes: Chunks,
    identity: Identity,
    stamp: Stamp,
}

impl Files {
    /// Opens the place of a configuration.
    pub(super) fn open(
        name: &SourceName,
        config: &ParquetSourceConfig,
        context: &SourceContext,
    ) -> Result<Self, OpenSourceError> {
        let Some(store) = &config.store else {
            let folder = FileSourceConfig {
                base_path: config.base_path.clone(),
                include: config.include.clone(),
                exclude: config.exclude.clone(),
                symlinks: config.symlinks,
                max_link_depth: 0,
                ..FileSourceConfig::default()
            };
            return Ok(Self::Folder(FileSource::open(name.clone(), &folder, &BTreeMap::new())?));
        };
        let unusable = |key, problem: &str| OpenSourceError::Unusable {
            source_name: name.clone(),
            key,
            problem: problem.to_owned(),
        };
        if config.base_path != ParquetSourceConfig::default().base_path {
            return Err(unusable("base_path", "is given beside `store`: the files are in one of them"));
        }
        let mut store = store.clone();
        let (include, exclude) = store.patterns_mut();
        if !include.is_empty() || !exclude.is_empty() {
            return Err(unusable(
                "store",
                "has patterns; `include` and `exclude` stand on the source itself",
            ));
        }
        include.clone_from(&config.include);
        exclude.clone_from(&config.exclude);
        let name = name.clone();
        Ok(Self::Store(match &store {
            ParquetStoreConfig::S3(s3) => ObjectSource::open_s3(name, s3, context)?,
            ParquetStoreConfig::Gcs(gcs) => ObjectSource::open_gcs(name, gcs, context)?,
            ParquetStoreConfig::Azure(azure) => ObjectSource::open_azure(name, azure, context)?,
        }))
    }

    /// Lists the files behind `after`, in an order that stays.
    pub(super) fn list(
        &self,
        after: Option<Cursor>,
        batch_size: usize,
    ) -> BoxStream<'static, Result<ListedBatch, SourceError>> {
        match self {
            Self::Folder(folder) => folder.list(after, batch_size),
            Self::Store(store) => store.list(after, batch_size),
        }
    }

    /// Whether the listing lists the file: rows of others are not for the asking.
    fn lists(&self, path: &str) -> bool {
        match self {
            Self::Folder(folder) => folder.lists(path),
            Self::Store(store) => store.lists(path),
        }
    }

    /// Whether the parts of paths are percent-encoded; keys of objects stand as they are.
    pub(super) const fn encodes_paths(&self) -> bool {
        matches!(self, Self::Folder(_))
    }

    fn open_file(&self, source_name: &SourceName, path: &str) -> Result<OpenFile, SourceError> {
        match self {
            Self::Folder(folder) => {
                let (file, stamp) = folder.open_file(path)?;
                let metadata =
                    file.metadata().map_err(|error| SourceError::from_io(source_name, path, error))?;
                let bytes = Chunks::of_file(file, metadata.len());
                Ok(OpenFile { bytes, identity: Identity::of_file(&metadata), stamp })
            }
            Self::Store(store) => {
                let object = Handle::current().block_on(store.open_object(path))?;
                let stamp = object.stamp().clone();
                let identity = Identity::Object(stamp.clone());
                Ok(OpenFile { bytes: Chunks::of_object(object), identity, stamp })
            }
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

    /// The file at `path`, as it is now, with its stamp. Blocks, on a thread of a runtime.
    pub(super) fn open(&self, path: &str) -> Result<(Arc<Table>, Stamp), SourceError> {
        if !self.files.lists(path) {
            return Err(SourceError::Refused {
                source_name: self.source_name.clone(),
                locator: path.to_owned(),
                rule: "it is no file that the source lists".into(),
            });
        }
        let OpenFile { bytes, identity, stamp } = self.files.open_file(&self.source_name, path)?;
        if let Some(table) = self.kept(path, &identity) {
            return Ok((table, stamp));
        }
        let table = Table::open(bytes, identity, &self.columns, self.max_block);
        let table = Arc::new(table.map_err(|error| self.error_of(path, error))?);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(kept, _)| kept != path);
        if open.len() == MAX_OPEN {
            open.pop_front();
        }
        open.push_back((path.to_owned(), Arc::clone(&table)));
        Ok((table, stamp))
    }

    fn kept(&self, path: &str, identity: &Identity) -> Option<Arc<Table>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open.iter().position(|(kept, table)| kept == path && table.identity == *identity)?;
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
            TableError::Store(error) => error.about(&locator),
        }
    }
}
