//! A listing: file after file, row after row.
//!
//! A cursor names the row that was listed last. In a file that has changed,
//! rows that are named by columns are looked for by their names; where the row
//! is gone, the file is listed from its first row, so that nothing is lost.

use super::locator::{Place, RowName, Within, locator_of, mark_of};
use super::table::{ListedRows, Table, TableError};
use super::{Shared, stamp_of};
use crate::blocking::on_blocking_thread;
use crate::{Cursor, ListedBatch, ListingProblem, ProblemScope, SourceError};
use futures::StreamExt;
use futures::stream::BoxStream;
use gdg_model::{DocumentRef, Stamp};
use parquet::record::Row;
use std::collections::VecDeque;
use std::sync::Arc;

/// Files that are listed ahead of their rows.
const FILES_AHEAD: usize = 100;

/// A listing of all rows.
pub(super) struct Listing {
    shared: Arc<Shared>,
    files: BoxStream<'static, Result<ListedBatch, SourceError>>,
    /// Files that were listed and not yet gone through.
    pending: VecDeque<String>,
    /// The file that the listing is in.
    current: Option<InFile>,
    /// Where the listing was interrupted.
    resume: Option<Place>,
    /// What the next cursor says.
    place: Place,
}

/// A listing within a file.
struct InFile {
    path: String,
    table: Arc<Table>,
    stamp: Stamp,
    next: u64,
    rows: ListedRows,
}

/// What a part of a file gave.
struct Part {
    in_file: Option<InFile>,
    documents: Vec<DocumentRef>,
    problems: Vec<ListingProblem>,
    place: Place,
}

impl Listing {
    pub(super) fn new(shared: Arc<Shared>, cursor: Option<&Cursor>) -> Result<Self, SourceError> {
        let resume = cursor.map(|cursor| {
            Place::parse(cursor.as_str()).ok_or_else(|| SourceError::InvalidCursor {
                source_name: shared.name.clone(),
                cursor: cursor.as_str().to_owned(),
            })
        });
        let resume = resume.transpose()?;
        let after = resume.as_ref().map(|place| Cursor::new(&*place.path));
        let files = shared.tables.files.list(after, FILES_AHEAD);
        let resume_within = resume.clone().filter(|place| place.within != Within::End);
        Ok(Self {
            files,
            pending: VecDeque::new(),
            current: None,
            place: resume.unwrap_or(Place { path: String::new(), within: Within::End }),
            resume: resume_within,
            shared,
        })
    }

    /// The next part of the listing; `None` when nothing is left.
    pub(super) async fn next_batch(&mut self, size: usize) -> Result<Option<ListedBatch>, SourceError> {
        let size = size.max(1);
        let (mut documents, mut problems) = (Vec::new(), Vec::new());
        while documents.len() + problems.len() < size {
            let left = size - documents.len() - problems.len();
            if let Some(place) = self.resume.take() {
                // It may have gone meanwhile, and then there is nothing to go on with.
                self.enter(place.path.clone(), Some(place), &mut problems).await;
                continue;
            }
            if let Some(in_file) = self.current.take() {
                let shared = Arc::clone(&self.shared);
                let part = on_blocking_thread(move || in_file.next_part(&shared, left)).await;
                documents.extend(part.documents);
                problems.extend(part.problems);
                self.current = part.in_file;
                self.place = part.place;
                continue;
            }
            if let Some(path) = self.pending.pop_front() {
                self.enter(path, None, &mut problems).await;
                continue;
            }
            let Some(files) = self.files.next().await else { break };
            let files = files?;
            self.pending.extend(files.documents.into_iter().map(|file| file.locator));
            problems.extend(files.problems);
            if self.pending.is_empty() {
                let path = files.cursor.as_str().to_owned();
                self.place = Place { path, within: Within::End };
            }
        }
        if documents.is_empty() && problems.is_empty() {
            return Ok(None);
        }
        Ok(Some(ListedBatch { documents, problems, cursor: Cursor::new(self.place.to_text()) }))
    }

    /// Opens a file, at its beginning or behind a place in it.
    async fn enter(&mut self, path: String, place: Option<Place>, problems: &mut Vec<ListingProblem>) {
        let shared = Arc::clone(&self.shared);
        let is_resumed = place.is_some();
        let entered = on_blocking_thread(move || {
            let outcome = InFile::enter(&shared, &path, place.as_ref());
            (path, outcome)
        })
        .await;
        match entered {
            (_, Ok(in_file)) => self.current = Some(in_file),
            (_, Err(SourceError::Vanished { .. })) if is_resumed => {}
            (path, Err(error)) => {
                problems.push(ListingProblem { locator: path.clone(), error, scope: ProblemScope::Source });
                self.place = Place { path, within: Within::End };
            }
        }
    }
}

impl InFile {
    fn enter(shared: &Shared, path: &str, place: Option<&Place>) -> Result<Self, SourceError> {
        let (table, stamp) = shared.tables.open(path)?;
        let failed = |error| shared.tables.error_of(path, error);
        table.check_indexable().map_err(failed)?;
        let next = match place.map(|place| &place.within) {
            Some(Within::Row { number, mark }) => row_behind(&table, *number, *mark).map_err(failed)?,
            _ => 0,
        };
        Ok(Self { path: path.to_owned(), table, stamp, next, rows: ListedRows::new(next) })
    }

    /// The next rows, at most `size`.
    fn next_part(mut self, shared: &Shared, size: usize) -> Part {
        let (mut documents, mut problems) = (Vec::new(), Vec::new());
        let mut place = Place { path: self.path.clone(), within: Within::End };
        while self.next < self.table.rows() {
            if documents.len() + problems.len() == size {
                return Part { in_file: Some(self), documents, problems, place };
            }
            let number = self.next;
            self.next += 1;
            match self.document(shared, number) {
                Ok((document, mark)) => {
                    documents.push(document);
                    place.within = Within::Row { number, mark };
                }
                Err(RowError::OfRow(locator, error)) => {
                    problems.push(ListingProblem { locator, error, scope: ProblemScope::Below });
                    place.within = Within::Row { number, mark: 0 };
                }
                Err(RowError::OfFile(error)) => {
                    // What comes behind cannot be read either.
                    problems.push(ListingProblem {
                        locator: self.path.clone(),
                        error,
                        scope: ProblemScope::Source,
                    });
                    break;
                }
            }
        }
        place.within = Within::End;
        Part { in_file: None, documents, problems, place }
    }

    fn document(&mut self, shared: &Shared, number: u64) -> Result<(DocumentRef, u64), RowError> {
        let failed = |error: TableError| RowError::OfFile(shared.tables.error_of(&self.path, error));
        let row = self.rows.next(&self.table).map_err(failed)?;
        let name = match &row {
            Some((_, row)) if !self.table.paths.ids.is_empty() => {
                self.table.name_of(row).ok_or_else(|| {
                    let locator = locator_of(&self.path, &RowName::Number(number));
                    let reason = "a column that names it has no value, or is a group".to_owned();
                    let source_name = shared.name.clone();
                    RowError::OfRow(locator.clone(), SourceError::Malformed { source_name, locator, reason })
                })?
            }
            _ => RowName::Number(number),
        };
        let locator = locator_of(&self.path, &name);
        let stamp = stamp_of(&self.table, &self.stamp, number, row.as_ref().map(|(_, row)| row));
        let document = DocumentRef::listed(&shared.name, locator, stamp);
        Ok((document, mark_of(&name)))
    }
}

enum RowError {
    OfRow(String, SourceError),
    OfFile(SourceError),
}

/// The row to go on with behind the one that was listed last.
fn row_behind(table: &Table, number: u64, mark: u64) -> Result<u64, TableError> {
    let behind = number.saturating_add(1);
    if table.paths.ids.is_empty() || mark == 0 {
        return Ok(behind);
    }
    let mark_at = |row: &Row| table.name_of(row).map(|name| mark_of(&name));
    if let Some((_, row)) = ListedRows::new(number).next(table)?
        && mark_at(&row) == Some(mark)
    {
        return Ok(behind);
    }
    let mut rows = ListedRows::new(0);
    while let Some((number, row)) = rows.next(table)? {
        if mark_at(&row) == Some(mark) {
            return Ok(number + 1);
        }
    }
    Ok(0)
}
