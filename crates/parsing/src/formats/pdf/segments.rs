//! Spans to segments: words and phrases on one baseline, joined up to the next wide gap.

use super::area::Area;
use super::page::{Segment, Style};
use super::text;
use pdf_oxide::layout::TextSpan;
use std::collections::HashMap;

/// Gap, as a share of the font size, from which two spans are different segments.
const WIDE_GAP: f32 = 0.75;
/// Gap, as a share of the font size, from which two spans are different words.
const WORD_GAP: f32 = 0.15;
/// Height in points of the bands that segments are looked up by.
const BAND: f32 = 8.0;

/// A segment that may still grow to the right.
struct Growing {
    segment: Segment,
    /// Characters by style, to tell the segment's own.
    styles: Vec<(Style, usize)>,
}

/// Joins spans into segments.
pub(super) fn segments(spans: &[TextSpan]) -> Vec<Segment> {
    let mut ordered: Vec<&TextSpan> = spans.iter().filter(|span| !span.text.trim().is_empty()).collect();
    ordered.sort_by(|a, b| a.bbox.x.total_cmp(&b.bbox.x));
    let mut growing: Vec<Growing> = Vec::new();
    // The segments whose baseline lies in a band, the last one first to be looked at.
    let mut bands: HashMap<i32, Vec<usize>> = HashMap::new();
    for span in ordered {
        let area = Area::from(span.bbox);
        let band = (area.bottom / BAND).floor() as i32;
        let found = (band - 2..=band + 2)
            .filter_map(|band| bands.get(&band))
            .flat_map(|places| places.iter().rev().take(8))
            .copied()
            .filter(|place| growing.get(*place).is_some_and(|candidate| candidate.accepts(span, &area)))
            .min_by(|a, b| {
                let distance = |place: &usize| (growing[*place].segment.area.bottom - area.bottom).abs();
                distance(a).total_cmp(&distance(b))
            });
        if let Some(candidate) = found.and_then(|place| growing.get_mut(place)) {
            candidate.append(span, &area);
        } else {
            bands.entry(band).or_default().push(growing.len());
            growing.push(Growing::new(span, area));
        }
    }
    let mut segments: Vec<Segment> = growing.into_iter().filter_map(Growing::finish).collect();
    segments
        .sort_by(|a, b| b.area.bottom.total_cmp(&a.area.bottom).then(a.area.left.total_cmp(&b.area.left)));
    segments
}

impl Growing {
    fn new(span: &TextSpan, area: Area) -> Self {
        let style = style_of(span);
        let segment = Segment { text: span.text.clone(), area, style };
        Self { segment, styles: vec![(style, span.text.len())] }
    }

    fn accepts(&self, span: &TextSpan, area: &Area) -> bool {
        let own = &self.segment.area;
        let size = self.segment.style.size.max(span.font_size).max(1.0);
        let gap = area.left - own.right;
        let smaller_height = own.height().min(area.height()).max(1.0);
        gap < WIDE_GAP * size && gap > -0.6 * size && own.overlap_y(area) >= 0.5 * smaller_height
    }

    fn append(&mut self, span: &TextSpan, area: &Area) {
        let gap = area.left - self.segment.area.right;
        let size = self.segment.style.size.max(span.font_size).max(1.0);
        let text = &mut self.segment.text;
        if gap > WORD_GAP * size && !text.ends_with(' ') && !span.text.starts_with(' ') {
            text.push(' ');
        }
        text.push_str(&span.text);
        // A superscript must not lift the segment's baseline.
        let is_small = span.font_size < 0.8 * self.segment.style.size;
        self.segment.area = if is_small {
            Area { right: self.segment.area.right.max(area.right), ..self.segment.area }
        } else if self.segment.style.size < 0.8 * span.font_size {
            Area { left: self.segment.area.left, ..*area }
        } else {
            self.segment.area.union(area)
        };
        let style = style_of(span);
        match self.styles.iter_mut().find(|(known, _)| *known == style) {
            Some((_, length)) => *length += span.text.len(),
            None => self.styles.push((style, span.text.len())),
        }
        self.segment.style.size = self.segment.style.size.max(style.size);
    }

    /// The segment in the style of most of its characters.
    fn finish(self) -> Option<Segment> {
        let style = dominant(&self.styles)?;
        let text = if style.monospace {
            text::clean_code(&self.segment.text)
        } else {
            text::clean(&self.segment.text)
        };
        (!text.trim().is_empty()).then_some(Segment { text, area: self.segment.area, style })
    }
}

/// The style of text in several: the one of most characters. Bold, italic and monospaced is what nearly all of it is.
pub(super) fn dominant(styles: &[(Style, usize)]) -> Option<Style> {
    let (style, _) = styles.iter().max_by_key(|(_, length)| *length)?;
    let all: usize = styles.iter().map(|(_, length)| length).sum();
    let nearly_all = |test: fn(&Style) -> bool| {
        let some: usize = styles.iter().filter(|(style, _)| test(style)).map(|(_, length)| length).sum();
        some * 20 >= all * 17
    };
    Some(Style {
        bold: nearly_all(|style| style.bold),
        italic: nearly_all(|style| style.italic),
        monospace: nearly_all(|style| style.monospace),
        ..*style
    })
}

/// How a span looks. Names tell more than descriptors do: many producers give a weight to no font, or the
/// same one to all.
fn style_of(span: &TextSpan) -> Style {
    let name = span.font_name.rsplit('+').next().unwrap_or_default().to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let is_tex = is_tex_font(&name);
    let named_bold = has(&["bold", "black", "heavy", "demi"]) || ends(&[".b", "-b"]);
    let tex_bold = is_tex && has(&["bx", "csb"]);
    let tex_monospace = is_tex && has(&["tt"]);
    Style {
        size: (span.font_size * 10.0).round() / 10.0,
        font: name.bytes().fold(0, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte))),
        bold: if is_tex { tex_bold } else { named_bold || span.font_weight.is_bold() },
        italic: span.is_italic || has(&["italic", "oblique"]) || ends(&[".i"]),
        monospace: span.is_monospace
            || tex_monospace
            || has(&["courier", "mono", "consol", "menlo", "typewriter"]),
    }
}

/// The fonts of TeX are called `cmr10`, `dcbx12`, `sfti1095`: family, shape, design size.
fn is_tex_font(name: &str) -> bool {
    let letters = name.trim_end_matches(|character: char| character.is_ascii_digit());
    letters.len() < name.len()
        && letters.len() <= 7
        && ["cm", "dc", "ec", "sf", "lm", "eu", "ms"].iter().any(|family| letters.starts_with(family))
        && letters.chars().all(|character| character.is_ascii_lowercase())
}
