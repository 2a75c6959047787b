//! Tokenizers that come with models, as `tokenizer.json`.

use crate::EmbeddingError;
use crate::static_model::unusable;
use std::path::Path;
use tokenizers::{Tokenizer, TruncationParams};

/// A tokenizer in the format of Hugging Face.
pub(crate) struct TokenizerFile {
    tokenizer: Tokenizer,
    unknown: Option<u32>,
}

impl TokenizerFile {
    /// The tokenizer in the folder of a model. Texts are neither padded nor, without `max_tokens`, cut.
    pub(crate) fn read(folder: &Path, max_tokens: Option<usize>) -> Result<Self, EmbeddingError> {
        let path = folder.join("tokenizer.json");
        let problem = |reason: String| unusable(folder, format!("its {}: {reason}", "tokenizer.json"));
        let bytes = std::fs::read(&path).map_err(|error| problem(format!("cannot be read: {error}")))?;
        let mut tokenizer =
            Tokenizer::from_bytes(&bytes).map_err(|error| problem(format!("is no tokenizer: {error}")))?;
        tokenizer.with_padding(None);
        let truncation =
            max_tokens.map(|max_length| TruncationParams { max_length, ..TruncationParams::default() });
        tokenizer
            .with_truncation(truncation)
            .map_err(|error| problem(format!("cannot cut texts: {error}")))?;
        let unknown = ["[UNK]", "<unk>"].into_iter().find_map(|token| tokenizer.token_to_id(token));
        Ok(Self { tokenizer, unknown })
    }

    /// Tokens that there are, special ones among them.
    pub(crate) fn vocabulary_size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// The tokens of `text` that the vocabulary has, without those that frame it.
    pub(crate) fn known_ids(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoding = self.tokenizer.encode_fast(text, false).map_err(|error| error.to_string())?;
        Ok(encoding.get_ids().iter().copied().filter(|id| Some(*id) != self.unknown).collect())
    }

    /// The tokens of `text`, with those that frame it.
    pub(crate) fn framed_ids(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoding = self.tokenizer.encode_fast(text, true).map_err(|error| error.to_string())?;
        Ok(encoding.get_ids().to_vec())
    }
}

impl std::fmt::Debug for TokenizerFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenizerFile").field("tokens", &self.vocabulary_size()).finish_non_exhaustive()
    }
}
