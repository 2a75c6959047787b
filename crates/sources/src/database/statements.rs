//! The statements that rows are listed and fetched with.

use super::dialect::{Column, Dialect, ROWS};
use super::key::{Key, KeyPart, MAX_LENGTH};
use super::session::{Cell, ColumnType, Kind, Statement};
use gdg_config::DatabaseBackend;

/// Characters of a name or a media type that are read.
const SHORT: usize = 1_024;

/// The longest value that becomes metadata, in characters (of its JSON, where it is read as such).
pub(super) const MAX_METADATA: usize = 65_536;

/// Names of the columns that a configuration speaks of.
#[derive(Debug, Clone)]
pub(super) struct ColumnNames {
    pub(super) id: Vec<String>,
    pub(super) content: String,
    pub(super) updated: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) name: Option<String>,
    pub(super) title: Option<String>,
    pub(super) metadata: Vec<String>,
}

impl ColumnNames {
    /// All of them, in the order of [`Columns::new`].
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        let single = [&self.updated, &self.content_type, &self.name, &self.title].into_iter().flatten();
        self.id.iter().chain([&self.content]).chain(single).chain(&self.metadata).map(String::as_str)
    }
}

/// The same columns, with their types.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    pub(super) id: Vec<Column>,
    pub(super) content: Column,
    pub(super) updated: Option<Column>,
    pub(super) content_type: Option<Column>,
    pub(super) name: Option<Column>,
    pub(super) title: Option<Column>,
    pub(super) metadata: Vec<Column>,
}

impl Columns {
    /// `None` when there are not as many types as columns.
    pub(super) fn new(dialect: Dialect, names: &ColumnNames, types: Vec<ColumnType>) -> Option<Self> {
        let mut types = types.into_iter();
        let mut typed = |name: &String| Some(dialect.typed(name, types.next()?));
        let id = names.id.iter().map(&mut typed).collect::<Option<_>>()?;
        let content = typed(&names.content)?;
        let mut optional = |name: &Option<String>| match name {
            Some(name) => typed(name).map(Some),
            None => Some(None),
        };
        let updated = optional(&names.updated)?;
        let content_type = optional(&names.content_type)?;
        let name = optional(&names.name)?;
        let title = optional(&names.title)?;
        let metadata = names.metadata.iter().map(&mut typed).collect::<Option<_>>()?;
        Some(Self { id, content, updated, content_type, name, title, metadata })
    }
}

/// Writes the statements of one source.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) dialect: Dialect,
    /// The configured rows: a query in parentheses, or the name of a table.
    pub(super) rows: String,
}

/// A condition in the making, with what is bound to it.
struct Condition {
    dialect: Dialect,
    text: String,
    values: Vec<Cell>,
}

impl Condition {
    fn bind(&mut self, cell: Cell) -> String {
        self.values.push(cell);
        self.dialect.placeholder(self.values.len())
    }

    fn and(&mut self, more: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(more);
    }
}

impl Statements {
    fn from(&self) -> String {
        format!("FROM {} AS {ROWS}", self.rows)
    }

    /// Selects the columns and no row, to see what they hold.
    pub(super) fn describe(&self, names: &ColumnNames) -> String {
        let columns: Vec<String> = names.all().map(|name| self.dialect.column(name)).collect();
        format!("SELECT {} {} LIMIT 0", columns.join(", "), self.from())
    }

    /// Counts the rows whose id is NULL, and those whose id is empty or too long.
    pub(super) fn unusable(&self, columns: &Columns) -> Statement {
        let (missing, unfit) = (is_missing(columns), self.is_unfit(columns));
        let count = |condition: &str| {
            let count = format!("count(CASE WHEN {condition} THEN 1 END)");
            match self.dialect.0 {
                DatabaseBackend::Sqlite => count,
                DatabaseBackend::Mysql => format!("CAST({count} AS CHAR)"),
                DatabaseBackend::Postgresql => format!("{count}::text"),
            }
        };
        let either = unfit.as_ref().map_or_else(|| missing.clone(), |unfit| format!("{missing} OR {unfit}"));
        let unfit = unfit.map_or_else(|| count("1 = 0"), |unfit| count(&unfit));
        let text = format!("SELECT {}, {unfit} {} WHERE {either}", count(&missing), self.from());
        Statement { text, values: Vec::new() }
    }

    /// Selects ids, versions and times behind `after`.
    pub(super) fn page(&self, columns: &Columns, after: Option<&Key>, limit: u32) -> Statement {
        let dialect = self.dialect;
        let mut selected: Vec<String> = columns.id.iter().map(|column| dialect.key_value(column)).collect();
        if let Some(updated) = &columns.updated {
            selected.extend([dialect.version(updated), dialect.microseconds(updated)]);
        }
        let mut condition =
            Condition { dialect, text: format!("NOT ({})", is_missing(columns)), values: Vec::new() };
        if let Some(unfit) = self.is_unfit(columns) {
            condition.and(&format!("NOT ({unfit})"));
        }
        let order: Vec<String> = columns.id.iter().map(|column| dialect.key_order(column)).collect();
        if let Some(after) = after {
            let bound: Vec<String> = columns
                .id
                .iter()
                .zip(&after.0)
                .map(|(column, part)| dialect.key_bound(column, &condition.bind(dialect.key_cell(part))))
                .collect();
            let behind = match (order.as_slice(), bound.as_slice()) {
                ([order], [bound]) => format!("{order} > {bound}"),
                _ => format!("({}) > ({})", order.join(", "), bound.join(", ")),
            };
            condition.and(&behind);
        }
        let text = format!(
            "SELECT {} {} WHERE {} ORDER BY {} LIMIT {limit}",
            selected.join(", "),
            self.from(),
            condition.text,
            order.join(", ")
        );
        Statement { text, values: condition.values }
    }

    /// Selects, of the rows that have one of the values of `possible` in each column of the id: the id; version and
    /// time; type and length of the content and its first `first` units; media type, name and title; metadata.
    ///
    /// Two rows at most: one more than there may be.
    pub(super) fn row(&self, columns: &Columns, possible: &[Vec<KeyPart>], first: u64) -> Statement {
        let dialect = self.dialect;
        let null = || String::from("NULL");
        let short = |column: &Option<Column>| {
            column.as_ref().map_or_else(null, |column| dialect.short_text(column, SHORT))
        };
        let mut selected: Vec<String> = columns.id.iter().map(|column| dialect.key_value(column)).collect();
        selected.extend([
            columns.updated.as_ref().map_or_else(null, |updated| dialect.version(updated)),
            columns.updated.as_ref().map_or_else(null, |updated| dialect.microseconds(updated)),
            dialect.content_type_name(&columns.content),
            dialect.length(&columns.content),
            dialect.piece(&columns.content, 1, first),
            short(&columns.content_type),
            short(&columns.name),
            short(&columns.title),
        ]);
        selected.extend(columns.metadata.iter().map(|column| dialect.metadata(column, MAX_METADATA + 1)));
        self.of_row(&selected, columns, possible)
    }

    /// Selects a piece of the content of those rows.
    pub(super) fn piece(
        &self,
        columns: &Columns,
        possible: &[Vec<KeyPart>],
        start: u64,
        length: u64,
    ) -> Statement {
        self.of_row(&[self.dialect.piece(&columns.content, start, length)], columns, possible)
    }

    fn of_row(&self, selected: &[String], columns: &Columns, possible: &[Vec<KeyPart>]) -> Statement {
        let dialect = self.dialect;
        let mut condition = Condition { dialect, text: String::new(), values: Vec::new() };
        let mut of_columns = Vec::new();
        for (column, parts) in columns.id.iter().zip(possible) {
            let order = dialect.key_order(column);
            let mut of_parts = Vec::new();
            for part in parts {
                let placeholder = condition.bind(dialect.key_cell(part));
                let exact = format!("{order} = {}", dialect.key_bound(column, &placeholder));
                let hint = dialect.has_key_hint(column).then(|| {
                    let placeholder = condition.bind(dialect.key_cell(part));
                    dialect.key_hint(column, &placeholder)
                });
                of_parts.push(hint.map_or_else(|| exact.clone(), |hint| format!("{exact} AND {hint}")));
            }
            of_columns.push(format!("({})", of_parts.join(" OR ")));
        }
        let condition = Condition { text: of_columns.join(" AND "), ..condition };
        let text = format!("SELECT {} {} WHERE {} LIMIT 2", selected.join(", "), self.from(), condition.text);
        Statement { text, values: condition.values }
    }

    /// When an id cannot be a locator although it is there: `None` when it always can.
    fn is_unfit(&self, columns: &Columns) -> Option<String> {
        let dialect = self.dialect;
        let may_be_long = columns.id.iter().filter(|column| column.may_be_long());
        let mut conditions: Vec<String> =
            may_be_long.map(|column| format!("{} > {MAX_LENGTH}", dialect.key_length(column))).collect();
        if let [column] = columns.id.as_slice()
            && column.may_be_long()
            && column.kind != Kind::Bytes
        {
            conditions.push(format!("{} = 0", dialect.key_length(column)));
        }
        (!conditions.is_empty()).then(|| conditions.join(" OR "))
    }
}

/// When a row has no id.
fn is_missing(columns: &Columns) -> String {
    let conditions: Vec<String> =
        columns.id.iter().map(|column| format!("{} IS NULL", column.quoted)).collect();
    conditions.join(" OR ")
}
