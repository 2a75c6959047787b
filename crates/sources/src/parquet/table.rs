//! An open file: its rows by number, and by what names them.
//!
//! Rows are decoded in blocks, and the last blocks are kept: fetches of rows
//! that lie side by side share the work. Decoding goes on where it was when the
//! next block is asked for, and anywhere else it begins at the page that the
//! block is on. So a run over all rows decodes each page once, or a few times
//! where blocks share pages and are not asked for in order.

use super::chunks::Chunks;
use super::columns::{Columns, Paths};
use super::locator::{RowName, mark_of};
use super::row_group::rows_from;
use super::values::{text_of, value_at};
use crate::SourceError;
use gdg_model::Stamp;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Row;
use parquet::record::reader::ReaderIter;
use parquet::schema::types::SchemaDescPtr;
use std::collections::VecDeque;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Bytes of rows that are decoded together, as far as the file tells them.
const BLOCK_SIZE: u64 = 4 << 20;
/// Blocks that are kept of a file.
const MAX_BLOCKS: usize = 2;
/// Rows of a file that are looked up by what names them.
pub(super) const MAX_INDEXED: u64 = 8 << 20;

/// What is wrong with a file, or that it cannot be read.
#[derive(Debug)]
pub(super) enum TableError {
    Malformed(String),
    Io(io::Error),
    /// Its store says what is wrong.
    Store(SourceError),
}

impl From<ParquetError> for TableError {
    fn from(error: ParquetError) -> Self {
        let ParquetError::External(error) = error else { return Self::Malformed(error.to_string()) };
        let error = match error.downcast::<SourceError>() {
            Ok(error) => return Self::Store(*error),
            Err(error) => error,
        };
        match error.downcast::<io::Error>() {
            Ok(error) => (*error).into(),
            Err(error) => Self::Malformed(error.to_string()),
        }
    }
}

impl From<io::Error> for TableError {
    fn from(error: io::Error) -> Self {
        let is_of_content = matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData);
        if !is_of_content && error.raw_os_error().is_some() {
            return Self::Io(error);
        }
        match error.downcast::<SourceError>() {
            Ok(error) => Self::Store(error),
            Err(error) => Self::Malformed(error.to_string()),
        }
    }
}

type Result<T> = std::result::Result<T, TableError>;

/// Which file it was, and in which state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// A file of a folder.
    File { device: u64, inode: u64, size: u64, modified: (i64, i64) },
    /// The version of an object.
    Object(Stamp),
}

impl Identity {
    pub(super) fn of_file(metadata: &Metadata) -> Self {
        Self::File {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

/// An open file.
pub(super) struct Table {
    pub(super) identity: Identity,
    pub(super) paths: Paths,
    file: Chunks,
    reader: SerializedFileReader<Chunks>,
    /// The first row of each group, and at the end the number of all rows.
    bounds: Vec<u64>,
    max_block: u64,
    decoded: Mutex<Decoded>,
    index: OnceLock<Vec<(u64, u32)>>,
    indexing: Mutex<()>,
}

#[derive(Default)]
struct Decoded {
    blocks: VecDeque<Block>,
    /// Where decoding can go on: the row that comes next.
    going_on: Option<(u64, ReaderIter)>,
}

struct Block {
    first: u64,
    rows: Vec<Row>,
}

impl Table {
    /// Reads what a file tells of itself.
    pub(super) fn open(file: Chunks, identity: Identity, columns: &Columns, max_block: u64) -> Result<Self> {
        guarded(|| {
            let reader = SerializedFileReader::new(file.clone())?;
            let schema = reader.metadata().file_metadata().schema_descr();
            let paths = columns.find(schema.root_schema()).map_err(TableError::Malformed)?;
            let bounds = bounds(&reader)?;
            Ok(Self {
                identity,
                paths,
                file,
                reader,
                bounds,
                max_block: max_block.max(1),
                decoded: Mutex::default(),
                index: OnceLock::new(),
                indexing: Mutex::new(()),
            })
        })
    }

    pub(super) fn rows(&self) -> u64 {
        self.bounds.last().copied().unwrap_or_default()
    }

    /// Whether what was read is of the file as it was opened. Objects are read in that version only.
    pub(super) fn is_unchanged(&self) -> bool {
        let Some(file) = self.file.file() else { return true };
        file.metadata().is_ok_and(|metadata| Identity::of_file(&metadata) == self.identity)
    }

    /// A row, with all that a fetch reads; `None` behind the last.
    pub(super) fn row(&self, number: u64) -> Result<Option<Row>> {
        let Some(group) = self.group_of(number) else { return Ok(None) };
        // A panic leaves what was decoded before, and that is sound.
        let mut decoded = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
        let at = |block: &Block| usize::try_from(number.checked_sub(block.first)?).ok();
        let kept = decoded.blocks.iter().find_map(|block| block.rows.get(at(block)?).cloned());
        if kept.is_some() {
            return Ok(kept);
        }
        let (begin, end) = self.bounds_of(group);
        let length = self.block_length(group);
        let first = begin + (number - begin) / length * length;
        let count = length.min(end - first);
        let going_on = decoded.going_on.take();
        let (rows, rest) = guarded(|| {
            let mut rest = match going_on {
                Some((next, rows)) if next == first => rows,
                _ => self.open_rows(group, &self.paths.for_fetch, first - begin, length)?,
            };
            let mut rows = Vec::new();
            for _ in 0..count {
                rows.push(rest.next().ok_or_else(ends_early)??);
            }
            Ok((rows, rest))
        })?;
        if first + count < end {
            decoded.going_on = Some((first + count, rest));
        }
        let row = usize::try_from(number - first).ok().and_then(|at| rows.get(at).cloned());
        if decoded.blocks.len() == MAX_BLOCKS {
            decoded.blocks.pop_front();
        }
        decoded.blocks.push_back(Block { first, rows });
        Ok(row)
    }

    /// The number of the row with a name.
    pub(super) fn find(&self, name: &RowName) -> Result<Option<u64>> {
        let RowName::Id(_) = name else { return Ok(None) };
        let index = self.index()?;
        let mark = mark_of(name);
        let begin = index.partition_point(|(found, _)| *found < mark);
        for (_, number) in index.iter().skip(begin).take_while(|(found, _)| *found == mark) {
            let number = u64::from(*number);
            // Different names may have one mark.
            if self.row(number)?.and_then(|row| self.name_of(&row)).as_ref() == Some(name) {
                return Ok(Some(number));
            }
        }
        Ok(None)
    }

    /// What names a row, where all of its columns have a value.
    pub(super) fn name_of(&self, row: &Row) -> Option<RowName> {
        let values = self.paths.ids.iter().map(|path| value_at(row, path).and_then(text_of));
        values.collect::<Option<_>>().map(RowName::Id)
    }

    fn index(&self) -> Result<&[(u64, u32)]> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let _alone = self.indexing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        self.check_indexable()?;
        let mut marks = Vec::new();
        let mut rows = ListedRows::new(0);
        while let Some((number, row)) = rows.next(self)? {
            if let (Some(name), Ok(number)) = (self.name_of(&row), u32::try_from(number)) {
                marks.push((mark_of(&name), number));
            }
        }
        marks.sort_unstable();
        Ok(self.index.get_or_init(|| marks))
    }

    /// Rows are found by their ids in files up to a size.
    pub(super) fn check_indexable(&self) -> Result<()> {
        if self.paths.ids.is_empty() || self.rows() <= MAX_INDEXED {
            return Ok(());
        }
        Err(TableError::Malformed(format!(
            "it has {} rows, more than can be found by `id_columns` in one file ({MAX_INDEXED})",
            self.rows()
        )))
    }

    fn group_of(&self, number: u64) -> Option<usize> {
        let group = self.bounds.partition_point(|first| *first <= number).checked_sub(1)?;
        (group + 1 < self.bounds.len()).then_some(group)
    }

    /// The first row of a group, and the one behind its last.
    fn bounds_of(&self, group: usize) -> (u64, u64) {
        let bound = |at: usize| self.bounds.get(at).copied().unwrap_or_default();
        (bound(group), bound(group + 1))
    }

    /// How many rows of a group are decoded together.
    fn block_length(&self, group: usize) -> u64 {
        let metadata = self.reader.metadata().row_group(group);
        let (begin, end) = self.bounds_of(group);
        let is_read = |name: Option<&String>| {
            let fields = self.paths.for_fetch.root_schema().get_fields();
            fields.iter().any(|field| Some(field.name()) == name.map(String::as_str))
        };
        let read = metadata.columns().iter().filter(|column| is_read(column.column_path().parts().first()));
        let size: u64 = read.map(|column| column.uncompressed_size().unsigned_abs()).sum();
        let each = (size / (end - begin).max(1)).max(1);
        (BLOCK_SIZE / each).clamp(1, self.max_block)
    }

    fn open_rows(
        &self,
        group: usize,
        schema: &SchemaDescPtr,
        skipped: u64,
        batch: u64,
    ) -> Result<ReaderIter> {
        let reader = self.reader.get_row_group(group)?;
        let batch = usize::try_from(batch).unwrap_or(usize::MAX);
        Ok(rows_from(&*reader, Arc::clone(schema), skipped, batch)?)
    }
}

/// Rows as a listing reads them, in their order.
pub(super) struct ListedRows {
    next: u64,
    rows: Option<ReaderIter>,
}

impl ListedRows {
    pub(super) fn new(next: u64) -> Self {
        Self { next, rows: None }
    }

    /// The next row, with the columns of a listing, if there are any.
    pub(super) fn next(&mut self, table: &Table) -> Result<Option<(u64, Row)>> {
        let Some(schema) = &table.paths.for_listing else { return Ok(None) };
        let Some(group) = table.group_of(self.next) else { return Ok(None) };
        let (begin, _) = table.bounds_of(group);
        let (number, rows) = (self.next, self.rows.take());
        let (row, rows) = guarded(|| {
            let mut rows = match rows {
                Some(rows) if number > begin => rows,
                _ => table.open_rows(group, schema, number - begin, table.max_block)?,
            };
            let row = rows.next().ok_or_else(ends_early)??;
            Ok((row, rows))
        })?;
        self.rows = Some(rows);
        self.next += 1;
        Ok(Some((number, row)))
    }
}

/// The first row of each group, and the number of all rows. What a file says of its columns must fit.
fn bounds(reader: &SerializedFileReader<Chunks>) -> Result<Vec<u64>> {
    let mut bounds = vec![0_u64];
    let mut rows = 0_u64;
    for group in reader.metadata().row_groups() {
        let of_group = u64::try_from(group.num_rows());
        let sound = of_group.ok().filter(|count| {
            let mut flat = group.columns().iter().filter(|column| column.column_descr().max_rep_level() == 0);
            flat.all(|column| u64::try_from(column.num_values()) == Ok(*count))
        });
        let next = sound.and_then(|count| rows.checked_add(count));
        rows = next.ok_or_else(|| TableError::Malformed("its row counts contradict one another".into()))?;
        bounds.push(rows);
    }
    Ok(bounds)
}

fn ends_early() -> TableError {
    TableError::Malformed("it has fewer rows than it says".into())
}

/// Runs what reads a file. The library panics at some files that are not sound.
fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(outcome) => outcome,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no more is known");
            Err(TableError::Malformed(format!("reading it fails: {text}")))
        }
    }
}
