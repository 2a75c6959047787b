//! The trees of Markdown and plain text.

use gdg_config::ParsingLimits;
use gdg_model::{Format, Location, Outline, ParsedDocument};
use gdg_parsing::{Input, ParseError, parse_as};
use proptest::prelude::*;

fn parse(format: Format, bytes: &[u8]) -> Result<ParsedDocument, ParseError> {
    parse_as(format, &Input { name: "sample", bytes }, &ParsingLimits::default())
}

fn outline(format: Format, bytes: &[u8]) -> String {
    Outline(&parse(format, bytes).expect("the sample is sound")).to_string()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_document_with_everything_in_it() {
    insta::assert_snapshot!(outline(Format::Markdown, include_bytes!("samples/markdown/everything.md")));
}

#[test]
fn locations_count_the_byte_order_mark_and_the_front_matter() {
    let bytes = include_bytes!("samples/markdown/toml-and-mark.md");
    insta::assert_snapshot!(outline(Format::Markdown, bytes), @r#"
    title: "Tides"
    metadata: {"title":"Tides","draft":true,"params.station":"Ellery"}
    document
      heading "One" {"level":1} @bytes=69-74
        paragraph "text" @bytes=76-80
    "#);
    assert_eq!(&bytes[76..80], b"text");
}

#[test]
fn markdown_that_is_not_utf8_is_located_by_lines() {
    insta::assert_snapshot!(outline(Format::Markdown, &utf16("# One\r\n\r\ntwo\r\nthree\r\n")), @r#"
    title: "One"
    metadata: {"encoding":"UTF-16LE"}
    document
      heading "One" {"level":1} @line=0,1
        paragraph "two three" @line=2,4
    "#);
}

#[test]
fn links_of_the_text_stand_in_its_order() {
    let text =
        b"a https://a.example/?x_y=1&amp;z `https://code.example` [b](b.md) <https://c.example> ![d](d.png)";
    insta::assert_snapshot!(outline(Format::Markdown, text), @r#"
    document
      paragraph "a https://a.example/?x_y=1&z https://code.example b https://c.example d" @bytes=0-97
        link "https://a.example/?x_y=1&z" {"target":"https://a.example/?x_y=1&z"} @bytes=0-97
        link "b" {"target":"b.md"} @bytes=56-65
        link "https://c.example" {"target":"https://c.example"} @bytes=66-85
        image "d" {"source":"d.png"} @bytes=86-97
    link: 2 -> https://a.example/?x_y=1&z
    link: 3 -> b.md
    link: 4 -> https://c.example
    link: 5 -> d.png
    "#);
}

#[test]
fn an_image_within_a_link_is_both() {
    insta::assert_snapshot!(outline(Format::Markdown, b"[![build](b.svg)](ci.html) [top](#top)"), @r##"
    document
      paragraph "build top" @bytes=0-38
        link "build" {"target":"ci.html"} @bytes=0-26
        image "build" {"source":"b.svg"} @bytes=1-16
        link "top" {"target":"#top"} @bytes=27-38
    link: 2 -> ci.html
    link: 3 -> b.svg
    "##);
}

#[test]
fn html_in_markdown_is_read_for_its_text() {
    let html = b"<details><summary>More</summary>\n<table><tr><td>a</td><td>b <a href=x.md>x</a></td></tr><tr><td>c</td></tr></table>\n<style>p {}</style></details>\n\n<p align=center>\n\nmiddle\n\n</p>";
    insta::assert_snapshot!(outline(Format::Markdown, html), @r#"
    document
      paragraph "More" @bytes=0-145
      paragraph "a b x" @bytes=0-145
        link "x" {"target":"x.md"} @bytes=0-145
      paragraph "c" @bytes=0-145
      paragraph "middle" @bytes=165-171
    link: 3 -> x.md
    "#);
}

#[test]
fn markdown_of_nothing_but_space_is_only_a_root() {
    assert_eq!(outline(Format::Markdown, b" \n\t\n"), "document\n");
    assert_eq!(outline(Format::Text, b" \n\t\n\x0c"), "document\n");
}

#[test]
fn nesting_beyond_the_limit_is_an_error_that_names_the_limit() {
    for text in
        [">".repeat(300) + "x", "- ".repeat(300) + "x", ">".repeat(50_000) + "x\n" + &"x\n".repeat(50_000)]
    {
        let error = parse(Format::Markdown, text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("parsing.limits.max_depth"), "{error}");
    }
}

#[test]
fn a_letter_in_plain_text() {
    insta::assert_snapshot!(outline(Format::Text, include_bytes!("samples/text/letter.txt")));
}

#[test]
fn plain_text_in_latin_1_is_located_by_lines() {
    insta::assert_snapshot!(outline(Format::Text, include_bytes!("samples/text/latin1.txt")), @r#"
    metadata: {"encoding":"windows-1252"}
    document
      paragraph "Café au port" @line=0,1
      list {"ordered":false} @line=2,4
        list_item "thé" @line=2,3
        list_item "crème brûlée" @line=3,4
    "#);
}

#[test]
fn plain_text_in_utf16_names_its_encoding() {
    insta::assert_snapshot!(outline(Format::Text, &utf16("Guten Morgen\n\nTag")), @r#"
    metadata: {"encoding":"UTF-16LE"}
    document
      paragraph "Guten Morgen" @line=0,1
      paragraph "Tag" @line=2,3
    "#);
}

#[test]
fn lists_in_plain_text_nest_by_indentation_and_end_with_prose() {
    let text = b"Bring:\n- rope\n  and a spare\n    * thin\n    * thick\n- paint\nThat is all.\n\n 9. nine\n10. ten\n\n2004. It was dry. And\n3. is no item.";
    insta::assert_snapshot!(outline(Format::Text, text), @r#"
    document
      paragraph "Bring:" @bytes=0-6
      list {"ordered":false} @bytes=7-58
        list_item "rope and a spare" @bytes=7-50
          list {"ordered":false} @bytes=32-50
            list_item "thin" @bytes=32-38
            list_item "thick" @bytes=43-50
        list_item "paint" @bytes=51-58
      paragraph "That is all." @bytes=59-71
      list {"ordered":true,"start":9} @bytes=74-89
        list_item "nine" @bytes=74-81
        list_item "ten" @bytes=82-89
      paragraph "2004. It was dry. And\n3. is no item." @bytes=91-127
    "#);
}

#[test]
fn one_line_of_many_megabytes_is_one_paragraph() {
    let text = "word ".repeat(4 << 20);
    let document = parse(Format::Text, text.as_bytes()).unwrap();
    assert_eq!(document.elements.len(), 2);
    assert_eq!(document.elements[1].text.len(), text.len() - 1);
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes: Vec<u8>) {
        for format in [Format::Markdown, Format::Text] {
            let panicked = matches!(parse(format, &bytes), Err(ParseError::Panicked { .. }));
            prop_assert!(!panicked);
        }
    }

    #[test]
    fn arbitrary_markup_does_not_panic_and_stays_within_the_source(
        text in "([-+*>#|`~$<>!\\[\\]()^_&;:=0-9. \\n\\t]|<a href=|---\n|http://|</a>|<h1>|<!--|é|\\PC){0,60}"
    ) {
        for format in [Format::Markdown, Format::Text] {
            let Ok(document) = parse(format, text.as_bytes()) else {
                prop_assert!(text.is_empty());
                continue;
            };
            for element in &document.elements {
                if let Location::Bytes { start, end } = element.location {
                    prop_assert!(text.get(start as usize..end as usize).is_some(), "{element:?}");
                }
            }
        }
    }

    #[test]
    fn the_words_of_plain_text_are_kept(text in "([a-z]{1,9}|[ \\n]|, |\\. |[0-9]|\\t){1,200}") {
        let document = parse(Format::Text, text.as_bytes()).unwrap();
        let kept: String = document.elements.iter().map(|element| element.text.clone() + "\n").collect();
        // A number that marks an item is no word of its text.
        let words = |text: &str| -> Vec<String> {
            text.split_ascii_whitespace().filter(|word| word.contains(char::is_alphabetic)).map(str::to_owned).collect()
        };
        prop_assert_eq!(words(&kept), words(&text));
    }
}
