//! Lines to blocks: paragraphs, code and the items of lists.

use super::aligned::rows;
use super::area::{Area, bounds, median};
use super::lists::{Marker, marker};
use super::page::{Segment, Style};

/// A line of a column.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) area: Area,
    pub(super) style: Style,
}

/// Lines that belong together.
#[derive(Debug, Clone)]
pub(super) struct LineBlock {
    pub(super) lines: Vec<Line>,
    pub(super) marker: Option<Marker>,
}

impl LineBlock {
    pub(super) fn area(&self) -> Option<Area> {
        bounds(self.lines.iter().map(|line| &line.area))
    }

    /// Whether every line is set in a typewriter face.
    pub(super) fn is_monospaced(&self) -> bool {
        self.lines.iter().all(|line| line.style.monospace)
    }
}

/// Joins the segments of a column to lines, and the lines to blocks.
pub(super) fn line_blocks(segments: Vec<Segment>) -> Vec<LineBlock> {
    let lines: Vec<Line> = rows(segments).into_iter().filter_map(line).collect();
    let right_edge = right_edge(&lines);
    let pitch = usual_pitch(&lines);
    let mut blocks: Vec<LineBlock> = Vec::new();
    for line in lines {
        let marker = if line.style.monospace { None } else { marker(&line.text) };
        match blocks.last_mut().filter(|block| continues(block, &line, marker.as_ref(), right_edge, pitch)) {
            Some(block) => block.lines.push(line),
            None => blocks.push(LineBlock { lines: vec![line], marker }),
        }
    }
    blocks
}

fn line(row: Vec<Segment>) -> Option<Line> {
    let area = bounds(row.iter().map(|segment| &segment.area))?;
    let longest = row.iter().max_by_key(|segment| segment.text.len())?.style;
    let style = Style {
        bold: row.iter().all(|segment| segment.style.bold),
        italic: row.iter().all(|segment| segment.style.italic),
        monospace: row.iter().all(|segment| segment.style.monospace),
        ..longest
    };
    Some(Line { text: joined(&row, style.monospace), area, style })
}

/// The text of a line; in code, gaps are as many spaces as fit in them.
fn joined(row: &[Segment], monospace: bool) -> String {
    let mut text = String::new();
    let mut end: Option<f32> = None;
    for segment in row {
        if let Some(end) = end {
            let width = segment.style.size * 0.6;
            let spaces =
                if monospace { ((segment.area.left - end) / width).round().clamp(1.0, 100.0) } else { 1.0 };
            text.extend(std::iter::repeat_n(' ', spaces as usize));
        }
        text.push_str(&segment.text);
        end = Some(segment.area.right);
    }
    text
}

/// Where full lines end: nine lines of ten do not reach further.
fn right_edge(lines: &[Line]) -> f32 {
    let mut edges: Vec<f32> = lines.iter().map(|line| line.area.right).collect();
    edges.sort_by(f32::total_cmp);
    edges.get(edges.len() * 9 / 10).copied().unwrap_or(0.0)
}

/// The usual distance of baselines, as a multiple of the font size.
fn usual_pitch(lines: &[Line]) -> f32 {
    let pitches = lines.windows(2).filter_map(|pair| match pair {
        [above, below] if same_size(above, below) => {
            let pitch = (above.area.bottom - below.area.bottom) / below.style.size.max(1.0);
            (0.5..3.0).contains(&pitch).then_some(pitch)
        }
        _ => None,
    });
    let usual = median(pitches);
    if usual > 0.0 { usual } else { 1.2 }
}

fn same_size(a: &Line, b: &Line) -> bool {
    (a.style.size - b.style.size).abs() <= 0.08 * a.style.size.max(b.style.size)
}

/// Whether `line` goes on with `block`.
fn continues(block: &LineBlock, line: &Line, marker: Option<&Marker>, right_edge: f32, pitch: f32) -> bool {
    let (Some(first), Some(last)) = (block.lines.first(), block.lines.last()) else { return false };
    let size = line.style.size.max(1.0);
    let gap = (last.area.bottom - line.area.bottom) / size;
    if line.style.monospace != last.style.monospace {
        return false;
    }
    if line.style.monospace {
        return same_size(last, line) && gap < 3.2;
    }
    if marker.is_some() || !same_size(last, line) || gap > pitch * 1.25 + 0.1 {
        return false;
    }
    if line.style.bold != last.style.bold && ends_short(last, line, right_edge) {
        return false;
    }
    if line.style.bold != first.style.bold && block.lines.len() == 1 && first.style.bold {
        return false;
    }
    if block.marker.is_some() {
        return line.area.left > first.area.left + 0.4 * size || !ends_sentence(&last.text);
    }
    let indented = line.area.left - left_edge(block);
    let is_centered = (line.area.center_x() - last.area.center_x()).abs() < 0.5 * size;
    if indented > 0.8 * size && !is_centered && (block.lines.len() > 1 || ends_sentence(&last.text)) {
        return false;
    }
    !(ends_sentence(&last.text) && ends_short(last, line, right_edge))
}

fn left_edge(block: &LineBlock) -> f32 {
    // The first line may be indented.
    let skipped = usize::from(block.lines.len() > 1);
    block.lines.iter().skip(skipped).map(|line| line.area.left).fold(f32::MAX, f32::min)
}

/// Whether the first word of `next` had room at the end of `line`: it was ended on purpose.
fn ends_short(line: &Line, next: &Line, right_edge: f32) -> bool {
    let characters = next.text.chars().count().max(1) as f32;
    let first_word = next.text.split_whitespace().next().unwrap_or_default().chars().count() as f32;
    let needed = (first_word + 1.0) * next.area.width() / characters;
    right_edge - line.area.right > needed + line.style.size
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(['"', '\'', '”', '’', ')', ']']).ends_with(['.', '!', '?', ':', ';', '…'])
}
