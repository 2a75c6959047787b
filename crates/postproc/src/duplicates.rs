//! Documents that say what another one says.

use crate::relate::{RelateOptions, Relation};
use crate::vector_set::{Document, VectorSet};
use std::collections::{BTreeMap, HashMap};

/// The part of a document's elements that have a counterpart in its duplicate.
const SHARE: f32 = 0.9;

/// A document that says what another one says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate {
    /// Its number.
    pub document: i64,
    /// The smallest number of those that say the same.
    pub of: i64,
    /// Whether they have the same content.
    pub is_exact: bool,
    /// The part of the elements of either that have a counterpart in the other, whichever is smaller.
    pub share: f32,
}

/// The first document with each content that several have.
pub(crate) fn first_of_contents(set: &VectorSet) -> HashMap<[u8; 16], i64> {
    let mut firsts: HashMap<[u8; 16], i64> = HashMap::new();
    for document in set.documents() {
        if let Some(content) = document.content {
            let first = firsts.entry(content).or_insert(document.number);
            *first = (*first).min(document.number);
        }
    }
    firsts
}

/// The documents that say what the one with this number says, each with the part that they share. `relations` are all
/// of its elements'.
pub(crate) fn twins(
    set: &VectorSet,
    number: i64,
    relations: &[Relation],
    options: &RelateOptions,
) -> BTreeMap<i64, f32> {
    let Some(document) = set.document(number) else { return BTreeMap::new() };
    // Elements are in their order, so that those with a counterpart are counted once.
    let mut counterparts: BTreeMap<i64, (usize, Option<u32>)> = BTreeMap::new();
    for relation in relations.iter().filter(|relation| relation.score >= options.duplicate_threshold) {
        let (count, last) = counterparts.entry(relation.target.document).or_default();
        if *last != Some(relation.source.position) {
            (*count, *last) = (*count + 1, Some(relation.source.position));
        }
    }
    let candidates = counterparts.into_iter().filter_map(|(number, (count, _))| {
        let other = set.document(number)?;
        let share = share(count, document.elements).min(share(document.elements, other.elements));
        (share >= SHARE).then_some((number, other, share))
    });
    let twins = candidates.filter_map(|(number, other, share)| {
        let of_other = covered(set, other, document, options.duplicate_threshold);
        (of_other >= SHARE).then_some((number, share.min(of_other)))
    });
    twins.collect()
}

fn share(part: usize, whole: usize) -> f32 {
    part.min(whole) as f32 / whole.max(1) as f32
}

/// The part of a document's vectors that have a counterpart in another; 0 as soon as it is clear that it is too small.
fn covered(set: &VectorSet, document: &Document, by: &Document, threshold: f32) -> f32 {
    let may_miss = (document.vectors.len() as f32 * (1.0 - SHARE)) as usize;
    let mut missed = 0;
    for (offset, place) in document.vectors.clone().enumerate() {
        let is_like = |other: usize| set.cosine(other, set.codes(place), set.length(place)) >= threshold;
        // In documents that say the same, it mostly stands at the same place.
        let aligned = by.vectors.start + offset;
        if !(by.vectors.contains(&aligned) && is_like(aligned)) && !by.vectors.clone().any(is_like) {
            missed += 1;
            if missed > may_miss {
                return 0.0;
            }
        }
    }
    share(document.vectors.len() - missed, document.vectors.len())
}
