//! What stands around a chunk.

use super::Chunk;
use super::cut::{beginning, ending, squeeze};
use super::passage::Passage;
use super::tokens::count_tokens;
use super::tree::Tree;
use super::window::Draft;
use gdg_config::EmbeddingConfig;

/// Headings above a chunk, and neighbours on each side, that are taken in at the most.
const MAX_TAKEN_IN: usize = 32;
/// Tokens around a chunk at the most, however large chunks may be.
const MAX_TOKENS: usize = 2048;

/// Takes in what stands around chunks.
pub(super) struct Context<'a> {
    title: Option<&'a str>,
    passages: &'a [Passage],
    tree: &'a Tree<'a>,
    levels: usize,
    before: usize,
    after: usize,
    /// Tokens around a chunk.
    budget: usize,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        title: Option<&'a str>,
        passages: &'a [Passage],
        tree: &'a Tree<'a>,
        config: &EmbeddingConfig,
    ) -> Self {
        Self {
            title: title.map(str::trim).filter(|title| !title.is_empty()),
            passages,
            tree,
            levels: MAX_TAKEN_IN.min(config.ancestor_depth as usize),
            before: MAX_TAKEN_IN.min(config.predecessor_count as usize),
            after: MAX_TAKEN_IN.min(config.successor_count as usize),
            budget: MAX_TOKENS.min(config.chunk_size.get() as usize / 2),
        }
    }

    /// The chunk, between the headings and neighbours before it and the neighbours after it. Of a text that was cut,
    /// only the first part has neighbours before it, only the last part neighbours after it.
    pub(super) fn frame(&self, draft: Draft) -> Chunk {
        let Draft { chunk, members, is_first, is_last } = draft;
        let mut budget = self.budget;
        let headings = self.headings(chunk.position);
        let mut lines = Vec::new();
        // The nearest first: it says most.
        for (_, text) in &headings {
            lines.extend(take(beginning(text, budget), &mut budget));
        }
        lines.reverse();

        let mut half = budget / 2;
        if is_first {
            let is_above = |passage: &&Passage| headings.iter().any(|(at, _)| *at == Some(passage.position));
            let neighbours = self.passages[..members.start].iter().rev().take(self.before);
            let mut texts = Vec::new();
            for passage in neighbours.filter(|passage| !is_above(passage)) {
                texts.extend(take(ending(&passage.text, half), &mut half));
            }
            texts.reverse();
            lines.append(&mut texts);
        }
        let mut rest = budget - budget / 2 + half;
        lines.push(chunk.text);
        if is_last {
            for passage in self.passages[members.end..].iter().take(self.after) {
                lines.extend(take(beginning(&passage.text, rest), &mut rest));
            }
        }
        Chunk { text: lines.join("\n"), ..chunk }
    }

    /// The headings above an element, the nearest first, and the title above them, with their positions.
    fn headings(&self, position: u32) -> Vec<(Option<u32>, &'a str)> {
        let above = |position: &u32| self.tree.node(*position).heading;
        let positions = std::iter::successors(above(&position), above).take(self.levels);
        let mut headings: Vec<(Option<u32>, &'a str)> =
            positions.map(|position| (Some(position), self.tree.node(position).text)).collect();
        if let Some(title) = self.title
            && headings.len() < self.levels
            && headings.last().is_none_or(|(_, topmost)| *topmost != title)
            && self.tree.node(position).text != title
        {
            headings.push((None, title));
        }
        headings
    }
}

/// `text` as a line, and its tokens off the budget. None where there is nothing left of it.
fn take(text: &str, budget: &mut usize) -> Option<String> {
    let text = squeeze(text);
    *budget = budget.saturating_sub(count_tokens(&text));
    (!text.is_empty()).then_some(text)
}
