//! The search for what is alike.
//!
//! Equal vectors are one to the search, so that a million copies of a paragraph cost no more than one. The distinct ones
//! are split by likeness (spherical k-means) into groups, and those again, until a group is small: a tree, whose
//! leaves are searched in the order of how like their centres are to what is looked for, until so many vectors have been
//! looked at. So a search costs the same however many vectors there are, but for the few levels of the tree. A set
//! that is no larger than what a search looks at is searched as a whole.

use crate::quantised::{dot, quantise};
use crate::vector_set::VectorSet;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

/// Groups that a group is split into.
const BRANCHES: usize = 16;
/// Vectors in a group that is not split any more.
const LEAF: usize = 192;
/// Distinct vectors that a search looks at.
const LOOKED_AT: usize = 6_144;
/// Vectors that centres are made of, for each centre.
const SAMPLE: usize = 64;
/// Rounds in which centres are made better.
const ROUNDS: usize = 6;

/// Finds the vectors of a set that are most like another.
#[derive(Debug)]
pub struct SearchIndex {
    /// Places of equal vectors, in ascending order.
    groups: Vec<Vec<u32>>,
    root: Node,
}

/// A vector that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its place in the set.
    pub place: usize,
    /// The cosine with what was looked for.
    pub score: f32,
}

/// A group of like vectors.
#[derive(Debug)]
enum Node {
    /// Numbers of groups of equal vectors.
    Leaf(Vec<u32>),
    Split(Vec<(Centre, Node)>),
}

#[derive(Debug, Clone)]
struct Centre {
    codes: Vec<i8>,
    length: f32,
}

impl Centre {
    fn of(vector: &[f32]) -> Option<Self> {
        let mut codes = Vec::with_capacity(vector.len());
        let length = quantise(vector, &mut codes)?;
        Some(Self { codes, length })
    }

    fn cosine(&self, codes: &[i8], length: f32) -> f32 {
        dot(&self.codes, codes) as f32 * self.length * length
    }
}

impl SearchIndex {
    /// Makes the index of a set. Uses all processors of the pool that it runs in.
    pub fn build(set: &VectorSet) -> Self {
        let groups = groups_of_equals(set);
        let all: Vec<u32> = (0..groups.len() as u32).collect();
        let root = if groups.len() <= LOOKED_AT { Node::Leaf(all) } else { split(set, &groups, all) };
        Self { groups, root }
    }

    /// The vectors that are most like `query` (which need not be of length 1), best first: at most `limit`, each with a
    /// cosine of at least `threshold`. Of equally good ones the one that stands first in the set comes first.
    pub fn search(&self, set: &VectorSet, query: &[f32], limit: usize, threshold: f32) -> Vec<Hit> {
        let mut codes = Vec::new();
        if query.len() != set.dimensions() || query.iter().any(|value| !value.is_finite()) {
            return Vec::new();
        }
        let Some(length) = quantise(query, &mut codes) else { return Vec::new() };
        self.find(set, (&codes, length), limit, threshold, |_| true)
    }

    /// The vectors that are most like the one with these codes and this length, among those at places that `takes`.
    pub(crate) fn find(
        &self,
        set: &VectorSet,
        (codes, length): (&[i8], f32),
        limit: usize,
        threshold: f32,
        takes: impl Fn(usize) -> bool,
    ) -> Vec<Hit> {
        if limit == 0 {
            return Vec::new();
        }
        let mut best = Best { hits: BinaryHeap::with_capacity(limit + 1), limit };
        let mut open = BinaryHeap::from([Open { score: 1.0, order: 0, node: &self.root }]);
        let (mut order, mut looked_at) = (0_u32, 0);
        while looked_at < LOOKED_AT {
            let Some(Open { node, .. }) = open.pop() else { break };
            match node {
                Node::Split(children) => {
                    for (centre, node) in children {
                        order += 1;
                        open.push(Open { score: centre.cosine(codes, length), order, node });
                    }
                }
                Node::Leaf(numbers) => {
                    looked_at += numbers.len();
                    for group in numbers.iter().filter_map(|number| self.groups.get(*number as usize)) {
                        let Some(first) = group.first() else { continue };
                        let score = set.cosine(*first as usize, codes, length);
                        if score < threshold || !best.would_take(score) {
                            continue;
                        }
                        // All of a group are equally good: no more of them than there is room for.
                        let places = group.iter().map(|place| *place as usize).filter(|place| takes(*place));
                        places.take(limit).for_each(|place| best.offer(Hit { place, score }));
                    }
                }
            }
        }
        best.into_sorted()
    }
}

/// Places of equal vectors, each group and all of them in the order of their first.
fn groups_of_equals(set: &VectorSet) -> Vec<Vec<u32>> {
    let mut by_codes: HashMap<&[i8], usize> = HashMap::with_capacity(set.len());
    let mut groups: Vec<Vec<u32>> = Vec::new();
    for place in 0..set.len() {
        let number = *by_codes.entry(set.codes(place)).or_insert(groups.len());
        match groups.get_mut(number) {
            Some(group) => group.push(place as u32),
            None => groups.push(vec![place as u32]),
        }
    }
    groups
}

/// Splits groups of equal vectors by likeness.
fn split(set: &VectorSet, groups: &[Vec<u32>], numbers: Vec<u32>) -> Node {
    if numbers.len() <= LEAF {
        return Node::Leaf(numbers);
    }
    let codes = |number: u32| {
        set.codes(
            groups.get(number as usize).and_then(|group| group.first()).map_or(0, |first| *first as usize),
        )
    };
    let centres = centres(set.dimensions(), &numbers, codes);
    let nearest: Vec<usize> = numbers.par_iter().map(|number| nearest(&centres, codes(*number))).collect();
    let mut parts: Vec<Vec<u32>> = vec![Vec::new(); centres.len()];
    for (number, centre) in numbers.iter().zip(nearest) {
        if let Some(part) = parts.get_mut(centre) {
            part.push(*number);
        }
    }
    let whole = numbers.len();
    let parts: Vec<(Centre, Vec<u32>)> =
        centres.into_iter().zip(parts).filter(|(_, part)| !part.is_empty()).collect();
    // Vectors that no centre tells apart stay together, cut into leaves as they come.
    if parts.iter().any(|(_, part)| part.len() * 10 > whole * 9) {
        let centre = parts.first().map(|(centre, _)| centre.clone());
        let leaves = numbers.chunks(LEAF).map(|chunk| (centre.clone(), Node::Leaf(chunk.to_vec())));
        return Node::Split(leaves.filter_map(|(centre, node)| Some((centre?, node))).collect());
    }
    let children = parts.into_par_iter().map(|(centre, part)| (centre, split(set, groups, part)));
    Node::Split(children.collect())
}

/// The centres of so many groups as a group is split into.
fn centres<'s>(dimensions: usize, numbers: &[u32], codes: impl Fn(u32) -> &'s [i8]) -> Vec<Centre> {
    let step = (numbers.len() / (BRANCHES * SAMPLE)).max(1);
    let sample: Vec<&[i8]> = numbers.iter().step_by(step).map(|number| codes(*number)).collect();
    let as_vector = |codes: &[i8]| codes.iter().map(|code| f32::from(*code)).collect::<Vec<f32>>();
    // They begin far from one another: each next one is what is least like those before.
    let mut centres: Vec<Centre> =
        sample.first().and_then(|first| Centre::of(&as_vector(first))).into_iter().collect();
    let mut likeness = vec![f32::NEG_INFINITY; sample.len()];
    while let (Some(last), true) = (centres.last(), centres.len() < BRANCHES) {
        for (likeness, codes) in likeness.iter_mut().zip(&sample) {
            *likeness = likeness.max(cosine_of_direction(last, codes));
        }
        let farthest = likeness.iter().enumerate().min_by(|one, other| one.1.total_cmp(other.1));
        let next =
            farthest.and_then(|(place, _)| sample.get(place)).and_then(|codes| Centre::of(&as_vector(codes)));
        match next {
            Some(next) => centres.push(next),
            None => break,
        }
    }
    for _ in 0..ROUNDS {
        let mut sums = vec![vec![0.0_f32; dimensions]; centres.len()];
        for codes in &sample {
            if let Some(sum) = sums.get_mut(nearest(&centres, codes)) {
                let scale = norm(codes).recip();
                sum.iter_mut().zip(*codes).for_each(|(sum, code)| *sum += f32::from(*code) * scale);
            }
        }
        // A centre without vectors stays where it is.
        for (centre, sum) in centres.iter_mut().zip(sums) {
            if let Some(better) = Centre::of(&sum) {
                *centre = better;
            }
        }
    }
    centres
}

fn norm(codes: &[i8]) -> f32 {
    (dot(codes, codes) as f32).sqrt().max(1.0)
}

fn cosine_of_direction(centre: &Centre, codes: &[i8]) -> f32 {
    centre.cosine(codes, norm(codes).recip())
}

/// The centre that the vector is most like; of equally good ones the first.
fn nearest(centres: &[Centre], codes: &[i8]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (place, centre) in centres.iter().enumerate() {
        let score = centre.cosine(codes, 1.0);
        if score > best.1 {
            best = (place, score);
        }
    }
    best.0
}

/// A part of the tree that is yet to be searched.
struct Open<'a> {
    score: f32,
    order: u32,
    node: &'a Node,
}

impl Ord for Open<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.order.cmp(&self.order))
    }
}

impl PartialOrd for Open<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open<'_> {}

/// The best hits so far, the worst of them on top.
struct Best {
    hits: BinaryHeap<Worst>,
    limit: usize,
}

/// A hit, in the order of how bad it is.
#[derive(PartialEq)]
struct Worst(Hit);

impl Eq for Worst {}

impl Ord for Worst {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.score.total_cmp(&self.0.score).then(self.0.place.cmp(&other.0.place))
    }
}

impl PartialOrd for Worst {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Best {
    /// Whether a hit with this score may be among the best.
    fn would_take(&self, score: f32) -> bool {
        self.hits.len() < self.limit || self.hits.peek().is_none_or(|worst| score >= worst.0.score)
    }

    fn offer(&mut self, hit: Hit) {
        self.hits.push(Worst(hit));
        if self.hits.len() > self.limit {
            self.hits.pop();
        }
    }

    fn into_sorted(self) -> Vec<Hit> {
        self.hits.into_sorted_vec().into_iter().map(|Worst(hit)| hit).collect()
    }
}
