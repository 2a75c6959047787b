//! The index: what a set is searched by.

use crate::VectorSet;
use crate::direction;
use crate::documents::{Centres, Documents};
use crate::layer::Layer;
use std::collections::BTreeSet;

/// How a set is indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexOptions {
    /// Begins the random numbers. With the same, the same set gives the same index.
    pub seed: u64,
    /// Up to so many vectors, a search compares with each of them and is exact.
    pub exact_up_to: usize,
    /// How many vectors a list has, about.
    pub list_size: usize,
    /// How many lists a search looks through.
    pub search_probes: usize,
    /// How many lists are looked through for what is related to an element.
    pub relate_probes: usize,
}

impl Default for IndexOptions {
    fn default() -> Self {
        Self { seed: 0, exact_up_to: 100_000, list_size: 64, search_probes: 128, relate_probes: 48 }
    }
}

/// A vector that a search has found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its number in the set.
    pub index: usize,
    /// The cosine of the angle between it and the query.
    pub score: f32,
}

/// The index of a [`VectorSet`]. It holds no vectors: each call is given the set that it was made from.
#[derive(Debug, Clone)]
pub struct SearchIndex {
    pub(crate) options: IndexOptions,
    pub(crate) layer: Layer,
    pub(crate) documents: Documents,
    pub(crate) centres: Centres,
}

impl SearchIndex {
    /// Indexes all vectors of a set.
    pub fn build(set: &VectorSet, options: &IndexOptions) -> Self {
        let layer = Layer::build(&VectorSet::new(set.dimensions()), options.list_size, options.seed);
        let centres = Centres::new(set.dimensions(), options.list_size, options.seed);
        let mut index = Self { options: *options, layer, documents: Documents::default(), centres };
        index.add(set);
        index
    }

    /// Takes in the vectors that were added to the set since, and what was said of the contents of documents. Lists stay
    /// as they are, unless the set has grown by a quarter or one of them has become much too long: then all are made
    /// anew.
    pub fn add(&mut self, set: &VectorSet) {
        let changed: BTreeSet<u64> =
            (self.layer.identical.len()..set.len()).map(|vector| set.item(vector).document).collect();
        self.layer.extend(set);
        self.documents = Documents::arrange(set, &self.layer.identical);
        self.centres.extend(set, &self.documents, &changed);
    }

    /// How many vectors are indexed: what was added to the set since is not found.
    pub fn len(&self) -> usize {
        self.layer.identical.len()
    }

    /// Whether no vectors are indexed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `limit` vectors nearest to `query`, best first; equal scores are in the order of document, position and
    /// part. A query that has no direction (other dimensions, nothing but zeros, what is not finite) finds nothing.
    pub fn search(&self, set: &VectorSet, query: &[f32], limit: usize) -> Vec<Hit> {
        let is_comparable =
            query.len() == set.dimensions() && query.iter().all(|component| component.is_finite());
        let Some(query) = is_comparable.then(|| direction::of(query)).flatten() else { return Vec::new() };
        let found = if self.len() <= self.options.exact_up_to {
            self.layer.search_all(set, &query, limit)
        } else {
            let probes = self.options.search_probes;
            self.layer.search(set, &query, probes, probes, limit)
        };
        found
            .into_iter()
            .map(|(score, vector)| Hit { index: vector as usize, score: score.value() })
            .collect()
    }
}
