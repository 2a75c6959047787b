//! Presentations (Office Open XML), their macro, template and show variants included.
//!
//! Each slide's shapes are read in document order, which is the order in which
//! assistive technology reads them, and then written: [`shape`] says what there
//! is to read, [`reader`] reads it, [`bullets`] decides what is a list item.

mod bullets;
mod comments;
mod reader;
mod shape;
mod writer;

use super::ooxml::{Node, Package, Relationships, XmlPart, collapse, is_true, read_core_properties};
use crate::{Input, ParseError, Parser, TreeBuilder};
use bullets::Masters;
use comments::{Authors, read_authors, read_comments};
use gdg_model::Format;
use reader::read_shapes;
use shape::{PlaceholderKind, Shapes};
use std::collections::HashMap;
use writer::SlideWriter;

/// Presentations (Office Open XML).
#[derive(Debug)]
pub(crate) struct Pptx;

/// Numbers of the slides, from 1, by their parts.
type SlideNumbers = HashMap<String, u32>;

impl Parser for Pptx {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let mut package = Package::open(Format::Pptx, input.bytes, tree.budget())?;
        let main = package.main_part("ppt/presentation.xml")?;
        let properties = read_core_properties(&mut package, tree)?;
        let relationships = package.relationships(&main)?;
        let slides = slide_parts(package.required_part(&main)?, &relationships)?;
        let numbers: SlideNumbers =
            slides.iter().zip(1..).map(|(part, number)| (part.clone(), number)).collect();
        let authors = authors(&mut package, &relationships)?;
        let mut masters = Masters::default();
        let mut title = None;
        for (part, number) in slides.iter().zip(1..) {
            let slide_title = slide(&mut package, tree, part, number, &numbers, &authors, &mut masters)?;
            if number == 1 {
                title = slide_title;
            }
        }
        // The title among the properties is often that of the presentation it was copied from.
        if let Some(title) = title.or(properties.title) {
            tree.set_title(title);
        }
        Ok(())
    }
}

/// The parts of the slides, in their order.
fn slide_parts(mut part: XmlPart<'_>, relationships: &Relationships) -> Result<Vec<String>, ParseError> {
    let mut slides = Vec::new();
    let mut is_root = true;
    while let Some(node) = part.next()? {
        let Node::Start(tag) = node else { continue };
        if std::mem::take(&mut is_root) && tag.name() != "presentation" {
            let detail = format!("no presentation: its root element is `{}`", tag.name());
            return Err(ParseError::malformed(Format::Pptx, detail));
        }
        if tag.name() != "sldId" {
            continue;
        }
        let id = tag.relationship("id").unwrap_or_default();
        match relationships.part(&id) {
            Some(slide) => slides.push(slide.to_owned()),
            None => {
                return Err(ParseError::malformed(Format::Pptx, format!("slide `{id}` has no part")));
            }
        }
    }
    Ok(slides)
}

fn authors(package: &mut Package<'_>, relationships: &Relationships) -> Result<Authors, ParseError> {
    let mut authors = Authors::default();
    for kind in ["commentAuthors", "authors"] {
        for name in relationships.parts_of_kind(kind) {
            if let Some(part) = package.part(name)? {
                read_authors(part, &mut authors)?;
            }
        }
    }
    Ok(authors)
}

/// Adds one slide, and returns its title.
fn slide(
    package: &mut Package<'_>,
    tree: &mut TreeBuilder,
    name: &str,
    number: u32,
    numbers: &SlideNumbers,
    authors: &Authors,
    masters: &mut Masters,
) -> Result<Option<String>, ParseError> {
    let budget = tree.budget().clone();
    let relationships = package.relationships(name)?;
    let Shapes { list: mut shapes, is_hidden, .. } =
        read_shapes(package.required_part(name)?, &relationships, numbers, &budget)?;
    masters.resolve_bullets(package, &relationships, &mut shapes, &budget)?;

    let title = shapes.iter().position(|shape| shape.is_a(PlaceholderKind::Title) && shape.has_text());
    let title = title.map(|position| shapes.remove(position));
    let mut comments = Vec::new();
    for part in relationships.parts_of_kind("comments") {
        if let Some(part) = package.part(part)? {
            comments.extend(read_comments(part, authors)?);
        }
    }
    let mut notes = Vec::new();
    for part in relationships.parts_of_kind("notesSlide") {
        let relationships = package.relationships(part)?;
        if let Some(part) = package.part(part)? {
            notes.extend(read_shapes(part, &relationships, numbers, &budget)?.list);
        }
    }

    let mut writer = SlideWriter::open(tree, package, number, title.as_ref(), is_hidden)?;
    for shape in shapes {
        writer.shape(shape)?;
    }
    writer.comments(comments)?;
    writer.notes(notes)?;
    writer.close();
    Ok(title.map(|title| collapse(&title.plain_text())))
}

/// Whether the root element of a slide says that it is left out of the show.
fn is_left_out(show: Option<&str>) -> bool {
    show.is_some_and(|show| !is_true(show))
}
