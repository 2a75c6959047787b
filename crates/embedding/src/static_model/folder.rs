//! Models in the format of model2vec: `tokenizer.json` and `model.safetensors`.

use super::table::Table;
use super::{named, unusable};
use crate::EmbeddingError;
use crate::tokenizer_file::TokenizerFile;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::path::Path;

/// A model as its folder has it.
pub(super) struct Folder {
    pub(super) model: String,
    pub(super) tokenizer: TokenizerFile,
    pub(super) table: Table,
}

/// Reads a folder. Of its tensors, `embeddings` are the vectors; `weights`, if
/// they are there, weigh them, and `mapping` says which vector a token has.
pub(super) fn read(folder: &Path) -> Result<Folder, EmbeddingError> {
    let tokenizer = TokenizerFile::read(folder, None)?;
    let problem = |reason: String| unusable(folder, format!("its model.safetensors {reason}"));
    let bytes = std::fs::read(folder.join("model.safetensors"))
        .map_err(|error| problem(format!("cannot be read: {error}")))?;
    let tensors =
        SafeTensors::deserialize(&bytes).map_err(|error| problem(format!("is no such file: {error}")))?;
    let table = read_table(&tensors, tokenizer.vocabulary_size()).map_err(problem)?;
    Ok(Folder { model: named("static", folder, &bytes), tokenizer, table })
}

fn read_table(tensors: &SafeTensors<'_>, tokens: usize) -> Result<Table, String> {
    let embeddings = tensors
        .tensor("embeddings")
        .map_err(|_| format!("has no tensor `embeddings`, but {}", tensors.names().join(", ")))?;
    let &[rows, dimensions] = embeddings.shape() else {
        return Err(format!("has `embeddings` of {} axes; 2 are needed", embeddings.shape().len()));
    };
    if rows == 0 || dimensions == 0 {
        return Err("has `embeddings` without a number".into());
    }
    let numbers =
        floats(&embeddings).ok_or_else(|| format!("has `embeddings` of {:?}", embeddings.dtype()))?;
    let weights = match tensors.tensor("weights") {
        Ok(weights) => {
            Some(floats(&weights).ok_or_else(|| format!("has `weights` of {:?}", weights.dtype()))?)
        }
        Err(_) => None,
    };
    let mapping = match tensors.tensor("mapping") {
        Ok(mapping) => {
            Some(places(&mapping).ok_or_else(|| format!("has a `mapping` of {:?}", mapping.dtype()))?)
        }
        Err(_) => None,
    };
    let covered = mapping.as_ref().map_or(rows, Vec::len);
    let weighed = weights.as_ref().map_or(covered, Vec::len);
    if covered < tokens || weighed < tokens {
        return Err(format!(
            "has {} vectors for the {tokens} tokens of tokenizer.json",
            covered.min(weighed)
        ));
    }
    if mapping.is_none() && weights.is_none() {
        return checked(dimensions, numbers);
    }
    let mut resolved = Vec::with_capacity(tokens.saturating_mul(dimensions));
    for token in 0..tokens {
        let row = mapping.as_ref().map_or(token, |mapping| mapping[token]);
        let weight = weights.as_ref().map_or(1.0, |weights| weights[token]);
        let start = row.checked_mul(dimensions).ok_or("has a `mapping` that leads out of `embeddings`")?;
        let row = start.checked_add(dimensions).and_then(|end| numbers.get(start..end));
        let row = row.ok_or("has a `mapping` that leads out of `embeddings`")?;
        resolved.extend(row.iter().map(|number| number * weight));
    }
    checked(dimensions, resolved)
}

fn checked(dimensions: usize, numbers: Vec<f32>) -> Result<Table, String> {
    if numbers.iter().all(|number| number.is_finite()) {
        Ok(Table::of_floats(dimensions, numbers))
    } else {
        Err("has vectors with infinite numbers, or what is no number".into())
    }
}

fn floats(tensor: &TensorView<'_>) -> Option<Vec<f32>> {
    let data = tensor.data();
    Some(match tensor.dtype() {
        Dtype::F32 => data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        Dtype::F64 => data.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect(),
        Dtype::F16 => data.as_chunks().0.iter().map(|bytes| of_half(u16::from_le_bytes(*bytes))).collect(),
        Dtype::BF16 => {
            let wide = |bytes: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
            data.as_chunks().0.iter().map(wide).collect()
        }
        Dtype::I8 => data.iter().map(|byte| f32::from(byte.cast_signed())).collect(),
        _ => return None,
    })
}

fn places(tensor: &TensorView<'_>) -> Option<Vec<usize>> {
    let data = tensor.data();
    match tensor.dtype() {
        Dtype::I64 => {
            data.as_chunks().0.iter().map(|bytes| usize::try_from(i64::from_le_bytes(*bytes)).ok()).collect()
        }
        Dtype::I32 => {
            data.as_chunks().0.iter().map(|bytes| usize::try_from(i32::from_le_bytes(*bytes)).ok()).collect()
        }
        _ => None,
    }
}

/// A number of 16 bits as IEEE 754 has it.
fn of_half(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (bits >> 15, (bits >> 10) & 0x1f, bits & 0x3ff);
    let magnitude = match exponent {
        0 => f32::from(fraction) * 2.0_f32.powi(-24),
        0x1f if fraction == 0 => f32::INFINITY,
        0x1f => f32::NAN,
        _ => (1024.0 + f32::from(fraction)) * 2.0_f32.powi(i32::from(exponent) - 25),
    };
    if sign == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_16_bits_are_read() {
        for (bits, number) in
            [(0x3c00, 1.0), (0xc000, -2.0), (0x3555, 0.333_251_95), (0x0001, 5.960_464_5e-8)]
        {
            assert!((of_half(bits) - number).abs() <= f32::EPSILON * number.abs(), "{bits:x}");
        }
        assert!(of_half(0x7c00).is_infinite() && of_half(0x7e00).is_nan());
    }
}
