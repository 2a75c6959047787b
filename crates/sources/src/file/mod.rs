//! Sources of type `file`: a folder of documents.

mod entries;
mod folder;
mod rules;
mod walk;

use self::folder::{Folder, Found, Unreachable};
use self::rules::Rules;
use self::walk::Walk;
use crate::blocking::on_blocking_thread;
use crate::paths::{Links, RelativePath};
use crate::{
    Content, Cursor, Fetch, Fetched, ListedBatch, OpenSourceError, ResolvedLink, Source, SourceError,
};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use gdg_config::{ByteSize, FileSourceConfig};
use gdg_model::{DocId, DocumentRef, SourceName, Stamp};
use rustix::fs::FileType;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files that stand for a folder that a link leads to, in this order.
const INDEX_FILES: [&[u8]; 5] = [b"index.md", b"index.html", b"index.htm", b"README.md", b"readme.md"];

/// A folder of documents.
///
/// A document's locator is its path from `base_path`; what is not UTF-8 in
/// it, control characters and `%` are percent-encoded.
#[derive(Debug)]
pub struct FileSource {
    shared: Arc<Shared>,
    links: Links,
}

/// What listings and fetches take to other threads.
#[derive(Debug)]
struct Shared {
    name: SourceName,
    folder: Folder,
    rules: Rules,
    max_size: Option<ByteSize>,
    max_link_depth: u32,
}

impl FileSource {
    /// Opens the folder of a configuration. It must be there, and readable.
    pub fn open(
        name: SourceName,
        config: &FileSourceConfig,
        path_mappings: &BTreeMap<String, String>,
    ) -> Result<Self, OpenSourceError> {
        let rules = Rules::new(&name, config)?;
        let no_folder = |path: &Path, reason: io::Error| OpenSourceError::NoFolder {
            source_name: name.clone(),
            path: path.to_owned(),
            reason,
        };
        let base =
            std::path::absolute(&config.base_path).map_err(|error| no_folder(&config.base_path, error))?;
        let folder = Folder::new(&base, config.symlinks).map_err(|error| no_folder(&base, error))?;
        let bases: Vec<PathBuf> = vec![base, folder.base().to_owned()];
        let links = Links::new(bases, path_mappings);
        let (max_size, max_link_depth) = (config.max_size, config.max_link_depth);
        Ok(Self { shared: Arc::new(Shared { name, folder, rules, max_size, max_link_depth }), links })
    }
}

impl FileSource {
    /// Opens the file that a locator names, for sources that find their documents in files. Blocks.
    pub(crate) fn open_file(&self, locator: &str) -> Result<(File, Stamp), SourceError> {
        self.shared.open(locator).map(|(file, stamp, _)| (file, stamp))
    }

    /// Whether the folder's listing lists the file.
    pub(crate) fn lists(&self, locator: &str) -> bool {
        RelativePath::from_locator(locator).is_some_and(|path| self.shared.rules.lists(&path))
    }
}

#[async_trait]
impl Source for FileSource {
    fn name(&self) -> &SourceName {
        &self.shared.name
    }

    fn list(
        &self,
        after: Option<Cursor>,
        batch_size: usize,
    ) -> BoxStream<'static, Result<ListedBatch, SourceError>> {
        let walk = Walk::new(Arc::clone(&self.shared), after.as_ref());
        // A batch is made when it is asked for: the walk waits for whoever takes the batches, and ends with them.
        stream::try_unfold(walk, move |walk| async move {
            let mut walk = walk?;
            on_blocking_thread(move || {
                let batch = walk.next_batch(batch_size)?;
                Ok(batch.map(|batch| (batch, Ok(walk))))
            })
            .await
        })
        .boxed()
    }

    async fn fetch(&self, document: &DocumentRef, _: Option<&Stamp>) -> Result<Fetch, SourceError> {
        let (shared, locator) = (Arc::clone(&self.shared), document.locator.clone());
        on_blocking_thread(move || shared.fetch(locator)).await.map(Fetch::Document)
    }

    fn resolve_link(&self, from: &DocumentRef, target: &str) -> Option<ResolvedLink> {
        let is_own = from.source_name == self.shared.name;
        let from_path = is_own.then(|| RelativePath::from_locator(&from.locator)).flatten();
        let target = self.links.resolve(from_path.as_ref(), target)?;
        let path = self.shared.file_at(target.path, target.is_folder)?;
        let link_depth = from.link_depth.saturating_add(1);
        let document = self.shared.document(&path, link_depth, Stamp::default());
        let follow = Some(&path) != from_path.as_ref() && self.may_follow(&document);
        Some(ResolvedLink { document, fragment: target.fragment, follow })
    }

    fn may_follow(&self, target: &DocumentRef) -> bool {
        let Some(path) = RelativePath::from_locator(&target.locator) else { return false };
        let shared = &self.shared;
        target.link_depth <= shared.max_link_depth
            && shared.rules.allows_links_to(&path)
            && !shared.rules.lists(&path)
            && shared.is_file(&path)
    }
}

impl Shared {
    fn document(&self, path: &RelativePath, link_depth: u32, stamp: Stamp) -> DocumentRef {
        let locator = path.locator();
        DocumentRef {
            doc_id: DocId::in_source(&self.name, &locator),
            source_name: self.name.clone(),
            locator,
            link_depth,
            stamp,
        }
    }

    /// Whether the walk has a use for what is at `path`, once it is in the folder that holds it.
    fn wants(&self, file_type: FileType, path: &RelativePath) -> bool {
        match file_type {
            FileType::RegularFile => self.rules.takes(path),
            FileType::Directory => self.rules.enters(path),
            // What it is has yet to be seen.
            FileType::Symlink | FileType::Unknown => self.rules.takes(path) || self.rules.enters(path),
            _ => false,
        }
    }

    fn fetch(&self, locator: String) -> Result<Fetched, SourceError> {
        let (file, stamp, path) = self.open(&locator)?;
        let source_name = self.name.clone();
        let size = stamp.size.unwrap_or_default();
        if let Some(limit) = self.max_size.filter(|limit| size > limit.bytes()) {
            let key = "content_sources[].max_size";
            return Err(SourceError::TooLarge { source_name, locator, size, limit, key });
        }
        let name = String::from_utf8_lossy(path.name()).into_owned();
        let content = Content::in_file(source_name, locator, file, size);
        Ok(Fetched::new(content, stamp, name))
    }

    /// Opens the regular file that a locator names, wherever it lies within the folder.
    fn open(&self, locator: &str) -> Result<(File, Stamp, RelativePath), SourceError> {
        let source_name = self.name.clone();
        let Some(path) = RelativePath::from_locator(locator) else {
            let rule = "it is no path within the folder".into();
            return Err(SourceError::Refused { source_name, locator: locator.to_owned(), rule });
        };
        let (file, Found { file_type, stamp }) =
            self.folder.open_file(&path).map_err(|unreachable| error_of(unreachable, &self.name, &path))?;
        if file_type != FileType::RegularFile {
            return Err(SourceError::NotAFile { source_name, locator: locator.to_owned() });
        }
        Ok((file, stamp, path))
    }

    /// The file that a link to `path` leads to: itself, or the one that stands for the folder that it is.
    fn file_at(&self, path: RelativePath, is_folder: bool) -> Option<RelativePath> {
        let is_folder =
            is_folder || self.folder.look(&path).is_ok_and(|found| found.file_type == FileType::Directory);
        if !is_folder {
            return Some(path);
        }
        INDEX_FILES.iter().map(|name| path.join(name)).find(|index| self.is_file(index))
    }

    fn is_file(&self, path: &RelativePath) -> bool {
        self.folder.look(path).is_ok_and(|found| found.file_type == FileType::RegularFile)
    }

    fn refused(&self, path: &RelativePath, rule: &'static str) -> SourceError {
        SourceError::Refused { source_name: self.name.clone(), locator: path.locator(), rule: rule.into() }
    }
}

/// The error for a path that leads nowhere.
fn error_of(unreachable: Unreachable, source_name: &SourceName, path: &RelativePath) -> SourceError {
    match unreachable {
        Unreachable::LinkNotFollowed => SourceError::Refused {
            source_name: source_name.clone(),
            locator: path.locator(),
            rule: "it leads through a symbolic link that the key `symlinks` does not let be followed".into(),
        },
        Unreachable::Io(error) => SourceError::from_io(source_name, &path.locator(), error),
    }
}
