//! Vectors for the elements of a document, and relationships within it.

use crate::PipelineError;
use gdg_config::{Config, EmbeddingConfig, Environment};
use gdg_embedding::{
    CachingEmbedder, Chunk, ChunkElement, Embedder, EmbeddingError, chunks_with_names, open_embedder,
};
use gdg_postproc::{IndexOptions, RelateOptions, Scope, SearchIndex, VectorSet, relate};
use gdg_storage::{
    DocumentVectors, ElementRow, ElementVector, GraphDocument, RelatingTerms, SemanticRelationship,
};
use serde_json::Value;
use std::sync::Arc;

/// What of relationships has changed when this has: then all are found anew.
const RELATING_REVISION: u32 = 1;

/// Gives documents their vectors.
#[derive(Clone)]
pub(crate) struct Embedding {
    embedder: Arc<dyn Embedder>,
    config: Arc<EmbeddingConfig>,
    /// How elements of one document are related, where they are.
    within: Option<RelateOptions>,
    /// How elements of several documents are, where they are.
    across: Option<(RelateOptions, Arc<RelatingTerms>)>,
}

impl Embedding {
    /// Opens the model of a configuration; `None` where it embeds nothing.
    pub(crate) async fn open(
        config: &Config,
        environment: &Environment,
    ) -> Result<Option<Self>, PipelineError> {
        if !config.embedding.enabled {
            return Ok(None);
        }
        let unusable = |error: EmbeddingError| PipelineError::Configuration(error.to_string());
        let embedder = open_embedder(&config.embedding, environment).await.map_err(unusable)?;
        let batch = config.embedding.batch_size.get() as usize;
        let cache = usize::try_from(config.embedding.cache_size.bytes()).unwrap_or(usize::MAX);
        let embedder = Arc::new(CachingEmbedder::new(embedder, cache).with_batch_size(batch));
        let detection = &config.relationship_detection;
        let options = |scope| RelateOptions {
            scope,
            similarity_threshold: detection.cross_document_semantic.similarity_threshold as f32,
            max_per_element: detection.cross_document_semantic.max_per_element.get() as usize,
            ..RelateOptions::default()
        };
        let is_across = detection.enabled && detection.cross_document_semantic.enabled;
        let terms = || {
            let model = embedder.model().to_owned();
            let fingerprint = config.relating_fingerprint(&model, RELATING_REVISION);
            let max_per_element = detection.cross_document_semantic.max_per_element.get();
            Arc::new(RelatingTerms { model, fingerprint, max_per_element })
        };
        Ok(Some(Self {
            within: (detection.enabled && detection.semantic).then(|| options(Scope::WithinDocument)),
            across: is_across.then(|| (options(Scope::AcrossDocuments), terms())),
            embedder,
            config: Arc::new(config.embedding.clone()),
        }))
    }

    /// The name of the model.
    pub(crate) fn model(&self) -> &str {
        self.embedder.model()
    }

    /// How elements of several documents are related, where they are.
    pub(crate) fn across(&self) -> Option<&(RelateOptions, Arc<RelatingTerms>)> {
        self.across.as_ref()
    }

    /// The texts of a document that get vectors. Blocks.
    pub(crate) fn cut(&self, graph: &GraphDocument) -> Vec<Chunk> {
        let elements: Vec<ChunkElement<'_>> = graph.elements().iter().map(chunk_element).collect();
        let names: Vec<Option<String>> = graph.elements().iter().map(name_of).collect();
        let name_of = |position: u32| names.get(position as usize).and_then(Option::as_deref);
        chunks_with_names(graph.title(), &elements, &name_of, &self.config)
    }

    /// The vectors of those texts, in their order.
    pub(crate) async fn vectors(&self, chunks: &[Chunk]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let texts: Vec<&str> = chunks.iter().map(|chunk| chunk.text.as_str()).collect();
        self.embedder.embed(&texts).await
    }

    /// The document with the vectors of its texts, and how its elements are related by them. Blocks.
    pub(crate) fn attach(
        &self,
        graph: GraphDocument,
        chunks: &[Chunk],
        vectors: Vec<Vec<f32>>,
    ) -> GraphDocument {
        let vectors = chunks.iter().zip(vectors).map(|(chunk, vector)| ElementVector {
            position: chunk.position,
            part: chunk.part,
            vector,
        });
        // What holds nothing that the model knows is like nothing.
        let vectors: Vec<_> = vectors.filter(|one| one.vector.iter().any(|value| *value != 0.0)).collect();
        let relationships = self.within.map(|options| relate_within(&vectors, &options)).unwrap_or_default();
        graph.with_vectors(DocumentVectors { model: self.model().to_owned(), vectors, relationships })
    }
}

fn chunk_element(row: &ElementRow) -> ChunkElement<'_> {
    ChunkElement { parent: row.parent, element_type: &row.element_type, text: &row.text }
}

/// What a member of something is called.
fn name_of(row: &ElementRow) -> Option<String> {
    let has_name = matches!(&*row.element_type, "json_field" | "json_object" | "json_array" | "xml_element");
    let attributes = row.attributes.as_deref().filter(|_| has_name)?;
    let attributes: Value = serde_json::from_str(attributes).ok()?;
    Some(attributes.get("name")?.as_str()?.to_owned())
}

fn relate_within(vectors: &[ElementVector], options: &RelateOptions) -> Vec<SemanticRelationship> {
    let Some(first) = vectors.first() else { return Vec::new() };
    let mut set = VectorSet::new(first.vector.len());
    for vector in vectors {
        // One that the set does not take is like nothing.
        let _ = set.push(0, vector.position, vector.part, &vector.vector);
    }
    let all: Vec<usize> = (0..set.len()).collect();
    let found = relate(&set, &SearchIndex::build(&set, &IndexOptions::default()), &all, options);
    let relationships = found.relations.into_iter().map(|one| SemanticRelationship {
        position: one.from.position,
        target: one.to.position,
        score: one.score,
    });
    relationships.collect()
}
