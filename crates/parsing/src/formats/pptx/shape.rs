//! What stands on a slide.

use crate::formats::ooxml::{Inline, collapse};

/// How many levels text has.
pub(super) const LEVELS: usize = 9;

/// What precedes the paragraphs of each level, where it is said.
pub(super) type LevelBullets = [Option<Bullet>; LEVELS];

/// What precedes a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bullet {
    /// Nothing.
    None,
    /// A bullet.
    Mark,
    /// A number, the first of which is this.
    Number(u32),
}

/// The shapes of a slide, layout or master.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    /// In document order; those in groups stand in the group's place.
    pub(super) list: Vec<Shape>,
    /// Whether the slide is left out of the show.
    pub(super) is_hidden: bool,
    /// The bullets of a master's body text.
    pub(super) body_bullets: LevelBullets,
}

/// One shape.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Which shape in document order, from 0.
    pub(super) index: u32,
    /// The placeholder of the layout that it fills.
    pub(super) placeholder: Option<Placeholder>,
    /// Its alternative text.
    pub(super) description: String,
    /// Where a click on it leads.
    pub(super) link: Option<String>,
    /// Whether it is not shown.
    pub(super) is_hidden: bool,
    /// What it shows.
    pub(super) content: Content,
    /// The bullets of its own list style.
    pub(super) bullets: LevelBullets,
}

/// What a shape shows.
#[derive(Debug, Default)]
pub(super) enum Content {
    /// Nothing that can be read.
    #[default]
    None,
    /// Text.
    Text(Vec<TextParagraph>),
    /// A table.
    Table(Table),
    /// A picture: its part or outside address, and whether it is outside.
    Picture(String, bool),
    /// A chart, by its part.
    Chart(String),
    /// A diagram, by its data part.
    Diagram(String),
}

/// A place of a layout that a shape fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placeholder {
    /// What it is for.
    pub(super) kind: PlaceholderKind,
    /// Its number on the layout.
    pub(super) index: Option<i64>,
}

/// What a placeholder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlaceholderKind {
    /// The slide's title.
    Title,
    /// Its subtitle.
    Subtitle,
    /// Its content.
    Body,
    /// Date, footer, header, slide number, or the picture of the slide on a page of notes.
    Furniture,
}

impl PlaceholderKind {
    /// The kind that the attribute `type` names.
    pub(super) fn of_type(name: Option<&str>) -> Self {
        match name {
            Some("title" | "ctrTitle") => Self::Title,
            Some("subTitle") => Self::Subtitle,
            Some("dt" | "ftr" | "hdr" | "sldNum" | "sldImg") => Self::Furniture,
            _ => Self::Body,
        }
    }
}

impl Shape {
    /// Whether it fills a placeholder of `kind`.
    pub(super) fn is_a(&self, kind: PlaceholderKind) -> bool {
        self.placeholder.as_ref().is_some_and(|placeholder| placeholder.kind == kind)
    }

    /// Whether it shows text.
    pub(super) fn has_text(&self) -> bool {
        matches!(&self.content, Content::Text(paragraphs)
            if paragraphs.iter().any(|paragraph| !paragraph.text.trim().is_empty()))
    }

    /// Its text, a line a paragraph.
    pub(super) fn plain_text(&self) -> String {
        match &self.content {
            Content::Text(paragraphs) => plain_text(paragraphs),
            _ => String::new(),
        }
    }
}

/// A paragraph of text.
#[derive(Debug, Default)]
pub(super) struct TextParagraph {
    /// Its text, with the white space of the source.
    pub(super) text: String,
    /// Whether there is text besides formulas.
    pub(super) has_prose: bool,
    /// Its level, from 0.
    pub(super) level: usize,
    /// What precedes it, where it is known.
    pub(super) bullet: Option<Bullet>,
    /// Links and formulas in it.
    pub(super) inlines: Vec<Inline>,
}

/// The text of `paragraphs`, a line each.
pub(super) fn plain_text(paragraphs: &[TextParagraph]) -> String {
    let lines = paragraphs.iter().map(|paragraph| collapse(&paragraph.text));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// A table.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Whether its first row is drawn as a header.
    pub(super) first_row_is_header: bool,
    /// Its rows.
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Debug, Default)]
pub(super) struct Cell {
    /// How many columns it covers.
    pub(super) column_span: u32,
    /// How many rows it covers.
    pub(super) row_span: u32,
    /// Whether another cell covers it.
    pub(super) is_covered: bool,
    /// What it says.
    pub(super) paragraphs: Vec<TextParagraph>,
}
