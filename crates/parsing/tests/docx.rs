//! Word documents, from their XML to their tree.

mod ooxml_fixture;

use gdg_config::{ByteSize, ParsingLimits};
use gdg_model::Format;
use gdg_parsing::{Input, Limit, ParseError, parse_as};
use insta::assert_snapshot;
use ooxml_fixture::{outline, package, parse, relationships};
use proptest::prelude::*;

const STYLES: &str = "<w:styles>\
    <w:style w:type='paragraph' w:default='1' w:styleId='Normal'><w:name w:val='Normal'/></w:style>\
    <w:style w:styleId='berschrift1'><w:name w:val='heading 1'/><w:pPr><w:outlineLvl w:val='0'/></w:pPr></w:style>\
    <w:style w:styleId='Kapitel'><w:name w:val='Kapitel'/><w:basedOn w:val='berschrift1'/></w:style>\
    <w:style w:styleId='Titel'><w:name w:val='Title'/></w:style>\
    <w:style w:styleId='Code'><w:name w:val='Source Code'/></w:style>\
    <w:style w:styleId='Zitat'><w:name w:val='Quote'/></w:style>\
    <w:style w:styleId='Loop'><w:name w:val='Loop'/><w:basedOn w:val='Loop'/></w:style>\
    <w:style w:type='character' w:styleId='Secret'><w:name w:val='Secret'/><w:rPr><w:vanish/></w:rPr></w:style>\
    </w:styles>";
const NUMBERING: &str = "<w:numbering>\
    <w:abstractNum w:abstractNumId='0'>\
    <w:lvl w:ilvl='0'><w:numFmt w:val='decimal'/><w:lvlText w:val='%1.'/></w:lvl>\
    <w:lvl w:ilvl='1'><w:numFmt w:val='bullet'/><w:lvlText w:val='o'/></w:lvl></w:abstractNum>\
    <w:abstractNum w:abstractNumId='1'><w:lvl w:ilvl='0'><w:numFmt w:val='bullet'/><w:lvlText w:val=' '/></w:lvl></w:abstractNum>\
    <w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num>\
    <w:num w:numId='2'><w:abstractNumId w:val='1'/></w:num></w:numbering>";

/// A document with this body, and with `extra` parts and relationships.
fn document_with(body: &str, extra: &[(&str, &str)], more: &[(&str, &str, &str)]) -> Vec<u8> {
    let document = format!("<w:document><w:body>{body}</w:body></w:document>");
    let mut related = vec![("s", "styles", "styles.xml"), ("n", "numbering", "numbering.xml")];
    related.extend(more);
    let related = relationships(&related);
    let mut parts = vec![
        ("word/document.xml", document.as_str()),
        ("word/_rels/document.xml.rels", related.as_str()),
        ("word/styles.xml", STYLES),
        ("word/numbering.xml", NUMBERING),
    ];
    parts.extend(extra);
    package(&parts)
}

/// The outline of a document with this body.
fn body(body: &str) -> String {
    outline(Format::Docx, &document_with(body, &[], &[]))
}

/// A paragraph with these properties and this text.
fn paragraph(properties: &str, text: &str) -> String {
    format!("<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>")
}

fn item(list: u32, level: u32, text: &str) -> String {
    paragraph(&format!("<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{list}'/></w:numPr>"), text)
}

fn styled(style: &str, text: &str) -> String {
    paragraph(&format!("<w:pStyle w:val='{style}'/>"), text)
}

#[test]
fn headings_are_known_by_style_inheritance_and_outline_level() {
    let xml = [
        styled("Titel", "The title"),
        styled("Kapitel", "One"),
        paragraph("<w:outlineLvl w:val='1'/>", "One one"),
        paragraph("<w:pStyle w:val='Kapitel'/><w:outlineLvl w:val='9'/>", "no heading"),
        styled("Loop", "a style based on itself"),
    ];
    assert_snapshot!(body(&xml.concat()));
}

#[test]
fn lists_nest_resume_and_take_in_what_continues_them() {
    let xml = [
        item(1, 0, "one"),
        item(1, 1, "one, bullet"),
        item(2, 0, "more of one"),
        item(1, 0, "two"),
        paragraph("", "between"),
        item(1, 0, "three"),
    ];
    assert_snapshot!(body(&xml.concat()));
}

#[test]
fn code_keeps_its_lines_and_quotes_are_one_block() {
    let xml = [
        styled("Code", "fn main() {"),
        "<w:p><w:pPr><w:pStyle w:val='Code'/></w:pPr><w:r><w:tab/><w:t>run();</w:t></w:r></w:p>".to_owned(),
        styled("Code", "}"),
        styled("Zitat", "To be"),
        styled("Zitat", "or not to be"),
        paragraph("", "after"),
    ];
    assert_snapshot!(body(&xml.concat()));
}

#[test]
fn merged_cells_span_and_nested_tables_stay_in_their_cell() {
    let cell =
        |properties: &str, content: &str| format!("<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>");
    let text = |text: &str| paragraph("", text);
    let nested = format!("<w:tbl><w:tr>{}</w:tr></w:tbl><w:p/>", cell("", &text("inner")));
    let xml = format!(
        "<w:tbl><w:tblPr><w:tblLook w:val='04A0'/></w:tblPr>\
         <w:tr>{}{}</w:tr><w:tr>{}{}{}</w:tr><w:tr>{}{}{}</w:tr>\
         <w:tr><w:trPr><w:del/></w:trPr>{}</w:tr></w:tbl>",
        cell("<w:gridSpan w:val='2'/>", &text("wide")),
        cell("", &(text("two") + &text("lines"))),
        cell("<w:vMerge w:val='restart'/>", &text("tall")),
        cell("", &text("b")),
        cell("", &nested),
        cell("<w:vMerge/>", "<w:p/>"),
        cell("", &text("e")),
        cell("", &text("f")),
        cell("", &text("a deleted row")),
    );
    assert_snapshot!(body(&xml));
}

#[test]
fn links_come_from_relationships_anchors_and_fields() {
    let xml = "<w:p><w:hyperlink r:id='h' w:anchor='top'><w:r><w:t>related</w:t></w:r></w:hyperlink><w:r><w:t> </w:t></w:r>\
        <w:hyperlink w:anchor='here'><w:r><w:t>inside</w:t></w:r></w:hyperlink></w:p>\
        <w:p><w:r><w:t>by </w:t></w:r><w:r><w:fldChar w:fldCharType='begin'/></w:r><w:r><w:instrText> HYPERLINK </w:instrText></w:r>\
        <w:r><w:instrText>\"b.docx\"</w:instrText></w:r><w:r><w:fldChar w:fldCharType='separate'/></w:r><w:r><w:t>field</w:t></w:r></w:p>\
        <w:p><w:r><w:t>goes on</w:t></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r><w:r><w:t>, and ends</w:t></w:r></w:p>\
        <w:p><w:fldSimple w:instr='HYPERLINK \"c.docx\"'><w:r><w:t>simple</w:t></w:r></w:fldSimple></w:p>";
    let bytes = document_with(xml, &[], &[("h", "hyperlink", "https://e.org/a")]);
    assert_snapshot!(outline(Format::Docx, &bytes));
}

#[test]
fn tracked_deletions_hidden_text_and_fallbacks_are_left_out() {
    let xml = "<w:p><w:r><w:t>kept</w:t></w:r><w:ins><w:r><w:t> inserted</w:t></w:r></w:ins>\
        <w:del><w:r><w:delText> deleted</w:delText></w:r></w:del><w:moveFrom><w:r><w:t> moved</w:t></w:r></w:moveFrom>\
        <w:r><w:rPr><w:vanish/></w:rPr><w:t> hidden</w:t></w:r><w:r><w:rPr><w:rStyle w:val='Secret'/></w:rPr><w:t> secret</w:t></w:r>\
        <w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t> shown</w:t></w:r><w:r><w:noBreakHyphen/><w:sym w:font='Symbol' w:char='F061'/></w:r>\
        <w:sdt><w:sdtPr><w:alias w:val='x'/></w:sdtPr><w:sdtContent><w:r><w:t> control</w:t></w:r></w:sdtContent></w:sdt>\
        <w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wp:anchor><wps:txbx><w:txbxContent>\
        <w:p><w:r><w:t>in the box</w:t></w:r></w:p></w:txbxContent></wps:txbx></wp:anchor></w:drawing></mc:Choice>\
        <mc:Fallback><w:pict><v:textbox><w:txbxContent><w:p><w:r><w:t>in the box</w:t></w:r></w:p></w:txbxContent></v:textbox></w:pict></mc:Fallback>\
        </mc:AlternateContent></w:r></w:p>";
    assert_snapshot!(body(xml), @r#"
    document
      paragraph "kept inserted shown‑α control" @word/document.xml#0
      paragraph "in the box" @word/document.xml#0
    "#);
}

#[test]
fn notes_comments_headers_and_pictures_stand_where_they_belong() {
    let xml = "<w:p><w:r><w:t>text</w:t></w:r><w:r><w:footnoteReference w:id='2'/></w:r><w:r><w:endnoteReference w:id='1'/></w:r>\
        <w:r><w:commentReference w:id='0'/></w:r></w:p>\
        <w:p><w:r><w:drawing><wp:inline><wp:docPr id='1' descr='A buoy'/><a:blip r:embed='p'/></wp:inline></w:drawing></w:r></w:p>";
    let note = |name: &str, id: &str, text: &str| {
        format!("<w:{name} w:id='{id}' w:author='Ann'><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{name}>")
    };
    let separator = "<w:footnote w:type='separator' w:id='0'><w:p/></w:footnote>";
    let footnotes = format!("<w:footnotes>{separator}{}</w:footnotes>", note("footnote", "2", "at the foot"));
    let endnotes = format!("<w:endnotes>{}</w:endnotes>", note("endnote", "1", "at the end"));
    let comments = format!(
        "<w:comments>{}{}</w:comments>",
        note("comment", "0", "why?"),
        note("comment", "1", "not referred to")
    );
    let running =
        |name: &str, text: &str| format!("<w:{name}><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:{name}>");
    let bytes = document_with(
        xml,
        &[
            ("word/footnotes.xml", &footnotes),
            ("word/endnotes.xml", &endnotes),
            ("word/comments.xml", &comments),
            ("word/header1.xml", &running("hdr", "top")),
            ("word/header2.xml", &running("hdr", "top")),
            ("word/header3.xml", &running("hdr", " ")),
            ("word/footer1.xml", &running("ftr", "bottom")),
        ],
        &[
            ("f", "footnotes", "footnotes.xml"),
            ("e", "endnotes", "endnotes.xml"),
            ("c", "comments", "comments.xml"),
            ("h1", "header", "header1.xml"),
            ("h2", "header", "header2.xml"),
            ("h3", "header", "header3.xml"),
            ("b", "footer", "footer1.xml"),
            ("p", "image", "media/buoy.png"),
        ],
    );
    assert_snapshot!(outline(Format::Docx, &bytes));
}

#[test]
fn a_document_without_words_has_only_its_root() {
    assert_eq!(body("<w:p/><w:p><w:r><w:t> </w:t></w:r></w:p><w:sectPr/>"), "document\n");
}

#[test]
fn what_is_no_document_says_why() {
    let error = |bytes: &[u8]| outline(Format::Docx, bytes);
    assert!(error(b"plain text").starts_with("error: malformed docx: the zip archive cannot be read"));
    let whole = document_with(&paragraph("", "text"), &[], &[]);
    assert!(error(&whole[..whole.len() / 2]).starts_with("error: malformed docx"));
    assert_eq!(
        error(&package(&[("a", "b")])),
        "error: malformed docx: the part word/document.xml is missing"
    );
    let other = package(&[("word/document.xml", "<p:presentation/>")]);
    assert!(error(&other).contains("no Word document"), "{}", error(&other));
}

#[test]
fn broken_xml_names_its_part() {
    for xml in ["<w:document><w:body><w:p>", "<w:document></w:body></w:document>", "<w:document a=1/>", ""] {
        let error = parse(Format::Docx, &package(&[("word/document.xml", xml)])).unwrap_err();
        assert!(matches!(error, ParseError::Malformed { .. }), "{error}");
        assert!(error.to_string().contains("word/document.xml"), "{error}");
    }
}

#[test]
fn an_entity_that_the_format_does_not_define_stays_as_it_is_written() {
    let xml = "<!DOCTYPE d [<!ENTITY e 'boom'>]><w:document><w:body><w:p><w:r><w:t>a &e; b</w:t></w:r></w:p></w:body></w:document>";
    let document = parse(Format::Docx, &package(&[("word/document.xml", xml)])).unwrap();
    assert_eq!(document.elements.last().unwrap().text, "a &e; b");
}

#[test]
fn compound_files_are_encrypted_or_old() {
    let mut file = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    file.resize(1024, 0);
    let error = parse(Format::Docx, &file).unwrap_err();
    assert!(error.to_string().contains("old binary Office file"), "{error}");
    file.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert!(matches!(parse(Format::Docx, &file), Err(ParseError::Encrypted { .. })));
}

#[test]
fn a_bomb_is_counted_while_it_inflates() {
    let bytes = document_with(&paragraph("", &" ".repeat(4_000_000)), &[], &[]);
    let limits = ParsingLimits { max_inflated_size: ByteSize(100_000), ..ParsingLimits::default() };
    let error = parse_as(Format::Docx, &Input { name: "", bytes: &bytes }, &limits).unwrap_err();
    assert!(matches!(error, ParseError::LimitExceeded { limit: Limit::Inflated, .. }), "{error}");
}

#[test]
fn depth_costs_no_stack() {
    const LEVELS: usize = 100_000;
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(LEVELS), close.repeat(LEVELS));
    for (open, close) in [
        ("<w:tbl>", "</w:tbl>"),
        ("<w:sdt><w:sdtContent>", "</w:sdtContent></w:sdt>"),
        ("<mc:AlternateContent><mc:Choice>", "</mc:Choice></mc:AlternateContent>"),
    ] {
        assert_eq!(body(&nested(open, close)), "document\n");
    }
    for (open, close) in [
        ("<w:tbl><w:tr><w:tc><w:p/>", "</w:tc></w:tr></w:tbl>"),
        ("<w:p><w:r><w:pict><w:txbxContent>", "</w:txbxContent></w:pict></w:r></w:p>"),
        ("<w:p><m:oMath><m:sSup><m:e>", "</m:e></m:sSup></m:oMath></w:p>"),
    ] {
        assert!(body(&nested(open, close)).contains("nested too deeply"), "{open}");
    }
}

#[test]
fn notes_that_refer_to_one_another_end() {
    let mut notes = String::new();
    for id in 0..50_000 {
        let reference = format!("<w:t>n</w:t><w:footnoteReference w:id='{}'/>", id + 1);
        let note = format!("<w:footnote w:id='{id}'><w:p><w:r>{reference}</w:r></w:p></w:footnote>");
        notes.push_str(&note);
    }
    let footnotes = format!("<w:footnotes>{notes}</w:footnotes>");
    let bytes = document_with(
        "<w:p><w:r><w:t>x</w:t><w:footnoteReference w:id='0'/></w:r></w:p>",
        &[("word/footnotes.xml", &footnotes)],
        &[("f", "footnotes", "footnotes.xml")],
    );
    assert_eq!(parse(Format::Docx, &bytes).unwrap().elements.len(), 50_002);
}

#[test]
fn the_annual_report_reads_as_a_person_would_outline_it() {
    let bytes = include_bytes!("../../../examples/documents/reports/annual-report.docx");
    assert_snapshot!(outline(Format::Docx, bytes));
}

/// XML made of the elements that documents are made of, in any order.
fn any_body() -> impl Strategy<Value = String> {
    const NAMES: [&str; 24] = [
        "w:p",
        "w:r",
        "w:t",
        "w:tbl",
        "w:tr",
        "w:tc",
        "w:pPr",
        "w:tcPr",
        "w:vMerge",
        "w:hyperlink",
        "w:fldChar",
        "w:drawing",
        "a:blip",
        "w:txbxContent",
        "m:oMath",
        "m:sSup",
        "m:e",
        "w:footnote",
        "w:numPr",
        "w:ins",
        "mc:AlternateContent",
        "mc:Choice",
        "w:instrText",
        "w:sdt",
    ];
    let leaf = "[a-z ]{0,5}".prop_map(String::from);
    leaf.prop_recursive(8, 64, 4, |inner| {
        (proptest::sample::select(&NAMES[..]), proptest::collection::vec(inner, 0..4)).prop_map(
            |(name, children)| {
                format!("<{name} w:id='1' w:fldCharType='begin'>{}</{name}>", children.concat())
            },
        )
    })
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_or_refused(bytes: Vec<u8>) {
        let outcome = parse(Format::Docx, &bytes);
        let panicked = matches!(outcome, Err(ParseError::Panicked { .. }));
        prop_assert!(!panicked);
    }

    #[test]
    fn any_arrangement_of_elements_is_parsed(xml in any_body()) {
        let outcome = parse(Format::Docx, &document_with(&xml, &[], &[]));
        prop_assert!(outcome.is_ok(), "{:?}", outcome);
    }

    #[test]
    fn a_damaged_document_is_parsed_or_refused(position in 0_usize..10_000, byte: u8) {
        let mut bytes = document_with(&item(1, 0, "text"), &[], &[]);
        let length = bytes.len();
        bytes[position % length] = byte;
        let outcome = parse(Format::Docx, &bytes);
        let panicked = matches!(outcome, Err(ParseError::Panicked { .. }));
        prop_assert!(!panicked);
    }
}
