//! Link annotations, and the words that they cover.

use super::area::Area;
use super::page::Anchor;
use super::text;
use pdf_oxide::annotations::{Annotation, LinkAction};
use pdf_oxide::layout::TextSpan;

/// The links of a page that lead out of the document. A link over several lines is one annotation a line in
/// most files; those are joined.
pub(super) fn anchors(annotations: &[Annotation], spans: &[TextSpan], frame: Area) -> Vec<Anchor> {
    let mut anchors: Vec<Anchor> = Vec::new();
    for annotation in annotations {
        let Some(target) = target(annotation) else { continue };
        let Some(area) =
            annotation.rect.map(|[x0, y0, x1, y1]| Area::between(x0 as f32, y0 as f32, x1 as f32, y1 as f32))
        else {
            continue;
        };
        let label = covered_text(spans, &area);
        match anchors.last_mut().filter(|last| last.target == target && continues(last, &area, frame)) {
            Some(last) => {
                last.area = last.area.union(&area);
                extend_label(last, &label);
            }
            None => anchors.push(Anchor { area, label, target }),
        }
    }
    for anchor in &mut anchors {
        anchor.label = tidy(&anchor.label, &anchor.target);
    }
    anchors
}

fn target(annotation: &Annotation) -> Option<String> {
    let target = match annotation.action.as_ref()? {
        LinkAction::Uri(uri) => uri.trim(),
        LinkAction::GoToRemote { file, .. } => file.trim(),
        LinkAction::GoTo(_) | LinkAction::Other { .. } => return None,
    };
    (!target.is_empty()).then(|| target.to_owned())
}

/// Whether a link to the same target goes on in `area`: in the next line, or in the next column or on the same line.
fn continues(last: &Anchor, area: &Area, frame: Area) -> bool {
    let gap = -last.area.overlap_y(area);
    gap < area.height() && last.area.height() < frame.height() / 2.0
}

fn extend_label(anchor: &mut Anchor, more: &str) {
    if !anchor.label.is_empty() && !more.is_empty() {
        anchor.label.push(' ');
    }
    anchor.label.push_str(more);
}

/// A URL that is its own label is cut without a space at the line's end, and stands in parentheses often.
fn tidy(label: &str, target: &str) -> String {
    let bare: String = label.chars().filter(|character| !character.is_whitespace()).collect();
    let bare = bare.trim_matches(['(', ')', '<', '>']);
    if !bare.is_empty() && target.contains(bare) { bare.to_owned() } else { label.to_owned() }
}

/// The text whose characters have their centre in `area`.
fn covered_text(spans: &[TextSpan], area: &Area) -> String {
    let mut covered = String::new();
    for span in spans {
        let span_area = Area::from(span.bbox);
        if !area.holds(area.center_x(), span_area.center_y()) || area.overlap_x(&span_area) <= 0.0 {
            continue;
        }
        if !covered.is_empty() {
            covered.push(' ');
        }
        let inside = span.to_chars().into_iter().filter(|character| {
            let center = character.bbox.x + character.bbox.width / 2.0;
            (area.left..=area.right).contains(&center)
        });
        covered.extend(inside.map(|character| character.char));
    }
    text::clean(&covered)
}
