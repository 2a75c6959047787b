//! The vectors of documents' elements.

use crate::quantised::{dot, quantise};
use crate::relate::Element;
use std::collections::HashMap;
use std::ops::Range;
use thiserror::Error;

/// Why a vector cannot be taken.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum VectorError {
    /// It has another length than the others.
    #[error("a vector has {found} dimensions where {expected} are wanted")]
    WrongDimensions {
        /// What it has.
        found: usize,
        /// What the others have.
        expected: usize,
    },
    /// It holds what is no number.
    #[error("a vector holds what is no finite number")]
    NotFinite,
    /// It has no direction, and so is like nothing. Callers may well pass over it.
    #[error("a vector is zero")]
    Zero,
    /// No document was begun.
    #[error("a vector belongs to no document")]
    NoDocument,
}

/// Vectors of one model, by document and element. Takes `dimensions` + 24 bytes a vector.
#[derive(Debug, Clone)]
pub struct VectorSet {
    dimensions: usize,
    codes: Vec<i8>,
    lengths: Vec<f32>,
    elements: Vec<Element>,
    documents: Vec<Document>,
    by_number: HashMap<i64, usize>,
}

/// A document of a set.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) number: i64,
    pub(crate) content: Option<[u8; 16]>,
    /// The places of its vectors.
    pub(crate) vectors: Range<usize>,
    /// Elements that have vectors.
    pub(crate) elements: usize,
}

impl VectorSet {
    /// An empty set of vectors with so many dimensions.
    pub fn new(dimensions: usize) -> Self {
        Self {
            dimensions,
            codes: Vec::new(),
            lengths: Vec::new(),
            elements: Vec::new(),
            documents: Vec::new(),
            by_number: HashMap::new(),
        }
    }

    /// Begins a document; the vectors that follow are its. Numbers have to ascend for answers to be the same however
    /// the set is made. `content` stands for the bytes of the document: those with the same are exact duplicates.
    pub fn begin_document(&mut self, number: i64, content: Option<[u8; 16]>) {
        self.by_number.insert(number, self.documents.len());
        let end = self.lengths.len();
        self.documents.push(Document { number, content, vectors: end..end, elements: 0 });
    }

    /// Adds the vector of an element, or of a part of it, to the document that was begun last: elements in their order.
    /// It need not be of length 1.
    pub fn push(&mut self, position: u32, vector: &[f32]) -> Result<(), VectorError> {
        if vector.len() != self.dimensions {
            let (found, expected) = (vector.len(), self.dimensions);
            return Err(VectorError::WrongDimensions { found, expected });
        }
        if vector.iter().any(|value| !value.is_finite()) {
            return Err(VectorError::NotFinite);
        }
        let document = self.documents.last_mut().ok_or(VectorError::NoDocument)?;
        let length = quantise(vector, &mut self.codes).ok_or(VectorError::Zero)?;
        let element = Element { document: document.number, position };
        if document.vectors.is_empty() || self.elements.last() != Some(&element) {
            document.elements += 1;
        }
        self.elements.push(element);
        self.lengths.push(length);
        document.vectors.end = self.lengths.len();
        Ok(())
    }

    /// How many vectors it has.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// The element that the vector at a place belongs to.
    pub fn element(&self, place: usize) -> Option<Element> {
        self.elements.get(place).copied()
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    pub(crate) fn documents(&self) -> &[Document] {
        &self.documents
    }

    pub(crate) fn document(&self, number: i64) -> Option<&Document> {
        self.documents.get(*self.by_number.get(&number)?)
    }

    pub(crate) fn codes(&self, place: usize) -> &[i8] {
        let start = place * self.dimensions;
        self.codes.get(start..start + self.dimensions).unwrap_or_default()
    }

    /// The cosine of the vector at a place with another, of which the codes and the length are given.
    pub(crate) fn cosine(&self, place: usize, codes: &[i8], length: f32) -> f32 {
        let own = self.lengths.get(place).copied().unwrap_or_default();
        (dot(self.codes(place), codes) as f32 * own * length).min(1.0)
    }

    pub(crate) fn length(&self, place: usize) -> f32 {
        self.lengths.get(place).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_vector_of_the_set_is_refused() {
        let mut set = VectorSet::new(2);
        assert_eq!(set.push(0, &[1.0, 0.0]), Err(VectorError::NoDocument));
        set.begin_document(1, None);
        assert_eq!(set.push(0, &[1.0]), Err(VectorError::WrongDimensions { found: 1, expected: 2 }));
        assert_eq!(set.push(0, &[f32::NAN, 1.0]), Err(VectorError::NotFinite));
        assert_eq!(set.push(0, &[0.0, 0.0]), Err(VectorError::Zero));
        assert!(set.is_empty());
        set.push(0, &[3.0, 4.0]).unwrap();
        set.push(0, &[1.0, 0.0]).unwrap();
        set.push(2, &[1.0, 0.0]).unwrap();
        let document = set.document(1).unwrap();
        assert_eq!((document.vectors.clone(), document.elements), (0..3, 2));
    }
}
