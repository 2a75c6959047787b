//! What changes for others when elements are added.

use crate::relate::relate_and_look_around;
use crate::{Findings, RelateOptions, Relation, SearchIndex, VectorSet};
use std::collections::BTreeSet;

/// So many times as many elements as one may have relations are looked at from each that was added.
const AROUND: usize = 4;

/// But no fewer.
const LEAST_AROUND: usize = 32;

/// What was found about elements that were added.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Additions {
    /// About these themselves, as [`relate`](crate::relate) finds it.
    pub findings: Findings,
    /// Relations that may go out from elements that were there before to those that were added. The relations of
    /// such an element are the best of these and those it had. By the element that they go out from; those of one
    /// element best first.
    pub arrivals: Vec<Relation>,
}

/// Relates elements that were added, and says what may change for those that were there before; nothing else needs to
/// be compared again.
///
/// From each added element, the best elements that reach the threshold are looked at: four times as many as an element
/// may have relations, 32 at least. An old element that is not among these gets no relation to the new one.
pub fn relate_added(
    set: &VectorSet,
    index: &SearchIndex,
    added: &[usize],
    options: &RelateOptions,
) -> Additions {
    let around = LEAST_AROUND.max(options.max_per_element.saturating_mul(AROUND));
    let (findings, pairs) = relate_and_look_around(set, index, added, options, around);
    let elements: BTreeSet<(u64, u32)> = added
        .iter()
        .filter(|&&vector| vector < index.len())
        .map(|&vector| set.item(vector).element())
        .collect();
    let mut arrivals: Vec<Relation> = pairs
        .iter()
        .map(|pair| pair.relation(set))
        .map(|relation| Relation { from: relation.to, to: relation.from, score: relation.score })
        .filter(|relation| options.max_per_element > 0 && !elements.contains(&relation.from.element()))
        .collect();
    arrivals.sort_by(|a, b| {
        let by_element = a.from.element().cmp(&b.from.element());
        by_element.then(b.score.total_cmp(&a.score)).then_with(|| (a.to, a.from).cmp(&(b.to, b.from)))
    });
    Additions { findings, arrivals }
}

/// The elements that were there before and whose relations may change by those that were added, each by the number of
/// its first part: at most as many for each as [`relate_added`] looks at. Relating them again gives what they have now;
/// [`relate_added`] itself needs no second comparison.
pub fn affected(
    set: &VectorSet,
    index: &SearchIndex,
    changed: &[usize],
    options: &RelateOptions,
) -> Vec<usize> {
    let around = LEAST_AROUND.max(options.max_per_element.saturating_mul(AROUND));
    let (_, pairs) = relate_and_look_around(set, index, changed, options, around);
    let documents = &index.documents;
    let first = |vector: u32| documents.at(documents.first_part(set, vector)) as usize;
    let indexed = changed.iter().filter(|&&vector| vector < index.len());
    let elements: BTreeSet<usize> = indexed.map(|&vector| first(vector as u32)).collect();
    let found: BTreeSet<usize> = pairs.iter().map(|pair| first(pair.to)).collect();
    found.difference(&elements).copied().collect()
}
