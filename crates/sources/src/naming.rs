//! File names for documents that come without one.

/// Media types and the extensions that files of them have, the usual one first.
const EXTENSIONS: [(&str, &[&str]); 20] = [
    ("text/plain", &["txt", "text", "log"]),
    ("text/html", &["html", "htm"]),
    ("application/xhtml+xml", &["xhtml", "html"]),
    ("text/markdown", &["md", "markdown"]),
    ("text/x-markdown", &["md", "markdown"]),
    ("application/json", &["json"]),
    ("application/x-ndjson", &["jsonl", "ndjson"]),
    ("text/csv", &["csv"]),
    ("text/tab-separated-values", &["tsv"]),
    ("text/xml", &["xml"]),
    ("application/xml", &["xml"]),
    ("application/yaml", &["yaml", "yml"]),
    ("application/toml", &["toml"]),
    ("application/pdf", &["pdf"]),
    ("message/rfc822", &["eml"]),
    ("application/rtf", &["rtf"]),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"]),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", &["pptx"]),
    ("application/zip", &["zip"]),
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
    with_extension(stem, content_type)
}

/// The name with the usual extension of the media type, where it has none that files of that type have.
pub(crate) fn with_extension(name: &str, content_type: Option<&str>) -> String {
    let essence = content_type.map(essence).unwrap_or_default();
    let extensions = EXTENSIONS.iter().find(|(media_type, _)| *media_type == essence);
    let own = name.rsplit_once('.').map(|(_, own)| own);
    let has_one = |extensions: &[&str]| {
        own.is_some_and(|own| extensions.iter().any(|extension| extension.eq_ignore_ascii_case(own)))
    };
    match extensions {
        Some((_, extensions @ [usual, ..])) if !has_one(extensions) => format!("{name}.{usual}"),
        _ => name.to_owned(),
    }
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
            ("notes.MD", Some("text/markdown"), "notes.MD"),
            ("notes.md", Some("text/html"), "notes.md.html"),
            ("7", Some("application/x-ndjson"), "7.jsonl"),
            ("7.ndjson", Some("application/x-ndjson"), "7.ndjson"),
        ] {
            assert_eq!(file_name(title, content_type), expected);
        }
    }

    proptest! {
        #[test]
        fn any_title_makes_a_short_name(title in ".*") {
            let name = file_name(&title, Some("text/html"));
            prop_assert!(name.len() <= MAX_STEM + ".html".len() && !name.contains(['/', '\0', '\n']));
        }
    }
}
