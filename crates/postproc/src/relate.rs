//! Relationships between elements that are alike.

use crate::duplicates::{Duplicate, first_of_contents, twins};
use crate::index::SearchIndex;
use crate::vector_set::VectorSet;
use rayon::prelude::*;
use std::collections::HashMap;

/// An element of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Element {
    /// The document's number.
    pub document: i64,
    /// The element's position in it; 0 for the document as a whole.
    pub position: u32,
}

/// Which elements are compared with which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those of a document with one another.
    WithinDocument,
    /// Those of a document with those of all others.
    AcrossDocuments,
}

/// How elements are related.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelateOptions {
    /// Which elements are compared with which.
    pub scope: Scope,
    /// The cosine from which two elements are related.
    pub similarity_threshold: f32,
    /// Relationships that one element has at most: the best. It bounds what a threshold of 0 costs.
    pub max_per_element: usize,
    /// The cosine from which two elements say the same, for documents to be duplicates of one another.
    pub duplicate_threshold: f32,
}

impl Default for RelateOptions {
    fn default() -> Self {
        Self {
            scope: Scope::AcrossDocuments,
            similarity_threshold: 0.7,
            max_per_element: 10,
            duplicate_threshold: 0.98,
        }
    }
}

/// An element that is like another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relation {
    /// The element it starts from.
    pub source: Element,
    /// The one that it is like.
    pub target: Element,
    /// Their cosine; of two documents the part of their elements that they share.
    pub score: f32,
}

/// What was found of some documents.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// Relationships of their elements, in the order of the elements, the best of each first. A document has one
    /// relationship as a whole to the first of those that say the same, and none of its elements' to them.
    pub relations: Vec<Relation>,
    /// Those of the documents that say what one with a smaller number says.
    pub duplicates: Vec<Duplicate>,
}

/// Relates the elements of the documents with these numbers. What is found of a document depends on the set alone, and
/// not on which others it is related with; a relationship is given from both sides where both have it among their best.
pub fn relate(set: &VectorSet, index: &SearchIndex, documents: &[i64], options: &RelateOptions) -> Findings {
    let contents = match options.scope {
        Scope::AcrossDocuments => first_of_contents(set),
        Scope::WithinDocument => HashMap::new(),
    };
    let relating = Relating { set, index, options, contents };
    let found: Vec<Findings> = documents.par_iter().map(|number| relating.document(*number)).collect();
    let mut all = Findings::default();
    for findings in found {
        all.relations.extend(findings.relations);
        all.duplicates.extend(findings.duplicates);
    }
    all
}

struct Relating<'a> {
    set: &'a VectorSet,
    index: &'a SearchIndex,
    options: &'a RelateOptions,
    contents: HashMap<[u8; 16], i64>,
}

impl Relating<'_> {
    fn document(&self, number: i64) -> Findings {
        let Some(document) = self.set.document(number) else { return Findings::default() };
        let places: Vec<usize> = document.vectors.clone().collect();
        let hits: Vec<Vec<Relation>> = places.par_iter().map(|place| self.alike(*place)).collect();
        let relations = self.best_of_elements(hits.into_iter().flatten().collect());
        match self.options.scope {
            Scope::WithinDocument => Findings { relations, duplicates: Vec::new() },
            Scope::AcrossDocuments => self.without_twins(number, document.content, relations),
        }
    }

    /// The elements that are like the vector at a place.
    fn alike(&self, place: usize) -> Vec<Relation> {
        let Some(source) = self.set.element(place) else { return Vec::new() };
        let takes = |other: usize| {
            self.set.element(other).is_some_and(|other| match self.options.scope {
                Scope::WithinDocument => {
                    other.document == source.document && other.position != source.position
                }
                Scope::AcrossDocuments => other.document != source.document,
            })
        };
        // Several parts of one element count once.
        let limit = self.options.max_per_element.saturating_mul(2);
        let query = (self.set.codes(place), self.set.length(place));
        let hits = self.index.find(self.set, query, limit, self.options.similarity_threshold, takes);
        let relations = hits.into_iter().filter_map(|hit| {
            Some(Relation { source, target: self.set.element(hit.place)?, score: hit.score })
        });
        relations.collect()
    }

    /// The best relations of each element, none to one element twice.
    fn best_of_elements(&self, mut relations: Vec<Relation>) -> Vec<Relation> {
        relations.sort_by(|one, other| {
            let (source, target) = (one.source.cmp(&other.source), one.target.cmp(&other.target));
            source.then(target).then(other.score.total_cmp(&one.score))
        });
        relations.dedup_by(|later, earlier| (later.source, later.target) == (earlier.source, earlier.target));
        relations.sort_by(|one, other| {
            let score = other.score.total_cmp(&one.score);
            one.source.cmp(&other.source).then(score).then(one.target.cmp(&other.target))
        });
        let (mut element, mut kept) = (None, 0);
        relations.retain(|relation| {
            if element != Some(relation.source) {
                (element, kept) = (Some(relation.source), 0);
            }
            kept += 1;
            kept <= self.options.max_per_element
        });
        relations
    }

    /// What was found of a document, with one relationship to those that say the same.
    fn without_twins(&self, number: i64, content: Option<[u8; 16]>, relations: Vec<Relation>) -> Findings {
        let twins = twins(self.set, number, &relations, self.options);
        let first = content.and_then(|content| self.contents.get(&content)).copied().unwrap_or(number);
        let is_exact = first < number;
        let first = twins.keys().copied().chain([first]).min().unwrap_or(number);
        let mut findings = Findings::default();
        if first < number {
            let share = twins.get(&first).copied().unwrap_or(1.0);
            let whole = |document| Element { document, position: 0 };
            findings.relations.push(Relation { source: whole(number), target: whole(first), score: share });
            findings.duplicates.push(Duplicate { document: number, of: first, is_exact, share });
        }
        let same_content = |other: i64| {
            content.is_some() && self.set.document(other).is_some_and(|other| other.content == content)
        };
        let others = relations.into_iter().filter(|relation| {
            let other = relation.target.document;
            !twins.contains_key(&other) && !same_content(other)
        });
        findings.relations.extend(others);
        findings
    }
}
