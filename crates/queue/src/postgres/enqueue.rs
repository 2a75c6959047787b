//! Documents into the queue.

use super::CHANNEL;
use crate::{NewDocument, QueueError};
use gdg_model::{DocId, RunId};
use gdg_postgres::{Transaction, Type, clean_text};

/// A document that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enqueued {
    /// Its row in the queue.
    pub queue_id: i64,
    /// Which it is.
    pub doc_id: DocId,
}

/// Adds documents, and says so to whoever waits for some; see
/// [`Queue::enqueue`](crate::Queue::enqueue). Returns those that were added.
///
/// Whether a document was added is known only once it is: callers who have
/// reasons of their own not to take one (it was handled already) look for them
/// in a later statement of the same transaction and [`withdraw`] it.
pub async fn enqueue(
    transaction: &Transaction,
    run: &RunId,
    documents: &[NewDocument],
) -> Result<Vec<Enqueued>, QueueError> {
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    let columns = Columns::of(documents);
    let keys = &columns.doc_keys;
    transaction
        .execute(
            include_str!("sql/forget_earlier_dead_letters.sql"),
            &[(&run.as_str(), Type::TEXT), (keys, Type::BYTEA_ARRAY)],
        )
        .await?;
    let rows = transaction
        .query(
            include_str!("sql/enqueue.sql"),
            &[
                (&run.as_str(), Type::TEXT),
                (&columns.doc_ids, Type::TEXT_ARRAY),
                (keys, Type::BYTEA_ARRAY),
                (&columns.source_names, Type::TEXT_ARRAY),
                (&columns.locators, Type::TEXT_ARRAY),
                (&columns.link_depths, Type::INT4_ARRAY),
                (&columns.etags, Type::TEXT_ARRAY),
                (&columns.modified_at, Type::INT8_ARRAY),
                (&columns.sizes, Type::INT8_ARRAY),
                (&columns.priorities, Type::INT2_ARRAY),
            ],
        )
        .await?;
    let mut added: Vec<Enqueued> = rows
        .iter()
        .map(|row| Enqueued { queue_id: row.get(0), doc_id: DocId::new(row.get::<_, String>(1)) })
        .collect();
    withdraw_given_up(transaction, &mut added).await?;
    if !added.is_empty() {
        announce(transaction, run).await?;
    }
    Ok(added)
}

async fn withdraw_given_up(transaction: &Transaction, added: &mut Vec<Enqueued>) -> Result<(), QueueError> {
    let queue_ids: Vec<i64> = added.iter().map(|added| added.queue_id).collect();
    let statement = include_str!("sql/withdraw_given_up.sql");
    for row in transaction.query(statement, &[(&queue_ids, Type::INT8_ARRAY)]).await? {
        let queue_id: i64 = row.get(0);
        added.retain(|added| added.queue_id != queue_id);
    }
    Ok(())
}

/// Takes back rows that this transaction added.
pub async fn withdraw(transaction: &Transaction, queue_ids: &[i64]) -> Result<(), QueueError> {
    if !queue_ids.is_empty() {
        transaction.execute(include_str!("sql/withdraw.sql"), &[(&queue_ids, Type::INT8_ARRAY)]).await?;
    }
    Ok(())
}

/// Says, once this transaction commits, that documents of `run` can be claimed.
pub async fn announce(transaction: &Transaction, run: &RunId) -> Result<(), QueueError> {
    Ok(transaction.notify(CHANNEL, run.as_str()).await?)
}

/// Documents, column by column: the form in which one statement takes many.
struct Columns<'a> {
    doc_ids: Vec<std::borrow::Cow<'a, str>>,
    doc_keys: Vec<Vec<u8>>,
    source_names: Vec<&'a str>,
    locators: Vec<std::borrow::Cow<'a, str>>,
    link_depths: Vec<i32>,
    etags: Vec<Option<std::borrow::Cow<'a, str>>>,
    modified_at: Vec<Option<i64>>,
    sizes: Vec<Option<i64>>,
    priorities: Vec<i16>,
}

impl<'a> Columns<'a> {
    fn of(new: &'a [NewDocument]) -> Self {
        let documents = || new.iter().map(|new| &new.document);
        Self {
            doc_ids: documents().map(|document| clean_text(document.doc_id.as_str())).collect(),
            doc_keys: documents().map(|document| document.doc_id.key().0.to_vec()).collect(),
            source_names: documents().map(|document| document.source_name.as_str()).collect(),
            locators: documents().map(|document| clean_text(&document.locator)).collect(),
            link_depths: documents().map(|document| document.link_depth.cast_signed()).collect(),
            etags: documents().map(|document| document.stamp.etag.as_deref().map(clean_text)).collect(),
            modified_at: documents().map(|document| document.stamp.modified_at).collect(),
            sizes: documents().map(|document| document.stamp.size.map(u64::cast_signed)).collect(),
            priorities: new.iter().map(|new| new.priority.number() as i16).collect(),
        }
    }
}
