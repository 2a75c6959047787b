//! Paths within a source that is a tree of folders, the rules of which are
//! taken, and the links between them: what a folder and an object store share.

mod links;
mod path;
mod patterns;

pub(crate) use self::links::Links;
pub(crate) use self::path::{MAX_LENGTH, RelativePath};
pub(crate) use self::patterns::{PatternLists, Patterns};
