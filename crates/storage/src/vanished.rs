//! Documents that are no longer in their sources.

use gdg_model::SourceName;

/// A part of a source that could not be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingGap {
    /// Which part: a folder, a file, a page.
    pub locator: String,
    /// Why.
    pub message: String,
    /// Whether any document of the source may lie in it, and not only those whose locators begin with this one.
    pub hides_source: bool,
}

/// A page of documents, looked at for those that have vanished.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VanishedPage {
    /// The number of the last document that was looked at; `None` when there are no more.
    pub last: Option<i64>,
    /// Documents of the source that the run has found.
    pub found: u64,
    /// The numbers of those that have vanished.
    pub vanished: Vec<i64>,
}

/// How far the removal of a source's vanished documents is in a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepProgress {
    /// The number of the last document that was looked at; 0 at the beginning.
    pub after: i64,
    /// Whether it is done.
    pub finished: bool,
}

/// Something in a run that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What it is: [`DELETION_GUARD`](Self::DELETION_GUARD).
    pub kind: String,
    /// The source that it is about.
    pub source_name: SourceName,
    /// What happened, and what to do.
    pub message: String,
}

impl Alert {
    /// More documents of a source have vanished than is believed.
    pub const DELETION_GUARD: &str = "deletion_guard";
}
