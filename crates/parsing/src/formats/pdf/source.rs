//! What `pdf_oxide` tells of a document and its pages.

use super::area::Area;
use super::figures::Figures;
use super::page::{Note, PageContent, Picture};
use super::segments::segments;
use super::{anchors, grid, spacing, text};
use crate::{Budget, ParseError};
use gdg_model::Format;
use pdf_oxide::annotation_types::AnnotationSubtype;
use pdf_oxide::annotations::Annotation;
use pdf_oxide::elements::PathOperation;
use pdf_oxide::fonts::MappingProvenance;
use pdf_oxide::layout::TextSpan;
use pdf_oxide::{Error, PdfDocument};

/// Images smaller than this in either direction (points) are ornaments.
const SMALLEST_PICTURE: f32 = 24.0;
/// More ruling lines than this are a drawing.
const MOST_RULES: usize = 20_000;

/// An open document.
pub(super) struct Source {
    pub(super) document: PdfDocument,
    pub(super) page_count: usize,
    figures: Figures,
}

impl Source {
    /// Opens a document, with the empty password if it is encrypted.
    pub(super) fn open(bytes: &[u8]) -> Result<Self, ParseError> {
        let document = PdfDocument::from_bytes(bytes.to_vec()).map_err(|error| parse_error(&error))?;
        if document.is_encrypted() && !document.is_authenticated() {
            return Err(ParseError::Encrypted { format: Format::Pdf });
        }
        let page_count = document.page_count().map_err(|error| parse_error(&error))?;
        if page_count == 0 {
            return Err(ParseError::malformed(Format::Pdf, "no pages were found"));
        }
        let figures = Figures::of(&document);
        Ok(Self { document, page_count, figures })
    }

    /// Reads a page.
    pub(super) fn page(&self, index: usize, budget: &Budget) -> Result<PageContent, ParseError> {
        let content_length = self.document.get_page_content_data(index).map_or(0, |data| data.len());
        budget.spend_inflated(content_length as u64)?;
        let frame = self.frame(index);
        let mut spans = self.document.extract_spans(index).map_err(|error| parse_error(&error))?;
        budget.check_deadline()?;
        spacing::restore_spaces(&mut spans);
        let guessed: usize = spans.iter().filter(|span| is_guessed(span)).map(|span| span.text.len()).sum();
        let is_guessed = guessed * 2 > length(&spans);
        let (upright, aslant): (Vec<TextSpan>, Vec<TextSpan>) = spans.into_iter().partition(is_upright);
        let reads_otherwise = !aslant.is_empty() && length(&aslant) > length(&upright);
        let (upright, asides) = if reads_otherwise {
            (Vec::new(), self.plain_paragraphs(index))
        } else {
            (upright.into_iter().map(turned).collect(), runs(&aslant))
        };
        let annotations = self.document.get_annotations(index).unwrap_or_default();
        let anchors = anchors::anchors(&annotations, &upright, frame);
        let rules = self.rules(index);
        let (tables, upright) = grid::ruled_tables(&rules, upright);
        budget.check_deadline()?;
        Ok(PageContent {
            frame,
            segments: segments(&upright),
            tables,
            pictures: self.pictures(index),
            anchors,
            notes: notes(&annotations),
            asides,
            is_guessed,
        })
    }

    fn frame(&self, index: usize) -> Area {
        let (x0, y0, x1, y1) = self.document.get_page_media_box(index).unwrap_or((0.0, 0.0, 612.0, 792.0));
        Area::between(x0, y0, x1, y1)
    }

    /// The paragraphs of a page whose text runs vertically or from right to left, as the library orders them.
    fn plain_paragraphs(&self, index: usize) -> Vec<String> {
        let text = self.document.extract_text(index).unwrap_or_default();
        text.split("\n\n").map(text::clean).filter(|paragraph| !paragraph.is_empty()).collect()
    }

    /// The straight horizontal and vertical lines of a page, edges of rectangles among them.
    fn rules(&self, index: usize) -> Vec<Area> {
        let paths = self.document.extract_paths(index).unwrap_or_default();
        let mut rules = Vec::new();
        for path in paths {
            let mut at = None;
            for operation in &path.operations {
                match *operation {
                    PathOperation::MoveTo(x, y) | PathOperation::CurveTo(_, _, _, _, x, y) => {
                        at = Some((x, y));
                    }
                    PathOperation::LineTo(x, y) => {
                        if let Some((from_x, from_y)) = at {
                            rules.push(Area::between(from_x, from_y, x, y));
                        }
                        at = Some((x, y));
                    }
                    PathOperation::Rectangle(x, y, width, height) => {
                        rules.extend(edges(Area::between(x, y, x + width, y + height)));
                    }
                    PathOperation::ClosePath => {}
                }
            }
            if rules.len() > MOST_RULES {
                return Vec::new();
            }
        }
        rules
    }

    /// The images of a page. Strips and tiles of one image, as scanners write them, are one.
    fn pictures(&self, index: usize) -> Vec<Picture> {
        let handles = self.document.page_image_handles(index).unwrap_or_default();
        let mut pictures: Vec<Picture> = Vec::new();
        for handle in handles {
            let area = Area::from(handle.bbox);
            if handle.width <= 1 || handle.height <= 1 {
                continue;
            }
            match pictures.last_mut().filter(|last| continues(&last.area, &area)) {
                Some(last) => last.area = last.area.union(&area),
                None => pictures.push(Picture { area, description: String::new() }),
            }
        }
        pictures.retain(|picture| {
            picture.area.width() >= SMALLEST_PICTURE && picture.area.height() >= SMALLEST_PICTURE
        });
        if let Some(descriptions) = self.figures.matching(index, pictures.len()) {
            for (picture, description) in pictures.iter_mut().zip(descriptions) {
                picture.description.clone_from(description);
            }
        }
        pictures
    }
}

/// The error that tells the same as the library's.
fn parse_error(error: &Error) -> ParseError {
    match error {
        Error::EncryptedPdf => ParseError::Encrypted { format: Format::Pdf },
        other => ParseError::malformed(Format::Pdf, other),
    }
}

fn is_guessed(span: &TextSpan) -> bool {
    span.provenance == Some(MappingProvenance::Fallback)
}

/// Whether a span is set horizontally and read from left to right.
fn is_upright(span: &TextSpan) -> bool {
    let on_displayed_page = span.rotation_degrees - span.page_rotation_applied as f32;
    let level = span.rotation_degrees.abs() < 1.0 || on_displayed_page.rem_euclid(360.0) < 1.0;
    level && span.wmode == 0 && !span.text.contains(text::is_right_to_left)
}

/// A span of a turned page in the place where it is shown.
fn turned(mut span: TextSpan) -> TextSpan {
    if span.rotation_degrees != 0.0 {
        span.bbox = span.page_bbox();
        span.rotation_degrees = 0.0;
        span.page_rotation_applied = 0;
        span.char_x_offsets.clear();
    }
    span
}

fn length(spans: &[TextSpan]) -> usize {
    spans.iter().map(|span| span.text.trim().len()).sum()
}

/// The text of spans that follow one another, those with the same direction as one run.
fn runs(spans: &[TextSpan]) -> Vec<String> {
    let same_direction = |a: &TextSpan, b: &TextSpan| {
        (a.rotation_degrees - b.rotation_degrees).abs() < 1.0 && a.wmode == b.wmode
    };
    spans
        .chunk_by(same_direction)
        .map(|run| text::clean(&run.iter().map(|span| span.text.as_str()).collect::<Vec<_>>().join(" ")))
        .filter(|run| !run.is_empty())
        .collect()
}

fn edges(area: Area) -> Vec<Area> {
    let Area { left, bottom, right, top } = area;
    if area.width() < 3.0 || area.height() < 3.0 {
        return vec![area];
    }
    vec![
        Area::between(left, top, right, top),
        Area::between(left, bottom, right, bottom),
        Area::between(left, bottom, left, top),
        Area::between(right, bottom, right, top),
    ]
}

/// Whether two images abut so closely that they are parts of one.
fn continues(one: &Area, other: &Area) -> bool {
    let same_columns = (one.left - other.left).abs() < 1.0 && (one.right - other.right).abs() < 1.0;
    let same_rows = (one.top - other.top).abs() < 1.0 && (one.bottom - other.bottom).abs() < 1.0;
    let abut = |overlap: f32| overlap.abs() < 1.0;
    (same_columns && abut(one.overlap_y(other))) || (same_rows && abut(one.overlap_x(other)))
}

/// What reviewers wrote: sticky notes and comments on marked text. (Text that annotations show on the page
/// itself is among the spans.)
fn notes(annotations: &[Annotation]) -> Vec<Note> {
    let is_comment = |annotation: &&Annotation| {
        matches!(
            annotation.subtype_enum,
            AnnotationSubtype::Text
                | AnnotationSubtype::Highlight
                | AnnotationSubtype::Underline
                | AnnotationSubtype::StrikeOut
                | AnnotationSubtype::Squiggly
                | AnnotationSubtype::Caret
        )
    };
    annotations
        .iter()
        .filter(is_comment)
        .filter_map(|annotation| {
            let text = text::clean(annotation.contents.as_deref()?);
            (!text.is_empty()).then(|| Note { text, author: annotation.author.clone() })
        })
        .collect()
}
