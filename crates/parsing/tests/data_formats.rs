//! The data formats: trees of whole documents, and properties that hold of any.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_config::ParsingLimits;
use gdg_model::{Element, ElementType, Format, Outline, ParsedDocument};
use gdg_parsing::{Input, ParseError, parse_as};
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;

const DATA_FORMATS: [Format; 6] =
    [Format::Csv, Format::Tsv, Format::Json, Format::Jsonl, Format::Yaml, Format::Xml];

fn parse(format: Format, bytes: impl AsRef<[u8]>) -> Result<ParsedDocument, ParseError> {
    let input = Input { name: "", bytes: bytes.as_ref() };
    parse_as(format, &input, &ParsingLimits::default())
}

fn outline(format: Format, path: &str) -> String {
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    Outline(&parse(format, bytes).unwrap()).to_string()
}

#[test]
fn trees_of_whole_documents() {
    let samples = [
        (Format::Csv, "csv/semicolons-latin1.csv"),
        (Format::Tsv, "tsv/literal-quotes.tsv"),
        (Format::Json, "json/nested.json"),
        (Format::Jsonl, "jsonl/records.jsonl"),
        (Format::Yaml, "yaml/stream.yaml"),
        (Format::Xml, "xml/feed.xml"),
    ];
    for (format, path) in samples {
        insta::assert_snapshot!(format.as_str(), outline(format, &format!("tests/samples/{path}")));
    }
}

#[test]
fn trees_of_the_example_documents() {
    let examples = [
        (Format::Csv, "readings.csv"),
        (Format::Tsv, "deployments.tsv"),
        (Format::Json, "stations.json"),
        (Format::Jsonl, "events.jsonl"),
        (Format::Yaml, "sensor-config.yaml"),
        (Format::Xml, "catalog.xml"),
    ];
    for (format, name) in examples {
        insta::assert_snapshot!(name, outline(format, &format!("../../examples/documents/data/{name}")));
    }
}

/// The scalars of a value in order, as their types and texts.
fn leaves(value: &Value, found: &mut Vec<(&'static str, String)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(members) => members.values().for_each(|member| leaves(member, found)),
        Value::String(text) => found.push(("string", text.clone())),
        Value::Number(number) => found.push(("number", number.to_string())),
        Value::Bool(truth) => found.push(("boolean", truth.to_string())),
        Value::Null => found.push(("null", "null".into())),
    }
}

fn leaves_of(document: &ParsedDocument) -> Vec<(String, String)> {
    let is_leaf =
        |element: &&Element| matches!(element.element_type, ElementType::JsonField | ElementType::JsonItem);
    let value_type = |element: &Element| element.attributes.text("value_type").unwrap().to_owned();
    document.elements.iter().filter(is_leaf).map(|leaf| (value_type(leaf), leaf.text.clone())).collect()
}

/// What each element's pointer leads to in `value` has the element's text.
fn pointers_lead_home(document: &ParsedDocument, value: &Value) {
    for element in &document.elements[1..] {
        let found = value.pointer(&element.location.to_string());
        match (element.element_type, found) {
            (ElementType::JsonObject, Some(Value::Object(_)))
            | (ElementType::JsonArray, Some(Value::Array(_))) => {}
            (_, Some(Value::String(text))) => assert_eq!(text, &element.text),
            (_, Some(other)) => assert_eq!(other.to_string(), element.text),
            (_, None) => panic!("nothing at {}", element.location),
        }
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".*", inner), 0..6)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Text that XML can hold as it is: no control characters, and no space that is collapsed.
fn word() -> impl Strategy<Value = String> {
    "[^\\pC\\s<>&\"']{1,8}"
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        for format in DATA_FORMATS {
            let outcome = parse(format, &bytes);
            prop_assert!(!matches!(outcome, Err(ParseError::Panicked { .. })), "{format}: {outcome:?}");
        }
    }

    #[test]
    fn arbitrary_markup_never_panics(text in "[\\[\\]{}<>/!&;:,|*'\"=#?%\\\\a1 \t\r\n-]{0,80}") {
        for format in DATA_FORMATS {
            let outcome = parse(format, &text);
            prop_assert!(!matches!(outcome, Err(ParseError::Panicked { .. })), "{format}: {outcome:?}");
        }
    }

    #[test]
    fn a_json_value_keeps_its_leaves_and_its_pointers(value in json_value()) {
        let mut expected = Vec::new();
        leaves(&value, &mut expected);
        for text in [serde_json::to_string(&value).unwrap(), serde_json::to_string_pretty(&value).unwrap()] {
            let document = parse(Format::Json, &text).unwrap();
            let found = leaves_of(&document);
            prop_assert!(found.iter().map(|(kind, text)| (kind.as_str(), text)).eq(expected.iter().map(|(kind, text)| (*kind, text))));
            pointers_lead_home(&document, &value);
        }
    }

    #[test]
    fn json_lines_keep_the_leaves_of_every_line(values in prop::collection::vec(json_value(), 1..5)) {
        let text: Vec<String> = values.iter().map(Value::to_string).collect();
        let document = parse(Format::Jsonl, text.join("\n")).unwrap();
        let mut expected = Vec::new();
        values.iter().for_each(|value| leaves(value, &mut expected));
        let found = leaves_of(&document);
        prop_assert!(found.iter().map(|(kind, text)| (kind.as_str(), text)).eq(expected.iter().map(|(kind, text)| (*kind, text))));
    }

    #[test]
    fn rows_and_cells_come_back_as_they_were_written(
        rows in prop::collection::vec(prop::collection::vec("[a-z0-9\", \n;é]{0,6}[a-z]", 3), 2..10)
    ) {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let lines: Vec<String> =
            rows.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
        let document = parse(Format::Csv, lines.join("\r\n")).unwrap();
        let cells = document.elements.iter().filter(|element| element.element_type == ElementType::TableCell);
        let found: Vec<&str> = cells.map(|cell| cell.text.as_str()).collect();
        let expected: Vec<&str> = rows.iter().flatten().map(|cell| cell.trim()).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn xml_keeps_text_and_attributes(texts in prop::collection::vec((word(), word()), 1..8)) {
        let items: String = texts.iter().map(|(text, value)| format!("<i a=\"{value}\">{text}</i>")).collect();
        let document = parse(Format::Xml, format!("<r>{items}</r>")).unwrap();
        let found: Vec<(String, String)> = document.elements[2..]
            .iter()
            .map(|element| (element.text.clone(), element.attributes.text("@a").unwrap().to_owned()))
            .collect();
        prop_assert_eq!(found, texts);
    }
}
