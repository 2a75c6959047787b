//! Relationships: how parts refer to one another and to the outside.

use super::{Node, XmlPart};
use crate::ParseError;
use std::collections::HashMap;

/// The relationships of one part.
#[derive(Debug, Default)]
pub(crate) struct Relationships {
    by_id: HashMap<String, usize>,
    all: Vec<Relationship>,
}

#[derive(Debug)]
struct Relationship {
    /// The last segment of its type, the same in the transitional and the strict namespaces.
    kind: String,
    target: Target,
}

/// What a relationship leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A part of the package, by its path.
    Part(String),
    /// Something outside, as it is written.
    External(String),
}

impl Relationships {
    /// Reads a relationships part; `folder` is where the part that they belong to lies.
    pub(crate) fn read(mut part: XmlPart<'_>, folder: &str) -> Result<Self, ParseError> {
        let mut relationships = Self::default();
        while let Some(node) = part.next()? {
            let Node::Start(tag) = node else { continue };
            if tag.name() != "Relationship" {
                continue;
            }
            let (Some(id), Some(target)) = (tag.attribute("Id"), tag.attribute("Target")) else { continue };
            let kind = tag.attribute("Type").unwrap_or_default();
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            let is_external =
                kind == "hyperlink" || tag.attribute("TargetMode").is_some_and(|mode| mode == "External");
            let target = if is_external {
                Target::External(target.into_owned())
            } else {
                Target::Part(resolve(folder, &target))
            };
            relationships.by_id.insert(id.into_owned(), relationships.all.len());
            relationships.all.push(Relationship { kind, target });
        }
        Ok(relationships)
    }

    /// What the relationship `id` leads to.
    pub(crate) fn target(&self, id: &str) -> Option<&Target> {
        let index = *self.by_id.get(id)?;
        self.all.get(index).map(|relationship| &relationship.target)
    }

    /// The part that the relationship `id` leads to.
    pub(crate) fn part(&self, id: &str) -> Option<&str> {
        match self.target(id)? {
            Target::Part(part) => Some(part),
            Target::External(_) => None,
        }
    }

    /// The part that the relationship `id` leads to, if it is of `kind`.
    pub(crate) fn part_of_kind(&self, id: &str, kind: &str) -> Option<&str> {
        let relationship = self.all.get(*self.by_id.get(id)?)?;
        match &relationship.target {
            Target::Part(part) if relationship.kind == kind => Some(part),
            _ => None,
        }
    }

    /// The parts that relationships of `kind` lead to, in their order.
    pub(crate) fn parts_of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        self.all.iter().filter(move |relationship| relationship.kind == kind).filter_map(|relationship| {
            match &relationship.target {
                Target::Part(part) => Some(part.as_str()),
                Target::External(_) => None,
            }
        })
    }
}

/// The path of `target`, relative to `folder` unless it starts with a slash.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default();
    let base = if target.starts_with('/') { "" } else { folder };
    let mut path: Vec<&str> = Vec::new();
    for segment in base.split('/').chain(target.split('/')) {
        match segment {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            segment => path.push(segment),
        }
    }
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_relative_to_the_folder_of_their_part() {
        assert_eq!(resolve("ppt/slides", "../media/image1.png"), "ppt/media/image1.png");
        assert_eq!(resolve("word", "styles.xml"), "word/styles.xml");
        assert_eq!(resolve("word", "/word/media/./a.png"), "word/media/a.png");
        assert_eq!(resolve("", "../../etc/passwd"), "etc/passwd");
    }
}
