//! What the bytes say of the format, whatever the name.

use super::zip_directory;
use crate::text_encoding::utf16_without_mark;
use encoding_rs::Encoding;
use gdg_model::Format;
use infer::MatcherType;

/// What a document's bytes are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A format, for certain.
    Format(Format),
    /// Text of some format.
    Text,
    /// Text with a PDF header in it: a PDF behind other lines, or a text about PDF.
    PdfInText,
    /// A ZIP archive whose directory cannot be read.
    DamagedZip,
    /// An Office package that is encrypted.
    EncryptedOffice,
    /// Something that no parser knows, described.
    Foreign(String),
}

/// How much is looked at to tell text from binary data.
const SAMPLE: usize = 8 * 1024;

/// Where a PDF header may begin, after what mail and web gateways put before it.
const PDF_HEADER_WITHIN: usize = 1024;

/// Text that is no format's here, by how it begins.
const FOREIGN_TEXTS: [(&[u8], &str); 2] =
    [(br"{\rtf", "an RTF document"), (b"%!PS", "a PostScript document")];

/// The streams of a compound file by which its writer is known. The names are those of directory entries.
const COMPOUND_STREAMS: [(&str, &str); 5] = [
    ("WordDocument", "a legacy Word document (.doc)"),
    ("Workbook", "a legacy Excel workbook (.xls)"),
    ("Book", "a legacy Excel workbook (.xls)"),
    ("PowerPoint Document", "a legacy PowerPoint presentation (.ppt)"),
    ("__properties_version1.0", "an Outlook message (.msg)"),
];

/// The stream of a compound file that holds an Office package, encrypted.
const ENCRYPTED_PACKAGE: &str = "EncryptedPackage";

const COMPOUND_MAGIC: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
const ZIP_MAGICS: [&[u8]; 3] = [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"];

/// Says what `bytes` are.
pub(super) fn examine(bytes: &[u8]) -> Content {
    if ZIP_MAGICS.iter().any(|magic| bytes.starts_with(magic)) {
        return zip_directory::examine(bytes);
    }
    if bytes.starts_with(COMPOUND_MAGIC) {
        return compound_file(bytes);
    }
    let text_start = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    if text_start.starts_with(b"%PDF-") {
        return Content::Format(Format::Pdf);
    }
    if let Some((_, description)) = FOREIGN_TEXTS.iter().find(|(magic, _)| text_start.starts_with(magic)) {
        return Content::Foreign((*description).to_owned());
    }
    let has_pdf_header =
        bytes[..bytes.len().min(PDF_HEADER_WITHIN)].windows(5).any(|bytes| bytes == b"%PDF-");
    match (text_or_binary(bytes), has_pdf_header) {
        (Content::Text, true) => Content::PdfInText,
        (Content::Foreign(_), true) => Content::Format(Format::Pdf),
        (content, _) => content,
    }
}

fn text_or_binary(bytes: &[u8]) -> Content {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if Encoding::for_bom(sample).is_some() || utf16_without_mark(sample).is_some() {
        return Content::Text;
    }
    let controls = sample.iter().filter(|byte| is_control(**byte)).count();
    if controls == 0 {
        return Content::Text;
    }
    if let Some(kind) = infer::get(sample).filter(|kind| kind.matcher_type() != MatcherType::Text) {
        return Content::Foreign(format!("{} ({})", describe(kind.matcher_type()), kind.mime_type()));
    }
    // A stray control character or two do not make a text binary.
    if controls * 100 <= sample.len() { Content::Text } else { Content::Foreign("binary data".to_owned()) }
}

/// Control characters that text does not use. Bell, backspace and escape are those of terminals' logs.
fn is_control(byte: u8) -> bool {
    matches!(byte, 0x00..=0x06 | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F)
}

fn describe(kind: MatcherType) -> &'static str {
    match kind {
        MatcherType::App => "a program",
        MatcherType::Archive => "an archive",
        MatcherType::Audio => "an audio file",
        MatcherType::Book => "an e-book",
        MatcherType::Doc => "a document",
        MatcherType::Font => "a font",
        MatcherType::Image => "an image",
        MatcherType::Video => "a video",
        MatcherType::Text | MatcherType::Custom => "a file",
    }
}

fn compound_file(bytes: &[u8]) -> Content {
    if has_stream(bytes, ENCRYPTED_PACKAGE) {
        return Content::EncryptedOffice;
    }
    let known = COMPOUND_STREAMS.iter().find(|(stream, _)| has_stream(bytes, stream));
    Content::Foreign(known.map_or("an OLE compound file", |(_, description)| description).to_owned())
}

/// Whether a compound file has a directory entry of that name: 128 aligned bytes that begin with the name in
/// UTF-16 and have the name's length, with its final zero, at offset 64.
fn has_stream(bytes: &[u8], name: &str) -> bool {
    let length = (name.len() + 1) * 2;
    bytes.chunks_exact(128).any(|entry| {
        usize::from(u16::from_le_bytes([entry[64], entry[65]])) == length
            && name.encode_utf16().chain([0]).eq(entry.chunks_exact(2).take(length / 2).map(le_pair))
    })
}

fn le_pair(pair: &[u8]) -> u16 {
    u16::from_le_bytes([pair[0], pair[1]])
}
