use crate::{Input, parse_as};
use gdg_config::ParsingLimits;
use gdg_model::{Format, Outline};

fn outcome(format: Format, text: impl AsRef<[u8]>) -> String {
    let input = Input { name: "", bytes: text.as_ref() };
    match parse_as(format, &input, &ParsingLimits::default()) {
        Ok(document) => Outline(&document).to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn quotes_ragged_rows_and_blank_lines_are_understood() {
    insta::assert_snapshot!(outcome(Format::Csv, "\u{feff}id, name\r\n\r\n1,\"a \"\"b\"\",\nc\"\r\n2\r\n\r\n\r\n3,x,https://example.org/3\r\n"), @r#"
    metadata: {"columns":3,"rows":4,"delimiter":","}
    document
      table
        table_row {"header":true} @row=1
          table_cell "id" {"column":0} @cell=1,1
          table_cell "name" {"column":1} @cell=1,2
        table_row @row=3
          table_cell "1" {"column":0,"name":"id"} @cell=3,1
          table_cell "a \"b\",\nc" {"column":1,"name":"name"} @cell=3,2
        table_row @row=4
          table_cell "2" {"column":0,"name":"id"} @cell=4,1
        table_row @row=7
          table_cell "3" {"column":0,"name":"id"} @cell=7,1
          table_cell "x" {"column":1,"name":"name"} @cell=7,2
          table_cell "https://example.org/3" {"column":2} @cell=7,3
    link: 13 -> https://example.org/3
    "#);
}

#[test]
fn encodings_are_told_apart() {
    let utf16: Vec<u8> = "\u{feff}ort;höhe\na;1,5\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    insta::assert_snapshot!(outcome(Format::Csv, utf16), @r#"
    metadata: {"columns":2,"rows":2,"delimiter":";"}
    document
      table
        table_row {"header":true} @row=1
          table_cell "ort" {"column":0} @cell=1,1
          table_cell "höhe" {"column":1} @cell=1,2
        table_row @row=2
          table_cell "a" {"column":0,"name":"ort"} @cell=2,1
          table_cell "1,5" {"column":1,"name":"höhe"} @cell=2,2
    "#);
    assert!(outcome(Format::Csv, b"caf\xe9,th\xe9 vert\nd\xe9j\xe0,1\n").contains("thé vert"));
}

#[test]
fn an_unclosed_quote_is_malformed_csv_and_plain_tsv() {
    insta::assert_snapshot!(outcome(Format::Csv, "a,b\n1,2\n3,\"4\n5,6\n"), @"malformed csv: the quote at line 3 is never closed");
    insta::assert_snapshot!(outcome(Format::Tsv, "a\tb\n1\t\"2\n3\t4\n"), @r#"
    metadata: {"columns":2,"rows":3,"delimiter":"\t"}
    document
      table
        table_row {"header":true} @row=1
          table_cell "a" {"column":0} @cell=1,1
          table_cell "b" {"column":1} @cell=1,2
        table_row @row=2
          table_cell "1" {"column":0,"name":"a"} @cell=2,1
          table_cell "\"2" {"column":1,"name":"b"} @cell=2,2
        table_row @row=3
          table_cell "3" {"column":0,"name":"a"} @cell=3,1
          table_cell "4" {"column":1,"name":"b"} @cell=3,2
    "#);
}

#[test]
fn whitespace_alone_is_an_empty_document() {
    assert_eq!(outcome(Format::Csv, "\r\n \n"), "document\n");
}

#[test]
fn too_many_cells_name_the_key() {
    for text in ["1,2,3,4,5,6,7,8,9,10\n".repeat(60_000), ",".repeat(600_000)] {
        let error = outcome(Format::Csv, text);
        assert!(error.contains("parsing.limits.max_elements"), "{error}");
    }
}
