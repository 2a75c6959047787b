//! Vectors in lists by direction, and lists of lists to find them by.
//!
//! The lowest level holds the vectors in lists of bounded size, each with its
//! mean. The level above holds these means in lists, and so on, until few
//! enough are left to look at all of them. A search goes down from there, and
//! on each level only on with the nearest: its cost grows with the number of
//! levels, that is with the logarithm of the number of vectors.

use crate::VectorSet;
use crate::direction;
use crate::partition::partition;
use crate::vector_set::Item;
use rayon::prelude::*;
use std::cmp::Reverse;

/// The size of the lists of means.
const MEANS_A_LIST: usize = 32;

/// So many means are looked at without a level above them.
const TOP: usize = 64;

/// How many lists a search goes on with, on each level above the lowest.
pub(crate) const BREADTH: usize = 24;

/// The same, for finding the one list that a vector belongs to.
const NARROW: usize = 8;

/// How many levels there can be. Four of them are more vectors than can be numbered.
const LEVELS: usize = 8;

/// The lists, from the lowest level up.
#[derive(Debug, Clone)]
pub(crate) struct Lists {
    levels: Vec<Level>,
}

#[derive(Debug, Clone)]
struct Level {
    /// One for each list.
    means: VectorSet,
    /// Vectors on the lowest level, else lists of the level below.
    members: Vec<Vec<u32>>,
}

impl Lists {
    /// Divides `vectors` into lists of about `size`.
    pub(crate) fn build(set: &VectorSet, vectors: Vec<u32>, size: usize, seed: u64) -> Self {
        let first = Self::above(Level::new(set, partition(set, vectors, size, seed)), seed);
        let members = first.reassigned(set, size, seed);
        Self::above(Level::new(set, members), seed)
    }

    /// Puts levels above the lowest.
    fn above(lowest: Level, seed: u64) -> Self {
        let mut levels = vec![lowest];
        while let Some(below) = levels.last()
            && below.members.len() > TOP
            && levels.len() < LEVELS
        {
            let all = (0..below.members.len() as u32).collect();
            let members = partition(&below.means, all, MEANS_A_LIST, seed ^ levels.len() as u64);
            let level = Level::new(&below.means, members);
            levels.push(level);
        }
        Self { levels }
    }

    /// Dividing step by step parts neighbours early on; now that all lists are there, each vector goes to the one that
    /// is nearest to it.
    fn reassigned(&self, set: &VectorSet, size: usize, seed: u64) -> Vec<Vec<u32>> {
        let found: Vec<Vec<(u32, u32)>> = self.levels[0]
            .members
            .par_iter()
            .map(|list| {
                let home = |vector: u32| {
                    self.nearest(set.direction(vector), NARROW, 1).first().copied().unwrap_or(0)
                };
                list.iter().map(|&vector| (home(vector), vector)).collect()
            })
            .collect();
        let mut members = vec![Vec::new(); self.len()];
        found.into_iter().flatten().for_each(|(list, vector)| members[list as usize].push(vector));
        members.into_par_iter().flat_map_iter(|list| partition(set, list, size, seed)).collect()
    }

    /// How many lists there are.
    pub(crate) fn len(&self) -> usize {
        self.levels[0].members.len()
    }

    /// The vectors of a list.
    pub(crate) fn members(&self, list: u32) -> &[u32] {
        &self.levels[0].members[list as usize]
    }

    /// The mean of a list.
    pub(crate) fn mean(&self, list: u32) -> &[i16] {
        self.levels[0].means.direction(list)
    }

    /// Puts a vector into a list.
    pub(crate) fn insert(&mut self, list: u32, vector: u32) {
        self.levels[0].members[list as usize].push(vector);
    }

    /// The `count` lists nearest to a direction, nearest first, as far as a search of `breadth` finds them.
    pub(crate) fn nearest(&self, direction: &[i16], breadth: usize, count: usize) -> Vec<u32> {
        let top = self.levels.len() - 1;
        let mut found: Vec<u32> = (0..self.levels[top].members.len() as u32).collect();
        for (height, level) in self.levels.iter().enumerate().rev() {
            let keep = if height == 0 { count } else { breadth };
            found = best(&level.means, direction, &found, keep);
            if height > 0 {
                found = found.iter().flat_map(|&list| &level.members[list as usize]).copied().collect();
            }
        }
        found
    }

    /// The `count` of `lists` nearest to a direction, nearest first.
    pub(crate) fn choose(&self, direction: &[i16], lists: &[u32], count: usize) -> Vec<u32> {
        best(&self.levels[0].means, direction, lists, count)
    }
}

impl Level {
    fn new(set: &VectorSet, members: Vec<Vec<u32>>) -> Self {
        let mut means = VectorSet::new(set.dimensions());
        for (number, list) in members.iter().enumerate() {
            let mut sum = vec![0; set.dimensions()];
            list.iter().for_each(|&point| direction::add(&mut sum, set.direction(point)));
            // Where the members cancel out, any of them speaks for the list.
            let mean = direction::of_sum(&sum).unwrap_or_else(|| set.direction(list[0]).to_vec());
            let item = Item { document: number as u64, position: 0, part: 0 };
            // There are fewer lists than vectors, and those could be numbered.
            let _ = means.push_direction(item, &mean);
        }
        Self { means, members }
    }
}

fn best(means: &VectorSet, direction: &[i16], among: &[u32], count: usize) -> Vec<u32> {
    let mut scored: Vec<(Reverse<i32>, u32)> =
        among.iter().map(|&list| (Reverse(direction::dot(means.direction(list), direction)), list)).collect();
    if count < scored.len() {
        scored.select_nth_unstable(count);
        scored.truncate(count);
    }
    scored.sort_unstable();
    scored.into_iter().map(|(_, list)| list).collect()
}
