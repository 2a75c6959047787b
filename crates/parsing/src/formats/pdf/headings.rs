//! Headings: told from prose by the document's bookmarks and by how they are set.

use super::blocks::LineBlock;
use super::outline::Bookmark;
use super::page::Style;
use super::text::has_leaders;
use std::collections::{BTreeMap, HashMap};

/// Longest heading, in characters and in lines.
const LONGEST: usize = 200;
const MOST_LINES: usize = 4;
/// How much larger than the prose a heading is set, if it is bold and if it is not.
const LARGER_BOLD: f32 = 1.08;
const LARGER: f32 = 1.199;
/// Width, as a multiple of the font size, from which a line may be followed by the rest of a heading.
const WRAPPED: f32 = 30.0;
/// How much larger than the prose titles are set whose lines may stand far apart.
const TITLE: f32 = 1.3;
/// How much smaller than the largest heading the title at the beginning of a document may be set.
const SMALLER_TITLE: f32 = 0.85;
/// Levels of headings, as in HTML.
const LOWEST_LEVEL: u32 = 6;

/// How headings of one level look: size in tenths of a point, and whether bold and upright.
type Look = (i32, bool, bool);

/// What tells headings from prose in a document.
#[derive(Debug, Default)]
pub(super) struct Headings {
    /// Font size of the prose.
    pub(super) body_size: f32,
    /// Whether most prose is bold, so that bold tells nothing.
    bold_body: bool,
    /// Whether most text is set in a typewriter face.
    pub(super) typewritten: bool,
    levels: BTreeMap<Look, u32>,
    /// The heading that the document begins with, if it is set as large as a title.
    opening: Option<String>,
    /// Levels by page (from 0) and bare title.
    bookmarks: HashMap<(usize, String), u32>,
}

impl Headings {
    /// Learns the prose of a document from its runs of text.
    pub(super) fn of_prose<'a>(runs: impl Iterator<Item = (&'a str, Style)>) -> Self {
        let mut sizes: HashMap<i32, usize> = HashMap::new();
        let (mut bold, mut typewriter, mut all) = (0, 0, 0);
        for (text, style) in runs {
            let length = text.chars().count();
            // Half points: the same face comes in sizes that differ a little.
            *sizes.entry((style.size * 2.0).round() as i32).or_default() += length;
            all += length;
            bold += if style.bold { length } else { 0 };
            typewriter += if style.monospace { length } else { 0 };
        }
        let usual =
            sizes.into_iter().max_by_key(|(size, length)| (*length, *size)).map_or(0, |(size, _)| size);
        Self {
            body_size: usual as f32 / 2.0,
            bold_body: bold * 2 > all,
            typewritten: typewriter * 2 > all,
            ..Self::default()
        }
    }

    /// Learns the bookmarks. A title may stand on a page twice; the upper level is what a reader goes by.
    pub(super) fn bookmark(&mut self, bookmarks: &[Bookmark]) {
        for bookmark in bookmarks {
            let level =
                self.bookmarks.entry((bookmark.page, bare(&bookmark.title))).or_insert(bookmark.level);
            *level = bookmark.level.min(*level);
        }
    }

    /// Whether a line of a page is the title of a bookmark.
    pub(super) fn is_title(&self, page: usize, line: &str) -> bool {
        !self.bookmarks.is_empty() && self.title_level(page, line).is_some()
    }

    /// Learns the levels from the looks of all that may be headings.
    pub(super) fn learn<'a>(&mut self, blocks: impl Iterator<Item = (usize, &'a LineBlock)>) {
        let mut looks: BTreeMap<Look, Vec<u32>> = BTreeMap::new();
        let mut opening = None;
        for (number, (page, block)) in blocks.enumerate() {
            let bookmarked = self.bookmarked(page, block);
            if bookmarked.is_some() || self.is_set_as_heading(block) {
                looks.entry(look(block)).or_default().extend(bookmarked);
                opening = opening.or((number == 0).then(|| (text_of(block), look(block))));
            }
        }
        let largest = looks.last_key_value().map_or(0, |(look, _)| look.0);
        let is_large = |look: &Look| look.0 as f32 >= SMALLER_TITLE * largest as f32;
        self.opening = opening.filter(|(_, look)| is_large(look)).map(|(text, _)| text);
        // Larger before smaller, bold before plain, upright before italic.
        let mut level = 0;
        for (look, mut known) in looks.into_iter().rev() {
            known.sort_unstable();
            level = known.get(known.len() / 2).copied().unwrap_or(level + 1).min(LOWEST_LEVEL);
            self.levels.insert(look, level);
        }
    }

    /// The level of the heading that a block is; `None` if it is none.
    pub(super) fn level(&self, page: usize, block: &LineBlock) -> Option<u32> {
        if let Some(level) = self.bookmarked(page, block) {
            return Some(level);
        }
        if !self.is_set_as_heading(block) {
            return None;
        }
        if self.opening.as_ref().is_some_and(|opening| *opening == text_of(block)) {
            return Some(1);
        }
        self.levels.get(&look(block)).copied()
    }

    fn bookmarked(&self, page: usize, block: &LineBlock) -> Option<u32> {
        if self.bookmarks.is_empty() || block.lines.len() > MOST_LINES {
            return None;
        }
        self.title_level(page, &text_of(block))
    }

    /// The level of the bookmark with a title; bookmarks often leave its number out, or point to the page before.
    fn title_level(&self, page: usize, text: &str) -> Option<u32> {
        if text.len() > 4 * LONGEST {
            return None;
        }
        let title = bare(text);
        let unnumbered = bare(text.trim_start_matches(|character: char| !character.is_alphabetic()));
        [page, page.wrapping_sub(1)].into_iter().find_map(|page| {
            let level = |title: &str| self.bookmarks.get(&(page, title.to_owned())).copied();
            level(&title).or_else(|| level(&unnumbered))
        })
    }

    /// Whether two blocks are the lines of one large title.
    pub(super) fn is_one_title(&self, above: &LineBlock, below: &LineBlock) -> bool {
        let (Some(upper), Some(lower)) = (above.area(), below.area()) else { return false };
        let size = below.lines.first().map_or(0.0, |line| line.style.size);
        size >= TITLE * self.body_size
            && look(above) == look(below)
            && below.marker.is_none()
            && (0.0..1.2 * size).contains(&(upper.bottom - lower.top))
            && above.lines.len() + below.lines.len() <= MOST_LINES
            && self.is_set_as_heading(above)
            && self.is_set_as_heading(below)
    }

    fn is_set_as_heading(&self, block: &LineBlock) -> bool {
        let Some(first) = block.lines.first() else { return false };
        let style = first.style;
        let text = text_of(block);
        let length = text.chars().count();
        if block.lines.len() > MOST_LINES || length > LONGEST || style.monospace && !self.typewritten {
            return false;
        }
        if !has_words(&text) || has_leaders(&text) || is_caption(&text) || text.ends_with([',', ';']) {
            return false;
        }
        let bold = !self.bold_body && block.lines.iter().all(|line| line.style.bold);
        let ratio = style.size / self.body_size.max(1.0);
        let ends_sentence = text.ends_with(['.', ':']) && !text.ends_with("...");
        if ratio >= LARGER {
            return !(ends_sentence && length > 80);
        }
        if bold && ratio >= LARGER_BOLD {
            return !(ends_sentence && length > 80);
        }
        let is_one_title = match block.lines.as_slice() {
            [_] => true,
            // The first line is full, or the lines are centred.
            [first, second] => {
                first.area.width() > WRAPPED * style.size
                    || (first.area.left - second.area.left).abs() > style.size
            }
            _ => false,
        };
        bold && ratio >= 0.95
            && is_one_title
            && length <= 120
            && !ends_sentence
            && begins_like_a_heading(&text)
    }
}

fn text_of(block: &LineBlock) -> String {
    block.lines.iter().map(|line| line.text.trim()).collect::<Vec<_>>().join(" ")
}

fn look(block: &LineBlock) -> Look {
    let style = block.lines.first().map(|line| line.style);
    let bold = block.lines.iter().all(|line| line.style.bold);
    let italic = block.lines.iter().all(|line| line.style.italic);
    ((style.map_or(0.0, |style| style.size) * 2.0).round() as i32, bold, !italic)
}

/// The letters and digits of a title, in lower case.
fn bare(title: &str) -> String {
    title.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a text has a word in it, not only a number or an initial.
fn has_words(text: &str) -> bool {
    let letters = text.chars().filter(|character| character.is_alphabetic()).count();
    let visible = text.chars().filter(|character| !character.is_whitespace()).count();
    letters >= 2 && letters * 2 >= visible
}

/// Captions are set bold as well.
fn is_caption(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default().trim_end_matches('.').to_lowercase();
    let second_is_number =
        words.next().is_some_and(|word| word.starts_with(|character: char| character.is_ascii_digit()));
    second_is_number
        && matches!(first.as_str(), "table" | "figure" | "fig" | "tabelle" | "abbildung" | "abb" | "listing")
}

fn begins_like_a_heading(text: &str) -> bool {
    text.starts_with(|character: char| {
        character.is_uppercase() || character.is_ascii_digit() || !character.is_ascii() || character == '_'
    })
}
