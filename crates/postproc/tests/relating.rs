//! What is found depends on the set alone, is nearly what an exact search finds, and costs no more than it may.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_postproc::{Findings, RelateOptions, Relation, Scope, SearchIndex, VectorSet, relate};
use proptest::prelude::*;
use std::collections::HashSet;

const DIMENSIONS: usize = 32;

/// Numbers that look random, and are the same each time.
struct Numbers(u64);

impl Numbers {
    /// The next, from -1 to 1. (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.)
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn vector(&mut self) -> Vec<f32> {
        (0..DIMENSIONS).map(|_| self.next()).collect()
    }
}

/// Documents of `elements` elements each, about `topics` things.
fn about_topics(documents: i64, elements: u32, topics: usize) -> VectorSet {
    let mut numbers = Numbers(7);
    let topics: Vec<Vec<f32>> = (0..topics).map(|_| numbers.vector()).collect();
    let mut set = VectorSet::new(DIMENSIONS);
    for document in 1..=documents {
        set.begin_document(document, None);
        for position in 1..=elements {
            let topic = &topics[(document as usize * 31 + position as usize) % topics.len()];
            let vector: Vec<f32> = topic.iter().map(|value| value + 0.5 * numbers.next()).collect();
            set.push(position, &vector).unwrap();
        }
    }
    set
}

fn all(set: &VectorSet) -> Vec<i64> {
    let mut documents: Vec<i64> = (0..set.len()).map(|place| set.element(place).unwrap().document).collect();
    documents.dedup();
    documents
}

fn relate_all(set: &VectorSet, options: &RelateOptions) -> Findings {
    relate(set, &SearchIndex::build(set), &all(set), options)
}

#[test]
fn a_large_set_is_searched_nearly_as_well_as_exactly() {
    let set = about_topics(3_000, 10, 400);
    let index = SearchIndex::build(&set);
    let (mut found, mut wanted) = (0, 0);
    let (vectors, mut numbers) = (rebuilt(set.len()), Numbers(99));
    for nearby in vectors.iter().step_by(307) {
        let query: Vec<f32> = nearby.iter().map(|value| value + 0.3 * numbers.next()).collect();
        let hits = index.search(&set, &query, 10, -1.0);
        assert!(hits.windows(2).all(|pair| pair[0].score >= pair[1].score));
        let mut exact: Vec<(f32, usize)> =
            vectors.iter().enumerate().map(|(place, vector)| (cosine(vector, &query), place)).collect();
        exact.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        let best: HashSet<usize> = exact.iter().take(10).map(|(_, place)| *place).collect();
        found += hits.iter().filter(|hit| best.contains(&hit.place)).count();
        wanted += 10;
    }
    assert!(found * 100 >= wanted * 95, "{found} of {wanted}");
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(one, other)| one * other).sum::<f32>();
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
}

/// The vectors of the set of 3,000 documents of 10 elements about 400 topics, as they were made.
fn rebuilt(count: usize) -> Vec<Vec<f32>> {
    let mut numbers = Numbers(7);
    let topics: Vec<Vec<f32>> = (0..400).map(|_| numbers.vector()).collect();
    let of_place = |place: usize| (place / 10 + 1) * 31 + place % 10 + 1;
    (0..count)
        .map(|place| {
            topics[of_place(place) % topics.len()].iter().map(|value| value + 0.5 * numbers.next()).collect()
        })
        .collect()
}

#[test]
fn documents_that_are_related_in_parts_come_to_the_same_as_all_at_once() {
    let set = about_topics(900, 10, 60);
    let index = SearchIndex::build(&set);
    let options = RelateOptions::default();
    let whole = relate(&set, &index, &all(&set), &options);
    assert!(whole.relations.len() > 1_000, "{}", whole.relations.len());
    // Another index of the same set, on one thread, and the documents one by one.
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let parts = alone.install(|| {
        let index = SearchIndex::build(&set);
        let mut parts = Findings::default();
        for document in all(&set) {
            let part = relate(&set, &index, &[document], &options);
            parts.relations.extend(part.relations);
            parts.duplicates.extend(part.duplicates);
        }
        parts
    });
    assert_eq!(parts, whole);
}

fn identical(documents: i64, elements: u32) -> VectorSet {
    let mut set = VectorSet::new(DIMENSIONS);
    let vector = Numbers(1).vector();
    for document in 1..=documents {
        set.begin_document(document, None);
        (1..=elements).for_each(|position| set.push(position, &vector).unwrap());
    }
    set
}

#[test]
fn identical_paragraphs_are_marked_rather_than_related_a_thousand_times() {
    let set = identical(20_000, 5);
    let options = RelateOptions { similarity_threshold: 0.0, ..RelateOptions::default() };
    let found = relate_all(&set, &options);
    assert_eq!(found.duplicates.len(), 19_999);
    assert!(found.duplicates.iter().all(|one| one.of <= 11 && one.share > 0.999 && !one.is_exact));
    assert!(found.relations.len() < 10 * 20_000 * 5);
}

#[test]
fn a_document_of_identical_paragraphs_is_bounded_within_itself() {
    let set = identical(1, 50_000);
    let options =
        RelateOptions { scope: Scope::WithinDocument, max_per_element: 3, ..RelateOptions::default() };
    let found = relate_all(&set, &options);
    assert_eq!(found.relations.len(), 3 * 50_000);
    assert!(found.relations.iter().all(|one| one.source != one.target && one.score > 0.99));
}

#[test]
fn documents_with_the_same_content_are_exact_duplicates() {
    let mut set = VectorSet::new(DIMENSIONS);
    let mut numbers = Numbers(5);
    let (one, two) = (numbers.vector(), numbers.vector());
    for (number, content, vectors) in
        [(1, 1, [&one, &two]), (2, 2, [&two, &two]), (3, 1, [&one, &two]), (4, 3, [&one, &two])]
    {
        set.begin_document(number, Some([content; 16]));
        vectors.iter().zip(1..).for_each(|(vector, position)| set.push(position, vector).unwrap());
    }
    set.begin_document(5, Some([1; 16]));
    let found = relate_all(&set, &RelateOptions::default());
    let duplicates: Vec<_> =
        found.duplicates.iter().map(|one| (one.document, one.of, one.is_exact)).collect();
    // The fourth says the same with other bytes; the fifth has no elements, and is not asked for.
    assert_eq!(duplicates, [(3, 1, true), (4, 1, false)]);
    let whole: Vec<&Relation> = found.relations.iter().filter(|one| one.source.position == 0).collect();
    assert!(whole.iter().all(|one| one.target.position == 0 && one.target.document == 1), "{whole:?}");
    let related = |from, to| {
        found
            .relations
            .iter()
            .any(|one| (one.source.document, one.target.document) == (from, to) && one.source.position > 0)
    };
    assert!(related(2, 1) && !related(3, 1) && !related(1, 3) && !related(4, 3));
}

proptest! {
    #[test]
    fn no_relation_is_below_the_threshold_or_beyond_the_bound(
        vectors in prop::collection::vec((1_i64..9, prop::collection::vec(-1.0_f32..1.0, 4)), 1..80),
        threshold in 0.0_f32..1.0,
        max in 1_usize..5,
        within in any::<bool>(),
    ) {
        let mut set = VectorSet::new(4);
        for number in 1..9 {
            set.begin_document(number, None);
            for (position, (_, vector)) in vectors.iter().filter(|(document, _)| *document == number).enumerate() {
                // Every other element has a second part.
                let _ = set.push(position as u32 / 2 + 1, vector);
            }
        }
        let scope = if within { Scope::WithinDocument } else { Scope::AcrossDocuments };
        let options = RelateOptions { scope, similarity_threshold: threshold, max_per_element: max, ..RelateOptions::default() };
        let found = relate_all(&set, &options);
        let mut counts = std::collections::HashMap::new();
        let mut pairs = HashSet::new();
        for one in found.relations.iter().filter(|one| one.source.position > 0) {
            prop_assert!(one.score >= threshold && one.score <= 1.0);
            prop_assert!(pairs.insert((one.source, one.target)), "twice: {:?}", one);
            prop_assert_eq!(one.source.document == one.target.document, within);
            *counts.entry(one.source).or_insert(0) += 1;
        }
        prop_assert!(counts.values().all(|count| *count <= max));
        prop_assert_eq!(relate_all(&set, &options), found);
    }
}
