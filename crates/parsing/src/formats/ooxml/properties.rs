//! Core properties: what a document tells of itself.

use super::{Node, Package, collapse};
use crate::{ParseError, TreeBuilder};

/// What the caller needs of the core properties; the rest is in the tree's metadata.
#[derive(Debug, Default)]
pub(crate) struct CoreProperties {
    /// The title that the document was given, if any.
    pub(crate) title: Option<String>,
}

/// Records the core properties of `package` as metadata of `tree`.
pub(crate) fn read_core_properties(
    package: &mut Package<'_>,
    tree: &mut TreeBuilder,
) -> Result<CoreProperties, ParseError> {
    let relationships = package.relationships("")?;
    let name = relationships.parts_of_kind("core-properties").next().unwrap_or("docProps/core.xml");
    let mut properties = CoreProperties::default();
    let Some(mut part) = package.part(name)? else { return Ok(properties) };
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
                    properties.title = Some(text.clone());
                }
                tree.set_metadata(name, text);
            }
        }
    }
    Ok(properties)
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
