//! Models that are a table: a vector for each piece of a word, and a text is the mean of its pieces.

use crate::embedder::normalise;
use crate::word_piece::WordPieces;
use crate::{Embedder, EmbeddingError};
use async_trait::async_trait;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;

/// Distilled from all-MiniLM-L6-v2; see the notice beside it.
const SHIPPED: &[u8] = include_bytes!("../models/minilm-l6-256/model.bin");
const SHIPPED_NAME: &str = "static:minilm-l6-256";
/// Pieces of a text that are looked at: beyond that, its mean hardly changes.
const MAX_PIECES: usize = 8_192;

/// A table of vectors.
#[derive(Debug)]
pub struct StaticEmbedder {
    name: String,
    dimensions: usize,
    words: WordPieces,
    table: Table,
}

enum Table {
    /// 8-bit numbers, with a scale for each row.
    Quantised {
        scales: Vec<f32>,
        codes: &'static [u8],
    },
    Floats(Vec<f32>),
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Table")
    }
}

/// What of a tokenizer's description is needed.
#[derive(Deserialize)]
struct Tokenizer {
    model: TokenizerModel,
}

#[derive(Deserialize)]
struct TokenizerModel {
    #[serde(rename = "type")]
    kind: Option<String>,
    vocab: HashMap<String, u32>,
}

impl StaticEmbedder {
    /// The model that comes with the program: 256 dimensions, English best, 8 MB.
    pub fn shipped() -> Result<Self, EmbeddingError> {
        Self::read_shipped(SHIPPED).ok_or_else(|| EmbeddingError::Configuration {
            key: "model",
            problem: "is unset, and the model within the program is damaged".into(),
        })
    }

    fn read_shipped(bytes: &'static [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(b"GDGSTAT1")?;
        let number = |at: usize| Some(u32::from_le_bytes(rest.get(at..at + 4)?.try_into().ok()?) as usize);
        let (count, dimensions, length) = (number(0)?, number(4)?, number(8)?);
        let vocabulary = std::str::from_utf8(rest.get(12..12 + length)?).ok()?;
        let table = rest.get(12 + length..)?;
        let scales = table.get(..4 * count)?.chunks_exact(4);
        let scales: Vec<f32> =
            scales.map(|bytes| bytes.try_into().map(f32::from_le_bytes)).collect::<Result<_, _>>().ok()?;
        let codes = table.get(4 * count..)?;
        let words = WordPieces::new(vocabulary.lines());
        (codes.len() == count * dimensions && vocabulary.lines().count() == count).then_some(Self {
            name: SHIPPED_NAME.into(),
            dimensions,
            words,
            table: Table::Quantised { scales, codes },
        })
    }

    /// A model in a folder of the form that model2vec writes: `model.safetensors` with the tensor `embeddings`, and
    /// `tokenizer.json` with word pieces. Reads the files: blocks.
    pub fn open(folder: &Path) -> Result<Self, EmbeddingError> {
        let failed = |problem: String| EmbeddingError::Configuration { key: "model", problem };
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path)
                .map_err(|error| failed(format!("names `{}`, which cannot be read: {error}", path.display())))
        };
        let in_folder = |problem: &str| failed(format!("names `{}`, which {problem}", folder.display()));
        let tokenizer: Tokenizer = serde_json::from_slice(&read("tokenizer.json")?)
            .map_err(|error| in_folder(&format!("has no usable tokenizer.json: {error}")))?;
        if tokenizer.model.kind.as_deref().is_some_and(|kind| kind != "WordPiece") {
            return Err(in_folder("has a tokenizer of another type than WordPiece"));
        }
        let weights = read("model.safetensors")?;
        let tensors = SafeTensors::deserialize(&weights)
            .map_err(|error| in_folder(&format!("has no usable model.safetensors: {error}")))?;
        let tensor = tensors
            .tensor("embeddings")
            .map_err(|_| in_folder("has no tensor `embeddings` in model.safetensors"))?;
        let &[rows, dimensions] = tensor.shape() else {
            return Err(in_folder("has a tensor `embeddings` that is no table"));
        };
        if tensor.dtype() != Dtype::F32 || dimensions == 0 {
            return Err(in_folder("has a tensor `embeddings` that is not of 32-bit floats"));
        }
        let mut tokens = vec![""; rows];
        for (token, number) in &tokenizer.model.vocab {
            match tokens.get_mut(*number as usize) {
                Some(place) => *place = token,
                None => return Err(in_folder("has more tokens than vectors")),
            }
        }
        let table: Vec<f32> = tensor
            .data()
            .chunks_exact(4)
            .filter_map(|bytes| bytes.try_into().ok().map(f32::from_le_bytes))
            .collect();
        if table.iter().any(|value| !value.is_finite()) {
            return Err(in_folder("has vectors that hold what is no finite number"));
        }
        // Whatever the folder is called: another table is another model.
        let digest = blake3::hash(&weights).to_hex();
        let name = format!("static:{}", digest.get(..12).unwrap_or_default());
        Ok(Self { name, dimensions, words: WordPieces::new(tokens), table: Table::Floats(table) })
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0_f32; self.dimensions];
        let mut count = 0;
        self.words.pieces(text, |piece| {
            if count < MAX_PIECES {
                self.add(piece as usize, &mut sum);
                count += 1;
            }
        });
        normalise(&mut sum);
        sum
    }

    fn add(&self, row: usize, sum: &mut [f32]) {
        let range = row * self.dimensions..(row + 1) * self.dimensions;
        match &self.table {
            Table::Quantised { scales, codes } => {
                let (Some(scale), Some(codes)) = (scales.get(row), codes.get(range)) else { return };
                sum.iter_mut()
                    .zip(codes)
                    .for_each(|(sum, code)| *sum += f32::from(code.cast_signed()) * scale);
            }
            Table::Floats(table) => {
                let Some(values) = table.get(range) else { return };
                sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
        }
    }
}

#[async_trait]
impl Embedder for StaticEmbedder {
    fn model(&self) -> &str {
        &self.name
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Some hundredths of a millisecond a text: it does not leave the thread.
    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(256) {
            vectors.extend(batch.iter().map(|text| self.vector(text)));
            tokio::task::yield_now().await;
        }
        Ok(vectors)
    }
}
