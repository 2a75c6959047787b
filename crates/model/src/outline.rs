//! A document's tree as a person reads it.

use crate::{Element, ParsedDocument};
use std::fmt::{self, Write as _};

/// Shows a document as indented text, a line an element: its type, its text as
/// a quoted string, its attributes as JSON, and where it stands in the source.
///
/// ```
/// # use gdg_model::{Attributes, Element, ElementType, Format, Location, Outline, ParsedDocument};
/// let root = Element::new(ElementType::Document, "", Location::Whole);
/// let paragraph = Element {
///     parent: Some(0),
///     ..Element::new(ElementType::Paragraph, "Hello", Location::Bytes { start: 0, end: 5 })
/// };
/// let document = ParsedDocument {
///     format: Format::Text,
///     title: None,
///     metadata: Attributes::new(),
///     elements: vec![root, paragraph],
///     links: Vec::new(),
/// };
/// assert_eq!(Outline(&document).to_string(), "document\n  paragraph \"Hello\" @bytes=0-5\n");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Outline<'a>(pub &'a ParsedDocument);

impl fmt::Display for Outline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let document = self.0;
        if let Some(title) = &document.title {
            writeln!(f, "title: {title:?}")?;
        }
        if let Some(metadata) = document.metadata.to_json() {
            writeln!(f, "metadata: {metadata}")?;
        }
        let mut depths: Vec<usize> = Vec::with_capacity(document.elements.len());
        for element in &document.elements {
            let parent_depth = element.parent.and_then(|parent| depths.get(parent as usize));
            let depth = parent_depth.map_or(0, |depth| depth + 1);
            depths.push(depth);
            write_element(f, element, depth)?;
        }
        for link in &document.links {
            writeln!(f, "link: {} -> {}", link.element, link.target)?;
        }
        Ok(())
    }
}

fn write_element(f: &mut fmt::Formatter<'_>, element: &Element, depth: usize) -> fmt::Result {
    write!(f, "{:indent$}{}", "", element.element_type, indent = depth * 2)?;
    if !element.text.is_empty() {
        write!(f, " {:?}", element.text)?;
    }
    if let Some(attributes) = element.attributes.to_json() {
        write!(f, " {attributes}")?;
    }
    let location = element.location.to_string();
    if !location.is_empty() {
        write!(f, " @{location}")?;
    }
    f.write_char('\n')
}
