//! The seam between what all databases have in common and their drivers.

use async_trait::async_trait;

/// A value: of a row, or bound to a statement.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    /// Text, in UTF-8 unless SQLite was told otherwise.
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into().into_bytes())
    }

    /// The value as bytes, numbers as their digits; `None` for NULL.
    pub(super) fn into_bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Null => None,
            Self::Integer(number) => Some(number.to_string().into_bytes()),
            Self::Real(number) => Some(format!("{number:?}").into_bytes()),
            Self::Text(bytes) | Self::Bytes(bytes) => Some(bytes),
        }
    }

    /// The value as text, whatever it takes; `None` for NULL.
    pub(super) fn into_text(self) -> Option<String> {
        self.into_bytes().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The value as a whole number; `None` for NULL, and for what is none.
    pub(super) fn into_integer(self) -> Option<i64> {
        self.into_text()?.parse().ok()
    }
}

/// A row: as many values as its statement selects.
pub(super) type Row = Vec<Cell>;

/// A statement with the values that are bound to it.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) values: Vec<Cell>,
}

/// What a column holds, as far as statements depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whole numbers.
    Integer,
    /// Other numbers.
    Number,
    /// Truth values.
    Boolean,
    /// Points in time.
    Time,
    /// Values that are compared as themselves, and have one text each.
    Ordered,
    /// Text whose index finds it.
    Text,
    /// Other text: of names, of markup, without case.
    TextLike,
    Json,
    Bytes,
    /// Whatever each row says: SQLite.
    Dynamic,
    /// Anything else.
    Other,
}

/// A column of the configured rows.
#[derive(Debug, Clone)]
pub(super) struct ColumnType {
    pub(super) kind: Kind,
    /// The type as the database names it.
    pub(super) name: String,
}

/// Why a database did not do what it was asked for.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) trouble: Trouble,
    /// What the server or the library said.
    pub(super) message: String,
}

/// What an error of a database means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The connection is no more, for a reason that need not hold for the next one.
    Lost,
    /// It may go the next time.
    Unavailable,
    /// The user may not, or is not who it says.
    Denied,
    /// It would not go the next time either.
    Unusable,
}

impl Failure {
    pub(super) fn new(trouble: Trouble, message: impl Into<String>) -> Self {
        Self { trouble, message: message.into() }
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Trouble::Unavailable, message)
    }

    pub(super) fn unusable(message: impl Into<String>) -> Self {
        Self::new(Trouble::Unusable, message)
    }
}

/// A connection to a database.
///
/// A future of it that is dropped leaves a session that is of no use any more.
#[async_trait]
pub(super) trait Session: Send {
    /// What the columns of a statement hold. It is not run.
    async fn describe(&mut self, statement: &str) -> Result<Vec<ColumnType>, Failure>;

    /// Begins a transaction that may only read, and sees one state of the database.
    async fn begin(&mut self) -> Result<(), Failure>;

    /// The rows of a statement.
    async fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, Failure>;

    /// Ends the transaction, whatever became of it.
    async fn end(&mut self) -> Result<(), Failure>;
}
