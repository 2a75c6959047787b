//! Text, and what stands in a line of it.

use crate::{ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};

/// What stands in a line of text and becomes an element of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inline {
    /// A link; its label is also in the text.
    Link {
        /// The linked text.
        label: String,
        /// Where it leads: outside, or `#…` within the document.
        target: String,
    },
    /// A picture.
    Image {
        /// Its alternative text.
        description: String,
        /// The part that holds it, or where it lies outside; `None` for a drawing.
        source: Option<String>,
        /// Whether `source` is outside the package.
        is_external: bool,
    },
    /// A formula in linear notation; it is also in the text.
    Formula(String),
}

/// Adds the element of `inline` to the current one.
pub(crate) fn write_inline(
    tree: &mut TreeBuilder,
    inline: Inline,
    location: Location,
) -> Result<(), ParseError> {
    match inline {
        Inline::Link { label, target } => {
            tree.budget().spend_text(target.len())?;
            let position = tree.leaf(ElementType::Link, collapse(&label), location)?;
            tree.link(position, &target)?;
            tree.set_attribute(position, "target", target);
        }
        Inline::Image { description, source, is_external } => {
            let position = tree.leaf(ElementType::Image, collapse(&description), location)?;
            if let Some(source) = source {
                tree.budget().spend_text(source.len())?;
                // A picture inside the package is no document of its own that could be fetched.
                if is_external {
                    tree.link(position, &source)?;
                }
                tree.set_attribute(position, "source", source);
            }
        }
        Inline::Formula(text) => {
            tree.leaf(ElementType::Formula, collapse(&text), location)?;
        }
    }
    Ok(())
}

/// `text` with runs of white space made single spaces, trimmed.
pub(crate) fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
    }
    collapsed
}
