//! Start tags, text and end tags in, elements of the tree out.

mod block;
mod inline;
mod tables;

use super::head::Head;
use super::links::{self, Base};
use super::path::Path;
use super::run::{FinishedRun, Run, collapse};
use super::table::Table;
use super::vocabulary::{attribute, code_language, is_block, is_unseen};
use crate::{Budget, ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};
use html5ever::{Attribute, LocalName};

/// The beginning of an HTML element.
#[derive(Debug, Clone, Copy)]
pub(super) struct StartTag<'a> {
    pub(super) name: &'a LocalName,
    pub(super) attributes: &'a [Attribute],
    /// Of a table, whether it is known to place content rather than to relate cells.
    pub(super) is_layout: bool,
}

impl<'a> StartTag<'a> {
    fn attribute(&self, name: &str) -> Option<&'a str> {
        attribute(self.attributes, name)
    }

    /// What the element is called where it has no text.
    fn label(&self) -> String {
        collapse(self.attribute("aria-label").or_else(|| self.attribute("title")).unwrap_or(""))
    }
}

/// Builds the elements. Every [`start`](Self::start) needs its [`end`](Self::end).
#[derive(Debug)]
pub(super) struct Emitter<'t> {
    tree: &'t mut TreeBuilder,
    path: Path,
    /// The open HTML elements.
    frames: Vec<Frame>,
    /// What takes the text, the innermost last.
    holders: Vec<Holder>,
    /// The open tables; `None` for one whose cells are just blocks.
    tables: Vec<Option<Table>>,
    run: Run,
    head: Head,
    base: Option<Base>,
    /// How many elements are open from the outermost unseen one on.
    unseen: usize,
    /// How many elements are open whose text is for browsers that cannot show the element itself.
    muted: usize,
}

/// An open HTML element.
#[derive(Debug)]
struct Frame {
    closing: Closing,
    /// Depth of the innermost block, itself or around it.
    block_depth: usize,
    /// The programming language that its class names.
    language: Option<String>,
}

/// What to do at an end tag.
#[derive(Debug, Clone, Copy)]
enum Closing {
    Nothing,
    Block,
    Container,
    Terms,
    Heading(u32),
    Code,
    Preserved,
    Title,
    Link,
    Muted,
    Button,
    Formula { start: usize },
    Table,
    Caption,
    RowGroup,
    Row,
    Cell,
}

/// What takes the text of the runs in it.
#[derive(Debug)]
enum Holder {
    /// Each run is a paragraph.
    Flow,
    /// The first run is the text of the list item at `position` while it is `awaited`.
    Item {
        position: u32,
        awaited: bool,
    },
    /// The terms of a definition list and their definitions, an item each.
    Terms {
        item: Option<u32>,
        awaited: Awaited,
    },
    /// All runs are one text.
    Heading,
    Title,
    Caption,
    Code {
        language: Option<String>,
    },
    /// All runs are lines of the text of the table cell at this position.
    Cell(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Term,
    Definition,
    Nothing,
}

impl<'t> Emitter<'t> {
    /// Adds elements to the container that is open in `tree`.
    pub(super) fn new(tree: &'t mut TreeBuilder) -> Self {
        Self {
            tree,
            path: Path::new(),
            frames: Vec::new(),
            holders: Vec::new(),
            tables: Vec::new(),
            run: Run::default(),
            head: Head::default(),
            base: None,
            unseen: 0,
            muted: 0,
        }
    }

    /// The budget that the tree spends from.
    pub(super) fn budget(&self) -> &Budget {
        self.tree.budget()
    }

    /// An element begins.
    pub(super) fn start(&mut self, tag: &StartTag<'_>) -> Result<(), ParseError> {
        if self.unseen > 0 {
            self.unseen += 1;
            return Ok(());
        }
        self.path.enter(tag.name);
        let closing = if is_unseen(tag.name, tag.attributes) { None } else { self.open(tag)? };
        let Some(closing) = closing else {
            self.path.leave();
            self.unseen = 1;
            return Ok(());
        };
        let around = self.frames.last().map_or(0, |frame| frame.block_depth);
        self.frames.push(Frame {
            closing,
            block_depth: if is_block(tag.name) { self.path.depth() } else { around },
            language: tag.attribute("class").and_then(code_language).map(str::to_owned),
        });
        Ok(())
    }

    /// Text of the innermost open element.
    pub(super) fn text(&mut self, text: &str) {
        if self.unseen == 0 && self.muted == 0 {
            self.run.push(text);
        }
    }

    /// The innermost open element ends.
    pub(super) fn end(&mut self) -> Result<(), ParseError> {
        if self.unseen > 0 {
            self.unseen -= 1;
            return Ok(());
        }
        if let Some(closing) =
            self.frames.last_mut().map(|frame| std::mem::replace(&mut frame.closing, Closing::Nothing))
        {
            self.close(closing)?;
            self.frames.pop();
            self.path.leave();
        }
        Ok(())
    }

    /// Ends the document, and returns what it tells of itself.
    pub(super) fn finish(mut self) -> Result<Head, ParseError> {
        while !self.frames.is_empty() {
            self.end()?;
        }
        self.flush()?;
        Ok(self.head)
    }

    /// Begins what `tag` stands for; `None` if its content is not to be read.
    fn open(&mut self, tag: &StartTag<'_>) -> Result<Option<Closing>, ParseError> {
        Ok(Some(match &**tag.name {
            "br" => {
                self.break_line()?;
                Closing::Nothing
            }
            "a" => self.open_link(tag)?,
            "img" => {
                self.add_image(tag)?;
                Closing::Nothing
            }
            "math" => return self.open_formula(tag).map(Some),
            "annotation" => return Ok(self.open_annotation(tag)),
            "annotation-xml" => return Ok(None),
            "iframe" | "frame" | "embed" => {
                self.add_embedded(tag, "src")?;
                return Ok(None);
            }
            "area" => {
                self.add_embedded(tag, "href")?;
                Closing::Nothing
            }
            "object" => {
                self.add_embedded(tag, "data")?;
                Closing::Nothing
            }
            "video" | "audio" => {
                self.add_embedded(tag, "src")?;
                self.muted += 1;
                Closing::Muted
            }
            "source" if self.muted > 0 => {
                self.add_embedded(tag, "src")?;
                Closing::Nothing
            }
            "input" => {
                self.add_input(tag);
                Closing::Nothing
            }
            "button" => {
                self.run.separate();
                Closing::Button
            }
            "meta" => {
                self.add_meta(tag)?;
                Closing::Nothing
            }
            "base" => {
                if self.base.is_none() {
                    self.base = tag.attribute("href").and_then(Base::new);
                }
                Closing::Nothing
            }
            "title" => {
                self.flush()?;
                self.holders.push(Holder::Title);
                Closing::Title
            }
            "code" => {
                self.name_language(tag);
                Closing::Nothing
            }
            name if is_block(name) => {
                self.flush()?;
                self.open_block(name, tag)?
            }
            _ => Closing::Nothing,
        }))
    }

    fn close(&mut self, closing: Closing) -> Result<(), ParseError> {
        match closing {
            Closing::Nothing => {}
            Closing::Block => self.flush()?,
            Closing::Container | Closing::Cell => self.close_container()?,
            Closing::Terms => {
                self.flush()?;
                if let Some(Holder::Terms { item: Some(_), .. }) = self.holders.pop() {
                    self.tree.close();
                }
                self.tree.close();
            }
            Closing::Heading(level) => self.close_heading(level)?,
            Closing::Code => self.close_code()?,
            Closing::Preserved => {
                self.flush()?;
                self.run.end_preserving();
            }
            Closing::Title => {
                self.holders.pop();
                let title = self.run.finish();
                self.head.see_title(&collapse(title.text()));
            }
            Closing::Link => self.run.close_link(),
            Closing::Muted => self.muted -= 1,
            Closing::Button => self.run.separate(),
            Closing::Formula { start } => self.close_formula(start)?,
            Closing::Table => {
                self.flush()?;
                if self.tables.pop().flatten().is_some() {
                    self.holders.pop();
                    self.tree.close();
                }
            }
            Closing::Caption => self.close_caption()?,
            Closing::RowGroup => {
                self.flush()?;
                if let Some(Some(table)) = self.tables.last_mut() {
                    table.end_group();
                }
            }
            Closing::Row => self.close_row()?,
        }
        Ok(())
    }

    /// Whether what begins here is part of one text rather than an element of its own.
    fn is_in_one_text(&self) -> bool {
        match self.holders.last() {
            None | Some(Holder::Flow | Holder::Item { .. }) => false,
            Some(Holder::Terms { awaited, .. }) => *awaited == Awaited::Term,
            Some(
                Holder::Heading | Holder::Title | Holder::Caption | Holder::Code { .. } | Holder::Cell(_),
            ) => true,
        }
    }

    /// The location of the element that has just begun, or is about to end.
    fn location(&self) -> Result<Location, ParseError> {
        self.location_at(self.path.depth())
    }

    fn location_at(&self, depth: usize) -> Result<Location, ParseError> {
        self.copy_path(depth).map(Location::XmlPath)
    }

    /// Paths are spent as text: they can be longer than what they lead to.
    fn copy_path(&self, depth: usize) -> Result<String, ParseError> {
        let path = self.path.to(depth);
        self.budget().spend_text(path.len())?;
        Ok(path.to_owned())
    }

    /// Opens an element that contains what follows, in the place of the text that an item may await.
    fn open_container(&mut self, element_type: ElementType) -> Result<u32, ParseError> {
        self.await_no_text();
        let location = self.location()?;
        self.tree.open(element_type, "", location)
    }

    fn close_container(&mut self) -> Result<(), ParseError> {
        self.flush()?;
        self.holders.pop();
        self.tree.close();
        Ok(())
    }

    fn await_no_text(&mut self) {
        match self.holders.last_mut() {
            Some(Holder::Item { awaited, .. }) => *awaited = false,
            Some(Holder::Terms { awaited, .. }) => *awaited = Awaited::Nothing,
            _ => {}
        }
    }

    /// Ends the run at a block boundary.
    fn flush(&mut self) -> Result<(), ParseError> {
        match self.holders.last() {
            Some(Holder::Heading | Holder::Caption | Holder::Title) => {
                self.run.separate();
                return Ok(());
            }
            Some(Holder::Code { .. }) => {
                self.run.start_line();
                return Ok(());
            }
            _ => {}
        }
        let run = self.run.finish();
        let has_text = !run.text().is_empty();
        match self.holders.last_mut() {
            Some(Holder::Cell(position)) => {
                let position = *position;
                self.extend(position, "\n", &run)
            }
            Some(Holder::Item { position, awaited }) if *awaited && has_text => {
                *awaited = false;
                let position = *position;
                self.extend(position, "", &run)
            }
            Some(Holder::Terms { item: Some(position), awaited })
                if *awaited != Awaited::Nothing && has_text =>
            {
                let (position, separator) = match awaited {
                    Awaited::Term => (*position, " "),
                    _ => (*position, if self.tree.text(*position).ends_with(':') { " " } else { ": " }),
                };
                if *awaited == Awaited::Definition {
                    *awaited = Awaited::Nothing;
                }
                self.extend(position, separator, &run)
            }
            _ => self.add_paragraph(&run),
        }
    }

    /// Appends a run to the text of the open element at `position`.
    fn extend(&mut self, position: u32, separator: &str, run: &FinishedRun) -> Result<(), ParseError> {
        let existing = self.tree.text(position);
        if !run.text().is_empty() {
            if !existing.is_empty() && !existing.ends_with(char::is_whitespace) {
                self.tree.append_text(position, separator)?;
            }
            self.tree.append_text(position, run.text())?;
        }
        self.add_inlines(run)
    }

    /// Adds a run as a paragraph; one without text as the images and links that it is.
    fn add_paragraph(&mut self, run: &FinishedRun) -> Result<(), ParseError> {
        if run.text().is_empty() {
            return self.add_inlines(run);
        }
        self.await_no_text();
        let location = self.location_at(self.frames.last().map_or(0, |frame| frame.block_depth))?;
        if run.inlines.is_empty() {
            self.tree.leaf(ElementType::Paragraph, run.text(), location)?;
        } else {
            self.tree.open(ElementType::Paragraph, run.text(), location)?;
            self.add_inlines(run)?;
            self.tree.close();
        }
        Ok(())
    }

    fn add_inlines(&mut self, run: &FinishedRun) -> Result<(), ParseError> {
        for inline in &run.inlines {
            let location = Location::XmlPath(inline.path.clone());
            let position = self.tree.leaf(inline.element_type, run.label(inline), location)?;
            if let Some(target) = &inline.target {
                self.budget().spend_text(target.len())?;
                let name = if inline.element_type == ElementType::Image { "source" } else { "target" };
                self.tree.set_attribute(position, name, target.as_str());
                if links::is_document(target) {
                    self.tree.link(position, target.as_str())?;
                }
            }
        }
        Ok(())
    }
}
