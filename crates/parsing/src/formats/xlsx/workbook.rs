//! What the sheets of a workbook share: their list, the shared strings and the number formats.

use super::number_format::{DateSystem, NumberFormat};
use crate::ParseError;
use crate::formats::ooxml::{Node, Package, Relationships, Tag, XmlPart, is_true};
use std::collections::HashMap;

/// Where the main part is when the package does not say.
const USUAL_MAIN_PART: &str = "xl/workbook.xml";

/// A workbook without its cells.
#[derive(Debug, Default)]
pub(super) struct Workbook {
    /// In the order of their tabs.
    pub(super) sheets: Vec<SheetEntry>,
    pub(super) date_system: DateSystem,
    pub(super) strings: SharedStrings,
    /// By the number that cells refer to their format with.
    pub(super) number_formats: Vec<NumberFormat>,
}

/// A sheet as the workbook lists it.
#[derive(Debug)]
pub(super) struct SheetEntry {
    pub(super) name: String,
    pub(super) hidden: bool,
    /// Path of the part with its cells; `None` for charts, dialogs and macros.
    pub(super) worksheet: Option<String>,
}

impl Workbook {
    /// Reads the main part and the parts that it names.
    pub(super) fn read(package: &mut Package<'_>) -> Result<Self, ParseError> {
        let main = package.main_part(USUAL_MAIN_PART)?;
        if main.to_lowercase().ends_with(".bin") {
            return Err(ParseError::Unsupported { detected: "a binary workbook (xlsb)".into() });
        }
        let relationships = package.relationships(&main)?;
        let mut workbook = Self::default();
        workbook.read_main_part(package.required_part(&main)?, &relationships)?;
        if let Some(part) = optional_part(package, &relationships, "sharedStrings")? {
            workbook.strings = SharedStrings::read(part)?;
        }
        if let Some(part) = optional_part(package, &relationships, "styles")? {
            workbook.number_formats = read_number_formats(part)?;
        }
        Ok(workbook)
    }

    fn read_main_part(
        &mut self,
        mut part: XmlPart<'_>,
        relationships: &Relationships,
    ) -> Result<(), ParseError> {
        while let Some(node) = part.next()? {
            let Node::Start(tag) = node else { continue };
            match tag.name() {
                "workbookPr" if tag.attribute("date1904").is_some_and(|value| is_true(&value)) => {
                    self.date_system = DateSystem::From1904;
                }
                "sheet" => {
                    let id = tag.relationship("id").unwrap_or_default();
                    self.sheets.push(SheetEntry {
                        name: tag.attribute("name").unwrap_or_default().into_owned(),
                        hidden: tag.attribute("state").is_some_and(|state| state != "visible"),
                        worksheet: relationships.part_of_kind(&id, "worksheet").map(str::to_owned),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The part that a relationship of `kind` leads to, if there is one.
fn optional_part<'p>(
    package: &'p mut Package<'_>,
    relationships: &Relationships,
    kind: &str,
) -> Result<Option<XmlPart<'p>>, ParseError> {
    match relationships.parts_of_kind(kind).next() {
        Some(name) => package.part(name),
        None => Ok(None),
    }
}

/// The strings that cells refer to by number, one behind the other in a single
/// text: a package of nothing but empty strings takes little more memory than it inflates to.
#[derive(Debug, Default)]
pub(super) struct SharedStrings {
    text: String,
    /// Where each string ends in `text`.
    ends: Vec<usize>,
}

impl SharedStrings {
    /// The string with the number `index`.
    pub(super) fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..end)
    }

    fn read(mut part: XmlPart<'_>) -> Result<Self, ParseError> {
        let mut strings = Self::default();
        while let Some(node) = part.next()? {
            if let Node::Start(tag) = node
                && tag.name() == "si"
            {
                let string = read_rich_text(&mut part, "si")?;
                strings.text.push_str(&string);
                strings.ends.push(strings.text.len());
            }
        }
        Ok(strings)
    }
}

/// The text of the element `name` that was just begun: of its `t` elements, in
/// runs or not, without the phonetic guides.
pub(super) fn read_rich_text(part: &mut XmlPart<'_>, name: &str) -> Result<String, ParseError> {
    let mut text = String::new();
    let (mut in_text, mut in_phonetic_guide) = (false, false);
    while let Some(node) = part.next()? {
        match node {
            Node::Start(tag) => match tag.name() {
                "t" => in_text = true,
                "rPh" => in_phonetic_guide = true,
                _ => {}
            },
            Node::End(tag) => match tag.name() {
                "t" => in_text = false,
                "rPh" => in_phonetic_guide = false,
                ended if ended == name => break,
                _ => {}
            },
            Node::Text(piece) if in_text && !in_phonetic_guide => text.push_str(&piece),
            Node::Text(_) => {}
        }
    }
    Ok(unescaped(text))
}

/// Replaces `_x000D_` and its like, the way to write characters that XML cannot have.
pub(super) fn unescaped(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("_x") {
        let (before, escape) = rest.split_at(at);
        plain.push_str(before);
        let character = escape
            .get(2..7)
            .and_then(|code| code.strip_suffix('_'))
            .filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|code| u32::from_str_radix(code, 16).ok())
            .and_then(char::from_u32);
        let taken = match character {
            // A carriage return before a line feed, and what no text should have.
            Some('\0'..='\u{8}' | '\r') => 7,
            Some(character) => {
                plain.push(character);
                7
            }
            None => {
                plain.push_str("_x");
                2
            }
        };
        rest = &escape[taken..];
    }
    plain.push_str(rest);
    plain
}

/// What each cell format (`xf` of `cellXfs`) makes of a number.
fn read_number_formats(mut part: XmlPart<'_>) -> Result<Vec<NumberFormat>, ParseError> {
    let mut formats = Vec::new();
    let mut custom: HashMap<u32, NumberFormat> = HashMap::new();
    let mut in_cell_formats = false;
    while let Some(node) = part.next()? {
        match node {
            Node::Start(tag) => match tag.name() {
                "cellXfs" => in_cell_formats = true,
                "numFmt" => {
                    if let (Some(id), Some(code)) = (format_id(&tag), tag.attribute("formatCode")) {
                        custom.insert(id, NumberFormat::custom(&code));
                    }
                }
                "xf" if in_cell_formats => {
                    let id = format_id(&tag).unwrap_or(0);
                    let format = custom.get(&id).copied().unwrap_or_else(|| NumberFormat::built_in(id));
                    formats.push(format);
                }
                _ => {}
            },
            Node::End(tag) if tag.name() == "cellXfs" => in_cell_formats = false,
            Node::End(_) | Node::Text(_) => {}
        }
    }
    Ok(formats)
}

fn format_id(tag: &Tag<'_>) -> Option<u32> {
    tag.attribute("numFmtId")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_characters_are_read_and_the_rest_is_kept() {
        assert_eq!(unescaped("a_x000D_\nb".into()), "a\nb");
        assert_eq!(unescaped("_x005F_x000D_".into()), "_x000D_");
        assert_eq!(unescaped("my_xyz_x12_ü_x".into()), "my_xyz_x12_ü_x");
    }
}
