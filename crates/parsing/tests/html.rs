//! Trees of HTML documents, as they are and as they should not be.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_config::ParsingLimits;
use gdg_model::{ElementType, Format, Outline, ParsedDocument};
use gdg_parsing::{Input, ParseError, parse_as};
use proptest::prelude::*;
use std::fmt::Write as _;

fn parse_within(html: &[u8], limits: &ParsingLimits) -> Result<ParsedDocument, ParseError> {
    parse_as(Format::Html, &Input { name: "page.html", bytes: html }, limits)
}

fn parse(html: &str) -> ParsedDocument {
    parse_within(html.as_bytes(), &ParsingLimits::default()).unwrap()
}

/// The outline without locations, which have a test of their own.
fn outline(html: &str) -> String {
    let outline = Outline(&parse(html)).to_string();
    outline.lines().map(|line| line.split(" @/").next().unwrap_or(line).to_owned() + "\n").collect()
}

fn texts(document: &ParsedDocument) -> Vec<&str> {
    document.elements.iter().map(|element| &*element.text).filter(|text| !text.is_empty()).collect()
}

#[test]
fn a_page_of_a_web_site_has_its_tree() {
    let page = include_str!("samples/html/page.html");
    insta::assert_snapshot!(Outline(&parse(page)));
}

#[test]
fn a_streamed_page_has_the_tree_of_a_built_one() {
    let page = include_str!("samples/html/page.html");
    let large = format!("{page}<!--{}-->", " ".repeat(8 << 20));
    assert_eq!(Outline(&parse(&large)).to_string(), Outline(&parse(page)).to_string());
}

#[test]
fn text_in_soup_becomes_paragraphs() {
    insta::assert_snapshot!(outline(
        "<div>Loose <b>bold</b>\n text<div><span>inner</span> block</div>tail<br>next line<br><br>new paragraph</div>"
    ));
}

#[test]
fn lists_nest() {
    insta::assert_snapshot!(outline(
        "<ul><li>one<ol start=3><li><p>first</p><p>second</p></ol><li><input type=checkbox checked>done</ul>"
    ));
}

#[test]
fn terms_and_definitions_are_items() {
    insta::assert_snapshot!(outline(
        "<dl><dt>ebb<dt>low<dd>falling water<dd><p>of the sea</p><dt>flood:<dd>rising<ul><li>fast</ul></dl>"
    ));
}

#[test]
fn tables_have_columns_spans_headers_and_a_caption() {
    insta::assert_snapshot!(outline(
        "<table><caption>Tides <i>today</i></caption>
        <thead><tr><th rowspan=2>Port<th colspan=2>Water<tr><td>high<td>low</thead>
        <tr><td rowspan=2>Ellery<td>06:10<td>12:20<br>12:30<tr><td><p>18:40</p><ul><li>spring<li><a href=t.html>tide</a></ul><td>
        </table>"
    ));
}

#[test]
fn a_table_that_places_content_is_no_table() {
    insta::assert_snapshot!(outline(
        "<table><tr><td><h2>Letter</h2><p>Dear reader</p><td><table role=presentation><tr><td>side</table></table>"
    ));
}

#[test]
fn code_keeps_its_lines_and_names_its_language() {
    insta::assert_snapshot!(outline(
        "<pre>\n<code class='language-rust'>fn main() {\n    <a href=p.html>print</a>();\n}\n</code></pre>
        <div class='highlight-python notranslate'><div class=highlight><pre>x  =  1</pre></div></div>"
    ));
}

#[test]
fn links_and_images_are_children_of_their_text() {
    insta::assert_snapshot!(outline(
        "<base href='https://example.org/docs/'><h1 id=a>Title<a href='#a'>¶</a></h1>
        <p>See <a href='a.html'>the <b>guide</b></a>, <a href='javascript:go()'>run</a>
        or <a href='mailto:x@example.org'>write</a>. <img src=map.png alt='A  map'></p>
        <a href=b.html><img src='data:image/png;base64,AAAA' alt=Home></a>
        <a href=card.html><h2>Card</h2><p>text</p></a><iframe src=frame.html title=Map></iframe>"
    ));
}

#[test]
fn what_nobody_sees_is_dropped() {
    insta::assert_snapshot!(outline(
        "<body style='display:none'><p hidden>a<p style='color:red;display: none'>b<p>seen<script>c</script>
        <style>d</style><template>e</template><noscript>f</noscript><svg><title>g</title><text>h</text></svg>
        <i aria-hidden=true>i</i><div aria-hidden=true>kept</div><video src=v.mp4>j</video>"
    ));
}

#[test]
fn formulas_have_the_notation_that_is_given() {
    insta::assert_snapshot!(outline(
        "<p>Let <math><semantics><mi>x</mi><annotation encoding='application/x-tex'>x^2</annotation></semantics></math>
        and <math alttext='\\pi'><mi>π</mi></math> and <math><mi>e</mi></math>."
    ));
}

#[test]
fn a_document_tells_its_title_and_metadata() {
    let document = parse(
        "<html lang=en-GB><meta property=og:title content=Shared><meta name=Author content='A. Person'>
        <meta name=description content=''><meta property=og:description content='About  tides'><meta name=keywords content='a, b'>
        <p>x",
    );
    assert_eq!(document.title.as_deref(), Some("Shared"));
    assert_eq!(
        document.metadata.to_json().unwrap(),
        r#"{"author":"A. Person","description":"About tides","keywords":"a, b","language":"en-GB"}"#
    );
    assert_eq!(parse("<title> One\n title </title><h1>Other</h1>").title.as_deref(), Some("One title"));
    assert_eq!(parse("<h1>Heading</h1>").title.as_deref(), Some("Heading"));
}

#[test]
fn a_redirect_is_a_link() {
    let document = parse("<meta http-equiv=Refresh content='0; url=latest/index.html'>");
    assert_eq!(document.links[0].target, "latest/index.html");
}

#[test]
fn locations_count_as_a_browser_does() {
    let document = parse("<div></div><div><p>a<p>b <i>x</i> <a href=c.html>c</a></div><table><td>d</table>");
    let locations: Vec<_> =
        document.elements[1..].iter().map(|element| element.location.to_string()).collect();
    assert_eq!(
        locations,
        [
            "/html[1]/body[1]/div[2]/p[1]",
            "/html[1]/body[1]/div[2]/p[2]",
            "/html[1]/body[1]/div[2]/p[2]/a[1]",
            "/html[1]/body[1]/table[1]/tbody[1]/tr[1]/td[1]",
        ]
    );
}

#[test]
fn xhtml_elements_may_end_themselves() {
    let document = parse(
        "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml' xml:lang='de'><head><script src='x.js'/><title/></head>
        <body><p>one<a id='x'/> two</p><div/><p>three</p></body></html>",
    );
    assert_eq!(texts(&document), ["one two", "three"]);
}

#[test]
fn a_page_without_content_is_an_empty_tree() {
    assert_eq!(parse("<html><body> <div>\n</div><p>&nbsp;</p></body></html>").elements.len(), 1);
}

#[test]
fn depth_without_meaning_is_no_depth() {
    let deep = "<div>".repeat(20_000) + "<p>found</p>" + &"</div>".repeat(20_000) + "<p>after</p>";
    assert_eq!(texts(&parse(&deep)), ["found", "after"]);
}

#[test]
fn depth_with_meaning_is_limited() {
    let error =
        parse_within("<blockquote>".repeat(20_000).as_bytes(), &ParsingLimits::default()).unwrap_err();
    assert!(error.to_string().contains("parsing.limits.max_depth"), "{error}");
}

#[test]
fn formatting_that_is_never_closed_costs_no_more_than_its_text() {
    let mut html = String::new();
    for index in 0..20_000 {
        write!(html, "<p><b><i><font size={index}><a href=x{index}>").unwrap();
    }
    html.push_str("end");
    assert!(texts(&parse(&html)).contains(&"end"));
}

#[test]
fn misnested_formatting_keeps_its_text() {
    let html = "<b><p><i><div></b>x</i>".repeat(2_000);
    let document = parse(&html);
    let kept: usize = texts(&document).iter().map(|text| text.matches('x').count()).sum();
    assert_eq!(kept, 2_000);
}

#[test]
fn time_is_limited() {
    let limits = ParsingLimits { deadline: 0, ..ParsingLimits::default() };
    let error = parse_within(b"<p>text", &limits).unwrap_err();
    assert!(error.to_string().contains("parsing.limits.deadline"), "{error}");
}

#[test]
fn paths_are_spent_as_text() {
    let html = format!("<{}>{}", "x".repeat(100_000), "<p>a</p>".repeat(10_000));
    let error = parse_within(html.as_bytes(), &ParsingLimits::default()).unwrap_err();
    assert!(error.to_string().contains("parsing.limits.max_text_size"), "{error}");
}

/// Pieces of markup that meet in ways nobody wrote them for.
fn soup() -> impl Strategy<Value = String> {
    let pieces = [
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<ul>",
        "<li>",
        "</ul>",
        "<dl>",
        "<dt>",
        "<dd>",
        "</dl>",
        "<table>",
        "<caption>",
        "<tr>",
        "<td rowspan=3>",
        "<th colspan=2>",
        "</tr>",
        "</table>",
        "<h2>",
        "</h2>",
        "<a href=x>",
        "</a>",
        "<b>",
        "</b>",
        "<pre>",
        "</pre>",
        "<code>",
        "<math>",
        "<annotation encoding=tex>",
        "</math>",
        "<svg>",
        "</svg>",
        "<br>",
        "<img src=i alt=j>",
        "<title>",
        "</title>",
        "<select>",
        "<option>",
        "</select>",
        "<template>",
        "</template>",
        "<blockquote>",
        "</blockquote>",
        "<body>",
        "</html>",
        "<button>",
        "<script>",
        "</script>",
        "<video>",
        "</video>",
        "word ",
        "é",
        "\0",
        "&amp;",
        "&#0;",
        "&bogus;",
        "<",
        "<!--",
        "-->",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_parse(bytes: Vec<u8>) {
        let _ = parse_within(&bytes, &ParsingLimits::default());
    }

    #[test]
    fn any_soup_makes_a_tree(html in soup()) {
        prop_assume!(!html.is_empty());
        let document = parse(&html);
        for element in &document.elements {
            let parent = element.parent.map(|parent| document.elements[parent as usize].element_type);
            match element.element_type {
                ElementType::TableCell => prop_assert_eq!(parent, Some(ElementType::TableRow)),
                ElementType::TableRow => prop_assert_eq!(parent, Some(ElementType::Table)),
                _ => {}
            }
        }
    }

    #[test]
    fn words_survive(words in prop::collection::vec("[a-z]{1,8}", 1..20)) {
        let html = words.iter().fold(String::new(), |html, word| html + "<div><b>" + word + "</b></div> ");
        let document = parse(&html);
        prop_assert_eq!(texts(&document), words);
    }
}
