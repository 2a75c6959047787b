//! styles.xml: what a paragraph is, by the style it has.

use super::block::ParagraphFormat;
use super::numbering::{LEVELS, Marker, Numbering};
use crate::ParseError;
use crate::formats::ooxml::{Item, Node, Tag, XmlPart, is_on};
use std::collections::HashMap;

/// How many styles a style may be based on, one by the other; also ends circles.
const LONGEST_CHAIN: usize = 32;
/// The outline level that makes a paragraph body text.
const BODY_TEXT_LEVEL: i64 = 9;

/// The styles of a document.
#[derive(Debug, Default)]
pub(super) struct Styles {
    by_id: HashMap<String, Style>,
    default_paragraph: Option<String>,
}

#[derive(Debug, Default)]
struct Style {
    /// Its name in lower case: built-in styles have the same in every language.
    name: String,
    based_on: Option<String>,
    format: ParagraphFormat,
    hidden: Option<bool>,
}

/// What a paragraph is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    /// The document's title.
    Title,
    /// A heading of this level, from 1.
    Heading(u32),
    /// An item of the list `numbering`.
    Item {
        /// The list.
        numbering: i64,
        /// Level from 0.
        level: usize,
        /// Left indent, twentieths of a point.
        indent: i64,
    },
    /// Continues the list item before it at this level or, without one, at any.
    Continuation(Option<usize>),
    /// Preformatted text.
    Code,
    /// Quoted material.
    Quote,
    /// Prose.
    Body,
}

impl Styles {
    /// Reads styles.xml.
    pub(super) fn read(mut part: XmlPart<'_>) -> Result<Self, ParseError> {
        let mut styles = Self::default();
        let mut open: Vec<Within> = Vec::new();
        let mut current: Option<(String, Style)> = None;
        while let Some(node) = part.next()? {
            match node {
                Node::Start(tag) => {
                    let outer = open.last().copied().unwrap_or(Within::Nothing);
                    let within = match (outer, tag.name()) {
                        (Within::Nothing, "style") => {
                            let id = tag.attribute("styleId").unwrap_or_default().into_owned();
                            let is_default =
                                tag.attribute("default").is_some_and(|value| value == "1" || value == "true");
                            if is_default && tag.attribute("type").is_some_and(|kind| kind == "paragraph") {
                                styles.default_paragraph = Some(id.clone());
                            }
                            current = Some((id, Style::default()));
                            Within::Style
                        }
                        // Table styles format parts of tables by conditions.
                        (_, "tblStylePr" | "docDefaults" | "latentStyles") => Within::Skipped,
                        (outer, name) => {
                            if let (Within::Style, Some((_, style))) = (outer, &mut current) {
                                style.apply(name, &tag);
                            }
                            outer
                        }
                    };
                    open.push(within);
                }
                Node::End(_) => {
                    open.pop();
                    if open.last() == Some(&Within::Nothing)
                        && let Some((id, style)) = current.take()
                    {
                        styles.by_id.insert(id, style);
                    }
                }
                Node::Text(_) => {}
            }
        }
        Ok(styles)
    }

    /// What a paragraph of `format` is.
    pub(super) fn role(&self, format: &ParagraphFormat, numbering: &Numbering) -> Role {
        let chain: Vec<(&str, &Style)> = self.chain(format.style.as_deref()).collect();
        let name = self.name(format.style.as_deref());
        if let Some(level) = heading_level(format, &chain, &name) {
            return if level == 0 { Role::Title } else { Role::Heading(level) };
        }
        let names =
            || std::iter::once(name.as_str()).chain(chain.iter().map(|(_, style)| style.name.as_str()));
        if names().any(is_code) {
            return Role::Code;
        }
        if let Some(item) = item(format, &chain, numbering) {
            return item;
        }
        if names().any(is_quote) {
            return Role::Quote;
        }
        if name.starts_with("list") || format.indent.is_some_and(|indent| indent > 0) {
            return Role::Continuation(None);
        }
        Role::Body
    }

    /// Whether runs of the style `id` are hidden.
    pub(super) fn hides(&self, id: &str) -> bool {
        self.chain(Some(id)).find_map(|(_, style)| style.hidden).unwrap_or(false)
    }

    /// The name of the style `id`, in lower case; the identifier stands for a style that is not there.
    fn name(&self, id: Option<&str>) -> String {
        let id = id.unwrap_or_default();
        self.by_id.get(id).map_or_else(|| id.to_lowercase(), |style| style.name.clone())
    }

    /// The style `id` (the default one without it) and those it is based on, with their identifiers.
    fn chain<'a>(&'a self, id: Option<&str>) -> impl Iterator<Item = (&'a str, &'a Style)> {
        let find = |id: &str| self.by_id.get_key_value(id).map(|(id, style)| (id.as_str(), style));
        let first = id.or(self.default_paragraph.as_deref()).and_then(find);
        std::iter::successors(first, move |(_, style)| find(style.based_on.as_deref()?)).take(LONGEST_CHAIN)
    }
}

/// Where in styles.xml an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    Style,
    Skipped,
}

impl Style {
    fn apply(&mut self, property: &str, tag: &Tag<'_>) {
        match property {
            "name" => self.name = tag.val().unwrap_or_default().trim().to_lowercase(),
            "basedOn" => self.based_on = tag.val().map(String::from),
            "vanish" => self.hidden = Some(is_on(tag)),
            _ => self.format.apply(property, tag),
        }
    }
}

impl ParagraphFormat {
    /// Takes over one paragraph property.
    pub(super) fn apply(&mut self, property: &str, tag: &Tag<'_>) {
        match property {
            "pStyle" => self.style = tag.val().map(String::from),
            "outlineLvl" => self.outline = tag.number("val"),
            "numId" => self.numbering = tag.number("val"),
            "ilvl" => self.level = tag.number("val"),
            "ind" => self.indent = tag.number("left").or_else(|| tag.number("start")),
            _ => {}
        }
    }
}

/// The level of a heading, 0 of the document's title; `None` for other paragraphs.
fn heading_level(format: &ParagraphFormat, chain: &[(&str, &Style)], name: &str) -> Option<u32> {
    let by_outline =
        |level: i64| u32::try_from(level).ok().filter(|_| level < BODY_TEXT_LEVEL).map(|level| level + 1);
    if let Some(level) = format.outline {
        return by_outline(level);
    }
    if chain.is_empty() {
        return heading_level_by_name(name);
    }
    for (_, style) in chain {
        if let Some(level) = style.format.outline {
            return by_outline(level);
        }
        if let Some(level) = heading_level_by_name(&style.name) {
            return Some(level);
        }
    }
    None
}

fn heading_level_by_name(name: &str) -> Option<u32> {
    if name == "title" {
        return Some(0);
    }
    name.strip_prefix("heading")?.trim_start().parse().ok().filter(|level| (1..=9).contains(level))
}

/// The list item that a paragraph is, if it is one.
fn item(format: &ParagraphFormat, chain: &[(&str, &Style)], numbering: &Numbering) -> Option<Role> {
    let from_style = || chain.iter().find(|(_, style)| style.format.numbering.is_some());
    let (id, style) = match (format.numbering, from_style()) {
        (Some(id), _) => (id, None),
        (None, Some((style_id, style))) => (style.format.numbering?, Some((*style_id, style))),
        (None, None) => return None,
    };
    if id == 0 {
        return None;
    }
    let level = format
        .level
        .or_else(|| chain.iter().find_map(|(_, style)| style.format.level))
        .and_then(|level| usize::try_from(level).ok())
        .or_else(|| chain.iter().find_map(|(style, _)| numbering.level_of_style(id, style)))
        .unwrap_or(0)
        .min(LEVELS - 1);
    let look = numbering.level(id, level)?;
    if look.marker == Marker::None {
        return Some(Role::Continuation(Some(level)));
    }
    let indent = format.indent.or_else(|| style?.1.format.indent).or(look.indent).unwrap_or(0);
    Some(Role::Item { numbering: id, level, indent })
}

fn is_code(name: &str) -> bool {
    matches!(
        name,
        "source code"
            | "sourcecode"
            | "code"
            | "code block"
            | "html preformatted"
            | "preformatted text"
            | "preformatted"
            | "macro text"
            | "verbatim"
    )
}

fn is_quote(name: &str) -> bool {
    matches!(name, "quote" | "intense quote" | "block text" | "quotations" | "block quotation" | "blockquote")
}

/// The item of an [`OpenLists`](crate::formats::ooxml::OpenLists) for a numbered paragraph.
pub(super) fn list_item(numbering: &Numbering, id: i64, level: usize, indent: i64, number: u32) -> Item {
    let ordered = numbering.level(id, level).is_some_and(|look| look.marker == Marker::Number);
    Item { list: numbering.counted_with(id), level: level as u32, indent, ordered, number }
}
