//! Equal vectors, taken together.

use crate::VectorSet;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many vectors one task looks at.
const TASK: usize = 4_096;

/// Which vectors of a set are equal. Of each group, the one that came first stands for all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identical {
    /// For each vector, the one that stands for it.
    representatives: Vec<u32>,
    /// By fingerprint. Of different vectors with the same, only one can have a group; the others are alone.
    by_fingerprint: HashMap<u64, u32>,
    /// The groups of more than one, by the one that stands for them, in the order of what they belong to.
    groups: HashMap<u32, Vec<u32>>,
}

impl Identical {
    /// Takes in the vectors that were added to the set, and returns those that are not equal to an earlier one.
    pub(crate) fn extend(&mut self, set: &VectorSet) -> Vec<u32> {
        let added: Vec<u32> = (self.representatives.len() as u32..set.len() as u32).collect();
        let fingerprints: Vec<u64> = added
            .par_chunks(TASK)
            .flat_map_iter(|chunk| chunk.iter().map(|&vector| fingerprint(set.direction(vector))))
            .collect();
        let mut distinct = Vec::new();
        let mut grown = BTreeSet::new();
        for (&vector, &fingerprint) in added.iter().zip(&fingerprints) {
            let first = *self.by_fingerprint.entry(fingerprint).or_insert(vector);
            if first != vector && set.direction(first) == set.direction(vector) {
                self.representatives.push(first);
                self.groups.entry(first).or_insert_with(|| vec![first]).push(vector);
                grown.insert(first);
            } else {
                self.representatives.push(vector);
                distinct.push(vector);
            }
        }
        for first in grown {
            if let Some(group) = self.groups.get_mut(&first) {
                group.sort_by_key(|&vector| (set.item(vector as usize), vector));
            }
        }
        distinct
    }

    /// How many vectors were taken in.
    pub(crate) fn len(&self) -> usize {
        self.representatives.len()
    }

    /// The vector that stands for this one.
    #[inline]
    pub(crate) fn representative(&self, vector: u32) -> u32 {
        self.representatives[vector as usize]
    }

    /// All vectors for which this one stands, in the order of what they belong to.
    pub(crate) fn members<'a>(&'a self, representative: &'a u32) -> &'a [u32] {
        self.groups.get(representative).map_or(std::slice::from_ref(representative), Vec::as_slice)
    }
}

fn fingerprint(direction: &[i16]) -> u64 {
    let mut hasher = DefaultHasher::new();
    direction.hash(&mut hasher);
    hasher.finish()
}
