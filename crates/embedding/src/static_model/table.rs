//! Word vectors in memory, and the file that holds them.

const MAGIC: &[u8; 8] = b"GDGSTAT1";
/// Numbers of a vector at the most: a header that says more is damaged.
const MAX_DIMENSIONS: usize = 65_536;

/// A vector for each token of a vocabulary.
pub(super) struct Table {
    dimensions: usize,
    numbers: Numbers,
}

enum Numbers {
    /// A byte a number, each times its row's scale.
    Scaled {
        bytes: Vec<u8>,
        scales: Vec<f32>,
    },
    Floats(Vec<f32>),
}

impl Table {
    /// One of `numbers`, row after row.
    pub(super) fn of_floats(dimensions: usize, numbers: Vec<f32>) -> Self {
        Self { dimensions, numbers: Numbers::Floats(numbers) }
    }

    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Adds the vector of a token to `sum`. A token that has none adds nothing.
    pub(super) fn add(&self, id: u32, sum: &mut [f32]) {
        let start = id as usize * self.dimensions;
        let row = start..start + self.dimensions;
        match &self.numbers {
            Numbers::Scaled { bytes, scales } => {
                let (Some(row), Some(scale)) = (bytes.get(row), scales.get(id as usize)) else { return };
                for (sum, byte) in sum.iter_mut().zip(row) {
                    *sum += scale * f32::from(byte.cast_signed());
                }
            }
            Numbers::Floats(numbers) => {
                let Some(row) = numbers.get(row) else { return };
                for (sum, number) in sum.iter_mut().zip(row) {
                    *sum += number;
                }
            }
        }
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("dimensions", &self.dimensions).finish_non_exhaustive()
    }
}

/// Reads the file that `xtask/distil/distil.py` writes, which describes it: a
/// vocabulary and its table. The error is what is wrong with the file.
pub(super) fn read(file: &[u8]) -> Result<(Vec<String>, Table), String> {
    let mut rest = file
        .strip_prefix(MAGIC)
        .ok_or("it does not begin with GDGSTAT1; a folder in the format of model2vec is the other choice")?;
    let mut number = || -> Result<usize, String> {
        let (bytes, after) = rest.split_first_chunk::<4>().ok_or("it ends within its header")?;
        rest = after;
        Ok(u32::from_le_bytes(*bytes) as usize)
    };
    let (rows, dimensions, vocabulary_length) = (number()?, number()?, number()?);
    if rows == 0 || !(1..=MAX_DIMENSIONS).contains(&dimensions) {
        return Err(format!("it is damaged: its header says {rows} tokens of {dimensions} dimensions"));
    }
    let expected = vocabulary_length + rows * 4 + rows.saturating_mul(dimensions);
    if rest.len() != expected {
        return Err(format!("it is damaged: {expected} bytes should follow its header, {} do", rest.len()));
    }
    let (vocabulary, rest) = rest.split_at(vocabulary_length);
    let vocabulary =
        std::str::from_utf8(vocabulary).map_err(|_| "it is damaged: its vocabulary is no UTF-8")?;
    let vocabulary: Vec<String> = vocabulary.lines().map(str::to_owned).collect();
    if vocabulary.len() != rows {
        return Err(format!("it is damaged: it has {rows} vectors for {} tokens", vocabulary.len()));
    }
    let (scales, bytes) = rest.split_at(rows * 4);
    let scales: Vec<f32> = scales.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    if !scales.iter().all(|scale| scale.is_finite()) {
        return Err("it is damaged: it has a scale that is no number".into());
    }
    let numbers = Numbers::Scaled { bytes: bytes.to_vec(), scales };
    Ok((vocabulary, Table { dimensions, numbers }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut file = MAGIC.to_vec();
        for number in [2_u32, 3, 4] {
            file.extend(number.to_le_bytes());
        }
        file.extend(b"a\nb\n");
        file.extend([0.5_f32, 2.0].iter().flat_map(|scale| scale.to_le_bytes()));
        file.extend([1, 2, 255, 4, 5, 6]);
        file
    }

    #[test]
    fn vectors_are_bytes_times_the_scale_of_their_row() {
        let (vocabulary, table) = read(&file()).unwrap();
        assert_eq!(vocabulary, ["a", "b"]);
        let mut sum = vec![0.0; 3];
        table.add(0, &mut sum);
        assert_eq!(sum, [0.5, 1.0, -0.5]);
        table.add(1, &mut sum);
        table.add(2, &mut sum);
        assert_eq!(sum, [8.5, 11.0, 11.5]);
    }

    #[test]
    fn a_file_that_is_cut_or_changed_is_refused() {
        let file = file();
        for length in 0..file.len() {
            assert!(read(&file[..length]).is_err(), "{length} bytes");
        }
        for (at, byte, problem) in [
            (0, b'X', "GDGSTAT1"),
            (8, 9, "should follow"),
            (12, 0, "0 dimensions"),
            (20, 255, "UTF-8"),
            (21, b'c', "2 vectors for 1 tokens"),
            (27, 127, "no number"),
        ] {
            let mut changed = file.clone();
            changed[at] = byte;
            if at == 27 {
                changed[26] = 0x80;
            }
            let reason = read(&changed).err().unwrap();
            assert!(reason.contains(problem), "{at}: {reason}");
        }
    }
}
