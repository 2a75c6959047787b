//! What a document tells of itself: its information dictionary, and the XMP packet where that is silent.

use super::text;
use crate::TreeBuilder;
use pdf_oxide::PdfDocument;
use pdf_oxide::extractors::xmp::{XmpExtractor, XmpMetadata};
use pdf_oxide::object::Object;
use pdf_oxide::optional_content::decode_pdf_text_string;

/// Records the metadata and, if it is worth anything, the title.
pub(super) fn record(document: &PdfDocument, page_count: usize, tree: &mut TreeBuilder) {
    let information = Information::of(document);
    let xmp = XmpExtractor::extract(document).ok().flatten().unwrap_or_default();
    if let Some(title) = title(&information, &xmp) {
        tree.set_title(title);
    }
    let joined =
        |values: &[String], separator: &str| Some(values.join(separator)).filter(|all| !all.is_empty());
    let values = [
        ("author", information.text("Author").or_else(|| joined(&xmp.dc_creator, ", "))),
        ("subject", information.text("Subject").or_else(|| xmp.dc_description.clone())),
        (
            "keywords",
            information
                .text("Keywords")
                .or_else(|| xmp.pdf_keywords.clone())
                .or_else(|| joined(&xmp.dc_subject, ", ")),
        ),
        ("creator", information.text("Creator").or_else(|| xmp.xmp_creator_tool.clone())),
        ("producer", information.text("Producer").or_else(|| xmp.pdf_producer.clone())),
        ("created", information.date("CreationDate").or_else(|| xmp.xmp_create_date.clone())),
        ("modified", information.date("ModDate").or_else(|| xmp.xmp_modify_date.clone())),
        ("language", language(document).or_else(|| xmp.dc_language.clone())),
    ];
    for (name, value) in values {
        let value = value.map(|value| text::clean(&value)).filter(|value| !is_placeholder(value));
        if let Some(value) = value {
            tree.set_metadata(name, value);
        }
    }
    let (major, minor) = document.version();
    tree.set_metadata("pdf_version", format!("{major}.{minor}"));
    tree.set_metadata("page_count", page_count);
}

/// What libraries write where nobody gave a value.
fn is_placeholder(value: &str) -> bool {
    let bare = value.trim_matches(['(', ')']).to_lowercase();
    matches!(bare.as_str(), "" | "anonymous" | "unspecified" | "untitled" | "unknown")
}

/// The first title that a person may have given.
fn title(information: &Information<'_>, xmp: &XmpMetadata) -> Option<String> {
    let given = [information.text("Title"), xmp.dc_title.clone()];
    given.into_iter().flatten().map(|title| text::clean(&title)).find(|title| is_title(title))
}

/// Whether a title is none of those that programs make up: file names, and names of themselves.
fn is_title(title: &str) -> bool {
    let lower = title.to_lowercase();
    let has_words = title.chars().filter(|character| character.is_alphabetic()).count() > 2;
    let program = ["microsoft word", "microsoft powerpoint", "microsoft excel", "powerpoint presentation"];
    let placeholder = ["document", "pdf document", "slide 1"];
    let extension = [
        ".doc", ".docx", ".dvi", ".eps", ".indd", ".odt", ".pages", ".pdf", ".ppt", ".pptx", ".ps", ".qxd",
        ".rtf", ".tex", ".tmp", ".txt", ".xls", ".xlsx",
    ];
    let is_code = !title.contains(' ') && title.contains(|character: char| character.is_ascii_digit());
    has_words
        && !is_code
        && !program.iter().any(|program| lower.starts_with(program))
        && !is_placeholder(title)
        && !placeholder.contains(&lower.as_str())
        && !extension.iter().any(|extension| lower.ends_with(extension))
}

/// The natural language that the catalog names.
fn language(document: &PdfDocument) -> Option<String> {
    let catalog = document.catalog().ok()?;
    let language = catalog.as_dict()?.get("Lang")?;
    let language = document.resolve_object(language).ok()?;
    language.as_string().map(decode_pdf_text_string)
}

/// The information dictionary.
struct Information<'a> {
    document: &'a PdfDocument,
    dictionary: Option<Object>,
}

impl<'a> Information<'a> {
    fn of(document: &'a PdfDocument) -> Self {
        let entry = document.trailer().as_dict().and_then(|trailer| trailer.get("Info"));
        let dictionary = entry.and_then(|entry| document.resolve_object(entry).ok());
        Self { document, dictionary }
    }

    fn text(&self, key: &str) -> Option<String> {
        let value = self.dictionary.as_ref()?.as_dict()?.get(key)?;
        let value = self.document.resolve_object(value).ok()?;
        let text = value.as_string().map(decode_pdf_text_string)?;
        (!text.trim().is_empty()).then_some(text)
    }

    fn date(&self, key: &str) -> Option<String> {
        self.text(key).and_then(|date| iso_8601(&date))
    }
}

/// A date of PDF (`D:20240229103000+01'00'`) in ISO 8601, as exact as it is given.
fn iso_8601(date: &str) -> Option<String> {
    let date = date.trim();
    let rest = date.strip_prefix("D:").unwrap_or(date);
    let digits_end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, zone) = rest.split_at(digits_end);
    let part = |from: usize, to: usize, lowest: u32, highest: u32| -> Option<&str> {
        let part = digits.get(from..to)?;
        (lowest..=highest).contains(&part.parse().ok()?).then_some(part)
    };
    let mut iso = part(0, 4, 1, 9999)?.to_owned();
    let fields = [('-', 4, 1, 12), ('-', 6, 1, 31), ('T', 8, 0, 23), (':', 10, 0, 59), (':', 12, 0, 60)];
    let mut known = 0;
    for (separator, from, lowest, highest) in fields {
        let Some(field) = part(from, from + 2, lowest, highest) else { break };
        iso.push(separator);
        iso.push_str(field);
        known += 1;
    }
    if known == 3 {
        iso.push_str(":00"); // an hour alone is no time
    }
    if known >= 3 {
        iso.push_str(&offset(zone));
    }
    Some(iso)
}

/// The offset from UTC, empty if none is given.
fn offset(zone: &str) -> String {
    let Some(sign) = zone.chars().next() else { return String::new() };
    let digits: String = zone.chars().skip(1).filter(char::is_ascii_digit).take(4).collect();
    match sign {
        'Z' => "Z".to_owned(),
        '+' | '-' if digits.len() == 4 => format!("{sign}{}:{}", &digits[..2], &digits[2..]),
        '+' | '-' if digits.len() == 2 => format!("{sign}{digits}:00"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_as_exact_as_they_are_given() {
        let cases = [
            ("D:20240229103000+01'00'", Some("2024-02-29T10:30:00+01:00")),
            ("D:20240229103000Z", Some("2024-02-29T10:30:00Z")),
            ("D:20240229", Some("2024-02-29")),
            ("20240229103000", Some("2024-02-29T10:30:00")),
            ("D:2024", Some("2024")),
            ("yesterday", None),
            ("D:20241399", Some("2024")),
            ("Dµ", None),
        ];
        for (date, expected) in cases {
            assert_eq!(iso_8601(date).as_deref(), expected, "{date}");
        }
    }

    #[test]
    fn titles_that_programs_make_up_are_none() {
        for made_up in
            ["Microsoft Word - contract.doc", "paper.dvi", "untitled", "S25C-0i25080113320", "12", ""]
        {
            assert!(!is_title(made_up), "{made_up}");
        }
        assert!(is_title("Tide gauges of the North Sea"));
        assert!(is_title("Datasheet"));
    }
}
