//! What a page holds: before layout as it was read, after layout as blocks in reading order.

use super::area::Area;

/// A run of text on one baseline, without a wide gap in it.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) text: String,
    pub(super) area: Area,
    pub(super) style: Style,
}

/// How text looks, as far as it tells a heading from prose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    /// Font size in points.
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) monospace: bool,
    /// Tells fonts apart.
    pub(super) font: u32,
}

/// An image painted on a page.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) area: Area,
    pub(super) description: String,
}

/// A link annotation that leads to another document.
#[derive(Debug, Clone)]
pub(super) struct Anchor {
    pub(super) area: Area,
    pub(super) label: String,
    pub(super) target: String,
}

/// What a reviewer wrote on a page.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) text: String,
    pub(super) author: Option<String>,
}

/// A table, its rows from the top.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) area: Area,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) header: bool,
    pub(super) cells: Vec<Cell>,
}

#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) text: String,
    /// Where it stands, where that is known.
    pub(super) area: Option<Area>,
    pub(super) column: usize,
    pub(super) column_span: usize,
    pub(super) row_span: usize,
}

/// A page as it was read.
#[derive(Debug, Clone)]
pub(super) struct PageContent {
    pub(super) frame: Area,
    pub(super) segments: Vec<Segment>,
    /// Tables drawn with ruling lines; their text is in no segment.
    pub(super) tables: Vec<Table>,
    pub(super) pictures: Vec<Picture>,
    pub(super) anchors: Vec<Anchor>,
    pub(super) notes: Vec<Note>,
    /// Paragraphs outside the upright, left-to-right flow, in reading order: set sideways, vertically, or
    /// from right to left.
    pub(super) asides: Vec<String>,
    /// Whether most of the text is a guess: its font does not tell its characters.
    pub(super) is_guessed: bool,
}

impl PageContent {
    /// A page that could not be read.
    pub(super) fn empty() -> Self {
        Self {
            frame: Area::between(0.0, 0.0, 0.0, 0.0),
            segments: Vec::new(),
            tables: Vec::new(),
            pictures: Vec::new(),
            anchors: Vec::new(),
            notes: Vec::new(),
            asides: Vec::new(),
            is_guessed: false,
        }
    }

    /// Whether any text was read.
    pub(super) fn has_text(&self) -> bool {
        !self.segments.is_empty() || !self.tables.is_empty() || !self.asides.is_empty()
    }
}

/// A block of a page that has been laid out.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) content: Content,
    /// Where its lines stand, where that is known.
    pub(super) areas: Vec<Area>,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Heading { level: u32, text: String },
    Paragraph(String),
    Code(String),
    Item(Item),
    Table(Table),
    Picture(Picture),
    Header(String),
    Footer(String),
}

/// An item of a list.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Its number, in an ordered list.
    pub(super) number: Option<u32>,
    /// Its text without the marker.
    pub(super) text: String,
    /// Left edge of the marker, in points; lists nest by it.
    pub(super) indent: f32,
}
