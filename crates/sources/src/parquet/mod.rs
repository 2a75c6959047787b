//! Sources of type `parquet`: rows of Parquet files.

mod blocks;
mod chunks;
mod columns;
mod files;
mod listing;
mod locator;
mod row_group;
mod table;
mod values;

use self::columns::Columns;
use self::files::{Files, Tables};
use self::listing::Listing;
use self::locator::{RowName, parse};
use self::table::Table;
use self::values::{content_of, json_of, text_of, value_at, version_of};
use crate::blocking::on_blocking_thread;
use crate::naming::file_name;
use crate::{
    Cursor, Fetch, Fetched, ListedBatch, OpenSourceError, ResolvedLink, Source, SourceContext, SourceError,
    Spool,
};
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use gdg_config::{ByteSize, ParquetSourceConfig};
use gdg_model::{Attributes, DocumentRef, SourceName, Stamp};
use parquet::record::Row;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::sync::Arc;

/// How Hive writes that a partition has no value.
const NO_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// Rows of the Parquet files of a folder or an object store.
///
/// A document's locator is the path of its file, and its row: `#row=7`, or
/// `#id=` with the values of the columns that name it.
#[derive(Debug)]
pub struct ParquetSource {
    shared: Arc<Shared>,
    spool: Spool,
    max_size: Option<ByteSize>,
}

#[derive(Debug)]
struct Shared {
    name: SourceName,
    tables: Tables,
    content_type: Option<String>,
    hive_partitioning: bool,
    has_ids: bool,
}

/// A row that was read.
struct ReadRow {
    stamp: Stamp,
    /// Nothing where the document is known already.
    document: Option<RowDocument>,
}

struct RowDocument {
    bytes: Vec<u8>,
    content_type: Option<String>,
    name: String,
    metadata: Attributes,
}

impl ParquetSource {
    /// Opens the source of a configuration. A folder must be there; a store is not asked for
    /// anything yet.
    pub fn open(
        name: SourceName,
        config: &ParquetSourceConfig,
        context: &SourceContext,
    ) -> Result<Self, OpenSourceError> {
        let unusable = |key: &'static str, problem: &str| OpenSourceError::Unusable {
            source_name: name.clone(),
            key,
            problem: problem.to_owned(),
        };
        if config.content_column.is_empty() {
            return Err(unusable("content_column", "is missing"));
        }
        if config.page_size == 0 {
            return Err(unusable("page_size", "is 0"));
        }
        for (key, columns) in
            [("id_columns", &config.id_columns), ("metadata_columns", &config.metadata_columns)]
        {
            if columns.iter().any(String::is_empty) {
                return Err(unusable(key, "holds an empty name"));
            }
        }
        let files = Files::open(&name, config, context)?;
        let tables = Tables::new(name.clone(), files, Columns::new(config), u64::from(config.page_size));
        let shared = Shared {
            name,
            tables,
            content_type: config.content_type.clone(),
            hive_partitioning: config.hive_partitioning,
            has_ids: !config.id_columns.is_empty(),
        };
        let (spool, max_size) = (context.spool.clone(), config.max_size);
        Ok(Self { shared: Arc::new(shared), spool, max_size })
    }
}

#[async_trait]
impl Source for ParquetSource {
    fn name(&self) -> &SourceName {
        &self.shared.name
    }

    fn list(
        &self,
        after: Option<Cursor>,
        batch_size: usize,
    ) -> BoxStream<'static, Result<ListedBatch, SourceError>> {
        let listing = Listing::new(Arc::clone(&self.shared), after.as_ref());
        stream::try_unfold(listing, move |listing| async move {
            let mut listing = listing?;
            let batch = listing.next_batch(batch_size).await?;
            Ok(batch.map(|batch| (batch, Ok(listing))))
        })
        .boxed()
    }

    async fn fetch(&self, document: &DocumentRef, known: Option<&Stamp>) -> Result<Fetch, SourceError> {
        let (shared, locator, known) = (Arc::clone(&self.shared), document.locator.clone(), known.cloned());
        let read = on_blocking_thread(move || shared.read(&locator, known.as_ref()));
        let ReadRow { stamp, document: read } = read.await?;
        let Some(RowDocument { bytes, content_type, name, metadata }) = read else {
            return Ok(Fetch::Unchanged { stamp });
        };
        let size = bytes.len() as u64;
        let pieces = stream::iter([Ok(Bytes::from(bytes))]);
        let taken =
            self.spool.take_in(&self.shared.name, &document.locator, Some(size), self.max_size, pieces);
        let fetched = Fetched::new(taken.await?, stamp, name);
        Ok(Fetch::Document(fetched.with_content_type(content_type).with_metadata(metadata)))
    }

    /// Nothing but the listing leads to rows.
    fn resolve_link(&self, _: &DocumentRef, _: &str) -> Option<ResolvedLink> {
        None
    }

    fn may_follow(&self, _: &DocumentRef) -> bool {
        false
    }
}

impl Shared {
    /// Reads the row that a locator names. Blocks.
    fn read(&self, locator: &str, known: Option<&Stamp>) -> Result<ReadRow, SourceError> {
        let source_name = self.name.clone();
        let name = parse(locator).filter(|(_, name)| matches!(name, RowName::Id(_)) == self.has_ids);
        let Some((path, name)) = name else {
            let rule = "it names no row, as the listing writes it".into();
            return Err(SourceError::Refused { source_name, locator: locator.to_owned(), rule });
        };
        let (table, file_stamp) = self.tables.open(path).map_err(|error| error.about(locator))?;
        let failed = |error| self.tables.error_of(locator, error);
        let number = match &name {
            RowName::Number(number) => Some(*number),
            RowName::Id(_) => table.find(&name).map_err(failed)?,
        };
        let vanished = || SourceError::Vanished {
            source_name: source_name.clone(),
            locator: locator.to_owned(),
            reason: "its file has no such row".to_owned(),
        };
        let number = number.filter(|number| *number < table.rows()).ok_or_else(vanished)?;
        let is_known = |stamp: &Stamp| known.is_some_and(|known| stamp.proves_unchanged_since(known));
        if table.paths.updated.is_none() {
            let stamp = stamp_of(&table, &file_stamp, number, None);
            if is_known(&stamp) {
                return Ok(ReadRow { stamp, document: None });
            }
        }
        let row = table.row(number).map_err(failed)?.ok_or_else(vanished)?;
        if !table.is_unchanged() {
            return Err(SourceError::ChangedMeanwhile { source_name, locator: locator.to_owned() });
        }
        let stamp = stamp_of(&table, &file_stamp, number, Some(&row));
        if is_known(&stamp) {
            return Ok(ReadRow { stamp, document: None });
        }
        let document = self
            .document_of(path, number, &table, &row)
            .map_err(|reason| SourceError::Malformed { source_name, locator: locator.to_owned(), reason })?;
        Ok(ReadRow { stamp, document: Some(document) })
    }

    fn document_of(&self, path: &str, number: u64, table: &Table, row: &Row) -> Result<RowDocument, String> {
        let paths = &table.paths;
        let content = value_at(row, &paths.content).and_then(content_of);
        let Some((bytes, of_value)) = content else {
            return Err(format!("its column `{}` is NULL", paths.content.join(".")));
        };
        let text = |path: &Option<Vec<String>>| {
            let text = path.as_ref().and_then(|path| value_at(row, path)).and_then(text_of);
            text.filter(|text| !text.trim().is_empty())
        };
        let content_type = text(&paths.content_type)
            .or_else(|| self.content_type.clone())
            .or_else(|| of_value.map(str::to_owned));
        let title = text(&paths.title);
        let mut metadata = Attributes::new();
        if self.hive_partitioning {
            partitions_of(path, self.tables.files.encodes_paths())
                .for_each(|(name, value)| metadata.set(name, value));
        }
        if let Some(title) = &title {
            metadata.set("title", title.as_str());
        }
        for (name, path) in &paths.metadata {
            let value = value_at(row, path).map_or(Value::Null, json_of);
            if !value.is_null() {
                metadata.set(name.clone(), value);
            }
        }
        let file = path.rsplit('/').next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let name = title.unwrap_or_else(|| format!("{stem}-{number}"));
        Ok(RowDocument { bytes, name: file_name(&name, content_type.as_deref()), content_type, metadata })
    }
}

/// The version of a row: what its column says, or else that of its file.
fn stamp_of(table: &Table, file: &Stamp, number: u64, row: Option<&Row>) -> Stamp {
    let value = table.paths.updated.as_ref().and_then(|path| value_at(row?, path));
    let version = value.map(version_of).unwrap_or_default();
    if version != Stamp::default() {
        return version;
    }
    let (modified_at, size) = (file.modified_at.unwrap_or_default(), file.size.unwrap_or_default());
    let etag = match &file.etag {
        Some(etag) => format!("\"{}-{number}\"", etag.trim_matches('"')),
        None => format!("\"{modified_at}-{size}-{number}\""),
    };
    Stamp { etag: Some(etag), modified_at: file.modified_at, size: None }
}

/// What the folders of a path say: `year=2024` is the year. Hive encodes what no folder can be called, and locators of
/// files are encoded once more.
fn partitions_of(path: &str, is_encoded: bool) -> impl Iterator<Item = (String, String)> {
    let folders = path.split('/').rev().skip(1).collect::<Vec<_>>();
    let parts: Vec<_> = folders
        .into_iter()
        .rev()
        .filter_map(|folder| {
            let folder =
                if is_encoded { percent_decode_str(folder).decode_utf8().ok()? } else { folder.into() };
            let (name, value) = folder.split_once('=')?;
            let value = percent_decode_str(value).decode_utf8().ok()?;
            (!name.is_empty() && value != NO_PARTITION).then(|| (name.to_owned(), value.into_owned()))
        })
        .collect();
    parts.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_are_partitions_become_metadata() {
        let parts: Vec<_> =
            partitions_of("x/year=2024/place=New%2520York/z=__HIVE_DEFAULT_PARTITION__/=y/a=b.parquet", true)
                .collect();
        let expected =
            [("year", "2024"), ("place", "New York")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(parts, expected);
        let parts: Vec<_> = partitions_of("share=100%25/a.parquet", false).collect();
        assert_eq!(parts, [("share".to_owned(), "100%".to_owned())]);
    }
}
