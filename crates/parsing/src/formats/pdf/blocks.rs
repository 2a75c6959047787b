//! Lines to blocks: paragraphs, code and the items of lists.

use super::aligned::rows;
use super::area::{Area, bounds};
use super::lists::{Marker, marker};
use super::page::{Segment, Style};
use super::segments::dominant;
use super::text::has_leaders;

/// Fewest distances of lines that tell how lines are spaced, and the spacing assumed at most with fewer.
const TELLING: usize = 5;
const LOOSEST: f32 = 1.4;

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

    /// Whether `next`, the first block of the next column, is the rest of this one.
    pub(super) fn goes_on_in(&self, next: &Self) -> bool {
        let (Some(last), Some(first)) = (self.lines.last(), next.lines.first()) else { return false };
        !ends_sentence(&last.text)
            && next.marker.is_none()
            && first.text.starts_with(char::is_lowercase)
            && same_size(last, first)
            && last.style.font == first.style.font
            && !last.style.monospace
            && self.lines.len() > 1
    }

    /// Whether every line is set in a typewriter face.
    pub(super) fn is_monospaced(&self) -> bool {
        self.lines.iter().all(|line| line.style.monospace)
    }
}

/// Joins the segments of a column to lines, and the lines to blocks. A line that `is_title` is a block of its own.
pub(super) fn line_blocks(segments: Vec<Segment>, is_title: &dyn Fn(&str) -> bool) -> Vec<LineBlock> {
    let lines: Vec<Line> = rows(segments).iter().filter_map(|row| line(row)).collect();
    let right_edge = right_edge(&lines);
    let pitch = usual_pitch(&lines);
    let mut blocks: Vec<LineBlock> = Vec::new();
    let mut after_title = false;
    for line in lines {
        let marker = if line.style.monospace { None } else { marker(&line.text) };
        let is_title = is_title(&line.text);
        let block = blocks.last_mut().filter(|_| !is_title && !after_title);
        match block.filter(|block| continues(block, &line, marker.as_ref(), right_edge, pitch)) {
            Some(block) => block.lines.push(line),
            None => blocks.push(LineBlock { lines: vec![line], marker }),
        }
        after_title = is_title;
    }
    blocks
}

fn line(row: &[Segment]) -> Option<Line> {
    let area = bounds(row.iter().map(|segment| &segment.area))?;
    let styles: Vec<(Style, usize)> = row.iter().map(|segment| (segment.style, segment.text.len())).collect();
    let style = dominant(&styles)?;
    Some(Line { text: joined(row, style.monospace), area, style })
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
    // The lower quartile: single lines far apart are no paragraph.
    let mut pitches: Vec<f32> = pitches.collect();
    pitches.sort_by(f32::total_cmp);
    match pitches.get(pitches.len() / 4) {
        Some(usual) if pitches.len() >= TELLING => *usual,
        Some(usual) => usual.min(LOOSEST),
        None => LOOSEST,
    }
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
    if has_leaders(&line.text) || has_leaders(&last.text) {
        return has_leaders(&line.text) && !has_leaders(&last.text) && !ends_short(last, line, right_edge);
    }
    if line.style.monospace {
        return same_size(last, line) && gap < 3.2;
    }
    let short = ends_short(last, line, right_edge);
    let begins_item = marker.is_some() && !is_amid(block, line, short);
    if begins_item || !same_size(last, line) || gap > pitch * 1.25 + 0.1 {
        return false;
    }
    if short && (gap > 1.6 || line.style.bold != last.style.bold) {
        return false;
    }
    if block.lines.len() == 1
        && (first.style.bold && !line.style.bold || short && first.style.font != line.style.font)
    {
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
    !(ends_sentence(&last.text) && short)
}

/// Whether a line that looks like an item is only the next line of a paragraph: `(b)` and `3.` come in prose, too.
fn is_amid(block: &LineBlock, line: &Line, short: bool) -> bool {
    let Some(last) = block.lines.last() else { return false };
    let is_in_line = (line.area.left - last.area.left).abs() < 0.3 * line.style.size;
    let follows_marker = block.lines.len() == 1 && block.marker.is_some();
    is_in_line && !short && !ends_sentence(&last.text) && !follows_marker
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
