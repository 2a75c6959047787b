//! What the other steps need to know of a document's tree.

use super::ChunkElement;
use super::tokens::count_tokens;

/// What an element is to chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Holds others and has, as a rule, no text: the root, a page, an attachment.
    Container,
    /// Holds others, and its text is what they stand under.
    Heading,
    /// A text of its own, with all that is in it.
    Block,
    /// The same, of text that neighbours are not put together with.
    Code,
    Table,
    Row,
    Cell,
    /// A value that may hold others: objects, arrays, XML elements.
    Value,
    /// A header field of a message.
    Field,
    /// Part of the text around it, as a rule: links, inline images and formulas.
    Inline,
    /// Nothing that is embedded, with all that is in it.
    Dropped,
}

impl Role {
    fn of(element_type: &str) -> Self {
        match element_type {
            "document" | "page" | "email_body" | "email_attachment" => Self::Container,
            "heading" | "slide" | "sheet" => Self::Heading,
            "code_block" => Self::Code,
            "table" => Self::Table,
            "table_row" => Self::Row,
            "table_cell" => Self::Cell,
            "json_object" | "json_array" | "json_field" | "json_item" | "xml_element" => Self::Value,
            "email_header" => Self::Field,
            "link" | "image" | "formula" => Self::Inline,
            "page_header" | "page_footer" => Self::Dropped,
            _ => Self::Block,
        }
    }
}

/// An element, and what was counted around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) role: Role,
    pub(super) parent: Option<u32>,
    pub(super) text: &'a str,
    pub(super) name: Option<&'a str>,
    /// The nearest heading above it.
    pub(super) heading: Option<u32>,
    /// The nearest heading or container that it is in or that it is: what neighbours have in common.
    pub(super) section: u32,
    /// The last element beneath it, or itself.
    pub(super) last: u32,
    /// Tokens of all that it and the elements beneath it would become.
    pub(super) tokens: usize,
}

/// A document's tree, in document order.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    pub(super) nodes: Vec<Node<'a>>,
}

impl<'a> Tree<'a> {
    pub(super) fn read(elements: &[ChunkElement<'a>], name_of: &dyn Fn(u32) -> Option<&'a str>) -> Self {
        let mut nodes: Vec<Node<'a>> = Vec::with_capacity(elements.len());
        for (position, element) in (0_u32..).zip(elements) {
            let above = element.parent.filter(|parent| *parent < position);
            let around = above.map(|parent| (parent, nodes[parent as usize]));
            let node = Node::under(around, position, element, name_of);
            nodes.push(node);
        }
        for position in (0..nodes.len()).rev() {
            let Node { parent: Some(parent), last, tokens, .. } = nodes[position] else { continue };
            let parent = &mut nodes[parent as usize];
            parent.last = parent.last.max(last);
            parent.tokens = parent.tokens.saturating_add(tokens);
        }
        Self { nodes }
    }

    pub(super) fn node(&self, position: u32) -> &Node<'a> {
        &self.nodes[position as usize]
    }
}

impl<'a> Node<'a> {
    fn under(
        above: Option<(u32, Self)>,
        position: u32,
        element: &ChunkElement<'a>,
        name_of: &dyn Fn(u32) -> Option<&'a str>,
    ) -> Self {
        let text = element.text.trim();
        let mut role = Role::of(element.element_type);
        let (mut heading, mut section) = (None, 0);
        if let Some((parent, node)) = above {
            role = if node.role == Role::Dropped { Role::Dropped } else { role };
            let parent_heads = node.role == Role::Heading && !node.text.is_empty();
            heading = if parent_heads { Some(parent) } else { node.heading };
            section = node.section;
        }
        if matches!(role, Role::Container | Role::Heading) {
            section = position;
        }
        if role == Role::Inline && !above.is_some_and(|(_, node)| node.has_in_its_text(element)) {
            role = Role::Block;
        }
        let name = match role {
            Role::Value | Role::Field => name_of(position).map(str::trim).filter(|name| !name.is_empty()),
            _ => None,
        };
        let tokens = match role {
            Role::Dropped | Role::Inline => 0,
            // The bar between cells, and the colon after a name.
            Role::Cell => count_tokens(text) + 1,
            _ => count_tokens(text) + name.map_or(0, |name| count_tokens(name) + 1),
        };
        Self {
            role,
            parent: above.map(|(parent, _)| parent),
            text,
            name,
            heading,
            section,
            last: position,
            tokens,
        }
    }

    /// Whether `child`, a link, an image or a formula, says nothing that this
    /// element's text does not. Images and formulas may also stand under a
    /// heading as blocks of their own.
    fn has_in_its_text(&self, child: &ChunkElement<'_>) -> bool {
        let holds_text = match self.role {
            Role::Block | Role::Code | Role::Cell | Role::Field | Role::Inline => true,
            Role::Heading => child.element_type == "link",
            _ => false,
        };
        holds_text && !self.text.is_empty()
    }
}
