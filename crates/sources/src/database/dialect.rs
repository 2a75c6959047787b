//! What differs between the SQL of the three databases: how a column is
//! quoted, selected, compared, and read in pieces.
//!
//! An id has to be compared and sorted by the same order, in which nothing but
//! equal values are equal: texts go by their bytes, whatever collation their
//! column has.

use super::key::KeyPart;
use super::session::{Cell, ColumnType, Kind};
use gdg_config::DatabaseBackend;
use gdg_config::DatabaseBackend::{Mysql, Postgresql, Sqlite};

/// The name that the configured rows have in statements.
pub(super) const ROWS: &str = "gdg_rows";

/// A column of the configured rows.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Its name in the configuration.
    pub(super) name: String,
    /// Its name in a statement.
    pub(super) quoted: String,
    pub(super) kind: Kind,
    /// Its type, as the database names it.
    pub(super) type_name: String,
}

impl Column {
    /// Whether its values may be longer than an id may be.
    pub(super) fn may_be_long(&self) -> bool {
        !matches!(self.kind, Kind::Integer | Kind::Number | Kind::Boolean | Kind::Time | Kind::Ordered)
    }
}

/// Writes the parts of statements for one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect(pub(super) DatabaseBackend);

impl Dialect {
    /// An identifier, quoted. The quote itself stands twice.
    pub(super) fn quote(self, name: &str) -> String {
        let quote = if self.0 == Mysql { '`' } else { '"' };
        let doubled = name.replace(quote, &format!("{quote}{quote}"));
        format!("{quote}{doubled}{quote}")
    }

    /// A column of the configured rows. (Without the name of the rows, SQLite takes a column that is not there for a text.)
    pub(super) fn column(self, name: &str) -> String {
        format!("{ROWS}.{}", self.quote(name))
    }

    pub(super) fn typed(self, name: &str, column_type: ColumnType) -> Column {
        let ColumnType { kind, name: type_name } = column_type;
        Column { name: name.to_owned(), quoted: self.column(name), kind, type_name }
    }

    /// What stands for the value that is bound as number `position`, from 1.
    pub(super) fn placeholder(self, position: usize) -> String {
        match self.0 {
            Postgresql => format!("${position}"),
            Mysql => "?".into(),
            Sqlite => format!("?{position}"),
        }
    }

    /// A column of an id, to be selected.
    pub(super) fn key_value(self, column: &Column) -> String {
        let name = &column.quoted;
        match (self.0, column.kind) {
            (Sqlite, _) => name.clone(),
            (Postgresql, Kind::Bytes) => format!("encode({name}, 'hex')"),
            (Mysql, Kind::Bytes) => format!("HEX({name})"),
            _ => self.text(column),
        }
    }

    /// A column of an id, to be compared and sorted by.
    pub(super) fn key_order(self, column: &Column) -> String {
        let name = &column.quoted;
        match (self.0, column.kind) {
            (Sqlite, _) => format!("{name} COLLATE BINARY"),
            (Postgresql, kind) if is_compared_as_itself(self.0, kind) => name.clone(),
            (Postgresql, _) => format!("{name}::text COLLATE \"C\""),
            (Mysql, kind) if is_compared_as_itself(self.0, kind) => name.clone(),
            (Mysql, _) => self.text(column),
        }
    }

    /// A bound value, to be compared with a column of an id.
    pub(super) fn key_bound(self, column: &Column, placeholder: &str) -> String {
        match (self.0, column.kind) {
            (Sqlite, _) => placeholder.into(),
            (Postgresql, Kind::Bytes) => format!("decode({placeholder}, 'hex')"),
            (Postgresql, kind) if is_compared_as_itself(self.0, kind) => {
                format!("{placeholder}::{}", column.type_name)
            }
            (Postgresql, _) => format!("{placeholder} COLLATE \"C\""),
            (Mysql, Kind::Bytes) => format!("UNHEX({placeholder})"),
            (Mysql, Kind::Integer) if column.type_name.contains("UNSIGNED") => {
                format!("CAST({placeholder} AS UNSIGNED)")
            }
            (Mysql, Kind::Integer) => format!("CAST({placeholder} AS SIGNED)"),
            (Mysql, _) => format!("CAST({placeholder} AS BINARY)"),
        }
    }

    /// Whether [`key_hint`](Self::key_hint) says anything.
    pub(super) fn has_key_hint(self, column: &Column) -> bool {
        self.0 != Sqlite && column.kind == Kind::Text
    }

    /// What else holds for a column that has a value, in terms that its own index understands.
    pub(super) fn key_hint(self, column: &Column, placeholder: &str) -> String {
        let name = &column.quoted;
        match self.0 {
            Postgresql => format!("{name} = {placeholder}::{}", column.type_name),
            Mysql | Sqlite => format!("{name} = {placeholder}"),
        }
    }

    /// The length of a column of an id in bytes.
    pub(super) fn key_length(self, column: &Column) -> String {
        let name = &column.quoted;
        match (self.0, column.kind) {
            (Sqlite, _) => format!("length(CAST({name} AS BLOB))"),
            (_, Kind::Bytes) => format!("octet_length({name})"),
            _ => format!("octet_length({})", self.text(column)),
        }
    }

    /// What is bound for a value of an id.
    pub(super) fn key_cell(self, part: &KeyPart) -> Cell {
        match (self.0, part) {
            (Sqlite, KeyPart::Integer(number)) => i64::try_from(*number).map_or(Cell::Null, Cell::Integer),
            (Sqlite, KeyPart::Real(number)) => Cell::Real(*number),
            (Sqlite, KeyPart::Bytes(bytes)) => Cell::Bytes(bytes.clone()),
            (_, KeyPart::Text(text)) => Cell::Text(text.clone()),
            (_, KeyPart::Integer(number)) => Cell::text(number.to_string()),
            (_, KeyPart::Real(number)) => Cell::text(format!("{number:?}")),
            (_, KeyPart::Bytes(bytes)) => Cell::text(super::key::hex(bytes)),
        }
    }

    /// The value of an id that was selected.
    pub(super) fn key_part(self, column: &Column, cell: Cell) -> Option<KeyPart> {
        match (self.0, cell) {
            (_, Cell::Null) => None,
            (Sqlite, Cell::Integer(number)) => Some(KeyPart::Integer(number.into())),
            (Sqlite, Cell::Real(number)) => Some(KeyPart::Real(number)),
            (Sqlite, Cell::Text(text)) => Some(KeyPart::Text(text)),
            (Sqlite, Cell::Bytes(bytes)) => Some(KeyPart::Bytes(bytes)),
            (_, cell) => {
                let bytes = cell.into_bytes()?;
                match column.kind {
                    Kind::Integer => str::from_utf8(&bytes).ok()?.parse().ok().map(KeyPart::Integer),
                    Kind::Bytes => super::key::unhex(str::from_utf8(&bytes).ok()?).map(KeyPart::Bytes),
                    _ => Some(KeyPart::Text(bytes)),
                }
            }
        }
    }

    /// The values of a column whose part of a locator is `text`.
    pub(super) fn possible_parts(self, column: &Column, text: &[u8]) -> Vec<KeyPart> {
        let mut parts = KeyPart::possible(text);
        if self.0 != Sqlite {
            parts.retain(|part| match part {
                KeyPart::Integer(_) => column.kind == Kind::Integer,
                KeyPart::Bytes(_) => column.kind == Kind::Bytes,
                KeyPart::Text(text) => {
                    let is_text = !matches!(column.kind, Kind::Integer | Kind::Bytes);
                    // PostgreSQL takes no other.
                    is_text && str::from_utf8(text).is_ok() && (self.0 != Postgresql || !text.contains(&0))
                }
                KeyPart::Real(_) => false,
            });
        }
        parts
    }

    /// Whether the order of texts that this database is asked for is that of their bytes in UTF-8.
    pub(super) fn order_is_known(self, column: &Column) -> bool {
        match self.0 {
            Sqlite => true,
            Mysql => !is_compared_as_itself(Mysql, column.kind) || column.kind == Kind::Integer,
            // A server may hold text in another encoding.
            Postgresql => matches!(column.kind, Kind::Integer | Kind::Bytes),
        }
    }

    /// A column as text.
    fn text(self, column: &Column) -> String {
        let name = &column.quoted;
        match self.0 {
            Postgresql => format!("{name}::text"),
            Mysql if column.kind == Kind::Bytes => format!("HEX({name})"),
            // As bytes, so that it has no collation.
            Mysql => format!("CAST(CAST({name} AS CHAR CHARACTER SET utf8mb4) AS BINARY)"),
            Sqlite => format!("CAST({name} AS TEXT)"),
        }
    }

    /// The beginning of a column's text.
    pub(super) fn short_text(self, column: &Column, length: usize) -> String {
        match self.0 {
            Sqlite => format!("substr({}, 1, {length})", self.text(column)),
            _ => format!("left({}, {length})", self.text(column)),
        }
    }

    /// A column, for its value to become metadata: as it is, or as JSON. No more than its beginning where it is long.
    pub(super) fn metadata(self, column: &Column, length: usize) -> String {
        let name = &column.quoted;
        match self.0 {
            Postgresql => format!("left(to_json({name})::text, {length})"),
            Mysql => self.short_text(column, length),
            Sqlite => format!(
                "CASE WHEN length(CAST({name} AS BLOB)) > {length} THEN substr(CAST({name} AS BLOB), 1, {length}) \
                 ELSE {name} END"
            ),
        }
    }

    /// What tells one version of a row from another.
    pub(super) fn version(self, column: &Column) -> String {
        self.text(column)
    }

    /// The time that a column tells, in microseconds since 1970; NULL where it tells none.
    pub(super) fn microseconds(self, column: &Column) -> String {
        let name = &column.quoted;
        match (self.0, column.kind) {
            (Postgresql, Kind::Time) => format!(
                "CASE WHEN isfinite({name}) THEN (extract(epoch FROM {name}) * 1000000)::bigint::text END"
            ),
            (Mysql, Kind::Time) => {
                format!("CAST(TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', {name}) AS CHAR)")
            }
            (Sqlite, _) => format!(
                "CASE WHEN typeof({name}) = 'text' AND {name} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' \
                 THEN CAST(round((julianday({name}) - 2440587.5) * 86400000.0) AS INTEGER) * 1000 END"
            ),
            _ => "NULL".into(),
        }
    }

    /// How much content there is, in the units that [`piece`](Self::piece) counts in: bytes, or (MySQL) characters of text.
    pub(super) fn length(self, content: &Column) -> String {
        let name = &content.quoted;
        match (self.0, content.kind) {
            (Sqlite, _) => format!("length(CAST({name} AS BLOB))"),
            (Postgresql, Kind::Bytes) => format!("octet_length({name})::text"),
            (Postgresql, _) => format!("octet_length(convert_to({name}::text, 'UTF8'))::text"),
            (Mysql, Kind::Bytes) => format!("CAST(OCTET_LENGTH({name}) AS CHAR)"),
            (Mysql, _) => format!("CAST(CHAR_LENGTH({name}) AS CHAR)"),
        }
    }

    /// A piece of content of `length` units from the one at `start`, from 1.
    pub(super) fn piece(self, content: &Column, start: u64, length: u64) -> String {
        let name = &content.quoted;
        match (self.0, content.kind) {
            (Sqlite, _) => format!("substr(CAST({name} AS BLOB), {start}, {length})"),
            (Postgresql, Kind::Bytes) => format!("substring({name} FROM {start} FOR {length})"),
            (Postgresql, _) => {
                format!("substring(convert_to({name}::text, 'UTF8') FROM {start} FOR {length})")
            }
            (Mysql, _) => format!("SUBSTRING({name}, {start}, {length})"),
        }
    }

    /// What a row's content is, where rows differ in that: the name of its type.
    pub(super) fn content_type_name(self, content: &Column) -> String {
        match self.0 {
            Sqlite => format!("typeof({})", content.quoted),
            _ => "NULL".into(),
        }
    }
}

/// Whether values of an id are compared by the order of their own type. Others are compared as text.
fn is_compared_as_itself(backend: DatabaseBackend, kind: Kind) -> bool {
    match backend {
        Postgresql => matches!(kind, Kind::Integer | Kind::Time | Kind::Ordered | Kind::Bytes),
        // A date of zeros is none when it is bound.
        Mysql => matches!(kind, Kind::Integer | Kind::Bytes),
        Sqlite => true,
    }
}
