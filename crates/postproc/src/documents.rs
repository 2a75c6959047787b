//! The documents of a set: which vectors are theirs, which of them are the
//! same, and which are near to one another as a whole.

use crate::VectorSet;
use crate::direction;
use crate::identical::Identical;
use crate::layer::Layer;
use crate::vector_set::Item;
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

/// How many lists of centres are looked through for the neighbours of a document, and with how many a search goes on
/// above them: few, for a document has its neighbours by its elements as well.
const PROBES: usize = 8;

/// The documents of a set, each with a slot: its place among their numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Documents {
    /// All vectors in the order of what they belong to.
    order: Vec<u32>,
    /// For each vector, its place in that order.
    ranks: Vec<u32>,
    /// For each vector, the slot of its document.
    slots: Vec<u32>,
    /// The number of the document in each slot.
    numbers: Vec<u64>,
    /// Where each document begins in the order, and at the end where the last one ends.
    starts: Vec<u32>,
    /// For each document, the first that is the same.
    classes: Vec<u32>,
}

impl Documents {
    /// Arranges the vectors of a set.
    pub(crate) fn arrange(set: &VectorSet, identical: &Identical) -> Self {
        let mut order: Vec<u32> = (0..set.len() as u32).collect();
        // Stable, and fast where most is in order already.
        order.sort_by_key(|&vector| set.item(vector as usize));
        let mut documents =
            Self { ranks: vec![0; order.len()], slots: vec![0; order.len()], order, ..Self::default() };
        for (rank, &vector) in documents.order.iter().enumerate() {
            let number = set.item(vector as usize).document;
            if documents.numbers.last() != Some(&number) {
                documents.numbers.push(number);
                documents.starts.push(rank as u32);
            }
            documents.ranks[vector as usize] = rank as u32;
            documents.slots[vector as usize] = documents.numbers.len() as u32 - 1;
        }
        documents.starts.push(documents.order.len() as u32);
        documents.classes = documents.classify(set, identical);
        documents
    }

    /// Documents are the same whose contents are, or whose vectors are, in the same order.
    fn classify(&self, set: &VectorSet, identical: &Identical) -> Vec<u32> {
        let mut by_content: HashMap<u128, u32> = HashMap::new();
        let mut by_vectors: HashMap<u64, u32> = HashMap::new();
        let mut classes: Vec<u32> = (0..self.numbers.len() as u32).collect();
        for slot in 0..self.numbers.len() as u32 {
            let vectors = self.vectors(slot);
            let mut hasher = DefaultHasher::new();
            vectors.iter().for_each(|&vector| identical.representative(vector).hash(&mut hasher));
            let alike = *by_vectors.entry(hasher.finish()).or_insert(slot);
            if self.have_equal_vectors(slot, alike, identical) {
                join(&mut classes, slot, alike);
            }
            if let Some(content) = set.content(self.numbers[slot as usize]) {
                let same = *by_content.entry(content).or_insert(slot);
                join(&mut classes, slot, same);
            }
        }
        (0..classes.len() as u32).map(|slot| root(&mut classes, slot)).collect()
    }

    fn have_equal_vectors(&self, one: u32, other: u32, identical: &Identical) -> bool {
        let representatives =
            |slot| self.vectors(slot).iter().map(|&vector| identical.representative(vector));
        representatives(one).eq(representatives(other))
    }

    /// How many documents there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The number of a document.
    pub(crate) fn number(&self, slot: u32) -> u64 {
        self.numbers[slot as usize]
    }

    /// The slot of the document that a vector belongs to.
    #[inline]
    pub(crate) fn slot(&self, vector: u32) -> u32 {
        self.slots[vector as usize]
    }

    /// The slot of the document with a number.
    pub(crate) fn find(&self, number: u64) -> Option<u32> {
        self.numbers.binary_search(&number).ok().map(|slot| slot as u32)
    }

    /// The first document that is the same as this one.
    #[inline]
    pub(crate) fn class(&self, slot: u32) -> u32 {
        self.classes[slot as usize]
    }

    /// The vectors of a document, in order.
    pub(crate) fn vectors(&self, slot: u32) -> &[u32] {
        let range = self.starts[slot as usize] as usize..self.starts[slot as usize + 1] as usize;
        &self.order[range]
    }

    /// The place of a vector in the order of all.
    #[inline]
    pub(crate) fn rank(&self, vector: u32) -> u32 {
        self.ranks[vector as usize]
    }

    /// The vector at a place in the order of all.
    pub(crate) fn at(&self, rank: u32) -> u32 {
        self.order[rank as usize]
    }

    /// The places of all parts of the element whose first part is at `rank`; none, where that is another part.
    pub(crate) fn element_from(&self, set: &VectorSet, rank: u32) -> Option<Range<u32>> {
        let element = |rank: u32| set.item(self.at(rank) as usize).element();
        if rank > 0 && element(rank - 1) == element(rank) {
            return None;
        }
        let parts =
            (rank..self.order.len() as u32).take_while(|&other| element(other) == element(rank)).count();
        Some(rank..rank + parts as u32)
    }

    /// The place of the first part of a vector's element.
    pub(crate) fn first_part(&self, set: &VectorSet, vector: u32) -> u32 {
        let element = set.item(vector as usize).element();
        let before = &self.order[..self.rank(vector) as usize];
        before.partition_point(|&other| set.item(other as usize).element() < element) as u32
    }

    /// The mean of a document's vectors, unless they cancel out.
    pub(crate) fn centre(&self, set: &VectorSet, slot: u32) -> Option<Vec<i16>> {
        let mut sum = vec![0; set.dimensions()];
        self.vectors(slot).iter().for_each(|&vector| direction::add(&mut sum, set.direction(vector)));
        direction::of_sum(&sum)
    }
}

/// Sets of documents, each with its first as the root.
fn root(classes: &mut [u32], mut slot: u32) -> u32 {
    while classes[slot as usize] != slot {
        classes[slot as usize] = classes[classes[slot as usize] as usize];
        slot = classes[slot as usize];
    }
    slot
}

fn join(classes: &mut [u32], one: u32, other: u32) {
    let (one, other) = (root(classes, one), root(classes, other));
    classes[one.max(other) as usize] = one.min(other);
}

/// The means of documents, searchable. Of documents that are the same, only the first has one.
#[derive(Debug, Clone)]
pub(crate) struct Centres {
    means: VectorSet,
    /// The mean of each document that holds; earlier ones of the same document are passed over.
    current: HashMap<u64, u32>,
    layer: Layer,
}

impl Centres {
    /// No means yet.
    pub(crate) fn new(dimensions: usize, size: usize, seed: u64) -> Self {
        let means = VectorSet::new(dimensions);
        let layer = Layer::build(&means, size, seed);
        Self { means, current: HashMap::new(), layer }
    }

    /// Takes in documents that are new, or have got vectors.
    pub(crate) fn extend(&mut self, set: &VectorSet, documents: &Documents, changed: &BTreeSet<u64>) {
        for slot in 0..documents.len() as u32 {
            let number = documents.number(slot);
            let is_first = documents.class(slot) == slot;
            if !is_first || (self.current.contains_key(&number) && !changed.contains(&number)) {
                continue;
            }
            if let Some(mean) = documents.centre(set, slot) {
                let item = Item { document: number, position: 0, part: 0 };
                if self.means.push_direction(item, &mean).is_ok() {
                    self.current.insert(number, self.means.len() as u32 - 1);
                }
            }
        }
        self.layer.extend(&self.means);
    }

    /// The slots of the documents nearest to a document as a whole, nearest first: of those that are the same only
    /// the first, and none that is the same as this one.
    pub(crate) fn neighbours(
        &self,
        set: &VectorSet,
        documents: &Documents,
        slot: u32,
        count: usize,
    ) -> Vec<u32> {
        let Some(centre) = documents.centre(set, slot) else { return Vec::new() };
        // Its own is found as well, and some that no longer hold.
        let found = self.layer.search(&self.means, &centre, PROBES, PROBES, 2 * count + 1);
        found
            .into_iter()
            .filter(|&(_, mean)| self.current.get(&self.means.item(mean as usize).document) == Some(&mean))
            .filter_map(|(_, mean)| documents.find(self.means.item(mean as usize).document))
            .filter(|&other| documents.class(other) == other && other != documents.class(slot))
            .take(count)
            .collect()
    }
}
