//! Links that are looked at again.

use crate::{LinkingDocument, StorageError};
use gdg_model::{DocId, RunId, SourceName};
use gdg_postgres::{Transaction, Type};

/// The documents of `source` with links that `run` has handled: at most
/// `limit` of them, in order of their numbers, behind the number `after`; each
/// with the targets of its links that `run` has not handled.
pub async fn linking_documents(
    transaction: &Transaction,
    run: &RunId,
    source: &SourceName,
    after: i64,
    limit: u32,
) -> Result<Vec<(LinkingDocument, Vec<DocId>)>, StorageError> {
    let rows = transaction
        .query(
            include_str!("sql/linking_documents.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&source.as_str(), Type::TEXT),
                (&after, Type::INT8),
                (&i64::from(limit), Type::INT8),
            ],
        )
        .await?;
    let mut page: Vec<(LinkingDocument, Vec<DocId>)> = Vec::new();
    for row in rows {
        let document_number = row.get(0);
        if page.last().is_none_or(|(last, _)| last.document_number != document_number) {
            let link_depth = row.get::<_, i32>(2).unsigned_abs();
            page.push((LinkingDocument { document_number, locator: row.get(1), link_depth }, Vec::new()));
        }
        if let (Some((_, targets)), Some(target)) = (page.last_mut(), row.get::<_, Option<&str>>(3)) {
            targets.push(DocId::new(target));
        }
    }
    Ok(page)
}
