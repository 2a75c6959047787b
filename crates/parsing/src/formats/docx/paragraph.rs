//! A paragraph while its story is read.

use super::block::{Block, Paragraph, Piece};
use crate::formats::ooxml::Inline;

/// A paragraph that has begun and not ended.
#[derive(Debug, Default)]
pub(super) struct OpenParagraph {
    /// What is known of it.
    pub(super) paragraph: Paragraph,
    /// What stands in text boxes anchored in it, and comes after it.
    pub(super) after: Vec<Block>,
    /// Whether its style hides its text.
    pub(super) hidden: bool,
    links: Vec<OpenLink>,
}

/// A link that has begun and not ended.
#[derive(Debug)]
struct OpenLink {
    target: Option<String>,
    /// Where in the paragraph's text its label begins.
    start: usize,
}

impl OpenParagraph {
    /// A paragraph of which the place is known.
    pub(super) fn new(paragraph: Paragraph) -> Self {
        Self { paragraph, ..Self::default() }
    }

    /// Adds text.
    pub(super) fn push_text(&mut self, text: &str) {
        self.paragraph.has_prose |= !text.trim().is_empty();
        self.paragraph.text.push_str(text);
    }

    /// Adds a formula.
    pub(super) fn push_formula(&mut self, text: String) {
        self.paragraph.text.push_str(&text);
        self.paragraph.pieces.push(Piece::Inline(Inline::Formula(text)));
    }

    /// A link begins; without a target it is only text.
    pub(super) fn begin_link(&mut self, target: Option<String>) {
        self.links.push(OpenLink { target, start: self.paragraph.text.len() });
    }

    /// The innermost link ends. One without a label links something else, a picture perhaps.
    pub(super) fn end_link(&mut self) {
        let Some(OpenLink { target: Some(target), start }) = self.links.pop() else { return };
        let label = self.paragraph.text.get(start..).unwrap_or_default().trim().to_owned();
        let is_same_link = |piece: &Piece| {
            matches!(piece, Piece::Inline(Inline::Link { label: own, target: other })
                if *other == target && (label.is_empty() || *own == label))
        };
        // A picture carries its link itself, and nested fields may repeat one.
        if self.paragraph.pieces.last().is_none_or(|last| !is_same_link(last)) {
            self.paragraph.pieces.push(Piece::Inline(Inline::Link { label, target }));
        }
    }

    /// Ends the paragraph with the links open in it: the paragraph, and what comes after it.
    pub(super) fn finish(mut self) -> (Paragraph, Vec<Block>) {
        while !self.links.is_empty() {
            self.end_link();
        }
        (self.paragraph, self.after)
    }
}
