//! Markdown: `CommonMark` with the extensions of GitHub (tables, task lists,
//! strikethrough, footnotes, alerts, formulas, bare URLs) and front matter.

mod bare_urls;
mod blocks;
mod front_matter;
mod guard;
mod html;
mod metadata;
mod prose;

use crate::text_encoding::decode;
use crate::text_location::SourceMap;
use crate::{Input, ParseError, Parser, TreeBuilder};
use blocks::Blocks;
use pulldown_cmark::Options;

/// Markdown (`CommonMark` with tables, task lists, footnotes, front matter).
#[derive(Debug)]
pub(crate) struct Markdown;

/// Front matter is not among them: the library would take it in the middle of a document too.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_MATH)
    .union(Options::ENABLE_GFM);

/// How many events may pass between two looks at the clock.
const EVENTS_PER_CLOCK_READ: usize = 1024;

impl Parser for Markdown {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let decoded = decode(input.bytes);
        let body_start = front_matter::read(&decoded.text, tree)?;
        if decoded.encoding != encoding_rs::UTF_8.name() {
            tree.set_metadata("encoding", decoded.encoding);
        }
        let body = &decoded.text[body_start..];
        guard::check_cost(body, tree.budget())?;

        let source_map = SourceMap::new(&decoded);
        let mut blocks = Blocks::new(tree, &decoded.text, &source_map);
        let events = pulldown_cmark::Parser::new_ext(body, OPTIONS).into_offset_iter();
        for (count, (event, range)) in events.enumerate() {
            if count.is_multiple_of(EVENTS_PER_CLOCK_READ) {
                blocks.check_deadline()?;
            }
            blocks.take(event, range.start + body_start..range.end + body_start)?;
        }
        Ok(())
    }
}
