//! K-means over directions: what a node of the lists is divided by.
//!
//! Everything is counted in integers and every tie goes to the lower number, so
//! that the same points and the same seed give the same means.

use crate::VectorSet;
use crate::direction;
use rayon::prelude::*;

/// How many rounds the means are moved. More makes hardly better lists.
const ROUNDS: usize = 6;

/// How many points a mean is learned from; the others are only assigned to it.
const POINTS_A_MEAN: usize = 32;

/// How many points are assigned by one task.
const TASK: usize = 1_024;

/// Divides `points` into at most `count` groups by direction, in order of the means; none is empty.
pub(crate) fn divide(set: &VectorSet, points: &[u32], count: usize, seed: u64) -> Vec<Vec<u32>> {
    let means = learn(set, &sample(points, count * POINTS_A_MEAN, seed), count, seed);
    let assigned: Vec<u32> = points
        .par_chunks(TASK)
        .flat_map_iter(|chunk| chunk.iter().map(|&point| nearest(&means, set.direction(point)).0))
        .collect();
    let mut groups = vec![Vec::new(); means.len()];
    for (&point, &mean) in points.iter().zip(&assigned) {
        groups[mean as usize].push(point);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// Evenly spread over the points, with an offset by the seed.
fn sample(points: &[u32], size: usize, seed: u64) -> Vec<u32> {
    if points.len() <= size {
        return points.to_vec();
    }
    let mut random = Random(seed);
    (0..size)
        .map(|number| {
            let (from, to) = (number * points.len() / size, (number + 1) * points.len() / size);
            points[from + random.below((to - from) as u64) as usize]
        })
        .collect()
}

fn learn(set: &VectorSet, points: &[u32], count: usize, seed: u64) -> Vec<Vec<i16>> {
    let mut means = spread(set, points, count, seed);
    for _ in 0..ROUNDS {
        let mut sums = vec![vec![0_i64; set.dimensions()]; means.len()];
        for &point in points {
            let direction = set.direction(point);
            direction::add(&mut sums[nearest(&means, direction).0 as usize], direction);
        }
        let mut moved = false;
        for (mean, sum) in means.iter_mut().zip(&sums) {
            // A mean without points, or whose points cancel out, stays where it is.
            if let Some(direction) = direction::of_sum(sum) {
                moved |= *mean != direction;
                *mean = direction;
            }
        }
        if !moved {
            break;
        }
    }
    means
}

/// Points to begin with: each is drawn by its distance to those that were drawn before (k-means++).
fn spread(set: &VectorSet, points: &[u32], count: usize, seed: u64) -> Vec<Vec<i16>> {
    let mut random = Random(!seed);
    let mut distances = vec![u64::from(u32::MAX); points.len()];
    let mut means: Vec<Vec<i16>> = Vec::with_capacity(count);
    while means.len() < count {
        let total: u64 = distances.iter().sum();
        if total == 0 {
            break;
        }
        let mut drawn = random.below(total);
        let chosen = distances.iter().position(|&distance| {
            let here = drawn < distance;
            drawn = drawn.saturating_sub(distance);
            here
        });
        let Some(chosen) = chosen else { break };
        let mean = set.direction(points[chosen]).to_vec();
        for (distance, &point) in distances.iter_mut().zip(points) {
            let apart = (1_i64 << 30) - i64::from(direction::dot(&mean, set.direction(point)));
            *distance = (*distance).min(apart.max(0) as u64);
        }
        distances[chosen] = 0;
        means.push(mean);
    }
    means
}

/// The mean that is nearest to a direction, and the product of both.
fn nearest(means: &[Vec<i16>], direction: &[i16]) -> (u32, i32) {
    let mut best = (0, i32::MIN);
    for (number, mean) in means.iter().enumerate() {
        let product = direction::dot(mean, direction);
        if product > best.1 {
            best = (number as u32, product);
        }
    }
    best
}

/// `SplitMix64`: the same numbers on every machine and with every version.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not zero.
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}
