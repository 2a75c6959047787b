use super::*;
use proptest::prelude::*;
use std::num::NonZeroU32;

fn config(size: u32, overlap: u32) -> EmbeddingConfig {
    EmbeddingConfig {
        chunk_size: NonZeroU32::new(size).unwrap(),
        overlap,
        window_size: NonZeroU32::new(1).unwrap(),
        ..EmbeddingConfig::default()
    }
}

fn element<'a>(parent: u32, element_type: &'a str, text: &'a str) -> ChunkElement<'a> {
    ChunkElement { parent: Some(parent), element_type, name: None, text }
}

fn document<'a>(elements: &[ChunkElement<'a>]) -> Vec<ChunkElement<'a>> {
    let root = ChunkElement { element_type: "document", ..ChunkElement::default() };
    std::iter::once(root).chain(elements.iter().cloned()).collect()
}

fn told(elements: &[ChunkElement<'_>], config: &EmbeddingConfig) -> Vec<(u32, u32, String)> {
    let chunks = chunks(Some("Title"), &document(elements), config);
    chunks.into_iter().map(|chunk| (chunk.position, chunk.part, chunk.text)).collect()
}

#[test]
fn a_heading_goes_with_the_first_text_beneath_it() {
    let elements = [
        element(0, "heading", "Fire"),
        element(1, "paragraph", "The printer burns."),
        element(1, "paragraph", "It is out."),
        element(0, "heading", "Empty"),
        element(0, "heading", "Last"),
    ];
    let expected = [(2, "Fire\nThe printer burns."), (3, "It is out."), (4, "Empty"), (5, "Last")];
    let expected: Vec<_> = expected.map(|(position, text)| (position, 0, text.to_owned())).into();
    assert_eq!(told(&elements, &config(100, 0)), expected);
}

#[test]
fn tables_and_lists_are_embedded_as_wholes_and_page_headers_not_at_all() {
    let elements = [
        element(0, "page_header", "Confidential"),
        element(0, "table", ""),
        element(2, "table_row", ""),
        element(3, "table_cell", "name"),
        element(3, "table_cell", "age"),
        element(2, "table_row", ""),
        element(6, "table_cell", "Ada"),
        element(6, "table_cell", "36"),
        element(0, "list", ""),
        element(9, "list_item", "one"),
        element(9, "list_item", "two"),
        element(11, "link", "two"),
    ];
    let expected = [(2, "name | age\nAda | 36"), (9, "one\ntwo")];
    let expected: Vec<_> = expected.map(|(position, text)| (position, 0, text.to_owned())).into();
    assert_eq!(told(&elements, &config(100, 0)), expected);
}

#[test]
fn a_record_is_embedded_as_a_whole_or_in_parts_when_it_is_long() {
    let field = |parent, name: &str, text| ChunkElement {
        name: Some(name.into()),
        ..element(parent, "json_field", text)
    };
    let elements = [
        element(0, "json_object", ""),
        field(1, "id", "7"),
        ChunkElement { name: Some("user".into()), ..element(1, "json_object", "") },
        field(3, "name", "Ada"),
        field(3, "place", "London"),
    ];
    assert_eq!(told(&elements, &config(100, 0)), [(1, 0, "id: 7\nname: Ada\nplace: London".to_owned())]);
    let parts = told(&elements, &config(3, 0));
    assert_eq!(
        parts,
        [
            (1, 0, "id: 7".to_owned()),
            (3, 0, "name: Ada".to_owned()),
            (3, 1, "place:".to_owned()),
            (3, 2, "London".to_owned())
        ]
    );
}

#[test]
fn a_long_text_is_cut_at_sentences_and_parts_overlap() {
    let text = "One two three four. Five six seven eight. Nine ten eleven twelve.";
    let elements = [element(0, "paragraph", text)];
    let parts = told(&elements, &config(6, 1));
    let texts: Vec<&str> = parts.iter().map(|(_, _, text)| text.as_str()).collect();
    assert_eq!(texts, ["One two three four.", "four. Five six seven eight.", "Nine ten eleven twelve."]);
}

#[test]
fn small_neighbours_are_embedded_together() {
    let elements: Vec<_> = ["a", "b", "c", "d", "e"].map(|text| element(0, "paragraph", text)).into();
    let windowed =
        EmbeddingConfig { window_size: NonZeroU32::new(3).unwrap(), overlap_size: 1, ..config(100, 0) };
    let expected = vec![(1, 0, "a\nb\nc".to_owned()), (3, 0, "c\nd\ne".to_owned())];
    assert_eq!(told(&elements, &windowed), expected);
}

#[test]
fn context_is_what_stands_above_and_beside_within_bounds() {
    let elements = [
        element(0, "heading", "Fire"),
        element(1, "paragraph", "Before it."),
        element(1, "paragraph", "The printer burns."),
        element(1, "paragraph", "After it."),
    ];
    let contextual = EmbeddingConfig { contextual: true, ..config(40, 0) };
    let chunks = told(&elements, &contextual);
    assert_eq!(chunks[1].2, "Title\nFire\nFire\nBefore it.\nThe printer burns.\nAfter it.");
    let long = "word ".repeat(1_000);
    let elements = [element(0, "paragraph", &long), element(0, "paragraph", "The printer burns.")];
    assert!(tokens(&told(&elements, &contextual).last().unwrap().2) <= 40);
}

#[test]
fn hostile_sizes_take_time_in_proportion() {
    let long = "x".repeat(1 << 20);
    let parts = told(&[element(0, "paragraph", &long)], &config(512, 128));
    assert!(parts.len() > 400 && parts.iter().all(|(_, _, text)| tokens(text) <= 512));
    let nested: Vec<_> = (0..200_000).map(|parent| element(parent, "json_object", "")).collect();
    assert!(told(&nested, &config(512, 0)).is_empty());
    let many: Vec<_> = (0..200_000).map(|_| element(0, "paragraph", " ")).collect();
    assert!(told(&many, &config(512, 0)).is_empty());
}

proptest! {
    #[test]
    fn every_word_is_in_a_chunk_and_no_chunk_is_too_long(
        texts in prop::collection::vec("[a-z .]{0,200}", 0..10),
        size in 4_u32..40,
        overlap in 0_u32..4,
    ) {
        let elements: Vec<_> = texts.iter().map(|text| element(0, "paragraph", text)).collect();
        let chunks = told(&elements, &config(size, overlap));
        for (index, text) in texts.iter().enumerate() {
            let own = chunks.iter().filter(|(position, ..)| *position == index as u32 + 1);
            let said: Vec<&str> = own.flat_map(|(_, _, text)| text.split_whitespace()).collect();
            for word in text.split_whitespace().filter(|word| word.len() < MAX_WORD) {
                prop_assert!(said.contains(&word), "{} is missing", word);
            }
        }
        // A single word may be longer.
        for (_, _, text) in &chunks {
            prop_assert!(tokens(text) <= size as usize || text.split_whitespace().count() == 1);
        }
    }
}
