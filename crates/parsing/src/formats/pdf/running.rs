//! Running headers and footers: what stands in the same place on several pages.

use super::aligned::rows;
use super::area::median;
use super::page::{PageContent, Segment};
use std::collections::{HashMap, HashSet};

/// Pages that a text must stand on to be running; in a document with fewer, all of them.
const FEWEST_PAGES: usize = 3;
/// Share of the page's height at its top and bottom that running text stands in.
const MARGIN: f32 = 0.12;
/// Rows at the top and at the bottom that are looked at.
const ROWS: usize = 4;
/// How far, in points, the places on different pages may differ.
const SAME_PLACE: f32 = 8.0;

/// The running text of a page.
#[derive(Debug, Default)]
pub(super) struct Running {
    pub(super) header: Option<String>,
    pub(super) footer: Option<String>,
}

/// Where on a page running text may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Margin {
    Top,
    Bottom,
}

/// Rows in the margins of a page.
type Rows = Vec<(Margin, Vec<Segment>)>;

/// A segment in a margin: what it says with numbers made alike.
type Signature = (Margin, String);

/// Takes the running headers and footers out of pages; `body_size` is the font size of the document's prose.
pub(super) fn take_running(pages: &mut [PageContent], body_size: f32) -> Vec<Running> {
    let margins: Vec<Rows> = pages.iter().map(|page| margin_rows(page, 1.15 * body_size)).collect();
    let repeated = Repeated::of(pages, &margins);
    let numbered = Numbered::of(&margins);
    pages
        .iter_mut()
        .zip(margins)
        .enumerate()
        .map(|(number, (page, rows))| {
            let mut running = Running::default();
            let mut taken: Vec<Segment> = Vec::new();
            let bottom = page.frame.bottom;
            for (margin, row) in rows {
                let is_numbered = numbered.has(number, margin, &row);
                let (found, others): (Vec<Segment>, Vec<Segment>) = row
                    .into_iter()
                    .partition(|segment| is_numbered || repeated.has(number, margin, segment, bottom));
                // A number beside other text is more likely a cell of a table or a footnote's mark.
                if others.is_empty() || found.iter().any(|segment| signature(&segment.text).len() > 3) {
                    let line = match margin {
                        Margin::Top => &mut running.header,
                        Margin::Bottom => &mut running.footer,
                    };
                    for segment in &found {
                        append(line, segment.text.trim());
                    }
                    taken.extend(found);
                }
            }
            page.segments.retain(|segment| {
                !taken.iter().any(|taken| taken.area == segment.area && taken.text == segment.text)
            });
            running
        })
        .collect()
}

/// Segments that stand in the same place with the same text on several pages: by signature, the pages and the
/// heights that they stand at.
struct Repeated(HashMap<Signature, Vec<(usize, f32)>>);

impl Repeated {
    fn of(pages: &[PageContent], margins: &[Rows]) -> Self {
        let mut places: HashMap<Signature, Vec<(usize, f32)>> = HashMap::new();
        for (number, (page, rows)) in pages.iter().zip(margins).enumerate() {
            for (margin, row) in rows {
                for segment in row {
                    let place = (number, segment.area.bottom - page.frame.bottom);
                    places.entry((*margin, signature(&segment.text))).or_default().push(place);
                }
            }
        }
        let fewest = fewest_pages(pages.len());
        places.retain(|_, places| {
            let usual = median(places.iter().map(|(_, bottom)| *bottom));
            places.retain(|(_, bottom)| (bottom - usual).abs() <= SAME_PLACE);
            places.iter().map(|(page, _)| page).collect::<HashSet<_>>().len() >= fewest
        });
        Self(places)
    }

    fn has(&self, page: usize, margin: Margin, segment: &Segment, page_bottom: f32) -> bool {
        let bottom = segment.area.bottom - page_bottom;
        self.0.get(&(margin, signature(&segment.text))).is_some_and(|places| {
            let first = places.partition_point(|(known, _)| *known < page);
            let own = places.iter().skip(first).take_while(|(known, _)| *known == page);
            own.into_iter().any(|(_, place)| (place - bottom).abs() < 0.1)
        })
    }
}

/// Outermost rows that begin or end with the page's number, counted with an offset of the document's own: the
/// name of a chapter beside it changes.
struct Numbered(HashMap<(Margin, i64), HashSet<usize>>);

impl Numbered {
    fn of(margins: &[Rows]) -> Self {
        let mut pages: HashMap<(Margin, i64), HashSet<usize>> = HashMap::new();
        for (page, rows) in margins.iter().enumerate() {
            let first = rows.first().filter(|(margin, _)| *margin == Margin::Top);
            let last = rows.last().filter(|(margin, _)| *margin == Margin::Bottom);
            for (margin, row) in first.into_iter().chain(last) {
                for offset in offsets(page, row) {
                    pages.entry((*margin, offset)).or_default().insert(page);
                }
            }
        }
        pages.retain(|_, pages| pages.len() >= fewest_pages(margins.len()));
        Self(pages)
    }

    fn has(&self, page: usize, margin: Margin, row: &[Segment]) -> bool {
        offsets(page, row)
            .any(|offset| self.0.get(&(margin, offset)).is_some_and(|pages| pages.contains(&page)))
    }
}

/// How far the number that a row begins or ends with is from the page's, for rows that may be headers.
fn offsets(page: usize, row: &[Segment]) -> impl Iterator<Item = i64> {
    let number = |word: Option<&str>| -> Option<i64> {
        let word = word.filter(|word| word.len() < 5)?;
        word.parse::<u32>().ok().map(i64::from)
    };
    let length: usize = row.iter().map(|segment| segment.text.len()).sum();
    let first = row.first().and_then(|segment| number(segment.text.split_whitespace().next()));
    let last = row.last().and_then(|segment| number(segment.text.split_whitespace().next_back()));
    [first, last].into_iter().flatten().filter(move |_| length < 100).map(move |number| number - page as i64)
}

fn fewest_pages(page_count: usize) -> usize {
    page_count.clamp(2, FEWEST_PAGES)
}

fn append(line: &mut Option<String>, text: &str) {
    match line {
        Some(line) => {
            line.push(' ');
            line.push_str(text);
        }
        None => *line = Some(text.to_owned()),
    }
}

/// The outermost rows in the margins of a page, from the top, of text no larger than `largest`.
fn margin_rows(page: &PageContent, largest: f32) -> Rows {
    let height = page.frame.height();
    let top = page.frame.top - MARGIN * height;
    let bottom = page.frame.bottom + MARGIN * height;
    let small = || page.segments.iter().filter(|segment| segment.style.size <= largest);
    let above = rows(small().filter(|segment| segment.area.bottom >= top).cloned().collect());
    let below = rows(small().filter(|segment| segment.area.top <= bottom).cloned().collect());
    let skipped = below.len().saturating_sub(ROWS);
    let above = above.into_iter().take(ROWS).map(|row| (Margin::Top, row));
    above.chain(below.into_iter().skip(skipped).map(|row| (Margin::Bottom, row))).collect()
}

/// The text with every number, Arabic or Roman, as `#`.
fn signature(text: &str) -> String {
    let is_roman =
        |word: &str| !word.is_empty() && word.len() < 7 && word.chars().all(|letter| "ivxl".contains(letter));
    let mut signature = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !signature.is_empty() {
            signature.push(' ');
        }
        if is_roman(word) {
            signature.push('#');
            continue;
        }
        for character in word.chars() {
            if !character.is_ascii_digit() {
                signature.push(character);
            } else if !signature.ends_with('#') {
                signature.push('#');
            }
        }
    }
    signature
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_numbers_have_one_signature() {
        assert_eq!(signature("Page 3 of 12"), signature("Page 10 of 12"));
        assert_eq!(signature("xiv"), signature("9"));
        assert_ne!(signature("Introduction"), signature("Methods"));
    }
}
