//! Fetching: one row, its content in pieces.

use super::Shared;
use super::dialect::Column;
use super::key::{Key, KeyPart, parts_of_locator};
use super::listing::stamp_of;
use super::server::Connection;
use super::session::{Cell, ColumnType, Kind, Row, Statement};
use super::statements::{Columns, MAX_METADATA};
use crate::naming::with_extension;
use crate::{Content, Fetch, Fetched, SourceError};
use bytes::Bytes;
use futures::stream;
use gdg_config::DatabaseBackend;
use gdg_model::{Attributes, Stamp};
use serde_json::{Number, Value};

/// Units of content (bytes; or characters, which have four bytes at most) that are read with one statement.
const PIECE: u64 = 1 << 20;

/// A row, without the content that does not fit into its first piece.
struct Head {
    stamp: Stamp,
    /// Units of content.
    length: u64,
    first: Vec<u8>,
    content_type: Option<String>,
    name: Option<String>,
    metadata: Attributes,
}

impl Shared {
    /// Fetches a row within a transaction that was begun.
    pub(super) async fn read(
        &self,
        connection: &mut Connection,
        locator: &str,
        known: Option<&Stamp>,
    ) -> Result<Fetch, SourceError> {
        let columns = connection.columns.clone();
        let Some(possible) = self.possible_ids(&columns, locator) else {
            return Err(self.vanished(locator, "it is the id of no row"));
        };
        // What may turn out to be known is not sent along.
        let is_conditional = known.is_some() && columns.updated.is_some();
        let first = if is_conditional { 0 } else { PIECE };
        let head = self.head(connection, &columns, locator, &possible, first).await?;
        if let Some(known) = known.filter(|_| is_conditional)
            && head.stamp.proves_unchanged_since(known)
        {
            return Ok(Fetch::Unchanged { stamp: head.stamp });
        }
        let Head { stamp, length, first, content_type, name, metadata } = head;
        let was_whole = length <= PIECE && !is_conditional;
        let content = self.content(connection, &columns, locator, &possible, length, first).await?;
        if !was_whole {
            // Some tables (of MyISAM) do not stand still within a transaction.
            let again = self.head(connection, &columns, locator, &possible, 0).await?;
            if again.stamp != stamp || again.length != length {
                return Err(self.changed(locator));
            }
        }
        let name = name.unwrap_or_else(|| {
            let last = locator.rsplit('/').next().unwrap_or_default();
            with_extension(last, content_type.as_deref())
        });
        let fetched = Fetched::new(content, stamp, name);
        Ok(Fetch::Document(fetched.with_content_type(content_type).with_metadata(metadata)))
    }

    /// The values that each column of an id may have for this locator; `None` when there is none.
    fn possible_ids(&self, columns: &Columns, locator: &str) -> Option<Vec<Vec<KeyPart>>> {
        let dialect = self.settings.statements.dialect;
        let texts = parts_of_locator(locator, columns.id.len())?;
        let possible =
            columns.id.iter().zip(&texts).map(|(column, text)| dialect.possible_parts(column, text));
        let possible: Vec<_> = possible.collect();
        possible.iter().all(|parts| !parts.is_empty()).then_some(possible)
    }

    async fn head(
        &self,
        connection: &mut Connection,
        columns: &Columns,
        locator: &str,
        possible: &[Vec<KeyPart>],
        first: u64,
    ) -> Result<Head, SourceError> {
        let statement = self.settings.statements.row(columns, possible, first);
        let rows = self.rows(connection, locator, statement).await?;
        let mut found = rows.into_iter().filter_map(|row| self.key_of_row(columns, row));
        // A database may take another value for the same.
        let mut found = found.by_ref().filter(|(key, _): &(Key, _)| key.locator() == locator);
        let Some((_, cells)) = found.next() else {
            return Err(self.vanished(locator, "no row has this id"));
        };
        if found.next().is_some() {
            return Err(self.malformed(locator, "more than one row has this id"));
        }
        self.head_of(columns, locator, cells.collect())
    }

    fn head_of(&self, columns: &Columns, locator: &str, row: Row) -> Result<Head, SourceError> {
        let mut cells = row.into_iter();
        let stamp = stamp_of(cells.by_ref().take(2));
        let type_name = cells.next().and_then(Cell::into_text);
        let content = &columns.content;
        let found = ColumnType { kind: content.kind, name: type_name.clone().unwrap_or_default() };
        check_content(&content.name, &found).map_err(|told| self.malformed(locator, told))?;
        let length = cells.next().and_then(Cell::into_integer).and_then(|length| u64::try_from(length).ok());
        let first = cells.next().and_then(Cell::into_bytes).unwrap_or_default();
        let Some(length) = length else {
            return Err(self.malformed(locator, format!("its column `{}` is NULL", content.name)));
        };
        let mut text = || cells.next().and_then(Cell::into_text).filter(|text| !text.trim().is_empty());
        let (content_type, name, title) = (text(), text(), text());
        let content_type = content_type
            .map(|text| text.trim().to_owned())
            .or_else(|| self.settings.content_type.clone())
            .or_else(|| default_type(content.kind, type_name.as_deref()).map(str::to_owned));
        let mut metadata = Attributes::new();
        if let Some(title) = title {
            metadata.set("title", title);
        }
        for (column, cell) in columns.metadata.iter().zip(cells) {
            if let Some(value) = self.metadata_value(column, cell, locator)? {
                metadata.set(column.name.clone(), value);
            }
        }
        let name = name.and_then(|name| name.rsplit(['/', '\\']).next().map(str::to_owned));
        Ok(Head { stamp, length, first, content_type, name: name.filter(|name| !name.is_empty()), metadata })
    }

    async fn content(
        &self,
        connection: &mut Connection,
        columns: &Columns,
        locator: &str,
        possible: &[Vec<KeyPart>],
        length: u64,
        first: Vec<u8>,
    ) -> Result<Content, SourceError> {
        // The first piece is as long as it can be, or was not asked for.
        let taken = if first.is_empty() { 0 } else { PIECE.min(length) };
        let start = (connection, taken, Some(first).filter(|first| !first.is_empty()));
        let pieces = stream::try_unfold(start, |(connection, taken, first)| async move {
            if let Some(first) = first {
                return Ok(Some((Bytes::from(first), (connection, taken, None))));
            }
            if taken >= length {
                return Ok(None);
            }
            let statement = self.settings.statements.piece(columns, possible, taken + 1, PIECE);
            let rows = self.rows(connection, locator, statement).await?;
            let piece = rows.into_iter().flatten().next().and_then(Cell::into_bytes).unwrap_or_default();
            if piece.is_empty() {
                return Err(self.changed(locator));
            }
            Ok(Some((Bytes::from(piece), (connection, (taken + PIECE).min(length), None))))
        });
        let max_size = self.settings.max_size;
        self.spool.take_in(&self.name, locator, Some(length), max_size, pieces).await
    }

    async fn rows(
        &self,
        connection: &mut Connection,
        locator: &str,
        statement: Statement,
    ) -> Result<Vec<Row>, SourceError> {
        connection.rows(statement).await.map_err(|failure| self.failed(locator, failure))
    }

    fn metadata_value(
        &self,
        column: &Column,
        cell: Cell,
        locator: &str,
    ) -> Result<Option<Value>, SourceError> {
        let is_json = self.settings.statements.dialect.0 == DatabaseBackend::Postgresql;
        let value = match (column.kind, cell) {
            (_, Cell::Null) => return Ok(None),
            (_, Cell::Integer(number)) => number.into(),
            (_, Cell::Real(number)) => {
                Number::from_f64(number).map_or_else(|| number.to_string().into(), Value::Number)
            }
            (kind, cell) => {
                let is_bytes = kind == Kind::Dynamic && matches!(cell, Cell::Bytes(_));
                let bytes = cell.into_bytes().unwrap_or_default();
                if bytes.len() > MAX_METADATA {
                    let told = format!(
                        "its column `{}` is no metadata: it has more than {MAX_METADATA} bytes",
                        column.name
                    );
                    return Err(self.malformed(locator, told));
                }
                if is_bytes {
                    format!("0x{}", super::key::hex(&bytes)).into()
                } else {
                    value_of_text(kind, is_json, String::from_utf8_lossy(&bytes).into_owned())
                }
            }
        };
        Ok(Some(value).filter(|value| !value.is_null()))
    }

    fn vanished(&self, locator: &str, reason: &str) -> SourceError {
        SourceError::Vanished {
            source_name: self.name.clone(),
            locator: locator.to_owned(),
            reason: reason.to_owned(),
        }
    }

    fn malformed(&self, locator: &str, reason: impl Into<String>) -> SourceError {
        SourceError::Malformed {
            source_name: self.name.clone(),
            locator: locator.to_owned(),
            reason: reason.into(),
        }
    }

    fn changed(&self, locator: &str) -> SourceError {
        SourceError::ChangedMeanwhile { source_name: self.name.clone(), locator: locator.to_owned() }
    }
}

/// Whether a column, or a row's value in it, holds what can be content: text, JSON or bytes.
pub(super) fn check_content(name: &str, found: &ColumnType) -> Result<(), String> {
    let is_content = match found.kind {
        Kind::Text | Kind::TextLike | Kind::Json | Kind::Bytes => true,
        Kind::Dynamic => !matches!(found.name.as_str(), "integer" | "real"),
        _ => false,
    };
    if is_content {
        return Ok(());
    }
    Err(format!("its column `{name}` is of type {}, which is neither text nor bytes", found.name))
}

/// A value as a column of its kind has it. What is not understood stays text.
fn value_of_text(kind: Kind, is_json: bool, text: String) -> Value {
    let read = match kind {
        _ if is_json => serde_json::from_str(&text).ok(),
        Kind::Integer | Kind::Number | Kind::Json => serde_json::from_str(&text).ok(),
        Kind::Boolean => Some(Value::Bool(text != "0")),
        Kind::Bytes => Some(format!("0x{}", text.to_ascii_lowercase()).into()),
        _ => None,
    };
    read.unwrap_or(Value::String(text))
}

/// The media type of content of which nobody says another.
fn default_type(kind: Kind, type_name: Option<&str>) -> Option<&'static str> {
    match (kind, type_name) {
        (Kind::Json, _) => Some("application/json"),
        (Kind::Bytes, _) | (Kind::Dynamic, Some("blob")) => None,
        _ => Some("text/plain"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_what_its_column_holds() {
        for (kind, text, value) in [
            (Kind::Integer, "12", json!(12)),
            (Kind::Integer, "18446744073709551615", json!(18_446_744_073_709_551_615_u64)),
            (Kind::Number, "1.50", json!(1.5)),
            (Kind::Number, "1e999", json!("1e999")),
            (Kind::Boolean, "1", json!(true)),
            (Kind::Json, "{\"a\": [1]}", json!({ "a": [1] })),
            (Kind::Json, "{", json!("{")),
            (Kind::Bytes, "0AFF", json!("0x0aff")),
            (Kind::Text, "12", json!("12")),
        ] {
            assert_eq!(value_of_text(kind, false, text.into()), value, "{kind:?} {text}");
        }
    }
}
