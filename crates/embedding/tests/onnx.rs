//! A transformer passes the suite, where there is one: `GO_DOC_GO_TEST_ONNX`
//! names its folder and `ORT_DYLIB_PATH` the library of ONNX Runtime. Then
//! `cargo test -p gdg-embedding --test onnx -- --ignored`.
//! `xtask/distil/export_onnx.py` makes such a folder.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_config::{EmbeddingConfig, EmbeddingProvider, Environment};
use gdg_embedding::{Embedder, OnnxEmbedder, conformance};

fn open() -> OnnxEmbedder {
    let environment = Environment::of_process();
    let model =
        environment.get("GO_DOC_GO_TEST_ONNX").expect("GO_DOC_GO_TEST_ONNX names a folder").to_owned();
    let provider = EmbeddingProvider::Onnx;
    let config = EmbeddingConfig { provider, model: Some(model), ..EmbeddingConfig::default() };
    OnnxEmbedder::open(&config, &environment).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a model and ONNX Runtime, named by GO_DOC_GO_TEST_ONNX and ORT_DYLIB_PATH"]
async fn a_transformer_passes_the_suite() {
    let embedder = open();
    conformance::vectors_have_the_length_1_and_the_dimensions_of_the_model(&embedder).await;
    conformance::there_is_a_vector_for_each_text_in_their_order(&embedder).await;
    conformance::a_text_has_the_same_vector_in_any_company(&embedder).await;
    conformance::no_texts_have_no_vectors(&embedder).await;
    conformance::a_text_without_words_has_the_zero_vector(&embedder).await;
    conformance::a_text_of_a_megabyte_has_a_vector(&embedder).await;
    conformance::the_name_of_the_model_begins_with_its_provider(&embedder).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a model and ONNX Runtime, named by GO_DOC_GO_TEST_ONNX and ORT_DYLIB_PATH"]
async fn a_transformer_knows_what_sentences_mean() {
    let texts =
        ["The cat sleeps on the sofa.", "A kitten naps on the couch.", "Parliament passed a tax law."];
    let vectors = open().embed(&texts).await.unwrap();
    let likeness = |one: usize, other: usize| -> f32 {
        vectors[one].iter().zip(&vectors[other]).map(|(a, b)| a * b).sum()
    };
    assert!(likeness(0, 1) > likeness(0, 2) + 0.3, "{} {}", likeness(0, 1), likeness(0, 2));
}
