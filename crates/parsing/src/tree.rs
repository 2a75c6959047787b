//! Builds the flat tree of a document, in document order.

use crate::{Budget, ParseError};
use gdg_model::{Attributes, Element, ElementType, Format, Link, Location, ParsedDocument};
use serde_json::Value;
use std::borrow::Cow;

/// Builds the tree of a document. Elements are added in document order:
/// [`open`](Self::open) makes the new element the parent of what follows until
/// [`close`](Self::close); [`leaf`](Self::leaf) adds one without children.
///
/// Headings nest by themselves: [`heading`](Self::heading) closes the headings
/// of its level and below that are open in the current container, and what
/// follows becomes its child until the container closes.
#[derive(Debug)]
pub struct TreeBuilder {
    budget: Budget,
    elements: Vec<Element>,
    /// How many children each element has, by position.
    child_counts: Vec<u32>,
    /// Open elements, the root first, never empty.
    open: Vec<Open>,
    links: Vec<Link>,
    title: Option<String>,
    metadata: Attributes,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    position: u32,
    /// Of a heading, its level; `None` for a container.
    heading_level: Option<u32>,
}

impl TreeBuilder {
    /// A tree that holds only the root.
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            elements: vec![Element::new(ElementType::Document, "", Location::Whole)],
            child_counts: vec![0],
            open: vec![Open { position: 0, heading_level: None }],
            links: Vec::new(),
            title: None,
            metadata: Attributes::new(),
        }
    }

    /// The budget that the tree spends from.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Adds an element that contains what is added until it is closed, and returns its position.
    pub fn open(
        &mut self,
        element_type: ElementType,
        text: impl Into<String>,
        location: Location,
    ) -> Result<u32, ParseError> {
        let position = self.leaf(element_type, text, location)?;
        self.open.push(Open { position, heading_level: None });
        Ok(position)
    }

    /// Closes the innermost open container, with the headings open in it. Does nothing when only the root is open.
    pub fn close(&mut self) {
        while self.open.len() > 1 {
            let closed = self.open.pop();
            if closed.is_some_and(|closed| closed.heading_level.is_none()) {
                break;
            }
        }
    }

    /// Adds an element without children, and returns its position.
    pub fn leaf(
        &mut self,
        element_type: ElementType,
        text: impl Into<String>,
        location: Location,
    ) -> Result<u32, ParseError> {
        let text = text.into();
        self.budget.spend_element()?;
        self.budget.spend_text(text.len())?;
        self.budget.check_depth(self.open.len() + 1)?;
        let parent = self.current();
        let ordinal = self.child_counts[parent as usize];
        self.child_counts[parent as usize] += 1;
        let position = self.elements.len() as u32;
        self.elements.push(Element {
            parent: Some(parent),
            ordinal,
            element_type,
            text,
            location,
            attributes: Attributes::new(),
        });
        self.child_counts.push(0);
        Ok(position)
    }

    /// Adds a heading of `level` (from 1) that contains what follows it, up to
    /// the next heading of its level or above in the same container, and
    /// returns its position. The document's title is its first heading of the
    /// lowest level, unless [`set_title`](Self::set_title) names one.
    pub fn heading(
        &mut self,
        level: u32,
        text: impl Into<String>,
        location: Location,
    ) -> Result<u32, ParseError> {
        while self.open.last().and_then(|open| open.heading_level).is_some_and(|open| open >= level) {
            self.open.pop();
        }
        let position = self.leaf(ElementType::Heading, text, location)?;
        self.set_attribute(position, "level", level);
        self.open.push(Open { position, heading_level: Some(level) });
        Ok(position)
    }

    /// Position of the element that is the parent of what is added next.
    pub fn current(&self) -> u32 {
        self.open.last().map_or(0, |open| open.position)
    }

    /// Sets an attribute of the element at `position`. Text values are spent from the budget by the
    /// callers whose input decides how many there are, with [`Budget::spend_text`].
    pub fn set_attribute(
        &mut self,
        position: u32,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Value>,
    ) {
        if let Some(element) = self.elements.get_mut(position as usize) {
            element.attributes.set(name, value);
        }
    }

    /// Appends to the text of the element at `position`.
    pub fn append_text(&mut self, position: u32, text: &str) -> Result<(), ParseError> {
        self.budget.spend_text(text.len())?;
        if let Some(element) = self.elements.get_mut(position as usize) {
            element.text.push_str(text);
        }
        Ok(())
    }

    /// The text of the element at `position` so far.
    pub fn text(&self, position: u32) -> &str {
        self.elements.get(position as usize).map_or("", |element| &element.text)
    }

    /// Replaces the location of the element at `position`, for parsers that learn an element's end last.
    pub fn set_location(&mut self, position: u32, location: Location) {
        if let Some(element) = self.elements.get_mut(position as usize) {
            element.location = location;
        }
    }

    /// Records that the element at `position` refers to `target`: a URL, or a path relative to the document.
    /// Fragments of the document itself (`#section`) and empty targets are not recorded.
    pub fn link(&mut self, position: u32, target: impl Into<String>) -> Result<(), ParseError> {
        let target = target.into();
        let trimmed = target.trim();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            self.budget.spend_text(trimmed.len())?;
            self.links.push(Link { element: position, target: trimmed.to_owned() });
        }
        Ok(())
    }

    /// Names the document.
    pub fn set_title(&mut self, title: impl Into<String>) {
        let title = title.into();
        let trimmed = title.trim();
        if !trimmed.is_empty() {
            self.title = Some(trimmed.to_owned());
        }
    }

    /// Records what the document tells of itself (`author`, `created`, `language`).
    pub fn set_metadata(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.metadata.set(name, value);
    }

    /// How many elements there are, the root among them.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether only the root is there.
    pub fn is_empty(&self) -> bool {
        self.elements.len() == 1
    }

    /// The finished tree.
    pub fn finish(self, format: Format) -> ParsedDocument {
        let title = self.title.or_else(|| title_from_headings(&self.elements));
        ParsedDocument { format, title, metadata: self.metadata, elements: self.elements, links: self.links }
    }
}

/// The text of the first heading among those of the lowest level number.
fn title_from_headings(elements: &[Element]) -> Option<String> {
    let level =
        |element: &Element| element.attributes.get("level").and_then(Value::as_u64).unwrap_or(u64::MAX);
    elements
        .iter()
        .filter(|element| element.element_type == ElementType::Heading && !element.text.trim().is_empty())
        .min_by_key(|element| level(element))
        .map(|heading| heading.text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdg_config::ParsingLimits;

    fn builder() -> TreeBuilder {
        TreeBuilder::new(Budget::new(&ParsingLimits::default()))
    }

    #[test]
    fn headings_nest_what_follows_them() {
        let mut tree = builder();
        let first = tree.heading(1, "one", Location::Whole).unwrap();
        let under_first = tree.leaf(ElementType::Paragraph, "a", Location::Whole).unwrap();
        let second = tree.heading(2, "one.one", Location::Whole).unwrap();
        let under_second = tree.leaf(ElementType::Paragraph, "b", Location::Whole).unwrap();
        let third = tree.heading(1, "two", Location::Whole).unwrap();
        let document = tree.finish(Format::Markdown);
        let parent = |position: u32| document.elements[position as usize].parent;
        assert_eq!(parent(first), Some(0));
        assert_eq!(parent(under_first), Some(first));
        assert_eq!(parent(second), Some(first));
        assert_eq!(parent(under_second), Some(second));
        assert_eq!(parent(third), Some(0));
        assert_eq!(document.elements[third as usize].ordinal, 1);
        assert_eq!(document.title.as_deref(), Some("one"));
    }

    #[test]
    fn closing_a_container_closes_the_headings_in_it() {
        let mut tree = builder();
        tree.open(ElementType::Blockquote, "", Location::Whole).unwrap();
        tree.heading(1, "quoted", Location::Whole).unwrap();
        tree.close();
        let after = tree.leaf(ElementType::Paragraph, "after", Location::Whole).unwrap();
        assert_eq!(tree.finish(Format::Markdown).elements[after as usize].parent, Some(0));
    }

    #[test]
    fn a_tree_that_is_too_deep_names_the_key() {
        let limits = ParsingLimits { max_depth: 3, ..ParsingLimits::default() };
        let mut tree = TreeBuilder::new(Budget::new(&limits));
        tree.open(ElementType::List, "", Location::Whole).unwrap();
        tree.open(ElementType::ListItem, "", Location::Whole).unwrap();
        let error = tree.leaf(ElementType::Paragraph, "", Location::Whole).unwrap_err();
        assert!(error.to_string().contains("parsing.limits.max_depth"), "{error}");
    }

    #[test]
    fn fragments_of_the_document_itself_are_no_links() {
        let mut tree = builder();
        tree.link(0, "#top").unwrap();
        tree.link(0, " other.md ").unwrap();
        let links = tree.finish(Format::Html).links;
        assert_eq!(links, [Link { element: 0, target: "other.md".into() }]);
    }
}
