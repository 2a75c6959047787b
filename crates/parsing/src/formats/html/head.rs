//! What a document tells of itself.

use super::run::collapse;
use super::vocabulary::attribute;
use crate::{ParseError, TreeBuilder};
use gdg_model::Attributes;
use html5ever::Attribute;

/// The names that `<meta>` gives a property, the most telling first.
const PROPERTIES: [(&str, &[&str]); 4] = [
    ("author", &["author", "article:author", "dc.creator", "dcterms.creator"]),
    ("description", &["description", "og:description", "dc.description", "twitter:description"]),
    ("keywords", &["keywords", "news_keywords"]),
    ("created", &["article:published_time", "date", "dc.date", "dcterms.created", "dcterms.date"]),
];

/// The names of titles, in the same order.
const TITLES: [&str; 3] = ["og:title", "twitter:title", "dc.title"];

/// The title and metadata of a document, gathered while it is read.
#[derive(Debug, Default)]
pub(super) struct Head {
    title: Option<String>,
    language: Option<String>,
    /// Values of `<meta>` elements by lower-case name, the first of each.
    named: Attributes,
}

impl Head {
    /// The text of a `<title>`; the first that has any counts.
    pub(super) fn see_title(&mut self, text: &str) {
        if self.title.is_none() && !text.is_empty() {
            self.title = Some(text.to_owned());
        }
    }

    /// The attributes of the `<html>` element.
    pub(super) fn see_root(&mut self, attributes: &[Attribute]) {
        let language = attribute(attributes, "lang").or_else(|| attribute(attributes, "xml:lang"));
        self.language = language.map(collapse).filter(|language| !language.is_empty());
    }

    /// The attributes of a `<meta>`.
    pub(super) fn see_meta(&mut self, attributes: &[Attribute]) {
        let name = attribute(attributes, "name").or_else(|| attribute(attributes, "property"));
        let (Some(name), Some(content)) = (name, attribute(attributes, "content")) else { return };
        let name = name.trim().to_ascii_lowercase();
        let mut known = PROPERTIES.iter().flat_map(|(_, names)| names.iter()).chain(&TITLES);
        let Some(name) = known.find(|known| **known == name) else { return };
        let content = collapse(content);
        if self.named.get(name).is_none() && !content.is_empty() {
            self.named.set(*name, content);
        }
    }

    /// Records all of it in `tree`.
    pub(super) fn describe(self, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let first_of = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| self.named.get(name))
                .and_then(|value| value.as_str())
                .map(str::to_owned)
        };
        let properties = PROPERTIES.iter().map(|(property, names)| (*property, first_of(names)));
        for (property, value) in properties.chain([("language", self.language.clone())]) {
            if let Some(value) = value {
                tree.budget().spend_text(value.len())?;
                tree.set_metadata(property, value);
            }
        }
        if let Some(title) = self.title.clone().or_else(|| first_of(&TITLES)) {
            tree.budget().spend_text(title.len())?;
            tree.set_title(title);
        }
        Ok(())
    }
}
