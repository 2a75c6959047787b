//! Reading order: a page cut into columns, and what spans them.

use super::area::{Area, bounds, median};
use super::page::{Picture, Segment, Table};

/// Something on a page that is read as a whole.
#[derive(Debug, Clone)]
pub(super) enum Atom {
    Segment(Segment),
    Table(Table),
    Picture(Picture),
}

/// Fewest lines on either side of a gutter.
const FEWEST_LINES: usize = 4;
/// Step, in points, at which gutters are looked for.
const STEP: f32 = 2.0;
/// Share of a column's width that the median line fills in prose.
const PROSE_FILL: f32 = 0.55;
/// Median length in characters of a line of prose.
const PROSE_LENGTH: f32 = 18.0;
/// Cuts of one page; more are no layout.
const MOST_CUTS: usize = 64;

impl Atom {
    pub(super) fn area(&self) -> &Area {
        match self {
            Self::Segment(segment) => &segment.area,
            Self::Table(table) => &table.area,
            Self::Picture(picture) => &picture.area,
        }
    }

    fn text_length(&self) -> Option<usize> {
        match self {
            Self::Segment(segment) => Some(segment.text.chars().count()),
            Self::Table(_) | Self::Picture(_) => None,
        }
    }
}

/// The regions of a page in reading order. Within a region, reading goes line by line from the top.
pub(super) fn regions(atoms: Vec<Atom>) -> Vec<Vec<Atom>> {
    let mut regions = Vec::new();
    let mut waiting = vec![atoms];
    let mut cuts = 0;
    while let Some(atoms) = waiting.pop() {
        let gutter = if cuts < MOST_CUTS { gutter(&atoms) } else { None };
        match gutter {
            Some(gutter) => {
                cuts += 1;
                let mut parts = cut(atoms, gutter);
                parts.reverse();
                waiting.append(&mut parts);
            }
            None if atoms.is_empty() => {}
            None => regions.push(atoms),
        }
    }
    regions
}

/// Where atoms stand with respect to a gutter.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
    Across,
}

fn side(area: &Area, gutter: f32) -> Side {
    if area.right <= gutter {
        Side::Left
    } else if area.left >= gutter {
        Side::Right
    } else {
        Side::Across
    }
}

/// The x between two columns, if there are any: the position that the fewest lines cross, with lines of prose
/// side by side on both sides of it.
fn gutter(atoms: &[Atom]) -> Option<f32> {
    let lines: Vec<&Atom> = atoms.iter().filter(|atom| atom.text_length().is_some()).collect();
    if lines.len() < 2 * FEWEST_LINES {
        return None;
    }
    let all = bounds(lines.iter().map(|line| line.area()))?;
    let steps = (all.width().clamp(0.0, 10_000.0) / STEP) as usize;
    let crossings = crossings(&lines, &all, steps);
    let (first, last) = (steps / 6, steps - steps / 6);
    let mut candidates: Vec<(usize, usize)> = crossings
        .iter()
        .copied()
        .enumerate()
        .filter(|(step, _)| (first..last).contains(step))
        .map(|(step, count)| (count, step))
        .collect();
    candidates.sort_unstable();
    let fewest = candidates.first()?.0;
    // The middle of each widest gap among the positions that as few lines cross.
    let mut best: Vec<usize> =
        candidates.iter().filter(|(count, _)| *count == fewest).map(|(_, step)| *step).collect();
    best.sort_unstable();
    let gaps = best.chunk_by(|a, b| a + 1 == *b);
    let widest = gaps.max_by_key(|gap| gap.len())?;
    let middle = widest.get(widest.len() / 2)?;
    let gutter = all.left + *middle as f32 * STEP;
    separates_columns(&lines, gutter).then_some(gutter)
}

/// How many lines cross each position, with the positions counted from the left edge in steps.
fn crossings(lines: &[&Atom], all: &Area, steps: usize) -> Vec<usize> {
    let step_of = |x: f32| (((x - all.left) / STEP).max(0.0) as usize).min(steps);
    let mut changes = vec![0_i32; steps + 2];
    for line in lines {
        let area = line.area();
        // Positions strictly within the line.
        changes[(step_of(area.left) + 1).min(steps + 1)] += 1;
        changes[step_of(area.right - 0.01) + 1] -= 1;
    }
    let mut crossing = 0;
    changes
        .iter()
        .take(steps + 1)
        .map(|change| {
            crossing += change;
            crossing.max(0) as usize
        })
        .collect()
}

fn separates_columns(lines: &[&Atom], gutter: f32) -> bool {
    let on = |wanted: Side| -> Vec<&Atom> {
        lines.iter().copied().filter(|line| side(line.area(), gutter) == wanted).collect()
    };
    let (left, right) = (on(Side::Left), on(Side::Right));
    let (Some(left_area), Some(right_area)) = (area_of(&left), area_of(&right)) else { return false };
    let beside = |lines: &[&Atom], other: &Area| {
        lines.iter().filter(|line| line.area().overlap_y(other) > 0.0).count()
    };
    if beside(&left, &right_area) < FEWEST_LINES || beside(&right, &left_area) < FEWEST_LINES {
        return false;
    }
    match (is_prose(&left, &left_area), is_prose(&right, &right_area)) {
        (true, true) => true,
        (false, false) => false,
        // A sidebar next to prose; but a list of terms stands on the baselines of what explains them.
        _ => !share_baselines(if left.len() < right.len() { &left } else { &right }, lines, gutter),
    }
}

fn area_of(lines: &[&Atom]) -> Option<Area> {
    bounds(lines.iter().map(|line| line.area()))
}

fn is_prose(lines: &[&Atom], column: &Area) -> bool {
    let width = median(lines.iter().map(|line| line.area().width()));
    let length = median(lines.iter().filter_map(|line| line.text_length()).map(|length| length as f32));
    width >= PROSE_FILL * column.width() && length >= PROSE_LENGTH
}

/// Whether most lines of a side have a line on their baseline that is not on that side.
fn share_baselines(own: &[&Atom], lines: &[&Atom], gutter: f32) -> bool {
    let Some(own_side) = own.first().map(|line| side(line.area(), gutter)) else { return false };
    let others = lines.iter().filter(|line| side(line.area(), gutter) != own_side);
    let mut baselines: Vec<f32> = others.map(|line| line.area().bottom).collect();
    baselines.sort_by(f32::total_cmp);
    let has_partner = |line: &&&Atom| {
        let bottom = line.area().bottom;
        let next = baselines.partition_point(|other| *other < bottom - 1.0);
        baselines.get(next).is_some_and(|other| (other - bottom).abs() <= 1.0)
    };
    own.iter().filter(has_partner).count() * 10 > own.len() * 7
}

/// Cuts atoms at a gutter: what spans it divides the page into strips, each read column by column. A strip with
/// one side only is no pair of columns, but the end of what spans the gutter.
fn cut(mut atoms: Vec<Atom>, gutter: f32) -> Vec<Vec<Atom>> {
    atoms.sort_by(|a, b| b.area().top.total_cmp(&a.area().top));
    let is_across = |atom: &Atom| side(atom.area(), gutter) == Side::Across;
    let mut parts: Vec<Vec<Atom>> = Vec::new();
    let mut across: Vec<Atom> = Vec::new();
    for strip in atoms.chunk_by(|a, b| is_across(a) == is_across(b)) {
        let (left, right): (Vec<Atom>, Vec<Atom>) =
            strip.iter().cloned().partition(|atom| side(atom.area(), gutter) == Side::Left);
        if strip.first().is_some_and(is_across) || left.is_empty() || right.is_empty() {
            across.extend_from_slice(strip);
        } else {
            parts.extend([std::mem::take(&mut across), left, right]);
        }
    }
    parts.push(across);
    parts.retain(|part| !part.is_empty());
    parts
}
