//! Reads the XML that stores answer with: elements by their path, and their text as it is.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// How deep elements may lie. Answers of stores are five deep.
const MAX_DEPTH: usize = 32;

/// An element that ends.
#[derive(Debug)]
pub(super) struct Element<'a> {
    /// The names of the elements it lies in, and its own, without prefixes.
    pub(super) path: &'a [String],
    /// The text in it, up to its first child.
    pub(super) text: &'a str,
    /// Whether it has the attribute `Encoded="true"`, by which Azure marks percent-encoded names.
    pub(super) is_encoded: bool,
}

/// Calls `ended` for each element, in the order of their ends. Whitespace counts: keys may begin or end with it.
pub(super) fn read(
    text: &str,
    mut ended: impl FnMut(&Element<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut path: Vec<String> = Vec::new();
    let mut texts: Vec<(String, bool)> = Vec::new();
    let mut has_root = false;
    loop {
        let event = reader
            .read_event()
            .map_err(|error| format!("its XML is broken at byte {}: {error}", reader.error_position()))?;
        match event {
            Event::Start(start) => {
                if path.len() >= MAX_DEPTH {
                    return Err(format!("its XML is nested more than {MAX_DEPTH} deep"));
                }
                has_root = true;
                path.push(start.local_name().into_inner().to_owned());
                texts.push((String::new(), is_encoded(&start)));
            }
            Event::End(_) => {
                let (text, is_encoded) = texts.pop().unwrap_or_default();
                ended(&Element { path: &path, text: &text, is_encoded })?;
                path.pop();
            }
            Event::Text(text) => append(&mut texts, &text),
            Event::CData(text) => append(&mut texts, &text),
            Event::GeneralRef(reference) => append(&mut texts, &resolved(&reference)?),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof if !path.is_empty() => return Err("its XML is cut off".into()),
            Event::Eof if !has_root => return Err("it is no XML".into()),
            Event::Eof => return Ok(()),
        }
    }
}

fn append(texts: &mut [(String, bool)], text: &str) {
    if let Some((whole, _)) = texts.last_mut() {
        whole.push_str(text);
    }
}

/// What a reference stands for. None but the predefined ones is ever expanded.
fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(predefined) = resolve_predefined_entity(reference) {
        return Ok(predefined.to_owned());
    }
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        _ => Err(format!("its XML refers to `{}`, which is nothing", &**reference)),
    }
}

fn is_encoded(start: &BytesStart<'_>) -> bool {
    let mut attributes = start.attributes();
    attributes.with_checks(false).flatten().any(|attribute| {
        attribute.key.local_name().into_inner() == "Encoded" && attribute.value.eq_ignore_ascii_case("true")
    })
}
