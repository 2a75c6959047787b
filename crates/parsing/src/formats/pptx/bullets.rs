//! Which paragraphs have bullets: what a paragraph does not say, its shape, layout and master do.

use super::SlideNumbers;
use super::reader::read_shapes;
use super::shape::{Bullet, Content, LevelBullets, PlaceholderKind, Shape, Shapes};
use crate::formats::ooxml::{Package, Relationships};
use crate::{Budget, ParseError};
use std::collections::HashMap;
use std::rc::Rc;

/// The layouts and masters that have been read.
#[derive(Debug, Default)]
pub(super) struct Masters {
    layouts: HashMap<String, Rc<Layout>>,
    masters: HashMap<String, Rc<Shapes>>,
}

/// A layout and its master.
#[derive(Debug)]
struct Layout {
    shapes: Shapes,
    master: Option<Rc<Shapes>>,
}

impl Masters {
    /// Sets the bullets of all paragraphs of `shapes`, which stand on the slide with `relationships`.
    pub(super) fn resolve_bullets(
        &mut self,
        package: &mut Package<'_>,
        relationships: &Relationships,
        shapes: &mut [Shape],
        budget: &Budget,
    ) -> Result<(), ParseError> {
        let layout = match relationships.parts_of_kind("slideLayout").next() {
            Some(name) => self.layout(package, name, budget)?,
            None => None,
        };
        for shape in shapes {
            let inherited = inherited_bullets(shape, layout.as_deref());
            if let Content::Text(paragraphs) = &mut shape.content {
                for paragraph in paragraphs {
                    let bullet = inherited.get(paragraph.level).copied().unwrap_or(Bullet::None);
                    paragraph.bullet.get_or_insert(bullet);
                }
            }
        }
        Ok(())
    }

    fn layout(
        &mut self,
        package: &mut Package<'_>,
        name: &str,
        budget: &Budget,
    ) -> Result<Option<Rc<Layout>>, ParseError> {
        if let Some(layout) = self.layouts.get(name) {
            return Ok(Some(layout.clone()));
        }
        let relationships = package.relationships(name)?;
        let Some(shapes) = read(package, name, budget)? else { return Ok(None) };
        let master = match relationships.parts_of_kind("slideMaster").next() {
            Some(master) => self.master(package, master, budget)?,
            None => None,
        };
        let layout = Rc::new(Layout { shapes, master });
        self.layouts.insert(name.to_owned(), layout.clone());
        Ok(Some(layout))
    }

    fn master(
        &mut self,
        package: &mut Package<'_>,
        name: &str,
        budget: &Budget,
    ) -> Result<Option<Rc<Shapes>>, ParseError> {
        if let Some(master) = self.masters.get(name) {
            return Ok(Some(master.clone()));
        }
        let Some(shapes) = read(package, name, budget)? else { return Ok(None) };
        let master = Rc::new(shapes);
        self.masters.insert(name.to_owned(), master.clone());
        Ok(Some(master))
    }
}

/// Reads a layout or master, of which only the bullets matter.
fn read(package: &mut Package<'_>, name: &str, budget: &Budget) -> Result<Option<Shapes>, ParseError> {
    match package.part(name)? {
        Some(part) => {
            read_shapes(part, &Relationships::default(), &SlideNumbers::default(), budget).map(Some)
        }
        None => Ok(None),
    }
}

/// The bullet of each level of `shape`, where a paragraph does not say.
fn inherited_bullets(shape: &Shape, layout: Option<&Layout>) -> [Bullet; super::shape::LEVELS] {
    let Some(placeholder) = &shape.placeholder else {
        return shape.bullets.map(|bullet| bullet.unwrap_or(Bullet::None));
    };
    let mut sources: Vec<&LevelBullets> = vec![&shape.bullets];
    if let Some(layout) = layout {
        let same_place = layout.shapes.list.iter().find(|candidate| {
            candidate.placeholder.as_ref().is_some_and(|candidate| match placeholder.index {
                Some(index) => candidate.index == Some(index),
                None => candidate.kind == placeholder.kind,
            })
        });
        sources.extend(same_place.map(|candidate| &candidate.bullets));
        if let Some(master) = layout.master.as_deref() {
            let body = master.list.iter().find(|candidate| candidate.is_a(PlaceholderKind::Body));
            sources.extend(body.map(|body| &body.bullets));
            sources.push(&master.body_bullets);
        }
    }
    let default = match placeholder.kind {
        PlaceholderKind::Body => Bullet::Mark,
        _ => Bullet::None,
    };
    std::array::from_fn(|level| sources.iter().find_map(|bullets| *bullets.get(level)?).unwrap_or(default))
}
