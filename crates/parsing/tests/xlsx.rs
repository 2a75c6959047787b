//! Trees of workbooks, and what hostile ones come to.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_config::{ByteSize, ParsingLimits};
use gdg_model::{ElementType, Format, Outline, ParsedDocument};
use gdg_parsing::{Input, Limit, ParseError, parse_as};
use proptest::prelude::*;
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn parse(bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    parse_within(bytes, &ParsingLimits::default())
}

fn parse_within(bytes: &[u8], limits: &ParsingLimits) -> Result<ParsedDocument, ParseError> {
    parse_as(Format::Xlsx, &Input { name: "book.xlsx", bytes }, limits)
}

const PACKAGE_RELATIONSHIPS: &str = r#"<Relationships><Relationship Id="a"
    Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK_RELATIONSHIPS: &str = r#"<Relationships>
    <Relationship Id="a" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>
    <Relationship Id="b" Type="http://x/sharedStrings" Target="sharedStrings.xml"/>
    <Relationship Id="c" Type="http://x/styles" Target="/xl/styles.xml"/></Relationships>"#;
const WORKBOOK: &str = r#"<workbook><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>"#;

/// A package of these parts.
fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, xml) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(xml.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A workbook of one sheet with these contents, and of these shared strings.
fn workbook(sheet: &str, shared_strings: &str) -> Vec<u8> {
    package(&[
        ("_rels/.rels", PACKAGE_RELATIONSHIPS),
        ("xl/workbook.xml", WORKBOOK),
        ("xl/_rels/workbook.xml.rels", WORKBOOK_RELATIONSHIPS),
        ("xl/sharedStrings.xml", shared_strings),
        ("xl/worksheets/sheet1.xml", &format!("<worksheet>{sheet}</worksheet>")),
    ])
}

fn sheet_of(cells: &str) -> Vec<u8> {
    workbook(&format!("<sheetData>{cells}</sheetData>"), "<sst/>")
}

/// The text of the cells of a document, in order.
fn cell_texts(document: &ParsedDocument) -> Vec<&str> {
    let is_cell = |element_type| element_type == ElementType::TableCell;
    document
        .elements
        .iter()
        .filter(|element| is_cell(element.element_type))
        .map(|cell| cell.text.as_str())
        .collect()
}

#[test]
fn the_example_budget_is_three_sheets() {
    let document = parse(include_bytes!("../../../examples/documents/data/budget.xlsx")).unwrap();
    insta::assert_snapshot!(Outline(&document));
}

#[test]
fn merges_links_comments_and_hidden_sheets_are_in_the_tree() {
    let document = parse(include_bytes!("samples/xlsx/features.xlsx")).unwrap();
    insta::assert_snapshot!(Outline(&document));
}

#[test]
fn the_core_properties_are_metadata_and_name_the_workbook() {
    let core = "<coreProperties><title>Budget &amp; plan</title><creator>Ada</creator></coreProperties>";
    let with_core = |core: &str| {
        parse(&package(&[
            ("_rels/.rels", PACKAGE_RELATIONSHIPS),
            ("docProps/core.xml", core),
            ("xl/workbook.xml", WORKBOOK),
        ]))
        .unwrap()
    };
    let document = with_core(core);
    assert_eq!(document.title.as_deref(), Some("Budget & plan"));
    assert_eq!(document.metadata.text("author"), Some("Ada"));
    // The sheets are there even where the properties are broken.
    assert_eq!(with_core("<coreProperties><title>Bud").elements.len(), 2);
}

#[test]
fn dates_of_the_1904_date_system_are_right() {
    let document = parse(include_bytes!("samples/xlsx/dates_from_1904.xlsx")).unwrap();
    let texts = cell_texts(&document);
    for expected in ["1999-12-31", "2024-02-29T13:05:09", "07:30:00", "30:05:00", "1904-02-01"] {
        assert!(texts.contains(&expected), "{expected} in {texts:?}");
    }
}

#[test]
fn every_kind_of_value_is_shown_as_in_the_sheet() {
    let document = parse(&workbook(
        r#"<sheetData><row r="2">
            <c r="B2" t="s"><v>1</v></c><c r="C2"><v>0.30000000000000004</v></c>
            <c r="D2" t="b"><v>1</v></c><c r="E2" t="e"><v>#SPILL!</v></c>
            <c r="F2" t="inlineStr"><is><r><t>in</t></r><r><t xml:space="preserve"> line</t></r></is></c>
            <c r="G2" t="d"><v>2026-03-17</v></c><c r="H2" t="str"><f>"a"&amp;"b"</f><v>ab</v></c>
            <c r="I2" t="s"><v>99</v></c><c r="J2" s="1"/>
        </row></sheetData>"#,
        r"<sst><si><t>unused</t></si><si><t>R&amp;D</t><rPh><t>phonetic</t></rPh></si></sst>",
    ))
    .unwrap();
    assert_eq!(cell_texts(&document), ["R&D", "0.3", "TRUE", "#SPILL!", "in line", "2026-03-17", "ab"]);
}

#[test]
fn an_undefined_entity_in_a_cell_stays_as_it_is_written() {
    let cells = r#"<row><c t="inlineStr"><is><t>a &no; &amp; b</t></is></c><c><v>1</v></c></row>"#;
    assert_eq!(cell_texts(&parse(&sheet_of(cells)).unwrap()), ["a &no; & b", "1"]);
}

#[test]
fn cells_without_references_follow_each_other() {
    let document = parse(&sheet_of(
        r#"<row><c><v>1</v></c><c/><c><v>2</v></c></row><row><c><v>3</v></c></row>
           <row r="5"><c><v>4</v></c><c r="E5"><v>5</v></c><c><v>6</v></c></row>"#,
    ))
    .unwrap();
    let cells = document.elements.iter().filter(|element| element.element_type == ElementType::TableCell);
    let places: Vec<String> = cells.map(|cell| format!("{} {}", cell.text, cell.location)).collect();
    let expected = ["1 A1", "2 C1", "3 A2", "4 A5", "5 E5", "6 F5"];
    let expected = expected.map(|cell| cell.replace(' ', " sheet=S;cells="));
    assert_eq!(places, expected);
}

#[test]
fn shared_formulas_are_moved_to_their_cells() {
    let document = parse(&sheet_of(
        r#"<row r="1"><c r="B1"><f t="shared" ref="B1:B2" si="4000000000">A1*$C$1</f><v>2</v></c></row>
           <row r="2"><c r="B2"><f t="shared" si="4000000000"/><v>4</v></c></row>"#,
    ))
    .unwrap();
    let formulas: Vec<_> =
        document.elements.iter().filter_map(|element| element.attributes.text("formula")).collect();
    assert_eq!(formulas, ["=A1*$C$1", "=A2*$C$1"]);
}

#[test]
fn tables_side_by_side_are_told_apart_but_a_form_is_one_table() {
    let cell = |reference: &str| format!(r#"<c r="{reference}"><v>1</v></c>"#);
    let rows = |references: &[&[&str]]| {
        references
            .iter()
            .map(|row| format!("<row>{}</row>", row.iter().map(|name| cell(name)).collect::<String>()))
            .collect::<String>()
    };
    let tables = |sheet: &str| {
        let document = parse(&sheet_of(sheet)).unwrap();
        let tables = document.elements.iter().filter(|element| element.element_type == ElementType::Table);
        tables.map(|table| table.location.to_string()).collect::<Vec<_>>()
    };
    let side_by_side = rows(&[&["A1", "B1"], &["A2", "B2", "E2", "F2"], &["E3", "F3"], &["E5"]]);
    assert_eq!(tables(&side_by_side), ["A1:B2", "E2:F3", "E5"].map(|cells| format!("sheet=S;cells={cells}")));
    let form = rows(&[&["A1", "D1"], &["A2", "D2"]]);
    assert_eq!(tables(&form), ["sheet=S;cells=A1:D2"]);
}

#[test]
fn a_cell_in_the_last_corner_costs_no_more_than_any_other() {
    let document =
        parse(&sheet_of(r#"<row><c r="A1"><v>1</v></c><c r="XFD1048576"><v>2</v></c></row>"#)).unwrap();
    assert_eq!(cell_texts(&document), ["1", "2"]);
}

#[test]
fn a_declared_count_is_not_believed() {
    let strings = r#"<sst count="99999999999" uniqueCount="99999999999"><si><t>a</t></si></sst>"#;
    let sheet = r#"<dimension ref="A1:XFD1048576"/><sheetData><row><c t="s"><v>0</v></c></row></sheetData>"#;
    assert_eq!(cell_texts(&parse(&workbook(sheet, strings)).unwrap()), ["a"]);
}

#[test]
fn a_part_that_inflates_too_far_names_the_key() {
    let strings = format!("<sst><si><t>{}</t></si></sst>", "a".repeat(3 << 20));
    let limits = ParsingLimits { max_inflated_size: ByteSize::mebibytes(1), ..ParsingLimits::default() };
    let error = parse_within(&workbook("<sheetData/>", &strings), &limits).unwrap_err();
    assert!(matches!(error, ParseError::LimitExceeded { limit: Limit::Inflated, .. }), "{error}");
}

#[test]
fn too_many_cells_are_refused_before_they_are_kept() {
    let limits = ParsingLimits { max_elements: 50, ..ParsingLimits::default() };
    let cells = "<row><c><v>1</v></c></row>".repeat(100);
    let error = parse_within(&sheet_of(&cells), &limits).unwrap_err();
    assert!(matches!(error, ParseError::LimitExceeded { limit: Limit::Elements, .. }), "{error}");
}

#[test]
fn a_long_formula_that_many_cells_share_is_bounded_by_the_text() {
    let template = "A1+".repeat(1000);
    let shared = r#"<row><c><f t="shared" si="0"/><v>1</v></c></row>"#.repeat(2000);
    let cells = format!(r#"<row><c><f t="shared" si="0">{template}</f><v>1</v></c></row>{shared}"#);
    let limits = ParsingLimits { max_text_size: ByteSize::mebibytes(1), ..ParsingLimits::default() };
    let error = parse_within(&sheet_of(&cells), &limits).unwrap_err();
    assert!(matches!(error, ParseError::LimitExceeded { limit: Limit::Text, .. }), "{error}");
}

#[test]
fn what_is_no_workbook_is_malformed() {
    let no_workbook = package(&[("_rels/.rels", PACKAGE_RELATIONSHIPS)]);
    let outside = sheet_of(r#"<row><c r="XFE1"><v>1</v></c></row>"#);
    let cut_short = workbook("<sheetData><row><c><v>1</x>", "<sst/>");
    for bytes in [b"PK\x03\x04 and nothing".as_slice(), b"text", &no_workbook, &outside, &cut_short] {
        assert!(matches!(parse(bytes), Err(ParseError::Malformed { .. })), "{:?}", parse(bytes));
    }
}

#[test]
fn an_encrypted_workbook_is_told_from_an_old_one() {
    let compound_file = |stream: &str| {
        let mut bytes = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
        bytes.extend([0; 632]);
        bytes.extend(stream.encode_utf16().flat_map(u16::to_le_bytes));
        bytes
    };
    assert!(matches!(parse(&compound_file("EncryptedPackage")), Err(ParseError::Encrypted { .. })));
    assert!(matches!(parse(&compound_file("Workbook")), Err(ParseError::Malformed { .. })));
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 1..400)) {
        let panicked = matches!(parse(&bytes), Err(ParseError::Panicked { .. }));
        prop_assert!(!panicked);
    }

    #[test]
    fn any_sheet_xml_is_parsed_or_refused(xml in "(</?(c|v|f|is|row|mergeCell|hyperlink)( (r|t|s|si|ref|id)=\"[A-Za-z0-9:.]{0,6}\"){0,3}/?>|[0-9a-z&;]{0,4}){0,40}") {
        let panicked = matches!(parse(&workbook(&xml, "<sst/>")), Err(ParseError::Panicked { .. }));
        prop_assert!(!panicked);
    }

    #[test]
    fn a_damaged_workbook_is_parsed_or_refused(at in 0_usize..9000, value: u8) {
        let mut bytes = include_bytes!("samples/xlsx/features.xlsx").to_vec();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = value;
        }
        let panicked = matches!(parse(&bytes), Err(ParseError::Panicked { .. }));
        prop_assert!(!panicked);
    }

    #[test]
    fn words_come_back_as_they_were_written(words in proptest::collection::vec("[a-zA-Zäöü&<>\" ]{0,8}[a-z]", 1..20)) {
        let escape = |word: &String| word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let cells: String = words
            .iter()
            .map(|word| format!(r#"<c t="inlineStr"><is><t>{}</t></is></c>"#, escape(word)))
            .collect();
        let document = parse(&sheet_of(&format!("<row>{cells}</row>"))).unwrap();
        let expected: Vec<&str> = words.iter().map(|word| word.trim()).collect();
        prop_assert_eq!(cell_texts(&document), expected);
    }
}
