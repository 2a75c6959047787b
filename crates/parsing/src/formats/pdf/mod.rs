//! PDF: what stands on its pages, in reading order.
//!
//! `pdf_oxide` gives positioned runs of text, lines, images and annotations of a page ([`source`]); the rest of
//! the structure is found here. Runs become segments, segments in drawn or aligned grids become tables, the
//! page is cut into columns, lines become paragraphs, and the document's own statistics tell headings and
//! running headers from prose ([`layout`]). Pages that yield no text are read once more with `unpdf`
//! ([`fallback`]).
//!
//! Both libraries may abort or exhaust the stack on hostile files: this parser belongs in a child process.

mod aligned;
mod anchors;
mod area;
mod blocks;
mod columns;
mod emit;
mod fallback;
mod figures;
mod grid;
mod headings;
mod layout;
mod lists;
mod metadata;
mod outline;
mod page;
mod running;
mod segments;
mod source;
mod spacing;
mod text;

use crate::{Budget, Input, ParseError, Parser, TreeBuilder};
use emit::{PageExtras, emit_page};
use gdg_model::Format;
use page::{Block, Content, PageContent};
use pdf_oxide::extractors::page_labels::PageLabelExtractor;
use source::Source;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a file ends, and the bytes that may stand around it.
const END: &[u8] = b"%%EOF";
const TAIL: usize = 2048;

/// PDF.
#[derive(Debug)]
pub(crate) struct Pdf;

impl Parser for Pdf {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        match guarded(|| Source::open(input.bytes)) {
            Ok(source) => parse_pages(&source, input.bytes, tree),
            Err(encrypted @ ParseError::Encrypted { .. }) => Err(encrypted),
            Err(error) => parse_with_fallback(input.bytes, error, tree),
        }
    }
}

fn parse_pages(source: &Source, bytes: &[u8], tree: &mut TreeBuilder) -> Result<(), ParseError> {
    let budget = tree.budget().clone();
    metadata::record(&source.document, source.page_count, tree);
    mark_truncated(bytes, tree);
    let mut pages = Vec::new();
    let mut extras = Vec::new();
    let mut first_error = None;
    let mut unread: Vec<usize> = Vec::new();
    for index in 0..source.page_count {
        budget.check_deadline()?;
        let mut page = match guarded(|| source.page(index, &budget)) {
            Ok(page) => page,
            Err(limit @ ParseError::LimitExceeded { .. }) => return Err(limit),
            Err(error) => {
                first_error.get_or_insert(error);
                unread.push(index + 1);
                PageContent::empty()
            }
        };
        extras.push(PageExtras {
            label: None,
            has_text: page.has_text(),
            is_guessed: page.is_guessed,
            anchors: std::mem::take(&mut page.anchors),
            notes: std::mem::take(&mut page.notes),
        });
        pages.push(page);
    }
    let bookmarks = guarded(|| Ok(outline::bookmarks(&source.document))).unwrap_or_default();
    let mut blocks = layout::lay_out(pages, &bookmarks, &budget)?;
    read_again(bytes, &mut blocks, &mut extras, &budget)?;
    let has_content = blocks.iter().any(|blocks| !blocks.is_empty());
    if let Some(error) = first_error.filter(|_| !has_content) {
        return Err(error);
    }
    label(source, &mut extras);
    if !unread.is_empty() {
        tree.set_metadata("unread_pages", unread);
    }
    if extras.iter().all(|page| !page.has_text) {
        tree.set_metadata("has_text", false);
    }
    for (number, (blocks, extras)) in (1..).zip(blocks.into_iter().zip(extras)) {
        emit_page(tree, number, blocks, extras)?;
    }
    Ok(())
}

/// Puts the fallback's blocks on pages without text or with text that is a guess, where it finds any.
fn read_again(
    bytes: &[u8],
    blocks: &mut [Vec<Block>],
    extras: &mut [PageExtras],
    budget: &Budget,
) -> Result<(), ParseError> {
    let silent: Vec<u32> = (1..)
        .zip(extras.iter())
        .filter(|(_, page)| !page.has_text || page.is_guessed)
        .map(|(number, _)| number)
        .collect();
    if silent.is_empty() {
        return Ok(());
    }
    budget.check_deadline()?;
    let found = guarded(|| fallback::pages(bytes, Some(silent))).unwrap_or_default();
    for (number, mut found) in found {
        let place = number.saturating_sub(1) as usize;
        let (Some(page), Some(extras)) = (blocks.get_mut(place), extras.get_mut(place)) else { continue };
        if found.is_empty() {
            continue;
        }
        if extras.has_text {
            page.retain(|block| matches!(block.content, Content::Picture(_)));
        }
        extras.has_text = true;
        page.append(&mut found);
    }
    Ok(())
}

/// Names the pages that are not called by their number.
fn label(source: &Source, extras: &mut [PageExtras]) {
    let ranges = guarded(|| Ok(PageLabelExtractor::extract(&source.document).unwrap_or_default()));
    let Ok(ranges) = ranges else { return };
    if ranges.is_empty() {
        return;
    }
    for (index, page) in extras.iter_mut().enumerate() {
        let label = PageLabelExtractor::get_label(&ranges, index);
        page.label = Some(label).filter(|label| !label.is_empty() && *label != (index + 1).to_string());
    }
}

/// Parses a document that the first library cannot open; `error` is why.
fn parse_with_fallback(bytes: &[u8], error: ParseError, tree: &mut TreeBuilder) -> Result<(), ParseError> {
    let pages: BTreeMap<u32, Vec<Block>> = match guarded(|| fallback::pages(bytes, None)) {
        Ok(pages) if pages.values().any(|blocks| !blocks.is_empty()) => pages,
        Err(encrypted @ ParseError::Encrypted { .. }) => return Err(encrypted),
        _ => return Err(error),
    };
    tree.set_metadata("page_count", pages.len());
    mark_truncated(bytes, tree);
    for (number, blocks) in pages {
        let extras = PageExtras {
            label: None,
            has_text: !blocks.is_empty(),
            is_guessed: false,
            anchors: Vec::new(),
            notes: Vec::new(),
        };
        emit_page(tree, number, blocks, extras)?;
    }
    Ok(())
}

/// Says so when the end of the file is missing: what was read is not all there was.
fn mark_truncated(bytes: &[u8], tree: &mut TreeBuilder) {
    let tail = &bytes[bytes.len().saturating_sub(TAIL)..];
    if !tail.windows(END.len()).any(|window| window == END) {
        tree.set_metadata("truncated", true);
    }
}

/// Runs a library on input that may make it panic.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParseError>) -> Result<T, ParseError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let detail =
            text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
        Err(ParseError::Panicked { format: Format::Pdf, detail: detail.to_owned() })
    })
}
