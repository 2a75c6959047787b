#![no_main]

use gdg_config::EmbeddingConfig;
use gdg_embedding::{ChunkElement, chunks, count_tokens};
use libfuzzer_sys::fuzz_target;
use std::num::NonZeroU32;

const TYPES: [&str; 16] = [
    "document", "heading", "paragraph", "list", "list_item", "table", "table_row", "table_cell", "link", "page_footer",
    "json_object", "json_field", "xml_element", "email_header", "code_block", "unknown",
];

fuzz_target!(|input: (Vec<(u16, u8, &str)>, NonZeroU32, [u32; 5], NonZeroU32, Option<&str>)| {
    let (rows, chunk_size, [overlap, overlap_size, before, after, depth], window_size, title) = input;
    let elements: Vec<ChunkElement<'_>> = rows
        .iter()
        .map(|(parent, kind, text)| ChunkElement {
            parent: Some(u32::from(*parent)),
            element_type: TYPES[usize::from(*kind) % TYPES.len()],
            text,
        })
        .collect();
    let config = EmbeddingConfig {
        chunk_size,
        overlap,
        contextual: title.is_some(),
        predecessor_count: before,
        successor_count: after,
        ancestor_depth: depth,
        window_size,
        overlap_size,
        ..EmbeddingConfig::default()
    };
    let chunk_size = chunk_size.get() as usize;
    let limit = if config.contextual { chunk_size + chunk_size / 2 } else { chunk_size };
    for chunk in chunks(title, &elements, &config) {
        let tokens = count_tokens(&chunk.text);
        assert!((1..=limit).contains(&tokens), "{tokens} tokens, {limit} are allowed");
        assert!((chunk.position as usize) < elements.len());
    }
});
