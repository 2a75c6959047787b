//! Vectors like those of texts: topics, and documents that keep to one of them most of the time.

use gdg_postproc::VectorSet;

/// Numbers that are the same on every machine.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// Any number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A component of a vector, around zero.
    pub(crate) fn component(&mut self) -> f32 {
        (0..4).map(|_| (self.next() >> 40) as f32 / (1 << 24) as f32 - 0.5).sum()
    }

    /// A vector.
    pub(crate) fn vector(&mut self, dimensions: usize) -> Vec<f32> {
        (0..dimensions).map(|_| self.component()).collect()
    }
}

/// Adds documents with ten elements each.
pub(crate) fn push_documents(set: &mut VectorSet, documents: std::ops::Range<u64>, topics: u64) {
    let mut random = Random(7);
    let topics: Vec<Vec<f32>> = (0..topics).map(|_| random.vector(set.dimensions())).collect();
    for document in documents {
        let mut random = Random(document.wrapping_mul(1_000_003));
        let main = random.next() as usize % topics.len();
        for position in 1..=10 {
            let other = random.next() as usize % topics.len();
            let topic = &topics[if position > 7 { other } else { main }];
            let vector: Vec<f32> = topic.iter().map(|center| center + 0.6 * random.component()).collect();
            set.push(document, position, 0, &vector).unwrap();
        }
    }
}

/// The product of two vectors.
pub(crate) fn product(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Runs on so many threads.
pub(crate) fn on_threads<R: Send>(threads: usize, run: impl FnOnce() -> R + Send) -> R {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}
