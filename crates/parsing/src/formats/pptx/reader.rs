//! Reads the shapes of a slide, layout, master or page of notes.
//!
//! As in Word's stories, the XML is walked with a stack of [`Frame`]s; groups
//! of shapes are walked through like any other element.

use super::shape::{
    Bullet, Cell, Content, LEVELS, LevelBullets, Placeholder, PlaceholderKind, Shape, Shapes, Table,
    TextParagraph,
};
use super::{SlideNumbers, is_left_out};
use crate::formats::ooxml::{Inline, MathText, Node, Relationships, Tag, Target, XmlPart, collapse, is_true};
use crate::{Budget, ParseError};
use std::mem;

/// Reads the shapes in `part`.
pub(super) fn read_shapes(
    mut part: XmlPart<'_>,
    relationships: &Relationships,
    numbers: &SlideNumbers,
    budget: &Budget,
) -> Result<Shapes, ParseError> {
    let mut reader = Reader {
        relationships,
        numbers,
        budget,
        frames: Vec::new(),
        open: Vec::new(),
        next_index: 0,
        paragraph: None,
        run_link: None,
        math: MathText::default(),
        level: None,
        result: Shapes::default(),
    };
    while let Some(node) = part.next()? {
        match node {
            Node::Start(tag) => reader.start(&tag)?,
            Node::End(_) => reader.end(),
            Node::Text(text) => reader.text(&text),
        }
    }
    reader.result.list.sort_by_key(|shape| shape.index);
    Ok(reader.result)
}

struct Reader<'a> {
    relationships: &'a Relationships,
    numbers: &'a SlideNumbers,
    budget: &'a Budget,
    frames: Vec<Frame>,
    /// Open shapes: an embedded object holds its picture.
    open: Vec<Shape>,
    next_index: u32,
    paragraph: Option<TextParagraph>,
    /// Where the current run's link leads.
    run_link: Option<String>,
    math: MathText,
    /// The level whose list style is read.
    level: Option<usize>,
    result: Shapes,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    context: Context,
    leave: Leave,
}

/// In what an element's children stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    Content,
    Skip,
    /// The properties of a paragraph.
    Paragraph,
    /// A run and its properties.
    Run,
    Text,
    /// A shape's own list style.
    ListStyle,
    /// The style of a master's body text.
    BodyStyle,
    Math,
}

/// What is to be done when an element ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leave {
    Nothing,
    Shape,
    Paragraph,
    Run,
    MathElement,
    Formula,
    /// Alternatives of the same content; whether one was taken.
    Alternatives(bool),
}

impl Reader<'_> {
    fn start(&mut self, tag: &Tag<'_>) -> Result<(), ParseError> {
        let name = tag.name();
        let Some(outer) = self.frames.last_mut() else {
            self.result.is_hidden = is_left_out(tag.attribute("show").as_deref());
            self.frames.push(Frame { context: Context::Content, leave: Leave::Nothing });
            return Ok(());
        };
        let context = outer.context;
        let (context, leave) = match (context, name) {
            (Context::Skip, _) => (Context::Skip, Leave::Nothing),
            (_, "AlternateContent") => (context, Leave::Alternatives(false)),
            (_, "Choice" | "Fallback") if matches!(outer.leave, Leave::Alternatives(_)) => {
                let is_taken = mem::replace(&mut outer.leave, Leave::Alternatives(true));
                let is_second = is_taken == Leave::Alternatives(true);
                (if is_second { Context::Skip } else { context }, Leave::Nothing)
            }
            (Context::Math, _) => {
                self.math.start(tag);
                self.budget.check_depth(self.math.depth())?;
                (Context::Math, Leave::MathElement)
            }
            (Context::Paragraph, _) => {
                if let (Some(bullet), Some(paragraph)) = (bullet(tag), &mut self.paragraph) {
                    paragraph.bullet = Some(bullet);
                }
                (context, Leave::Nothing)
            }
            (Context::ListStyle | Context::BodyStyle, _) => {
                self.style_level(context, tag);
                (context, Leave::Nothing)
            }
            (Context::Run, "t") => (Context::Text, Leave::Nothing),
            (Context::Run, _) => {
                if name == "hlinkClick" {
                    self.run_link = self.link_target(tag);
                }
                (context, Leave::Nothing)
            }
            (Context::Content | Context::Text, _) => self.start_content(tag)?,
        };
        self.frames.push(Frame { context, leave });
        Ok(())
    }

    fn start_content(&mut self, tag: &Tag<'_>) -> Result<(Context, Leave), ParseError> {
        let leave = match tag.name() {
            "extLst" | "timing" | "transition" | "endParaRPr" | "titleStyle" | "otherStyle" => {
                return Ok((Context::Skip, Leave::Nothing));
            }
            "bodyStyle" => return Ok((Context::BodyStyle, Leave::Nothing)),
            "lstStyle" => return Ok((Context::ListStyle, Leave::Nothing)),
            "sp" | "pic" | "graphicFrame" | "cxnSp" => {
                self.budget.check_depth(self.open.len())?;
                let content = if tag.name() == "sp" { Content::Text(Vec::new()) } else { Content::default() };
                self.open.push(Shape { index: self.next_index, content, ..Shape::default() });
                self.next_index += 1;
                Leave::Shape
            }
            "p" if !self.open.is_empty() => {
                self.paragraph = Some(TextParagraph::default());
                Leave::Paragraph
            }
            "pPr" => {
                if let (Some(paragraph), Some(level)) = (&mut self.paragraph, tag.number("lvl")) {
                    paragraph.level = usize::try_from(level).unwrap_or(0).min(LEVELS - 1);
                }
                return Ok((Context::Paragraph, Leave::Nothing));
            }
            "r" | "fld" => return Ok((Context::Run, Leave::Run)),
            "oMath" => return Ok((Context::Math, Leave::Formula)),
            "br" => {
                self.push_text("\n");
                return Ok((Context::Skip, Leave::Nothing));
            }
            _ => {
                self.describe_shape(tag);
                Leave::Nothing
            }
        };
        Ok((Context::Content, leave))
    }

    /// Takes in what an element says of the innermost open shape.
    fn describe_shape(&mut self, tag: &Tag<'_>) {
        let relationships = self.relationships;
        let related = |name: &str| tag.relationship(name).and_then(|id| relationships.target(&id).cloned());
        let click = if tag.name() == "hlinkClick" { self.link_target(tag) } else { None };
        let Some(shape) = self.open.last_mut() else { return };
        match tag.name() {
            "cNvPr" => {
                shape.description = tag.attribute("descr").unwrap_or_default().into_owned();
                shape.is_hidden = tag.attribute("hidden").is_some_and(|hidden| is_true(&hidden));
            }
            "hlinkClick" => shape.link = click,
            "ph" => {
                let kind = PlaceholderKind::of_type(tag.attribute("type").as_deref());
                shape.placeholder = Some(Placeholder { kind, index: tag.number("idx") });
            }
            // A shape may also be filled with a picture, which is decoration.
            "blip" if matches!(shape.content, Content::None) => {
                shape.content = match related("embed").or_else(|| related("link")) {
                    Some(Target::Part(part)) => Content::Picture(part, false),
                    Some(Target::External(address)) => Content::Picture(address, true),
                    None => Content::None,
                };
            }
            "chart" => {
                if let Some(Target::Part(part)) = related("id") {
                    shape.content = Content::Chart(part);
                }
            }
            "relIds" => {
                if let Some(Target::Part(part)) = related("dm") {
                    shape.content = Content::Diagram(part);
                }
            }
            "tbl" => shape.content = Content::Table(Table::default()),
            name => {
                if let Content::Table(table) = &mut shape.content {
                    describe_table(table, name, tag);
                }
            }
        }
    }

    fn style_level(&mut self, context: Context, tag: &Tag<'_>) {
        let level = tag.name().strip_prefix("lvl").and_then(|rest| rest.strip_suffix("pPr"));
        if let Some(level) = level.and_then(|level| level.parse::<usize>().ok()) {
            self.level = level.checked_sub(1).filter(|level| *level < LEVELS);
        }
        let levels: Option<&mut LevelBullets> = match context {
            Context::BodyStyle => Some(&mut self.result.body_bullets),
            _ => self.open.last_mut().map(|shape| &mut shape.bullets),
        };
        if let (Some(bullet), Some(levels), Some(level)) = (bullet(tag), levels, self.level)
            && let Some(place) = levels.get_mut(level)
        {
            *place = Some(bullet);
        }
    }

    fn text(&mut self, text: &str) {
        match self.frames.last().map(|frame| frame.context) {
            Some(Context::Text) => self.push_text(text),
            Some(Context::Math) => self.math.text(text),
            _ => {}
        }
    }

    fn push_text(&mut self, text: &str) {
        let Some(paragraph) = &mut self.paragraph else { return };
        paragraph.text.push_str(text);
        paragraph.has_prose |= !text.trim().is_empty();
        if let Some(target) = &self.run_link {
            match paragraph.inlines.last_mut() {
                // A link whose label is formatted in parts is still one.
                Some(Inline::Link { label, target: last })
                    if last == target && ends_with_label(&paragraph.text, text, label) =>
                {
                    label.push_str(text);
                }
                _ => paragraph.inlines.push(Inline::Link { label: text.to_owned(), target: target.clone() }),
            }
        }
    }

    fn end(&mut self) {
        match self.frames.pop().map(|frame| frame.leave) {
            Some(Leave::Shape) => {
                if let Some(shape) = self.open.pop() {
                    self.result.list.push(shape);
                }
            }
            Some(Leave::Paragraph) => self.end_paragraph(),
            Some(Leave::Run) => self.run_link = None,
            Some(Leave::MathElement) => self.math.end(),
            Some(Leave::Formula) => {
                let text = collapse(&mem::take(&mut self.math).finish());
                if let Some(paragraph) = self.paragraph.as_mut().filter(|_| !text.is_empty()) {
                    paragraph.text.push_str(&text);
                    paragraph.inlines.push(Inline::Formula(text));
                }
            }
            Some(Leave::Nothing | Leave::Alternatives(_)) | None => {}
        }
    }

    fn end_paragraph(&mut self) {
        let (Some(paragraph), Some(shape)) = (self.paragraph.take(), self.open.last_mut()) else { return };
        match &mut shape.content {
            Content::Text(paragraphs) => paragraphs.push(paragraph),
            Content::Table(table) => {
                if let Some(cell) = table.rows.last_mut().and_then(|row| row.last_mut()) {
                    cell.paragraphs.push(paragraph);
                }
            }
            _ => {}
        }
    }

    /// Where a click leads: outside, or to `#slide=…` of the presentation.
    fn link_target(&self, tag: &Tag<'_>) -> Option<String> {
        let id = tag.relationship("id")?;
        match self.relationships.target(&id)? {
            Target::External(address) => Some(address.clone()),
            Target::Part(part) => Some(format!("#slide={}", self.numbers.get(part)?)),
        }
    }
}

/// Whether the text before the last `added` bytes of `text` is `label`: the link goes on without a gap.
fn ends_with_label(text: &str, added: &str, label: &str) -> bool {
    text.strip_suffix(added).is_some_and(|before| before.ends_with(label))
}

/// The bullet that a property sets.
fn bullet(tag: &Tag<'_>) -> Option<Bullet> {
    match tag.name() {
        "buNone" => Some(Bullet::None),
        "buChar" | "buBlip" => Some(Bullet::Mark),
        "buAutoNum" => {
            let start = tag.number("startAt").and_then(|start| u32::try_from(start).ok());
            Some(Bullet::Number(start.unwrap_or(1)))
        }
        _ => None,
    }
}

fn describe_table(table: &mut Table, name: &str, tag: &Tag<'_>) {
    let is_set = |name| tag.attribute(name).is_some_and(|value| is_true(&value));
    // No table is wider or longer than that.
    let span = |name| tag.number(name).unwrap_or(1).clamp(1, 1000) as u32;
    match name {
        "tblPr" => table.first_row_is_header = is_set("firstRow"),
        "tr" => table.rows.push(Vec::new()),
        "tc" => {
            if let Some(row) = table.rows.last_mut() {
                row.push(Cell {
                    column_span: span("gridSpan"),
                    row_span: span("rowSpan"),
                    is_covered: is_set("hMerge") || is_set("vMerge"),
                    paragraphs: Vec::new(),
                });
            }
        }
        _ => {}
    }
}
