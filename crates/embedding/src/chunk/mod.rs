//! What of a document is embedded.
//!
//! 1. [`passages`](passage::passages) reads the tree once and makes a text of
//!    each paragraph, list, table and so on, with its tokens counted.
//! 2. Small neighbours are put together into [`windows`](window), long texts
//!    are [`cut`](cut).
//! 3. With `contextual`, each chunk is framed by its [surroundings](context).
//!
//! Every step is linear in the elements and the bytes of their texts.

mod context;
mod cut;
mod passage;
mod tokens;
mod tree;
mod window;

pub use tokens::count_tokens;

use gdg_config::EmbeddingConfig;

/// A text that gets one vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The element that the vector belongs to: of several that were put together, the first.
    pub position: u32,
    /// Which part of the element this is, from 0; more than 0 only where its text was cut.
    pub part: u32,
    /// What is embedded.
    pub text: String,
}

/// An element, as far as chunks depend on it.
#[derive(Debug, Clone, Copy)]
pub struct ChunkElement<'a> {
    /// The position of its parent, always smaller than its own; `None` for the root. One that is not smaller counts as
    /// none.
    pub parent: Option<u32>,
    /// Its type, as [`gdg_model::ElementType::as_str`] gives it. An unknown one counts as a paragraph.
    pub element_type: &'a str,
    /// Its own text, without that of its children.
    pub text: &'a str,
}

/// The chunks of a document whose tree is `elements`: flat, in document order,
/// the root first, an element's position being its index.
///
/// What gets a chunk:
///
/// - a paragraph, quote, footnote, formula, code block, comment and the like, each with all that is in it;
/// - a list with its items, nested ones among them, each on a line;
/// - a table, each row on a line, its cells joined by ` | `. One of more than `chunk_size` tokens is divided into
///   groups of rows, each at its first row;
/// - a JSON object or array, or an XML element, with all that is in it, if that is no more than `chunk_size` tokens; a
///   larger one has its objects and elements apart, and what is left (its fields, or its text) together;
/// - the header fields of a message, together;
/// - a heading, or the title of a slide or the name of a sheet, always with what follows under it, as far as there is
///   something: a heading alone says too little.
///
/// Nothing gets the running headers and footers of pages, what has no visible
/// character, and links, formulas and images whose text the element around
/// them has already.
///
/// Keys that take part:
///
/// - `chunk_size`: the most tokens of a chunk, as [`count_tokens`] counts. A longer text is cut, best at the end of a
///   line or sentence, else between words, else within one. Runs of white space become one space or line break.
/// - `overlap`: tokens that a part repeats of the part before it; at most half of it, so that parts stay few.
/// - `window_size`: so many neighbours under one heading are put together at most, if each has no more than
///   `chunk_size / window_size` tokens. Code, tables, JSON and XML stay alone. 1: none are put together.
/// - `overlap_size`: so many elements a window repeats of the window before it.
/// - `contextual`: whether a chunk also has the headings of `ancestor_depth` levels above it (the document's title is
///   the one above them all), and `predecessor_count` and `successor_count` neighbours before and after it (32 at the
///   most); together no more than half of `chunk_size`, and besides the chunk's own tokens.
pub fn chunks(title: Option<&str>, elements: &[ChunkElement<'_>], config: &EmbeddingConfig) -> Vec<Chunk> {
    chunks_with_names(title, elements, &|_| None, config)
}

/// [`chunks`] with the names of members and XML elements: `name_of` a position
/// is the attribute `name` of that element. Fields then read `name: value`.
pub fn chunks_with_names<'a>(
    title: Option<&str>,
    elements: &[ChunkElement<'a>],
    name_of: &dyn Fn(u32) -> Option<&'a str>,
    config: &EmbeddingConfig,
) -> Vec<Chunk> {
    let tree = tree::Tree::read(elements, name_of);
    let chunk_size = config.chunk_size.get() as usize;
    let passages = passage::passages(&tree, chunk_size);
    let drafts = window::drafts(&passages, &tree, config);
    if config.contextual {
        let context = context::Context::new(title, &passages, &tree, config);
        drafts.into_iter().map(|draft| context.frame(draft)).collect()
    } else {
        drafts.into_iter().map(|draft| draft.chunk).collect()
    }
}
