//! The text of one block, and the links, images and formulas in it.

use super::bare_urls;
use crate::whitespace::{push_collapsed, push_line_break};
use std::ops::Range;

/// What a reference is, with what it refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReferenceKind {
    Link { target: String, title: String },
    Image { source: String, title: String },
    Formula,
}

/// A link, an image or a formula within a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) kind: ReferenceKind,
    /// Its label, description or notation, in bytes of the text.
    pub(super) label: Range<usize>,
    /// The label with what delimits it in the text.
    outer: Range<usize>,
    /// Where it stands in the decoded source.
    pub(super) source: Range<usize>,
}

/// Which syntax began a reference, and so must end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Markdown,
    Html,
}

/// Collects the text of one block. White space collapses; a hard line break is a `\n`.
#[derive(Debug, Default)]
pub(super) struct Prose {
    text: String,
    references: Vec<Reference>,
    /// Positions of the references whose end has not been seen.
    open: Vec<(usize, Syntax)>,
    /// Ranges of the text in which a URL is no link of its own: code and formulas.
    verbatim: Vec<Range<usize>>,
    /// What the text was made of, in bytes of the decoded source.
    source: Option<Range<usize>>,
}

impl Prose {
    /// Extends the source range.
    pub(super) fn cover(&mut self, range: &Range<usize>) {
        self.source = Some(match &self.source {
            Some(source) => source.start.min(range.start)..source.end.max(range.end),
            None => range.clone(),
        });
    }

    /// What the text was made of, in bytes of the decoded source.
    pub(super) fn source(&self) -> Range<usize> {
        self.source.clone().unwrap_or_default()
    }

    pub(super) fn push(&mut self, text: &str) {
        push_collapsed(&mut self.text, text);
    }

    pub(super) fn push_code(&mut self, code: &str) {
        let start = self.text.len();
        self.text.push_str(code);
        self.verbatim.push(start..self.text.len());
    }

    pub(super) fn push_formula(&mut self, delimiter: &str, notation: &str, source: Range<usize>) {
        let start = self.text.len();
        self.text.push_str(delimiter);
        let label = self.text.len()..self.text.len() + notation.len();
        self.text.push_str(notation);
        self.text.push_str(delimiter);
        let outer = start..self.text.len();
        self.verbatim.push(outer.clone());
        self.references.push(Reference { kind: ReferenceKind::Formula, label, outer, source });
    }

    pub(super) fn push_line_break(&mut self) {
        push_line_break(&mut self.text);
    }

    /// Begins a link or an image; the text pushed until its end is its label.
    pub(super) fn open_reference(&mut self, kind: ReferenceKind, syntax: Syntax, source: Range<usize>) {
        let start = self.text.len();
        self.open.push((self.references.len(), syntax));
        self.references.push(Reference { kind, label: start..start, outer: start..start, source });
    }

    /// Ends the innermost open reference, if it was begun with `syntax`. One of HTML that Markdown's end
    /// cuts short ends with it.
    pub(super) fn close_reference(&mut self, syntax: Syntax) {
        while let Some((position, opened_with)) = self.open.last().copied() {
            if syntax == Syntax::Html && opened_with != Syntax::Html {
                return;
            }
            self.open.pop();
            self.end_label(position);
            if opened_with == syntax {
                return;
            }
        }
    }

    fn end_label(&mut self, position: usize) {
        let end = self.text.len();
        if let Some(reference) = self.references.get_mut(position) {
            reference.label.end = end;
            reference.outer.end = end;
        }
    }

    /// Whether there is nothing to show: no text, and no reference either.
    pub(super) fn is_empty(&self) -> bool {
        self.references.is_empty() && self.text.trim_ascii().is_empty()
    }

    /// Completes the text: ends open references, links bare URLs, trims. `source` is the decoded source.
    pub(super) fn complete(&mut self, source: &str) {
        while let Some((position, _)) = self.open.pop() {
            self.end_label(position);
        }
        if self.text.contains("://") {
            self.link_bare_urls(source);
        }
        self.text.truncate(self.text.trim_ascii_end().len());
    }

    fn link_bare_urls(&mut self, source: &str) {
        let block = self.source();
        // Where to look for the next URL in the source; `None` once one was not found as it is.
        let mut from = Some(block.start);
        let mut found = Vec::new();
        let mut taken = Taken::of(self);
        for range in bare_urls::find(&self.text) {
            let url = &self.text[range.clone()];
            let place = from.and_then(|from| {
                let start = from + source.get(from..block.end)?.find(url)?;
                Some(start..start + url.len())
            });
            from = place.as_ref().map(|place| place.end);
            if !taken.overlaps(&range) {
                let kind = ReferenceKind::Link { target: url.to_owned(), title: String::new() };
                let source = place.unwrap_or_else(|| block.clone());
                found.push(Reference { kind, label: range.clone(), outer: range, source });
            }
        }
        if !found.is_empty() {
            self.references.append(&mut found);
            self.references.sort_by_key(|reference| reference.label.start);
        }
    }

    /// The text, without white space at its ends once [`complete`](Self::complete) was called.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn references(&self) -> &[Reference] {
        &self.references
    }

    /// The label of `reference`.
    pub(super) fn label(&self, reference: &Reference) -> &str {
        let end = reference.label.end.min(self.text.len());
        self.text.get(reference.label.start..end).unwrap_or_default().trim_ascii()
    }

    /// The image or formula that is all there is.
    pub(super) fn sole_figure(&self) -> Option<&Reference> {
        match self.references.as_slice() {
            [only] if !matches!(only.kind, ReferenceKind::Link { .. }) => {
                let outside = self.text.len().saturating_sub(only.outer.len());
                (outside == 0).then_some(only)
            }
            _ => None,
        }
    }

    /// Empties it for the next block; the allocations stay.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.references.clear();
        self.open.clear();
        self.verbatim.clear();
        self.source = None;
    }
}

/// The ranges of a text in which a URL is already linked or is no link, for one pass in ascending order.
struct Taken {
    ranges: Vec<Range<usize>>,
    next: usize,
}

impl Taken {
    fn of(prose: &Prose) -> Self {
        let references = prose.references.iter().map(|reference| &reference.outer);
        let mut ranges: Vec<_> = references.chain(&prose.verbatim).cloned().collect();
        ranges.sort_by_key(|range| range.start);
        // Of nested ranges only the outermost counts, so that the ends ascend too.
        ranges.dedup_by(|inner, outer| inner.end <= outer.end);
        Self { ranges, next: 0 }
    }

    fn overlaps(&mut self, range: &Range<usize>) -> bool {
        while self.ranges.get(self.next).is_some_and(|taken| taken.end <= range.start) {
            self.next += 1;
        }
        self.ranges.get(self.next).is_some_and(|taken| taken.start < range.end)
    }
}
