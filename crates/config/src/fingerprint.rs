//! Run identity: what makes two configurations the same work.

use crate::Config;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Keys of sources that say how fast they are read, and not what.
const SOURCE_PACE_KEYS: [&str; 7] =
    ["timeout", "connect_timeout", "concurrency", "requests_per_second", "delay", "page_size", "user_agent"];

/// Keys of `embedding` that say how vectors are come by, and not which.
const EMBEDDING_PACE_KEYS: [&str; 5] = ["batch_size", "cache_size", "base_url", "api_key_env", "timeout"];

impl Config {
    /// The name of the work that this configuration defines: 16 hexadecimal digits.
    ///
    /// Workers whose configurations have the same fingerprint work on the
    /// same run. It covers the sources, in any order, parsing, embedding,
    /// relationship detection and path mappings. Pool sizes, timeouts,
    /// addresses, log levels and all that is secret are no part of it.
    pub fn work_fingerprint(&self) -> String {
        let mut sources = self.content_sources.clone();
        sources.sort_by(|one, other| one.name.cmp(&other.name));
        let embedding = &self.embedding;
        let sources: Vec<Value> =
            sources.iter().map(|source| without_keys(json!(source), &SOURCE_PACE_KEYS)).collect();
        fingerprint(&json!({
            "content_sources": sources,
            "parsing": self.parsing,
            "embedding": without_keys(json!(embedding), &EMBEDDING_PACE_KEYS),
            "relationship_detection": self.relationship_detection,
            "path_mappings": self.path_mappings,
        }))
    }

    /// The name of the way in which documents are parsed, their links stored and their elements embedded, by the parsers
    /// of `revision` and the embedding model of this name, if there is one: 16 hexadecimal digits.
    ///
    /// A document that was parsed under the same fingerprint and has not
    /// changed need not be parsed again.
    pub fn parse_fingerprint(&self, revision: u32, model: Option<&str>) -> String {
        let detection = &self.relationship_detection;
        let links = detection.stores_links();
        let mut way = json!({ "parsing": self.parsing, "links": links, "revision": revision });
        if let (Some(model), Some(way)) = (model, way.as_object_mut()) {
            let within =
                (detection.enabled && detection.semantic).then_some(&detection.cross_document_semantic);
            way.insert("embedding".into(), without_keys(json!(self.embedding), &EMBEDDING_PACE_KEYS));
            way.insert("model".into(), model.into());
            way.insert("semantic".into(), json!(within));
        }
        fingerprint(&way)
    }

    /// The name of the way in which elements of different documents are related, by vectors of the model of this name and
    /// a search of `revision`: 16 hexadecimal digits.
    pub fn relating_fingerprint(&self, model: &str, revision: u32) -> String {
        let options = &self.relationship_detection.cross_document_semantic;
        fingerprint(&json!({ "model": model, "options": options, "revision": revision }))
    }
}

fn without_keys(mut section: Value, keys: &[&str]) -> Value {
    if let Some(section) = section.as_object_mut() {
        section.retain(|key, _| !keys.contains(&key.as_str()));
    }
    section
}

/// The first 64 bits of the SHA-256 of the canonical form: JSON without spaces, its keys sorted.
fn fingerprint(value: &Value) -> String {
    let mut canonical = value.clone();
    canonical.sort_all_objects();
    let digest = Sha256::digest(canonical.to_string());
    let first = digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte));
    format!("{first:016x}")
}
