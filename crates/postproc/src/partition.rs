//! Dividing vectors into groups of bounded size, near to one another.

use crate::VectorSet;
use crate::means;
use rayon::prelude::*;

/// Into how many groups one step divides.
const BRANCHES: usize = 32;

/// After so many steps, groups are cut by number: what is left lies too close together for directions to matter.
const STEPS: usize = 16;

/// Divides `points` into groups of about `size`, at most half as many again. Neighbouring groups of the answer are
/// often neighbours in space.
pub(crate) fn partition(set: &VectorSet, points: Vec<u32>, size: usize, seed: u64) -> Vec<Vec<u32>> {
    divide(set, points, size.max(1), seed, STEPS)
}

fn divide(set: &VectorSet, points: Vec<u32>, size: usize, seed: u64, steps: usize) -> Vec<Vec<u32>> {
    if points.len() <= size + size / 2 {
        return if points.is_empty() { Vec::new() } else { vec![points] };
    }
    if steps == 0 {
        return points.chunks(size).map(<[u32]>::to_vec).collect();
    }
    let branches = points.len().div_ceil(size).clamp(2, BRANCHES);
    let groups = means::divide(set, &points, branches, seed);
    drop(points);
    groups
        .into_par_iter()
        .enumerate()
        .flat_map_iter(|(number, group)| {
            let seed = seed.wrapping_mul(BRANCHES as u64 + 1).wrapping_add(number as u64 + 1);
            divide(set, group, size, seed, steps - 1)
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A dense blob, a few far away, and many on a line.
    fn lopsided() -> VectorSet {
        let mut set = VectorSet::new(2);
        for number in 0..3_000_u32 {
            let far = if number % 100 == 0 { -1.0 } else { 1.0 };
            set.push(u64::from(number), 0, 0, &[far, 0.001 * (number % 7) as f32]).unwrap();
        }
        set
    }

    #[test]
    fn groups_are_bounded_and_hold_every_vector_once() {
        let set = lopsided();
        for size in [1, 2, 10, 64, 5_000] {
            let groups = partition(&set, (0..3_000).collect(), size, 9);
            assert!(groups.iter().all(|group| !group.is_empty() && group.len() <= size + size / 2));
            let mut all: Vec<u32> = groups.into_iter().flatten().collect();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..3_000));
        }
    }

    #[test]
    fn nothing_is_divided_into_nothing() {
        assert!(partition(&lopsided(), Vec::new(), 10, 9).is_empty());
    }
}
