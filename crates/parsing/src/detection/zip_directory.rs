//! What a ZIP archive holds, by the names in its central directory.

use super::content::Content;
use gdg_model::Format;

/// Part of every Office package (ECMA-376, part 2).
const CONTENT_TYPES: &[u8] = b"[Content_Types].xml";

/// Folders of Office packages by format. The main part's own name varies between writers.
const OFFICE_FOLDERS: [(&[u8], Format); 3] =
    [(b"word/", Format::Docx), (b"ppt/", Format::Pptx), (b"xl/", Format::Xlsx)];

/// Entries by which archives that have no parser are known, by how their names begin.
const FOREIGN_ENTRIES: [(&[u8], &str); 9] = [
    (b"xl/workbook.bin", "a binary Excel workbook (.xlsb)"),
    (b"visio/", "a Visio drawing (.vsdx)"),
    (b"FixedDocSeq.fdseq", "an XPS document"),
    (b"META-INF/container.xml", "an EPUB e-book"),
    (b"AndroidManifest.xml", "an Android application (.apk)"),
    (b"META-INF/MANIFEST.MF", "a Java archive (.jar)"),
    (b"Index/Document.iwa", "an Apple iWork document"),
    (b"Index.zip", "an Apple iWork document"),
    (b"doc.kml", "a KMZ map"),
];

/// Media types that an uncompressed first entry `mimetype` tells (EPUB, `OpenDocument`), by how they begin.
const MIME_TYPES: [(&[u8], &str); 5] = [
    (b"application/epub+zip", "an EPUB e-book"),
    (b"application/vnd.oasis.opendocument.text", "an OpenDocument text (.odt)"),
    (b"application/vnd.oasis.opendocument.spreadsheet", "an OpenDocument spreadsheet (.ods)"),
    (b"application/vnd.oasis.opendocument.presentation", "an OpenDocument presentation (.odp)"),
    (b"application/vnd.oasis.opendocument", "an OpenDocument file"),
];

/// Bytes of the headers, without names: of a local file, of a directory entry, and of the directory's end.
const LOCAL_HEADER: usize = 30;
const ENTRY_HEADER: usize = 46;
const END_RECORD: usize = 22;

/// Says what the archive is.
pub(super) fn examine(bytes: &[u8]) -> Content {
    if let Some(mime_type) = bytes.get(LOCAL_HEADER..).and_then(|name| name.strip_prefix(b"mimetype"))
        && let Some((_, description)) = MIME_TYPES.iter().find(|(known, _)| mime_type.starts_with(known))
    {
        return Content::Foreign((*description).to_owned());
    }
    let Some(names) = entry_names(bytes) else { return Content::DamagedZip };
    let has = |start: &[u8]| names.clone().any(|name| name.starts_with(start));
    if let Some((_, description)) = FOREIGN_ENTRIES.iter().find(|(start, _)| has(start)) {
        return Content::Foreign((*description).to_owned());
    }
    let office = OFFICE_FOLDERS.iter().find(|(folder, _)| has(CONTENT_TYPES) && has(folder));
    office
        .map_or_else(|| Content::Foreign("a ZIP archive".to_owned()), |(_, format)| Content::Format(*format))
}

/// The names of the archive's entries, or `None` when the directory cannot be found.
fn entry_names(bytes: &[u8]) -> Option<impl Iterator<Item = &[u8]> + Clone> {
    let end = end_record(bytes)?;
    let size = u32_at(bytes, end + 12)? as usize;
    let declared = u32_at(bytes, end + 16)? as usize;
    // Where something stands before the archive, offsets are off, and the directory just before its end record.
    let start = [Some(declared), end.checked_sub(size)].into_iter().flatten();
    let is_directory = |start: &usize| *start == end || bytes.get(*start..).is_some_and(is_entry);
    let mut rest = bytes.get(start.into_iter().find(is_directory)?..end)?;
    Some(std::iter::from_fn(move || {
        let lengths = rest.get(28..34).filter(|_| is_entry(rest))?;
        let length = |at: usize| usize::from(u16::from_le_bytes([lengths[at], lengths[at + 1]]));
        let name = rest.get(ENTRY_HEADER..ENTRY_HEADER + length(0))?;
        rest = rest.get(ENTRY_HEADER + length(0) + length(2) + length(4)..)?;
        Some(name)
    }))
}

fn is_entry(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x01\x02")
}

/// Offset of the end record, which only a comment may follow.
fn end_record(bytes: &[u8]) -> Option<usize> {
    let earliest = bytes.len().saturating_sub(END_RECORD + usize::from(u16::MAX));
    let tail = &bytes[earliest..];
    let at = tail.windows(END_RECORD).rposition(|window| window.starts_with(b"PK\x05\x06"))?;
    Some(earliest + at)
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}
