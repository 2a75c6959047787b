//! What happens to one document between its claim and the transaction that ends it.

use crate::PipelineError;
use crate::commit_channel::CommitSender;
use crate::embedding::Embedding;
use crate::ended::{ClaimedDocument, Ended};
use crate::relating::{Relating, is_shard};
use crate::sqlite::is_unchanged;
use crate::store::{CopyStore, RelatingStore};
use gdg_config::{ByteSize, UnsupportedPolicy};
use gdg_embedding::Chunk;
use gdg_model::{Attributes, ContentHash, DocumentRef, ErrorClass, ExplicitRelationship, Format, Link};
use gdg_parsing::{DocumentParser, Input, ParseError};
use gdg_queue::{Failure, Fence};
use gdg_sources::{Fetch, Fetched, Source, SourceError};
use gdg_storage::{
    DocumentHeader, GraphDocument, KnownDocument, KnownOutcome, RelatingTerms, Run, StoredCopy,
};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Documents that are fetched, or fetched and waiting, beyond those that are being parsed.
/// It bounds open files and connections.
const FETCHES_AHEAD: usize = 16;

/// Fetches and parses documents. Fetching is asynchronous; parsing runs on
/// blocking threads, as many at a time as there are parse threads.
pub(crate) struct Processor {
    options: ProcessorOptions,
    fetch_slots: Arc<Semaphore>,
    parse_slots: Arc<Semaphore>,
    max_document_size: ByteSize,
}

/// What a processor works with.
#[derive(Clone)]
pub(crate) struct ProcessorOptions {
    /// In the order in which links are offered to them.
    pub(crate) sources: Vec<Arc<dyn Source>>,
    pub(crate) parser: Arc<DocumentParser>,
    pub(crate) parse_threads: usize,
    pub(crate) unsupported: UnsupportedPolicy,
    /// Whether links are stored as relationships; they are followed in any case.
    pub(crate) stores_links: bool,
    pub(crate) parse_fingerprint: Arc<str>,
    /// Where graphs of documents with the same content are found, if there may be any: a document that was renamed is
    /// not parsed again.
    pub(crate) copies: Option<Arc<dyn CopyStore>>,
    /// What gives documents their vectors, where they have any.
    pub(crate) embedding: Option<Embedding>,
    /// What compares documents, in a run.
    pub(crate) relating: Option<Arc<Relating>>,
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

impl Failed {
    /// Of a document of which nothing is known yet.
    fn early(class: ErrorClass, message: String) -> Self {
        Self { class, message, format: None, size: 0 }
    }
}

impl From<SourceError> for Failed {
    fn from(error: SourceError) -> Self {
        Self::early(error.class(), error.to_string())
    }
}

impl ProcessorOptions {
    /// How documents are compared, where they are.
    pub(crate) fn relating_terms(&self) -> Option<Arc<RelatingTerms>> {
        let (_, terms) = self.embedding.as_ref()?.across()?;
        Some(Arc::clone(terms))
    }

    /// For the documents of a run: from the second generation on there may be something to take over.
    pub(crate) fn for_run<S: CopyStore + RelatingStore + 'static>(&self, run: &Run, store: Arc<S>) -> Self {
        let across = self.embedding.as_ref().and_then(Embedding::across);
        let relating = across.map(|across| Arc::new(Relating::new(Arc::clone(&store) as _, across)));
        Self { copies: (run.generation > 1).then_some(store as _), relating, ..self.clone() }
    }
}

impl Processor {
    pub(crate) fn new(options: ProcessorOptions) -> Self {
        let max_document_size = options.parser.limits().max_document_size;
        let fetch_slots = Arc::new(Semaphore::new(FETCHES_AHEAD + options.parse_threads));
        let parse_slots = Arc::new(Semaphore::new(options.parse_threads));
        Self { options, fetch_slots, parse_slots, max_document_size }
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
                failure: Failure { fence, class, message, format, jitter: rand::random() },
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
        if is_shard(&document) {
            return self.relate(fence, &document).await;
        }
        let source = self.options.sources.iter().find(|source| *source.name() == document.source_name);
        let source = source.ok_or_else(|| {
            let message = format!("the configuration has no source named `{}`", document.source_name);
            Failed::early(ErrorClass::Permanent, message)
        })?;
        let same_parser = |known: &&KnownDocument| known.parse_fingerprint == *self.options.parse_fingerprint;
        let known_stamp = known.as_ref().filter(same_parser).map(|known| &known.stamp);
        let fetched = match (source.fetch(&document, known_stamp).await, &known) {
            (Ok(Fetch::Document(fetched)), _) => fetched,
            (Ok(Fetch::Unchanged { stamp }), Some(known)) => {
                document.stamp = stamp;
                return Ok(Ended::Unchanged { fence, document, format: known.format, size: known.size });
            }
            (Ok(Fetch::Unchanged { .. }), None) => {
                let message = format!("bug: {} is said to be unchanged, and was never seen", document.doc_id);
                return Err(Failed::early(ErrorClass::Permanent, message));
            }
            (Err(SourceError::Vanished { .. }), Some(_)) => return Ok(Ended::Vanished { fence, document }),
            (Err(error), _) => return Err(error.into()),
        };
        document.stamp = fetched.stamp;
        if let Some(known) = known
            .as_ref()
            .filter(|known| is_unchanged(known, &document.stamp, &self.options.parse_fingerprint))
        {
            return Ok(Ended::Unchanged { fence, document, format: known.format, size: known.size });
        }
        slots.parse = Arc::clone(&self.parse_slots).acquire_owned().await.ok();
        slots.turn = None;
        let max = self.max_document_size.bytes();
        let content = fetched.content;
        let (processor, parse_fingerprint) = (Arc::clone(&self), self.options.parse_fingerprint.to_string());
        let Fetched { name, content_type, metadata, .. } = fetched;
        let read = on_blocking_thread(move || {
            let declared_size = content.length();
            let bytes =
                content.read(max).map_err(|error| Failed { size: declared_size, ..Failed::from(error) })?;
            let (size, content_hash) = (bytes.len() as u64, ContentHash::of(&bytes));
            let header = DocumentHeader { document, size, content_hash, parse_fingerprint };
            Ok(ReadDocument { processor, header, bytes, name, content_type, metadata })
        });
        let read = read.await?;
        if let Some(known) = known.as_ref().filter(|known| has_content(known, &read.header)) {
            let (document, size) = (read.header.document, read.header.size);
            return Ok(Ended::Unchanged { fence, document, format: known.format, size });
        }
        let copy = if known.is_none() { read.find_copy().await } else { None };
        let embedding = self.options.embedding.clone();
        let parsing = on_blocking_thread(move || {
            let ended = match copy {
                Some(copy) => read.take_over(copy, fence),
                None => read.parse(fence)?,
            };
            Ok(match (ended, embedding) {
                (Ended::Stored { fence, graph }, Some(embedding)) => {
                    let chunks = embedding.cut(&graph);
                    Parsed::ToEmbed { fence, graph, chunks, embedding }
                }
                (ended, _) => Parsed::Ended(ended),
            })
        });
        match parsing.await? {
            Parsed::Ended(ended) => Ok(ended),
            Parsed::ToEmbed { fence, graph, chunks, embedding } => {
                embed(fence, graph, chunks, embedding).await
            }
        }
    }

    /// Compares the documents of a shard with all others.
    async fn relate(&self, fence: Fence, shard: &DocumentRef) -> Result<Ended, Failed> {
        let relating = self.options.relating.as_ref().ok_or_else(|| {
            let message = "documents are not compared any more, as the configuration says".to_owned();
            Failed::early(ErrorClass::Permanent, message)
        })?;
        // What the database does not answer now it may answer later.
        let failed = |error: PipelineError| Failed::early(ErrorClass::Transient, error.to_string());
        let findings = Box::new(relating.relate(shard).await.map_err(failed)?);
        Ok(Ended::Related { fence, shard: shard.clone(), terms: Arc::clone(relating.terms()), findings })
    }
}

/// A document that was parsed.
enum Parsed {
    /// There is no more to do.
    Ended(Ended),
    /// Its texts are to get vectors.
    ToEmbed { fence: Fence, graph: Box<GraphDocument>, chunks: Vec<Chunk>, embedding: Embedding },
}

/// Gives a document its vectors.
async fn embed(
    fence: Fence,
    graph: Box<GraphDocument>,
    chunks: Vec<Chunk>,
    embedding: Embedding,
) -> Result<Ended, Failed> {
    let vectors = embedding.vectors(&chunks).await.map_err(|error| Failed {
        class: error.class(),
        message: error.to_string(),
        format: Some(graph.format()),
        size: graph.header().size,
    })?;
    on_blocking_thread(move || {
        let graph = embedding.attach(*graph, &chunks, vectors);
        Ok(Ended::Stored { fence, graph: Box::new(graph) })
    })
    .await
}

/// Runs a part of a document's processing that blocks.
async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Result<T, Failed> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(Failed::early(ErrorClass::Poison, format!("bug: processing panicked: {error}")))
    })
}

/// A document whose bytes are in memory.
struct ReadDocument {
    processor: Arc<Processor>,
    header: DocumentHeader,
    bytes: Vec<u8>,
    name: String,
    content_type: Option<String>,
    /// What its source tells of it.
    metadata: Attributes,
}

impl ReadDocument {
    fn input(&self) -> Input<'_> {
        Input { name: &self.name, bytes: &self.bytes }
    }

    /// The graph of another document with the same bytes, if there is one. That the database does not tell is no
    /// reason to fail: the document is parsed.
    async fn find_copy(&self) -> Option<StoredCopy> {
        // What a source tells besides the bytes may differ.
        let copies = self.processor.options.copies.as_ref().filter(|_| self.metadata.is_empty())?;
        let format =
            self.processor.options.parser.format_of(&self.input(), self.content_type.as_deref()).ok()?;
        match copies.find_copy(&self.header, format).await {
            Ok(copy) => copy,
            Err(error) => {
                tracing::debug!(%error, doc_id = %self.header.document.doc_id, "it is not known whether there is a copy");
                None
            }
        }
    }

    fn take_over(self, copy: StoredCopy, fence: Fence) -> Ended {
        tracing::debug!(doc_id = %self.header.document.doc_id, "taken over from a document with the same content");
        let (relationships, follow) = self.resolve(&copy.links());
        let graph = GraphDocument::copied(self.header, copy, relationships).with_dependencies(follow);
        Ended::Stored { fence, graph: Box::new(graph) }
    }

    /// Parses it. Blocks until it is done.
    fn parse(self, fence: Fence) -> Result<Ended, Failed> {
        let options = &self.processor.options;
        match options.parser.parse(&self.input(), self.content_type.as_deref()) {
            Ok(mut parsed) => {
                for (name, value) in self.metadata.iter() {
                    parsed.metadata.set(name.to_owned(), value.clone());
                }
                let (relationships, follow) = self.resolve(&parsed.links);
                let graph = GraphDocument::new(self.header, parsed, relationships).with_dependencies(follow);
                Ok(Ended::Stored { fence, graph: Box::new(graph) })
            }
            Err(failure) => {
                let passed_over = options.unsupported == UnsupportedPolicy::Skip
                    && matches!(failure.error, ParseError::Unsupported { .. });
                if passed_over {
                    return Ok(Ended::Skipped { fence, header: Box::new(self.header) });
                }
                let (class, message) = (failure.error.class(), failure.error.to_string());
                Err(Failed { class, message, format: failure.format, size: self.header.size })
            }
        }
    }

    /// The relationships that its links are, as far as they are stored, and the documents to follow them to.
    fn resolve(&self, links: &[Link]) -> (Vec<ExplicitRelationship>, Vec<DocumentRef>) {
        let options = &self.processor.options;
        let (mut relationships, follow) = resolve_links(&options.sources, &self.header.document, links);
        if !options.stores_links {
            relationships.clear();
        }
        (relationships, follow)
    }
}

/// Whether a document has the bytes that it had when it was last handled, with the same parsing configuration.
fn has_content(known: &KnownDocument, header: &DocumentHeader) -> bool {
    known.parse_fingerprint == header.parse_fingerprint
        && known.content_hash == Some(header.content_hash)
        && known.outcome == KnownOutcome::Stored
}

/// The links of a document that a source recognises as its own, and the documents among their targets to process too.
/// The document's own source is asked first.
fn resolve_links(
    sources: &[Arc<dyn Source>],
    document: &DocumentRef,
    links: &[Link],
) -> (Vec<ExplicitRelationship>, Vec<DocumentRef>) {
    let (own, others): (Vec<_>, Vec<_>) =
        sources.iter().partition(|source| *source.name() == document.source_name);
    let resolve =
        |target: &str| own.iter().chain(&others).find_map(|source| source.resolve_link(document, target));
    let mut resolved: HashMap<&str, Option<gdg_sources::ResolvedLink>> = HashMap::new();
    let mut relationships = Vec::new();
    let mut follow = Vec::new();
    for link in links {
        let is_new = !resolved.contains_key(link.target.as_str());
        let target = resolved.entry(&link.target).or_insert_with(|| resolve(&link.target)).as_ref();
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
