//! Trees of e-mail messages, and what hostile ones come to.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_config::{ByteSize, ParsingLimits};
use gdg_model::{ElementType, Format, Outline, ParsedDocument};
use gdg_parsing::{Input, Limit, ParseError, parse_as};
use proptest::prelude::*;

fn parse(message: impl AsRef<[u8]>) -> Result<ParsedDocument, ParseError> {
    let input = Input { name: "message.eml", bytes: message.as_ref() };
    parse_as(Format::Eml, &input, &ParsingLimits::default())
}

fn texts(document: &ParsedDocument, element_type: ElementType) -> Vec<&str> {
    let elements = document.elements.iter().filter(|element| element.element_type == element_type);
    elements.map(|element| element.text.as_str()).collect()
}

#[test]
fn headers_quotes_attachments_and_the_attached_message_are_in_the_tree() {
    let document = parse(include_bytes!("samples/eml/forwarded.eml")).unwrap();
    insta::assert_snapshot!(Outline(&document));
}

#[test]
fn of_the_example_message_one_version_of_the_body_is_kept() {
    let document = parse(include_bytes!("../../../examples/documents/mail/outage.eml")).unwrap();
    assert_eq!(document.title.as_deref(), Some("Outage of the west gauge – what we know"));
    assert_eq!(document.metadata.text("date"), Some("2026-03-17T06:41:55Z"));
    let bodies: Vec<_> =
        document.elements.iter().filter(|element| element.element_type == ElementType::EmailBody).collect();
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0].attributes.text("media_type"), Some("text/html"));
    assert_eq!(bodies[0].location.to_string(), "part=1.2");
    assert_eq!(texts(&document, ElementType::EmailAttachment), ["readings.csv"]);
    let stuck = document.elements.iter().filter(|element| element.text.contains("The float is stuck"));
    assert_eq!(stuck.count(), 1, "the text of the other version is left out");
    assert!(document.links.iter().any(|link| link.target == "https://tides.example/ellery"));
    let html_parts = document.elements.iter().filter(|element| element.location.to_string() == "part=1.2");
    assert!(html_parts.count() > 5, "what the HTML contains is found by its section");
}

#[test]
fn a_message_whose_alternatives_are_all_text_keeps_the_last() {
    let document = parse(
        "Subject: a\nContent-Type: multipart/alternative; boundary=b\n\n\
         --b\n\nfirst\n--b\n\nsecond\n--b\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n--b--\n",
    )
    .unwrap();
    assert_eq!(texts(&document, ElementType::Paragraph), ["second"]);
    assert_eq!(texts(&document, ElementType::EmailAttachment), [""], "the calendar is kept");
}

#[test]
fn flowed_lines_are_joined_and_fixed_ones_are_not() {
    let message = |parameters: &str| {
        format!(
            "Subject: f\nContent-Type: text/plain; format=flowed{parameters}\n\nOne \nline. \ntwo\nthree\n>  quoted \n> on\n"
        )
    };
    let document = parse(message("")).unwrap();
    assert_eq!(texts(&document, ElementType::Paragraph), ["One line. two", "three", "quoted on"]);
    let document = parse(message("; delsp=yes")).unwrap();
    assert_eq!(texts(&document, ElementType::Paragraph), ["Oneline.two", "three", "quotedon"]);
}

#[test]
fn text_is_read_in_its_character_set() {
    let latin = b"Subject: Caf\xe9\nContent-Type: text/plain; charset=iso-8859-1\n\nd\xe9j\xe0 vu\n";
    let document = parse(latin).unwrap();
    assert_eq!(document.title.as_deref(), Some("Café"), "an undeclared one is guessed");
    assert_eq!(texts(&document, ElementType::Paragraph), ["déjà vu"]);
    let wrongly_declared = b"Subject: a\nContent-Type: text/plain; charset=utf-8\n\nd\xe9j\xe0 vu\n";
    assert_eq!(texts(&parse(wrongly_declared).unwrap(), ElementType::Paragraph), ["déjà vu"]);
    let japanese = b"Subject: a\nContent-Type: text/plain; charset=ISO-2022-JP\n\n\x1b$BD,\x1b(B\n";
    assert_eq!(texts(&parse(japanese).unwrap(), ElementType::Paragraph), ["潮"]);
}

#[test]
fn an_attached_message_is_read_when_it_is_encoded_too() {
    // `Subject: in\n\nhello` in base64.
    let document = parse(
        "Subject: out\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n\
         U3ViamVjdDogaW4KCmhlbGxv\n",
    )
    .unwrap();
    insta::assert_snapshot!(Outline(&document), @r#"
    title: "out"
    metadata: {"subject":"out"}
    document
      email_header "out" {"name":"Subject"} @part=HEADER
      email_attachment {"media_type":"message/rfc822","size":18} @part=1
        email_header "in" {"name":"Subject"} @part=1.HEADER
        email_body {"media_type":"text/plain"} @part=1.1
          paragraph "hello" @part=1.1
    "#);
}

#[test]
fn broken_structure_loses_no_text() {
    let no_boundary = "Subject: a\nContent-Type: multipart/mixed; boundary=zz\n\nkept\n";
    let never_closed = "Subject: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nkept";
    let no_empty_line = "Subject: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\nkept\n--b--\n";
    let mailbox_line = "From someone Mon Jan  1 00:00:00 2024\nSubject: a\n\nkept\n";
    let badly_encoded = "Subject: a\nContent-Transfer-Encoding: base64\n\nkept!\n";
    for (message, expected) in [
        (no_boundary, "kept"),
        (never_closed, "kept"),
        (no_empty_line, "kept"),
        (mailbox_line, "kept"),
        (badly_encoded, "kept!"),
    ] {
        let document = parse(message).unwrap();
        assert_eq!(texts(&document, ElementType::Paragraph), [expected], "{message}");
    }
}

#[test]
fn a_header_alone_is_a_message_and_text_alone_is_not() {
    assert_eq!(parse("Subject: only").unwrap().title.as_deref(), Some("only"));
    for text in ["just text", "a line\nwith: a colon later\n", "\n\n", " : \n"] {
        assert!(matches!(parse(text), Err(ParseError::Malformed { .. })), "{text:?}");
    }
}

#[test]
fn messages_nested_without_end_are_refused() {
    let messages = "Content-Type: message/rfc822\n\n".repeat(100_000);
    let multiparts: String =
        (0..1000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect();
    let quotes = format!("Subject: a\n\n{} deep\n", ">".repeat(100_000));
    for message in [messages, multiparts] {
        let error = parse(message).unwrap_err();
        assert!(matches!(error, ParseError::LimitExceeded { limit: Limit::Depth, .. }), "{error}");
    }
    assert_eq!(texts(&parse(quotes).unwrap(), ElementType::Paragraph), ["deep"]);
}

#[test]
fn parts_whose_boundaries_never_come_take_no_longer_than_others() {
    let part = "--A\nContent-Type: multipart/mixed; boundary=Z\n\nx\n";
    let message = format!("Subject: q\nContent-Type: multipart/mixed; boundary=A\n\n{}", part.repeat(20_000));
    let document = parse(message).unwrap();
    assert_eq!(texts(&document, ElementType::Paragraph).len(), 20_000);
}

#[test]
fn encoded_content_is_counted_as_inflated() {
    let body = "QUFB".repeat(1 << 20);
    let message =
        format!("Subject: a\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{body}\n");
    let limits = ParsingLimits { max_inflated_size: ByteSize::mebibytes(1), ..ParsingLimits::default() };
    let input = Input { name: "", bytes: message.as_bytes() };
    let error = parse_as(Format::Eml, &input, &limits).unwrap_err();
    assert!(matches!(error, ParseError::LimitExceeded { limit: Limit::Inflated, .. }), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 1..400)) {
        let panicked = matches!(parse(&bytes), Err(ParseError::Panicked { .. }));
        prop_assert!(!panicked);
    }

    #[test]
    fn any_structure_is_parsed(lines in proptest::collection::vec(
        "(--b(--)?|--c(--)?|content-type: (multipart/(mixed|alternative|digest); boundary=[bc]|message/rfc822|text/plain)|content-transfer-encoding: (base64|quoted-printable)|[ >a=]{0,6}|)\r?\n", 1..40)) {
        let message = format!("Subject: a\n{}", lines.concat());
        prop_assert!(parse(&message).is_ok());
    }

    #[test]
    fn paragraphs_come_back_as_they_were_written(paragraphs in proptest::collection::vec("[a-z]{1,8}( [a-z]{1,8}){0,5}", 1..10)) {
        let message = format!("Subject: a\n\n{}\n", paragraphs.join("\n\n"));
        let document = parse(&message).unwrap();
        prop_assert_eq!(texts(&document, ElementType::Paragraph), paragraphs);
    }
}
