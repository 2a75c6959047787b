//! Tables without lines: rows of short segments that stand in columns.

use super::area::{bounds, median};
use super::page::{Cell, Row, Segment, Table};
use super::text::has_leaders;

/// A table without lines has at least as many rows and columns; two columns are too often something else.
const FEWEST_ROWS: usize = 3;
const FEWEST_COLUMNS: usize = 3;
/// Longest mean length, in characters, of the cells of a table's column.
const LONGEST_CELL: usize = 28;
/// Greatest distance of rows, as a multiple of the font size.
const WIDEST_PITCH: f32 = 2.6;

/// Segments on one baseline, from the left.
type SegmentRow = Vec<Segment>;

/// Takes the tables out of `segments`.
pub(super) fn aligned_tables(segments: Vec<Segment>) -> (Vec<Table>, Vec<Segment>) {
    let rows = rows(segments);
    let mut tables = Vec::new();
    let mut rest = Vec::new();
    let mut at = 0;
    while at < rows.len() {
        let end = run_end(&rows, at);
        if let Some((table, used)) = table(&rows[at..end]) {
            tables.push(table);
            at += used;
        } else {
            rest.extend(rows[at].iter().cloned());
            at += 1;
        }
    }
    (tables, rest)
}

/// Groups segments by baseline, from the top.
pub(super) fn rows(mut segments: Vec<Segment>) -> Vec<SegmentRow> {
    segments.sort_by(|a, b| b.area.bottom.total_cmp(&a.area.bottom));
    let mut rows: Vec<SegmentRow> = Vec::new();
    for segment in segments {
        match rows.last_mut().filter(|row| row.first().is_some_and(|first| on_one_baseline(first, &segment)))
        {
            Some(row) => row.push(segment),
            None => rows.push(vec![segment]),
        }
    }
    for row in &mut rows {
        row.sort_by(|a, b| a.area.left.total_cmp(&b.area.left));
    }
    rows
}

fn on_one_baseline(a: &Segment, b: &Segment) -> bool {
    let smaller = a.style.size.min(b.style.size).max(1.0);
    let smaller_height = a.area.height().min(b.area.height());
    (a.area.bottom - b.area.bottom).abs() < 0.35 * smaller
        || a.area.overlap_y(&b.area) > 0.75 * smaller_height
}

/// Where the run of rows ends that begins at `start`: rows with several segments, near one another.
fn run_end(rows: &[SegmentRow], start: usize) -> usize {
    let mut end = start;
    while end < rows.len() && is_tabular(&rows[end]) {
        if end > start && pitch(&rows[end - 1], &rows[end]) > WIDEST_PITCH * rows[end][0].style.size {
            break;
        }
        end += 1;
    }
    end
}

/// Whether a row may be one of a table: several short segments, not in a typewriter face.
fn is_tabular(row: &SegmentRow) -> bool {
    let length = |segment: &Segment| segment.text.chars().count();
    let total: usize = row.iter().map(length).sum();
    row.len() > 1
        && total <= LONGEST_CELL * row.len()
        && row.iter().all(|segment| !segment.style.monospace && length(segment) <= 2 * LONGEST_CELL)
}

fn pitch(above: &SegmentRow, below: &SegmentRow) -> f32 {
    match (above.first(), below.first()) {
        (Some(above), Some(below)) => above.area.bottom - below.area.bottom,
        _ => f32::MAX,
    }
}

/// The table that a run of rows is, and how many of the rows it takes; `None` if it is none.
fn table(run: &[SegmentRow]) -> Option<(Table, usize)> {
    if run.len() < FEWEST_ROWS {
        return None;
    }
    let columns = columns(run);
    let full_rows = run.iter().filter(|row| row.len() >= FEWEST_COLUMNS).count();
    if columns.len() < FEWEST_COLUMNS || full_rows < FEWEST_ROWS || full_rows * 2 < run.len() {
        return None;
    }
    if !cells_are_short(run, &columns) {
        return None;
    }
    let area = bounds(run.iter().flatten().map(|segment| &segment.area))?;
    let mut rows = table_rows(run, &columns);
    let header = is_set_apart(run) || words_over_numbers(&rows);
    if let Some(first) = rows.first_mut() {
        first.header = header;
    }
    Some((Table { area, rows }, run.len()))
}

/// The rows of a table. A line with few cells that follows more closely than rows do is the second line of cells.
fn table_rows(run: &[SegmentRow], columns: &[(f32, f32)]) -> Vec<Row> {
    let usual = median(run.windows(2).map(|pair| pitch(&pair[0], &pair[1])));
    let mut rows: Vec<Row> = Vec::new();
    let mut above: Option<&SegmentRow> = None;
    for segments in run {
        let row = cells(segments, columns);
        let is_close = above.is_some_and(|above| pitch(above, segments) < 0.85 * usual);
        match rows.last_mut().filter(|last| is_close && row.cells.len() < last.cells.len()) {
            Some(last) => row.cells.into_iter().for_each(|cell| extend(last, cell)),
            None => rows.push(row),
        }
        above = Some(segments);
    }
    rows
}

/// Puts the text of a cell below the one of its column.
fn extend(row: &mut Row, cell: Cell) {
    if let Some(known) = row.cells.iter_mut().find(|known| known.column == cell.column) {
        known.text.push(' ');
        known.text.push_str(&cell.text);
        known.area = known.area.zip(cell.area).map(|(known, area)| known.union(&area));
    } else {
        let place = row.cells.partition_point(|known| known.column < cell.column);
        row.cells.insert(place, cell);
    }
}

/// Whether the first row alone is bold, or in a face of its own.
fn is_set_apart(run: &[SegmentRow]) -> bool {
    let Some((first, others)) = run.split_first() else { return false };
    let Some(style) = first.first().map(|segment| segment.style) else { return false };
    let alike = first.iter().all(|segment| segment.style.font == style.font);
    // A header may have two lines; what follows them must look otherwise.
    let differ = others.iter().skip(1).flatten().all(|segment| segment.style.font != style.font);
    alike && differ && others.len() > 1
}

/// The columns that segments stand in: the horizontal extents of segments, those that overlap joined. Rows with
/// few segments have headings over several columns, and do not count.
fn columns(run: &[SegmentRow]) -> Vec<(f32, f32)> {
    let usual = median(run.iter().map(|row| row.len() as f32)) as usize;
    let mut extents: Vec<(f32, f32)> = run
        .iter()
        .filter(|row| row.len() >= usual)
        .flatten()
        .map(|segment| (segment.area.left, segment.area.right))
        .collect();
    extents.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut columns: Vec<(f32, f32)> = Vec::new();
    for (left, right) in extents {
        match columns.last_mut() {
            Some(column) if left < column.1 => column.1 = column.1.max(right),
            _ => columns.push((left, right)),
        }
    }
    columns
}

/// Which columns a segment stands in.
fn columns_of(segment: &Segment, columns: &[(f32, f32)]) -> std::ops::Range<usize> {
    let overlaps = |column: &(f32, f32)| segment.area.right.min(column.1) > segment.area.left.max(column.0);
    let first = columns.iter().position(overlaps);
    let last = columns.iter().rposition(overlaps);
    if let (Some(first), Some(last)) = (first, last) {
        return first..last + 1;
    }
    // Between two columns, it belongs to the left one.
    let next = columns.iter().position(|column| column.0 >= segment.area.right).unwrap_or(columns.len());
    let nearest = next.saturating_sub(1);
    nearest..nearest + 1
}

/// Columns of prose are no table, and a table of contents is none either.
fn cells_are_short(run: &[SegmentRow], columns: &[(f32, f32)]) -> bool {
    if run.iter().flatten().any(|segment| has_leaders(&segment.text)) {
        return false;
    }
    let mut prose_columns = 0;
    for (place, column) in columns.iter().enumerate() {
        let own = run.iter().flatten().filter(|segment| columns_of(segment, columns).start == place);
        let (mut characters, mut width, mut count) = (0, 0.0, 0);
        for segment in own {
            characters += segment.text.chars().count();
            width += segment.area.width();
            count += 1;
        }
        if characters > LONGEST_CELL * count.max(1) {
            return false;
        }
        let fills = width > 0.8 * (column.1 - column.0) * count as f32;
        prose_columns += usize::from(fills && characters > 15 * count);
    }
    prose_columns < 2
}

fn cells(row: &SegmentRow, columns: &[(f32, f32)]) -> Row {
    let mut cells: Vec<Cell> = Vec::new();
    for segment in row {
        let covered = columns_of(segment, columns);
        match cells.last_mut().filter(|cell| cell.column + cell.column_span > covered.start) {
            Some(cell) => {
                cell.text.push(' ');
                cell.text.push_str(&segment.text);
                cell.area = cell.area.map(|area| area.union(&segment.area));
            }
            None => cells.push(Cell {
                text: segment.text.clone(),
                area: Some(segment.area),
                column: covered.start,
                column_span: covered.len(),
                row_span: 1,
            }),
        }
    }
    Row { header: false, cells }
}

/// Whether the first row has words only, and the columns below mostly numbers.
pub(super) fn words_over_numbers(rows: &[Row]) -> bool {
    let has_digit = |cell: &Cell| cell.text.contains(|character: char| character.is_ascii_digit());
    let Some((first, others)) = rows.split_first() else { return false };
    let below: Vec<&Cell> = others
        .iter()
        .flat_map(|row| &row.cells)
        .filter(|cell| cell.column > 0 && !cell.text.is_empty())
        .collect();
    let numbers = below.iter().filter(|cell| has_digit(cell)).count();
    first.cells.iter().filter(|cell| !cell.text.is_empty()).count() > 1
        && !first.cells.iter().any(has_digit)
        && numbers * 2 > below.len()
}
