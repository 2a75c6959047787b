//! Graphs that are taken over for documents with the same content.

use crate::ElementRow;
use gdg_model::{Format, Link};
use serde_json::Value;

/// The name of the attribute of a link's element that holds its target.
pub(crate) const LINK_TARGET: &str = "target";

/// A stored graph, to be taken over by
/// [`GraphDocument::copied`](crate::GraphDocument::copied) for another document with the same bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCopy {
    /// The format of both.
    pub format: Format,
    /// The title.
    pub title: Option<String>,
    /// What the document tells of itself, as a JSON object.
    pub metadata: Option<String>,
    /// The elements, the root first.
    pub elements: Vec<ElementRow>,
}

impl StoredCopy {
    /// The links of the document, as they stand in it: where they lead depends on where the document is.
    pub fn links(&self) -> Vec<Link> {
        let links = self.elements.iter().zip(0..).filter(|(row, _)| row.element_type == "link");
        links
            .filter_map(|(row, element)| {
                let attributes: Value = serde_json::from_str(row.attributes.as_deref()?).ok()?;
                Some(Link { element, target: attributes.get(LINK_TARGET)?.as_str()?.to_owned() })
            })
            .collect()
    }
}
