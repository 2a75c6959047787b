//! The best of what is offered, bounded.

use crate::VectorSet;
use crate::direction::Score;
use crate::vector_set::Item;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The best vectors; equal scores are in the order of what the vectors belong to.
pub(crate) struct Top {
    limit: usize,
    /// The worst is on top.
    heap: BinaryHeap<(Reverse<Score>, Item, u32)>,
}

impl Top {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, heap: BinaryHeap::new() }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether something with this score can be among the best.
    #[inline]
    pub(crate) fn wants(&self, score: Score) -> bool {
        self.heap.len() < self.limit || self.heap.peek().is_some_and(|(worst, ..)| score >= worst.0)
    }

    pub(crate) fn offer(&mut self, set: &VectorSet, score: Score, vector: u32) {
        if self.wants(score) {
            self.heap.push((Reverse(score), set.item(vector as usize), vector));
            if self.heap.len() > self.limit {
                self.heap.pop();
            }
        }
    }

    /// Best first.
    pub(crate) fn into_sorted(self) -> Vec<(Score, u32)> {
        self.heap.into_sorted_vec().into_iter().map(|(score, _, vector)| (score.0, vector)).collect()
    }
}

/// The best elements for one vector: each by its best part.
#[derive(Debug, Clone)]
pub(crate) struct Best {
    limit: usize,
    floor: Score,
    /// Best first; equal scores are in the order of what the vectors belong to.
    entries: Vec<(Score, u32)>,
}

impl Best {
    /// Of what reaches `floor`, the best `limit`.
    pub(crate) fn new(limit: usize, floor: Score) -> Self {
        Self { limit, floor: if limit == 0 { Score::UNREACHABLE } else { floor }, entries: Vec::new() }
    }

    /// The least score that something must have to be among the best.
    #[inline]
    pub(crate) fn floor(&self) -> Score {
        self.floor
    }

    /// Whether nothing that is not equal can be among the best any more.
    pub(crate) fn is_settled(&self) -> bool {
        self.floor >= Score::IDENTICAL
    }

    pub(crate) fn offer(&mut self, set: &VectorSet, score: Score, vector: u32) {
        if score < self.floor {
            return;
        }
        let item = set.item(vector as usize);
        let key = |&(score, vector): &(Score, u32)| (Reverse(score), set.item(vector as usize));
        let place = self.entries.partition_point(|entry| key(entry) < (Reverse(score), item));
        let earlier =
            self.entries.iter().position(|&(_, other)| set.item(other as usize).element() == item.element());
        match earlier {
            Some(earlier) if earlier < place => return,
            Some(earlier) => {
                self.entries.remove(earlier);
            }
            None => {}
        }
        self.entries.insert(place, (score, vector));
        self.entries.truncate(self.limit);
        if self.entries.len() == self.limit
            && let Some(&(worst, _)) = self.entries.last()
        {
            self.floor = worst;
        }
    }

    /// Best first.
    pub(crate) fn entries(&self) -> &[(Score, u32)] {
        &self.entries
    }
}
