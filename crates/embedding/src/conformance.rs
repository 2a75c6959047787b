//! What every [`Embedder`] must do: one suite, which each implementation's
//! tests run by [`embedder_conformance_tests!`](crate::embedder_conformance_tests).

// A check that panics is a test that fails.
#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use crate::Embedder;

/// How far two vectors of one text may be apart.
const TOLERANCE: f32 = 1e-4;

/// Makes one test of each check. `$make` is an expression of type
/// `async fn() -> impl Embedder`.
#[macro_export]
macro_rules! embedder_conformance_tests {
    ($make:expr) => {
        $crate::embedder_conformance_tests! { @each $make;
            vectors_have_the_length_1_and_the_dimensions_of_the_model
            there_is_a_vector_for_each_text_in_their_order
            a_text_has_the_same_vector_in_any_company
            no_texts_have_no_vectors
            a_text_without_words_has_the_zero_vector
            a_text_of_a_megabyte_has_a_vector
            the_name_of_the_model_begins_with_its_provider
        }
    };
    (@each $make:expr; $($name:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                $crate::conformance::$name(&$make().await).await;
            }
        )+
    };
}

const TEXTS: [&str; 4] =
    ["the harbour at night", "a table of tides", "Über den Wellen 東京", "the harbour at night"];

async fn vector_of(embedder: &dyn Embedder, text: &str) -> Vec<f32> {
    embedder.embed(&[text]).await.unwrap().remove(0)
}

fn are_equal(one: &[f32], other: &[f32]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| (a - b).abs() <= TOLERANCE)
}

/// Vectors have unit length, and as many numbers as the embedder says.
pub async fn vectors_have_the_length_1_and_the_dimensions_of_the_model(embedder: &dyn Embedder) {
    for vector in embedder.embed(&TEXTS).await.unwrap() {
        let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
        assert!((length - 1.0).abs() < TOLERANCE, "a vector has the length {length}");
        assert_eq!(vector.len(), embedder.dimensions());
    }
}

/// Vectors come in the order of their texts, equal ones among them.
pub async fn there_is_a_vector_for_each_text_in_their_order(embedder: &dyn Embedder) {
    let vectors = embedder.embed(&TEXTS).await.unwrap();
    assert_eq!(vectors.len(), TEXTS.len());
    for (text, vector) in TEXTS.iter().zip(&vectors) {
        assert!(are_equal(&vector_of(embedder, text).await, vector), "{text}");
    }
    assert!(!are_equal(&vectors[0], &vectors[1]));
}

/// What else is in a batch makes no difference.
pub async fn a_text_has_the_same_vector_in_any_company(embedder: &dyn Embedder) {
    let long = "a much longer text about boats, and what they carry ".repeat(5);
    let alone = vector_of(embedder, TEXTS[0]).await;
    let company = embedder.embed(&[&long, TEXTS[0], ""]).await.unwrap();
    assert!(are_equal(&alone, &company[1]));
}

/// An empty batch is no error.
pub async fn no_texts_have_no_vectors(embedder: &dyn Embedder) {
    assert!(embedder.embed(&[]).await.unwrap().is_empty());
}

/// Texts in which there is nothing have no direction.
pub async fn a_text_without_words_has_the_zero_vector(embedder: &dyn Embedder) {
    for vector in embedder.embed(&["", " \n\t "]).await.unwrap() {
        assert_eq!(vector.len(), embedder.dimensions());
        assert!(vector.iter().all(|number| *number == 0.0), "{vector:?}");
    }
}

/// Long texts are no error.
pub async fn a_text_of_a_megabyte_has_a_vector(embedder: &dyn Embedder) {
    let vector = vector_of(embedder, &"harbour ".repeat(1 << 17)).await;
    assert!(vector.iter().all(|number| number.is_finite()) && vector.iter().any(|number| *number != 0.0));
}

/// Names tell where a vector came from, and stay.
pub async fn the_name_of_the_model_begins_with_its_provider(embedder: &dyn Embedder) {
    let before = embedder.model().to_owned();
    vector_of(embedder, TEXTS[0]).await;
    assert_eq!(embedder.model(), before);
    let (provider, name) = before.split_once(':').unwrap();
    assert!(["static", "hash", "onnx", "openai"].contains(&provider), "{provider}");
    assert!(!name.is_empty());
}
