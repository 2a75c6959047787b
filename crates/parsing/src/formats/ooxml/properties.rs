//! Core properties: what a document tells of itself.

use super::{Node, Package, collapse};
use crate::{ParseError, TreeBuilder};

/// What the caller needs of the core properties; the rest is in the tree's metadata.
#[derive(Debug, Default)]
pub(crate) struct CoreProperties {
    /// The title that the document was given, if any.
    pub(crate) title: Option<String>,
}

/// Records the core properties of `package` as metadata of `tree`. Where they
/// are malformed, they end: the content is not given up for them.
pub(crate) fn read_core_properties(
    package: &mut Package<'_>,
    tree: &mut TreeBuilder,
) -> Result<CoreProperties, ParseError> {
    let mut properties = CoreProperties::default();
    match properties.read(package, tree) {
        Ok(()) | Err(ParseError::Malformed { .. }) => Ok(properties),
        Err(error) => Err(error),
    }
}

impl CoreProperties {
    fn read(&mut self, package: &mut Package<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let relationships = package.relationships("")?;
        let name = relationships.parts_of_kind("core-properties").next().unwrap_or("docProps/core.xml");
        let Some(mut part) = package.part(name)? else { return Ok(()) };
        let mut property: Option<&'static str> = None;
        let mut value = String::new();
        while let Some(node) = part.next()? {
            match node {
                Node::Start(tag) => {
                    property = metadata_name(tag.name());
                    value.clear();
                }
                Node::Text(text) if property.is_some() => value.push_str(&text),
                Node::Text(_) => {}
                Node::End(_) => {
                    let (Some(name), text) = (property.take(), collapse(&value)) else { continue };
                    if text.is_empty() {
                        continue;
                    }
                    tree.budget().spend_text(text.len())?;
                    if name == "title" {
                        self.title = Some(text.clone());
                    }
                    tree.set_metadata(name, text);
                }
            }
        }
        Ok(())
    }
}

fn metadata_name(property: &str) -> Option<&'static str> {
    Some(match property {
        "title" => "title",
        "creator" => "author",
        "subject" => "subject",
        "keywords" => "keywords",
        "language" => "language",
        "created" => "created",
        "modified" => "modified",
        _ => return None,
    })
}
