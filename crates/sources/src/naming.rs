//! File names for documents that come without one.

/// Media types with the extension that stands for them.
const EXTENSIONS: [(&str, &str); 14] = [
    ("text/html", "html"),
    ("application/xhtml+xml", "html"),
    ("text/plain", "txt"),
    ("text/markdown", "md"),
    ("text/csv", "csv"),
    ("text/xml", "xml"),
    ("application/xml", "xml"),
    ("application/json", "json"),
    ("application/pdf", "pdf"),
    ("message/rfc822", "eml"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    ("application/zip", "zip"),
];
/// Bytes of a name before its extension: what file systems take, with room to spare.
const MAX_STEM: usize = 200;

/// A media type without its parameters, in lower case.
pub(crate) fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A file name made of a title or an id, with the extension that fits the media type.
pub(crate) fn file_name(title: &str, content_type: Option<&str>) -> String {
    let cleaned: String = title
        .trim()
        .chars()
        .map(|c| if c.is_control() || matches!(c, '/' | '\\') { '-' } else { c })
        .collect();
    let mut stem = cleaned.as_str();
    while stem.len() > MAX_STEM {
        let end = stem.char_indices().next_back().map_or(0, |(index, _)| index);
        stem = stem.get(..end).unwrap_or_default();
    }
    let stem = if stem.is_empty() { "document" } else { stem };
    let essence = content_type.map(essence).unwrap_or_default();
    match EXTENSIONS.iter().find(|(name, _)| *name == essence) {
        Some((_, extension)) if !has_extension(stem, extension) => format!("{stem}.{extension}"),
        _ => stem.to_owned(),
    }
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_has_the_extension_of_its_type_once() {
        for (title, content_type, expected) in [
            ("Start", Some("text/html; charset=utf-8"), "Start.html"),
            ("report.PDF", Some("application/pdf"), "report.PDF"),
            ("a/b\n", Some("TEXT/PLAIN"), "a-b.txt"),
            ("", Some("text/markdown"), "document.md"),
            ("photo", Some("image/x-unknown"), "photo"),
            ("photo", None, "photo"),
        ] {
            assert_eq!(file_name(title, content_type), expected);
        }
    }

    proptest! {
        #[test]
        fn any_title_makes_a_short_name(title in ".*") {
            let name = file_name(&title, Some("text/html"));
            prop_assert!(name.len() <= MAX_STEM + 5 && !name.contains(['/', '\0', '\n']));
        }
    }
}
