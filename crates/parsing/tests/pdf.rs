//! PDF documents and the trees that they become.
#![allow(clippy::unwrap_used)] // clippy allows it in test functions, but not in their helpers

use gdg_config::ParsingLimits;
use gdg_model::{ElementType, Format, Outline, ParsedDocument};
use gdg_parsing::{Input, ParseError, parse_as};
use proptest::prelude::*;
use std::fs;
use std::path::Path;

fn sample(name: &str) -> Vec<u8> {
    fs::read(Path::new("tests/samples/pdf").join(name)).unwrap()
}

fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    parse_as(Format::Pdf, &Input { name: "sample.pdf", bytes }, &ParsingLimits::default())
}

fn outline(name: &str) -> String {
    Outline(&parse(&sample(name)).unwrap()).to_string()
}

fn texts(document: &ParsedDocument, wanted: ElementType) -> Vec<&str> {
    let found = document.elements.iter().filter(|element| element.element_type == wanted);
    found.map(|element| element.text.as_str()).collect()
}

#[test]
fn a_data_sheet_becomes_headings_tables_lists_and_links() {
    let bytes = fs::read("../../examples/documents/reports/datasheet.pdf").unwrap();
    let document = parse(&bytes).unwrap();
    insta::assert_snapshot!("datasheet", Outline(&document));
}

#[test]
fn columns_are_read_one_after_the_other() {
    let document = parse(&sample("two_columns.pdf")).unwrap();
    assert_eq!(
        document.title.as_deref(),
        Some("Resonance in a small harbour basin: a study of two gauges"),
        "the file's title is its program's invention"
    );
    assert_eq!(
        texts(&document, ElementType::Heading)[1..],
        ["Introduction", "Two gauges", "Results"],
        "bookmarked"
    );
    let paragraphs = texts(&document, ElementType::Paragraph);
    assert!(paragraphs.iter().all(|text| text.ends_with('.') || text.ends_with(char::is_alphabetic)));
    assert!(paragraphs[0].starts_with("The harbour") && paragraphs[1].starts_with("Measurements"));
}

#[test]
fn what_every_page_repeats_is_header_and_footer() {
    let document = parse(&sample("two_columns.pdf")).unwrap();
    let pages = texts(&document, ElementType::Page).len();
    assert_eq!(texts(&document, ElementType::PageHeader), vec!["Journal of Small Harbours 4 (2024)"; pages]);
    assert_eq!(texts(&document, ElementType::PageFooter), ["41", "42", "43", "44", "45"][..pages]);
}

#[test]
fn tables_are_found_by_their_lines_and_by_their_columns() {
    insta::assert_snapshot!("tables", outline("tables.pdf"));
}

#[test]
fn hyphens_forms_code_and_turned_text_are_read() {
    insta::assert_snapshot!(outline("odd.pdf"));
}

#[test]
fn links_and_comments_stand_where_they_belong() {
    insta::assert_snapshot!(outline("annotated.pdf"));
}

#[test]
fn a_scan_has_images_and_no_text() {
    insta::assert_snapshot!(outline("scanned.pdf"));
}

#[test]
fn a_tagged_image_has_its_description() {
    let document = parse(&sample("tagged_image.pdf")).unwrap();
    assert_eq!(texts(&document, ElementType::Image), ["The pier at low water"]);
    assert_eq!(document.metadata.get("language").and_then(|language| language.as_str()), Some("en-GB"));
}

#[test]
fn text_from_right_to_left_is_read_in_its_own_order() {
    let document = parse(&sample("hebrew.pdf")).unwrap();
    assert_eq!(texts(&document, ElementType::Paragraph), ["שלום עולם"]);
}

#[test]
fn an_empty_password_opens_and_another_is_asked_for() {
    let open = parse(&sample("encrypted_open.pdf")).unwrap();
    assert_eq!(open.title.as_deref(), Some("Sealed orders"));
    assert_eq!(texts(&open, ElementType::Paragraph), ["Read this without a password."]);
    let locked = parse(&fs::read("tests/unreadable/encrypted_locked.pdf").unwrap());
    assert!(matches!(locked, Err(ParseError::Encrypted { format: Format::Pdf })), "{locked:?}");
}

#[test]
fn a_document_cut_off_behind_its_pages_is_read_and_says_so() {
    let bytes = sample("tables.pdf");
    let document = parse(&bytes[..bytes.len() - 300]).unwrap();
    assert_eq!(texts(&document, ElementType::Table).len(), 2);
    assert_eq!(document.metadata.get("truncated").and_then(serde_json::Value::as_bool), Some(true));
}

#[test]
fn what_is_no_pdf_is_malformed() {
    for bytes in [&b"no pdf at all"[..], b"%PDF-1.4\n", b"%PDF-1.4\ntrailer\n<<>>\n%%EOF"] {
        let error = parse(bytes).unwrap_err();
        assert!(matches!(error, ParseError::Malformed { .. }), "{error}");
    }
}

#[test]
fn limits_end_the_parsing() {
    let bytes = sample("two_columns.pdf");
    let limits = ParsingLimits { max_elements: 10, ..ParsingLimits::default() };
    let error = parse_as(Format::Pdf, &Input { name: "", bytes: &bytes }, &limits).unwrap_err();
    assert!(matches!(error, ParseError::LimitExceeded { .. }), "{error}");
    let limits = ParsingLimits { deadline: 0, ..ParsingLimits::default() };
    let error = parse_as(Format::Pdf, &Input { name: "", bytes: &bytes }, &limits).unwrap_err();
    assert!(matches!(error, ParseError::LimitExceeded { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn content_of_any_kind_parses_or_fails(content in "[ -~\n]{0,200}") {
        let stream = format!(
            "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
             3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font\
             /Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n4 0 obj<</Length {}>>stream\nBT /F1 12 Tf {content}\nendstream \
             endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
            content.len() + 14,
        );
        let _ = parse(stream.as_bytes());
    }
}
