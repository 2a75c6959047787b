//! From a tree to texts.

use super::tokens::count_tokens;
use super::tree::{Node, Role, Tree};

/// What stands between the cells of a row.
const CELL_BORDER: &str = " | ";

/// A text of a document that is embedded, whole or in parts.
#[derive(Debug)]
pub(super) struct Passage {
    /// The element it begins with.
    pub(super) position: u32,
    pub(super) text: String,
    pub(super) tokens: usize,
    pub(super) is_heading: bool,
    /// Whether small neighbours may be put together with it.
    pub(super) joins: bool,
    /// Whether it has no text but the names of elements, and perhaps borders of empty cells.
    is_bare_name: bool,
}

/// Where an element's text goes.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Nowhere, nor that of what is beneath it.
    Nowhere,
    /// Nowhere; what is beneath it has places of its own.
    Apart,
    /// Into a passage.
    In(usize),
    /// What stands beneath it are the rows of a table that is too large for one passage.
    LargeTable,
    /// Into this passage, which what is left of a large value shares.
    Rest(usize),
}

/// The passages of a document, in its order. Each has at least one token.
pub(super) fn passages(tree: &Tree<'_>, chunk_size: usize) -> Vec<Passage> {
    let mut writer = Writer { tree, chunk_size, passages: Vec::new(), rows: None, fields: None };
    let mut places: Vec<Place> = Vec::with_capacity(tree.nodes.len());
    for (position, node) in (0_u32..).zip(&tree.nodes) {
        let around = node.parent.map(|parent| (places[parent as usize], tree.node(parent)));
        let place = writer.place(position, node, around);
        places.push(place);
    }
    let mut passages = writer.passages;
    for passage in &mut passages {
        passage.tokens = if passage.is_bare_name { 0 } else { count_tokens(&passage.text) };
    }
    passages.retain(|passage| passage.tokens > 0);
    passages
}

struct Writer<'a> {
    tree: &'a Tree<'a>,
    chunk_size: usize,
    passages: Vec<Passage>,
    /// The last group of rows of a large table.
    rows: Option<RowGroup>,
    /// The header fields of the last message that has any: what they stand under, and their passage.
    fields: Option<(Option<u32>, usize)>,
}

struct RowGroup {
    table: Option<u32>,
    passage: usize,
    tokens: usize,
}

impl Writer<'_> {
    fn place(&mut self, position: u32, node: &Node<'_>, around: Option<(Place, &Node<'_>)>) -> Place {
        match (around, node.role) {
            (Some((Place::Nowhere, _)), _) | (_, Role::Dropped | Role::Inline) => Place::Nowhere,
            (Some((Place::In(passage), parent)), _) => self.append(passage, node, parent),
            (Some((Place::LargeTable, _)), _) => self.row(position, node),
            (Some((Place::Rest(passage), parent)), Role::Value) if !has_others_in_it(node) => {
                self.append(passage, node, parent)
            }
            (_, Role::Container | Role::Heading) => {
                self.begin(position, node, Role::Heading == node.role, true);
                Place::Apart
            }
            (_, Role::Table) if node.tokens > self.chunk_size => {
                self.begin(position, node, false, false);
                Place::LargeTable
            }
            (_, Role::Value) => self.value(position, node),
            (_, Role::Field) => self.field(position, node),
            (_, Role::Block) => Place::In(self.begin(position, node, false, true)),
            (_, Role::Code | Role::Table | Role::Row | Role::Cell) => {
                Place::In(self.begin(position, node, false, false))
            }
        }
    }

    /// A header field, with those before it.
    fn field(&mut self, position: u32, node: &Node<'_>) -> Place {
        match self.fields {
            Some((parent, passage)) if parent == node.parent => self.append(passage, node, node),
            _ => {
                let passage = self.begin(position, node, false, true);
                self.fields = Some((node.parent, passage));
                Place::In(passage)
            }
        }
    }

    fn value(&mut self, position: u32, node: &Node<'_>) -> Place {
        let passage = self.begin(position, node, false, false);
        if node.tokens > self.chunk_size { Place::Rest(passage) } else { Place::In(passage) }
    }

    /// A row of a large table, in the group of the row before it, if there is room for it.
    fn row(&mut self, position: u32, node: &Node<'_>) -> Place {
        if let Some(group) = self.rows.as_mut().filter(|group| group.table == node.parent) {
            let (passage, tokens) = (group.passage, group.tokens.saturating_add(node.tokens));
            if tokens <= self.chunk_size {
                group.tokens = tokens;
                return self.append(passage, node, node);
            }
        }
        let passage = self.begin(position, node, false, false);
        self.rows = Some(RowGroup { table: node.parent, passage, tokens: node.tokens });
        Place::In(passage)
    }

    fn begin(&mut self, position: u32, node: &Node<'_>, is_heading: bool, joins: bool) -> usize {
        let mut text = String::new();
        push_own_text(&mut text, node);
        let is_bare_name = node.text.is_empty();
        self.passages.push(Passage { position, text, tokens: 0, is_heading, joins, is_bare_name });
        self.passages.len() - 1
    }

    fn append(&mut self, passage: usize, node: &Node<'_>, parent: &Node<'_>) -> Place {
        let place = Place::In(passage);
        let is_in_cell = self.is_in_cell(parent);
        let Passage { text, is_bare_name, .. } = &mut self.passages[passage];
        *is_bare_name &= node.text.is_empty();
        let is_first_of_line = text.is_empty() || text.ends_with('\n');
        match node.role {
            Role::Cell if is_first_of_line => {}
            Role::Cell => text.push_str(CELL_BORDER),
            // Its cells come.
            Role::Row => {
                if !is_first_of_line {
                    text.push('\n');
                }
            }
            _ if node.text.is_empty() && node.name.is_none() => return place,
            _ if is_first_of_line => {}
            _ if is_in_cell => text.push(' '),
            _ => text.push('\n'),
        }
        push_own_text(text, node);
        place
    }

    /// Whether what stands under `parent` stands in a cell, as far as one level above it tells.
    fn is_in_cell(&self, parent: &Node<'_>) -> bool {
        let above = parent.parent.map(|position| self.tree.node(position).role);
        parent.role == Role::Cell || above == Some(Role::Cell)
    }
}

/// Whether a value has others in it, and is no mere field.
fn has_others_in_it(node: &Node<'_>) -> bool {
    let own = count_tokens(node.text) + node.name.map_or(0, |name| count_tokens(name) + 1);
    node.tokens > own
}

fn push_own_text(text: &mut String, node: &Node<'_>) {
    if let Some(name) = node.name {
        text.push_str(name);
        text.push(':');
        if !node.text.is_empty() {
            text.push(' ');
        }
    }
    text.push_str(node.text);
}
