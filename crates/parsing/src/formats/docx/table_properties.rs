//! What a story's XML says of tables, rows and cells before their content.

use super::block::{CellFormat, Merge};
use crate::formats::ooxml::{Tag, is_on, is_true};

/// A table that has begun and not ended.
#[derive(Debug)]
pub(super) struct OpenTable {
    /// The story's block that it is or belongs to.
    pub(super) block: u32,
    /// Whether its first row is drawn as a header.
    pub(super) first_row_is_header: bool,
    /// Whether its start has been emitted: a table without cells is none.
    pub(super) started: bool,
}

/// A row that has begun and not ended.
#[derive(Debug, Default)]
pub(super) struct OpenRow {
    /// Whether it is repeated as a header on each page.
    pub(super) is_header: bool,
    /// Whether a tracked change deletes it.
    pub(super) is_deleted: bool,
    /// How many columns are left out before its first cell.
    pub(super) skipped_columns: u32,
    /// Whether its start has been emitted.
    pub(super) started: bool,
}

/// A cell that has begun and not ended.
#[derive(Debug, Default)]
pub(super) struct OpenCell {
    /// What its properties say so far.
    pub(super) format: CellFormat,
    /// Whether its start has been emitted.
    pub(super) started: bool,
}

impl OpenTable {
    /// A table of which nothing but the place is known.
    pub(super) fn new(block: u32) -> Self {
        Self { block, first_row_is_header: false, started: false }
    }

    /// Takes over one property.
    pub(super) fn apply(&mut self, property: &str, tag: &Tag<'_>) {
        if property == "tblLook" {
            self.first_row_is_header = has_header_look(tag);
        }
    }
}

impl OpenRow {
    /// Takes over one property.
    pub(super) fn apply(&mut self, property: &str, tag: &Tag<'_>) {
        match property {
            "tblHeader" => self.is_header = is_on(tag),
            "del" => self.is_deleted = true,
            "gridBefore" => self.skipped_columns = columns(tag),
            _ => {}
        }
    }
}

impl CellFormat {
    /// Takes over one property.
    pub(super) fn apply(&mut self, property: &str, tag: &Tag<'_>) {
        match property {
            "gridSpan" => self.column_span = columns(tag).max(1),
            "vMerge" if tag.val().is_some_and(|value| value == "restart") => self.merge = Merge::Start,
            "vMerge" => self.merge = Merge::Above,
            "hMerge" if tag.val().is_none_or(|value| value == "continue") => self.merge = Merge::Before,
            _ => {}
        }
    }
}

/// Whether a table's look draws its first row as a header.
fn has_header_look(tag: &Tag<'_>) -> bool {
    const FIRST_ROW: i64 = 0x20;
    let by_bits = tag.val().and_then(|bits| i64::from_str_radix(&bits, 16).ok());
    match tag.attribute("firstRow") {
        Some(value) => is_true(&value),
        None => by_bits.is_some_and(|bits| bits & FIRST_ROW != 0),
    }
}

/// A number of columns; no table is wider than Word allows.
fn columns(tag: &Tag<'_>) -> u32 {
    const MOST_COLUMNS: i64 = 63;
    tag.number("val").unwrap_or(0).clamp(0, MOST_COLUMNS) as u32
}
