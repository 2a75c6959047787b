//! Relating elements.
#![allow(clippy::unwrap_used)]
// Scores are exact steps: equal vectors have exactly 1, and both sides of a pair exactly the same.
#![allow(clippy::float_cmp)]

mod clusters;

use clusters::{Random, on_threads, product, push_documents};
use gdg_postproc::{
    Findings, IndexOptions, Item, RelateOptions, Relation, Scope, SearchIndex, VectorSet, affected, relate,
    relate_added,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Element = (u64, u32);

fn element(item: Item) -> Element {
    (item.document, item.position)
}

fn all(set: &VectorSet) -> Vec<usize> {
    (0..set.len()).collect()
}

fn related(set: &VectorSet, options: &RelateOptions) -> Findings {
    relate(set, &SearchIndex::build(set, &IndexOptions::default()), &all(set), options)
}

/// Small sets in which vectors are equal, elements have parts, and documents have the same content.
fn any_set() -> impl Strategy<Value = VectorSet> {
    let item = (0_u64..8, 0_u32..4, 0_u32..3);
    let vector = prop::collection::vec(-2_i8..=2, 3);
    let contents = prop::collection::vec((0_u64..8, 0_u128..3), 0..4);
    (prop::collection::btree_map(item, vector, 0..60), contents).prop_map(|(vectors, contents)| {
        let mut set = VectorSet::new(3);
        for ((document, position, part), vector) in vectors {
            let vector: Vec<f32> = vector.into_iter().map(f32::from).collect();
            // What is zero stays out.
            let _ = set.push(document, position, part, &vector);
        }
        contents.into_iter().for_each(|(document, content)| set.document_content(document, content));
        set
    })
}

fn any_options() -> impl Strategy<Value = RelateOptions> {
    let scope = prop_oneof![Just(Scope::WithinDocument), Just(Scope::AcrossDocuments)];
    (-1.0_f32..1.1, 0_usize..6, 0.8_f32..1.0, scope).prop_map(
        |(threshold, max_per_element, duplicate, scope)| RelateOptions {
            similarity_threshold: threshold,
            max_per_element,
            duplicate_threshold: duplicate,
            scope,
        },
    )
}

fn joined(shards: impl IntoIterator<Item = Findings>) -> Findings {
    let mut whole = Findings::default();
    for shard in shards {
        whole.relations.extend(shard.relations);
        whole.duplicates.extend(shard.duplicates);
    }
    // Stable: what goes out from one element stays in its order.
    whole.relations.sort_by_key(|relation| element(relation.from));
    whole.duplicates.sort_by_key(|duplicate| duplicate.document);
    whole
}

proptest! {
    #[test]
    fn shards_find_together_what_the_whole_finds(
        set in any_set(),
        options in any_options(),
        shards in prop::collection::vec(0_usize..4, 60),
    ) {
        let index = SearchIndex::build(&set, &IndexOptions::default());
        let parts = (0..4).map(|shard| {
            let subjects: Vec<usize> = all(&set).into_iter().filter(|&vector| shards[vector] == shard).collect();
            relate(&set, &index, &subjects, &options)
        });
        prop_assert_eq!(joined(parts), joined([relate(&set, &index, &all(&set), &options)]));
    }

    #[test]
    fn no_relation_breaks_a_bound(set in any_set(), options in any_options()) {
        let findings = related(&set, &options);
        let mut seen = BTreeMap::new();
        for relation in &findings.relations {
            prop_assert!(relation.score >= options.similarity_threshold);
            prop_assert!(element(relation.from) != element(relation.to));
            let is_within = relation.from.document == relation.to.document;
            prop_assert_eq!(is_within, options.scope == Scope::WithinDocument);
            let others: &mut BTreeSet<Element> = seen.entry(element(relation.from)).or_default();
            prop_assert!(others.insert(element(relation.to)), "related twice");
            prop_assert!(others.len() <= options.max_per_element);
        }
    }

    #[test]
    fn a_pair_found_from_both_sides_has_one_score(set in any_set(), options in any_options()) {
        let findings = related(&set, &options);
        let scores: BTreeMap<(Element, Element), f32> = findings
            .relations
            .iter()
            .map(|relation| ((element(relation.from), element(relation.to)), relation.score))
            .collect();
        for (&(from, to), score) in &scores {
            if let Some(back) = scores.get(&(to, from)) {
                prop_assert_eq!(score, back);
            }
        }
    }

    #[test]
    fn within_a_document_the_best_are_those_of_all_pairs(set in any_set(), limit in 1_usize..6) {
        let options = RelateOptions {
            similarity_threshold: -1.0,
            max_per_element: limit,
            scope: Scope::WithinDocument,
            ..RelateOptions::default()
        };
        let mut wanted: BTreeMap<Element, BTreeMap<Element, f32>> = BTreeMap::new();
        for one in 0..set.len() {
            for other in (0..set.len()).filter(|&other| set.item(other).document == set.item(one).document) {
                let (from, to) = (element(set.item(one)), element(set.item(other)));
                if from != to {
                    let score = wanted.entry(from).or_default().entry(to).or_insert(-1.0);
                    *score = score.max(product(&set.vector(one), &set.vector(other)));
                }
            }
        }
        let mut found: BTreeMap<Element, Vec<Relation>> = BTreeMap::new();
        for relation in related(&set, &options).relations {
            found.entry(element(relation.from)).or_default().push(relation);
        }
        prop_assert_eq!(found.len(), wanted.len());
        for (from, wanted) in &wanted {
            let mut best: Vec<f32> = wanted.values().copied().collect();
            best.sort_by(|a, b| b.total_cmp(a));
            best.truncate(limit);
            let found = &found[from];
            prop_assert_eq!(found.len(), best.len());
            for (relation, best) in found.iter().zip(best) {
                prop_assert!((relation.score - best).abs() < 1e-3);
                prop_assert!((wanted[&element(relation.to)] - best).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn a_document_is_a_duplicate_of_one_before_it_that_is_like_it(set in any_set(), options in any_options()) {
        let findings = related(&set, &options);
        for duplicate in &findings.duplicates {
            prop_assert!(duplicate.of < duplicate.document);
            prop_assert!(duplicate.share > 0.9);
            let between: Vec<&Relation> = findings
                .relations
                .iter()
                .filter(|relation| relation.from.document == duplicate.document && relation.to.document == duplicate.of)
                .collect();
            prop_assert!(between.len() <= 1);
            prop_assert!(between.iter().all(|relation| relation.from.position == 0 && relation.to.position == 0));
            let back = |relation: &Relation| {
                relation.from.document == duplicate.of && relation.to.document == duplicate.document
            };
            prop_assert!(!findings.relations.iter().any(back));
        }
        let documents: BTreeSet<u64> = findings.duplicates.iter().map(|duplicate| duplicate.document).collect();
        prop_assert_eq!(documents.len(), findings.duplicates.len());
    }

    #[test]
    fn what_arrives_and_what_was_there_are_what_is_found_anew(seed in any::<u64>(), old in 2_u64..12, new in 1_u64..4) {
        let mut random = Random(seed);
        let mut set = VectorSet::new(4);
        let mut push = |set: &mut VectorSet, documents: std::ops::Range<u64>| {
            for document in documents {
                for position in 0..3 {
                    set.push(document, position, 0, &random.vector(4)).unwrap();
                }
            }
        };
        push(&mut set, 0..old);
        let options = RelateOptions {
            similarity_threshold: 0.2,
            max_per_element: 3,
            duplicate_threshold: 1.0,
            scope: Scope::AcrossDocuments,
        };
        let mut index = SearchIndex::build(&set, &IndexOptions::default());
        let before = relate(&set, &index, &all(&set), &options);
        let first_added = set.len();
        push(&mut set, old..old + new);
        index.add(&set);
        let added: Vec<usize> = (first_added..set.len()).collect();
        let additions = relate_added(&set, &index, &added, &options);

        let mut merged: BTreeMap<Element, Vec<Relation>> = BTreeMap::new();
        for &relation in before.relations.iter().chain(&additions.arrivals) {
            merged.entry(element(relation.from)).or_default().push(relation);
        }
        for relations in merged.values_mut() {
            relations.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.to.cmp(&b.to)));
            relations.truncate(options.max_per_element);
        }
        let merged: Vec<Relation> = merged.into_values().flatten().chain(additions.findings.relations).collect();
        let anew = relate(&set, &index, &all(&set), &options);
        prop_assert_eq!(&merged, &anew.relations);

        let may_change: BTreeSet<Element> = affected(&set, &index, &added, &options)
            .into_iter()
            .map(|vector| element(set.item(vector)))
            .collect();
        for relation in anew.relations.iter().filter(|relation| relation.from.document < old) {
            let is_new = !before.relations.contains(relation);
            prop_assert!(!is_new || may_change.contains(&element(relation.from)));
        }
    }
}

#[test]
fn lists_find_nearly_all_that_is_related() {
    let mut set = VectorSet::new(64);
    push_documents(&mut set, 0..500, 50);
    let options = RelateOptions { similarity_threshold: 0.0, ..RelateOptions::default() };
    let index = SearchIndex::build(&set, &IndexOptions { relate_probes: 24, ..IndexOptions::default() });
    let subjects: Vec<usize> = (0..set.len()).step_by(25).collect();
    let findings = relate(&set, &index, &subjects, &options);
    let (mut found, mut wanted) = (0, 0);
    for &subject in &subjects {
        let own = set.item(subject);
        let vector = set.vector(subject);
        let mut others: Vec<(f32, Item)> = (0..set.len())
            .filter(|&other| set.item(other).document != own.document)
            .map(|other| (product(&set.vector(other), &vector), set.item(other)))
            .collect();
        others.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted += 10;
        let is_found = |other: Item| {
            findings.relations.iter().any(|relation| relation.from == own && relation.to == other)
        };
        found += others[..10].iter().filter(|(_, other)| is_found(*other)).count();
    }
    assert!(found * 100 >= wanted * 95, "{found} of {wanted}");
}

#[test]
fn lists_give_the_same_in_any_shards_and_on_any_number_of_threads() {
    let mut set = VectorSet::new(32);
    push_documents(&mut set, 0..500, 50);
    let options = RelateOptions::default();
    let whole = on_threads(1, || related(&set, &options));
    assert!(!whole.relations.is_empty());
    assert_eq!(whole, on_threads(4, || related(&set, &options)));
    let index = SearchIndex::build(&set, &IndexOptions::default());
    for size in [70, 999, 4_000] {
        let shards =
            all(&set).chunks(size).map(|shard| relate(&set, &index, shard, &options)).collect::<Vec<_>>();
        assert_eq!(joined(shards), whole);
    }
}

#[test]
fn a_document_too_large_for_all_pairs_is_related_within_by_lists() {
    let mut random = Random(5);
    let topics: Vec<Vec<f32>> = (0..100).map(|_| random.vector(32)).collect();
    let mut set = VectorSet::new(32);
    for position in 0..5_000 {
        let topic = &topics[position as usize % topics.len()];
        let vector: Vec<f32> = topic.iter().map(|center| center + 0.2 * random.component()).collect();
        set.push(1, position, 0, &vector).unwrap();
    }
    let options = RelateOptions { scope: Scope::WithinDocument, ..RelateOptions::default() };
    let findings = related(&set, &options);
    assert_eq!(findings.relations.len(), 50_000);
    let same = findings.relations.iter().filter(|found| found.from.position % 100 == found.to.position % 100);
    assert!(same.count() > 49_000);
}

#[test]
fn of_an_element_with_parts_the_best_part_counts_once() {
    let mut set = VectorSet::new(2);
    set.push(1, 5, 0, &[1.0, 0.0]).unwrap();
    set.push(1, 5, 1, &[1.0, 1.0]).unwrap();
    set.push(2, 3, 0, &[-1.0, 0.2]).unwrap();
    set.push(2, 3, 1, &[1.0, 0.9]).unwrap();
    let options = RelateOptions { similarity_threshold: 0.0, ..RelateOptions::default() };
    let index = SearchIndex::build(&set, &IndexOptions::default());
    let findings = relate(&set, &index, &[0], &options);
    assert_eq!(findings.relations.len(), 1);
    assert_eq!((findings.relations[0].from, findings.relations[0].to), (set.item(1), set.item(3)));
    assert_eq!(
        relate(&set, &index, &[1], &options),
        Findings::default(),
        "the first part stands for the element"
    );
}

#[test]
fn documents_with_the_same_content_are_exact_duplicates_and_related_once() {
    let mut random = Random(1);
    let chunks: Vec<Vec<f32>> = (0..4).map(|_| random.vector(8)).collect();
    let mut set = VectorSet::new(8);
    for document in [30, 20, 10] {
        for (position, chunk) in (0..).zip(&chunks) {
            set.push(document, position, 0, chunk).unwrap();
        }
        set.document_content(document, 77);
    }
    let findings = related(&set, &RelateOptions::default());
    let duplicates: Vec<_> =
        findings.duplicates.iter().map(|d| (d.document, d.of, d.exact, d.share)).collect();
    assert_eq!(duplicates, [(20, 10, true, 1.0), (30, 10, true, 1.0)]);
    let relations: Vec<_> =
        findings.relations.iter().map(|r| (element(r.from), element(r.to), r.score)).collect();
    assert_eq!(relations, [((20, 0), (10, 0), 1.0), ((30, 0), (10, 0), 1.0)]);
}

/// Two documents of 20 chunks, of which so many are alike, and as many others as it takes.
fn alike_in(chunks: usize, more: usize) -> VectorSet {
    let mut random = Random(2);
    let mut set = VectorSet::new(64);
    for position in 0..20 + more {
        let vector = random.vector(64);
        let other: Vec<f32> = vector.iter().map(|component| component + 0.01 * random.component()).collect();
        let other = if position < chunks { other } else { random.vector(64) };
        set.push(1, position as u32, 0, &vector).unwrap();
        if position < 20 {
            set.push(2, position as u32, 0, &other).unwrap();
        }
    }
    set
}

#[test]
fn documents_that_share_more_than_nine_tenths_are_nearly_the_same() {
    let findings = related(&alike_in(19, 0), &RelateOptions::default());
    assert_eq!(findings.duplicates.len(), 1);
    let duplicate = findings.duplicates[0];
    assert_eq!((duplicate.document, duplicate.of, duplicate.exact, duplicate.share), (2, 1, false, 0.95));
    assert_eq!(findings.relations.len(), 1);
    assert_eq!(findings.relations[0].score, 0.95);
}

#[test]
fn documents_that_share_less_are_related_by_their_elements() {
    for set in [alike_in(17, 0), alike_in(20, 20)] {
        let findings = related(&set, &RelateOptions::default());
        assert_eq!(findings.duplicates, []);
        assert!(findings.relations.len() >= 34);
    }
}

#[test]
fn a_crowd_of_equal_documents_is_marked_and_not_related_all_to_all() {
    let mut set = VectorSet::new(3);
    for document in 0..20_000 {
        set.push(document, 1, 0, &[1.0, 2.0, 3.0]).unwrap();
    }
    let options = RelateOptions { similarity_threshold: 0.0, ..RelateOptions::default() };
    let findings = related(&set, &options);
    assert_eq!(findings.duplicates.len(), 19_999);
    assert!(findings.duplicates.iter().all(|duplicate| duplicate.of == 0 && !duplicate.exact));
    assert_eq!(findings.relations.len(), 19_999);
}

#[test]
fn a_paragraph_that_stands_in_every_document_has_no_more_relations_than_any() {
    let mut random = Random(4);
    let mut set = VectorSet::new(16);
    for document in 0..3_000 {
        set.push(document, 1, 0, &random.vector(16)).unwrap();
        set.push(document, 2, 0, &[1.0; 16]).unwrap();
    }
    let findings = related(&set, &RelateOptions::default());
    let footers = findings.relations.iter().filter(|relation| relation.from.position == 2);
    assert_eq!(footers.clone().count(), 30_000);
    assert!(footers.clone().all(|relation| relation.score == 1.0));
    let of_last: Vec<u64> = footers.filter(|r| r.from.document == 2_999).map(|r| r.to.document).collect();
    assert_eq!(of_last, (0..10).collect::<Vec<u64>>());
}

#[test]
fn equal_paragraphs_of_one_document_are_bounded_too() {
    let mut set = VectorSet::new(2);
    for position in 0..20_000 {
        set.push(1, position, 0, &[1.0, 1.0]).unwrap();
    }
    let options =
        RelateOptions { similarity_threshold: 0.0, scope: Scope::WithinDocument, ..RelateOptions::default() };
    let findings = related(&set, &options);
    assert_eq!(findings.relations.len(), 200_000);
    assert_eq!(findings.duplicates, []);
    let first: Vec<u32> = findings.relations[..10].iter().map(|relation| relation.to.position).collect();
    assert_eq!(first, (1..11).collect::<Vec<u32>>());
}
