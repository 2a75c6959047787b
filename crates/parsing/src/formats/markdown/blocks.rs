//! From the library's events to elements.

use super::html::{self, Piece};
use super::prose::{Prose, Reference, ReferenceKind, Syntax};
use crate::text_location::SourceMap;
use crate::{ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};
use pulldown_cmark::{Alignment, BlockQuoteKind, CodeBlockKind, Event, LinkType, Tag, TagEnd};
use std::ops::Range;

/// Builds elements of events.
pub(super) struct Blocks<'a> {
    tree: &'a mut TreeBuilder,
    /// The decoded source.
    source: &'a str,
    source_map: &'a SourceMap,
    /// The text of the block that is being read.
    prose: Prose,
    /// The verbatim content of the code or HTML block that is being read.
    verbatim: String,
    /// Whether `verbatim` is what text belongs to.
    in_verbatim: bool,
    /// The language of the code block that is being read; may be empty.
    language: String,
    containers: Vec<Container>,
    alignments: Vec<Alignment>,
    /// The column of the next cell of the row.
    column: usize,
}

/// An open element that contains blocks.
struct Container {
    position: u32,
    /// Whether its first paragraph, which has not come, is its own text: items and footnotes.
    awaits_text: bool,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(tree: &'a mut TreeBuilder, source: &'a str, source_map: &'a SourceMap) -> Self {
        Self {
            tree,
            source,
            source_map,
            prose: Prose::default(),
            verbatim: String::new(),
            in_verbatim: false,
            language: String::new(),
            containers: Vec::new(),
            alignments: Vec::new(),
            column: 0,
        }
    }

    pub(super) fn check_deadline(&self) -> Result<(), ParseError> {
        self.tree.budget().check_deadline()
    }

    /// Adds what `event`, which stands at `range` of the decoded source, tells.
    pub(super) fn take(&mut self, event: Event<'_>, range: Range<usize>) -> Result<(), ParseError> {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Rule => self.finish_paragraph(),
            Event::TaskListMarker(checked) => {
                if let Some(item) = self.containers.last() {
                    self.tree.set_attribute(item.position, "checked", checked);
                }
                Ok(())
            }
            Event::Text(text) | Event::Html(text) if self.in_verbatim => {
                self.verbatim.push_str(&text);
                Ok(())
            }
            event => {
                self.prose.cover(&range);
                self.take_inline(&event, range);
                Ok(())
            }
        }
    }

    fn take_inline(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Text(text) => self.prose.push(text),
            Event::Code(code) => self.prose.push_code(code),
            Event::InlineMath(notation) => self.prose.push_formula("$", notation, range),
            Event::DisplayMath(notation) => self.prose.push_formula("$$", notation, range),
            Event::InlineHtml(tag) => self.take_inline_html(tag, &range),
            Event::FootnoteReference(label) => {
                self.prose.push("[^");
                self.prose.push(label);
                self.prose.push("]");
            }
            Event::SoftBreak => self.prose.push(" "),
            Event::HardBreak => self.prose.push_line_break(),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) -> Result<(), ParseError> {
        match tag {
            Tag::Link { link_type, dest_url, title, .. } => {
                let scheme = if link_type == LinkType::Email { "mailto:" } else { "" };
                let kind =
                    ReferenceKind::Link { target: format!("{scheme}{dest_url}"), title: title.into_string() };
                self.open_reference(kind, range);
            }
            Tag::Image { dest_url, title, .. } => {
                let kind =
                    ReferenceKind::Image { source: dest_url.into_string(), title: title.into_string() };
                self.open_reference(kind, range);
            }
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Superscript | Tag::Subscript => {
                self.prose.cover(&range);
            }
            block => {
                self.finish_paragraph()?;
                self.start_block(block, range)?;
            }
        }
        Ok(())
    }

    fn open_reference(&mut self, kind: ReferenceKind, range: Range<usize>) {
        self.prose.cover(&range);
        self.prose.open_reference(kind, Syntax::Markdown, range);
    }

    fn start_block(&mut self, tag: Tag<'_>, range: Range<usize>) -> Result<(), ParseError> {
        match tag {
            Tag::BlockQuote(alert) => {
                let quote = self.open(ElementType::Blockquote, range)?;
                if let Some(alert) = alert {
                    self.tree.set_attribute(quote, "alert", alert_name(alert));
                }
            }
            Tag::List(start) => {
                let list = self.open(ElementType::List, range)?;
                self.tree.set_attribute(list, "ordered", start.is_some());
                if let Some(start) = start.filter(|start| *start != 1) {
                    self.tree.set_attribute(list, "start", start);
                }
            }
            Tag::Item => {
                self.open(ElementType::ListItem, range)?;
            }
            Tag::FootnoteDefinition(label) => {
                let footnote = self.open(ElementType::Footnote, range)?;
                self.tree.set_attribute(footnote, "label", label.into_string());
            }
            Tag::Table(alignments) => {
                self.open(ElementType::Table, range)?;
                self.alignments = alignments;
            }
            Tag::TableHead => {
                let row = self.open(ElementType::TableRow, range)?;
                self.tree.set_attribute(row, "header", true);
                self.column = 0;
            }
            Tag::TableRow => {
                self.open(ElementType::TableRow, range)?;
                self.column = 0;
            }
            Tag::CodeBlock(kind) => {
                self.language.clear();
                if let CodeBlockKind::Fenced(info) = kind {
                    self.language.push_str(language_of(&info));
                }
                self.start_verbatim();
            }
            Tag::HtmlBlock => self.start_verbatim(),
            _ => {}
        }
        Ok(())
    }

    fn start_verbatim(&mut self) {
        self.verbatim.clear();
        self.in_verbatim = true;
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) -> Result<(), ParseError> {
        match tag {
            TagEnd::Link | TagEnd::Image => self.prose.close_reference(Syntax::Markdown),
            TagEnd::Paragraph => self.finish_paragraph()?,
            TagEnd::Heading(level) => self.finish_heading(level as u32, range)?,
            TagEnd::TableCell => self.finish_cell(range)?,
            TagEnd::CodeBlock => self.finish_code(range)?,
            TagEnd::HtmlBlock => self.finish_html(&self.trimmed(range))?,
            TagEnd::BlockQuote(_)
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::FootnoteDefinition
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow => {
                self.finish_paragraph()?;
                self.tree.close();
                self.containers.pop();
            }
            _ => {}
        }
        Ok(())
    }

    /// Opens an element that contains blocks or cells.
    fn open(&mut self, element_type: ElementType, range: Range<usize>) -> Result<u32, ParseError> {
        self.take_turn_for_text();
        let position = self.tree.open(element_type, "", self.locate(range))?;
        let awaits_text = matches!(element_type, ElementType::ListItem | ElementType::Footnote);
        self.containers.push(Container { position, awaits_text });
        Ok(position)
    }

    /// The innermost container if the block that begins now is its own text. Asked once a block: what
    /// comes after the first block is never the container's own.
    fn take_turn_for_text(&mut self) -> Option<u32> {
        let container = self.containers.last_mut()?;
        std::mem::take(&mut container.awaits_text).then_some(container.position)
    }

    /// Adds the text that was read as a paragraph, or as the own text of the item or footnote it begins,
    /// if there is any. The items of tight lists have text without a paragraph's events around it.
    fn finish_paragraph(&mut self) -> Result<(), ParseError> {
        if !self.prose.is_empty() {
            self.prose.complete(self.source);
            let container = self.take_turn_for_text();
            if let Some(figure) = self.prose.sole_figure() {
                add_reference(self.tree, self.source_map, &self.prose, figure)?;
            } else if let Some(container) = container {
                self.tree.append_text(container, self.prose.text())?;
                self.add_references()?;
            } else {
                let location = self.locate(self.prose.source());
                self.add_text_element(ElementType::Paragraph, location)?;
            }
        }
        self.prose.clear();
        Ok(())
    }

    fn finish_heading(&mut self, level: u32, range: Range<usize>) -> Result<(), ParseError> {
        self.take_turn_for_text();
        self.prose.complete(self.source);
        self.tree.heading(level, self.prose.text(), self.locate(range))?;
        self.add_references()?;
        self.prose.clear();
        Ok(())
    }

    fn finish_cell(&mut self, range: Range<usize>) -> Result<(), ParseError> {
        self.prose.complete(self.source);
        let cell = self.add_text_element(ElementType::TableCell, self.locate(range))?;
        self.tree.set_attribute(cell, "column", self.column);
        if let Some(align) = self.alignments.get(self.column).and_then(|alignment| align_name(*alignment)) {
            self.tree.set_attribute(cell, "align", align);
        }
        self.column += 1;
        self.prose.clear();
        Ok(())
    }

    fn finish_code(&mut self, range: Range<usize>) -> Result<(), ParseError> {
        self.in_verbatim = false;
        self.take_turn_for_text();
        let code = self.verbatim.strip_suffix('\n').unwrap_or(&self.verbatim);
        let location = self.locate(range);
        if self.language == "math" {
            self.tree.leaf(ElementType::Formula, code, location)?;
            return Ok(());
        }
        let block = self.tree.leaf(ElementType::CodeBlock, code, location)?;
        if !self.language.is_empty() {
            self.tree.set_attribute(block, "language", self.language.as_str());
        }
        Ok(())
    }

    /// Adds the headings and paragraphs of an HTML block. All of them stand where the block stands.
    fn finish_html(&mut self, range: &Range<usize>) -> Result<(), ParseError> {
        self.in_verbatim = false;
        let mut heading = None;
        for piece in html::pieces(&self.verbatim) {
            match piece {
                Piece::Boundary => self.finish_html_text(heading.take(), range)?,
                Piece::HeadingStart(level) => {
                    self.finish_html_text(heading.replace(level), range)?;
                }
                piece => self.take_html_piece(piece, range),
            }
        }
        self.finish_html_text(heading, range)
    }

    fn finish_html_text(&mut self, heading: Option<u32>, range: &Range<usize>) -> Result<(), ParseError> {
        match heading {
            Some(level) if !self.prose.is_empty() => {
                self.prose.cover(range);
                self.finish_heading(level, range.clone())
            }
            _ => self.finish_paragraph(),
        }
    }

    fn take_inline_html(&mut self, tag: &str, range: &Range<usize>) {
        for piece in html::pieces(tag) {
            self.take_html_piece(piece, range);
        }
    }

    fn take_html_piece(&mut self, piece: Piece, range: &Range<usize>) {
        self.prose.cover(range);
        match piece {
            Piece::Text(text) => self.prose.push(&text),
            Piece::LineBreak => self.prose.push_line_break(),
            Piece::Space | Piece::Boundary | Piece::HeadingStart(_) => self.prose.push(" "),
            Piece::LinkStart { target, title } => {
                self.prose.open_reference(ReferenceKind::Link { target, title }, Syntax::Html, range.clone());
            }
            Piece::LinkEnd => self.prose.close_reference(Syntax::Html),
            Piece::Image { source, description, title } => {
                let kind = ReferenceKind::Image { source, title };
                self.prose.open_reference(kind, Syntax::Html, range.clone());
                self.prose.push(&description);
                self.prose.close_reference(Syntax::Html);
            }
        }
    }

    /// Adds an element with the text that was read, its references as children.
    fn add_text_element(&mut self, element_type: ElementType, location: Location) -> Result<u32, ParseError> {
        if self.prose.references().is_empty() {
            return self.tree.leaf(element_type, self.prose.text(), location);
        }
        let position = self.tree.open(element_type, self.prose.text(), location)?;
        self.add_references()?;
        self.tree.close();
        Ok(position)
    }

    /// Adds the references in the text that was read to the current element.
    fn add_references(&mut self) -> Result<(), ParseError> {
        for reference in self.prose.references() {
            add_reference(self.tree, self.source_map, &self.prose, reference)?;
        }
        Ok(())
    }

    /// Where `range` stands, without white space at its ends.
    fn locate(&self, range: Range<usize>) -> Location {
        self.source_map.locate(self.trimmed(range))
    }

    /// `range` without white space at its ends.
    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = self.source.get(range.clone()).unwrap_or_default();
        let start = range.end - text.trim_ascii_start().len();
        start..start.max(range.start + text.trim_ascii_end().len())
    }
}

fn add_reference(
    tree: &mut TreeBuilder,
    source_map: &SourceMap,
    prose: &Prose,
    reference: &Reference,
) -> Result<(), ParseError> {
    let location = source_map.locate(reference.source.clone());
    let label = prose.label(reference);
    let (position, name, target, title) = match &reference.kind {
        ReferenceKind::Formula => {
            tree.leaf(ElementType::Formula, label, location)?;
            return Ok(());
        }
        ReferenceKind::Link { target, title } => {
            (tree.leaf(ElementType::Link, label, location)?, "target", target, title)
        }
        ReferenceKind::Image { source, title } => {
            (tree.leaf(ElementType::Image, label, location)?, "source", source, title)
        }
    };
    tree.budget().spend_text(target.len() + title.len())?;
    tree.set_attribute(position, name, target.as_str());
    if !title.is_empty() {
        tree.set_attribute(position, "title", title.as_str());
    }
    tree.link(position, target.as_str())
}

/// The language that the info string of a fence names: `rust` of `rust,ignore`, `r` of `{r echo=FALSE}`.
fn language_of(info: &str) -> &str {
    let name = info.trim_start_matches(['{', '.', ' ']);
    name.split([' ', '\t', ',', '{', '}']).next().unwrap_or_default()
}

fn alert_name(alert: BlockQuoteKind) -> &'static str {
    match alert {
        BlockQuoteKind::Note => "note",
        BlockQuoteKind::Tip => "tip",
        BlockQuoteKind::Important => "important",
        BlockQuoteKind::Warning => "warning",
        BlockQuoteKind::Caution => "caution",
    }
}

fn align_name(alignment: Alignment) -> Option<&'static str> {
    match alignment {
        Alignment::None => None,
        Alignment::Left => Some("left"),
        Alignment::Center => Some("center"),
        Alignment::Right => Some("right"),
    }
}
