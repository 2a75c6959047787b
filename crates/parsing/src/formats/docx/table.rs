//! Tables: which column a cell stands in, and how far merged cells reach.

use super::block::{CellFormat, Merge};
use crate::{ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};
use std::collections::HashMap;

/// A table that is being written.
#[derive(Debug)]
pub(super) struct OpenTable {
    location: Location,
    first_row_is_header: bool,
    /// The first row, until a second one shows that it can be a header.
    first_row: Option<u32>,
    rows: u32,
    column: u32,
    /// The last cell of the current row, and how many columns it covers.
    last_cell: Option<(u32, u32)>,
    /// The cells that reach down, by their first column.
    reaching_down: HashMap<u32, Reaching>,
}

#[derive(Debug)]
struct Reaching {
    cell: u32,
    rows: u32,
    /// Last row that it covers.
    last_row: u32,
}

/// Where a cell's content goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    /// Into a new cell, which is open now.
    New(u32),
    /// Into a cell that is there already.
    Merged(u32),
}

impl OpenTable {
    /// Opens a table.
    pub(super) fn open(
        tree: &mut TreeBuilder,
        location: Location,
        first_row_is_header: bool,
    ) -> Result<Self, ParseError> {
        tree.open(ElementType::Table, "", location.clone())?;
        Ok(Self {
            location,
            first_row_is_header,
            first_row: None,
            rows: 0,
            column: 0,
            last_cell: None,
            reaching_down: HashMap::new(),
        })
    }

    /// Opens a row.
    pub(super) fn open_row(
        &mut self,
        tree: &mut TreeBuilder,
        is_header: bool,
        skipped_columns: u32,
    ) -> Result<(), ParseError> {
        let row = tree.open(ElementType::TableRow, "", self.location.clone())?;
        self.rows += 1;
        self.column = skipped_columns;
        self.last_cell = None;
        if is_header {
            tree.set_attribute(row, "header", true);
        }
        // A look draws the first row as a header, but a table of one row has nothing under it.
        match self.rows {
            1 => self.first_row = Some(row).filter(|_| self.first_row_is_header),
            _ => {
                if let Some(first_row) = self.first_row.take() {
                    tree.set_attribute(first_row, "header", true);
                }
            }
        }
        Ok(())
    }

    /// Opens a cell, unless it belongs to one that is there.
    pub(super) fn open_cell(
        &mut self,
        tree: &mut TreeBuilder,
        format: CellFormat,
    ) -> Result<Placed, ParseError> {
        let column = self.column;
        self.column += format.column_span;
        if format.merge == Merge::Before
            && let Some((cell, columns)) = &mut self.last_cell
        {
            *columns += format.column_span;
            tree.set_attribute(*cell, "column_span", *columns);
            return Ok(Placed::Merged(*cell));
        }
        if format.merge == Merge::Above
            && let Some(reaching) = self.reaching_down.get_mut(&column)
            && reaching.last_row + 1 == self.rows
        {
            reaching.rows += 1;
            reaching.last_row = self.rows;
            tree.set_attribute(reaching.cell, "row_span", reaching.rows);
            return Ok(Placed::Merged(reaching.cell));
        }
        let cell = tree.open(ElementType::TableCell, "", self.location.clone())?;
        tree.set_attribute(cell, "column", column);
        if format.column_span > 1 {
            tree.set_attribute(cell, "column_span", format.column_span);
        }
        if format.merge == Merge::Start {
            self.reaching_down.insert(column, Reaching { cell, rows: 1, last_row: self.rows });
        }
        self.last_cell = Some((cell, format.column_span));
        Ok(Placed::New(cell))
    }
}
