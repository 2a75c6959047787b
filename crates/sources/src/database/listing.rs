//! Listing: a page of ids at a time, each behind the last id of the one before.

use super::Shared;
use super::key::{Key, KeyPart};
use super::server::Connection;
use super::session::{Cell, Row, Statement};
use super::statements::Columns;
use crate::{Cursor, ListedBatch, ListingProblem, ProblemScope, SourceError};
use gdg_model::Stamp;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::VecDeque;
use std::sync::Arc;

/// A listing on its way. It is the only one to use its connection.
pub(super) struct Listing {
    shared: Arc<Shared>,
    connection: Option<Connection>,
    /// Whether rows without a usable id were looked for.
    looked: bool,
    last: Option<Key>,
    page: VecDeque<(Key, Stamp)>,
    /// Whether there is nothing behind `page`.
    is_last_page: bool,
}

impl Listing {
    pub(super) fn new(shared: Arc<Shared>, after: Option<&Cursor>) -> Result<Self, SourceError> {
        let key = match after {
            None => None,
            Some(cursor) => Some(shared.key_of_cursor(cursor).ok_or_else(|| SourceError::InvalidCursor {
                source_name: shared.name.clone(),
                cursor: cursor.as_str().to_owned(),
            })?),
        };
        Ok(Self {
            shared,
            connection: None,
            looked: key.is_some(),
            // The cursor behind the look at unusable ids, before the first row, is the empty one.
            last: key.filter(|key| !key.0.is_empty()),
            page: VecDeque::new(),
            is_last_page: false,
        })
    }

    /// The next batch; `None` at the end.
    pub(super) async fn next_batch(&mut self, batch_size: usize) -> Result<Option<ListedBatch>, SourceError> {
        if !self.looked {
            self.looked = true;
            if let Some(problem) = self.unusable_ids().await? {
                let cursor = Cursor::new(Key(Vec::new()).to_json().to_string());
                return Ok(Some(ListedBatch { documents: Vec::new(), problems: vec![problem], cursor }));
            }
        }
        let mut documents = Vec::new();
        while documents.len() < batch_size.max(1) {
            let Some((key, stamp)) = self.next_row().await? else { break };
            documents.push(self.shared.document(key.locator(), 0, stamp));
            self.last = Some(key);
        }
        if documents.is_empty() {
            return Ok(None);
        }
        let cursor = self.last.as_ref().map(|key| key.to_json().to_string()).unwrap_or_default();
        Ok(Some(ListedBatch { documents, problems: Vec::new(), cursor: Cursor::new(cursor) }))
    }

    /// The next row whose id is another one than the last.
    async fn next_row(&mut self) -> Result<Option<(Key, Stamp)>, SourceError> {
        loop {
            if let Some((key, stamp)) = self.page.pop_front() {
                // Rows with the same id are one document, and fetching it tells that they are several.
                if self.last.as_ref() != Some(&key) {
                    return Ok(Some((key, stamp)));
                }
            } else if self.is_last_page {
                return Ok(None);
            } else {
                self.read_page().await?;
            }
        }
    }

    async fn read_page(&mut self) -> Result<(), SourceError> {
        let (shared, last) = (Arc::clone(&self.shared), self.last.clone());
        let settings = &shared.settings;
        let limit = settings.page_size;
        let rows = self.ask(|columns| settings.statements.page(columns, last.as_ref(), limit)).await?;
        self.is_last_page = rows.len() < limit as usize;
        let columns = self.connection.as_ref().map(|connection| &connection.columns);
        let Some(columns) = columns else { return Ok(()) };
        let mut page = VecDeque::with_capacity(rows.len());
        let mut earlier = last.as_ref();
        for row in rows {
            let (key, rest) = shared
                .key_of_row(columns, row)
                .ok_or_else(|| shared.listing_failed("a row's id cannot be read"))?;
            let order = earlier.map(|earlier| shared.order(columns, earlier, &key));
            // A page begins behind the last id; within it, the same may come again.
            let goes_on = match order {
                None | Some(Ordering::Less) => true,
                Some(Ordering::Equal) => !page.is_empty(),
                Some(Ordering::Greater) => false,
            };
            if !goes_on {
                let told = format!("`{}` does not come behind what came before it", key.locator());
                return Err(shared.listing_failed(told));
            }
            page.push_back((key, stamp_of(rest)));
            earlier = page.back().map(|(key, _)| key);
        }
        self.page = page;
        Ok(())
    }

    async fn unusable_ids(&mut self) -> Result<Option<ListingProblem>, SourceError> {
        let shared = Arc::clone(&self.shared);
        let rows = self.ask(|columns| shared.settings.statements.unusable(columns)).await?;
        let mut counts = rows.into_iter().flatten().map(|cell| cell.into_integer().unwrap_or_default());
        let (missing, unfit) = (counts.next().unwrap_or_default(), counts.next().unwrap_or_default());
        if missing + unfit == 0 {
            return Ok(None);
        }
        let locator = shared.settings.columns.id.join("/");
        let error = SourceError::Malformed {
            source_name: shared.name.clone(),
            locator: locator.clone(),
            reason: format!(
                "rows that have no usable id are not listed: it is NULL in {missing}, and in {unfit} it is empty or longer than {} bytes",
                super::key::MAX_LENGTH
            ),
        };
        Ok(Some(ListingProblem { locator, error, scope: ProblemScope::Below }))
    }

    /// Asks, on the connection of this listing. One that was good before, and was ended since, is made anew once.
    async fn ask(
        &mut self,
        statement: impl Fn(&Columns) -> Statement + Send,
    ) -> Result<Vec<Row>, SourceError> {
        let shared = Arc::clone(&self.shared);
        let failed = |failure| shared.failed(&shared.settings.server.to_string(), failure);
        if let Some(mut connection) = self.connection.take() {
            let statement = statement(&connection.columns);
            match connection.rows_alone(statement).await {
                Ok(rows) => {
                    self.connection = Some(connection);
                    return Ok(rows);
                }
                Err(failure) if !connection.is_lost() => return Err(failed(failure)),
                Err(failure) => {
                    tracing::debug!(source = %shared.name, failure.message, "the listing connects again");
                }
            }
        }
        let mut connection = Connection::open(&shared.settings).await.map_err(failed)?;
        let statement = statement(&connection.columns);
        let rows = connection.rows_alone(statement).await.map_err(failed)?;
        self.connection = Some(connection);
        Ok(rows)
    }
}

impl Shared {
    /// The id that a cursor stands for: one of no column for the beginning.
    fn key_of_cursor(&self, cursor: &Cursor) -> Option<Key> {
        let value: Value = serde_json::from_str(cursor.as_str()).ok()?;
        let key = Key::from_json(&value)?;
        let columns = self.settings.columns.id.len();
        (key.0.is_empty() || key.0.len() == columns).then_some(key)
    }

    /// The id that a row begins with, and what comes behind it.
    pub(super) fn key_of_row(
        &self,
        columns: &Columns,
        row: Row,
    ) -> Option<(Key, impl Iterator<Item = Cell> + use<>)> {
        let dialect = self.settings.statements.dialect;
        let mut cells = row.into_iter();
        let parts: Option<Vec<KeyPart>> =
            columns.id.iter().map(|column| dialect.key_part(column, cells.next()?)).collect();
        Some((Key(parts?), cells))
    }

    /// Which of two ids a listing has first. What cannot be told here is left to the database.
    fn order(&self, columns: &Columns, earlier: &Key, later: &Key) -> Ordering {
        if earlier == later {
            return Ordering::Equal;
        }
        let dialect = self.settings.statements.dialect;
        for ((column, one), other) in columns.id.iter().zip(&earlier.0).zip(&later.0) {
            if one != other {
                let known = dialect.order_is_known(column);
                return one.order(other).filter(|_| known).unwrap_or(Ordering::Less);
            }
        }
        Ordering::Less
    }

    fn listing_failed(&self, reason: impl Into<String>) -> SourceError {
        SourceError::Malformed {
            source_name: self.name.clone(),
            locator: self.settings.server.to_string(),
            reason: reason.into(),
        }
    }
}

/// The version of a row, from its column `updated` as text and as time.
pub(super) fn stamp_of(mut cells: impl Iterator<Item = Cell>) -> Stamp {
    let version = cells.next().and_then(Cell::into_bytes);
    let microseconds = cells.next().and_then(Cell::into_integer);
    Stamp {
        etag: version.map(|version| gdg_model::ContentHash::of(&version).to_string()),
        modified_at: microseconds.and_then(|microseconds| microseconds.checked_mul(1_000)),
        size: None,
    }
}
