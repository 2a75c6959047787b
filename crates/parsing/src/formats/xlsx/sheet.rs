//! Reads the cells of a sheet, and what is said of them elsewhere: merges, hyperlinks, comments.

use super::number_format::NumberFormat;
use super::reference::{Position, parse_range};
use super::workbook::{Workbook, read_rich_text, unescaped};
use crate::formats::ooxml::{Node, Package, Relationships, Tag, Target, XmlPart};
use crate::{Limit, ParseError, TreeBuilder};
use std::collections::BTreeMap;

/// The cells of a sheet that say something, and what hangs on them.
#[derive(Debug, Default)]
pub(super) struct SheetContent {
    /// By position.
    pub(super) cells: Vec<Cell>,
    pub(super) annotations: BTreeMap<Position, Annotation>,
    /// The templates of shared formulas by their number, with the cell that each is written for.
    pub(super) shared_formulas: BTreeMap<u32, (Position, String)>,
}

/// A cell.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) position: Position,
    pub(super) value: CellValue,
    pub(super) formula: Formula,
}

/// What a cell shows.
#[derive(Debug, Default)]
pub(super) enum CellValue {
    #[default]
    Empty,
    /// The shared string with this number.
    SharedString(usize),
    /// Words.
    Text(String),
    /// A number, date, truth value or error, as it is shown.
    Figure(String),
}

/// How a cell's value comes about.
#[derive(Debug, Default)]
pub(super) enum Formula {
    #[default]
    None,
    /// The formula as it is written.
    Own(String),
    /// The template with this number, moved to the cell.
    Shared(u32),
}

/// What is said of a cell outside of it.
#[derive(Debug, Default)]
pub(super) struct Annotation {
    /// Rows and columns of the merged area that begins here.
    pub(super) span: Option<(u32, u32)>,
    pub(super) link: Option<String>,
    pub(super) comment: Option<Comment>,
}

/// A reviewer's comment.
#[derive(Debug)]
pub(super) struct Comment {
    pub(super) author: Option<String>,
    pub(super) text: String,
}

/// Reads the sheet in the part at `path`.
pub(super) fn read(
    path: &str,
    workbook: &Workbook,
    package: &mut Package<'_>,
    tree: &TreeBuilder,
) -> Result<SheetContent, ParseError> {
    let relationships = package.relationships(path)?;
    let mut sheet = SheetContent::default();
    if let Some(part) = package.part(path)? {
        let cells_left = (tree.budget().limits().max_elements as usize).saturating_sub(tree.len());
        let allowed = tree.budget().limits().max_elements.to_string();
        let too_many = ParseError::LimitExceeded { limit: Limit::Elements, allowed };
        SheetReader { part, workbook, next: Position::default() }.read(
            &mut sheet,
            &relationships,
            cells_left,
            &too_many,
        )?;
    }
    if let Some(comments) = relationships.parts_of_kind("comments").next()
        && let Some(part) = package.part(comments)?
    {
        read_comments(part, &mut sheet.annotations)?;
    }
    sheet.add_cells_for_annotations();
    Ok(sheet)
}

impl SheetContent {
    /// Links and comments on cells that are otherwise empty need a cell to hang on.
    fn add_cells_for_annotations(&mut self) {
        let by_position = |cell: &Cell| cell.position;
        if !self.cells.is_sorted_by_key(by_position) {
            self.cells.sort_by_key(by_position);
        }
        let missing: Vec<Cell> = self
            .annotations
            .iter()
            .filter(|(_, annotation)| annotation.link.is_some() || annotation.comment.is_some())
            .filter(|(position, _)| self.cells.binary_search_by_key(*position, |cell| cell.position).is_err())
            .map(|(&position, _)| Cell { position, value: CellValue::Empty, formula: Formula::None })
            .collect();
        if !missing.is_empty() {
            self.cells.extend(missing);
            self.cells.sort_by_key(by_position);
        }
    }
}

/// Reads a sheet's XML from its start to its end.
struct SheetReader<'w, 'p> {
    part: XmlPart<'p>,
    workbook: &'w Workbook,
    /// Where a cell stands that does not say so: behind the last one.
    next: Position,
}

impl SheetReader<'_, '_> {
    fn read(
        mut self,
        sheet: &mut SheetContent,
        relationships: &Relationships,
        cells_left: usize,
        too_many: &ParseError,
    ) -> Result<(), ParseError> {
        while let Some(node) = self.part.next()? {
            match node {
                Node::Start(tag) => match tag.name() {
                    "row" => {
                        let number = tag.attribute("r").and_then(|number| number.parse::<u32>().ok());
                        let row = number.and_then(|number| number.checked_sub(1)).unwrap_or(self.next.row);
                        self.next = Position { row, column: 0 };
                    }
                    "c" => {
                        let header = CellHeader::read(&tag, self.next)?;
                        if let Some(cell) = self.read_cell(&header, sheet)? {
                            sheet.cells.push(cell);
                        }
                        self.next = Position { column: header.position.column + 1, ..header.position };
                        if sheet.cells.len() > cells_left {
                            return Err(too_many.clone());
                        }
                    }
                    "mergeCell" => add_merge(&tag, &mut sheet.annotations)?,
                    "hyperlink" => add_link(&tag, relationships, &mut sheet.annotations)?,
                    _ => {}
                },
                Node::End(tag) if tag.name() == "row" => {
                    self.next = Position { row: self.next.row.saturating_add(1), column: 0 };
                }
                Node::End(_) | Node::Text(_) => {}
            }
        }
        Ok(())
    }

    /// Reads the cell that was just begun; `None` when it says nothing.
    fn read_cell(
        &mut self,
        header: &CellHeader,
        sheet: &mut SheetContent,
    ) -> Result<Option<Cell>, ParseError> {
        let mut raw_value = String::new();
        let mut inline_text = None;
        let mut formula = Formula::None;
        while let Some(node) = self.part.next()? {
            match node {
                Node::Start(tag) => match tag.name() {
                    "v" => raw_value = self.read_text("v")?,
                    "is" => inline_text = Some(read_rich_text(&mut self.part, "is")?),
                    "f" => {
                        let shared = FormulaHeader::read(&tag);
                        let text = unescaped(self.read_text("f")?);
                        formula = shared.formula(text, header.position, sheet);
                    }
                    _ => {}
                },
                Node::End(tag) if tag.name() == "c" => break,
                Node::End(_) | Node::Text(_) => {}
            }
        }
        let value = match inline_text {
            Some(text) => words(text),
            None => self.value(header, raw_value),
        };
        let says_nothing = matches!((&value, &formula), (CellValue::Empty, Formula::None));
        Ok((!says_nothing).then_some(Cell { position: header.position, value, formula }))
    }

    /// The character data of the element `name` that was just begun.
    fn read_text(&mut self, name: &str) -> Result<String, ParseError> {
        let mut text = String::new();
        while let Some(node) = self.part.next()? {
            match node {
                Node::End(tag) if tag.name() == name => break,
                Node::Text(piece) => text.push_str(&piece),
                Node::Start(_) | Node::End(_) => {}
            }
        }
        Ok(text)
    }

    /// What a cell with the stored value `raw` shows.
    fn value(&self, header: &CellHeader, raw: String) -> CellValue {
        let trimmed = raw.trim();
        if trimmed.is_empty() {
            return CellValue::Empty;
        }
        match header.stored_as {
            StoredAs::SharedString => match trimmed.parse() {
                Ok(index) if self.workbook.strings.get(index).is_some_and(says_something) => {
                    CellValue::SharedString(index)
                }
                _ => CellValue::Empty,
            },
            StoredAs::Boolean => {
                CellValue::Figure(if matches!(trimmed, "1" | "true") { "TRUE" } else { "FALSE" }.to_owned())
            }
            StoredAs::Text => words(unescaped(raw)),
            StoredAs::Number => trimmed.parse().map_or_else(
                |_| words(trimmed.to_owned()),
                |number| {
                    CellValue::Figure(header.format(self.workbook).show(number, self.workbook.date_system))
                },
            ),
            StoredAs::Shown => CellValue::Figure(trimmed.to_owned()),
        }
    }
}

/// The attributes of a cell.
struct CellHeader {
    position: Position,
    stored_as: StoredAs,
    style: Option<usize>,
}

/// How a cell's value is stored.
#[derive(Clone, Copy)]
enum StoredAs {
    Number,
    Boolean,
    /// The number of a shared string.
    SharedString,
    Text,
    /// As it is shown: dates in ISO form and errors.
    Shown,
}

impl StoredAs {
    fn of_type(cell_type: &str) -> Self {
        match cell_type {
            "n" | "" => Self::Number,
            "b" => Self::Boolean,
            "s" => Self::SharedString,
            "str" | "inlineStr" => Self::Text,
            _ => Self::Shown,
        }
    }
}

impl CellHeader {
    fn read(tag: &Tag<'_>, next: Position) -> Result<Self, ParseError> {
        let (mut position, mut stored_as, mut style) = (None, StoredAs::Number, None);
        for (name, value) in tag.attributes() {
            match name {
                "r" => position = Some(Position::parse(&value)?),
                "t" => stored_as = StoredAs::of_type(&value),
                "s" => style = value.parse().ok(),
                _ => {}
            }
        }
        let position = match position {
            Some(position) => position,
            None => Position::checked(next.row, next.column)?,
        };
        Ok(Self { position, stored_as, style })
    }

    fn format(&self, workbook: &Workbook) -> NumberFormat {
        let formats = &workbook.number_formats;
        self.style.and_then(|style| formats.get(style)).copied().unwrap_or_default()
    }
}

/// The number of a formula that several cells share.
struct FormulaHeader {
    shared: Option<u32>,
}

impl FormulaHeader {
    fn read(tag: &Tag<'_>) -> Self {
        let is_shared = tag.attribute("t").is_some_and(|kind| kind == "shared");
        let number = tag.attribute("si").and_then(|number| number.parse().ok());
        Self { shared: number.filter(|_| is_shared) }
    }

    /// The formula with this text in the cell at `position`. The cell that has the text of a shared one gives the template.
    fn formula(&self, text: String, position: Position, sheet: &mut SheetContent) -> Formula {
        match self.shared {
            Some(number) if text.is_empty() => Formula::Shared(number),
            Some(number) => {
                sheet.shared_formulas.insert(number, (position, text));
                Formula::Shared(number)
            }
            None if text.is_empty() => Formula::None,
            None => Formula::Own(text),
        }
    }
}

fn says_something(text: &str) -> bool {
    !text.trim().is_empty()
}

fn words(text: String) -> CellValue {
    if says_something(&text) { CellValue::Text(text) } else { CellValue::Empty }
}

fn add_merge(tag: &Tag<'_>, annotations: &mut BTreeMap<Position, Annotation>) -> Result<(), ParseError> {
    if let Some(reference) = tag.attribute("ref") {
        let (first, last) = parse_range(&reference)?;
        let span = (last.row.saturating_sub(first.row) + 1, last.column.saturating_sub(first.column) + 1);
        annotations.entry(first).or_default().span = Some(span);
    }
    Ok(())
}

/// A link over several cells hangs on the first of them.
fn add_link(
    tag: &Tag<'_>,
    relationships: &Relationships,
    annotations: &mut BTreeMap<Position, Annotation>,
) -> Result<(), ParseError> {
    let external = tag.relationship("id").and_then(|id| match relationships.target(&id)? {
        Target::External(address) => Some(address.as_str()),
        Target::Part(_) => None,
    });
    let place = tag.attribute("location").filter(|place| !place.is_empty());
    let target = match (external, place) {
        (Some(target), Some(place)) => format!("{target}#{place}"),
        (Some(target), None) => target.to_owned(),
        (None, Some(place)) => format!("#{place}"),
        (None, None) => return Ok(()),
    };
    if let Some(reference) = tag.attribute("ref") {
        let (first, _) = parse_range(&reference)?;
        annotations.entry(first).or_default().link = Some(target);
    }
    Ok(())
}

fn read_comments(
    mut part: XmlPart<'_>,
    annotations: &mut BTreeMap<Position, Annotation>,
) -> Result<(), ParseError> {
    let mut authors: Vec<String> = Vec::new();
    let (mut in_author, mut commented) = (false, None);
    while let Some(node) = part.next()? {
        match node {
            Node::Start(tag) => match tag.name() {
                "author" => {
                    in_author = true;
                    authors.push(String::new());
                }
                "comment" => {
                    let author = tag.attribute("authorId").and_then(|id| id.parse::<usize>().ok());
                    commented = tag.attribute("ref").map(|reference| (reference.into_owned(), author));
                }
                "text" => {
                    let text = read_rich_text(&mut part, "text")?;
                    if let Some((reference, author)) = commented.take() {
                        let author = author.and_then(|author| authors.get(author)).cloned();
                        let author = author.filter(|name| !name.is_empty());
                        let position = Position::parse(&reference)?;
                        annotations.entry(position).or_default().comment = Some(Comment { author, text });
                    }
                }
                _ => {}
            },
            Node::End(tag) if tag.name() == "author" => in_author = false,
            Node::Text(piece) if in_author => {
                if let Some(name) = authors.last_mut() {
                    name.push_str(&piece);
                }
            }
            Node::End(_) | Node::Text(_) => {}
        }
    }
    Ok(())
}
