//! Pages as they were read to blocks in reading order.

use super::aligned::aligned_tables;
use super::area::Area;
use super::blocks::{LineBlock, line_blocks};
use super::columns::{Atom, regions};
use super::headings::Headings;
use super::outline::Bookmark;
use super::page::{Block, Content, Item, PageContent, Picture, Segment, Table};
use super::running::{Running, take_running};
use super::text::{Vocabulary, clean, without_leaders};
use crate::{Budget, ParseError};

/// Something in a column, before it is known whether it is a heading.
enum Draft {
    Lines(LineBlock),
    Table(Table),
    Picture(Picture),
}

/// Share of the page that a picture behind its text covers.
const BACKGROUND: f32 = 0.8;

/// Lays out the pages of a document.
pub(super) fn lay_out(
    mut pages: Vec<PageContent>,
    bookmarks: &[Bookmark],
    budget: &Budget,
) -> Result<Vec<Vec<Block>>, ParseError> {
    let all_segments = pages.iter().flat_map(|page| &page.segments);
    let mut headings = Headings::of_prose(all_segments.map(|segment| (segment.text.as_str(), segment.style)));
    let running = take_running(&mut pages, headings.body_size);
    if headings.typewritten {
        for segment in pages.iter_mut().flat_map(|page| &mut page.segments) {
            segment.style.monospace = false;
            segment.text = clean(&segment.text);
        }
    }
    headings.bookmark(bookmarks);
    let mut vocabulary = Vocabulary::default();
    let mut drafts = Vec::with_capacity(pages.len());
    for (number, mut page) in pages.into_iter().enumerate() {
        budget.check_deadline()?;
        let asides = std::mem::take(&mut page.asides);
        let page_drafts = drafts_of(page, &headings, &|line| headings.is_title(number, line));
        for line in page_drafts.iter().filter_map(lines_of).flat_map(|block| &block.lines) {
            vocabulary.learn(&line.text);
        }
        drafts.push((page_drafts, asides));
    }
    let line_blocks = drafts
        .iter()
        .enumerate()
        .flat_map(|(page, (drafts, _))| drafts.iter().filter_map(lines_of).map(move |block| (page, block)));
    headings.learn(line_blocks);
    let pages = drafts.into_iter().zip(running).enumerate();
    Ok(pages
        .map(|(page, ((drafts, asides), running))| {
            blocks_of(page, drafts, asides, running, &headings, &vocabulary)
        })
        .collect())
}

fn lines_of(draft: &Draft) -> Option<&LineBlock> {
    match draft {
        Draft::Lines(block) => Some(block),
        Draft::Table(_) | Draft::Picture(_) => None,
    }
}

/// The drafts of a page in reading order.
fn drafts_of(page: PageContent, headings: &Headings, is_title: &dyn Fn(&str) -> bool) -> Vec<Draft> {
    let frame = page.frame;
    let covers_page = |picture: &Picture| {
        picture.area.width() * picture.area.height() > BACKGROUND * frame.width() * frame.height()
    };
    let (backgrounds, pictures): (Vec<Picture>, Vec<Picture>) =
        page.pictures.into_iter().partition(covers_page);
    let (tables, segments) = aligned_tables(page.segments);
    let atoms = segments
        .into_iter()
        .map(Atom::Segment)
        .chain(page.tables.into_iter().chain(tables).map(Atom::Table))
        .chain(pictures.into_iter().map(Atom::Picture))
        .collect();
    let mut drafts: Vec<Draft> = backgrounds.into_iter().map(Draft::Picture).collect();
    for region in regions(atoms) {
        let mut column = region_drafts(region, is_title).into_iter().peekable();
        if let (Some(Draft::Lines(last)), Some(Draft::Lines(first))) = (drafts.last_mut(), column.peek())
            && last.goes_on_in(first)
        {
            last.lines.extend(first.lines.iter().cloned());
            column.next();
        }
        drafts.extend(column);
    }
    joined_titles(drafts, headings)
}

/// Makes one block of the lines of a large title.
fn joined_titles(drafts: Vec<Draft>, headings: &Headings) -> Vec<Draft> {
    let mut joined: Vec<Draft> = Vec::with_capacity(drafts.len());
    for draft in drafts {
        match (joined.last_mut(), draft) {
            (Some(Draft::Lines(above)), Draft::Lines(below)) if headings.is_one_title(above, &below) => {
                above.lines.extend(below.lines);
            }
            (_, draft) => joined.push(draft),
        }
    }
    joined
}

/// The drafts of a column from the top.
fn region_drafts(region: Vec<Atom>, is_title: &dyn Fn(&str) -> bool) -> Vec<Draft> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut drafts: Vec<(f32, Draft)> = Vec::new();
    for atom in region {
        let top = atom.area().top;
        match atom {
            Atom::Segment(segment) => segments.push(segment),
            Atom::Table(table) => drafts.push((top, Draft::Table(table))),
            Atom::Picture(picture) => drafts.push((top, Draft::Picture(picture))),
        }
    }
    let (tables, segments) = aligned_tables(segments);
    drafts.extend(tables.into_iter().map(|table| (table.area.top, Draft::Table(table))));
    let blocks = line_blocks(segments, is_title).into_iter();
    drafts.extend(blocks.map(|block| (block.area().map_or(0.0, |area| area.top), Draft::Lines(block))));
    drafts.sort_by(|a, b| b.0.total_cmp(&a.0));
    drafts.into_iter().map(|(_, draft)| draft).collect()
}

fn blocks_of(
    page: usize,
    drafts: Vec<Draft>,
    asides: Vec<String>,
    running: Running,
    headings: &Headings,
    vocabulary: &Vocabulary,
) -> Vec<Block> {
    let is_item = items(&drafts, page, headings);
    let mut blocks: Vec<Block> = Vec::with_capacity(drafts.len() + 2);
    // Both before the headings, which would contain them.
    blocks.extend(running.header.map(|text| Block { content: Content::Header(text), areas: Vec::new() }));
    blocks.extend(running.footer.map(|text| Block { content: Content::Footer(text), areas: Vec::new() }));
    for (draft, is_item) in drafts.into_iter().zip(is_item) {
        blocks.push(match draft {
            Draft::Table(table) => Block { areas: vec![table.area], content: Content::Table(table) },
            Draft::Picture(picture) => {
                Block { areas: vec![picture.area], content: Content::Picture(picture) }
            }
            Draft::Lines(block) => {
                let areas = block.lines.iter().map(|line| line.area).collect();
                Block { content: content_of(page, &block, is_item, headings, vocabulary), areas }
            }
        });
    }
    let aside = |text| Block { content: Content::Paragraph(text), areas: Vec::new() };
    blocks.extend(asides.into_iter().map(aside));
    blocks
}

/// Which drafts are items of a list: all with bullets, and the numbered ones whose number goes on from one
/// before or to one after.
fn items(drafts: &[Draft], page: usize, headings: &Headings) -> Vec<bool> {
    let mut is_item = vec![false; drafts.len()];
    // The latest numbered blocks, the outermost first: a list goes on after a nested one.
    let mut open: Vec<usize> = Vec::new();
    for (place, draft) in drafts.iter().enumerate() {
        let Some(block) = lines_of(draft) else { continue };
        let Some(marker) = &block.marker else { continue };
        if headings.level(page, block).is_some() {
            continue;
        }
        is_item[place] = is_item[place] || marker.is_bullet();
        let before = open.iter().rposition(|before| {
            drafts
                .get(*before)
                .and_then(lines_of)
                .and_then(|block| block.marker.as_ref())
                .is_some_and(|before| marker.follows(before))
        });
        if let Some(before) = before {
            is_item[open[before]] = true;
            is_item[place] = true;
            open.truncate(before);
        }
        open.push(place);
        if open.len() > 8 {
            open.remove(0);
        }
    }
    is_item
}

fn content_of(
    page: usize,
    block: &LineBlock,
    is_item: bool,
    headings: &Headings,
    vocabulary: &Vocabulary,
) -> Content {
    if block.is_monospaced() {
        return Content::Code(code(block));
    }
    let mut text = String::new();
    block.lines.iter().for_each(|line| vocabulary.join(&mut text, line.text.trim()));
    if let Some(level) = headings.level(page, block) {
        return Content::Heading { level, text };
    }
    let text = without_leaders(&text);
    match &block.marker {
        Some(marker) if is_item => Content::Item(Item {
            number: marker.number(),
            text: marker.rest(&text).to_owned(),
            indent: block.lines.first().map_or(0.0, |line| line.area.left),
        }),
        _ => Content::Paragraph(text),
    }
}

/// The lines of code with the indentation and the empty lines that they have on the page.
fn code(block: &LineBlock) -> String {
    let left = block.lines.iter().map(|line| line.area.left).fold(f32::MAX, f32::min);
    let mut code = String::new();
    let mut above: Option<&Area> = None;
    for line in &block.lines {
        let size = line.style.size.max(1.0);
        if let Some(above) = above {
            let is_far = above.bottom - line.area.bottom > 1.9 * size;
            code.push_str(if is_far { "\n\n" } else { "\n" });
        }
        let indent = ((line.area.left - left) / (0.6 * size)).round().clamp(0.0, 100.0);
        code.extend(std::iter::repeat_n(' ', indent as usize));
        code.push_str(line.text.trim_end());
        above = Some(&line.area);
    }
    code
}
