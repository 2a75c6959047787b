//! Builds Office Open XML packages for tests.

#![allow(clippy::unwrap_used)] // a fixture that cannot be built fails its test

use gdg_config::ParsingLimits;
use gdg_model::{Format, Outline};
use gdg_parsing::{Input, ParseError, parse_as};
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A package of `parts`, each a path and its content.
pub(crate) fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in parts {
        zip.start_file(*path, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A relationships part: each relationship its identifier, the last segment of its type, and its target.
pub(crate) fn relationships(all: &[(&str, &str, &str)]) -> String {
    let mut xml = String::from("<Relationships>");
    for (id, kind, target) in all {
        let relationship = format!("<Relationship Id='{id}' Type='http://x/{kind}' Target='{target}'/>");
        xml.push_str(&relationship);
    }
    xml + "</Relationships>"
}

/// The outline of the package, or the error of parsing it.
pub(crate) fn outline(format: Format, bytes: &[u8]) -> String {
    match parse(format, bytes) {
        Ok(document) => Outline(&document).to_string(),
        Err(error) => format!("error: {error}"),
    }
}

/// Parses with the default limits.
pub(crate) fn parse(format: Format, bytes: &[u8]) -> Result<gdg_model::ParsedDocument, ParseError> {
    parse_as(format, &Input { name: "", bytes }, &ParsingLimits::default())
}
