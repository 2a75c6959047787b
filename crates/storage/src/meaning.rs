//! What elements mean, as vectors, and how they are related by it.

use half::f16;

/// The vector of an element, or of a part of a long one.
#[derive(Debug, Clone, PartialEq)]
pub struct ElementVector {
    /// The element's position.
    pub position: u32,
    /// Which part of the element, from 0.
    pub part: u32,
    /// Of length 1.
    pub vector: Vec<f32>,
}

/// The vectors of a document's elements, all of one model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DocumentVectors {
    /// The model's name.
    pub model: String,
    /// By position and part.
    pub vectors: Vec<ElementVector>,
    /// Elements of the document that say similar things.
    pub relationships: Vec<SemanticRelationship>,
}

/// Two elements of one document that say similar things.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SemanticRelationship {
    /// The position of the element it starts from.
    pub position: u32,
    /// The position of the other.
    pub target: u32,
    /// How similar they are, at most 1.
    pub score: f32,
}

/// A vector as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredVector {
    /// The number of its document.
    pub document: i64,
    /// The position of its element.
    pub position: u32,
    /// Which part of the element, from 0.
    pub part: u32,
    /// Of length 1, as precise as it is stored: 11 bits.
    pub vector: Vec<f32>,
}

/// A stored document, to be compared with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComparableDocument {
    /// Its number.
    pub number: i64,
    /// The hash of its content, where it is known.
    pub content_hash: Option<[u8; 16]>,
    /// Whether its relationships have to be found anew.
    pub is_due: bool,
}

/// Elements of two documents that say similar things.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossDocumentRelationship {
    /// The number of the document it starts from.
    pub document: i64,
    /// The position of the element it starts from; 0 for the document as a whole.
    pub position: u32,
    /// The number of the other document.
    pub target_document: i64,
    /// The position of the other element.
    pub target_position: u32,
    /// How similar they are, at most 1.
    pub score: f32,
}

/// A document that says what another one says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate {
    /// Its number.
    pub document: i64,
    /// The number of the first document that says the same.
    pub of: i64,
    /// Whether they have the same content.
    pub is_exact: bool,
    /// The part of its elements that have a counterpart, from 0 to 1.
    pub share: f32,
}

/// What was found of some documents.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The numbers of the documents that were compared with all others.
    pub documents: Vec<i64>,
    /// Their relationships to others: all that they have from now on.
    pub relationships: Vec<CrossDocumentRelationship>,
    /// Those of them that are duplicates.
    pub duplicates: Vec<Duplicate>,
    /// Relationships that other documents may have to them, in which those keep what is best for each of their elements.
    pub offers: Vec<CrossDocumentRelationship>,
}

/// How relationships by likeness are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelatingTerms {
    /// The name of the model that made the vectors.
    pub model: String,
    /// Stands for the model and the options.
    pub fingerprint: String,
    /// Relationships that one element has at most.
    pub max_per_element: u32,
}

/// What was embedded and related.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MeaningCounters {
    /// Vectors that were stored.
    pub vectors: u64,
    /// Relationships within documents that were stored.
    pub semantic_relationships: u64,
    /// Documents that were compared with all others.
    pub documents_compared: u64,
    /// Relationships between documents that were stored.
    pub cross_document_relationships: u64,
    /// Documents that were found to say what another one says.
    pub duplicates: u64,
}

impl MeaningCounters {
    /// Adds what was stored of a document.
    pub fn add_document(&mut self, vectors: &DocumentVectors) {
        self.vectors += vectors.vectors.len() as u64;
        self.semantic_relationships += vectors.relationships.len() as u64;
    }

    /// Adds what was found of some documents.
    pub fn add_findings(&mut self, findings: &Findings) {
        self.documents_compared += findings.documents.len() as u64;
        self.cross_document_relationships += findings.relationships.len() as u64;
        self.duplicates += findings.duplicates.len() as u64;
    }

    /// Adds what others did.
    pub fn add(&mut self, other: &Self) {
        self.vectors += other.vectors;
        self.semantic_relationships += other.semantic_relationships;
        self.documents_compared += other.documents_compared;
        self.cross_document_relationships += other.cross_document_relationships;
        self.duplicates += other.duplicates;
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The numbers in the order of the columns of `meaning_counters`.
    pub(crate) fn columns(&self) -> [i64; 5] {
        [
            self.vectors,
            self.semantic_relationships,
            self.documents_compared,
            self.cross_document_relationships,
            self.duplicates,
        ]
        .map(u64::cast_signed)
    }

    pub(crate) fn of_columns(columns: [i64; 5]) -> Self {
        let [vectors, semantic_relationships, documents_compared, cross_document_relationships, duplicates] =
            columns.map(i64::cast_unsigned);
        Self { vectors, semantic_relationships, documents_compared, cross_document_relationships, duplicates }
    }
}

/// The vector as it is stored: 16-bit floats, little endian.
pub(crate) fn encode(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect()
}

/// The vector that was stored as these bytes.
pub(crate) fn decode(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(2).map(|pair| f16::from_le_bytes([pair[0], pair[1]]).to_f32()).collect()
}

/// Of the relationships that one element has and is offered, those that it keeps: the `max` best, and of two to the same
/// element one. In that order; of equally good ones the order of documents and positions decides.
pub(crate) fn best(
    mut relationships: Vec<CrossDocumentRelationship>,
    max: u32,
) -> Vec<CrossDocumentRelationship> {
    let target = |one: &CrossDocumentRelationship| (one.target_document, one.target_position);
    relationships.sort_by(|one, other| {
        other.score.total_cmp(&one.score).then_with(|| target(one).cmp(&target(other)))
    });
    let mut seen = std::collections::HashSet::new();
    relationships.retain(|one| seen.insert(target(one)));
    relationships.truncate(max as usize);
    relationships
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_comes_back_nearly_as_it_was() {
        let vector = [0.0, 1.0, -0.577_35, 0.001_234];
        let back = decode(&encode(&vector));
        assert_eq!(back.len(), vector.len());
        assert!(back.iter().zip(vector).all(|(one, other)| (one - other).abs() < 0.0005), "{back:?}");
    }

    #[test]
    fn an_element_keeps_what_is_best_and_nothing_twice() {
        let to = |target_document, score| CrossDocumentRelationship {
            document: 1,
            position: 2,
            target_document,
            target_position: 0,
            score,
        };
        let kept = best(vec![to(5, 0.8), to(4, 0.9), to(5, 0.8), to(3, 0.8), to(2, 0.1)], 3);
        assert_eq!(kept, [to(4, 0.9), to(3, 0.8), to(5, 0.8)]);
    }
}
