//! Makes tables of a sheet's cells.
//!
//! Entirely empty rows divide a sheet into tables, and empty columns divide
//! tables that stand side by side: not where a side would be a single row or
//! column, which is rather a form whose labels stand apart from their values.
//!
//! A table's header is its first row of two cells or more (a lone cell above
//! it is a caption), if all of that row's cells are words and a row follows.

use super::reference::{Position, cell_name, range_name};
use super::sheet::{Annotation, Cell, CellValue, Formula, SheetContent};
use super::workbook::SharedStrings;
use crate::{ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Adds the tables of `sheet`, whose cells are ordered by position, to the open sheet element.
pub(super) fn add_tables(
    sheet: SheetContent,
    name: &Arc<str>,
    strings: &SharedStrings,
    tree: &mut TreeBuilder,
) -> Result<(), ParseError> {
    let SheetContent { mut cells, annotations, shared_formulas } = sheet;
    let mut adder = CellAdder { sheet: name, strings, annotations, shared_formulas, tree };
    for band in cells.chunk_by_mut(is_near_row) {
        let starts = side_by_side(band, &adder.annotations);
        let side = |cell: &Cell| starts.partition_point(|start| *start <= cell.position.column);
        band.sort_by_key(|cell| (side(cell), cell.position));
        for block in band.chunk_by_mut(|one, next| side(one) == side(next) && is_near_row(one, next)) {
            adder.add_table(block)?;
        }
    }
    Ok(())
}

/// Whether no empty row lies between two cells that follow each other.
fn is_near_row(one: &Cell, next: &Cell) -> bool {
    next.position.row.saturating_sub(one.position.row) <= 1
}

/// The first columns of the tables that stand side by side in `band`; none where it is one table.
fn side_by_side(band: &[Cell], annotations: &BTreeMap<Position, Annotation>) -> Vec<u32> {
    // The columns that each cell takes, the empty rest of a merged area among them.
    let mut extents: Vec<(u32, u32)> = band
        .iter()
        .map(|cell| {
            let span = annotations.get(&cell.position).and_then(|annotation| annotation.span);
            let width = span.map_or(1, |(_, columns)| columns);
            (cell.position.column, cell.position.column + width)
        })
        .collect();
    extents.sort_unstable();
    let mut sides: Vec<(u32, u32)> = Vec::new();
    for (start, end) in extents {
        match sides.last_mut() {
            Some(side) if start <= side.1 => side.1 = side.1.max(end),
            _ => sides.push((start, end)),
        }
    }
    let is_table = |&(start, end): &(u32, u32)| {
        let mut rows = band
            .iter()
            .filter(|cell| (start..end).contains(&cell.position.column))
            .map(|cell| cell.position.row);
        let first = rows.next();
        end - start > 1 && rows.any(|row| Some(row) != first)
    };
    if sides.len() > 1 && sides.iter().all(is_table) {
        sides.into_iter().map(|(start, _)| start).collect()
    } else {
        Vec::new()
    }
}

struct CellAdder<'s> {
    sheet: &'s Arc<str>,
    strings: &'s SharedStrings,
    annotations: BTreeMap<Position, Annotation>,
    shared_formulas: BTreeMap<u32, (Position, String)>,
    tree: &'s mut TreeBuilder,
}

impl CellAdder<'_> {
    fn add_table(&mut self, block: &mut [Cell]) -> Result<(), ParseError> {
        let Some((first, last)) = bounds(block) else {
            return Ok(());
        };
        let header_row = header_row(block);
        let location = self.location(range_name(first, last));
        self.tree.open(ElementType::Table, "", location)?;
        for row in block.chunk_by_mut(|one, next| one.position.row == next.position.row) {
            self.add_row(row, header_row)?;
        }
        self.tree.close();
        Ok(())
    }

    fn add_row(&mut self, cells: &mut [Cell], header_row: Option<u32>) -> Result<(), ParseError> {
        let Some((first, last)) = bounds(cells) else {
            return Ok(());
        };
        let location = self.location(range_name(first, last));
        let position = self.tree.open(ElementType::TableRow, "", location)?;
        if header_row == Some(first.row) {
            self.tree.set_attribute(position, "header", true);
        }
        for cell in cells {
            self.add_cell(cell)?;
        }
        self.tree.close();
        Ok(())
    }

    fn add_cell(&mut self, cell: &mut Cell) -> Result<(), ParseError> {
        let formula = self.formula(cell)?;
        let text = match std::mem::take(&mut cell.value) {
            CellValue::SharedString(index) => self.strings.get(index).unwrap_or_default().trim().to_owned(),
            CellValue::Text(text) => text.trim().to_owned(),
            CellValue::Figure(figure) => figure,
            // A formula that was never calculated shows itself.
            CellValue::Empty => formula.clone().unwrap_or_default(),
        };
        let location = self.location(cell_name(cell.position));
        let position = self.tree.open(ElementType::TableCell, text, location.clone())?;
        self.tree.set_attribute(position, "column", cell.position.column);
        let annotation = self.annotations.remove(&cell.position).unwrap_or_default();
        if let Some((rows, columns)) = annotation.span {
            if columns > 1 {
                self.tree.set_attribute(position, "column_span", columns);
            }
            if rows > 1 {
                self.tree.set_attribute(position, "row_span", rows);
            }
        }
        let link = annotation.link.or_else(|| formula.as_deref().and_then(linked_by_formula));
        if let Some(formula) = formula {
            self.tree.budget().spend_text(formula.len())?;
            self.tree.set_attribute(position, "formula", formula);
        }
        if let Some(target) = link {
            self.add_link(position, target, location.clone())?;
        }
        if let Some(comment) = annotation.comment {
            let added = self.tree.leaf(ElementType::Comment, comment.text.trim(), location)?;
            if let Some(author) = comment.author {
                self.tree.budget().spend_text(author.len())?;
                self.tree.set_attribute(added, "author", author);
            }
        }
        self.tree.close();
        Ok(())
    }

    fn add_link(&mut self, cell: u32, target: String, location: Location) -> Result<(), ParseError> {
        let label = self.tree.text(cell).to_owned();
        let added = self.tree.leaf(ElementType::Link, label, location)?;
        self.tree.budget().spend_text(target.len())?;
        self.tree.set_attribute(added, "target", target.clone());
        self.tree.link(added, target)
    }

    /// The cell's formula as it is typed, `=` first.
    fn formula(&self, cell: &mut Cell) -> Result<Option<String>, ParseError> {
        let text = match std::mem::take(&mut cell.formula) {
            Formula::None => return Ok(None),
            Formula::Own(text) => text,
            Formula::Shared(number) => {
                let Some((written_at, template)) = self.shared_formulas.get(&number) else {
                    return Ok(None);
                };
                // Before the copy is made: a long template may be shared by a million cells.
                self.tree.budget().spend_text(template.len())?;
                let from = (written_at.row, written_at.column);
                let to = (cell.position.row, cell.position.column);
                calamine::expand_shared_formula(template, from, to).unwrap_or_else(|_| template.clone())
            }
        };
        Ok(Some(format!("={text}")))
    }

    fn location(&self, cells: String) -> Location {
        Location::Sheet { sheet: Arc::clone(self.sheet), cells: Some(cells) }
    }
}

/// The first and last corner of the cells.
fn bounds(cells: &[Cell]) -> Option<(Position, Position)> {
    let first_row = cells.first()?.position.row;
    let last_row = cells.last()?.position.row;
    let columns = || cells.iter().map(|cell| cell.position.column);
    let (first_column, last_column) = (columns().min()?, columns().max()?);
    Some((Position { row: first_row, column: first_column }, Position { row: last_row, column: last_column }))
}

/// The header's row, if the table has one.
fn header_row(block: &[Cell]) -> Option<u32> {
    let row = block.chunk_by(|one, next| one.position.row == next.position.row).find(|row| row.len() > 1)?;
    let is_words = |cell: &Cell| {
        matches!(cell.value, CellValue::SharedString(_) | CellValue::Text(_))
            && matches!(cell.formula, Formula::None)
    };
    let number = row.first()?.position.row;
    let is_followed = block.last()?.position.row > number;
    (is_followed && row.iter().all(is_words)).then_some(number)
}

/// The URL in `=HYPERLINK("URL", …)`.
fn linked_by_formula(formula: &str) -> Option<String> {
    let (name, arguments) = formula.split_at_checked("=HYPERLINK(\"".len())?;
    if !name.eq_ignore_ascii_case("=HYPERLINK(\"") {
        return None;
    }
    arguments.split_once('"').map(|(target, _)| target.to_owned())
}
