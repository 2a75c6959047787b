//! Blocks to elements of the tree.

use super::area::bounds;
use super::page::{Anchor, Block, Cell, Content, Item, Note, Table};
use crate::{ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};

/// Adds the blocks of one page to the tree.
pub(super) struct Emitter<'a> {
    tree: &'a mut TreeBuilder,
    /// Page number, from 1.
    page: u32,
    /// Blocks added so far.
    block: u32,
    /// Links that no block has taken yet.
    anchors: Vec<Anchor>,
    /// The lists that are open, the outermost first. Each has an open item.
    lists: Vec<OpenList>,
}

/// An open list, by its latest item.
struct OpenList {
    indent: f32,
    number: Option<u32>,
    top: f32,
}

/// How much further in, in points, the marker of a nested item stands.
const NESTED: f32 = 6.0;
/// How far in from the marker, in points, an item's paragraphs stand at most.
const FARTHEST: f32 = 80.0;

/// What a page has besides its blocks.
pub(super) struct PageExtras {
    pub(super) label: Option<String>,
    pub(super) has_text: bool,
    /// Whether most of the text is a guess.
    pub(super) is_guessed: bool,
    pub(super) anchors: Vec<Anchor>,
    pub(super) notes: Vec<Note>,
}

/// Adds a page; `number` counts from 1.
pub(super) fn emit_page(
    tree: &mut TreeBuilder,
    number: u32,
    blocks: Vec<Block>,
    extras: PageExtras,
) -> Result<(), ParseError> {
    let page = tree.open(ElementType::Page, "", Location::Page { page: number, block: None })?;
    tree.set_attribute(page, "number", number);
    if let Some(label) = extras.label {
        tree.budget().spend_text(label.len())?;
        tree.set_attribute(page, "label", label);
    }
    if !extras.has_text {
        tree.set_attribute(page, "has_text", false);
    }
    let mut emitter = Emitter { tree, page: number, block: 0, anchors: extras.anchors, lists: Vec::new() };
    for block in blocks {
        emitter.block(block)?;
    }
    emitter.close_lists(0);
    emitter.remaining_links()?;
    for note in extras.notes {
        emitter.note(note)?;
    }
    tree.close();
    Ok(())
}

impl Emitter<'_> {
    /// The place of the next block.
    fn location(&self) -> Location {
        Location::Page { page: self.page, block: Some(self.block) }
    }

    fn block(&mut self, block: Block) -> Result<(), ParseError> {
        let anchors = self.take_anchors(&block);
        let location = self.location();
        if let Content::Item(item) = &block.content {
            let top = bounds(&block.areas).map_or(0.0, |area| area.top);
            self.open_item(item, top)?;
            self.links(anchors)?;
            self.block += 1;
            return Ok(());
        }
        if !self.goes_on_with_item(&block) {
            self.close_lists(0);
        }
        match block.content {
            Content::Heading { level, text } => {
                self.tree.heading(level, text, location)?;
                self.links(anchors)?;
            }
            Content::Paragraph(text) => self.container(ElementType::Paragraph, text, anchors)?,
            Content::Code(text) => self.container(ElementType::CodeBlock, text, anchors)?,
            Content::Header(text) => self.container(ElementType::PageHeader, text, anchors)?,
            Content::Footer(text) => {
                self.container(ElementType::PageFooter, text, anchors)?;
            }
            Content::Picture(picture) => self.container(ElementType::Image, picture.description, anchors)?,
            Content::Table(table) => self.table(table, anchors)?,
            Content::Item(_) => {}
        }
        self.block += 1;
        Ok(())
    }

    fn container(
        &mut self,
        element_type: ElementType,
        text: String,
        anchors: Vec<Anchor>,
    ) -> Result<(), ParseError> {
        self.tree.open(element_type, text, self.location())?;
        self.links(anchors)?;
        self.tree.close();
        Ok(())
    }

    /// Whether a block is a further paragraph of the item that is open: below it, and set in from its marker.
    fn goes_on_with_item(&self, block: &Block) -> bool {
        let is_prose = matches!(block.content, Content::Paragraph(_) | Content::Code(_));
        match (self.lists.last(), bounds(&block.areas)) {
            (Some(list), Some(area)) => {
                is_prose
                    && area.left > list.indent + NESTED
                    && area.left < list.indent + FARTHEST
                    && area.top < list.top
            }
            _ => false,
        }
    }

    /// Opens an item, in a new list if it is set in further than the open one, after closing those that are
    /// set in further than it.
    fn open_item(&mut self, item: &Item, top: f32) -> Result<(), ParseError> {
        let location = self.location();
        // In the next column, a list goes on at another indent.
        let goes_on =
            |list: &OpenList| item.number.is_some() && list.number.map(|number| number + 1) == item.number;
        let depth = match self.lists.iter().rposition(goes_on) {
            Some(place) => place + 1,
            None => self.lists.iter().take_while(|list| list.indent <= item.indent + NESTED).count(),
        };
        self.close_lists(depth);
        let is_same = |list: &OpenList| {
            goes_on(list)
                || (item.indent <= list.indent + NESTED && list.number.is_some() == item.number.is_some())
        };
        let known = self.lists.last().is_some_and(is_same);
        if known {
            self.tree.close(); // the item before
            self.lists.pop();
        } else {
            if self.lists.last().is_some_and(|list| item.indent <= list.indent + NESTED) {
                self.close_lists(depth - 1); // another kind of list in its place
            }
            let list = self.tree.open(ElementType::List, "", location.clone())?;
            self.tree.set_attribute(list, "ordered", item.number.is_some());
            if let Some(number) = item.number.filter(|number| *number != 1) {
                self.tree.set_attribute(list, "start", number);
            }
        }
        self.lists.push(OpenList { indent: item.indent, number: item.number, top });
        self.tree.open(ElementType::ListItem, item.text.clone(), location)?;
        Ok(())
    }

    /// Closes lists, with their open items, until `depth` are left.
    fn close_lists(&mut self, depth: usize) {
        while self.lists.len() > depth {
            self.tree.close();
            self.tree.close();
            self.lists.pop();
        }
    }

    fn table(&mut self, table: Table, mut anchors: Vec<Anchor>) -> Result<(), ParseError> {
        let location = self.location();
        self.tree.open(ElementType::Table, "", location.clone())?;
        for row in table.rows {
            let position = self.tree.open(ElementType::TableRow, "", location.clone())?;
            if row.header {
                self.tree.set_attribute(position, "header", true);
            }
            for cell in row.cells {
                self.cell(cell, &mut anchors)?;
            }
            self.tree.close();
        }
        self.links(anchors)?;
        self.tree.close();
        Ok(())
    }

    fn cell(&mut self, cell: Cell, anchors: &mut Vec<Anchor>) -> Result<(), ParseError> {
        let position = self.tree.open(ElementType::TableCell, cell.text, self.location())?;
        self.tree.set_attribute(position, "column", cell.column);
        if cell.column_span > 1 {
            self.tree.set_attribute(position, "column_span", cell.column_span);
        }
        if cell.row_span > 1 {
            self.tree.set_attribute(position, "row_span", cell.row_span);
        }
        let (own, others): (Vec<Anchor>, Vec<Anchor>) = std::mem::take(anchors)
            .into_iter()
            .partition(|anchor| cell.area.is_some_and(|area| area.holds_center_of(&anchor.area)));
        *anchors = others;
        self.links(own)?;
        self.tree.close();
        Ok(())
    }

    /// The links that stand in a block.
    fn take_anchors(&mut self, block: &Block) -> Vec<Anchor> {
        let stands_in = |anchor: &Anchor| block.areas.iter().any(|area| area.meets(&anchor.area));
        let (own, others): (Vec<Anchor>, Vec<Anchor>) =
            std::mem::take(&mut self.anchors).into_iter().partition(stands_in);
        self.anchors = others;
        own
    }

    fn links(&mut self, anchors: Vec<Anchor>) -> Result<(), ParseError> {
        for anchor in anchors {
            let position = self.tree.leaf(ElementType::Link, anchor.label, self.location())?;
            self.tree.budget().spend_text(anchor.target.len())?;
            self.tree.set_attribute(position, "target", anchor.target.as_str());
            self.tree.link(position, &anchor.target)?;
        }
        Ok(())
    }

    /// Links over no block: on drawings, or on text that is no text.
    fn remaining_links(&mut self) -> Result<(), ParseError> {
        for anchor in std::mem::take(&mut self.anchors) {
            self.links(vec![anchor])?;
            self.block += 1;
        }
        Ok(())
    }

    fn note(&mut self, note: Note) -> Result<(), ParseError> {
        let position = self.tree.leaf(ElementType::Comment, note.text, self.location())?;
        if let Some(author) = note.author {
            self.tree.budget().spend_text(author.len())?;
            self.tree.set_attribute(position, "author", author);
        }
        self.block += 1;
        Ok(())
    }
}
