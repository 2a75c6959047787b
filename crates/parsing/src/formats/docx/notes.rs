//! Footnotes, endnotes and comments, which wait for the paragraph that refers to them.

use super::block::Block;
use super::story::{References, Story};
use super::styles::Styles;
use crate::formats::ooxml::Package;
use crate::{Budget, ParseError};
use std::collections::HashMap;
use std::sync::Arc;

/// A kind of note; each has its own identifiers and its own part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum NoteKind {
    /// A note at the foot of the page.
    Footnote,
    /// A note at the end of the document.
    Endnote,
    /// A reviewer's comment.
    Comment,
}

impl NoteKind {
    /// All kinds.
    pub(super) const ALL: [Self; 3] = [Self::Footnote, Self::Endnote, Self::Comment];

    /// The kind of the relationship to the part with such notes, which is the name of its root element as well.
    pub(super) const fn relationship(self) -> &'static str {
        match self {
            Self::Footnote => "footnotes",
            Self::Endnote => "endnotes",
            Self::Comment => "comments",
        }
    }
}

/// A note that nothing has referred to yet.
#[derive(Debug)]
pub(super) struct Note {
    /// What it is.
    pub(super) kind: NoteKind,
    /// What the text refers to it by.
    pub(super) label: Option<String>,
    /// The author of a comment.
    pub(super) author: Option<String>,
    /// The part that it stands in.
    pub(super) part: Arc<str>,
    /// Which note of the part.
    pub(super) block: u32,
    /// What it says.
    pub(super) blocks: Vec<Block>,
}

/// The notes of a document that have not been written, and how many have.
#[derive(Debug, Default)]
pub(super) struct Notes {
    waiting: HashMap<(NoteKind, String), Note>,
    numbered: HashMap<NoteKind, u32>,
}

impl Notes {
    /// Reads the notes in the part `name`.
    pub(super) fn read(
        &mut self,
        package: &mut Package<'_>,
        styles: &Styles,
        budget: &Budget,
        kind: NoteKind,
        name: &str,
    ) -> Result<(), ParseError> {
        let relationships = package.relationships(name)?;
        let Some(part) = package.part(name)? else { return Ok(()) };
        let part_name = part.name().clone();
        let references = References { relationships: &relationships, styles };
        let mut story = Story::new(part, kind.relationship(), references, budget);
        let mut current: Option<(String, Note)> = None;
        while let Some(block) = story.next()? {
            match (block, &mut current) {
                (Block::NoteStart { id, author, block }, _) => {
                    self.keep(current.take());
                    let (part, blocks) = (part_name.clone(), Vec::new());
                    let note = Note { kind, label: None, author, part, block, blocks };
                    current = Some((id, note));
                }
                (block, Some((_, note))) => note.blocks.push(block),
                (_, None) => {}
            }
        }
        self.keep(current);
        Ok(())
    }

    fn keep(&mut self, note: Option<(String, Note)>) {
        if let Some((id, note)) = note {
            self.waiting.insert((note.kind, id), note);
        }
    }

    /// The note that a paragraph refers to, the first time that one does.
    pub(super) fn take(&mut self, kind: NoteKind, id: &str) -> Option<Note> {
        self.waiting.remove(&(kind, id.to_owned()))
    }

    /// The label that the next note of `kind` is given; comments have none.
    pub(super) fn next_label(&mut self, kind: NoteKind) -> Option<String> {
        let number = self.numbered.entry(kind).or_default();
        *number += 1;
        match kind {
            NoteKind::Footnote => Some(number.to_string()),
            NoteKind::Endnote if *number > LARGEST_ROMAN => Some(number.to_string()),
            NoteKind::Endnote => Some(roman(*number)),
            NoteKind::Comment => None,
        }
    }

    /// The comments that no paragraph refers to. Such footnotes are shown nowhere; comments are listed in the margin.
    pub(super) fn take_unreferenced_comments(&mut self) -> Vec<Note> {
        let waiting = std::mem::take(&mut self.waiting).into_values();
        let mut comments: Vec<Note> = waiting.filter(|note| note.kind == NoteKind::Comment).collect();
        comments.sort_by_key(|comment| comment.block);
        comments
    }
}

/// There are no Roman numerals above.
const LARGEST_ROMAN: u32 = 3999;

/// `number` in small Roman numerals, which endnotes have unless told otherwise.
fn roman(mut number: u32) -> String {
    const NUMERALS: [(u32, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut text = String::new();
    for (value, numeral) in NUMERALS {
        while number >= value {
            text.push_str(numeral);
            number -= value;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::roman;

    #[test]
    fn endnotes_are_numbered_in_roman() {
        assert_eq!([1, 4, 9, 14, 40].map(roman).join(" "), "i iv ix xiv xl");
    }
}
