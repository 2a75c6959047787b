//! What is to be related: elements, whole, by document.

use crate::SearchIndex;
use crate::VectorSet;
use std::ops::Range;

/// Elements of one document.
pub(crate) struct Subject {
    /// The document.
    pub(crate) slot: u32,
    /// Whether its first vector is among them: then what concerns the document as a whole is said here.
    pub(crate) is_whole: bool,
    /// The places of the parts of each element in the order of all vectors.
    pub(crate) elements: Vec<Range<u32>>,
    /// The numbers of its parts among all that are asked about.
    pub(crate) queries: Range<usize>,
}

impl Subject {
    /// The vectors of all parts, in order.
    pub(crate) fn vectors<'a>(&'a self, index: &'a SearchIndex) -> impl Iterator<Item = u32> + 'a {
        self.elements.iter().flat_map(|element| element.clone().map(|rank| index.documents.at(rank)))
    }
}

/// The elements whose first part is among `vectors`, by document.
pub(crate) fn gather(set: &VectorSet, index: &SearchIndex, vectors: &[usize]) -> Vec<Subject> {
    let documents = &index.documents;
    let indexed = vectors.iter().filter(|&&vector| vector < index.len());
    let mut ranks: Vec<u32> = indexed.map(|&vector| documents.rank(vector as u32)).collect();
    ranks.sort_unstable();
    ranks.dedup();

    let mut subjects: Vec<Subject> = Vec::new();
    let mut asked = 0;
    for rank in ranks {
        let Some(element) = documents.element_from(set, rank) else { continue };
        let vector = documents.at(rank);
        let slot = documents.slot(vector);
        if subjects.last().is_none_or(|subject| subject.slot != slot) {
            let is_whole = documents.vectors(slot).first() == Some(&vector);
            subjects.push(Subject { slot, is_whole, elements: Vec::new(), queries: asked..asked });
        }
        asked += element.len();
        if let Some(subject) = subjects.last_mut() {
            subject.elements.push(element);
            subject.queries.end = asked;
        }
    }
    subjects
}
