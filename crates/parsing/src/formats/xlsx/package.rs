//! The zip package: parts by name, their relationships, and XML that is metered while it inflates.

use crate::{Budget, Metered, ParseError};
use gdg_model::Format;
use quick_xml::Reader;
use quick_xml::encoding::DecodingReader;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashMap;
use std::io::{BufReader, Cursor};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

/// How an OLE compound file begins. Office wraps encrypted packages in one.
const COMPOUND_FILE_SIGNATURE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// An opened package.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Index of each part by its normalized name: some writers use other cases or backslashes.
    parts: HashMap<String, usize>,
    budget: Budget,
}

impl<'a> Package<'a> {
    /// Reads the directory of the package in `bytes`.
    pub(super) fn open(bytes: &'a [u8], budget: &Budget) -> Result<Self, ParseError> {
        if bytes.starts_with(&COMPOUND_FILE_SIGNATURE) {
            return Err(compound_file_error(bytes));
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| zip_error(&error))?;
        let parts = (0..archive.len())
            .filter_map(|index| {
                let name = archive.name_for_index(index)?.ok()?;
                Some((normalized(&name), index))
            })
            .collect();
        Ok(Self { archive, parts, budget: budget.clone() })
    }

    /// The XML of the part at `path`, or `None` when there is no such part.
    pub(super) fn xml(&mut self, path: &str) -> Result<Option<XmlPart<'_, 'a>>, ParseError> {
        let Some(&index) = self.parts.get(&normalized(path)) else {
            return Ok(None);
        };
        let file = self.archive.by_index(index).map_err(|error| zip_error(&error))?;
        let decoded = DecodingReader::new(BufReader::new(self.budget.metered(file)));
        let mut reader = Reader::from_reader(decoded);
        reader.config_mut().expand_empty_elements = true;
        Ok(Some(XmlPart { reader, buffer: Vec::new(), path: path.to_owned() }))
    }

    /// What the part at `path` refers to; nothing when it has no relationships. The package itself has the empty path.
    pub(super) fn relationships(&mut self, path: &str) -> Result<Vec<Relationship>, ParseError> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut found = Vec::new();
        let Some(mut xml) = self.xml(&format!("{folder}/_rels/{name}.rels"))? else {
            return Ok(found);
        };
        while let Some(event) = xml.next()? {
            if let Event::Start(element) = event
                && element.local_name().as_ref() == "Relationship"
            {
                let target = attribute(&element, "Target").unwrap_or_default();
                let external = attribute(&element, "TargetMode").is_some_and(|mode| mode == "External");
                let target = if external { target } else { resolved(folder, &target) };
                found.push(Relationship {
                    id: attribute(&element, "Id").unwrap_or_default(),
                    kind: attribute(&element, "Type").unwrap_or_default(),
                    target,
                });
            }
        }
        Ok(found)
    }
}

/// A reference from one part to another, or to somewhere outside the package.
#[derive(Debug)]
pub(super) struct Relationship {
    /// What the part's XML calls it.
    pub(super) id: String,
    /// A URL that says what it is for.
    kind: String,
    /// A part's path in the package, or outside it a URL or file path as written.
    pub(super) target: String,
}

impl Relationship {
    /// Whether its type ends in `name`; the URL before it differs between the editions of the standard.
    pub(super) fn is(&self, name: &str) -> bool {
        self.kind.rsplit('/').next() == Some(name)
    }
}

/// The events of one XML part. An empty element is a start and an end.
pub(super) struct XmlPart<'p, 'a> {
    reader: Reader<DecodingReader<BufReader<Metered<ZipFile<'p, Cursor<&'a [u8]>>>>>>,
    buffer: Vec<u8>,
    path: String,
}

impl XmlPart<'_, '_> {
    /// The next event, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Event<'_>>, ParseError> {
        self.buffer.clear();
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::Eof) => Ok(None),
            Ok(event) => Ok(Some(event)),
            Err(quick_xml::Error::Io(error)) => Err(ParseError::from_io(Format::Xlsx, &error)),
            Err(error) => Err(malformed(format!("{}: {error}", self.path))),
        }
    }
}

/// The value of the attribute whose name without a prefix is `name`.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element
        .attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .find(|attribute| attribute.key.local_name().as_ref() == name)?;
    let value = quick_xml::escape::unescape(&found.value).map_or_else(
        // An entity that nobody declared stays as it is written.
        |_| found.value.to_string(),
        std::borrow::Cow::into_owned,
    );
    Some(value)
}

/// Appends the character data of `event` to `text`; other events have none.
pub(super) fn append_character_data(event: &Event<'_>, text: &mut String) {
    match event {
        Event::Text(data) => text.push_str(&data.xml10_content()),
        Event::CData(data) => text.push_str(&data.xml10_content()),
        Event::GeneralRef(reference) => {
            if let Ok(Some(character)) = reference.resolve_char_ref() {
                text.push(character);
            } else if let Some(known) = quick_xml::escape::resolve_predefined_entity(reference) {
                text.push_str(known);
            }
        }
        _ => {}
    }
}

/// A workbook that is not what the format demands.
pub(super) fn malformed(detail: impl ToString) -> ParseError {
    ParseError::malformed(Format::Xlsx, detail)
}

fn zip_error(error: &ZipError) -> ParseError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            ParseError::Encrypted { format: Format::Xlsx }
        }
        other => malformed(other),
    }
}

/// An encrypted package is a stream of that name in a compound file; any other is an older format.
fn compound_file_error(bytes: &[u8]) -> ParseError {
    let stream_name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.windows(stream_name.len()).any(|window| window == stream_name) {
        ParseError::Encrypted { format: Format::Xlsx }
    } else {
        malformed("an OLE compound file (the format of Excel 97), not a zip package")
    }
}

fn normalized(path: &str) -> String {
    path.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

/// `target` as written in a part of `folder`, as a path from the package's root.
fn resolved(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split(['/', '\\']) {
        match step {
            ".." => {
                steps.pop();
            }
            "." | "" => {}
            step => steps.push(step),
        }
    }
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_targets_start_at_their_part() {
        assert_eq!(resolved("xl/worksheets", "../comments1.xml"), "xl/comments1.xml");
        assert_eq!(resolved("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl", "/xl/styles.xml"), "xl/styles.xml");
        assert_eq!(resolved("", "../../../etc/passwd"), "etc/passwd");
    }
}
