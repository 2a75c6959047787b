//! Delimiter-separated values: CSV (RFC 4180) and TSV.
//!
//! A document is one table. Its cells are kept as written but for space
//! around them; rows may have any number of cells, and blank lines are rows
//! that are left out. Below a header, cells bear their column's name.

mod dialect;
mod header;
mod quotes;

use super::web_address::web_address;
use crate::text_encoding::decode;
use crate::{Input, Limit, ParseError, Parser, TreeBuilder};
use csv::StringRecord;
use dialect::Dialect;
use gdg_model::{ElementType, Format, Location};

/// Delimiter-separated values: CSV and TSV.
#[derive(Debug)]
pub(crate) struct Delimited {
    /// The byte between two values, unless the document shows another.
    pub(crate) delimiter: u8,
}

impl Parser for Delimited {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let decoded = decode(input.bytes);
        let text = &*decoded.text;
        if text.trim().is_empty() {
            return Ok(());
        }
        let dialect = self.dialect(text, tree)?;
        let names = header::names(&dialect.sample(text));
        tree.open(ElementType::Table, "", Location::Whole)?;
        let mut reader = dialect.reader(text);
        let mut record = StringRecord::new();
        let (mut rows, mut columns, mut line_row) = (0_u64, 0, 0);
        while reader.read_record(&mut record).map_err(|error| ParseError::malformed(self.format(), error))? {
            let begin = record.position().map_or(0, csv::Position::byte);
            line_row += 1 + blank_lines_at(text, begin as usize);
            let row = tree.open(ElementType::TableRow, "", Location::Row(line_row))?;
            let is_header = rows == 0 && names.is_some();
            if is_header {
                tree.set_attribute(row, "header", true);
            }
            add_cells(tree, &record, line_row, names.as_deref().filter(|_| !is_header))?;
            tree.close();
            rows += 1;
            columns = columns.max(record.len());
        }
        tree.close();
        tree.set_metadata("columns", columns);
        tree.set_metadata("rows", rows);
        tree.set_metadata("delimiter", char::from(dialect.delimiter).to_string());
        Ok(())
    }
}

impl Delimited {
    fn format(&self) -> Format {
        if self.delimiter == b'\t' { Format::Tsv } else { Format::Csv }
    }

    /// How `text` is written. A quote that is never closed is a fault of a CSV document; in a TSV document, whose
    /// definition knows no quotes, it shows that there are none.
    fn dialect(&self, text: &str, tree: &TreeBuilder) -> Result<Dialect, ParseError> {
        let delimiter = dialect::delimiter(text, self.delimiter);
        let mut shape = quotes::scan(text, delimiter, true);
        let quoting = shape.unclosed_quote.is_none();
        if let Some(line) = shape.unclosed_quote {
            if self.format() == Format::Csv {
                let detail = format!("the quote at line {line} is never closed");
                return Err(ParseError::malformed(Format::Csv, detail));
            }
            shape = quotes::scan(text, delimiter, false);
        }
        // A record is read as a whole, so that its width has to be bounded before.
        let allowed = tree.budget().limits().max_elements;
        if shape.widest_row > allowed as usize {
            return Err(ParseError::LimitExceeded { limit: Limit::Elements, allowed: allowed.to_string() });
        }
        tree.budget().check_deadline()?;
        Ok(Dialect { delimiter, quoting })
    }
}

/// Adds the cells of a row. `names` are those of the columns.
fn add_cells(
    tree: &mut TreeBuilder,
    record: &StringRecord,
    row: u64,
    names: Option<&[String]>,
) -> Result<(), ParseError> {
    for (column, text) in (0_u32..).zip(record) {
        let location = Location::Cell { row, column: column + 1 };
        let cell = tree.leaf(ElementType::TableCell, text.trim(), location)?;
        tree.set_attribute(cell, "column", column);
        if let Some(name) = names.and_then(|names| names.get(column as usize)).filter(|name| !name.is_empty())
        {
            tree.budget().spend_text(name.len())?;
            tree.set_attribute(cell, "name", name.as_str());
        }
        if let Some(address) = web_address(text) {
            tree.link(cell, address)?;
        }
    }
    Ok(())
}

/// How many blank lines, which the reader skips, stand at `offset`, where the record before ends.
fn blank_lines_at(text: &str, offset: usize) -> u64 {
    let (before, rest) = text.split_at_checked(offset).unwrap_or((text, ""));
    // The record before may end in the middle of its own line break.
    let rest = if before.ends_with('\r') { rest.strip_prefix('\n').unwrap_or(rest) } else { rest };
    let breaks = &rest[..rest.find(|c| !matches!(c, '\r' | '\n')).unwrap_or(rest.len())];
    (breaks.len() - breaks.matches("\r\n").count()) as u64
}

#[cfg(test)]
mod tests;
