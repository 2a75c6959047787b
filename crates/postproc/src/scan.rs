//! Comparing many vectors with those near to them, list by list.

use crate::VectorSet;
use crate::best::Best;
use crate::direction::{self, Score};
use crate::lists::{BREADTH, Lists};
use crate::{Item, SearchIndex};
use rayon::prelude::*;

/// How many vectors one task compares.
const TASK: usize = 128;

/// Of a group of equal vectors, so many documents are looked at for one that may be related.
const LOOKS: usize = 64;

/// Of how many times the lists that are looked through the nearest are chosen, for each vector.
const CHOICE: usize = 2;

/// What may be related to a document's elements.
pub(crate) enum Eligible {
    /// Other elements of the document.
    Within {
        /// The document.
        slot: u32,
    },
    /// Elements of other documents, but not of those that are the same or nearly so.
    Across {
        /// The first document that is the same.
        class: u32,
        /// The first documents of classes that are nearly the same.
        near: Vec<u32>,
    },
}

/// A vector and what may be related to it.
#[derive(Clone, Copy)]
pub(crate) struct Query<'a> {
    pub(crate) vector: u32,
    pub(crate) eligible: &'a Eligible,
}

/// Where candidates are.
pub(crate) enum Pool<'a> {
    /// All of these.
    Whole(&'a [u32]),
    /// In the lists near to the one that a vector is in.
    Near {
        lists: &'a Lists,
        /// The list of a vector that stands for its equals.
        home: &'a (dyn Fn(u32) -> u32 + Sync),
    },
}

/// A scan over an index.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    pub(crate) set: &'a VectorSet,
    pub(crate) index: &'a SearchIndex,
    /// How many elements are kept for each vector.
    pub(crate) limit: usize,
    /// The least score.
    pub(crate) floor: Score,
}

impl Scan<'_> {
    /// The best elements for each vector, in the order of the queries.
    pub(crate) fn run(&self, queries: &[Query<'_>], pool: &Pool<'_>) -> Vec<Best> {
        match pool {
            Pool::Whole(vectors) => queries
                .par_chunks(TASK)
                .flat_map_iter(|queries| {
                    let mut bests: Vec<Best> = queries.iter().map(|query| self.begin(query)).collect();
                    for (query, best) in queries.iter().zip(&mut bests) {
                        self.compare(query, vectors, best);
                    }
                    bests
                })
                .collect(),
            Pool::Near { lists, home } => self.run_near(queries, lists, home),
        }
    }

    /// Queries of one list go together, for they are compared with the same vectors.
    fn run_near(
        &self,
        queries: &[Query<'_>],
        lists: &Lists,
        home: &(dyn Fn(u32) -> u32 + Sync),
    ) -> Vec<Best> {
        let mut homes: Vec<(u32, u32)> = queries
            .iter()
            .enumerate()
            .map(|(number, query)| {
                (home(self.index.layer.identical.representative(query.vector)), number as u32)
            })
            .collect();
        homes.par_sort_unstable();
        let tasks: Vec<&[(u32, u32)]> =
            homes.chunk_by(|a, b| a.0 == b.0).flat_map(|same| same.chunks(TASK)).collect();
        let found: Vec<Vec<Best>> = tasks
            .par_iter()
            .map(|task| {
                let queries: Vec<Query<'_>> =
                    task.iter().map(|&(_, number)| queries[number as usize]).collect();
                self.run_list(&queries, lists, task[0].0)
            })
            .collect();
        let mut ordered: Vec<(u32, Best)> =
            homes.iter().map(|&(_, number)| number).zip(found.into_iter().flatten()).collect();
        ordered.par_sort_unstable_by_key(|&(number, _)| number);
        ordered.into_iter().map(|(_, best)| best).collect()
    }

    fn run_list(&self, queries: &[Query<'_>], lists: &Lists, home: u32) -> Vec<Best> {
        let mut bests: Vec<Best> = queries.iter().map(|query| self.begin(query)).collect();
        let probes = self.index.options.relate_probes.max(1);
        let near = lists.nearest(lists.mean(home), BREADTH, probes * CHOICE);
        // For each list, the queries that are to be compared with it: a list is read once for all of them.
        let mut wanted = vec![Vec::new(); near.len()];
        let numbers: std::collections::HashMap<u32, usize> =
            near.iter().enumerate().map(|(number, &list)| (list, number)).collect();
        for (number, query) in queries.iter().enumerate().filter(|&(number, _)| !bests[number].is_settled()) {
            for list in lists.choose(self.set.direction(query.vector), &near, probes) {
                wanted[numbers[&list]].push(number);
            }
        }
        for (&list, wanted) in near.iter().zip(&wanted) {
            for &number in wanted {
                self.compare(&queries[number], lists.members(list), &mut bests[number]);
            }
        }
        bests
    }

    /// What is equal comes first: where it is enough, nothing needs to be compared.
    fn begin(&self, query: &Query<'_>) -> Best {
        let mut best = Best::new(self.limit, self.floor);
        let own = self.index.layer.identical.representative(query.vector);
        self.offer_equals(query, own, Score::IDENTICAL, &mut best);
        best
    }

    fn compare(&self, query: &Query<'_>, vectors: &[u32], best: &mut Best) {
        if best.is_settled() {
            return;
        }
        let own = self.index.layer.identical.representative(query.vector);
        let direction = self.set.direction(query.vector);
        let mut least = best.floor().least_product();
        for &vector in vectors {
            let product = direction::dot(direction, self.set.direction(vector));
            if product >= least && vector != own {
                self.offer_equals(query, vector, Score::of_product(product), best);
                least = best.floor().least_product();
            }
        }
    }

    /// Offers single vectors, not what is equal to them.
    pub(crate) fn compare_single(&self, query: &Query<'_>, vectors: &[u32], best: &mut Best) {
        let identical = &self.index.layer.identical;
        let own = identical.representative(query.vector);
        let direction = self.set.direction(query.vector);
        for &vector in vectors {
            let product = direction::dot(direction, self.set.direction(vector));
            if identical.representative(vector) == own {
                best.offer(self.set, Score::IDENTICAL, vector);
            } else if product >= best.floor().least_product() {
                best.offer(self.set, Score::of_product(product), vector);
            }
        }
    }

    /// Offers a vector and what is equal to it, each element once, as far as it may be related.
    fn offer_equals(&self, query: &Query<'_>, vector: u32, score: Score, best: &mut Best) {
        let documents = &self.index.documents;
        let own = self.set.item(query.vector as usize);
        let mut members = self.index.layer.identical.members(&vector);
        if let Eligible::Within { slot } = query.eligible {
            members = between(members, |vector| documents.slot(vector).cmp(slot));
        }
        let (mut looks, mut offered) = (0, 0);
        while let Some(&member) = members.first()
            && looks < LOOKS + self.limit
            && offered < self.limit
        {
            let item = self.set.item(member as usize);
            looks += 1;
            if query.eligible.has(self.index, documents.slot(member)) {
                if item.element() != own.element() {
                    best.offer(self.set, score, member);
                    offered += 1;
                }
                members = self.beyond(members, |other| other.element() == item.element());
            } else {
                members = self.beyond(members, |other| other.document == item.document);
            }
        }
    }

    /// What follows after those at the beginning that belong together.
    fn beyond<'v>(&self, vectors: &'v [u32], is_same: impl Fn(Item) -> bool) -> &'v [u32] {
        &vectors[vectors.partition_point(|&vector| is_same(self.set.item(vector as usize)))..]
    }
}

impl Eligible {
    fn has(&self, index: &SearchIndex, other: u32) -> bool {
        match self {
            Self::Within { slot } => *slot == other,
            Self::Across { class, near } => {
                let other = index.documents.class(other);
                other != *class && !near.contains(&other)
            }
        }
    }
}

fn between(vectors: &[u32], compare: impl Fn(u32) -> std::cmp::Ordering) -> &[u32] {
    let from = vectors.partition_point(|&vector| compare(vector).is_lt());
    let to = vectors.partition_point(|&vector| compare(vector).is_le());
    &vectors[from..to]
}
