//! A part's XML, read as a stream.

use crate::ParseError;
use gdg_model::Format;
use quick_xml::Reader;
use quick_xml::encoding::DecodingReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesEnd, BytesRef, BytesStart, Event};
use quick_xml::name::Prefix;
use quick_xml::{Error, XmlVersion};
use std::borrow::Cow;
use std::io::{BufReader, Read};
use std::sync::Arc;

/// Reads the XML of one part as a stream. Elements are told apart by their
/// local names, so that the transitional and the strict namespaces read alike.
pub(crate) struct XmlPart<'a> {
    reader: Reader<DecodingReader<BufReader<Box<dyn Read + 'a>>>>,
    buffer: Vec<u8>,
    format: Format,
    name: Arc<str>,
    depth: usize,
    has_root: bool,
}

/// A piece of XML. An empty element is a start and an end.
pub(crate) enum Node<'a> {
    /// A start tag.
    Start(Tag<'a>),
    /// The end tag of the innermost open element.
    End(EndTag<'a>),
    /// Character data, references resolved; empty for what carries none (comments, instructions).
    /// An undefined entity stays as it is written.
    Text(Cow<'a, str>),
}

/// An end tag.
pub(crate) struct EndTag<'a>(BytesEnd<'a>);

impl EndTag<'_> {
    /// The element's name without its prefix.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }
}

/// A start tag.
pub(crate) struct Tag<'a>(BytesStart<'a>);

impl Tag<'_> {
    /// The element's name without its prefix.
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// The value of the attribute with this local name, whatever its prefix. A
    /// value that has an undefined entity is as it is written.
    pub(crate) fn attribute(&self, name: &str) -> Option<Cow<'_, str>> {
        self.find(|_, local| local == name)
    }

    /// The attribute `val`, by which most properties are given.
    pub(crate) fn val(&self) -> Option<Cow<'_, str>> {
        self.attribute("val")
    }

    /// The attribute `name` as an integer.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// A relationship identifier: the attribute with this local name and a
    /// prefix other than the element's (`r:id` beside `id` or `w:id`).
    pub(crate) fn relationship(&self, name: &str) -> Option<Cow<'_, str>> {
        let own = self.0.name();
        let own = own.prefix().map(Prefix::into_inner);
        self.find(|prefix, local| local == name && prefix.is_some() && prefix != own)
    }

    /// The local names of the attributes and their values, for elements of
    /// which there are so many that looking for each attribute takes too long.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.unchecked_attributes()
            .map(|attribute| (attribute.key.local_name().into_inner(), value(attribute)))
    }

    fn find(&self, matches: impl Fn(Option<&str>, &str) -> bool) -> Option<Cow<'_, str>> {
        let found = self.unchecked_attributes().find(|attribute| {
            let (local, prefix) = attribute.key.decompose();
            matches(prefix.map(Prefix::into_inner), local.into_inner())
        })?;
        Some(value(found))
    }

    fn unchecked_attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        // Checking for duplicates takes time in the square of their number.
        let mut attributes = self.0.attributes();
        attributes.with_checks(false);
        attributes.flatten()
    }
}

fn value(attribute: Attribute<'_>) -> Cow<'_, str> {
    attribute.normalized_value(XmlVersion::Implicit1_0).unwrap_or(attribute.value)
}

/// Whether a property that is on by its presence is on: `<w:vanish/>`, but not `<w:vanish w:val="0"/>`.
pub(crate) fn is_on(tag: &Tag<'_>) -> bool {
    tag.val().is_none_or(|value| is_true(&value))
}

/// Whether an attribute's value means yes.
pub(crate) fn is_true(value: &str) -> bool {
    !matches!(value, "0" | "false" | "off" | "none")
}

impl<'a> XmlPart<'a> {
    /// Reads the part `name` from `content`.
    pub(crate) fn new(format: Format, name: Arc<str>, content: Box<dyn Read + 'a>) -> Self {
        let mut reader = Reader::from_reader(DecodingReader::new(BufReader::new(content)));
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), format, name, depth: 0, has_root: false }
    }

    /// The part's path in the package.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The next piece, `None` at the end of the part.
    pub(crate) fn next(&mut self) -> Result<Option<Node<'_>>, ParseError> {
        self.buffer.clear();
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => {
                let position = self.reader.error_position();
                return Err(error_in(self.format, &self.name, position, &error));
            }
        };
        let node = match event {
            Event::Start(start) => {
                self.depth += 1;
                self.has_root = true;
                if let Some(error) = start.attributes().with_checks(false).find_map(Result::err) {
                    let position = self.reader.buffer_position();
                    return Err(error_in(self.format, &self.name, position, &error.into()));
                }
                Node::Start(Tag(start))
            }
            Event::End(end) => {
                self.depth -= 1;
                Node::End(EndTag(end))
            }
            Event::Text(text) => Node::Text(text.xml10_content()),
            Event::CData(text) => Node::Text(text.xml10_content()),
            Event::GeneralRef(reference) => Node::Text(resolve(&reference)),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {
                Node::Text(Cow::Borrowed(""))
            }
            Event::Eof if self.depth > 0 => {
                return Err(ParseError::malformed(self.format, format!("{} is cut off", self.name)));
            }
            Event::Eof if !self.has_root => {
                return Err(ParseError::malformed(self.format, format!("{} holds no XML", self.name)));
            }
            Event::Eof => return Ok(None),
        };
        Ok(Some(node))
    }
}

/// The text of a predefined entity or a character reference; no other is ever expanded.
fn resolve(reference: &BytesRef<'_>) -> Cow<'static, str> {
    if let Some(predefined) = resolve_predefined_entity(reference) {
        return Cow::Borrowed(predefined);
    }
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Cow::Owned(character.to_string()),
        _ => Cow::Owned(format!("&{};", &**reference)),
    }
}

fn error_in(format: Format, part: &str, position: u64, error: &Error) -> ParseError {
    if let Error::Io(error) = error {
        if let Some(limit) = ParseError::within(&**error) {
            return limit;
        }
        return ParseError::malformed(format, format!("{part} cannot be inflated: {error}"));
    }
    ParseError::malformed(format, format!("{part}, byte {position}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undefined_entity_stays_as_it_is_written() {
        let xml = "<t a='&no;' b='&lt;'>x &no; &amp; &#65;&#xFFFFFFFF;</t>";
        let mut part = XmlPart::new(Format::Docx, "part.xml".into(), Box::new(xml.as_bytes()));
        let mut text = String::new();
        while let Some(node) = part.next().unwrap() {
            match node {
                Node::Start(tag) => {
                    assert_eq!(tag.attribute("a").as_deref(), Some("&no;"));
                    assert_eq!(tag.attribute("b").as_deref(), Some("<"));
                }
                Node::End(tag) => assert_eq!(tag.name(), "t"),
                Node::Text(piece) => text.push_str(&piece),
            }
        }
        assert_eq!(text, "x &no; & A&#xFFFFFFFF;");
    }
}
