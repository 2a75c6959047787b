//! Where in its source an element stands.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Finds an element again in the document it came from.
///
/// Displayed (and stored) as a fragment that a person can read. Where a
/// standard for such fragments exists, that is the form: RFC 7111 for rows and
/// cells of CSV, RFC 6901 for JSON pointers, RFC 8118 for PDF pages, the range
/// unit of RFC 9110 for bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Location {
    /// The whole document; displayed as the empty string.
    #[default]
    Whole,
    /// Bytes `start..end` of the source: `bytes=120-180`.
    Bytes {
        /// Offset of the first byte, from 0.
        start: u64,
        /// Offset behind the last byte.
        end: u64,
    },
    /// Lines `start..end` of the decoded text, from 0: `line=10,20` (RFC 5147).
    Lines {
        /// First line, from 0.
        start: u64,
        /// The line behind the last one.
        end: u64,
    },
    /// A row of delimiter-separated values, from 1: `row=4`.
    Row(u64),
    /// A cell of delimiter-separated values, from 1: `cell=4,1`.
    Cell {
        /// Row, from 1; the header is row 1.
        row: u64,
        /// Column, from 1.
        column: u32,
    },
    /// A JSON pointer (RFC 6901): `/chapters/0/title`.
    Pointer(String),
    /// A path of element names with positions among equal names: `/catalog[1]/book[2]`.
    XmlPath(String),
    /// A page of a paginated document, from 1, and a block on it, from 0: `page=3;block=2`.
    Page {
        /// Page number, from 1.
        page: u32,
        /// Which block of the page in reading order, from 0; `None` is the page itself.
        block: Option<u32>,
    },
    /// A slide of a presentation, from 1, and a shape on it, from 0: `slide=2;shape=1`.
    Slide {
        /// Slide number, from 1.
        slide: u32,
        /// Which shape in document order, from 0; `None` is the slide itself.
        shape: Option<u32>,
    },
    /// A sheet of a workbook, or with `cells` an A1-style reference on it: `sheet=Budget`, `sheet=Budget;cells=B3`.
    Sheet {
        /// The sheet's name.
        sheet: Arc<str>,
        /// An A1-style reference (`B3`, `A1:C9`).
        cells: Option<String>,
    },
    /// The n-th block, from 0, of a part of a packaged document: `word/document.xml#12`.
    Part {
        /// The part's path in the package.
        part: Arc<str>,
        /// Which block in document order, from 0.
        block: u32,
    },
    /// A MIME part of a message by its section number (RFC 3501): `part=1.2`.
    MimePart(String),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Bytes { start, end } => write!(f, "bytes={start}-{end}"),
            Self::Lines { start, end } => write!(f, "line={start},{end}"),
            Self::Row(row) => write!(f, "row={row}"),
            Self::Cell { row, column } => write!(f, "cell={row},{column}"),
            Self::Pointer(pointer) => f.write_str(pointer),
            Self::XmlPath(path) => f.write_str(path),
            Self::Page { page, block: None } => write!(f, "page={page}"),
            Self::Page { page, block: Some(block) } => write!(f, "page={page};block={block}"),
            Self::Slide { slide, shape: None } => write!(f, "slide={slide}"),
            Self::Slide { slide, shape: Some(shape) } => write!(f, "slide={slide};shape={shape}"),
            Self::Sheet { sheet, cells: None } => write!(f, "sheet={sheet}"),
            Self::Sheet { sheet, cells: Some(cells) } => write!(f, "sheet={sheet};cells={cells}"),
            Self::Part { part, block } => write!(f, "{part}#{block}"),
            Self::MimePart(section) => write!(f, "part={section}"),
        }
    }
}
