//! Tables: captions, rows and cells.

use super::{Closing, Emitter, Frame, Holder, StartTag};
use crate::ParseError;
use crate::formats::html::run::collapse;
use crate::formats::html::table::{Span, Table};
use gdg_model::ElementType;

impl Emitter<'_> {
    pub(super) fn open_table(&mut self, tag: &StartTag<'_>) -> Result<Closing, ParseError> {
        let role = tag.attribute("role").unwrap_or("");
        let is_layout = tag.is_layout || role == "presentation" || role == "none";
        let has_place = !self.is_in_one_text() || matches!(self.holders.last(), Some(Holder::Cell(_)));
        if is_layout || !has_place {
            self.tables.push(None);
            return Ok(Closing::Table);
        }
        let position = self.open_container(ElementType::Table)?;
        self.tables.push(Some(Table::new(position)));
        self.holders.push(Holder::Flow);
        Ok(Closing::Table)
    }

    pub(super) fn open_table_part(&mut self, name: &str, tag: &StartTag<'_>) -> Result<Closing, ParseError> {
        let Some(Some(table)) = self.tables.last_mut() else { return Ok(Closing::Block) };
        let is_in_row = matches!(self.frames.last(), Some(Frame { closing: Closing::Row, .. }));
        match name {
            "caption" => {
                self.holders.push(Holder::Caption);
                Ok(Closing::Caption)
            }
            "tr" => Ok(Closing::Row),
            "td" | "th" if is_in_row => self.open_cell(name == "th", tag),
            "td" | "th" => Ok(Closing::Block),
            _ => {
                table.start_group(name == "thead");
                Ok(Closing::RowGroup)
            }
        }
    }

    /// Opens a cell, and before the first of a row the row.
    pub(super) fn open_cell(&mut self, is_header: bool, tag: &StartTag<'_>) -> Result<Closing, ParseError> {
        let row_location = self.location_at(self.path.depth().saturating_sub(1))?;
        let location = self.location()?;
        let Some(Some(table)) = self.tables.last_mut() else { return Ok(Closing::Block) };
        if !table.has_row() {
            table.start_row(self.tree.open(ElementType::TableRow, "", row_location)?);
        }
        let span = Span::new(tag.attribute("colspan"), tag.attribute("rowspan"));
        let column = table.place(span, is_header);
        let position = self.tree.open(ElementType::TableCell, "", location)?;
        self.tree.set_attribute(position, "column", column);
        if span.columns != 1 {
            self.tree.set_attribute(position, "column_span", span.columns);
        }
        if span.rows != 1 {
            self.tree.set_attribute(position, "row_span", span.rows);
        }
        self.holders.push(Holder::Cell(position));
        Ok(Closing::Cell)
    }

    pub(super) fn close_row(&mut self) -> Result<(), ParseError> {
        self.flush()?;
        let Some(Some(table)) = self.tables.last_mut() else { return Ok(()) };
        if let Some(row) = table.end_row() {
            if row.is_header {
                self.tree.set_attribute(row.position, "header", true);
            }
            self.tree.close();
        }
        Ok(())
    }

    pub(super) fn close_caption(&mut self) -> Result<(), ParseError> {
        self.holders.pop();
        let run = self.run.finish();
        let caption = collapse(run.text());
        if let Some(Some(table)) = self.tables.last()
            && !caption.is_empty()
        {
            self.budget().spend_text(caption.len())?;
            self.tree.set_attribute(table.position(), "caption", caption);
        }
        self.add_inlines(&run)
    }
}
