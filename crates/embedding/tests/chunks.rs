//! What of a document is embedded.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_config::EmbeddingConfig;
use gdg_embedding::{Chunk, ChunkElement, chunks, chunks_with_names, count_tokens};
use proptest::prelude::*;
use std::collections::HashSet;
use std::num::NonZeroU32;

/// An element: its parent, its type and its text.
type Row<'a> = (u32, &'a str, &'a str);

/// A tree whose root is a document; parents count it.
fn tree<'a>(rows: &[Row<'a>]) -> Vec<ChunkElement<'a>> {
    let root = ChunkElement { parent: None, element_type: "document", text: "" };
    let element =
        |(parent, element_type, text): &Row<'a>| ChunkElement { parent: Some(*parent), element_type, text };
    std::iter::once(root).chain(rows.iter().map(element)).collect()
}

fn config(chunk_size: u32, window_size: u32) -> EmbeddingConfig {
    EmbeddingConfig {
        chunk_size: NonZeroU32::new(chunk_size).unwrap(),
        overlap: 0,
        window_size: NonZeroU32::new(window_size).unwrap(),
        overlap_size: 0,
        ..EmbeddingConfig::default()
    }
}

fn texts(chunks: &[Chunk]) -> Vec<(u32, u32, &str)> {
    chunks.iter().map(|chunk| (chunk.position, chunk.part, chunk.text.as_str())).collect()
}

#[test]
fn a_list_is_one_chunk_with_an_item_a_line() {
    let elements = tree(&[
        (0, "list", ""),
        (1, "list_item", "Moor"),
        (2, "list", ""),
        (3, "list_item", "Bow line"),
        (1, "list_item", "Report"),
    ]);
    assert_eq!(texts(&chunks(None, &elements, &config(100, 1))), [(1, 0, "Moor\nBow line\nReport")]);
}

#[test]
fn a_table_is_one_chunk_with_a_row_a_line() {
    let elements = tree(&[
        (0, "table", ""),
        (1, "table_row", ""),
        (2, "table_cell", "Berth"),
        (2, "table_cell", "Depth, m"),
        (1, "table_row", ""),
        (5, "table_cell", "A"),
        (6, "link", "A"),
        (5, "table_cell", "4.2"),
    ]);
    assert_eq!(texts(&chunks(None, &elements, &config(100, 3))), [(1, 0, "Berth | Depth, m\nA | 4.2")]);
}

#[test]
fn a_large_table_is_divided_into_groups_of_rows() {
    let mut rows = vec![(0, "table", "")];
    for row in 0..5 {
        rows.push((1, "table_row", ""));
        rows.extend([(row * 4 + 2, "table_cell", "one"), (row * 4 + 2, "table_cell", "two")]);
        rows.push((row * 4 + 4, "link", "two"));
    }
    let found = chunks(None, &tree(&rows), &config(8, 3));
    let (pair, last) = ("one | two\none | two", "one | two");
    assert_eq!(texts(&found), [(2, 0, pair), (10, 0, pair), (18, 0, last)]);
}

#[test]
fn a_heading_comes_with_what_follows_under_it() {
    let long = "word ".repeat(40);
    let elements = tree(&[
        (0, "heading", "Arriving"),
        (1, "paragraph", "Call first."),
        (1, "heading", "Depths"),
        (3, "paragraph", &long),
    ]);
    let found = chunks(None, &elements, &config(30, 3));
    assert_eq!(found[0].text, "Arriving\nCall first.");
    assert_eq!(
        (found[1].position, found[1].text.as_str()),
        (3, "Depths\nword word word word word word word word word word word word word word word")
    );
    assert_eq!((found[2].position, found[3].position), (4, 4));
    assert_eq!((found[2].part, found[3].part), (0, 1));
}

#[test]
fn small_neighbours_under_one_heading_are_put_together() {
    let elements = tree(&[
        (0, "paragraph", "a"),
        (0, "paragraph", "b"),
        (0, "paragraph", "c"),
        (0, "paragraph", "d"),
        (0, "code_block", "let e;"),
        (0, "heading", "f"),
        (6, "paragraph", "g"),
    ]);
    let windows = EmbeddingConfig { overlap_size: 1, ..config(30, 3) };
    assert_eq!(
        texts(&chunks(None, &elements, &windows)),
        [(1, 0, "a\nb\nc"), (3, 0, "c\nd"), (5, 0, "let e;"), (6, 0, "f\ng")]
    );
    let apart = chunks(None, &elements, &config(30, 1));
    let positions: Vec<u32> = apart.iter().map(|chunk| chunk.position).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn a_small_object_is_one_chunk_and_a_large_one_has_its_objects_apart() {
    let elements = tree(&[
        (0, "json_object", ""),
        (1, "json_field", "Tide network"),
        (1, "json_array", ""),
        (3, "json_object", ""),
        (4, "json_field", "Ferry Pier"),
        (3, "json_object", ""),
        (6, "json_field", "Skerry Light"),
        (1, "json_field", "open"),
    ]);
    let names = ["", "", "title", "stations", "", "name", "", "name", "status"];
    let name_of = |position: u32| names.get(position as usize).copied();
    let whole = chunks_with_names(None, &elements, &name_of, &config(100, 3));
    let lines = "title: Tide network\nstations:\nname: Ferry Pier\nname: Skerry Light\nstatus: open";
    assert_eq!(texts(&whole), [(1, 0, lines)]);

    let divided = chunks_with_names(None, &elements, &name_of, &config(9, 3));
    assert_eq!(
        texts(&divided),
        [
            (1, 0, "title: Tide network\nstatus: open"),
            (4, 0, "name: Ferry Pier"),
            (6, 0, "name: Skerry Light")
        ]
    );
    assert_eq!(
        texts(&chunks(None, &elements, &config(100, 3)))[0].2,
        "Tide network\nFerry Pier\nSkerry Light\nopen"
    );
}

#[test]
fn running_headers_inline_links_and_empty_texts_have_no_chunk() {
    let elements = tree(&[
        (0, "page", ""),
        (1, "page_header", "Harbour manual"),
        (2, "paragraph", "Chapter 1"),
        (1, "paragraph", "Read the rules."),
        (4, "link", "rules"),
        (1, "paragraph", " \u{a0}\n"),
        (1, "image", "Plan of the harbour"),
        (1, "page_footer", "3 of 4"),
    ]);
    let found = chunks(None, &elements, &config(100, 1));
    assert_eq!(texts(&found), [(4, 0, "Read the rules."), (7, 0, "Plan of the harbour")]);
}

#[test]
fn header_fields_of_a_message_are_one_chunk() {
    let elements = tree(&[
        (0, "email_header", "Ada"),
        (0, "email_header", "Tides"),
        (0, "email_body", ""),
        (3, "paragraph", "Hello"),
    ]);
    let names =
        |position: u32| [None, Some("From"), Some("Subject")].get(position as usize).copied().flatten();
    let found = chunks_with_names(None, &elements, &names, &config(100, 3));
    assert_eq!(texts(&found), [(1, 0, "From: Ada\nSubject: Tides"), (4, 0, "Hello")]);
}

#[test]
fn context_is_the_headings_above_and_the_neighbours() {
    let elements = tree(&[
        (0, "heading", "Port"),
        (1, "heading", "Depths"),
        (2, "paragraph", "before"),
        (2, "paragraph", "itself"),
        (2, "paragraph", "after"),
    ]);
    let contextual = EmbeddingConfig { contextual: true, ..config(40, 1) };
    let found = chunks(Some("Manual"), &elements, &contextual);
    assert_eq!(found[3].text, "Port\nDepths\nbefore\nitself\nafter");
    let deep = EmbeddingConfig { ancestor_depth: 3, predecessor_count: 0, successor_count: 0, ..contextual };
    assert_eq!(chunks(Some("Manual"), &elements, &deep)[3].text, "Manual\nPort\nDepths\nitself");
}

#[test]
fn hostile_documents_have_bounded_chunks() {
    let word = "x".repeat(1 << 20);
    let found = chunks(None, &tree(&[(0, "paragraph", &word)]), &EmbeddingConfig::default());
    assert!(found.len() <= (word.len() / 6 / 128) + 1, "{}", found.len());
    assert!(found.iter().all(|chunk| count_tokens(&chunk.text) <= 512));

    // As deep as it is long, and each element under the one before it.
    let deep: Vec<Row<'_>> = (0..1_000_000).map(|parent| (parent, "heading", "")).collect();
    assert!(chunks(Some("title"), &tree(&deep), &EmbeddingConfig::default()).is_empty());
}

const TYPES: [&str; 20] = [
    "heading",
    "paragraph",
    "list",
    "list_item",
    "table",
    "table_row",
    "table_cell",
    "code_block",
    "blockquote",
    "image",
    "link",
    "footnote",
    "page",
    "page_header",
    "json_object",
    "json_field",
    "xml_element",
    "email_header",
    "slide",
    "unknown",
];

/// Trees whose parents may be anything, and whose words tell where they come from.
fn any_rows() -> impl Strategy<Value = Vec<(u32, &'static str, String)>> {
    let row = (any::<u32>(), prop::sample::select(&TYPES[..]), 0..30_usize, 0..4_u32);
    prop::collection::vec(row, 0..60).prop_map(|rows| {
        let text = |place: usize, words: usize| {
            (0..words).map(|word| format!("w{place}x{word}. ")).collect::<String>()
        };
        rows.into_iter()
            .enumerate()
            .map(|(place, (parent, element_type, words, hostile))| {
                let parent = if hostile == 0 { parent } else { parent % (place as u32 + 1) };
                (parent, element_type, text(place, words))
            })
            .collect()
    })
}

fn any_config() -> impl Strategy<Value = EmbeddingConfig> {
    let sizes = (1..60_u32, 0..60_u32, 1..5_u32, 0..5_u32);
    (sizes, any::<bool>(), 0..3_u32).prop_map(
        |((chunk_size, overlap, window_size, overlap_size), contextual, count)| EmbeddingConfig {
            overlap,
            overlap_size,
            contextual,
            ancestor_depth: count,
            predecessor_count: count,
            ..config(chunk_size, window_size)
        },
    )
}

/// Whether the text of an element is left out: it is a running header, or around it is one, or it is inline.
fn is_left_out(rows: &[(u32, &'static str, String)], index: usize) -> bool {
    let mut at = index;
    loop {
        let (parent, element_type, _) = &rows[at];
        if matches!(*element_type, "page_header" | "link" | "image") {
            return true;
        }
        match (*parent as usize).checked_sub(1) {
            Some(above) if above < at => at = above,
            _ => return false,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_word_is_in_a_chunk(rows in any_rows(), config in any_config()) {
        // Below, words could be cut within.
        prop_assume!(config.chunk_size.get() >= 8);
        let borrowed: Vec<Row<'_>> = rows.iter().map(|(parent, kind, text)| (*parent, *kind, text.as_str())).collect();
        let found = chunks(Some("title"), &tree(&borrowed), &config);
        let words: HashSet<&str> = found.iter().flat_map(|chunk| chunk.text.split_whitespace()).collect();
        for (index, (_, _, text)) in rows.iter().enumerate() {
            if !is_left_out(&rows, index) {
                for word in text.split_whitespace() {
                    prop_assert!(words.contains(word), "{word} of {:?} is in no chunk", rows[index]);
                }
            }
        }
    }

    #[test]
    fn no_chunk_is_larger_than_the_configuration_allows(rows in any_rows(), config in any_config()) {
        let borrowed: Vec<Row<'_>> = rows.iter().map(|(parent, kind, text)| (*parent, *kind, text.as_str())).collect();
        let chunk_size = config.chunk_size.get() as usize;
        let limit = if config.contextual { chunk_size + chunk_size / 2 } else { chunk_size };
        for chunk in chunks(Some("title"), &tree(&borrowed), &config) {
            prop_assert!(count_tokens(&chunk.text) <= limit, "{chunk:?}");
            prop_assert!(count_tokens(&chunk.text) > 0);
        }
    }

    #[test]
    fn chunks_are_the_same_each_time_and_named_once(rows in any_rows(), config in any_config()) {
        let borrowed: Vec<Row<'_>> = rows.iter().map(|(parent, kind, text)| (*parent, *kind, text.as_str())).collect();
        let elements = tree(&borrowed);
        let found = chunks(None, &elements, &config);
        prop_assert_eq!(&found, &chunks(None, &elements, &config));
        let names: HashSet<(u32, u32)> = found.iter().map(|chunk| (chunk.position, chunk.part)).collect();
        prop_assert_eq!(names.len(), found.len());
        prop_assert!(found.iter().all(|chunk| (chunk.position as usize) < elements.len()));
    }

    #[test]
    fn any_text_keeps_its_characters(text in "\\PC{0,400}", chunk_size in 1..40_u32) {
        let found = chunks(None, &tree(&[(0, "paragraph", &text)]), &config(chunk_size, 3));
        let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        let joined: String = found.iter().map(|chunk| visible(&chunk.text)).collect();
        prop_assert_eq!(joined, visible(&text));
    }
}
