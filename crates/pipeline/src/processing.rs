//! What happens to one document between its claim and the transaction that ends it.

use crate::commit_channel::CommitSender;
use crate::ended::{ClaimedDocument, Ended};
use crate::sqlite::is_unchanged;
use gdg_config::{ByteSize, UnsupportedPolicy};
use gdg_model::{
    ContentHash, DocumentRef, ErrorClass, ExplicitRelationship, Format, ParsedDocument, SourceName,
};
use gdg_parsing::{DocumentParser, Input, ParseError};
use gdg_queue::Failure;
use gdg_sources::{Content, Fetch, Source, SourceError};
use gdg_storage::{DocumentHeader, GraphDocument, KnownDocument, KnownOutcome};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Documents that are fetched, or fetched and waiting, beyond those that are being parsed.
/// It bounds open files and connections.
const FETCHES_AHEAD: usize = 16;

/// Fetches and parses documents. Fetching is asynchronous; parsing runs on
/// blocking threads, as many at a time as there are parse threads.
#[derive(Debug)]
pub(crate) struct Processor {
    sources: HashMap<SourceName, Arc<dyn Source>>,
    parser: Arc<DocumentParser>,
    fetch_slots: Arc<Semaphore>,
    parse_slots: Arc<Semaphore>,
    max_document_size: ByteSize,
    unsupported: UnsupportedPolicy,
    /// Whether links are stored as relationships; they are followed in any case.
    stores_links: bool,
    parse_fingerprint: Arc<str>,
}

/// A document's turn to be fetched.
#[derive(Debug)]
pub(crate) struct Turn {
    _slot: Option<OwnedSemaphorePermit>,
}

/// What a document occupies while it is processed.
struct Slots {
    turn: Option<Turn>,
    parse: Option<OwnedSemaphorePermit>,
}

/// A document that failed before it was parsed, or while it was.
struct Failed {
    class: ErrorClass,
    message: String,
    format: Option<Format>,
    size: u64,
}

impl From<SourceError> for Failed {
    fn from(error: SourceError) -> Self {
        Self { class: error.class(), message: error.to_string(), format: None, size: 0 }
    }
}

impl Processor {
    pub(crate) fn new(
        sources: HashMap<SourceName, Arc<dyn Source>>,
        parser: Arc<DocumentParser>,
        parse_threads: usize,
        unsupported: UnsupportedPolicy,
        stores_links: bool,
        parse_fingerprint: Arc<str>,
    ) -> Self {
        let max_document_size = parser.limits().max_document_size;
        let fetch_slots = Arc::new(Semaphore::new(FETCHES_AHEAD + parse_threads));
        let parse_slots = Arc::new(Semaphore::new(parse_threads));
        Self {
            sources,
            parser,
            fetch_slots,
            parse_slots,
            max_document_size,
            unsupported,
            stores_links,
            parse_fingerprint,
        }
    }

    /// Waits for a document's turn. Until then it has cost nothing, and can be given back.
    pub(crate) async fn turn(&self) -> Turn {
        // The semaphore is never closed, so that a slot always comes.
        Turn { _slot: Arc::clone(&self.fetch_slots).acquire_owned().await.ok() }
    }

    /// Processes a claimed document to its end, and hands the result to the writer. Dropping the future leaves its
    /// claim open (the caller gives the fence back) and a parse that has begun
    /// running to its deadline, with nobody to listen.
    pub(crate) async fn process(self: Arc<Self>, claimed: ClaimedDocument, turn: Turn, writer: CommitSender) {
        let fence = claimed.fence;
        let document = claimed.document.clone();
        let mut slots = Slots { turn: Some(turn), parse: None };
        let ended = self.try_process(claimed, &mut slots).await.unwrap_or_else(|failed| {
            let Failed { class, message, format, size } = failed;
            Ended::Failed {
                failure: Failure { fence, class, message, jitter: rand::random() },
                document,
                format,
                size,
            }
        });
        writer.send(ended).await;
        // The parse slot is held until here: a slow writer slows the parsers down.
        drop(slots);
    }

    async fn try_process(
        self: Arc<Self>,
        claimed: ClaimedDocument,
        slots: &mut Slots,
    ) -> Result<Ended, Failed> {
        let ClaimedDocument { fence, mut document, known } = claimed;
        let source = self.sources.get(&document.source_name).ok_or_else(|| Failed {
            class: ErrorClass::Permanent,
            message: format!("the configuration has no source named `{}`", document.source_name),
            format: None,
            size: 0,
        })?;
        let source = Arc::clone(source);
        let stamp_to_beat = known
            .as_ref()
            .filter(|known| known.parse_fingerprint == *self.parse_fingerprint)
            .map(|known| &known.stamp);
        let fetched = match (source.fetch(&document, stamp_to_beat).await?, &known) {
            (Fetch::Unchanged { stamp }, Some(known)) => {
                document.stamp = stamp;
                return Ok(Ended::Unchanged { fence, document, format: known.format, size: known.size });
            }
            (Fetch::Unchanged { .. }, None) => {
                let message = format!("bug: {} is said to be unchanged, and was never seen", document.doc_id);
                return Err(Failed { class: ErrorClass::Permanent, message, format: None, size: 0 });
            }
            (Fetch::Document(fetched), _) => fetched,
        };
        document.stamp = fetched.stamp;
        if let Some(known) =
            known.as_ref().filter(|known| is_unchanged(known, &document.stamp, &self.parse_fingerprint))
        {
            return Ok(Ended::Unchanged { fence, document, format: known.format, size: known.size });
        }
        let job = ParseJob {
            processor: Arc::clone(&self),
            source,
            document,
            known,
            content: fetched.content,
            content_type: fetched.content_type,
            name: fetched.name,
        };
        slots.parse = Arc::clone(&self.parse_slots).acquire_owned().await.ok();
        slots.turn = None;
        tokio::task::spawn_blocking(move || job.run(fence)).await.unwrap_or_else(|error| {
            let message = format!("bug: processing panicked: {error}");
            Err(Failed { class: ErrorClass::Poison, message, format: None, size: 0 })
        })
    }
}

/// The part of a document's processing that blocks: reading, parsing, and making ready for storing.
struct ParseJob {
    processor: Arc<Processor>,
    source: Arc<dyn Source>,
    document: DocumentRef,
    known: Option<KnownDocument>,
    content: Content,
    content_type: Option<String>,
    name: String,
}

impl ParseJob {
    fn run(self, fence: gdg_queue::Fence) -> Result<Ended, Failed> {
        let Self { processor, source, document, known, content, content_type, name } = self;
        let declared_size = content.length();
        let bytes = content
            .read(processor.max_document_size.bytes())
            .map_err(|error| Failed { size: declared_size, ..Failed::from(error) })?;
        let size = bytes.len() as u64;
        let content_hash = ContentHash::of(&bytes);
        let header = DocumentHeader {
            document,
            size,
            content_hash,
            parse_fingerprint: processor.parse_fingerprint.to_string(),
        };
        if let Some(known) = known.filter(|known| has_content(known, &header)) {
            return Ok(Ended::Unchanged { fence, document: header.document, format: known.format, size });
        }
        let input = Input { name: &name, bytes: &bytes };
        let parsed = match processor.parser.parse(&input, content_type.as_deref()) {
            Ok(parsed) => parsed,
            Err(failure) => {
                let passed_over = processor.unsupported == UnsupportedPolicy::Skip
                    && matches!(failure.error, ParseError::Unsupported { .. });
                if passed_over {
                    return Ok(Ended::Skipped { fence, header: Box::new(header) });
                }
                let (class, message) = (failure.error.class(), failure.error.to_string());
                return Err(Failed { class, message, format: failure.format, size });
            }
        };
        let (mut relationships, follow) = resolve_links(&*source, &header.document, &parsed);
        if !processor.stores_links {
            relationships.clear();
        }
        let graph = Box::new(GraphDocument::new(header, parsed, relationships));
        Ok(Ended::Stored { fence, graph, follow })
    }
}

/// Whether a document has the bytes that it had when it was last handled, with the same parsing configuration.
fn has_content(known: &KnownDocument, header: &DocumentHeader) -> bool {
    known.parse_fingerprint == header.parse_fingerprint
        && known.content_hash == Some(header.content_hash)
        && known.outcome == KnownOutcome::Stored
}

/// The links of a document that its source recognises as its own, and the documents among their targets to process too.
fn resolve_links(
    source: &dyn Source,
    document: &DocumentRef,
    parsed: &ParsedDocument,
) -> (Vec<ExplicitRelationship>, Vec<DocumentRef>) {
    let mut resolved: HashMap<&str, Option<gdg_sources::ResolvedLink>> = HashMap::new();
    let mut relationships = Vec::new();
    let mut follow = Vec::new();
    for link in &parsed.links {
        let is_new = !resolved.contains_key(link.target.as_str());
        let target = resolved
            .entry(&link.target)
            .or_insert_with(|| source.resolve_link(document, &link.target))
            .as_ref();
        let Some(target) = target else { continue };
        relationships.push(ExplicitRelationship {
            position: link.element,
            target: target.document.doc_id.clone(),
            fragment: target.fragment.clone(),
        });
        if is_new && target.follow {
            follow.push(target.document.clone());
        }
    }
    (relationships, follow)
}
