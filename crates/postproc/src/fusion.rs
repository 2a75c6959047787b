//! Joining rankings that were made by different measures.

use std::collections::BTreeMap;
use std::hash::Hash;

/// Joins rankings, each best first: what stands at place `r` of one, counted from 1, gets `1 / (k + r)` from it, and
/// the sum decides. A `k` of 60 is usual; a smaller one lets first places count for more. What a ranking names twice
/// counts at its better place. Equal sums are in the order of the keys.
pub fn reciprocal_rank_fusion<K: Eq + Hash + Ord + Clone>(rankings: &[Vec<K>], k: f32) -> Vec<(K, f32)> {
    let mut places: BTreeMap<&K, Vec<usize>> = BTreeMap::new();
    for (number, ranking) in rankings.iter().enumerate() {
        for (place, key) in ranking.iter().enumerate() {
            let found = places.entry(key).or_insert_with(|| vec![usize::MAX; rankings.len()]);
            found[number] = found[number].min(place);
        }
    }
    let mut fused: Vec<(K, f32)> = places
        .into_iter()
        .map(|(key, mut places)| {
            // In one order, whichever ranking came first: sums of floats depend on it.
            places.sort_unstable();
            let shares = places.iter().take_while(|&&place| place != usize::MAX);
            (key.clone(), shares.map(|&place| 1.0 / (k + place as f32 + 1.0)).sum())
        })
        .collect();
    // The sort is stable, and the keys are in order.
    fused.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    fused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(fused: &[(char, f32)]) -> String {
        fused.iter().map(|(key, _)| *key).collect()
    }

    #[test]
    fn what_several_rankings_name_comes_first() {
        let fused = reciprocal_rank_fusion(&[vec!['a', 'b', 'c'], vec!['b', 'd']], 60.0);
        assert_eq!(keys(&fused), "badc");
        assert!((fused[0].1 - (1.0 / 62.0 + 1.0 / 61.0)).abs() < 1e-7);
    }

    #[test]
    fn equal_sums_are_in_the_order_of_the_keys() {
        assert_eq!(keys(&reciprocal_rank_fusion(&[vec!['z'], vec!['a'], vec!['m']], 60.0)), "amz");
    }

    #[test]
    fn the_order_of_the_rankings_does_not_matter() {
        let (a, b, c) = (vec!['a', 'b', 'c'], vec!['c', 'a'], vec!['b', 'd', 'a']);
        let one = reciprocal_rank_fusion(&[a.clone(), b.clone(), c.clone()], 60.0);
        assert_eq!(one, reciprocal_rank_fusion(&[c, a, b], 60.0));
    }

    #[test]
    fn a_key_counts_once_a_ranking() {
        assert_eq!(keys(&reciprocal_rank_fusion(&[vec!['a', 'b', 'b', 'b']], 60.0)), "ab");
        assert_eq!(reciprocal_rank_fusion::<char>(&[], 60.0), []);
    }
}
