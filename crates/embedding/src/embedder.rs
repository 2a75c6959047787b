//! What computes vectors.

use crate::EmbeddingError;
use async_trait::async_trait;
use std::fmt::Debug;

/// Turns texts into vectors.
#[async_trait]
pub trait Embedder: Send + Sync + Debug {
    /// The name that is stored with every vector. Vectors of different names are not compared.
    fn model(&self) -> &str;

    /// The length of every vector.
    fn dimensions(&self) -> usize;

    /// The vectors of `texts`, one for each, in their order.
    ///
    /// Each has [`dimensions`](Self::dimensions) finite numbers and the
    /// Euclidean length 1. A text in which the model knows no word has the
    /// zero vector. Where one text fails, the whole call does.
    async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbeddingError>;
}

/// Scales `vector` to the length 1. One that has no length, or none that is finite, becomes the zero vector.
pub(crate) fn normalise(vector: &mut [f32]) {
    // Scaled first, so that no square leaves the range of its type.
    let largest = vector.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
    let length = vector.iter().map(|number| f64::from(number / largest).powi(2)).sum::<f64>().sqrt();
    if largest > 0.0 && length.is_finite() {
        let length = length as f32;
        vector.iter_mut().for_each(|number| *number = *number / largest / length);
    } else {
        vector.fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_any_length_become_one_long() {
        for scale in [1e-38_f32, 1.0, 1e38] {
            let mut vector = [3.0 * scale, -2.0 * scale, 0.0];
            normalise(&mut vector);
            let length: f32 = vector.iter().map(|number| number * number).sum();
            assert!((length - 1.0).abs() < 1e-5, "{vector:?}");
        }
    }

    #[test]
    fn what_has_no_length_becomes_zero() {
        for mut vector in [[0.0, 0.0], [f32::INFINITY, 1.0], [f32::NAN, 1.0]] {
            normalise(&mut vector);
            assert_eq!(vector.map(f32::to_bits), [0, 0]);
        }
    }
}
