//! What is alike: search over vectors, relationships between elements within
//! and across documents, and documents that are duplicates of one another.
//!
//! This crate computes. It reads and writes nothing, knows no database, no
//! configuration and no model that makes vectors; it is given vectors, and
//! gives back numbers of documents and elements. It runs on rayon's threads,
//! and its answers are the same whatever their number.
//!
//! A [`VectorSet`] holds the vectors of one model, a [`SearchIndex`] finds the
//! nearest of them, and [`relate`] says which elements belong together:
//!
//! ```
//! use gdg_postproc::{IndexOptions, RelateOptions, SearchIndex, VectorSet, relate};
//!
//! let mut set = VectorSet::new(2);
//! set.push(1, 4, 0, &[1.0, 0.0])?; // document 1, the element at position 4
//! set.push(2, 7, 0, &[0.9, 0.3])?;
//! set.push(3, 1, 0, &[0.0, 1.0])?;
//! let index = SearchIndex::build(&set, &IndexOptions::default());
//!
//! let nearest = index.search(&set, &[1.0, 0.2], 1);
//! assert_eq!(set.item(nearest[0].index).document, 2);
//!
//! let options = RelateOptions { similarity_threshold: 0.9, ..RelateOptions::default() };
//! let findings = relate(&set, &index, &[0], &options);
//! assert_eq!(findings.relations[0].to.document, 2);
//! # Ok::<(), gdg_postproc::VectorError>(())
//! ```
//!
//! # How the cost is bounded
//!
//! - Equal vectors are one: only the first of them is in the index, and the
//!   others are found through it.
//! - From a few thousand vectors on, they are divided into lists of some
//!   dozens, by direction. What is compared with an element is a fixed number
//!   of lists, whatever the size of the set; the lists themselves are found
//!   through lists of lists. So the cost grows as n · log n.
//! - An element has at most as many relations as the options say.
//!
//! # What is deterministic
//!
//! All arithmetic on vectors is on integers, so that no sum depends on its
//! order. The same set and the same options give the same index; the same
//! index gives the same answers, in whatever shards they are asked for.

mod added;
mod best;
mod direction;
mod documents;
mod duplicates;
mod fusion;
mod identical;
mod index;
mod layer;
mod lists;
mod means;
mod partition;
mod relate;
mod scan;
mod subjects;
mod vector_set;

pub use added::{Additions, affected, relate_added};
pub use fusion::reciprocal_rank_fusion;
pub use index::{Hit, IndexOptions, SearchIndex};
pub use relate::{Duplicate, Findings, RelateOptions, Relation, Scope, relate};
pub use vector_set::{Item, VectorError, VectorSet};
