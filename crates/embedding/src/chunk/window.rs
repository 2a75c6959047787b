//! Passages as chunks: small neighbours together, long ones in parts.

use super::Chunk;
use super::cut::{beginning, parts, squeeze};
use super::passage::Passage;
use super::tree::Tree;
use gdg_config::EmbeddingConfig;
use std::ops::Range;

/// A chunk, and which passages it was made of, whole or in part.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) chunk: Chunk,
    pub(super) members: Range<usize>,
    /// Whether it has the beginning of them.
    pub(super) is_first: bool,
    /// Whether it has the end of them.
    pub(super) is_last: bool,
}

/// The chunks of all passages, without what is around them.
pub(super) fn drafts(passages: &[Passage], tree: &Tree<'_>, config: &EmbeddingConfig) -> Vec<Draft> {
    let window_size = config.window_size.get() as usize;
    let chunk_size = config.chunk_size.get() as usize;
    let mut drafter = Drafter {
        passages,
        tree,
        chunk_size,
        overlap: config.overlap as usize,
        window_size,
        window_overlap: config.overlap_size as usize,
        small: if window_size > 1 { chunk_size / window_size } else { 0 },
        drafts: Vec::with_capacity(passages.len()),
    };
    let mut start = 0;
    while start < passages.len() {
        let end = drafter.run_end(start);
        if end - start > 1 {
            drafter.windows(start..end);
        } else {
            drafter.single(start);
        }
        start = end;
    }
    drafter.drafts
}

struct Drafter<'a> {
    passages: &'a [Passage],
    tree: &'a Tree<'a>,
    chunk_size: usize,
    overlap: usize,
    window_size: usize,
    window_overlap: usize,
    /// Tokens of a passage that is put together with others, at the most.
    small: usize,
    drafts: Vec<Draft>,
}

impl Drafter<'_> {
    /// Where the run of small neighbours ends that begins with a passage.
    fn run_end(&self, start: usize) -> usize {
        let section = |passage: &Passage| self.tree.node(passage.position).section;
        let joins = |passage: &&Passage| passage.joins && passage.tokens <= self.small;
        let first = &self.passages[start];
        if !joins(&first) {
            return start + 1;
        }
        let run = self.passages[start..].iter().take_while(joins);
        start + run.take_while(|passage| section(passage) == section(first)).count()
    }

    fn windows(&mut self, run: Range<usize>) {
        let step = self.window_size.saturating_sub(self.window_overlap).max(1);
        let mut start = run.start;
        loop {
            let end = run.end.min(start + self.window_size);
            let texts: Vec<String> =
                self.passages[start..end].iter().map(|passage| squeeze(&passage.text)).collect();
            self.push(start..end, 0, texts.join("\n"), true);
            if end == run.end {
                return;
            }
            start += step;
        }
    }

    fn single(&mut self, index: usize) {
        let passage = &self.passages[index];
        if passage.tokens > self.chunk_size {
            let parts = parts(&passage.text, self.chunk_size, self.overlap);
            let last = parts.len().saturating_sub(1);
            for (part, text) in parts.into_iter().enumerate() {
                self.push(index..index + 1, part, text, part == last);
            }
            return;
        }
        let mut text = squeeze(&passage.text);
        let mut end = index + 1;
        if passage.is_heading
            && let Some(following) = self.passages.get(index + 1)
            && following.position <= self.tree.node(passage.position).last
        {
            let room = (self.chunk_size - passage.tokens).min(self.chunk_size / 2);
            let begun = squeeze(beginning(&following.text, room));
            if !begun.is_empty() {
                text = format!("{text}\n{begun}");
                end += 1;
            }
        }
        self.push(index..end, 0, text, true);
    }

    fn push(&mut self, members: Range<usize>, part: usize, text: String, is_last: bool) {
        let position = self.passages[members.start].position;
        let chunk = Chunk { position, part: part as u32, text };
        self.drafts.push(Draft { chunk, members, is_first: part == 0, is_last });
    }
}
