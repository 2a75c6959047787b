//! Tables of word vectors: a text's vector is the mean of those of its tokens.

mod folder;
mod table;
mod word_piece;

use self::table::Table;
use self::word_piece::WordPiece;
use crate::blocking::computing;
use crate::embedder::normalise;
use crate::tokenizer_file::TokenizerFile;
use crate::{Embedder, EmbeddingError};
use async_trait::async_trait;
use std::path::Path;

/// The model that ships with the program; see `models/minilm-l6-256/NOTICE`.
const SHIPPED: &[u8] = include_bytes!("../../models/minilm-l6-256/model.bin");

/// Embeds by a table of word vectors.
///
/// The mean of a table's rows says nothing of the order of words, and is a
/// hundred times as fast as a transformer.
#[derive(Debug)]
pub struct StaticEmbedder {
    model: String,
    tokenizer: Tokenizer,
    table: Table,
}

#[derive(Debug)]
enum Tokenizer {
    WordPiece(WordPiece),
    File(Box<TokenizerFile>),
}

impl StaticEmbedder {
    /// The name of the model that ships with the program.
    pub const SHIPPED_MODEL: &str = "minilm-l6-256";

    /// The model that ships with the program.
    pub fn shipped() -> Result<Self, EmbeddingError> {
        let model = format!("static:{}", Self::SHIPPED_MODEL);
        Self::of_file(model, table::read(SHIPPED), "that ships with the program")
    }

    /// A model of one's own: a folder in the format of model2vec, or a file in
    /// the format of the one that ships with the program. Its name is that of
    /// the folder or file, with a digest of its content.
    pub fn open(path: &Path) -> Result<Self, EmbeddingError> {
        if path.is_dir() {
            let folder = folder::read(path)?;
            return Ok(Self {
                model: folder.model,
                tokenizer: Tokenizer::File(Box::new(folder.tokenizer)),
                table: folder.table,
            });
        }
        let bytes =
            std::fs::read(path).map_err(|error| unusable(path, format!("it cannot be read: {error}")))?;
        let model = named("static", path, &bytes);
        let read = table::read(&bytes);
        Self::of_file(model, read, &path.display().to_string())
    }

    fn of_file(
        model: String,
        read: Result<(Vec<String>, Table), String>,
        place: &str,
    ) -> Result<Self, EmbeddingError> {
        let (vocabulary, table) = read.map_err(|reason| unusable(Path::new(place), reason))?;
        Ok(Self { model, tokenizer: Tokenizer::WordPiece(WordPiece::new(&vocabulary)), table })
    }

    fn vector(&self, text: &str) -> Result<Vec<f32>, EmbeddingError> {
        let mut sum = vec![0.0; self.table.dimensions()];
        match &self.tokenizer {
            Tokenizer::WordPiece(word_piece) => word_piece.encode(text, |id| self.table.add(id, &mut sum)),
            Tokenizer::File(tokenizer) => {
                let ids = tokenizer.known_ids(text);
                let ids =
                    ids.map_err(|reason| EmbeddingError::Model { model: self.model.clone(), reason })?;
                ids.into_iter().for_each(|id| self.table.add(id, &mut sum));
            }
        }
        // The mean differs from the sum in length only.
        normalise(&mut sum);
        Ok(sum)
    }
}

#[async_trait]
impl Embedder for StaticEmbedder {
    fn model(&self) -> &str {
        &self.model
    }

    fn dimensions(&self) -> usize {
        self.table.dimensions()
    }

    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        computing(|| texts.iter().map(|text| self.vector(text)).collect())
    }
}

/// The name of a model of one's own: a model that was changed in its place has another one.
pub(crate) fn named(provider: &str, path: &Path, content: &[u8]) -> String {
    let digest = blake3::hash(content).to_hex();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("{provider}:{name}@{}", &digest[..8])
}

/// An error of the key `embedding.model`.
pub(crate) fn unusable(path: &Path, allowed: impl Into<String>) -> EmbeddingError {
    EmbeddingError::Unusable {
        key: "embedding.model",
        found: format!("the model {}", path.display()),
        allowed: allowed.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(embedder: &StaticEmbedder, one: &str, other: &str) -> f32 {
        let (one, other) = (embedder.vector(one).unwrap(), embedder.vector(other).unwrap());
        one.iter().zip(other).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn sentences_of_one_meaning_are_closer_than_others() {
        let embedder = StaticEmbedder::shipped().unwrap();
        for (sentence, close, far) in [
            (
                "The cat sleeps on the sofa.",
                "A kitten naps on the couch.",
                "The parliament passed a new tax law.",
            ),
            ("How do I reset my password?", "Steps to recover a forgotten login", "Recipe for tomato soup"),
            (
                "The ship entered the harbour.",
                "A vessel arrived at the port.",
                "Photosynthesis takes place in leaves.",
            ),
            (
                "Heavy rain caused floods in the valley.",
                "A storm brought flooding to the town.",
                "She plays the violin.",
            ),
            (
                "The company reported higher profits.",
                "Earnings of the firm rose.",
                "Birds migrate south in autumn.",
            ),
            (
                "Doctors treat the disease with antibiotics.",
                "Physicians prescribe medicine for the infection.",
                "The train was late.",
            ),
            (
                "He fixed the engine of his car.",
                "The mechanic repaired the vehicle.",
                "The painting hangs in the museum.",
            ),
            (
                "The database stores rows in tables.",
                "SQL records are kept in a relational schema.",
                "We walked along the beach.",
            ),
            (
                "Children play football in the park.",
                "Kids are kicking a ball on the grass.",
                "The bank raised interest rates.",
            ),
            (
                "Install the software on your computer.",
                "Set up the program on a laptop.",
                "The volcano erupted last year.",
            ),
        ] {
            let (near, apart) = (likeness(&embedder, sentence, close), likeness(&embedder, sentence, far));
            assert!(near > apart + 0.15, "{sentence}: {near} for `{close}`, {apart} for `{far}`");
        }
    }

    #[test]
    fn a_text_without_a_known_word_has_the_zero_vector() {
        let embedder = StaticEmbedder::shipped().unwrap();
        for text in ["", " \n", "\u{1F9FF}", &"x".repeat(1000)] {
            assert!(embedder.vector(text).unwrap().iter().all(|number| *number == 0.0), "{text}");
        }
    }
}
