//! Models that are there, and those that are missing or damaged.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_config::{EmbeddingConfig, EmbeddingProvider, Environment};
use gdg_embedding::{Embedder, EmbeddingError, StaticEmbedder, open_embedder};
use gdg_model::ErrorClass;
use serde_json::json;
use std::fs;
use std::num::NonZeroU32;
use std::path::Path;

async fn error_of(config: EmbeddingConfig) -> EmbeddingError {
    let error = open_embedder(&config, &Environment::default()).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Permanent, "{error}");
    error
}

fn with_model(provider: EmbeddingProvider, path: &Path) -> EmbeddingConfig {
    EmbeddingConfig { provider, model: Some(path.display().to_string()), ..EmbeddingConfig::default() }
}

#[tokio::test]
async fn the_model_that_ships_with_the_program_is_the_default() {
    let embedder = open_embedder(&EmbeddingConfig::default(), &Environment::default()).await.unwrap();
    assert_eq!((embedder.model(), embedder.dimensions()), ("static:minilm-l6-256", 256));
}

#[tokio::test]
async fn dimensions_that_a_model_has_not_are_named_with_those_that_it_has() {
    let error =
        error_of(EmbeddingConfig { dimensions: NonZeroU32::new(384), ..EmbeddingConfig::default() }).await;
    assert_eq!(
        error.to_string(),
        "embedding.dimensions: 384 cannot be used: the model static:minilm-l6-256 has 256: set that, or leave the key out"
    );
    let hash = EmbeddingConfig { provider: EmbeddingProvider::Hash, ..EmbeddingConfig::default() };
    let error = error_of(EmbeddingConfig { dimensions: NonZeroU32::new(1), ..hash.clone() }).await;
    assert!(error.to_string().contains("takes 8 to 65536"), "{error}");
    let given = EmbeddingConfig { dimensions: NonZeroU32::new(100), ..hash };
    assert_eq!(open_embedder(&given, &Environment::default()).await.unwrap().dimensions(), 100);
}

#[tokio::test]
async fn a_model_that_is_missing_is_named() {
    for provider in [EmbeddingProvider::Static, EmbeddingProvider::Onnx, EmbeddingProvider::Hash] {
        let error = error_of(with_model(provider, Path::new("/no/such/model"))).await;
        let text = error.to_string();
        assert!(text.starts_with("embedding.model: ") && text.contains("/no/such/model"), "{text}");
    }
    for provider in [EmbeddingProvider::Onnx, EmbeddingProvider::Openai] {
        let error = error_of(EmbeddingConfig { provider, ..EmbeddingConfig::default() }).await;
        assert!(error.to_string().starts_with("embedding.model: nothing"), "{error}");
    }
}

/// A tensor: its name, the type of its numbers, its shape and its bytes.
type Tensor<'a> = (&'a str, &'a str, &'a [usize], Vec<u8>);

/// A folder in the format of model2vec, of two words.
fn folder(at: &Path, tensors: &[Tensor<'_>]) {
    let tokenizer = json!({
        "version": "1.0",
        "normalizer": { "type": "Lowercase" },
        "pre_tokenizer": { "type": "Whitespace" },
        "model": { "type": "WordLevel", "unk_token": "[UNK]", "vocab": { "[UNK]": 0, "tide": 1, "ebb": 2 } },
    });
    fs::write(at.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    let (mut header, mut data) = (serde_json::Map::new(), Vec::<u8>::new());
    for (name, dtype, shape, bytes) in tensors {
        let offsets = [data.len(), data.len() + bytes.len()];
        header.insert((*name).into(), json!({ "dtype": dtype, "shape": shape, "data_offsets": offsets }));
        data.extend(bytes);
    }
    let header = serde_json::Value::from(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(data);
    fs::write(at.join("model.safetensors"), file).unwrap();
}

fn floats(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

#[tokio::test]
async fn a_folder_in_the_format_of_model2vec_is_a_model() {
    let at = tempfile::tempdir().unwrap();
    let numbers = floats(&[9.0, 9.0, 3.0, 4.0, 0.0, -2.0]);
    folder(at.path(), &[("embeddings", "F32", &[3, 2], numbers)]);
    let config = with_model(EmbeddingProvider::Static, at.path());
    let embedder = open_embedder(&config, &Environment::default()).await.unwrap();
    assert_eq!(embedder.dimensions(), 2);
    let vectors = embedder.embed(&["Tide", "ebb unknown", "unknown"]).await.unwrap();
    assert_eq!(vectors, [[0.6, 0.8], [0.0, -1.0], [0.0, 0.0]]);

    let name = embedder.model().to_owned();
    let halves: Vec<u8> = [0x3c00_u16, 0, 0, 0x3c00].iter().flat_map(|number| number.to_le_bytes()).collect();
    let mapping = [0_i64, 1, 0].iter().flat_map(|row| row.to_le_bytes()).collect();
    let weights = floats(&[1.0, 1.0, 0.5]);
    folder(
        at.path(),
        &[
            ("embeddings", "F16", &[2, 2], halves),
            ("mapping", "I64", &[3], mapping),
            ("weights", "F32", &[3], weights),
        ],
    );
    let changed = StaticEmbedder::open(at.path()).unwrap();
    assert_ne!(changed.model(), name, "a model that was changed in its place has another name");
    let vectors = changed.embed(&["tide", "ebb", "tide ebb"]).await.unwrap();
    assert_eq!(vectors[..2], [[0.0, 1.0], [1.0, 0.0]]);
    assert!((vectors[2][1] / vectors[2][0] - 2.0).abs() < 1e-5, "weights count");
}

#[tokio::test]
async fn a_folder_that_is_damaged_says_how() {
    let cases: [(&[Tensor<'_>], &str); 6] = [
        (&[("other", "F32", &[1, 1], floats(&[1.0]))], "no tensor `embeddings`, but other"),
        (&[("embeddings", "F32", &[2], floats(&[1.0, 1.0]))], "1 axes"),
        (&[("embeddings", "F32", &[2, 1], floats(&[1.0, 1.0]))], "2 vectors for the 3 tokens"),
        (&[("embeddings", "F32", &[3, 1], floats(&[1.0, f32::NAN, 1.0]))], "infinite"),
        (&[("embeddings", "U8", &[3, 1], vec![1, 2, 3])], "of U8"),
        (
            &[
                ("embeddings", "F32", &[1, 1], floats(&[1.0])),
                ("mapping", "I32", &[3], [0_i32, 7, 0].iter().flat_map(|row| row.to_le_bytes()).collect()),
            ],
            "leads out",
        ),
    ];
    for (tensors, problem) in cases {
        let at = tempfile::tempdir().unwrap();
        folder(at.path(), tensors);
        let error = error_of(with_model(EmbeddingProvider::Static, at.path())).await;
        assert!(error.to_string().contains(problem), "{problem}: {error}");
    }
    let at = tempfile::tempdir().unwrap();
    fs::write(at.path().join("tokenizer.json"), "{}").unwrap();
    let error = error_of(with_model(EmbeddingProvider::Static, at.path())).await;
    assert!(error.to_string().contains("is no tokenizer"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_damaged_says_how() {
    let at = tempfile::tempdir().unwrap();
    let path = at.path().join("model.bin");
    fs::write(&path, b"GDGSTAT1 and no more").unwrap();
    let error = error_of(with_model(EmbeddingProvider::Static, &path)).await;
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[tokio::test]
async fn without_the_library_of_onnx_runtime_the_error_says_which_variable_names_it() {
    let at = tempfile::tempdir().unwrap();
    folder(at.path(), &[]);
    fs::write(at.path().join("model.onnx"), b"anything").unwrap();
    let environment: Environment = [("ORT_DYLIB_PATH", "/no/such/libonnxruntime.so")].into_iter().collect();
    let error =
        open_embedder(&with_model(EmbeddingProvider::Onnx, at.path()), &environment).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("/no/such/libonnxruntime.so") && text.contains("ORT_DYLIB_PATH"), "{text}");
}
