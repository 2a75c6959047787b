//! Links that are followed to documents which no listing names.

use gdg_model::DocumentRef;

/// A page of what stored documents link to in a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DependencyPage {
    /// The number of the last document that was looked at; `None` when there are no more.
    pub last: Option<i64>,
    /// Targets of links in documents that a run has handled, which the run has
    /// not handled itself. The same one may come several times.
    pub targets: Vec<DocumentRef>,
}
