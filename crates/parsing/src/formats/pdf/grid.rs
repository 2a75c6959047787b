//! Tables that are drawn: grids of ruling lines, and the text in their cells.

use super::area::Area;
use super::page::{Cell, Row, Table};
use super::segments::segments;
use super::text;
use pdf_oxide::layout::TextSpan;

/// Lines this near to one another (points) are one, and lines whose ends come this near meet.
const NEAR: f32 = 3.0;
/// Lines shorter than this are tick marks or parts of glyphs.
const SHORTEST: f32 = 6.0;
/// More pairs of lines than this are a drawing.
const MOST_CROSSINGS: usize = 4_000_000;
/// A grid with more cells is a drawing.
const MOST_CELLS: usize = 20_000;
/// Share of a grid's cells that hold text in a table; the grid of a chart is nearly empty.
const FILLED: f32 = 0.4;

/// A horizontal or vertical line: where it stands across its direction, and its extent along it.
#[derive(Debug, Clone, Copy)]
struct Rule {
    at: f32,
    from: f32,
    to: f32,
}

/// The lines of one drawn grid.
#[derive(Debug, Default)]
struct Grid {
    horizontal: Vec<Rule>,
    vertical: Vec<Rule>,
    /// Positions of the lines, from the left.
    columns: Vec<f32>,
    /// Positions of the lines, from the top.
    rows: Vec<f32>,
}

/// Finds the tables drawn by `rules`, and gives back the spans that are in none of them.
pub(super) fn ruled_tables(rules: &[Area], spans: Vec<TextSpan>) -> (Vec<Table>, Vec<TextSpan>) {
    let mut tables = Vec::new();
    let mut rest = spans;
    for grid in grids(rules) {
        let Some(area) = grid.area() else { continue };
        let (inside, outside): (Vec<TextSpan>, Vec<TextSpan>) =
            rest.into_iter().partition(|span| area.holds_center_of(&Area::from(span.bbox)));
        match grid.table(area, &inside) {
            Some(table) => {
                tables.push(table);
                rest = outside;
            }
            None => rest = inside.into_iter().chain(outside).collect(),
        }
    }
    (tables, rest)
}

fn grids(rules: &[Area]) -> Vec<Grid> {
    let is_thin = |thickness: f32| thickness < NEAR;
    let horizontal = merged(
        rules.iter().filter(|area| is_thin(area.height()) && area.width() >= SHORTEST).map(|area| Rule {
            at: area.center_y(),
            from: area.left,
            to: area.right,
        }),
    );
    let vertical = merged(
        rules.iter().filter(|area| is_thin(area.width()) && area.height() >= SHORTEST).map(|area| Rule {
            at: area.center_x(),
            from: area.bottom,
            to: area.top,
        }),
    );
    if horizontal.len() < 2 || vertical.len() < 2 || horizontal.len() * vertical.len() > MOST_CROSSINGS {
        return Vec::new();
    }
    connected(&horizontal, &vertical)
}

/// Joins the pieces of each line.
fn merged(rules: impl Iterator<Item = Rule>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = rules.collect();
    rules.sort_by(|a, b| a.at.total_cmp(&b.at));
    let mut lines: Vec<Rule> = Vec::new();
    for group in rules.chunk_by(|a, b| b.at - a.at < 1.0) {
        let mut group = group.to_vec();
        group.sort_by(|a, b| a.from.total_cmp(&b.from));
        let mut last: Option<Rule> = None;
        for rule in group {
            match &mut last {
                Some(line) if rule.from <= line.to + NEAR => line.to = line.to.max(rule.to),
                _ => lines.extend(last.replace(rule)),
            }
        }
        lines.extend(last);
    }
    lines
}

/// Groups lines into grids: those that cross or meet, directly or through others.
fn connected(horizontal: &[Rule], vertical: &[Rule]) -> Vec<Grid> {
    let mut groups: Vec<usize> = (0..horizontal.len() + vertical.len()).collect();
    for (h, row) in horizontal.iter().enumerate() {
        for (v, column) in vertical.iter().enumerate() {
            let meet = (row.from - NEAR..=row.to + NEAR).contains(&column.at)
                && (column.from - NEAR..=column.to + NEAR).contains(&row.at);
            if meet {
                let (a, b) = (root(&mut groups, h), root(&mut groups, horizontal.len() + v));
                groups[a.max(b)] = a.min(b);
            }
        }
    }
    let mut grids: Vec<(usize, Grid)> = Vec::new();
    let mut place = |grids: &mut Vec<(usize, Grid)>, line: usize| {
        let group = root(&mut groups, line);
        grids.iter().position(|(known, _)| *known == group).unwrap_or_else(|| {
            grids.push((group, Grid::default()));
            grids.len() - 1
        })
    };
    for (h, row) in horizontal.iter().enumerate() {
        let grid = place(&mut grids, h);
        grids[grid].1.horizontal.push(*row);
    }
    for (v, column) in vertical.iter().enumerate() {
        let grid = place(&mut grids, horizontal.len() + v);
        grids[grid].1.vertical.push(*column);
    }
    grids.into_iter().filter_map(|(_, grid)| grid.with_positions()).collect()
}

/// The representative of a line's group, with the path to it shortened.
fn root(groups: &mut [usize], mut line: usize) -> usize {
    while groups[line] != line {
        groups[line] = groups[groups[line]];
        line = groups[line];
    }
    line
}

/// The positions of lines, those near one another as one, in ascending order.
fn positions(rules: &[Rule]) -> Vec<f32> {
    let mut all: Vec<f32> = rules.iter().map(|rule| rule.at).collect();
    all.sort_by(f32::total_cmp);
    all.chunk_by(|a, b| b - a < NEAR).map(|near| near.iter().sum::<f32>() / near.len() as f32).collect()
}

impl Grid {
    /// The grid with the positions of its lines, if they make two rows and two columns at least.
    fn with_positions(mut self) -> Option<Self> {
        self.columns = positions(&self.vertical);
        self.rows = positions(&self.horizontal);
        self.rows.reverse();
        let is_table = self.columns.len() > 2 && self.rows.len() > 2;
        (is_table && self.columns.len() * self.rows.len() <= MOST_CELLS).then_some(self)
    }

    fn area(&self) -> Option<Area> {
        Some(Area::between(
            *self.columns.first()?,
            *self.rows.last()?,
            *self.columns.last()?,
            *self.rows.first()?,
        ))
    }

    /// The table with the text of `spans` in its cells, if it looks like one.
    fn table(&self, area: Area, spans: &[TextSpan]) -> Option<Table> {
        let (row_count, column_count) = (self.rows.len() - 1, self.columns.len() - 1);
        let mut contents: Vec<Vec<TextSpan>> = vec![Vec::new(); row_count * column_count];
        let mut owner: Vec<Option<usize>> = vec![None; row_count * column_count];
        let mut cells: Vec<(usize, Cell)> = Vec::new();
        for row in 0..row_count {
            for column in 0..column_count {
                if owner[row * column_count + column].is_none() {
                    let cell = self.cell(row, column);
                    for covered_row in row..row + cell.row_span {
                        for covered in column..column + cell.column_span {
                            owner[covered_row * column_count + covered] = Some(cells.len());
                        }
                    }
                    cells.push((row, cell));
                }
            }
        }
        for span in spans {
            let center = Area::from(span.bbox);
            let row = self.rows.iter().skip(1).position(|bottom| center.center_y() >= *bottom);
            let column = self.columns.iter().skip(1).position(|right| center.center_x() <= *right);
            if let (Some(row), Some(column)) = (row, column)
                && let Some(cell) = owner[row * column_count + column]
            {
                contents[cell].push(span.clone());
            }
        }
        for ((_, cell), spans) in cells.iter_mut().zip(&contents) {
            cell.text = cell_text(spans);
        }
        let rows = rows_of(cells, row_count);
        looks_like_a_table(&rows).then_some(Table { area, rows: with_header(rows, &contents) })
    }

    /// The cell whose upper left corner is the one of this row and column. It goes on to the right and
    /// downwards as long as no line ends it.
    fn cell(&self, row: usize, column: usize) -> Cell {
        let (row_count, column_count) = (self.rows.len() - 1, self.columns.len() - 1);
        let middle = |edges: &[f32], place: usize| f32::midpoint(edges[place], edges[place + 1]);
        let y = middle(&self.rows, row);
        let mut column_span = 1;
        while column + column_span < column_count
            && !drawn(&self.vertical, self.columns[column + column_span], y)
        {
            column_span += 1;
        }
        let mut row_span = 1;
        while row + row_span < row_count
            && (column..column + column_span).all(|covered| {
                !drawn(&self.horizontal, self.rows[row + row_span], middle(&self.columns, covered))
            })
        {
            row_span += 1;
        }
        let area = Area::between(
            self.columns[column],
            self.rows[row],
            self.columns[column + column_span],
            self.rows[row + row_span],
        );
        Cell { text: String::new(), area: Some(area), column, column_span, row_span }
    }
}

/// Whether a line at `at` passes the point `along` its direction.
fn drawn(rules: &[Rule], at: f32, along: f32) -> bool {
    rules.iter().any(|rule| (rule.at - at).abs() < NEAR && (rule.from..=rule.to).contains(&along))
}

/// The lines of a cell. Lines that go on to the next one are joined; a cell is no place for paragraphs.
fn cell_text(spans: &[TextSpan]) -> String {
    let segments = segments(spans);
    let mut lines: Vec<(f32, String)> = Vec::new();
    for segment in segments {
        match lines.last_mut() {
            Some((bottom, line)) if (*bottom - segment.area.bottom).abs() < 0.4 * segment.style.size => {
                line.push(' ');
                line.push_str(segment.text.trim());
            }
            _ => lines.push((segment.area.bottom, segment.text.trim().to_owned())),
        }
    }
    let mut cell = String::new();
    let vocabulary = text::Vocabulary::default();
    for (_, line) in &lines {
        vocabulary.join(&mut cell, line);
    }
    cell
}

fn rows_of(cells: Vec<(usize, Cell)>, row_count: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![Row::default(); row_count];
    for (row, cell) in cells {
        rows[row].cells.push(cell);
    }
    rows.retain(|row| !row.cells.is_empty());
    rows
}

/// A frame around prose, or a chart, is no table: a table has text in most cells, in two rows and two columns at least.
fn looks_like_a_table(rows: &[Row]) -> bool {
    let filled = |row: &Row| row.cells.iter().filter(|cell| !cell.text.is_empty()).count();
    let cell_count: usize = rows.iter().map(|row| row.cells.len()).sum();
    let filled_count: usize = rows.iter().map(filled).sum();
    let rows_with_text = rows.iter().filter(|row| filled(row) > 0).count();
    let rows_with_several = rows.iter().filter(|row| filled(row) > 1).count();
    rows_with_text > 1 && rows_with_several > 0 && filled_count as f32 >= FILLED * cell_count as f32
}

/// Marks the first row as header when it alone is bold.
fn with_header(mut rows: Vec<Row>, contents: &[Vec<TextSpan>]) -> Vec<Row> {
    let is_bold = |spans: &Vec<TextSpan>| {
        let styles = segments(spans);
        !styles.is_empty() && styles.iter().all(|segment| segment.style.bold)
    };
    let first_count = rows.first().map_or(0, |row| row.cells.len());
    let (first, others) = contents.split_at(first_count.min(contents.len()));
    let first_is_bold = first.iter().filter(|spans| !spans.is_empty()).all(is_bold);
    let others_are = others.iter().filter(|spans| !spans.is_empty()).all(is_bold);
    let header = (first_is_bold && !others_are) || super::aligned::words_over_numbers(&rows);
    if let Some(row) = rows.first_mut() {
        row.header = header;
    }
    rows
}
