//! Spaces that a producer left out of the text and drew as gaps only.

use pdf_oxide::layout::TextSpan;
use std::collections::HashMap;

/// Share of the font size that an advance must exceed its glyph's own by to be a space.
const SPACE: f32 = 0.18;
/// Spans shorter than this tell too little of their spacing.
const TELLING_LENGTH: usize = 12;

/// Puts spaces into long spans that have none, where a glyph's advance is wider than the same glyph's elsewhere
/// on the page. (Some typesetters write a justified line as one string in which the gaps are adjustments.)
pub(super) fn restore_spaces(spans: &mut [TextSpan]) {
    let is_suspect = |span: &TextSpan| {
        !span.text.contains(char::is_whitespace) && span.char_x_offsets.len() >= TELLING_LENGTH
    };
    if !spans.iter().any(is_suspect) {
        return;
    }
    let natural = natural_advances(spans);
    let restored: Vec<(usize, String)> = spans
        .iter()
        .enumerate()
        .filter(|(_, span)| is_suspect(span))
        .filter_map(|(place, span)| Some((place, with_spaces(span, &natural)?)))
        .collect();
    for (place, text) in restored {
        if let Some(span) = spans.get_mut(place) {
            span.text = text;
            // They match the text no longer; nothing after this needs those of such a span.
            span.char_x_offsets.clear();
            span.char_widths.clear();
        }
    }
}

/// The smallest advance of each glyph, by font, as a share of the font size.
fn natural_advances(spans: &[TextSpan]) -> HashMap<(&str, char), f32> {
    let mut natural: HashMap<(&str, char), f32> = HashMap::new();
    for span in spans {
        for (character, advance) in advances(span) {
            let smallest = natural.entry((span.font_name.as_str(), character)).or_insert(f32::MAX);
            if advance > 0.0 {
                *smallest = smallest.min(advance);
            }
        }
    }
    natural
}

fn with_spaces(span: &TextSpan, natural: &HashMap<(&str, char), f32>) -> Option<String> {
    let excess: Vec<f32> = advances(span)
        .map(|(character, advance)| {
            natural.get(&(span.font_name.as_str(), character)).map_or(0.0, |natural| advance - natural)
        })
        .collect();
    let usual = super::area::median(excess.iter().copied());
    let mut spaced = String::with_capacity(span.text.len() + 8);
    for (place, character) in span.text.chars().enumerate() {
        spaced.push(character);
        if excess.get(place).is_some_and(|excess| excess - usual > SPACE) {
            spaced.push(' ');
        }
    }
    (spaced.len() > span.text.len()).then_some(spaced)
}

/// Each character but the last with its advance, as a share of the font size.
fn advances(span: &TextSpan) -> impl Iterator<Item = (char, f32)> {
    let size = span.font_size.max(1.0);
    let steps = span.char_x_offsets.windows(2).map(move |pair| (pair[1] - pair[0]) / size);
    span.text.chars().zip(steps)
}
