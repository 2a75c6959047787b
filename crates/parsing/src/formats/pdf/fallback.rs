//! A second reading with `unpdf`, for pages that the first one gets no text from.

use super::area::Area;
use super::page::{Block, Cell, Content, Item, Row, Table};
use super::text::clean;
use crate::ParseError;
use gdg_model::Format;
use std::collections::BTreeMap;
use unpdf::model::{InlineContent, ListStyle};
use unpdf::{ErrorKind, PageSelection, Paragraph, ParseOptions};

/// How far apart, in points, the markers of nested items are put.
const INDENT: f32 = 18.0;

/// The blocks of the pages named, by number from 1; of all pages if none is named.
pub(super) fn pages(bytes: &[u8], wanted: Option<Vec<u32>>) -> Result<BTreeMap<u32, Vec<Block>>, ParseError> {
    let selection = wanted.map_or(PageSelection::All, PageSelection::Pages);
    let options = ParseOptions::new().lenient().sequential().with_resources(false).with_pages(selection);
    let document = unpdf::parse_bytes_with_options(bytes, options).map_err(|error| match error.kind() {
        ErrorKind::Encrypted | ErrorKind::InvalidPassword => ParseError::Encrypted { format: Format::Pdf },
        _ => ParseError::malformed(Format::Pdf, error),
    })?;
    let blocks = |page: unpdf::Page| page.elements.into_iter().filter_map(block).collect();
    Ok(document.pages.into_iter().map(|page| (page.number, blocks(page))).collect())
}

fn block(block: unpdf::Block) -> Option<Block> {
    let content = match block {
        unpdf::Block::Paragraph(paragraph) => prose(&paragraph)?,
        unpdf::Block::Table(table) => Content::Table(self::table(table)),
        unpdf::Block::Code { content } | unpdf::Block::Raw { content } => Content::Code(content),
        _ => return None,
    };
    Some(Block { content, areas: Vec::new() })
}

fn prose(paragraph: &Paragraph) -> Option<Content> {
    let text = text_of(paragraph);
    if text.is_empty() {
        return None;
    }
    if let Some(level) = paragraph.heading_level() {
        return Some(Content::Heading { level: u32::from(level).clamp(1, 6), text });
    }
    Some(match &paragraph.style.list_info {
        Some(list) => Content::Item(Item {
            number: match list.style {
                ListStyle::Ordered { .. } => Some(list.item_number.unwrap_or(1)),
                ListStyle::Unordered { .. } => None,
            },
            text,
            indent: f32::from(list.level) * INDENT,
        }),
        None => Content::Paragraph(text),
    })
}

/// The text without the marker of a list, which `plain_text` puts before it.
fn text_of(paragraph: &Paragraph) -> String {
    let mut text = String::new();
    for content in &paragraph.content {
        match content {
            InlineContent::Text(run) => text.push_str(&run.text),
            InlineContent::Link { text: label, .. } => text.push_str(label),
            InlineContent::LineBreak => text.push(' '),
            InlineContent::Image { .. } => {}
        }
    }
    clean(&text)
}

fn table(table: unpdf::Table) -> Table {
    let columns = table.cell_columns();
    let rows = table.rows.into_iter().enumerate().map(|(number, row)| {
        let places = columns.get(number).cloned().unwrap_or_default();
        let cells = row.cells.into_iter().enumerate().map(|(place, cell)| Cell {
            text: cell.content.iter().map(text_of).collect::<Vec<_>>().join("\n"),
            area: None,
            column: places.get(place).copied().unwrap_or(place),
            column_span: usize::from(cell.colspan.max(1)),
            row_span: usize::from(cell.rowspan.max(1)),
        });
        Row { header: row.is_header || number < usize::from(table.header_rows), cells: cells.collect() }
    });
    Table { area: Area::between(0.0, 0.0, 0.0, 0.0), rows: rows.collect() }
}
