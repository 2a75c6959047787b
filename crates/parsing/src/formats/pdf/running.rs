//! Running headers and footers: what stands in the same place on several pages.

use super::aligned::rows;
use super::area::median;
use super::page::{PageContent, Segment};
use std::collections::{HashMap, HashSet};

/// Pages that a text must stand on to be running.
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

/// A segment in a margin: what it says with numbers made alike.
type Signature = (Margin, String);

/// Takes the running headers and footers out of pages; `body_size` is the font size of the document's prose.
pub(super) fn take_running(pages: &mut [PageContent], body_size: f32) -> Vec<Running> {
    let mut places: HashMap<Signature, Vec<(usize, f32)>> = HashMap::new();
    for (number, page) in pages.iter().enumerate() {
        for (margin, row) in margin_rows(page) {
            for segment in row.iter().filter(|segment| segment.style.size <= 1.15 * body_size) {
                let place = (number, segment.area.bottom - page.frame.bottom);
                places.entry((margin, signature(&segment.text))).or_default().push(place);
            }
        }
    }
    places.retain(|_, places| {
        let usual = median(places.iter().map(|(_, bottom)| *bottom));
        places.retain(|(_, bottom)| (bottom - usual).abs() <= SAME_PLACE);
        places.iter().map(|(page, _)| page).collect::<HashSet<_>>().len() >= FEWEST_PAGES
    });
    pages
        .iter_mut()
        .enumerate()
        .map(|(number, page)| {
            let is_running = |margin: Margin, segment: &Segment| {
                let bottom = segment.area.bottom - page.frame.bottom;
                places.get(&(margin, signature(&segment.text))).is_some_and(|places| {
                    places.iter().any(|(page, place)| *page == number && (place - bottom).abs() < 0.1)
                })
            };
            let mut running = Running::default();
            let mut taken: Vec<Segment> = Vec::new();
            for (margin, row) in margin_rows(page) {
                let (found, others): (Vec<Segment>, Vec<Segment>) =
                    row.into_iter().partition(|segment| is_running(margin, segment));
                // A number beside other text is more likely a cell of a table or a footnote's mark.
                if others.is_empty() || found.iter().any(|segment| signature(&segment.text).len() > 3) {
                    let line = match margin {
                        Margin::Top => &mut running.header,
                        Margin::Bottom => &mut running.footer,
                    };
                    found.iter().for_each(|segment| append(line, segment.text.trim()));
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

fn append(line: &mut Option<String>, text: &str) {
    match line {
        Some(line) => {
            line.push(' ');
            line.push_str(text);
        }
        None => *line = Some(text.to_owned()),
    }
}

/// The outermost rows in the margins of a page, from the top.
fn margin_rows(page: &PageContent) -> Vec<(Margin, Vec<Segment>)> {
    let height = page.frame.height();
    let top = page.frame.top - MARGIN * height;
    let bottom = page.frame.bottom + MARGIN * height;
    let within = |test: &dyn Fn(&Segment) -> bool| -> Vec<Vec<Segment>> {
        rows(page.segments.iter().filter(|segment| test(segment)).cloned().collect())
    };
    let above = within(&|segment| segment.area.bottom >= top).into_iter().take(ROWS);
    let below = within(&|segment| segment.area.top <= bottom);
    let skipped = below.len().saturating_sub(ROWS);
    above
        .map(|row| (Margin::Top, row))
        .chain(below.into_iter().skip(skipped).map(|row| (Margin::Bottom, row)))
        .collect()
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
