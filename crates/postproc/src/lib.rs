//! Relationships by likeness, and the search for what is alike: computing, without a database.
//!
//! A [`VectorSet`] holds the vectors of documents' elements, a [`SearchIndex`] finds those that are like another, and
//! [`relate`] makes relationships of what it finds. All of it is deterministic: the same set gives the same answers,
//! whatever the number of threads, and documents that are related in parts come to the same as all at once.
//!
//! ```
//! use gdg_postproc::{RelateOptions, SearchIndex, VectorSet, relate};
//!
//! let mut set = VectorSet::new(2);
//! set.begin_document(1, None);
//! set.push(5, &[1.0, 0.0])?;
//! set.begin_document(2, None);
//! set.push(3, &[0.9, 0.1])?;
//! set.push(4, &[0.0, 1.0])?;
//! let index = SearchIndex::build(&set);
//! let found = relate(&set, &index, &[1], &RelateOptions::default());
//! assert_eq!((found.relations[0].target.document, found.relations[0].target.position), (2, 3));
//! # Ok::<(), gdg_postproc::VectorError>(())
//! ```

mod duplicates;
mod fusion;
mod index;
mod quantised;
mod relate;
mod vector_set;

pub use duplicates::Duplicate;
pub use fusion::reciprocal_rank_fusion;
pub use index::{Hit, SearchIndex};
pub use relate::{Element, Findings, RelateOptions, Relation, Scope, relate};
pub use vector_set::{VectorError, VectorSet};
