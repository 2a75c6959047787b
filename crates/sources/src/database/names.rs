//! Names of files for rows, so that their format shows.

/// Media types and the extensions that files of them have, the usual one first.
const EXTENSIONS: [(&str, &[&str]); 19] = [
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
];

/// The name of a row's file: its id, with an extension of its media type where it has none of that type.
pub(super) fn file_name(locator: &str, content_type: Option<&str>) -> String {
    let last = locator.rsplit('/').next().unwrap_or_default();
    let essence =
        content_type.and_then(|text| text.split(';').next()).map(|text| text.trim().to_ascii_lowercase());
    let known = EXTENSIONS.iter().find(|(media_type, _)| essence.as_deref() == Some(*media_type));
    let Some((_, extensions)) = known else { return last.to_owned() };
    let own = last.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extensions.first() {
        Some(usual) if !own.is_some_and(|own| extensions.contains(&own.as_str())) => {
            format!("{last}.{usual}")
        }
        _ => last.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_as_its_type_does() {
        for (locator, content_type, name) in [
            ("7", Some("text/html; charset=utf-8"), "7.html"),
            ("7", Some("TEXT/PLAIN"), "7.txt"),
            ("7", Some("application/x-unknown"), "7"),
            ("7", None, "7"),
            ("eu/7", Some("application/pdf"), "7.pdf"),
            ("notes.md", Some("text/markdown"), "notes.md"),
            ("notes.MD", Some("text/markdown"), "notes.MD"),
            ("notes.md", Some("text/html"), "notes.md.html"),
        ] {
            assert_eq!(file_name(locator, content_type), name);
        }
    }
}
