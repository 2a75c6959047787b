//! What formats documents are found to be in, by name, content and media type.

#![allow(clippy::unwrap_used)]

use gdg_model::Format;
use gdg_parsing::{Input, ParseError, detect};
use proptest::prelude::*;
use std::io::{Cursor, Write};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

fn found(name: &str, bytes: &[u8]) -> Result<Format, String> {
    detect(&Input { name, bytes }, None).map_err(|error| error.to_string())
}

fn zip_of(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in entries {
        archive.start_file(*name, options).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn package(main_part: &str) -> Vec<u8> {
    zip_of(&[("_rels/.rels", ""), (main_part, ""), ("[Content_Types].xml", "")])
}

/// A compound file with a directory entry of that name.
fn compound_file(stream: &str) -> Vec<u8> {
    let mut bytes = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    bytes.resize(1024 + 128, 0);
    let name: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes[1024..1024 + name.len()].copy_from_slice(&name);
    bytes[1024 + 64] = name.len() as u8 + 2;
    bytes
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn extensions_tell_text_formats_apart() {
    for (name, format) in [
        ("notes.md", Format::Markdown),
        ("dir/PAGE.HTM", Format::Html),
        ("a.txt", Format::Text),
        ("app.log", Format::Text),
        ("main.py", Format::Text),
        ("v.csv", Format::Csv),
        ("v.tab", Format::Tsv),
        ("n.ipynb", Format::Json),
        ("e.ndjson", Format::Jsonl),
        ("feed.rss", Format::Xml),
        ("c.yml", Format::Yaml),
        ("m.eml", Format::Eml),
    ] {
        assert_eq!(found(name, b"some words"), Ok(format), "{name}");
    }
}

#[test]
fn a_specific_extension_wins_among_text_formats() {
    assert_eq!(found("page.txt", b"<!doctype html><p>x"), Ok(Format::Text));
    assert_eq!(found("page.md", b"<?xml version=\"1.0\"?><a/>"), Ok(Format::Markdown));
}

#[test]
fn content_that_says_what_it_is_beats_the_name() {
    assert_eq!(found("x.txt", b"%PDF-1.7\n"), Ok(Format::Pdf));
    assert_eq!(found("x.docx", &package("xl/workbook.xml")), Ok(Format::Xlsx));
    assert_eq!(found("x.zip", &package("word/document2.xml")), Ok(Format::Docx));
    assert_eq!(found("", &package("ppt/presentation.xml")), Ok(Format::Pptx));
}

#[test]
fn a_pdf_may_stand_behind_other_bytes() {
    assert_eq!(found("x", b"\x00\x01junk\n%PDF-1.4"), Ok(Format::Pdf));
    assert_eq!(found("x.pdf", b"HTTP/1.1 200 OK\n\n%PDF-1.4"), Ok(Format::Pdf));
    assert_eq!(found("about.md", b"A PDF begins with `%PDF-1.4`."), Ok(Format::Markdown));
}

#[test]
fn text_without_an_extension_is_known_by_its_beginning() {
    for (text, format) in [
        ("<!-- saved --><!DOCTYPE html><p>x", Format::Html),
        ("<?xml version=\"1.0\"?><!DOCTYPE html><html/>", Format::Html),
        ("<?xml version=\"1.0\"?><catalog/>", Format::Xml),
        ("{\"a\": [1, 2", Format::Json),
        ("[1, 2, 3]", Format::Json),
        ("{\"a\": 1}\n{\"a\": 2}\n", Format::Jsonl),
        ("From: a@b.c\nTo: d@e.f\nSubject: x\n\nHello", Format::Eml),
        ("# Title\n\n- one\n- two\n", Format::Markdown),
        ("name,age,city\nada,36,london\nbob,40,paris\n", Format::Csv),
        ("name\tage\nada\t36\nbob\t40\n", Format::Tsv),
        ("---\nname: x\nlist:\n  - 1\n", Format::Yaml),
        ("Just a line, with a comma, or two.\nAnd another, yes, one.\nThird, of all, lines.", Format::Text),
        ("# a comment\nall: build\n", Format::Text),
        ("#!/bin/sh\n# comment\n- x\n", Format::Text),
        ("[section]\nkey = value\n", Format::Text),
        ("{not json}", Format::Text),
    ] {
        assert_eq!(found("README", text.as_bytes()), Ok(format), "{text}");
    }
}

#[test]
fn an_unknown_extension_is_not_taken_for_prose() {
    assert_eq!(found("a.xyz", b"# Title\n\n- one\n"), Ok(Format::Text));
    assert_eq!(found("a.php", b"<!doctype html><p>x"), Ok(Format::Html));
}

#[test]
fn the_media_type_helps_where_the_name_does_not() {
    let found = |content_type| detect(&Input { name: "x", bytes: b"a words" }, Some(content_type)).unwrap();
    assert_eq!(found("text/html; charset=utf-8"), Format::Html);
    assert_eq!(found("application/vnd.api+json"), Format::Json);
    assert_eq!(found("text/plain"), Format::Text);
    assert_eq!(found("application/octet-stream"), Format::Text);
    assert_eq!(found("application/pdf"), Format::Text);
}

#[test]
fn json_lines_are_known_under_the_name_of_json() {
    assert_eq!(found("log.json", b"{\"a\":1}\n{\"a\":2}\n"), Ok(Format::Jsonl));
    assert_eq!(found("log.json", b"{\"a\":1}\n"), Ok(Format::Json));
}

#[test]
fn utf16_is_text() {
    assert_eq!(found("x", &utf16("some words of plain text")), Ok(Format::Text));
    assert_eq!(found("x", &[&[0xFF, 0xFE], &*utf16("<!doctype html>")].concat()), Ok(Format::Html));
}

#[test]
fn what_has_no_parser_is_described() {
    for (name, bytes, description) in [
        ("x.png", b"\x89PNG\r\n\x1a\n\0\0".to_vec(), "an image (image/png)"),
        ("x.gz", b"\x1f\x8b\x08\0\0\0\0\0".to_vec(), "an archive (application/gzip)"),
        ("x", [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 64]].concat(), "a program (application/x-executable)"),
        ("x.rtf", br"{\rtf1 hello}".to_vec(), "an RTF document"),
        ("x.doc", compound_file("WordDocument"), "a legacy Word document (.doc)"),
        ("x.msg", compound_file("__properties_version1.0"), "an Outlook message (.msg)"),
        (
            "x.odt",
            zip_of(&[("mimetype", "application/vnd.oasis.opendocument.text")]),
            "an OpenDocument text (.odt)",
        ),
        ("x.epub", zip_of(&[("mimetype", "application/epub+zip")]), "an EPUB e-book"),
        ("x.xlsb", package("xl/workbook.bin"), "a binary Excel workbook (.xlsb)"),
        ("x.zip", zip_of(&[("word/notes.txt", "")]), "a ZIP archive"),
        ("x", (0..=255).collect(), "binary data"),
        ("all.mbox", b"From a@b.c Mon\nFrom: a@b.c\n".to_vec(), "a mailbox of several messages (mbox)"),
        ("all", b"From a@b.c Mon\nFrom: a@b.c\nTo: b\n".to_vec(), "a mailbox of several messages (mbox)"),
    ] {
        assert_eq!(found(name, &bytes), Err(format!("no parser for {description}")), "{name}");
    }
}

#[test]
fn a_name_that_promises_what_the_content_is_not_is_malformed() {
    for (name, bytes, message) in [
        ("x.docx", b"plain words".to_vec(), "malformed docx: its name says docx, but its content is text"),
        ("x.pdf", b"<html>Log in".to_vec(), "malformed pdf: its name says pdf, but its content is html text"),
        (
            "x.xlsx",
            zip_of(&[("a.txt", "")]),
            "malformed xlsx: its name says xlsx, but its content is a ZIP archive",
        ),
        (
            "x.pptx",
            compound_file("PowerPoint Document"),
            "malformed pptx: its name says pptx, but its content is a legacy PowerPoint presentation (.ppt)",
        ),
    ] {
        assert_eq!(found(name, &bytes), Err(message.to_owned()));
    }
}

#[test]
fn a_truncated_package_is_left_to_its_parser() {
    let package = package("word/document.xml");
    assert_eq!(found("x.docx", &package[..package.len() - 30]), Ok(Format::Docx));
    assert!(found("x", &package[..package.len() - 30]).is_err());
}

#[test]
fn an_encrypted_package_is_encrypted() {
    let error = detect(&Input { name: "x.xlsx", bytes: &compound_file("EncryptedPackage") }, None);
    assert!(matches!(error, Err(ParseError::Encrypted { format: Format::Xlsx })), "{error:?}");
}

#[test]
fn an_empty_document_is_empty() {
    assert!(matches!(detect(&Input { name: "x.pdf", bytes: b"" }, None), Err(ParseError::Empty)));
}

proptest! {
    #[test]
    fn any_bytes_and_names_are_detected_without_a_panic(name: String, bytes: Vec<u8>, content_type: String) {
        let _ = detect(&Input { name: &name, bytes: &bytes }, Some(&content_type));
    }

    #[test]
    fn damaged_packages_are_detected_without_a_panic(at: prop::sample::Index, byte: u8, length: prop::sample::Index) {
        let mut bytes = package("word/document.xml");
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(length.index(bytes.len()) + 1);
        let _ = detect(&Input { name: "x", bytes: &bytes }, None);
    }
}
