//! Searching a set.
#![allow(clippy::unwrap_used)]
// Scores are exact steps: equal vectors have exactly 1, and both sides of a pair exactly the same.
#![allow(clippy::float_cmp)]

mod clusters;

use clusters::{Random, on_threads, product, push_documents};
use gdg_postproc::{Hit, IndexOptions, SearchIndex, VectorSet};
use proptest::prelude::*;

/// Goes by lists, however small the set.
const BY_LISTS: IndexOptions =
    IndexOptions { seed: 1, exact_up_to: 0, list_size: 64, search_probes: 24, relate_probes: 24 };

fn compared_with_each(set: &VectorSet, query: &[f32], limit: usize) -> Vec<usize> {
    let mut all: Vec<(f32, usize)> = (0..set.len()).map(|i| (product(&set.vector(i), query), i)).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    all.into_iter().take(limit).map(|(_, index)| index).collect()
}

proptest! {
    #[test]
    fn a_small_set_is_searched_exactly_and_ties_are_in_the_order_of_items(
        vectors in prop::collection::vec(((0_u64..6, 0_u32..3, 0_u32..2), prop::collection::vec(-3_i8..=3, 3)), 0..60),
        query in prop::collection::vec(-3_i8..=3, 3),
        limit in 0_usize..20,
    ) {
        let mut set = VectorSet::new(3);
        for ((document, position, part), vector) in &vectors {
            let vector: Vec<f32> = vector.iter().map(|&component| f32::from(component)).collect();
            // What is zero stays out.
            let _ = set.push(*document, *position, *part, &vector);
        }
        let query: Vec<f32> = query.into_iter().map(f32::from).collect();
        prop_assume!(product(&query, &query) > 0.0);
        let hits = SearchIndex::build(&set, &IndexOptions::default()).search(&set, &query, limit);
        prop_assert_eq!(hits.len(), limit.min(set.len()));
        let is_in_order = hits.is_sorted_by(|a, b| {
            a.score > b.score || (a.score == b.score && set.item(a.index) <= set.item(b.index))
        });
        prop_assert!(is_in_order);
        let length = product(&query, &query).sqrt();
        for hit in &hits {
            prop_assert!((hit.score - product(&set.vector(hit.index), &query) / length).abs() < 1e-3);
        }
        if let Some(worst) = hits.last() {
            for index in (0..set.len()).filter(|&index| hits.iter().all(|hit| hit.index != index)) {
                prop_assert!(product(&set.vector(index), &query) / length <= worst.score + 1e-3);
            }
        }
    }
}

#[test]
fn lists_find_nearly_all_that_comparing_with_each_finds() {
    let mut set = VectorSet::new(64);
    push_documents(&mut set, 0..500, 50);
    let index = SearchIndex::build(&set, &BY_LISTS);
    let mut random = Random(3);
    let (mut found, mut wanted) = (0, 0);
    for number in 0..200 {
        let near: Vec<f32> = set.vector(number * 25).iter().map(|x| x + 0.05 * random.component()).collect();
        let hits = index.search(&set, &near, 10);
        let exact = compared_with_each(&set, &near, 10);
        wanted += exact.len();
        found += exact.iter().filter(|&&index| hits.iter().any(|hit| hit.index == index)).count();
    }
    assert!(found * 100 >= wanted * 95, "{found} of {wanted}");
}

#[test]
fn the_same_set_gives_the_same_answers_on_any_number_of_threads() {
    let mut set = VectorSet::new(32);
    push_documents(&mut set, 0..500, 50);
    for options in [IndexOptions::default(), BY_LISTS] {
        let search = || -> Vec<Hit> {
            let index = SearchIndex::build(&set, &options);
            (0..50).flat_map(|number| index.search(&set, &set.vector(number * 100), 20)).collect()
        };
        assert_eq!(on_threads(1, search), on_threads(4, search));
    }
}

#[test]
fn what_is_added_is_found() {
    let mut set = VectorSet::new(32);
    push_documents(&mut set, 0..500, 50);
    let mut index = SearchIndex::build(&set, &BY_LISTS);
    let before = set.len();
    push_documents(&mut set, 500..520, 50);
    assert!(index.search(&set, &set.vector(before), 5).iter().all(|hit| hit.index < before));
    index.add(&set);
    assert_eq!(index.len(), set.len());
    for added in before..set.len() {
        let hits = index.search(&set, &set.vector(added), 1);
        assert_eq!((hits[0].index, hits[0].score), (added, 1.0));
    }
}

#[test]
fn a_set_that_grows_gets_lists() {
    let mut set = VectorSet::new(16);
    push_documents(&mut set, 0..10, 5);
    let mut index = SearchIndex::build(&set, &BY_LISTS);
    for end in [300, 500, 900] {
        push_documents(&mut set, (index.len() / 10) as u64..end, 5);
        index.add(&set);
    }
    for number in (0..set.len()).step_by(97) {
        assert_eq!(index.search(&set, &set.vector(number), 1)[0].index, number);
    }
}

#[test]
fn equal_vectors_are_all_found() {
    let mut set = VectorSet::new(2);
    for document in (0..50).rev() {
        set.push(document, 0, 0, &[1.0, 1.0]).unwrap();
        set.push(document, 1, 0, &[1.0, document as f32 + 5.0]).unwrap();
    }
    let hits = SearchIndex::build(&set, &IndexOptions::default()).search(&set, &[2.0, 2.0], 50);
    assert!(hits.iter().all(|hit| hit.score == 1.0));
    let documents: Vec<u64> = hits.iter().map(|hit| set.item(hit.index).document).collect();
    assert_eq!(documents, (0..50).collect::<Vec<u64>>());
}

#[test]
fn a_query_without_a_direction_finds_nothing() {
    let mut set = VectorSet::new(2);
    set.push(1, 0, 0, &[1.0, 0.0]).unwrap();
    let index = SearchIndex::build(&set, &IndexOptions::default());
    for query in [&[0.0, 0.0][..], &[1.0], &[f32::NAN, 1.0], &[1.0, f32::INFINITY]] {
        assert_eq!(index.search(&set, query, 10), []);
    }
    let nothing = VectorSet::new(2);
    assert_eq!(SearchIndex::build(&nothing, &IndexOptions::default()).search(&nothing, &[1.0, 0.0], 10), []);
}
