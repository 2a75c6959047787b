//! A parsed document, made ready for storing.

use crate::clean;
use crate::copies::{LINK_TARGET, StoredCopy};
use crate::meaning::DocumentVectors;
use gdg_model::{
    ContentHash, DocKey, DocumentRef, Element, ElementId, ElementType, ExplicitRelationship, Format,
    ParsedDocument,
};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

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
    /// Sorted by key, each once.
    pub(crate) dependencies: Vec<(DocKey, DocumentRef)>,
    pub(crate) links_in_elements: bool,
    pub(crate) vectors: DocumentVectors,
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
    pub element_type: Cow<'static, str>,
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
    /// The same link twice in one element is one relationship.
    pub fn new(
        header: DocumentHeader,
        parsed: ParsedDocument,
        relationships: Vec<ExplicitRelationship>,
    ) -> Self {
        let structural_relationships = parsed.structural_relationships();
        let links_in_elements = links_in_elements(&parsed);
        Self {
            header,
            format: parsed.format,
            title: parsed.title.map(clean::text),
            metadata: parsed.metadata.to_json().map(clean::json),
            elements: element_rows(parsed.elements),
            relationships: distinct(relationships),
            dependencies: Vec::new(),
            links_in_elements,
            vectors: DocumentVectors::default(),
            structural_relationships,
        }
    }

    /// The graph of `copy` as that of another document with the same bytes.
    pub fn copied(
        header: DocumentHeader,
        copy: StoredCopy,
        relationships: Vec<ExplicitRelationship>,
    ) -> Self {
        let StoredCopy { format, title, metadata, elements, .. } = copy;
        let contained = elements.len().saturating_sub(1) as u64;
        let next = elements.iter().filter(|row| row.ordinal > 0).count() as u64;
        Self {
            header,
            format,
            title,
            metadata,
            elements,
            relationships: distinct(relationships),
            dependencies: Vec::new(),
            links_in_elements: true,
            vectors: DocumentVectors::default(),
            structural_relationships: contained + next,
        }
    }

    /// The document with the documents that it links to and that are to be processed because of that.
    #[must_use]
    pub fn with_dependencies(mut self, targets: impl IntoIterator<Item = DocumentRef>) -> Self {
        let by_key: BTreeMap<DocKey, DocumentRef> =
            targets.into_iter().map(|target| (target.doc_id.key(), target)).collect();
        self.dependencies = by_key.into_iter().collect();
        self
    }

    /// The document with the vectors of its elements, and how those are related by them.
    #[must_use]
    pub fn with_vectors(mut self, vectors: DocumentVectors) -> Self {
        self.vectors = vectors;
        self
    }

    /// The vectors of its elements; none where it was not embedded.
    pub fn vectors(&self) -> &DocumentVectors {
        &self.vectors
    }

    /// Its title, where it has one.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// The documents that are to be processed because it links to them, each once.
    pub fn dependencies(&self) -> impl ExactSizeIterator<Item = &DocumentRef> {
        self.dependencies.iter().map(|(_, target)| target)
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

    /// Its links to other documents, none twice.
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
        let told = self.title.as_ref().map_or(0, String::len) + self.metadata.as_ref().map_or(0, String::len);
        let links =
            self.relationships.iter().map(|link| 128 + link.target.as_str().len() + link.fragment.len());
        let targets = self.dependencies.iter().map(|(_, target)| 256 + 2 * target.locator.len());
        let vectors = self.vectors.vectors.iter().map(|vector| 48 + 4 * vector.vector.len());
        elements.sum::<usize>()
            + links.sum::<usize>()
            + targets.sum::<usize>()
            + vectors.sum::<usize>()
            + told
            + 512
    }
}

/// Whether the links of a document are those that its elements of that type name in the attribute `target`, so that they
/// can be told from what is stored.
fn links_in_elements(parsed: &ParsedDocument) -> bool {
    let of_elements = parsed.elements.iter().zip(0..).filter_map(|(element, position)| {
        let is_link = element.element_type == ElementType::Link;
        is_link.then(|| Some((position, element.attributes.text(LINK_TARGET)?)))
    });
    of_elements.eq(parsed.links.iter().map(|link| Some((link.element, link.target.as_str()))))
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
            element_type: element.element_type.as_str().into(),
            content_digest: element.content_digest(attributes.as_deref()),
            text: clean::text(element.text),
            content_location: clean::text(element.location.to_string()),
            attributes: attributes.map(clean::json),
        });
    }
    rows
}

/// `relationships` in their order, each once, their fragments cleaned.
fn distinct(mut relationships: Vec<ExplicitRelationship>) -> Vec<ExplicitRelationship> {
    for link in &mut relationships {
        link.fragment = clean::text(std::mem::take(&mut link.fragment));
    }
    let mut seen = HashSet::with_capacity(relationships.len());
    let is_first: Vec<bool> = relationships
        .iter()
        .map(|link| seen.insert((link.position, link.target.as_str(), link.fragment.as_str())))
        .collect();
    let mut is_first = is_first.into_iter();
    relationships.retain(|_| is_first.next().unwrap_or(true));
    relationships
}
