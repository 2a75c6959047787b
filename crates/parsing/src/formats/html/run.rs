//! A run of inline content: text, and the links, images and formulas in it.

use gdg_model::ElementType;
use std::mem;
use std::ops::Range;

/// Inline content as it is gathered, up to the block boundary that ends it.
#[derive(Debug, Default)]
pub(super) struct Run {
    text: String,
    /// Whether whitespace was met that the next word must be set apart by.
    space: bool,
    /// How many open elements preserve whitespace.
    preserved: u32,
    inlines: Vec<Inline>,
    links: Vec<OpenLink>,
}

/// A link, image or formula in a run.
#[derive(Debug)]
pub(super) struct Inline {
    pub(super) element_type: ElementType,
    pub(super) label: Label,
    pub(super) target: Option<String>,
    pub(super) path: String,
}

/// The text of an [`Inline`].
#[derive(Debug)]
pub(super) enum Label {
    /// A part of the run's text.
    Part(Range<usize>),
    /// A text of its own.
    Own(String),
}

#[derive(Debug)]
struct OpenLink {
    target: String,
    path: String,
    /// What to call it if it has no text.
    fallback: Option<String>,
    /// Where in the run its text begins.
    start: usize,
    /// Where among the run's inlines its own begin.
    first_inline: usize,
    /// Whether it is among the inlines of this or an earlier run.
    recorded: bool,
}

/// A run that has ended.
#[derive(Debug)]
pub(super) struct FinishedRun {
    text: String,
    pub(super) inlines: Vec<Inline>,
}

impl FinishedRun {
    /// The text, trimmed.
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The text as it stands.
    pub(super) fn verbatim(&self) -> &str {
        &self.text
    }

    /// The text of `inline`, on one line.
    pub(super) fn label<'a>(&'a self, inline: &'a Inline) -> String {
        let label = match &inline.label {
            Label::Part(range) => self.text.get(range.clone()).unwrap_or(""),
            Label::Own(text) => text,
        };
        collapse(label)
    }
}

/// `text` with its runs of whitespace made single spaces, trimmed.
pub(super) fn collapse(text: &str) -> String {
    let mut words = text.split_ascii_whitespace();
    let mut collapsed = words.next().unwrap_or("").to_owned();
    for word in words {
        collapsed.push(' ');
        collapsed.push_str(word);
    }
    collapsed.trim().to_owned()
}

impl Run {
    /// Adds text, its whitespace collapsed as a browser does.
    pub(super) fn push(&mut self, text: &str) {
        if self.preserved > 0 {
            self.text.push_str(text);
            return;
        }
        self.space |= text.starts_with(is_space);
        for word in text.split_ascii_whitespace() {
            if self.space && !self.is_at_line_start() {
                self.text.push(' ');
            }
            self.text.push_str(word);
            self.space = true;
        }
        if !text.trim_ascii().is_empty() {
            self.space = text.ends_with(is_space);
        }
    }

    /// Sets what follows apart from what precedes.
    pub(super) fn separate(&mut self) {
        self.space = true;
    }

    /// Goes to the next line.
    pub(super) fn break_line(&mut self) {
        self.space = false;
        self.text.push('\n');
    }

    /// Goes to the next line, unless at the start of one.
    pub(super) fn start_line(&mut self) {
        if !self.is_at_line_start() {
            self.break_line();
        }
    }

    /// Whether nothing stands on the current line.
    pub(super) fn is_at_line_start(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n')
    }

    /// Keeps whitespace as it is until [`Self::end_preserving`].
    pub(super) fn preserve(&mut self) {
        self.preserved += 1;
    }

    /// Ends one [`Self::preserve`].
    pub(super) fn end_preserving(&mut self) {
        self.preserved = self.preserved.saturating_sub(1);
    }

    /// Bytes of text so far: where what follows will begin.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Takes back the text from `start` on.
    pub(super) fn take_back(&mut self, start: usize) {
        self.text.truncate(start);
    }

    /// Adds a link, image or formula.
    pub(super) fn add(&mut self, inline: Inline) {
        self.inlines.push(inline);
    }

    /// Begins a link. Its label is the text up to [`Self::close_link`], or else `fallback`.
    pub(super) fn open_link(&mut self, target: String, path: String, fallback: Option<String>) {
        let (start, first_inline) = (self.text.len(), self.inlines.len());
        self.links.push(OpenLink { target, path, fallback, start, first_inline, recorded: false });
    }

    /// Ends the link opened last.
    pub(super) fn close_link(&mut self) {
        let Some(link) = self.links.pop() else { return };
        let label = self.text.get(link.start..).unwrap_or("").trim();
        if is_permalink(&link.target, label) {
            self.text.truncate(link.start);
            return;
        }
        if link.recorded {
            return;
        }
        let label = if label.is_empty() {
            let inner = self.inlines.get(link.first_inline..).unwrap_or_default();
            let described = inner.iter().find_map(|inline| match &inline.label {
                Label::Own(text) if !text.is_empty() => Some(text.clone()),
                _ => None,
            });
            Label::Own(link.fallback.or(described).unwrap_or_default())
        } else {
            Label::Part(link.start..self.text.len())
        };
        let is_nothing =
            link.target.starts_with('#') && matches!(&label, Label::Own(text) if text.is_empty());
        if !is_nothing {
            let inline =
                Inline { element_type: ElementType::Link, label, target: Some(link.target), path: link.path };
            self.inlines.insert(link.first_inline.min(self.inlines.len()), inline);
        }
    }

    /// Ends the run. A link that goes on in the next one is recorded in the first that has text of it.
    pub(super) fn finish(&mut self) -> FinishedRun {
        for link in &mut self.links {
            let has_text = self.text.get(link.start..).is_some_and(|text| !text.trim().is_empty());
            if has_text && !link.recorded {
                link.recorded = true;
                let inline = Inline {
                    element_type: ElementType::Link,
                    label: Label::Part(link.start..self.text.len()),
                    target: Some(link.target.clone()),
                    path: link.path.clone(),
                };
                self.inlines.insert(link.first_inline.min(self.inlines.len()), inline);
            }
            link.start = 0;
            link.first_inline = 0;
        }
        self.space = false;
        FinishedRun { text: mem::take(&mut self.text), inlines: mem::take(&mut self.inlines) }
    }
}

fn is_space(character: char) -> bool {
    character.is_ascii_whitespace()
}

/// Whether a link is the sign beside a heading that leads to the heading itself.
fn is_permalink(target: &str, label: &str) -> bool {
    target.contains('#') && matches!(label, "#" | "¶" | "§" | "🔗")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(pieces: &[&str]) -> String {
        let mut run = Run::default();
        pieces.iter().for_each(|piece| run.push(piece));
        run.finish().text().to_owned()
    }

    #[test]
    fn whitespace_collapses_across_the_pieces_of_a_run() {
        assert_eq!(text_of(&["  one\n", " two", "three", " ", "", "four "]), "one twothree four");
    }

    #[test]
    fn a_no_break_space_stays() {
        assert_eq!(text_of(&["10\u{a0}km"]), "10\u{a0}km");
    }

    #[test]
    fn a_link_over_two_runs_is_recorded_once() {
        let mut run = Run::default();
        run.open_link("x.html".into(), "/a[1]".into(), None);
        run.push("Title");
        let first = run.finish();
        run.push("Body");
        run.close_link();
        let second = run.finish();
        assert_eq!(first.label(&first.inlines[0]), "Title");
        assert!(second.inlines.is_empty());
    }

    #[test]
    fn a_permalink_sign_leaves_no_trace() {
        let mut run = Run::default();
        run.push("Title");
        run.open_link("#title".into(), "/a[1]".into(), None);
        run.push("¶");
        run.close_link();
        let run = run.finish();
        assert_eq!(run.text(), "Title");
        assert!(run.inlines.is_empty());
    }
}
