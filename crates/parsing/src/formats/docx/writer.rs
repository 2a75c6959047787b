//! Makes elements of blocks.

use super::RunningText;
use super::block::{Block, Paragraph, Piece};
use super::notes::{Note, NoteKind, Notes};
use super::numbering::{Counters, Numbering};
use super::styles::{Role, Styles, list_item};
use super::table::{OpenTable, Placed};
use crate::formats::ooxml::{
    OpenLists, Package, collapse, read_chart, read_diagram, write_chart, write_diagram, write_inline,
};
use crate::{ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};
use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

/// Writes a document's stories into a tree.
pub(super) struct Writer<'t, 'd> {
    tree: &'t mut TreeBuilder,
    /// For the charts and diagrams that paragraphs hold.
    package: Package<'d>,
    styles: &'t Styles,
    numbering: &'t Numbering,
    notes: Notes,
    /// The part whose blocks are being written.
    part: Arc<str>,
    lists: OpenLists,
    counters: Counters,
    group: Group,
    tables: Vec<OpenTable>,
    /// Elements that take in the text of all blocks in them, innermost last.
    flows: Vec<Flow>,
    /// Notes that have been referred to and not been written.
    referenced: VecDeque<Note>,
    is_writing_notes: bool,
    has_title: bool,
}

/// Paragraphs of one kind that follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    None,
    /// Lines of the code block at this position.
    Code(u32),
    /// Paragraphs of the open quotation.
    Quote,
}

/// A cell, note, header or footer: its text is that of its blocks, a line each.
#[derive(Debug, Clone, Copy)]
struct Flow {
    position: u32,
    /// Whether it is the current container of the tree; not so the continuation of a merged cell.
    is_open: bool,
}

impl<'t, 'd> Writer<'t, 'd> {
    /// A writer that has written nothing.
    pub(super) fn new(
        tree: &'t mut TreeBuilder,
        package: Package<'d>,
        styles: &'t Styles,
        numbering: &'t Numbering,
        notes: Notes,
    ) -> Self {
        Self {
            tree,
            package,
            styles,
            numbering,
            notes,
            part: Arc::from(""),
            lists: OpenLists::default(),
            counters: Counters::default(),
            group: Group::None,
            tables: Vec::new(),
            flows: Vec::new(),
            referenced: VecDeque::new(),
            is_writing_notes: false,
            has_title: false,
        }
    }

    /// What follows comes from the part `part`.
    pub(super) fn enter_part(&mut self, part: Arc<str>) {
        self.part = part;
    }

    /// Writes headers or footers.
    pub(super) fn running_texts(
        &mut self,
        element_type: ElementType,
        texts: Vec<RunningText>,
    ) -> Result<(), ParseError> {
        for (part, blocks) in texts {
            self.enter_part(part);
            self.open_flow(element_type, 0)?;
            self.write_flow(blocks)?;
        }
        Ok(())
    }

    /// Ends the body: closes what is open, and adds the comments that nothing refers to.
    pub(super) fn finish_body(&mut self) -> Result<(), ParseError> {
        self.end_lists_and_group();
        self.tree.close();
        self.referenced.extend(self.notes.take_unreferenced_comments());
        self.write_referenced_notes()
    }

    /// Writes one block of the current part.
    pub(super) fn write(&mut self, block: Block) -> Result<(), ParseError> {
        match block {
            Block::Paragraph(paragraph) => return self.paragraph(paragraph),
            Block::TableStart { block, first_row_is_header } => {
                if self.flows.is_empty() {
                    self.end_lists_and_group();
                }
                let location = self.location(block);
                self.tables.push(OpenTable::open(self.tree, location, first_row_is_header)?);
            }
            Block::RowStart { is_header, skipped_columns } => {
                if let Some(table) = self.tables.last_mut() {
                    table.open_row(self.tree, is_header, skipped_columns)?;
                }
            }
            Block::CellStart(format) => {
                if let Some(table) = self.tables.last_mut() {
                    self.flows.push(match table.open_cell(self.tree, format)? {
                        Placed::New(position) => Flow { position, is_open: true },
                        Placed::Merged(position) => Flow { position, is_open: false },
                    });
                }
            }
            Block::CellEnd => {
                if self.flows.pop().is_some_and(|flow| flow.is_open) {
                    self.tree.close();
                }
            }
            Block::RowEnd => self.tree.close(),
            Block::TableEnd => {
                self.tables.pop();
                self.tree.close();
            }
            Block::NoteStart { .. } => {}
        }
        Ok(())
    }

    fn paragraph(&mut self, mut paragraph: Paragraph) -> Result<(), ParseError> {
        if let Some(flow) = self.flows.last().copied() {
            return self.paragraph_in_flow(flow, paragraph);
        }
        let mut role = self.styles.role(&paragraph.format, self.numbering);
        if paragraph.in_text_box && matches!(role, Role::Heading(_)) {
            // A heading in a box beside the text is none of the text that follows.
            role = Role::Body;
        }
        let is_blank = paragraph.is_blank();
        let location = self.location(paragraph.block);
        match role {
            // An empty item is numbered all the same.
            Role::Item { numbering, level, .. } if is_blank => {
                self.count_item(numbering, level);
                Ok(())
            }
            Role::Code if is_blank && matches!(self.group, Group::Code(_)) => self.code(&paragraph, location),
            _ if is_blank => Ok(()),
            Role::Code => {
                self.code(&paragraph, location.clone())?;
                self.rest(mem::take(&mut paragraph.pieces), &location)
            }
            Role::Title | Role::Heading(_) => self.heading(&role, paragraph, &location),
            Role::Item { numbering, level, indent } => {
                self.end_group();
                let number = self.count_item(numbering, level);
                let item = list_item(self.numbering, numbering, level, indent, number);
                self.lists.item(self.tree, item, collapse(&paragraph.text), location.clone())?;
                self.rest(paragraph.pieces, &location)
            }
            Role::Continuation(level) => {
                self.end_group();
                let level = level.and_then(|level| u32::try_from(level).ok()).or(self.lists.level());
                self.lists.continue_item(self.tree, level.unwrap_or(0));
                self.prose(paragraph, &location)
            }
            Role::Quote => {
                self.lists.close(self.tree);
                if self.group != Group::Quote {
                    self.end_group();
                    self.tree.open(ElementType::Blockquote, "", location.clone())?;
                    self.group = Group::Quote;
                }
                self.prose(paragraph, &location)
            }
            Role::Body => {
                self.end_lists_and_group();
                self.prose(paragraph, &location)
            }
        }
    }

    fn heading(&mut self, role: &Role, paragraph: Paragraph, location: &Location) -> Result<(), ParseError> {
        self.end_lists_and_group();
        let text = collapse(&paragraph.text);
        // A picture with the style of a heading heads nothing.
        if !text.is_empty() {
            if *role == Role::Title && !mem::replace(&mut self.has_title, true) {
                self.tree.set_title(text.as_str());
            }
            let level = if let Role::Heading(level) = role { *level } else { 1 };
            self.tree.heading(level, text, location.clone())?;
        }
        self.rest(paragraph.pieces, location)
    }

    /// Adds a paragraph of prose; one that holds only pictures or formulas is these.
    fn prose(&mut self, paragraph: Paragraph, location: &Location) -> Result<(), ParseError> {
        let Paragraph { text, has_prose, pieces, .. } = paragraph;
        if !has_prose {
            return self.rest(pieces, location);
        }
        let (inline, behind): (Vec<Piece>, Vec<Piece>) =
            pieces.into_iter().partition(|piece| matches!(piece, Piece::Inline(_)));
        self.tree.open(ElementType::Paragraph, collapse(&text), location.clone())?;
        self.rest(inline, location)?;
        self.tree.close();
        self.rest(behind, location)
    }

    fn code(&mut self, paragraph: &Paragraph, location: Location) -> Result<(), ParseError> {
        self.lists.close(self.tree);
        if let Group::Code(position) = self.group {
            self.tree.append_text(position, "\n")?;
            return self.tree.append_text(position, &paragraph.text);
        }
        self.end_group();
        let position = self.tree.leaf(ElementType::CodeBlock, paragraph.text.as_str(), location)?;
        self.group = Group::Code(position);
        Ok(())
    }

    fn paragraph_in_flow(&mut self, flow: Flow, paragraph: Paragraph) -> Result<(), ParseError> {
        let text = collapse(&paragraph.text);
        if !text.is_empty() {
            if !self.tree.text(flow.position).is_empty() {
                self.tree.append_text(flow.position, "\n")?;
            }
            self.tree.append_text(flow.position, &text)?;
        }
        if !flow.is_open {
            return Ok(());
        }
        let location = self.location(paragraph.block);
        self.rest(paragraph.pieces, &location)
    }

    /// Adds what a paragraph holds besides its text to the current container.
    fn rest(&mut self, pieces: Vec<Piece>, location: &Location) -> Result<(), ParseError> {
        for piece in pieces {
            match piece {
                Piece::Inline(inline) => write_inline(self.tree, inline, location.clone())?,
                Piece::Chart(name) => {
                    if let Some(part) = self.package.part(&name)? {
                        write_chart(self.tree, &read_chart(part)?, location)?;
                    }
                }
                Piece::Diagram(name) => {
                    if let Some(part) = self.package.part(&name)? {
                        write_diagram(self.tree, read_diagram(part)?, location)?;
                    }
                }
                Piece::Note { kind, id, has_custom_mark } => {
                    if let Some(mut note) = self.notes.take(kind, &id) {
                        note.label = if has_custom_mark { None } else { self.notes.next_label(kind) };
                        self.referenced.push_back(note);
                    }
                }
            }
        }
        self.write_referenced_notes()
    }

    /// Writes the notes that have been referred to, and those that these refer to.
    fn write_referenced_notes(&mut self) -> Result<(), ParseError> {
        // While a note is written, the loop that writes it will come to the notes in it.
        if mem::replace(&mut self.is_writing_notes, true) {
            return Ok(());
        }
        let part = self.part.clone();
        while let Some(note) = self.referenced.pop_front() {
            self.note(note)?;
        }
        self.part = part;
        self.is_writing_notes = false;
        Ok(())
    }

    fn note(&mut self, note: Note) -> Result<(), ParseError> {
        if !note.blocks.iter().any(Block::has_content) {
            return Ok(());
        }
        self.enter_part(note.part);
        let element_type = match note.kind {
            NoteKind::Footnote | NoteKind::Endnote => ElementType::Footnote,
            NoteKind::Comment => ElementType::Comment,
        };
        let position = self.open_flow(element_type, note.block)?;
        if let Some(label) = note.label {
            self.tree.set_attribute(position, "label", label);
        }
        if let Some(author) = note.author.filter(|author| !author.is_empty()) {
            self.tree.budget().spend_text(author.len())?;
            self.tree.set_attribute(position, "author", author);
        }
        self.write_flow(note.blocks)
    }

    fn open_flow(&mut self, element_type: ElementType, block: u32) -> Result<u32, ParseError> {
        let location = self.location(block);
        let position = self.tree.open(element_type, "", location)?;
        self.flows.push(Flow { position, is_open: true });
        Ok(position)
    }

    /// Writes the blocks of the innermost flow, and closes it.
    fn write_flow(&mut self, blocks: Vec<Block>) -> Result<(), ParseError> {
        for block in blocks {
            self.write(block)?;
        }
        self.flows.pop();
        self.tree.close();
        Ok(())
    }

    fn count_item(&mut self, numbering: i64, level: usize) -> u32 {
        let start = self.numbering.level(numbering, level).map_or(1, |look| look.start);
        self.counters.next(self.numbering.counted_with(numbering), level, start)
    }

    fn end_group(&mut self) {
        if mem::replace(&mut self.group, Group::None) == Group::Quote {
            self.tree.close();
        }
    }

    fn end_lists_and_group(&mut self) {
        self.lists.close(self.tree);
        self.end_group();
    }

    fn location(&self, block: u32) -> Location {
        Location::Part { part: self.part.clone(), block }
    }
}
