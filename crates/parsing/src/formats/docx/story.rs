//! Reads a story — the body, a header, the notes — as a stream of blocks.
//!
//! The XML is walked with a stack of [`Frame`]s, one for each open element: in
//! which [`Context`] its children stand, and what is to be done when it ends.
//! Elements that mean nothing here (content controls, smart tags, insertions)
//! hand the context of their parent down.

use super::block::{Block, Paragraph, Piece};
use super::fields::{Fields, hyperlink_target};
use super::notes::NoteKind;
use super::paragraph::OpenParagraph;
use super::styles::Styles;
use super::symbols::symbol;
use super::table_properties::{OpenCell, OpenRow, OpenTable};
use crate::formats::ooxml::{
    Inline, MathText, Node, Relationships, Tag, Target, XmlPart, collapse, is_on, is_true,
};
use crate::{Budget, ParseError};
use gdg_model::Format;
use std::collections::VecDeque;
use std::mem;

/// A story being read.
pub(super) struct Story<'a> {
    part: XmlPart<'a>,
    state: State<'a>,
}

/// What a story's XML refers to.
#[derive(Clone, Copy)]
pub(super) struct References<'a> {
    /// The relationships of the story's part.
    pub(super) relationships: &'a Relationships,
    /// The document's styles.
    pub(super) styles: &'a Styles,
}

impl<'a> Story<'a> {
    /// Reads the story in `part`, whose root element is `root`.
    pub(super) fn new(
        part: XmlPart<'a>,
        root: &'static str,
        references: References<'a>,
        budget: &Budget,
    ) -> Self {
        let state = State {
            root,
            references,
            budget: budget.clone(),
            frames: Vec::new(),
            paragraphs: Vec::new(),
            runs: Vec::new(),
            fields: Fields::default(),
            tables: Vec::new(),
            rows: Vec::new(),
            cells: Vec::new(),
            drawings: Vec::new(),
            math: MathText::default(),
            ready: VecDeque::new(),
            next_block: 0,
            nesting: 0,
        };
        Self { part, state }
    }

    /// The next block, `None` at the end of the story.
    pub(super) fn next(&mut self) -> Result<Option<Block>, ParseError> {
        loop {
            if let Some(block) = self.state.ready.pop_front() {
                return Ok(Some(block));
            }
            match self.part.next()? {
                None => return Ok(None),
                Some(Node::Start(tag)) => self.state.start(&tag)?,
                Some(Node::End(_)) => self.state.end(),
                Some(Node::Text(text)) => self.state.text(&text),
            }
        }
    }
}

struct State<'a> {
    root: &'static str,
    references: References<'a>,
    budget: Budget,
    frames: Vec<Frame>,
    /// Open paragraphs: one, and one more for each text box around.
    paragraphs: Vec<OpenParagraph>,
    /// Open runs: whether each is hidden.
    runs: Vec<bool>,
    fields: Fields,
    tables: Vec<OpenTable>,
    rows: Vec<OpenRow>,
    cells: Vec<OpenCell>,
    drawings: Vec<Drawing>,
    math: MathText,
    /// Blocks that are complete.
    ready: VecDeque<Block>,
    /// Number of the next outermost block.
    next_block: u32,
    /// How many paragraphs, tables and notes are open.
    nesting: u32,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    context: Context,
    leave: Leave,
}

/// In what an element's children stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    /// Blocks, runs and what stands in runs: their names are distinct.
    Content,
    /// Nothing in here counts.
    Skip,
    ParagraphProperties,
    RunProperties,
    TableProperties,
    RowProperties,
    CellProperties,
    Text,
    Instruction,
    Drawing,
    Math,
}

/// What is to be done when an element ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leave {
    Nothing,
    Paragraph,
    Run,
    Table,
    Row,
    Cell,
    Note,
    Link,
    Drawing,
    MathElement,
    Formula,
    /// Alternatives of the same content; whether one was taken.
    Alternatives(bool),
}

/// A drawing while it is read.
#[derive(Default)]
struct Drawing {
    description: String,
    link: Option<String>,
    /// Whether something came of it: a picture, a text box, a chart.
    has_content: bool,
}

const PLAIN: Leave = Leave::Nothing;

impl State<'_> {
    fn start(&mut self, tag: &Tag<'_>) -> Result<(), ParseError> {
        let name = tag.name();
        let Some(outer) = self.frames.last_mut() else {
            if name != self.root {
                let detail =
                    format!("no Word document: an element `{name}` where `{}` was expected", self.root);
                return Err(ParseError::malformed(Format::Docx, detail));
            }
            self.frames.push(Frame { context: Context::Content, leave: PLAIN });
            return Ok(());
        };
        let context = outer.context;
        let (context, leave) = match (context, name) {
            (Context::Skip, _) => (Context::Skip, PLAIN),
            (_, "AlternateContent") => (context, Leave::Alternatives(false)),
            (_, "Choice" | "Fallback") if matches!(outer.leave, Leave::Alternatives(_)) => {
                let is_taken = mem::replace(&mut outer.leave, Leave::Alternatives(true));
                if is_taken == Leave::Alternatives(true) { (Context::Skip, PLAIN) } else { (context, PLAIN) }
            }
            (Context::Math, _) => {
                self.math.start(tag);
                self.budget.check_depth(self.math.depth())?;
                (Context::Math, Leave::MathElement)
            }
            (Context::Content, _) => self.start_content(tag)?,
            (Context::Drawing, _) => self.start_in_drawing(tag),
            (context, _) => (self.apply_property(context, tag), PLAIN),
        };
        self.frames.push(Frame { context, leave });
        Ok(())
    }

    fn start_content(&mut self, tag: &Tag<'_>) -> Result<(Context, Leave), ParseError> {
        let opened = match tag.name() {
            "p" => {
                self.start_paragraph()?;
                (Context::Content, Leave::Paragraph)
            }
            "pPr" => (Context::ParagraphProperties, PLAIN),
            "r" => {
                self.runs.push(self.paragraphs.last().is_some_and(|paragraph| paragraph.hidden));
                (Context::Content, Leave::Run)
            }
            "rPr" => (Context::RunProperties, PLAIN),
            "t" => (Context::Text, PLAIN),
            "instrText" => (Context::Instruction, PLAIN),
            "hyperlink" => {
                let target = self.hyperlink_target(tag);
                self.begin_link(target);
                (Context::Content, Leave::Link)
            }
            "fldSimple" => {
                let target = tag.attribute("instr").and_then(|instruction| hyperlink_target(&instruction));
                self.begin_link(target);
                (Context::Content, Leave::Link)
            }
            "oMath" => (Context::Math, Leave::Formula),
            "drawing" | "pict" | "object" if self.shows_text() => {
                self.drawings.push(Drawing::default());
                (Context::Drawing, Leave::Drawing)
            }
            "tbl" => {
                self.start_table();
                (Context::Content, Leave::Table)
            }
            "tblPr" => (Context::TableProperties, PLAIN),
            "tr" if !self.tables.is_empty() => {
                self.rows.push(OpenRow::default());
                (Context::Content, Leave::Row)
            }
            "trPr" => (Context::RowProperties, PLAIN),
            "tc" => match self.rows.last() {
                Some(row) if row.is_deleted => (Context::Skip, PLAIN),
                Some(_) => {
                    self.start_cell();
                    (Context::Content, Leave::Cell)
                }
                None => (Context::Content, PLAIN),
            },
            "tcPr" => (Context::CellProperties, PLAIN),
            "footnote" | "endnote" | "comment" => self.start_note(tag),
            "drawing" | "pict" | "object" | "del" | "moveFrom" | "delText" | "delInstrText" | "sectPr"
            | "sdtPr" | "sdtEndPr" | "tblGrid" | "tblPrEx" | "customXmlPr" | "smartTagPr" | "rt"
            | "ffData" => (Context::Skip, PLAIN),
            _ => {
                self.add_to_run(tag);
                (Context::Content, PLAIN)
            }
        };
        Ok(opened)
    }

    /// Takes in an element that is content by itself.
    fn add_to_run(&mut self, tag: &Tag<'_>) {
        match tag.name() {
            "tab" | "ptab" => self.push_text("\t"),
            "br" | "cr" => self.push_text("\n"),
            "noBreakHyphen" => self.push_text("\u{2011}"),
            "sym" => {
                let (font, code) = (tag.attribute("font").unwrap_or_default(), tag.attribute("char"));
                if let Some(character) = code.and_then(|code| symbol(&font, &code)) {
                    self.push_text(character.encode_utf8(&mut [0; 4]));
                }
            }
            "fldChar" => self.field_character(tag.attribute("fldCharType").as_deref()),
            "footnoteReference" => self.refer_to(NoteKind::Footnote, tag),
            "endnoteReference" => self.refer_to(NoteKind::Endnote, tag),
            "commentReference" => self.refer_to(NoteKind::Comment, tag),
            _ => {}
        }
    }

    fn start_in_drawing(&mut self, tag: &Tag<'_>) -> (Context, Leave) {
        let relationships = self.references.relationships;
        let related = |name: &str| tag.relationship(name).and_then(|id| relationships.target(&id).cloned());
        let Some(drawing) = self.drawings.last_mut() else { return (Context::Skip, PLAIN) };
        let piece = match tag.name() {
            "txbxContent" => {
                drawing.has_content = true;
                return (Context::Content, PLAIN);
            }
            "docPr" | "cNvPr" | "shape" => {
                let description = tag.attribute("descr").or_else(|| tag.attribute("alt"));
                if let Some(description) = description.filter(|description| !description.trim().is_empty()) {
                    drawing.description = description.into_owned();
                }
                None
            }
            "hlinkClick" => {
                drawing.link = related("id").map(external_path);
                None
            }
            "blip" | "imagedata" => {
                related("embed").or_else(|| related("link")).or_else(|| related("id")).map(|target| {
                    let is_external = matches!(target, Target::External(_));
                    let source = Some(external_path(target));
                    Piece::Inline(Inline::Image {
                        description: drawing.description.clone(),
                        source,
                        is_external,
                    })
                })
            }
            "chart" => related("id").map(|target| Piece::Chart(external_path(target))),
            "relIds" => related("dm").map(|target| Piece::Diagram(external_path(target))),
            _ => None,
        };
        if let (Some(piece), Some(paragraph)) = (piece, self.paragraphs.last_mut()) {
            drawing.has_content = true;
            paragraph.paragraph.pieces.push(piece);
        }
        (Context::Drawing, PLAIN)
    }

    /// Takes over a property, and returns the context of its children.
    fn apply_property(&mut self, context: Context, tag: &Tag<'_>) -> Context {
        let name = tag.name();
        // What the properties were before a tracked change, those of the
        // paragraph's mark, and of the section that it ends.
        if name.ends_with("Change") || matches!(name, "rPr" | "sectPr") {
            return Context::Skip;
        }
        match context {
            Context::ParagraphProperties => {
                if let Some(open) = self.paragraphs.last_mut() {
                    open.paragraph.format.apply(name, tag);
                    if name == "pStyle" {
                        let style = open.paragraph.format.style.as_deref();
                        open.hidden = style.is_some_and(|style| self.references.styles.hides(style));
                    }
                }
            }
            Context::RunProperties => {
                let hidden = match name {
                    "vanish" => Some(is_on(tag)),
                    "rStyle" => tag.val().map(|style| self.references.styles.hides(&style)),
                    _ => None,
                };
                if let (Some(hidden), Some(run)) = (hidden, self.runs.last_mut()) {
                    *run = hidden;
                }
            }
            Context::TableProperties => {
                if let Some(table) = self.tables.last_mut() {
                    table.apply(name, tag);
                }
            }
            Context::RowProperties => {
                if let Some(row) = self.rows.last_mut() {
                    row.apply(name, tag);
                }
            }
            Context::CellProperties => {
                if let Some(cell) = self.cells.last_mut() {
                    cell.format.apply(name, tag);
                }
            }
            _ => {}
        }
        context
    }

    fn text(&mut self, text: &str) {
        match self.frames.last().map(|frame| frame.context) {
            Some(Context::Text) => self.push_text(text),
            Some(Context::Instruction) => self.fields.instruction(text),
            Some(Context::Math) => self.math.text(text),
            _ => {}
        }
    }

    fn end(&mut self) {
        match self.frames.pop().map(|frame| frame.leave) {
            Some(Leave::Paragraph) => self.end_paragraph(),
            Some(Leave::Run) => {
                self.runs.pop();
            }
            Some(Leave::Table) => {
                self.nesting -= 1;
                if self.tables.pop().is_some_and(|table| table.started) {
                    self.emit(Block::TableEnd);
                }
            }
            Some(Leave::Row) => {
                if self.rows.pop().is_some_and(|row| row.started) {
                    self.emit(Block::RowEnd);
                }
            }
            Some(Leave::Cell) => {
                self.ensure_cell_started();
                self.cells.pop();
                self.emit(Block::CellEnd);
            }
            Some(Leave::Note) => self.nesting -= 1,
            Some(Leave::Link) => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.end_link();
                }
            }
            Some(Leave::Drawing) => self.end_drawing(),
            Some(Leave::MathElement) => self.math.end(),
            Some(Leave::Formula) => self.end_formula(),
            Some(Leave::Nothing | Leave::Alternatives(_)) | None => {}
        }
    }

    /// Counts an outermost block, and returns the number of the one that is open.
    fn open_block(&mut self) -> u32 {
        if self.nesting == 0 {
            self.next_block += 1;
        }
        self.nesting += 1;
        self.next_block - 1
    }

    fn start_paragraph(&mut self) -> Result<(), ParseError> {
        self.ensure_cell_started();
        // Each text box around a paragraph holds what comes in it back.
        self.budget.check_depth(self.paragraphs.len())?;
        let in_text_box = !self.paragraphs.is_empty();
        let block = self.open_block();
        let paragraph = Paragraph { block, in_text_box, ..Paragraph::default() };
        let mut open = OpenParagraph::new(paragraph);
        for target in self.fields.targets() {
            open.begin_link(Some(target.to_owned()));
        }
        self.paragraphs.push(open);
        Ok(())
    }

    fn end_paragraph(&mut self) {
        self.nesting -= 1;
        self.fields.end_paragraph();
        let Some(open) = self.paragraphs.pop() else { return };
        let (paragraph, after) = open.finish();
        self.emit(Block::Paragraph(paragraph));
        for block in after {
            self.emit(block);
        }
    }

    fn start_table(&mut self) {
        self.ensure_cell_started();
        let block = self.open_block();
        self.tables.push(OpenTable::new(block));
    }

    fn start_cell(&mut self) {
        if let Some(table) = self.tables.last_mut().filter(|table| !table.started) {
            table.started = true;
            let start =
                Block::TableStart { block: table.block, first_row_is_header: table.first_row_is_header };
            self.emit(start);
        }
        if let Some(row) = self.rows.last_mut().filter(|row| !row.started) {
            row.started = true;
            let start = Block::RowStart { is_header: row.is_header, skipped_columns: row.skipped_columns };
            self.emit(start);
        }
        self.cells.push(OpenCell::default());
    }

    /// Emits the start of the innermost cell, once its properties are known.
    fn ensure_cell_started(&mut self) {
        if let Some(cell) = self.cells.last_mut().filter(|cell| !cell.started) {
            cell.started = true;
            let start = Block::CellStart(cell.format);
            self.emit(start);
        }
    }

    fn start_note(&mut self, tag: &Tag<'_>) -> (Context, Leave) {
        // The other types are the lines that separate notes from the text.
        if tag.attribute("type").is_some_and(|kind| kind != "normal") {
            return (Context::Skip, PLAIN);
        }
        let block = self.open_block();
        let id = tag.attribute("id").unwrap_or_default().into_owned();
        let author = tag.attribute("author").map(String::from);
        self.emit(Block::NoteStart { id, author, block });
        (Context::Content, Leave::Note)
    }

    fn field_character(&mut self, kind: Option<&str>) {
        match kind {
            Some("begin") => self.fields.begin(),
            Some("separate") => {
                if self.fields.separate()
                    && let (Some(paragraph), Some(target)) =
                        (self.paragraphs.last_mut(), self.fields.targets().last())
                {
                    paragraph.begin_link(Some(target.to_owned()));
                }
            }
            Some("end") => {
                if self.fields.end()
                    && let Some(paragraph) = self.paragraphs.last_mut()
                {
                    paragraph.end_link();
                }
            }
            _ => {}
        }
    }

    fn hyperlink_target(&self, tag: &Tag<'_>) -> Option<String> {
        let related =
            tag.relationship("id").and_then(|id| self.references.relationships.target(&id).cloned());
        let anchor = tag.attribute("anchor").map(|anchor| format!("#{anchor}"));
        match (related.map(external_path), anchor) {
            (Some(target), Some(anchor)) if !target.contains('#') => Some(target + &anchor),
            (target, anchor) => target.or(anchor),
        }
    }

    fn begin_link(&mut self, target: Option<String>) {
        if let Some(paragraph) = self.paragraphs.last_mut() {
            paragraph.begin_link(target);
        }
    }

    fn refer_to(&mut self, kind: NoteKind, tag: &Tag<'_>) {
        let has_custom_mark = tag.attribute("customMarkFollows").is_some_and(|value| is_true(&value));
        if let (Some(id), Some(open)) = (tag.attribute("id"), self.paragraphs.last_mut()) {
            open.paragraph.pieces.push(Piece::Note { kind, id: id.into_owned(), has_custom_mark });
        }
    }

    fn end_drawing(&mut self) {
        let (Some(drawing), Some(open)) = (self.drawings.pop(), self.paragraphs.last_mut()) else { return };
        if let Some(target) = drawing.link {
            let label = drawing.description.clone();
            open.paragraph.pieces.push(Piece::Inline(Inline::Link { label, target }));
        }
        if !drawing.has_content && !drawing.description.is_empty() {
            let image = Inline::Image { description: drawing.description, source: None, is_external: false };
            open.paragraph.pieces.push(Piece::Inline(image));
        }
    }

    fn end_formula(&mut self) {
        let text = collapse(&mem::take(&mut self.math).finish());
        if text.is_empty() || !self.shows_text() {
            return;
        }
        if let Some(open) = self.paragraphs.last_mut() {
            open.push_formula(text);
        }
    }

    /// Whether text at this point is shown.
    fn shows_text(&self) -> bool {
        !self.runs.last().copied().unwrap_or(false) && self.fields.show_text()
    }

    fn push_text(&mut self, text: &str) {
        if self.shows_text()
            && let Some(paragraph) = self.paragraphs.last_mut()
        {
            paragraph.push_text(text);
        }
    }

    /// Hands on a block: to the paragraph whose text box it is in, else to the reader.
    fn emit(&mut self, block: Block) {
        match self.paragraphs.last_mut() {
            Some(open) => open.after.push(block),
            None => self.ready.push_back(block),
        }
    }
}

/// A target as it is stored: the part's name or the outside address.
fn external_path(target: Target) -> String {
    match target {
        Target::Part(path) | Target::External(path) => path,
    }
}
