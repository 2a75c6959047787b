//! What a story is made of, in document order.

use super::notes::NoteKind;
use crate::formats::ooxml::{Inline, collapse};

/// A piece of a story. Tables come as a stream of their own, always balanced.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    /// A paragraph.
    Paragraph(Paragraph),
    /// A table begins.
    TableStart {
        /// The story's block that it is or belongs to.
        block: u32,
        /// Whether its first row is drawn as a header.
        first_row_is_header: bool,
    },
    /// A row begins.
    RowStart {
        /// Whether it is repeated as a header on each page.
        is_header: bool,
        /// How many columns are left out before its first cell.
        skipped_columns: u32,
    },
    /// A cell begins.
    CellStart(CellFormat),
    /// The innermost open cell ends.
    CellEnd,
    /// The innermost open row ends.
    RowEnd,
    /// The innermost open table ends.
    TableEnd,
    /// A note or comment begins, in a part that holds them.
    NoteStart {
        /// Its identifier among those of its kind.
        id: String,
        /// The author of a comment.
        author: Option<String>,
        /// Which note of the part.
        block: u32,
    },
}

impl Block {
    /// Whether it says anything.
    pub(super) fn has_content(&self) -> bool {
        matches!(self, Self::Paragraph(paragraph) if !paragraph.is_blank())
    }
}

/// The text of `blocks`, a line a paragraph.
pub(super) fn plain_text(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        if let Block::Paragraph(paragraph) = block {
            text.push_str(&collapse(&paragraph.text));
            text.push('\n');
        }
    }
    text.trim().to_owned()
}

/// A paragraph as its story tells it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Paragraph {
    /// Its text, with the white space of the source; line breaks are `\n`.
    pub(super) text: String,
    /// Whether there is text besides formulas.
    pub(super) has_prose: bool,
    /// What becomes elements of its own, in order.
    pub(super) pieces: Vec<Piece>,
    /// Its own formatting.
    pub(super) format: ParagraphFormat,
    /// The story's block that it is or belongs to.
    pub(super) block: u32,
    /// Whether it stands in a text box.
    pub(super) in_text_box: bool,
}

impl Paragraph {
    /// Whether it has neither text nor pieces.
    pub(super) fn is_blank(&self) -> bool {
        self.pieces.is_empty() && self.text.trim().is_empty()
    }
}

/// A part of a paragraph that becomes an element of its own.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// A link, picture or formula.
    Inline(Inline),
    /// A chart, by its part.
    Chart(String),
    /// A diagram, by its data part.
    Diagram(String),
    /// A reference to a note or comment.
    Note {
        /// What it refers to.
        kind: NoteKind,
        /// The note's identifier.
        id: String,
        /// Whether the reference has a mark of its own instead of a number.
        has_custom_mark: bool,
    },
}

/// What a paragraph's properties say, before styles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ParagraphFormat {
    /// Identifier of its style.
    pub(super) style: Option<String>,
    /// Outline level from 0; 9 is body text.
    pub(super) outline: Option<i64>,
    /// Which numbering it takes part in; 0 is none.
    pub(super) numbering: Option<i64>,
    /// Its level in the numbering, from 0.
    pub(super) level: Option<i64>,
    /// Left indent, twentieths of a point.
    pub(super) indent: Option<i64>,
}

/// What a cell's properties say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CellFormat {
    /// How many columns it covers.
    pub(super) column_span: u32,
    /// Its part in a cell merged over rows or columns.
    pub(super) merge: Merge,
}

impl Default for CellFormat {
    fn default() -> Self {
        Self { column_span: 1, merge: Merge::None }
    }
}

/// A cell's part in a merged one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// None.
    None,
    /// The first of cells merged over rows.
    Start,
    /// Belongs to the cell above.
    Above,
    /// Belongs to the cell before it.
    Before,
}
