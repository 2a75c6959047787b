//! The bytes of an HTML document as text.

use crate::text_encoding::{self, utf16_without_mark};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use std::borrow::Cow;

/// How far into a document its declaration is looked for, as browsers do.
const PRESCANNED: usize = 1024;

/// Decodes a document: by its byte order mark; as UTF-8 where it is valid and
/// goes beyond ASCII (a declaration that says otherwise is a leftover of an
/// editor or a mail gateway that converted the text); by its declaration; else by a guess.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if Encoding::for_bom(bytes).is_some() {
        return text_encoding::decode(bytes).text;
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    match declared(bytes) {
        Some(encoding) if bytes.is_ascii() || std::str::from_utf8(bytes).is_err() => {
            encoding.decode_without_bom_handling(bytes).0
        }
        _ => text_encoding::decode(bytes).text,
    }
}

/// The encoding named by `<meta charset>`, `<meta http-equiv content>` or an XML declaration.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(PRESCANNED)];
    let start = start.to_ascii_lowercase();
    let start = String::from_utf8_lossy(&start);
    let declaration = start.starts_with("<?xml").then(|| start.split("?>").next()).flatten();
    let xml = declaration.and_then(|declaration| label_after(declaration, "encoding"));
    let meta = || start.split("<meta").skip(1).filter_map(|rest| rest.split('>').next());
    let label = meta().find_map(|tag| label_after(tag, "charset")).or(xml)?;
    Encoding::for_label(label.as_bytes()).map(|encoding| {
        // The declaration was read as ASCII, so it is not in UTF-16.
        if encoding == UTF_16LE || encoding == UTF_16BE {
            UTF_8
        } else if encoding == X_USER_DEFINED {
            WINDOWS_1252
        } else {
            encoding
        }
    })
}

fn label_after<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(name)?;
    let value = value.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    value.split(['"', '\'', ';', '/', ' ', '\t', '\n', '\r']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_decides_for_bytes_that_are_not_utf8() {
        let page =
            b"<html><head><meta http-equiv='Content-Type' content='text/html; charset=iso-8859-2'><p>\xb3";
        assert!(decode(page).ends_with('\u{142}'));
        assert!(decode(b"<meta charset=koi8-r><p>\xc1").ends_with('\u{430}'));
        assert!(decode(b"<?xml version='1.0' encoding='windows-1251'?><p>\xe0").ends_with('\u{430}'));
    }

    #[test]
    fn utf8_is_believed_over_a_declaration() {
        assert!(decode("<meta charset=iso-8859-1><p>łódź".as_bytes()).ends_with("łódź"));
    }

    #[test]
    fn a_stateful_encoding_is_told_from_ascii_by_its_declaration() {
        assert!(decode(b"<meta charset=iso-2022-jp><p>\x1b$B$\"\x1b(B").ends_with('\u{3042}'));
    }

    #[test]
    fn utf16_is_read_with_and_without_a_mark() {
        let bytes = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        assert_eq!(decode(&bytes("<p>plain words</p>")), "<p>plain words</p>");
        assert_eq!(decode(&bytes("\u{feff}<p>plain words</p>")), "<p>plain words</p>");
    }
}
