//! The vectors of one model, held compactly.

use crate::direction;
use std::collections::BTreeMap;

/// How many vectors are allocated at once: growing by blocks never holds a second copy of what is there.
const BLOCK: usize = 1_024;

/// What a vector belongs to: a part of an element of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Item {
    /// The number of the document.
    pub document: u64,
    /// The position of the element in its document.
    pub position: u32,
    /// Which part of the element, from 0: long elements have more than one.
    pub part: u32,
}

impl Item {
    /// The element, whichever part of it.
    pub(crate) fn element(self) -> (u64, u32) {
        (self.document, self.position)
    }
}

/// Why a vector was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VectorError {
    /// It is not as long as the set says.
    #[error("the vector has {found} dimensions, the set {expected}")]
    WrongDimensions {
        /// Of the set.
        expected: usize,
        /// Of the vector.
        found: usize,
    },
    /// A component is infinite or not a number.
    #[error("a component of the vector is not finite")]
    NotFinite,
    /// All components are zero: there is nothing to compare. Whoever fills a set goes on without it.
    #[error("all components of the vector are zero")]
    Zero,
    /// The set holds as many as can be numbered.
    #[error("the set holds {} vectors and takes no more", u32::MAX)]
    Full,
}

/// Vectors of one model and what they belong to, numbered in the order in
/// which they came.
///
/// Only directions are compared, so only directions are kept: each component
/// takes two bytes, and what a vector belongs to 16 bytes. A million vectors of
/// 256 dimensions take 530 MB.
#[derive(Debug, Clone)]
pub struct VectorSet {
    dimensions: usize,
    items: Vec<Item>,
    blocks: Vec<Vec<i16>>,
    contents: BTreeMap<u64, u128>,
}

impl VectorSet {
    /// An empty set of vectors that have so many dimensions.
    pub fn new(dimensions: usize) -> Self {
        Self { dimensions, items: Vec::new(), blocks: Vec::new(), contents: BTreeMap::new() }
    }

    /// Adds a vector of any length but zero.
    pub fn push(
        &mut self,
        document: u64,
        position: u32,
        part: u32,
        vector: &[f32],
    ) -> Result<(), VectorError> {
        if vector.len() != self.dimensions {
            return Err(VectorError::WrongDimensions { expected: self.dimensions, found: vector.len() });
        }
        if !vector.iter().all(|component| component.is_finite()) {
            return Err(VectorError::NotFinite);
        }
        let direction = direction::of(vector).ok_or(VectorError::Zero)?;
        self.push_direction(Item { document, position, part }, &direction)
    }

    /// Adds a direction of this set's dimensions.
    pub(crate) fn push_direction(&mut self, item: Item, direction: &[i16]) -> Result<(), VectorError> {
        if self.items.len() >= u32::MAX as usize {
            return Err(VectorError::Full);
        }
        if self.items.len().is_multiple_of(BLOCK) {
            self.blocks.push(Vec::with_capacity(BLOCK * self.dimensions));
        }
        if let Some(block) = self.blocks.last_mut() {
            block.extend_from_slice(direction);
        }
        self.items.push(item);
        Ok(())
    }

    /// Says what a document contains, as a hash over its sequence of chunks: documents with the same are exact
    /// duplicates. A document of which this is not said has none.
    pub fn document_content(&mut self, document: u64, hash: u128) {
        self.contents.insert(document, hash);
    }

    /// How many dimensions each vector has.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// How many vectors there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// What a vector belongs to.
    ///
    /// # Panics
    ///
    /// Where `index` is not below [`len`](Self::len).
    pub fn item(&self, index: usize) -> Item {
        self.items[index]
    }

    /// A vector, of unit length, as exact as it is kept.
    ///
    /// # Panics
    ///
    /// Where `index` is not below [`len`](Self::len).
    pub fn vector(&self, index: usize) -> Vec<f32> {
        self.direction(index as u32).iter().map(|&fixed| direction::component(fixed)).collect()
    }

    /// A vector as it is kept.
    #[inline]
    pub(crate) fn direction(&self, index: u32) -> &[i16] {
        let (block, within) = (index as usize / BLOCK, index as usize % BLOCK);
        &self.blocks[block][within * self.dimensions..][..self.dimensions]
    }

    /// What was said of a document's content.
    pub(crate) fn content(&self, document: u64) -> Option<u128> {
        self.contents.get(&document).copied()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_kept_with_unit_length() {
        let mut set = VectorSet::new(2);
        set.push(1, 2, 3, &[30.0, 40.0]).unwrap();
        assert_eq!(set.item(0), Item { document: 1, position: 2, part: 3 });
        let vector = set.vector(0);
        assert!((vector[0] - 0.6).abs() < 1e-4 && (vector[1] - 0.8).abs() < 1e-4, "{vector:?}");
    }

    #[test]
    fn what_has_no_direction_is_refused() {
        let mut set = VectorSet::new(2);
        assert_eq!(set.push(1, 0, 0, &[1.0]), Err(VectorError::WrongDimensions { expected: 2, found: 1 }));
        assert_eq!(set.push(1, 0, 0, &[1.0, f32::NAN]), Err(VectorError::NotFinite));
        assert_eq!(set.push(1, 0, 0, &[1.0, f32::INFINITY]), Err(VectorError::NotFinite));
        assert_eq!(set.push(1, 0, 0, &[0.0, -0.0]), Err(VectorError::Zero));
        assert!(set.is_empty());
        assert_eq!(VectorSet::new(0).push(1, 0, 0, &[]), Err(VectorError::Zero));
    }

    #[test]
    fn a_vector_is_found_again_in_whichever_block_it_is() {
        let mut set = VectorSet::new(3);
        for number in 0..3_000_u32 {
            set.push(u64::from(number), 0, 0, &[1.0, number as f32, 0.0]).unwrap();
        }
        for index in [0, 1_023, 1_024, 2_999] {
            let direction = direction::of(&[1.0, index as f32, 0.0]).unwrap();
            assert_eq!(set.direction(index), direction);
        }
    }
}
