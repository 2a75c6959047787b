//! Charts and diagrams (`SmartArt`): graphics whose text lies in parts of their own.

use super::{Node, XmlPart, collapse};
use crate::{ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};

/// The data of a chart, as far as it is cached in the chart's part.
#[derive(Debug, Default)]
pub(crate) struct Chart {
    title: String,
    categories: Vec<String>,
    series: Vec<Series>,
}

#[derive(Debug, Default)]
struct Series {
    name: String,
    values: Vec<String>,
}

/// How many points without a value may follow one another; a larger index is not believed.
const LARGEST_GAP: usize = 1000;

/// Where in a chart's part a piece of text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Other,
    /// Within a series, but not of its data: labels, trend lines; and titles of axes.
    Ignored,
    Title,
    SeriesName,
    Category,
    Value,
}

/// Reads a chart's part.
pub(crate) fn read_chart(mut part: XmlPart<'_>) -> Result<Chart, ParseError> {
    let mut chart = Chart::default();
    // For each open element, what it is part of and whether it holds text.
    let mut open: Vec<(Role, bool)> = Vec::new();
    while let Some(node) = part.next()? {
        match node {
            Node::Start(tag) => {
                let (outer, _) = open.last().copied().unwrap_or((Role::Other, false));
                let name = tag.name();
                let role = match name {
                    "ser" => {
                        chart.series.push(Series::default());
                        Role::Other
                    }
                    // Axes have titles as well; the chart's is the one outside of the plot.
                    "plotArea" => Role::Other,
                    "title" if open.len() == 2 => Role::Title,
                    "title" | "dLbls" | "trendline" | "errBars" => Role::Ignored,
                    "tx" if outer == Role::Other && !chart.series.is_empty() => Role::SeriesName,
                    "cat" | "xVal" => Role::Category,
                    "val" | "yVal" => Role::Value,
                    _ => outer,
                };
                if name == "pt" {
                    chart.begin_point(role, tag.number("idx"));
                }
                open.push((role, matches!(name, "t" | "v")));
            }
            Node::End(_) => {
                open.pop();
            }
            Node::Text(text) => {
                if let Some(&(role, true)) = open.last() {
                    chart.append(role, &text);
                }
            }
        }
    }
    Ok(chart)
}

impl Chart {
    /// A new point begins, the `index`-th of its series; points without a value are left out of the source.
    fn begin_point(&mut self, role: Role, index: Option<i64>) {
        let points = match (role, self.series.len(), self.series.last_mut()) {
            // Every series repeats the categories.
            (Role::Category, 1, _) => &mut self.categories,
            (Role::Value, _, Some(series)) => &mut series.values,
            _ => return,
        };
        let gap = index.and_then(|index| usize::try_from(index).ok()?.checked_sub(points.len()));
        let gap = gap.filter(|gap| *gap <= LARGEST_GAP).unwrap_or(0);
        points.resize(points.len() + gap + 1, String::new());
    }

    fn append(&mut self, role: Role, text: &str) {
        let count = self.series.len();
        let piece = match (role, self.series.last_mut()) {
            (Role::Title, _) => Some(&mut self.title),
            (Role::SeriesName, Some(series)) => Some(&mut series.name),
            (Role::Category, Some(_)) if count == 1 => self.categories.last_mut(),
            (Role::Value, Some(series)) => series.values.last_mut(),
            _ => None,
        };
        if let Some(piece) = piece {
            piece.push_str(text);
        }
    }
}

/// Adds a chart as the table of its data: a column for each series, a row for each category.
pub(crate) fn write_chart(
    tree: &mut TreeBuilder,
    chart: &Chart,
    location: &Location,
) -> Result<(), ParseError> {
    let title = collapse(&chart.title);
    if !title.is_empty() {
        tree.leaf(ElementType::Paragraph, title, location.clone())?;
    }
    if chart.series.is_empty() {
        return Ok(());
    }
    tree.open(ElementType::Table, "", location.clone())?;
    let names = std::iter::once("").chain(chart.series.iter().map(|series| series.name.as_str()));
    let header = write_row(tree, names, location)?;
    tree.set_attribute(header, "header", true);
    let points = chart.series.iter().map(|series| series.values.len()).max().unwrap_or(0);
    for point in 0..points.max(chart.categories.len()) {
        let text = |list: &'_ [String]| list.get(point).cloned().unwrap_or_default();
        let cells = std::iter::once(text(&chart.categories))
            .chain(chart.series.iter().map(|series| text(&series.values)));
        write_row(tree, cells, location)?;
    }
    tree.close();
    Ok(())
}

fn write_row(
    tree: &mut TreeBuilder,
    cells: impl Iterator<Item = impl AsRef<str>>,
    location: &Location,
) -> Result<u32, ParseError> {
    let row = tree.open(ElementType::TableRow, "", location.clone())?;
    for (column, text) in cells.enumerate() {
        let cell = tree.leaf(ElementType::TableCell, collapse(text.as_ref()), location.clone())?;
        tree.set_attribute(cell, "column", column);
    }
    tree.close();
    Ok(row)
}

/// Reads the texts of a diagram's data part, one for each of its shapes that has one.
pub(crate) fn read_diagram(mut part: XmlPart<'_>) -> Result<Vec<String>, ParseError> {
    let mut texts = Vec::new();
    let mut point: Option<String> = None;
    let mut open: Vec<Leave> = Vec::new();
    while let Some(node) = part.next()? {
        match node {
            Node::Start(tag) => open.push(match tag.name() {
                "pt" => {
                    point = Some(String::new());
                    Leave::Point
                }
                "t" => Leave::Text,
                "p" => {
                    if let Some(point) = &mut point {
                        point.push(' ');
                    }
                    Leave::Nothing
                }
                _ => Leave::Nothing,
            }),
            Node::End(_) => {
                if let (Some(Leave::Point), Some(text)) = (open.pop(), point.as_deref()) {
                    let text = collapse(text);
                    point = None;
                    if !text.is_empty() {
                        texts.push(text);
                    }
                }
            }
            Node::Text(text) => {
                if let (Some(Leave::Text), Some(point)) = (open.last(), &mut point) {
                    point.push_str(&text);
                }
            }
        }
    }
    Ok(texts)
}

/// An open element of a diagram's data.
enum Leave {
    Nothing,
    Point,
    Text,
}

/// Adds a diagram as the list of its texts.
pub(crate) fn write_diagram(
    tree: &mut TreeBuilder,
    texts: Vec<String>,
    location: &Location,
) -> Result<(), ParseError> {
    if texts.is_empty() {
        return Ok(());
    }
    let list = tree.open(ElementType::List, "", location.clone())?;
    tree.set_attribute(list, "ordered", false);
    for text in texts {
        tree.leaf(ElementType::ListItem, text, location.clone())?;
    }
    tree.close();
    Ok(())
}
