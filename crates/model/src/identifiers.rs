//! Names of things. Each is its own type, so that one cannot pass for another.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Defines an identifier that is text and nothing else; cloning it is cheap.
macro_rules! text_identifier {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<Arc<str>>) -> Self {
                Self(text.into())
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_identifier! {
    /// A document's name, the same in every run: the source's name, a colon,
    /// and the path, URL or key within it (`manuals:guide/start.md`).
    DocId
}

text_identifier! {
    /// The name of a content source, as the configuration gives it.
    SourceName
}

text_identifier! {
    /// A run's name: 16 hexadecimal digits that stand for the configuration,
    /// a dash, and the generation (`3f9c0d2eb1a47568-2`).
    RunId
}

text_identifier! {
    /// A worker's name, unique among the workers of a run.
    WorkerId
}

impl DocId {
    /// The name of the document at `locator` (a path, URL or key) in `source`.
    pub fn in_source(source: &SourceName, locator: &str) -> Self {
        Self::new(format!("{source}:{locator}"))
    }

    /// The document's key: the first 96 bits of the BLAKE3 hash of its name.
    pub fn key(&self) -> DocKey {
        let hash = blake3::hash(self.0.as_bytes());
        let mut key = [0; 12];
        key.copy_from_slice(&hash.as_bytes()[..12]);
        DocKey(key)
    }
}

impl RunId {
    /// The name of generation `generation` of the work that `fingerprint`
    /// (16 hexadecimal digits) stands for.
    pub fn of_generation(fingerprint: &str, generation: u32) -> Self {
        Self::new(format!("{fingerprint}-{generation}"))
    }
}

/// 96 bits that stand for a [`DocId`] where a fixed width is wanted. With ten
/// million documents two share a key with a probability below 10⁻¹⁵.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocKey(pub [u8; 12]);

impl fmt::Display for DocKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// An element's name: which document, which position, which content.
///
/// Derived, never drawn: processing a document twice gives its elements the
/// same names, and an element whose text changed gets another one. The parts
/// are legible, so that an element is found by its document's index alone:
/// `<24 hex digits of the document's key>-<position>-<8 hex digits of the content>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ElementId {
    /// The document.
    pub document: DocKey,
    /// The element's position in it.
    pub position: u32,
    /// [`Element::content_digest`](crate::Element::content_digest).
    pub digest: u32,
}

impl fmt::Display for ElementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:08x}", self.document, self.position, self.digest)
    }
}

/// Text that is not an [`ElementId`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidElementId(pub String);

impl fmt::Display for InvalidElementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not an element id: 24 hexadecimal digits, a dash, a position, a dash and 8 hexadecimal digits",
            self.0
        )
    }
}

impl std::error::Error for InvalidElementId {}

impl FromStr for ElementId {
    type Err = InvalidElementId;

    fn from_str(text: &str) -> Result<Self, InvalidElementId> {
        parse_element_id(text).ok_or_else(|| InvalidElementId(text.into()))
    }
}

fn parse_element_id(text: &str) -> Option<ElementId> {
    let mut parts = text.split('-');
    let (key, position, digest) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || key.len() != 24 || digest.len() != 8 || !text.is_ascii() {
        return None;
    }
    let mut document = [0; 12];
    for (byte, pair) in document.iter_mut().zip(key.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(ElementId {
        document: DocKey(document),
        position: position.parse().ok()?,
        digest: u32::from_str_radix(digest, 16).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_document_is_named_by_its_source_and_its_path() {
        let doc_id = DocId::in_source(&SourceName::new("manuals"), "guide/start.md");
        assert_eq!(doc_id.as_str(), "manuals:guide/start.md");
    }

    #[test]
    fn text_of_another_form_is_no_element_id() {
        for text in ["", "abc", "00-1-2", "zz0000000000000000000000-1-00000000", "é-1-00000000"] {
            assert!(text.parse::<ElementId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_element_id_survives_its_text_form(name in ".*", position: u32, digest: u32) {
            let id = ElementId { document: DocId::new(name).key(), position, digest };
            prop_assert_eq!(id.to_string().parse::<ElementId>().unwrap(), id);
        }

        #[test]
        fn any_text_is_an_element_id_or_an_error(text in ".*") {
            if let Ok(id) = text.parse::<ElementId>() {
                prop_assert_eq!(id.to_string().parse::<ElementId>().unwrap(), id);
            }
        }
    }
}
