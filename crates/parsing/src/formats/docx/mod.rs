//! Word documents (Office Open XML), their macro and template variants included.
//!
//! A document's text stands in stories: the body, headers and footers, notes,
//! comments. [`story`] reads one as a stream of [`block`]s with everything
//! resolved that the story's own XML tells; [`writer`] makes elements of them
//! with what [`styles`] and [`numbering`] tell. The page headers come first,
//! then the body with each note and comment behind the paragraph that refers
//! to it, then the page footers.

mod block;
mod fields;
mod notes;
mod numbering;
mod paragraph;
mod story;
mod styles;
mod symbols;
mod table;
mod table_properties;
mod writer;

use super::ooxml::{Package, Relationships, XmlPart, read_core_properties};
use crate::{Input, ParseError, Parser, TreeBuilder};
use block::Block;
use gdg_model::{ElementType, Format};
use notes::{NoteKind, Notes};
use numbering::Numbering;
use std::collections::HashSet;
use std::sync::Arc;
use story::{References, Story};
use styles::Styles;
use writer::Writer;

/// Word documents (Office Open XML).
#[derive(Debug)]
pub(crate) struct Docx;

impl Parser for Docx {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let budget = tree.budget().clone();
        let mut package = Package::open(Format::Docx, input.bytes, &budget)?;
        let main = package.main_part("word/document.xml")?;
        let properties = read_core_properties(&mut package, tree)?;
        if let Some(title) = properties.title {
            tree.set_title(title);
        }
        let relationships = package.relationships(&main)?;
        let styles = read_part(&mut package, &relationships, "styles", Styles::read)?;
        let numbering = read_part(&mut package, &relationships, "numbering", Numbering::read)?;
        let mut notes = Notes::default();
        for kind in NoteKind::ALL {
            let parts: Vec<&str> = relationships.parts_of_kind(kind.relationship()).collect();
            for part in parts {
                notes.read(&mut package, &styles, &budget, kind, part)?;
            }
        }
        let headers = running_texts(&mut package, &relationships, &styles, "header", tree)?;
        let footers = running_texts(&mut package, &relationships, &styles, "footer", tree)?;

        let mut writer = Writer::new(tree, package.clone(), &styles, &numbering, notes);
        writer.running_texts(ElementType::PageHeader, headers)?;
        let part = package.required_part(&main)?;
        writer.enter_part(part.name().clone());
        let references = References { relationships: &relationships, styles: &styles };
        let mut body = Story::new(part, "document", references, &budget);
        while let Some(block) = body.next()? {
            writer.write(block)?;
        }
        writer.finish_body()?;
        writer.running_texts(ElementType::PageFooter, footers)
    }
}

/// Reads the part that a relationship of `kind` leads to; what an absent part holds is empty.
fn read_part<T: Default>(
    package: &mut Package<'_>,
    relationships: &Relationships,
    kind: &str,
    read: impl FnOnce(XmlPart<'_>) -> Result<T, ParseError>,
) -> Result<T, ParseError> {
    let Some(name) = relationships.parts_of_kind(kind).next() else { return Ok(T::default()) };
    match package.part(name)? {
        Some(part) => read(part),
        None => Ok(T::default()),
    }
}

/// A header or footer: its part and its blocks.
type RunningText = (Arc<str>, Vec<Block>);

/// The headers or footers that say something, each text once.
fn running_texts(
    package: &mut Package<'_>,
    relationships: &Relationships,
    styles: &Styles,
    kind: &str,
    tree: &TreeBuilder,
) -> Result<Vec<RunningText>, ParseError> {
    let mut names: Vec<&str> = relationships.parts_of_kind(kind).collect();
    // The parts are numbered in the order of their sections: header2.xml comes before header10.xml.
    names.sort_unstable_by_key(|name| (name.len(), *name));
    names.dedup();
    let mut seen = HashSet::new();
    let mut texts = Vec::new();
    for name in names {
        let own_relationships = package.relationships(name)?;
        let Some(part) = package.part(name)? else { continue };
        let part_name = part.name().clone();
        let root = if kind == "header" { "hdr" } else { "ftr" };
        let references = References { relationships: &own_relationships, styles };
        let mut story = Story::new(part, root, references, tree.budget());
        let mut blocks = Vec::new();
        while let Some(block) = story.next()? {
            blocks.push(block);
        }
        let text = block::plain_text(&blocks);
        let has_content = blocks.iter().any(Block::has_content);
        if has_content && (text.is_empty() || seen.insert(text)) {
            texts.push((part_name, blocks));
        }
    }
    Ok(texts)
}
