//! Documents whose links are looked at again.

/// A document with links, whose targets a run may have yet to handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkingDocument {
    /// Its short name in the database.
    pub document_number: i64,
    /// Where in its source it is.
    pub locator: String,
    /// How many links lead to it.
    pub link_depth: u32,
}
