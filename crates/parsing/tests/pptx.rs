//! Presentations, from their XML to their tree.

mod ooxml_fixture;

use gdg_model::Format;
use gdg_parsing::ParseError;
use insta::assert_snapshot;
use ooxml_fixture::{outline, package, parse, relationships};
use proptest::prelude::*;

/// A presentation with one slide, whose shapes are `shapes`, on a layout whose body has no bullets at the first level.
fn presentation(shapes: &str, extra: &[(&str, &str)], more: &[(&str, &str, &str)]) -> Vec<u8> {
    let main = "<p:presentation><p:sldIdLst><p:sldId id='256' r:id='s1'/></p:sldIdLst></p:presentation>";
    let slide = format!("<p:sld show='0'><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>");
    let layout = "<p:sldLayout><p:sp><p:nvPr><p:ph type='body' idx='9'/></p:nvPr><p:txBody><a:lstStyle>\
        <a:lvl1pPr><a:buNone/></a:lvl1pPr></a:lstStyle></p:txBody></p:sp></p:sldLayout>";
    let mut related = vec![("l", "slideLayout", "../slideLayouts/slideLayout1.xml")];
    related.extend(more);
    let main_related =
        relationships(&[("s1", "slide", "slides/slide1.xml"), ("a", "commentAuthors", "authors.xml")]);
    let slide_related = relationships(&related);
    let mut parts = vec![
        ("ppt/presentation.xml", main),
        ("ppt/_rels/presentation.xml.rels", main_related.as_str()),
        ("ppt/slides/slide1.xml", slide.as_str()),
        ("ppt/slides/_rels/slide1.xml.rels", slide_related.as_str()),
        ("ppt/slideLayouts/slideLayout1.xml", layout),
    ];
    parts.extend(extra);
    package(&parts)
}

fn shape(placeholder: &str, paragraphs: &str) -> String {
    format!(
        "<p:sp><p:nvSpPr><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:txBody>{paragraphs}</p:txBody></p:sp>"
    )
}

fn paragraph(properties: &str, text: &str) -> String {
    format!("<a:p>{properties}<a:r><a:t>{text}</a:t></a:r></a:p>")
}

#[test]
fn bullets_come_from_the_paragraph_the_layout_or_the_placeholder() {
    let shapes = [
        shape("<p:ph type='title'/>", &paragraph("", "Title")),
        shape(
            "<p:ph idx='1'/>",
            &[
                paragraph("", "bullet"),
                paragraph("<a:pPr lvl='1'><a:buAutoNum startAt='3'/></a:pPr>", "numbered"),
                paragraph("", "bullet again"),
                paragraph("<a:pPr><a:buNone/></a:pPr>", "prose"),
            ]
            .concat(),
        ),
        shape(
            "<p:ph type='body' idx='9'/>",
            &(paragraph("", "plain by layout") + &paragraph("<a:pPr lvl='1'/>", "bullet below")),
        ),
        format!(
            "<p:grpSp>{}</p:grpSp>",
            shape("", &(paragraph("", "box") + &paragraph("<a:pPr><a:buChar char='-'/></a:pPr>", "dash")))
        ),
        shape("<p:ph type='sldNum'/>", &paragraph("", "1")),
    ];
    assert_snapshot!(outline(Format::Pptx, &presentation(&shapes.concat(), &[], &[])));
}

#[test]
fn tables_pictures_links_comments_and_notes_are_kept() {
    let cell = |attributes: &str, text: &str| {
        format!("<a:tc {attributes}><a:txBody>{}</a:txBody></a:tc>", paragraph("", text))
    };
    let shapes = [
        format!(
            "<p:graphicFrame><a:tbl><a:tblPr firstRow='1'/><a:tr>{}{}</a:tr><a:tr>{}{}</a:tr></a:tbl></p:graphicFrame>",
            cell("gridSpan='2'", "wide"),
            cell("hMerge='1'", ""),
            cell("", "a"),
            cell("", "b"),
        ),
        "<p:pic><p:cNvPr id='4' descr='A buoy'/><a:blip r:embed='p'/></p:pic>".to_owned(),
        shape("", "<a:p><a:r><a:rPr><a:hlinkClick r:id='h'/></a:rPr><a:t>the </a:t></a:r>\
            <a:r><a:rPr><a:hlinkClick r:id='h'/></a:rPr><a:t>site</a:t></a:r><a:r><a:t> and </a:t></a:r>\
            <a:r><a:rPr><a:hlinkClick r:id='j'/></a:rPr><a:t>slide one</a:t></a:r></a:p>"),
        "<p:graphicFrame><dgm:relIds r:dm='d'/></p:graphicFrame><p:graphicFrame><c:chart r:id='c'/></p:graphicFrame>".to_owned(),
    ];
    let chart = "<c:chartSpace><c:chart><c:title><c:tx><a:t>Levels</a:t></c:tx></c:title><c:plotArea><c:ser>\
        <c:tx><c:v>2024</c:v></c:tx><c:cat><c:pt idx='0'><c:v>May</c:v></c:pt><c:pt idx='1'><c:v>June</c:v></c:pt></c:cat>\
        <c:val><c:pt idx='1'><c:v>2.3</c:v></c:pt></c:val></c:ser><c:valAx><c:title><c:tx><a:t>metres</a:t></c:tx></c:title></c:valAx>\
        </c:plotArea></c:chart></c:chartSpace>";
    let diagram = "<dgm:dataModel><dgm:pt><dgm:t><a:p><a:r><a:t>Measure</a:t></a:r></a:p></dgm:t></dgm:pt><dgm:pt><dgm:t><a:p/></dgm:t></dgm:pt></dgm:dataModel>";
    let notes = format!(
        "<p:notes>{}{}</p:notes>",
        shape("<p:ph type='sldNum'/>", &paragraph("", "7")),
        shape("<p:ph type='body' idx='1'/>", &(paragraph("", "say this") + &paragraph("", "and that")))
    );
    let bytes = presentation(
        &shapes.concat(),
        &[
            ("ppt/charts/chart1.xml", chart),
            ("ppt/diagrams/data1.xml", diagram),
            ("ppt/notesSlides/notesSlide1.xml", &notes),
            (
                "ppt/comments/comment1.xml",
                "<p:cmLst><p:cm authorId='0'><p:text>really?</p:text></p:cm></p:cmLst>",
            ),
            ("ppt/authors.xml", "<p:cmAuthorLst><p:cmAuthor id='0' name='Ann'/></p:cmAuthorLst>"),
        ],
        &[
            ("p", "image", "../media/buoy.png"),
            ("h", "hyperlink", "https://e.org/"),
            ("j", "slide", "slide1.xml"),
            ("d", "diagramData", "../diagrams/data1.xml"),
            ("c", "chart", "../charts/chart1.xml"),
            ("n", "notesSlide", "../notesSlides/notesSlide1.xml"),
            ("m", "comments", "../comments/comment1.xml"),
        ],
    );
    assert_snapshot!(outline(Format::Pptx, &bytes));
}

#[test]
fn a_slide_that_is_missing_is_no_half_document() {
    let main = "<p:presentation><p:sldId id='256' r:id='s1'/></p:presentation>";
    let related = relationships(&[("s1", "slide", "slides/slide1.xml")]);
    let parts = [("ppt/presentation.xml", main), ("ppt/_rels/presentation.xml.rels", related.as_str())];
    assert_eq!(
        outline(Format::Pptx, &package(&parts)),
        "error: malformed pptx: the part ppt/slides/slide1.xml is missing"
    );
    assert_eq!(outline(Format::Pptx, &package(&parts[..1])), "error: malformed pptx: slide `s1` has no part");
}

#[test]
fn nested_groups_cost_no_stack() {
    let groups =
        "<p:grpSp>".repeat(100_000) + &shape("", &paragraph("", "deep")) + &"</p:grpSp>".repeat(100_000);
    assert!(outline(Format::Pptx, &presentation(&groups, &[], &[])).contains("paragraph \"deep\""));
}

#[test]
fn the_review_meeting_reads_as_a_person_would_outline_it() {
    let bytes = include_bytes!("../../../examples/documents/reports/review-meeting.pptx");
    assert_snapshot!(outline(Format::Pptx, bytes));
}

/// XML made of the elements that slides are made of, in any order.
fn any_shapes() -> impl Strategy<Value = String> {
    const NAMES: [&str; 18] = [
        "p:sp",
        "p:pic",
        "p:grpSp",
        "p:graphicFrame",
        "a:p",
        "a:r",
        "a:t",
        "a:tbl",
        "a:tr",
        "a:tc",
        "a:pPr",
        "a:lstStyle",
        "a:lvl2pPr",
        "a:buNone",
        "p:ph",
        "mc:AlternateContent",
        "mc:Choice",
        "m:oMath",
    ];
    let leaf = "[a-z ]{0,5}".prop_map(String::from);
    leaf.prop_recursive(8, 64, 4, |inner| {
        (proptest::sample::select(&NAMES[..]), proptest::collection::vec(inner, 0..4))
            .prop_map(|(name, children)| format!("<{name} type='title'>{}</{name}>", children.concat()))
    })
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_or_refused(bytes: Vec<u8>) {
        let outcome = parse(Format::Pptx, &bytes);
        let panicked = matches!(outcome, Err(ParseError::Panicked { .. }));
        prop_assert!(!panicked);
    }

    #[test]
    fn any_arrangement_of_elements_is_parsed(xml in any_shapes()) {
        let outcome = parse(Format::Pptx, &presentation(&xml, &[], &[]));
        prop_assert!(outcome.is_ok(), "{:?}", outcome);
    }
}
