//! Which elements are related.

use crate::best::Best;
use crate::direction::Score;
use crate::duplicates::{COMPARABLE, Standing, are_near};
use crate::layer::WHOLE;
use crate::lists::Lists;
use crate::scan::{Eligible, Pool, Query, Scan};
use crate::subjects::{Subject, gather};
use crate::{Item, SearchIndex, VectorSet};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// So many vectors of the documents nearest to one are compared with its elements; a document that does not fit any
/// more is passed over.
const FROM_NEIGHBOURS: usize = 512;

/// Where related elements are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In the document of the element.
    WithinDocument,
    /// In all other documents.
    AcrossDocuments,
}

/// What counts as related, and how much of it is kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelateOptions {
    /// The least score of a relation.
    pub similarity_threshold: f32,
    /// How many relations go out from an element at most.
    pub max_per_element: usize,
    /// The least score of chunks that are counterparts of one another in documents that are nearly the same.
    pub duplicate_threshold: f32,
    /// Where to look.
    pub scope: Scope,
}

impl Default for RelateOptions {
    fn default() -> Self {
        Self {
            similarity_threshold: 0.7,
            max_per_element: 10,
            duplicate_threshold: 0.98,
            scope: Scope::AcrossDocuments,
        }
    }
}

/// That an element is related to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relation {
    /// The part of the element that is most like the other.
    pub from: Item,
    /// The part of the other element that it is most like.
    pub to: Item,
    /// The cosine of the angle between their vectors; exactly 1 where these are equal, and only there.
    pub score: f32,
}

/// That a document is the same as another, or nearly so.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Duplicate {
    /// The document.
    pub document: u64,
    /// The smallest number of a document that it is a duplicate of; smaller than its own.
    pub of: u64,
    /// Whether both have the same content.
    pub exact: bool,
    /// The share of chunks that have a counterpart in the other document: of both documents, the smaller share.
    pub share: f32,
}

/// What was found out about elements and their documents.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// By the element that they go out from; those of one element best first.
    pub relations: Vec<Relation>,
    /// By document.
    pub duplicates: Vec<Duplicate>,
}

/// Finds what is related to the given vectors' elements.
///
/// An element is meant where its first part is given, and is looked at with all its parts; a document is judged as a
/// duplicate where its first vector is given. So the findings for any shards of the vectors are together the findings
/// for all of them. Vectors that are not indexed are passed over.
///
/// Each element keeps its own best. Where two elements are each among the best of the other, both say so, with the same
/// score.
pub fn relate(set: &VectorSet, index: &SearchIndex, subjects: &[usize], options: &RelateOptions) -> Findings {
    let (findings, _) = relate_and_look_around(set, index, subjects, options, options.max_per_element);
    findings
}

/// The same, and for each element the best `around`, as pairs of vectors with their scores.
pub(crate) fn relate_and_look_around(
    set: &VectorSet,
    index: &SearchIndex,
    subjects: &[usize],
    options: &RelateOptions,
    around: usize,
) -> (Findings, Vec<Pair>) {
    let subjects = gather(set, index, subjects);
    let relating = Relating {
        options,
        scan: Scan {
            set,
            index,
            limit: around.max(options.max_per_element),
            floor: Score::reaching(options.similarity_threshold),
        },
    };
    let standings = relating.standings(&subjects);
    let bests = relating.bests(&subjects, &standings);
    let found: Vec<(Findings, Vec<Pair>)> = subjects
        .par_iter()
        .zip(&standings)
        .map(|(subject, standing)| relating.conclude(subject, standing, &bests[subject.queries.clone()]))
        .collect();
    let mut findings = Findings::default();
    let mut pairs = Vec::new();
    for (some, around) in found {
        findings.relations.extend(some.relations);
        findings.duplicates.extend(some.duplicates);
        pairs.extend(around);
    }
    (findings, pairs)
}

/// Two vectors of different elements.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) score: Score,
}

struct Relating<'a> {
    options: &'a RelateOptions,
    scan: Scan<'a>,
}

impl Relating<'_> {
    fn standings(&self, subjects: &[Subject]) -> Vec<Standing> {
        let (set, index) = (self.scan.set, self.scan.index);
        subjects
            .par_iter()
            .map(|subject| match self.options.scope {
                Scope::WithinDocument => Standing {
                    neighbours: Vec::new(),
                    eligible: Eligible::Within { slot: subject.slot },
                    duplicate: None,
                },
                Scope::AcrossDocuments => {
                    Standing::across(set, index, subject, self.options.duplicate_threshold)
                }
            })
            .collect()
    }

    /// The best elements for each part of each element.
    fn bests(&self, subjects: &[Subject], standings: &[Standing]) -> Vec<Best> {
        let index = self.scan.index;
        let queries: Vec<Query<'_>> = subjects
            .iter()
            .zip(standings)
            .flat_map(|(subject, standing)| {
                subject.vectors(index).map(|vector| Query { vector, eligible: &standing.eligible })
            })
            .collect();
        match (self.options.scope, index.layer.lists()) {
            (Scope::AcrossDocuments, None) => self.scan.run(&queries, &Pool::Whole(&index.layer.distinct)),
            (Scope::AcrossDocuments, Some((lists, homes))) => {
                self.scan.run(&queries, &Pool::Near { lists, home: &|vector| homes[vector as usize] })
            }
            (Scope::WithinDocument, _) => subjects
                .par_iter()
                .flat_map_iter(|subject| self.within(subject.slot, &queries[subject.queries.clone()]))
                .collect(),
        }
    }

    /// A document is compared with itself as a set of its own.
    fn within(&self, slot: u32, queries: &[Query<'_>]) -> Vec<Best> {
        let (set, index) = (self.scan.set, self.scan.index);
        let vectors = index.documents.vectors(slot);
        let mut distinct: Vec<u32> =
            vectors.iter().map(|&vector| index.layer.identical.representative(vector)).collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() <= WHOLE {
            return self.scan.run(queries, &Pool::Whole(&distinct));
        }
        let lists = Lists::build(set, distinct, index.options.list_size, index.options.seed);
        let homes: HashMap<u32, u32> = (0..lists.len() as u32)
            .flat_map(|list| lists.members(list).iter().map(move |&vector| (vector, list)))
            .collect();
        self.scan.run(queries, &Pool::Near { lists: &lists, home: &|vector| homes[&vector] })
    }

    /// Joins what was found for the parts of each element, and with what the nearest documents have.
    fn conclude(&self, subject: &Subject, standing: &Standing, bests: &[Best]) -> (Findings, Vec<Pair>) {
        let set = self.scan.set;
        let index = self.scan.index;
        let candidates = self.candidates_of_neighbours(subject.slot, standing);
        let mut near = Nearness { relating: self, slot: subject.slot, known: HashMap::new() };
        let mut findings = Findings::default();
        let mut around = Vec::new();
        findings.duplicates.extend(standing.duplicate.filter(|_| subject.is_whole));
        let of_document = findings.duplicates.first().and_then(|duplicate| self.between_documents(duplicate));

        let mut parts = bests.iter();
        for element in &subject.elements {
            let mut pairs = Vec::new();
            for (rank, best) in element.clone().zip(&mut parts) {
                let from = index.documents.at(rank);
                let mut best = best.clone();
                self.scan.compare_single(
                    &Query { vector: from, eligible: &standing.eligible },
                    &candidates,
                    &mut best,
                );
                pairs.extend(best.entries().iter().map(|&(score, to)| Pair { from, to, score }));
            }
            keep_best(set, &mut pairs);
            pairs.retain(|pair| !near.are_duplicates(pair));

            let item = set.item(index.documents.at(element.start) as usize);
            let about_document = of_document.filter(|relation| item.element() == relation.from.element());
            let room = self.options.max_per_element.saturating_sub(usize::from(about_document.is_some()));
            let kept = pairs.iter().take(room).map(|pair| pair.relation(set));
            findings.relations.extend(about_document.into_iter().chain(kept));
            pairs.truncate(self.scan.limit);
            around.extend(pairs);
        }
        if let Some(relation) = of_document
            && findings.relations.first().is_none_or(|first| first.from.element() != relation.from.element())
        {
            findings.relations.insert(0, relation);
        }
        (findings, around)
    }

    /// The vectors of the nearest documents, as many as fit.
    fn candidates_of_neighbours(&self, slot: u32, standing: &Standing) -> Vec<u32> {
        let documents = &self.scan.index.documents;
        // Without lists, everything has been compared already; and the mean of very many vectors says little.
        if self.scan.index.layer.lists().is_none() || documents.vectors(slot).len() > COMPARABLE {
            return Vec::new();
        }
        let mut candidates = Vec::new();
        for &neighbour in &standing.neighbours {
            let vectors = documents.vectors(neighbour);
            if candidates.len() + vectors.len() <= FROM_NEIGHBOURS {
                candidates.extend_from_slice(vectors);
            }
        }
        candidates
    }

    /// Documents that are duplicates are related once, as a whole.
    fn between_documents(&self, duplicate: &Duplicate) -> Option<Relation> {
        let root = |document| Item { document, position: 0, part: 0 };
        let is_wanted =
            self.options.max_per_element > 0 && duplicate.share >= self.options.similarity_threshold;
        is_wanted.then(|| Relation {
            from: root(duplicate.document),
            to: root(duplicate.of),
            score: duplicate.share,
        })
    }
}

impl Pair {
    pub(crate) fn relation(&self, set: &VectorSet) -> Relation {
        Relation {
            from: set.item(self.from as usize),
            to: set.item(self.to as usize),
            score: self.score.value(),
        }
    }
}

/// Best first, and each other element once.
fn keep_best(set: &VectorSet, pairs: &mut Vec<Pair>) {
    let item = |vector: u32| set.item(vector as usize);
    pairs.sort_by_key(|pair| (Reverse(pair.score), item(pair.to), item(pair.from)));
    let mut seen = BTreeSet::new();
    pairs.retain(|pair| seen.insert(item(pair.to).element()));
}

/// Whether documents whose elements were found are duplicates after all: not all of those are among the nearest.
struct Nearness<'a> {
    relating: &'a Relating<'a>,
    slot: u32,
    known: HashMap<u32, bool>,
}

impl Nearness<'_> {
    fn are_duplicates(&mut self, pair: &Pair) -> bool {
        let Relating { options, scan } = self.relating;
        if options.scope == Scope::WithinDocument || pair.score < Score::reaching(options.duplicate_threshold)
        {
            return false;
        }
        let other = scan.index.documents.class(scan.index.documents.slot(pair.to));
        *self
            .known
            .entry(other)
            .or_insert_with(|| are_near(scan.set, scan.index, self.slot, other, options.duplicate_threshold))
    }
}
