//! A parsed document, made ready for storing.

use gdg_model::{
    ContentHash, DocKey, DocumentRef, Element, ElementId, ExplicitRelationship, Format, ParsedDocument,
};

/// What is known of a document besides what its parser found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentHeader {
    /// Its name and place, with the stamp it had when it was fetched.
    pub document: DocumentRef,
    /// Bytes fetched.
    pub size: u64,
    /// The hash of those bytes.
    pub content_hash: ContentHash,
    /// The fingerprint of the configuration it was parsed with.
    pub parse_fingerprint: String,
}

/// A document's graph in the form in which it is stored. Making one costs
/// what hashing and formatting its elements costs, and needs no database.
#[derive(Debug, Clone)]
pub struct GraphDocument {
    pub(crate) header: DocumentHeader,
    pub(crate) format: Format,
    pub(crate) title: Option<String>,
    pub(crate) metadata: Option<String>,
    pub(crate) elements: Vec<ElementRow>,
    pub(crate) relationships: Vec<ExplicitRelationship>,
    structural_relationships: u64,
}

/// An element in the form in which it is stored. Its position is its place in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementRow {
    /// Position of its parent; `None` for the root.
    pub parent: Option<u32>,
    /// Place among its siblings.
    pub ordinal: u32,
    /// Levels below the root.
    pub depth: u32,
    /// What it is.
    pub element_type: &'static str,
    /// Its text.
    pub text: String,
    /// Where it stands in the source.
    pub content_location: String,
    /// A JSON object, where it has attributes.
    pub attributes: Option<String>,
    /// The last part of its id.
    pub content_digest: u32,
}

impl GraphDocument {
    /// Makes `parsed` ready for storing, with the links in it that lead to documents of a source.
    pub fn new(
        header: DocumentHeader,
        parsed: ParsedDocument,
        relationships: Vec<ExplicitRelationship>,
    ) -> Self {
        let structural_relationships = parsed.structural_relationships();
        Self {
            header,
            format: parsed.format,
            title: parsed.title.map(without_nul),
            metadata: parsed.metadata.to_json(),
            elements: element_rows(parsed.elements),
            relationships,
            structural_relationships,
        }
    }

    /// What is known of it besides what its parser found.
    pub fn header(&self) -> &DocumentHeader {
        &self.header
    }

    /// Its format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Its elements, the root first.
    pub fn elements(&self) -> &[ElementRow] {
        &self.elements
    }

    /// Its links to other documents.
    pub fn relationships(&self) -> &[ExplicitRelationship] {
        &self.relationships
    }

    /// How many structural relationships its elements imply.
    pub fn structural_relationships(&self) -> u64 {
        self.structural_relationships
    }

    /// The names of its elements, by position.
    pub fn element_ids(&self) -> impl Iterator<Item = ElementId> {
        let document: DocKey = self.header.document.doc_id.key();
        self.elements.iter().zip(0..).map(move |(row, position)| ElementId {
            document,
            position,
            digest: row.content_digest,
        })
    }

    /// Bytes of memory that it holds, roughly: what a batch of documents is bounded by.
    pub fn memory(&self) -> usize {
        let elements = self.elements.iter().map(|row| {
            size_of::<ElementRow>()
                + row.text.len()
                + row.content_location.len()
                + row.attributes.as_ref().map_or(0, String::len)
        });
        elements.sum::<usize>() + self.relationships.len() * 128 + 512
    }
}

/// Text with U+FFFD for U+0000, at which C programs (the `sqlite3` shell, for one) end a text.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

fn element_rows(elements: Vec<Element>) -> Vec<ElementRow> {
    let mut rows: Vec<ElementRow> = Vec::with_capacity(elements.len());
    for element in elements {
        let depth =
            element.parent.and_then(|parent| rows.get(parent as usize)).map_or(0, |parent| parent.depth + 1);
        let attributes = element.attributes.to_json();
        rows.push(ElementRow {
            parent: element.parent,
            ordinal: element.ordinal,
            depth,
            element_type: element.element_type.as_str(),
            content_digest: element.content_digest(attributes.as_deref()),
            text: without_nul(element.text),
            content_location: element.location.to_string(),
            attributes,
        });
    }
    rows
}
