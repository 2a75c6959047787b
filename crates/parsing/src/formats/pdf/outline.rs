//! A document's bookmarks.

use super::text;
use pdf_oxide::PdfDocument;
use pdf_oxide::object::{Object, ObjectRef};
use pdf_oxide::outline::{Destination, OutlineItem};
use std::collections::HashSet;

/// More bookmarks than this are not read, nor are deeper ones.
const MOST_BOOKMARKS: usize = 20_000;
const DEEPEST: u32 = 32;

/// A bookmark that leads to a page.
#[derive(Debug, Clone)]
pub(super) struct Bookmark {
    pub(super) title: String,
    /// Page, from 0.
    pub(super) page: usize,
    /// Level, from 1.
    pub(super) level: u32,
}

/// The bookmarks of a document, in no particular order.
pub(super) fn bookmarks(document: &PdfDocument) -> Vec<Bookmark> {
    if !is_finite(document) {
        return Vec::new();
    }
    let items = document.get_outline().ok().flatten().unwrap_or_default();
    let mut waiting: Vec<(u32, OutlineItem)> = items.into_iter().map(|item| (1, item)).collect();
    let mut bookmarks = Vec::new();
    while let Some((level, item)) = waiting.pop() {
        let page = match item.dest {
            Some(Destination::PageIndex(page)) => Some(page),
            Some(Destination::Named(name)) => document.resolve_named_destination(&name).ok().flatten(),
            None => None,
        };
        if let Some(page) = page {
            bookmarks.push(Bookmark { title: text::clean(&item.title), page, level });
        }
        waiting.extend(item.children.into_iter().map(|child| (level + 1, child)));
    }
    bookmarks
}

/// Whether the bookmarks end: the library follows them without looking where it has been.
fn is_finite(document: &PdfDocument) -> bool {
    let child =
        |object: &Object, key: &str| -> Option<ObjectRef> { object.as_dict()?.get(key)?.as_reference() };
    let Some(first) = document
        .catalog()
        .ok()
        .and_then(|catalog| child(&catalog, "Outlines"))
        .and_then(|outlines| document.load_object(outlines).ok())
        .and_then(|outlines| child(&outlines, "First"))
    else {
        return true;
    };
    let mut seen = HashSet::new();
    let mut waiting = vec![(1, first)];
    while let Some((depth, reference)) = waiting.pop() {
        if depth > DEEPEST || seen.len() > MOST_BOOKMARKS || !seen.insert((reference.id, reference.r#gen)) {
            return false;
        }
        let Ok(item) = document.load_object(reference) else { continue };
        waiting.extend(child(&item, "First").map(|first| (depth + 1, first)));
        waiting.extend(child(&item, "Next").map(|next| (depth, next)));
    }
    true
}
