//! One ranking of several.

use std::collections::BTreeMap;

/// Fuses rankings, the best first, into one: what stands at place `r` (from 1) of a ranking gets 1 / (`k` + r) from it.
/// 60 is the usual `k`. Of equal sums the smaller key comes first. (Cormack, Clarke, Büttcher: Reciprocal Rank Fusion
/// outperforms Condorcet and individual Rank Learning Methods, SIGIR 2009.)
pub fn reciprocal_rank_fusion<K: Ord + Clone>(rankings: &[Vec<K>], k: f32) -> Vec<(K, f32)> {
    let mut sums: BTreeMap<K, f32> = BTreeMap::new();
    for ranking in rankings {
        for (place, key) in ranking.iter().enumerate() {
            *sums.entry(key.clone()).or_default() += (k + place as f32 + 1.0).recip();
        }
    }
    let mut fused: Vec<(K, f32)> = sums.into_iter().collect();
    fused.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    fused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_rankings_have_comes_first() {
        let fused = reciprocal_rank_fusion(&[vec!["a", "b", "c"], vec!["c", "d"]], 60.0);
        let order: Vec<&str> = fused.iter().map(|(key, _)| *key).collect();
        assert_eq!(order, ["c", "a", "b", "d"]);
        assert!(reciprocal_rank_fusion::<u32>(&[], 60.0).is_empty());
    }
}
