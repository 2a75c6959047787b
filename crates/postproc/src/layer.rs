//! What a set of vectors is searched by: equal vectors as one, and lists of
//! what is left where it is much.

use crate::VectorSet;
use crate::best::Top;
use crate::direction::{self, Score};
use crate::identical::Identical;
use crate::lists::{BREADTH, Lists};
use rayon::prelude::*;

/// Up to so many different vectors there are no lists: looking at all of them is as fast.
pub(crate) const WHOLE: usize = 4_096;

/// The lists are made anew where the set has grown by a part of this since.
const GROWTH: usize = 4;

/// The lists are made anew where one has grown to so many times the size it should have.
const OVERFULL: usize = 8;

/// The list of a vector that is in none.
const NOWHERE: u32 = u32::MAX;

/// A searchable view of a set.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    pub(crate) identical: Identical,
    /// All vectors that are not equal to an earlier one.
    pub(crate) distinct: Vec<u32>,
    lists: Option<Lists>,
    /// For each vector that is in a list, which.
    homes: Vec<u32>,
    /// How many different vectors there were when the lists were made.
    listed: usize,
    size: usize,
    seed: u64,
}

impl Layer {
    /// A view of a set, with lists of about `size`.
    pub(crate) fn build(set: &VectorSet, size: usize, seed: u64) -> Self {
        let mut layer = Self {
            identical: Identical::default(),
            distinct: Vec::new(),
            lists: None,
            homes: Vec::new(),
            listed: 0,
            size: size.max(2),
            seed,
        };
        layer.extend(set);
        layer
    }

    /// Takes in what was added to the set.
    pub(crate) fn extend(&mut self, set: &VectorSet) {
        let added = self.identical.extend(set);
        self.distinct.extend_from_slice(&added);
        self.homes.resize(set.len(), NOWHERE);
        let has_grown = self.distinct.len() > self.listed + self.listed / GROWTH;
        if self.distinct.len() > WHOLE && (self.lists.is_none() || has_grown || self.insert(set, &added)) {
            self.divide(set);
        }
    }

    /// Puts vectors into the lists nearest to them, and returns whether one is overfull.
    fn insert(&mut self, set: &VectorSet, added: &[u32]) -> bool {
        let Some(lists) = &mut self.lists else { return false };
        let found: Vec<u32> = added
            .par_iter()
            .map(|&vector| lists.nearest(set.direction(vector), BREADTH, 1).first().copied().unwrap_or(0))
            .collect();
        let mut is_overfull = false;
        for (&vector, &list) in added.iter().zip(&found) {
            lists.insert(list, vector);
            self.homes[vector as usize] = list;
            is_overfull |= lists.members(list).len() > self.size * OVERFULL;
        }
        is_overfull
    }

    fn divide(&mut self, set: &VectorSet) {
        let lists = Lists::build(set, self.distinct.clone(), self.size, self.seed);
        for list in 0..lists.len() as u32 {
            for &vector in lists.members(list) {
                self.homes[vector as usize] = list;
            }
        }
        self.listed = self.distinct.len();
        self.lists = Some(lists);
    }

    /// The lists, where there are any, and for each vector in one of them, which.
    pub(crate) fn lists(&self) -> Option<(&Lists, &[u32])> {
        self.lists.as_ref().map(|lists| (lists, self.homes.as_slice()))
    }

    /// The nearest vectors to a direction among those of the `probes` nearest lists; all, where there are no lists.
    pub(crate) fn search(
        &self,
        set: &VectorSet,
        query: &[i16],
        breadth: usize,
        probes: usize,
        limit: usize,
    ) -> Vec<(Score, u32)> {
        let mut top = Top::new(limit);
        match &self.lists {
            None => self.offer(set, query, &self.distinct, &mut top),
            Some(lists) => {
                for list in lists.nearest(query, breadth, probes) {
                    self.offer(set, query, lists.members(list), &mut top);
                }
            }
        }
        top.into_sorted()
    }

    /// The nearest of all vectors to a direction.
    pub(crate) fn search_all(&self, set: &VectorSet, query: &[i16], limit: usize) -> Vec<(Score, u32)> {
        let partial: Vec<Vec<(Score, u32)>> = self
            .distinct
            .par_chunks(WHOLE)
            .map(|chunk| {
                let mut top = Top::new(limit);
                self.offer(set, query, chunk, &mut top);
                top.into_sorted()
            })
            .collect();
        let mut top = Top::new(limit);
        partial.into_iter().flatten().for_each(|(score, vector)| top.offer(set, score, vector));
        top.into_sorted()
    }

    /// Offers vectors, and what is equal to them.
    fn offer(&self, set: &VectorSet, query: &[i16], vectors: &[u32], top: &mut Top) {
        for vector in vectors {
            let direction = set.direction(*vector);
            let product = direction::dot(query, direction);
            let score = Score::of_product(product);
            // Equal vectors have the best score, which their product may miss by the last digits.
            let score = if score.may_be_identical() && direction == query { Score::IDENTICAL } else { score };
            if top.wants(score) {
                for &member in self.identical.members(vector).iter().take(top.limit()) {
                    top.offer(set, score, member);
                }
            }
        }
    }
}
