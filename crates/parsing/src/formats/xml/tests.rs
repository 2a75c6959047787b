use crate::{Input, parse_as};
use gdg_config::ParsingLimits;
use gdg_model::{Format, Outline};

fn outcome(text: impl AsRef<[u8]>) -> String {
    let input = Input { name: "", bytes: text.as_ref() };
    match parse_as(Format::Xml, &input, &ParsingLimits::default()) {
        Ok(document) => Outline(&document).to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn siblings_are_counted_by_name() {
    insta::assert_snapshot!(outcome("<c><b/><a x='1' x:y=\"&lt;2\n3\"/><b>t</b></c>"), @r#"
    document
      xml_element {"name":"c"} @/c[1]
        xml_element {"name":"b"} @/c[1]/b[1]
        xml_element {"name":"a","@x":"1","@x:y":"<2 3"} @/c[1]/a[1]
        xml_element "t" {"name":"b"} @/c[1]/b[2]
    "#);
}

#[test]
fn text_is_collapsed_across_children_and_references() {
    insta::assert_snapshot!(outcome("<p>\n  Low &amp; high<b>er</b>\n water&#8212;<![CDATA[<x>]]> <!-- c -->&#x41;</p>"), @r#"
    document
      xml_element "Low & high water—<x> A" {"name":"p"} @/p[1]
        xml_element "er" {"name":"b"} @/p[1]/b[1]
    "#);
}

#[test]
fn preserved_space_stays_until_it_is_switched_off() {
    insta::assert_snapshot!(outcome("<p xml:space='preserve'> a\n b<i> c </i><i xml:space='default'> d </i></p>"), @r#"
    document
      xml_element " a\n b" {"name":"p","@xml:space":"preserve"} @/p[1]
        xml_element " c " {"name":"i"} @/p[1]/i[1]
        xml_element "d" {"name":"i","@xml:space":"default"} @/p[1]/i[2]
    "#);
}

#[test]
fn entities_are_replaced_only_by_plain_text_of_the_document() {
    let text = r#"<!DOCTYPE d [
        <!-- <!ENTITY not "commented"> -->
        <!ENTITY port "Port Ellery &#38; Sound"> <!ENTITY port "second">
        <!ENTITY nested "&port;&port;"> <!ENTITY markup "<b/>">
        <!ENTITY file SYSTEM "file:///etc/passwd"> <!ENTITY % param "x">
    ]><d a="&port; &file;">&not; &port; &nested; &markup; &file; &nbsp; &#0; AT&T</d>"#;
    insta::assert_snapshot!(outcome(text), @r#"
    document
      xml_element "&not; Port Ellery & Sound &nested; &markup; &file; &nbsp; &#0; AT&T" {"name":"d","@a":"Port Ellery & Sound &file;"} @/d[1]
    "#);
}

#[test]
fn repeating_a_long_entity_ends_at_the_limit() {
    let value = "x".repeat(100_000);
    let references = "&long;".repeat(10_000);
    for body in [format!("<d>{references}</d>"), format!("<d a='{references}'/>")] {
        let error = outcome(format!("<!DOCTYPE d [<!ENTITY long '{value}'>]>{body}"));
        assert!(error.contains("parsing.limits.max_text_size"), "{error}");
    }
}

#[test]
fn feeds_have_a_title_and_links() {
    insta::assert_snapshot!(outcome("<rss><channel><image><title>no</title></image><title>Tides</title><link>https://example.org/</link><item><title>Low</title><link>https://example.org/1</link></item></channel></rss>"), @r#"
    title: "Tides"
    document
      xml_element {"name":"rss"} @/rss[1]
        xml_element {"name":"channel"} @/rss[1]/channel[1]
          xml_element {"name":"image"} @/rss[1]/channel[1]/image[1]
            xml_element "no" {"name":"title"} @/rss[1]/channel[1]/image[1]/title[1]
          xml_element "Tides" {"name":"title"} @/rss[1]/channel[1]/title[1]
          xml_element "https://example.org/" {"name":"link"} @/rss[1]/channel[1]/link[1]
          xml_element {"name":"item"} @/rss[1]/channel[1]/item[1]
            xml_element "Low" {"name":"title"} @/rss[1]/channel[1]/item[1]/title[1]
            xml_element "https://example.org/1" {"name":"link"} @/rss[1]/channel[1]/item[1]/link[1]
    link: 6 -> https://example.org/
    link: 9 -> https://example.org/1
    "#);
    insta::assert_snapshot!(outcome("<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:title>T</a:title><a:link href='next.xml'/><a:link href='mailto:a@b.c'/><x xlink:href='#here'/></a:feed>"), @r##"
    title: "T"
    document
      xml_element {"name":"a:feed","@xmlns:a":"http://www.w3.org/2005/Atom"} @/a:feed[1]
        xml_element "T" {"name":"a:title"} @/a:feed[1]/a:title[1]
        xml_element {"name":"a:link","@href":"next.xml"} @/a:feed[1]/a:link[1]
        xml_element {"name":"a:link","@href":"mailto:a@b.c"} @/a:feed[1]/a:link[2]
        xml_element {"name":"x","@xlink:href":"#here"} @/a:feed[1]/x[1]
    link: 3 -> next.xml
    "##);
}

#[test]
fn malformed_xml_says_what_and_where() {
    insta::assert_snapshot!(outcome("<a>\n <b></c></a>"), @"malformed xml: ill-formed document: expected `</b>`, but `</c>` was found at line 2, column 5");
    insta::assert_snapshot!(outcome("<a><b>"), @"malformed xml: the document ends within `b` at line 1, column 7");
    insta::assert_snapshot!(outcome("<a><b"), @"malformed xml: syntax error: tag not closed: `>` not found before end of input at line 1, column 4");
    insta::assert_snapshot!(outcome("<!-- only -->"), @"malformed xml: the document ends without an element at line 1, column 14");
    insta::assert_snapshot!(outcome("<a/>\n<b/>"), @"malformed xml: a second root element, `b`, at line 2, column 1");
    insta::assert_snapshot!(outcome("<a/> words"), @"malformed xml: text outside the root element at line 1, column 5");
    insta::assert_snapshot!(outcome("words"), @"malformed xml: text outside the root element at line 1, column 1");
    insta::assert_snapshot!(outcome("<a x='1' x='2'/>"), @"malformed xml: position 8: duplicated attribute, previous declaration at position 2 at line 1, column 1");
    insta::assert_snapshot!(outcome("<a>< b/></a>"), @"malformed xml: `` is no name of an element at line 1, column 4");
}

#[test]
fn whitespace_alone_is_an_empty_document() {
    assert_eq!(outcome(" \n"), "document\n");
}

#[test]
fn depth_over_the_limit_names_the_key() {
    let error = outcome("<a>".repeat(100_000));
    assert!(error.contains("parsing.limits.max_depth"), "{error}");
}

#[test]
fn an_element_cannot_have_attributes_without_end() {
    let attributes: Vec<String> = (0..100_000).map(|number| format!(" a{number}=''")).collect();
    let error = outcome(format!("<a{}/>", attributes.concat()));
    assert!(error.contains("attributes"), "{error}");
}
