//! XML, read as a stream of events.
//!
//! An element's text is its own character data, whitespace collapsed unless
//! `xml:space="preserve"` holds; a child in the middle of it counts as a
//! space. Comments and processing instructions are dropped, nothing outside
//! the document is ever fetched.

mod encoding;
mod entities;
mod path;

use super::web_address::web_address;
use crate::{Input, ParseError, Parser, TreeBuilder};
use entities::Entities;
use gdg_model::{ElementType, Format, Location};
use path::Path;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// XML.
#[derive(Debug)]
pub(crate) struct Xml;

impl Parser for Xml {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let text = encoding::decode_xml(input.bytes);
        if text.trim().is_empty() {
            return Ok(());
        }
        let mut reader = Reader::from_str(&text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true; // the commonest fault of feeds, and no content is in doubt
        let mut elements = Elements {
            tree,
            path: Path::default(),
            open: Vec::new(),
            entities: Entities::default(),
            has_title: false,
        };
        loop {
            let begin = reader.buffer_position();
            let event = reader
                .read_event()
                .map_err(|error| malformed(&text, reader.error_position(), &error.to_string()))?;
            if matches!(event, Event::Eof) {
                return elements.finish().map_err(|fault| fault.at(&text, begin));
            }
            elements.take(event).map_err(|fault| fault.at(&text, begin))?;
        }
    }
}

/// Characters of a message, which may quote a name of any length, that are kept.
const MAX_MESSAGE: usize = 300;

fn malformed(text: &str, offset: u64, what: &str) -> ParseError {
    let what: String = what.chars().take(MAX_MESSAGE).collect();
    let before = text.get(..offset as usize).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    ParseError::malformed(Format::Xml, format!("{what} at line {line}, column {column}"))
}

/// What is wrong with an event.
enum Fault {
    Tree(ParseError),
    Malformed(String),
}

impl From<ParseError> for Fault {
    fn from(error: ParseError) -> Self {
        Self::Tree(error)
    }
}

impl Fault {
    fn at(self, text: &str, offset: u64) -> ParseError {
        match self {
            Self::Tree(error) => error,
            Self::Malformed(what) => malformed(text, offset, &what),
        }
    }
}

/// The most attributes that one element may have: each is compared with those before it.
const MAX_ATTRIBUTES: usize = 1_000;

/// Attributes that refer to other documents.
const LINK_ATTRIBUTES: [&str; 5] = ["href", "src", "url", "xmlUrl", "htmlUrl"];

/// Elements right under the root whose `title` is the document's, in feeds, books and outlines.
const TITLE_PARENTS: [&str; 5] = ["channel", "info", "bookinfo", "articleinfo", "head"];

/// Adds elements to a tree.
struct Elements<'t> {
    tree: &'t mut TreeBuilder,
    path: Path,
    open: Vec<Open>,
    entities: Entities,
    has_title: bool,
}

/// An element whose end has not been read.
struct Open {
    position: u32,
    local_name: String,
    preserves_space: bool,
    /// Whether whitespace stands between the text so far and what follows.
    space_pending: bool,
}

impl Elements<'_> {
    fn take(&mut self, event: Event<'_>) -> Result<(), Fault> {
        match event {
            Event::Start(start) => self.begin(&start),
            Event::End(_) => self.end(),
            Event::Text(text) => self.add_text(&text.xml10_content()),
            Event::CData(data) => self.add_text(&data.xml10_content()),
            Event::GeneralRef(reference) => {
                let text = self.entities.resolve(&reference);
                let text = text.map_or_else(|| format!("&{};", &*reference), Into::into);
                self.add_text(&text)
            }
            Event::DocType(doctype) => {
                self.entities = Entities::declared_in(&doctype);
                Ok(())
            }
            // `Empty` is read as start and end.
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => {
                Ok(self.tree.budget().check_deadline()?)
            }
        }
    }

    /// The end of the document.
    fn finish(&self) -> Result<(), Fault> {
        if let Some(open) = self.open.last() {
            return Err(Fault::Malformed(format!("the document ends within `{}`", open.local_name)));
        }
        if self.tree.is_empty() {
            return Err(Fault::Malformed("the document ends without an element".into()));
        }
        Ok(())
    }

    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), Fault> {
        let name = start.name().as_ref().to_owned();
        if !name.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | ':')) {
            return Err(Fault::Malformed(format!("`{name}` is no name of an element")));
        }
        if self.open.is_empty() && !self.tree.is_empty() {
            return Err(Fault::Malformed(format!("a second root element, `{name}`,")));
        }
        self.tree.budget().spend_text(name.len())?;
        let preserves_above = self.open.last().is_some_and(|parent| parent.preserves_space);
        if let Some(parent) = self.open.last_mut() {
            parent.space_pending = true;
        }
        self.path.enter(&name);
        self.tree.budget().spend_text(self.path.as_str().len())?;
        let location = Location::XmlPath(self.path.as_str().to_owned());
        let position = self.tree.open(ElementType::XmlElement, "", location)?;
        let local_name = local(&name).to_owned();
        self.tree.set_attribute(position, "name", name);
        self.open.push(Open { position, local_name, preserves_space: preserves_above, space_pending: false });
        self.add_attributes(position, start)
    }

    fn add_attributes(&mut self, position: u32, start: &BytesStart<'_>) -> Result<(), Fault> {
        for (count, attribute) in start.attributes().enumerate() {
            if count >= MAX_ATTRIBUTES {
                return Err(Fault::Malformed(format!(
                    "an element with more than {MAX_ATTRIBUTES} attributes"
                )));
            }
            let attribute = attribute.map_err(|error| Fault::Malformed(error.to_string()))?;
            let name: &str = attribute.key.as_ref();
            let budget = self.tree.budget();
            budget.check_deadline()?;
            budget.spend_text(name.len())?;
            let value = self.entities.expand(&attribute.value, budget)?;
            if name == "xml:space"
                && let Some(open) = self.open.last_mut()
            {
                open.preserves_space = value == "preserve";
            }
            if LINK_ATTRIBUTES.contains(&local(name)) && may_be_document(&value) {
                self.tree.link(position, value.as_str())?;
            }
            self.tree.set_attribute(position, format!("@{name}"), value);
        }
        Ok(())
    }

    fn add_text(&mut self, piece: &str) -> Result<(), Fault> {
        let Some(open) = self.open.last_mut() else {
            let is_blank = piece.chars().all(is_space);
            return if is_blank {
                Ok(())
            } else {
                Err(Fault::Malformed("text outside the root element".into()))
            };
        };
        if open.preserves_space {
            return Ok(self.tree.append_text(open.position, piece)?);
        }
        let mut text = String::with_capacity(piece.len());
        let mut has_text = !self.tree.text(open.position).is_empty();
        for (spaces, word) in piece.split(is_space).enumerate() {
            open.space_pending |= spaces > 0;
            if word.is_empty() {
                continue;
            }
            if open.space_pending && has_text {
                text.push(' ');
            }
            text.push_str(word);
            open.space_pending = false;
            has_text = true;
        }
        Ok(self.tree.append_text(open.position, &text)?)
    }

    fn end(&mut self) -> Result<(), Fault> {
        let Some(ended) = self.open.pop() else { return Ok(()) };
        self.path.leave();
        self.tree.close();
        let text = self.tree.text(ended.position);
        if !self.has_title && ended.local_name == "title" && self.holds_title() && !text.trim().is_empty() {
            let title = text.to_owned();
            self.tree.set_title(title);
            self.has_title = true;
        } else if let Some(address) = web_address(text).map(str::to_owned) {
            self.tree.link(ended.position, address)?;
        }
        Ok(())
    }

    /// Whether a `title` in the innermost open element is the document's.
    fn holds_title(&self) -> bool {
        match &self.open[..] {
            [_root] => true,
            [_root, parent] => TITLE_PARENTS.contains(&parent.local_name.as_str()),
            _ => false,
        }
    }
}

/// Whitespace by the grammar of XML.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// A name without its namespace prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Whether a reference leads to a document: it is relative, or a web address, not `mailto:` or `data:`.
fn may_be_document(reference: &str) -> bool {
    let reference = reference.trim();
    let scheme = reference.split_once(':').map(|(scheme, _)| scheme);
    let scheme =
        scheme.filter(|scheme| scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)));
    scheme.is_none() || web_address(reference).is_some()
}

#[cfg(test)]
mod tests;
