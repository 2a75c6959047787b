//! Documents that are the same, or nearly so.

use crate::direction::{self, Score};
use crate::scan::Eligible;
use crate::subjects::Subject;
use crate::{Duplicate, SearchIndex, VectorSet};

/// How many documents nearest to one as a whole are looked at: as duplicates, and for elements that are related.
pub(crate) const NEIGHBOURS: usize = 16;

/// The share of chunks with a counterpart above which documents are nearly the same.
const NEARLY: f32 = 0.9;

/// Documents with more vectors are duplicates only where they are the same.
pub(crate) const COMPARABLE: usize = 2_048;

/// Of longer documents so many chunks, evenly spread, are looked at first: where a third of these has no counterpart,
/// the documents are not alike.
const SAMPLE: usize = 16;

/// What is known of a document beside the others.
pub(crate) struct Standing {
    /// The documents nearest to it, nearest first, without those that are nearly the same.
    pub(crate) neighbours: Vec<u32>,
    /// What may be related to its elements.
    pub(crate) eligible: Eligible,
    /// That it is a duplicate of one before it.
    pub(crate) duplicate: Option<Duplicate>,
}

impl Standing {
    /// Looks at the documents around that of a subject.
    pub(crate) fn across(set: &VectorSet, index: &SearchIndex, subject: &Subject, threshold: f32) -> Self {
        let documents = &index.documents;
        let slot = subject.slot;
        let class = documents.class(slot);
        let found = index.centres.neighbours(set, documents, slot, NEIGHBOURS);
        let shares: Vec<(u32, f32)> =
            found.iter().map(|&other| (other, share(set, index, slot, other, threshold))).collect();
        let (near, far): (Vec<_>, Vec<_>) = shares.into_iter().partition(|&(_, share)| share > NEARLY);
        let duplicate = if class < slot {
            let content = set.content(documents.number(slot));
            let exact = content.is_some() && content == set.content(documents.number(class));
            Some((class, exact, 1.0))
        } else {
            near.iter()
                .filter(|&&(other, _)| other < slot)
                .min_by_key(|&&(other, _)| other)
                .map(|&(of, share)| (of, false, share))
        };
        Self {
            neighbours: far.into_iter().map(|(other, _)| other).collect(),
            eligible: Eligible::Across { class, near: near.iter().map(|&(other, _)| other).collect() },
            duplicate: duplicate.map(|(of, exact, share)| Duplicate {
                document: documents.number(slot),
                of: documents.number(of),
                exact,
                share,
            }),
        }
    }
}

/// Whether two documents that are not the same are nearly so.
pub(crate) fn are_near(set: &VectorSet, index: &SearchIndex, one: u32, other: u32, threshold: f32) -> bool {
    share(set, index, one, other, threshold) > NEARLY
}

/// The share of chunks with a counterpart in the other document: of both documents, the smaller one. Zero where it is
/// clear that it is too small.
fn share(set: &VectorSet, index: &SearchIndex, one: u32, other: u32, threshold: f32) -> f32 {
    let (one, other) = (index.documents.vectors(one), index.documents.vectors(other));
    if one.len() > COMPARABLE || other.len() > COMPARABLE {
        return 0.0;
    }
    let floor = Score::reaching(threshold);
    let share = counterparts(set, index, one, other, floor);
    if share > NEARLY { share.min(counterparts(set, index, other, one, floor)) } else { 0.0 }
}

fn counterparts(set: &VectorSet, index: &SearchIndex, of: &[u32], among: &[u32], floor: Score) -> f32 {
    if of.len() > SAMPLE * 4 {
        let sample = of.iter().step_by(of.len() / SAMPLE).take(SAMPLE);
        let missing = sample.filter(|&&vector| !has_counterpart(set, index, vector, among, floor)).count();
        if missing > SAMPLE / 3 {
            return 0.0;
        }
    }
    let allowed = ((1.0 - NEARLY) * of.len() as f32) as usize;
    let mut missing = 0;
    for &vector in of {
        if !has_counterpart(set, index, vector, among, floor) {
            missing += 1;
            if missing > allowed {
                return 0.0;
            }
        }
    }
    (of.len() - missing) as f32 / of.len() as f32
}

fn has_counterpart(set: &VectorSet, index: &SearchIndex, vector: u32, among: &[u32], floor: Score) -> bool {
    let own = index.layer.identical.representative(vector);
    let direction = set.direction(vector);
    among.iter().any(|&other| {
        index.layer.identical.representative(other) == own
            || Score::of_product(direction::dot(direction, set.direction(other))) >= floor
    })
}
