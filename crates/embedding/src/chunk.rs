//! A document cut into texts that each get a vector.
//!
//! - Prose gets a vector an element: a paragraph, a code block, a caption. A heading goes with the first text beneath
//!   it; alone it says too little.
//! - A list, a table, a quotation get one as a whole, at their own position; a cell never has one.
//! - An object of JSON, YAML or XML gets one as a whole, `name: value` a line, unless it is longer than `chunk_size`: then
//!   its parts do, and what is left of it.
//! - Texts that are longer than `chunk_size` are cut at the ends of sentences, or else between words, and each part shares
//!   `overlap` tokens with the one before it.
//! - Neighbours of a few words are embedded together, `window_size` of them, of which `overlap_size` are in the next
//!   window too.
//! - Headers and footers of pages, fields of message headers, links and images get none.
//!
//! With `contextual`, a text is embedded with the headings above it and its neighbours. They take no more than half of
//! `chunk_size`.
//!
//! Tokens are counted as five letters of a word, or one ideograph: within a quarter of what tokenizers count for prose.
//! All of it takes time in proportion to the document.

use gdg_config::EmbeddingConfig;

/// Tokens below which a text is put together with its neighbours.
const SMALL: usize = 8;
/// Letters of what is no word any more, and is cut anywhere.
const MAX_WORD: usize = 100;

/// An element as chunks are made of it.
#[derive(Debug, Clone, Default)]
pub struct ChunkElement<'a> {
    /// The position of its parent, smaller than its own, which is its place in the list.
    pub parent: Option<u32>,
    /// Its type, by the name that is stored.
    pub element_type: &'a str,
    /// Its name, where it is a member of something.
    pub name: Option<String>,
    /// Its own text.
    pub text: &'a str,
}

/// A text that gets a vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The position of the element that it stands for.
    pub position: u32,
    /// Which part of the element it is, from 0.
    pub part: u32,
    /// What is embedded.
    pub text: String,
}

/// The chunks of a document, by position and part. `elements` is its tree in document order, the root first.
pub fn chunks(title: Option<&str>, elements: &[ChunkElement<'_>], config: &EmbeddingConfig) -> Vec<Chunk> {
    let size = config.chunk_size.get() as usize;
    let passages = Passages::of(elements, size).passages;
    let passages = windows(passages, config);
    let contexts = Contexts { title, elements, passages: &passages, config };
    let mut chunks = Vec::with_capacity(passages.len());
    for (place, passage) in passages.iter().enumerate() {
        let context = contexts.of(place);
        let parts = cut(&passage.text, size, (config.overlap as usize).min(size / 2));
        for (part, text) in parts.into_iter().enumerate() {
            chunks.push(Chunk { position: passage.position, part: part as u32, text: context.around(text) });
        }
    }
    chunks
}

/// A text of an element, or of all that is in it.
#[derive(Debug, Clone)]
struct Passage {
    position: u32,
    parent: Option<u32>,
    /// Whether it is prose, and may stand with its neighbours.
    is_prose: bool,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Its own text is one, and what is in it stands for itself.
    Prose,
    /// With all that is in it.
    Whole,
    /// With all that is in it, unless that is long.
    Record,
    Heading,
    Nothing,
}

fn role_of(element_type: &str) -> Role {
    match element_type {
        "heading" | "slide" => Role::Heading,
        "list" | "table" | "blockquote" => Role::Whole,
        "json_object" | "json_array" | "xml_element" => Role::Record,
        "page_header" | "page_footer" | "email_header" | "link" | "image" => Role::Nothing,
        _ => Role::Prose,
    }
}

struct Passages<'a> {
    elements: &'a [ChunkElement<'a>],
    /// The end of what is in each element.
    ends: Vec<usize>,
    /// Tokens of each element with all that is in it.
    sizes: Vec<usize>,
    size: usize,
    /// A heading that waits for the first text beneath it.
    heading: Option<(usize, &'a str)>,
    passages: Vec<Passage>,
}

impl<'a> Passages<'a> {
    fn of(elements: &'a [ChunkElement<'a>], size: usize) -> Self {
        let mut ends: Vec<usize> = (1..=elements.len()).collect();
        let mut sizes: Vec<usize> = elements.iter().map(|element| tokens(element.text)).collect();
        for place in (1..elements.len()).rev() {
            let Some(parent) = elements.get(place).and_then(|element| element.parent) else { continue };
            let (end, of_place) = (ends.get(place).copied(), sizes.get(place).copied());
            if let (Some(parent_end), Some(end)) = (ends.get_mut(parent as usize), end) {
                *parent_end = (*parent_end).max(end);
            }
            if let (Some(total), Some(of_place)) = (sizes.get_mut(parent as usize), of_place) {
                *total = total.saturating_add(of_place);
            }
        }
        let mut passages = Self { elements, ends, sizes, size, heading: None, passages: Vec::new() };
        passages.walk();
        passages
    }

    /// Goes through the elements in their order, past those that another one stands for.
    fn walk(&mut self) {
        let mut place = 0;
        while let Some(element) = self.elements.get(place) {
            let end = self.ends.get(place).copied().unwrap_or(place + 1).max(place + 1);
            let fits = self.sizes.get(place).is_none_or(|size| *size <= self.size);
            match role_of(element.element_type) {
                Role::Nothing => place = end,
                Role::Whole => {
                    self.push(place, false, self.text_within(place, end));
                    place = end;
                }
                Role::Record if fits => {
                    self.push(place, false, self.text_within(place, end));
                    place = end;
                }
                Role::Record => {
                    self.push(place, false, self.own_fields(place, end));
                    place += 1;
                }
                Role::Heading => {
                    self.end_heading();
                    self.heading = Some((place, element.text));
                    place += 1;
                }
                Role::Prose => {
                    // What a long record has in itself was taken with it.
                    if !self.is_field(element) {
                        self.push(place, true, element.text.to_owned());
                    }
                    place += 1;
                }
            }
        }
        self.end_heading();
    }

    fn is_field(&self, element: &ChunkElement<'_>) -> bool {
        let parent = element.parent.and_then(|parent| self.elements.get(parent as usize));
        matches!(element.element_type, "json_field" | "json_item")
            && parent.is_some_and(|parent| role_of(parent.element_type) == Role::Record)
    }

    /// A heading with nothing beneath it stands for itself.
    fn end_heading(&mut self) {
        if let Some((place, text)) = self.heading.take() {
            self.add(place, true, text.to_owned());
        }
    }

    fn push(&mut self, place: usize, is_prose: bool, text: String) {
        if text.trim().is_empty() {
            return;
        }
        match self.heading.take() {
            Some((heading, above)) if self.ends.get(heading).is_some_and(|end| place < *end) => {
                let text = if above.trim().is_empty() { text } else { format!("{above}\n{text}") };
                self.add(place, is_prose, text);
            }
            Some((heading, above)) => {
                self.add(heading, true, above.to_owned());
                self.add(place, is_prose, text);
            }
            None => self.add(place, is_prose, text),
        }
    }

    fn add(&mut self, place: usize, is_prose: bool, text: String) {
        if !text.trim().is_empty() {
            let parent = self.elements.get(place).and_then(|element| element.parent);
            self.passages.push(Passage { position: place as u32, parent, is_prose, text });
        }
    }

    /// The text of an element with all that is in it: cells of a row with bars between them, all else line by line.
    fn text_within(&self, place: usize, end: usize) -> String {
        let mut text = String::new();
        for element in self.elements.get(place..end).unwrap_or_default() {
            let is_left_out = role_of(element.element_type) == Role::Nothing;
            if element.text.trim().is_empty() || is_left_out {
                continue;
            }
            if !text.is_empty() {
                let is_next_cell = element.element_type == "table_cell"
                    && !text.ends_with('\n')
                    && self.is_later_cell(element);
                text.push_str(if is_next_cell { " | " } else { "\n" });
            }
            push_named(&mut text, element);
        }
        text
    }

    /// Whether a cell is not the first of its row.
    fn is_later_cell(&self, cell: &ChunkElement<'_>) -> bool {
        let first = cell.parent.map(|parent| parent as usize + 1).and_then(|first| self.elements.get(first));
        !first.is_some_and(|first| std::ptr::eq(first, cell))
    }

    /// The fields that a record has in itself.
    fn own_fields(&self, place: usize, end: usize) -> String {
        let mut text = self.elements.get(place).map(|record| record.text.to_owned()).unwrap_or_default();
        let mut next = place + 1;
        while next < end {
            let Some(element) = self.elements.get(next) else { break };
            if matches!(element.element_type, "json_field" | "json_item") && !element.text.trim().is_empty() {
                if !text.is_empty() {
                    text.push('\n');
                }
                push_named(&mut text, element);
            }
            next = self.ends.get(next).copied().unwrap_or(next + 1).max(next + 1);
        }
        text
    }
}

fn push_named(text: &mut String, element: &ChunkElement<'_>) {
    if let Some(name) = element.name.as_deref().filter(|_| element.element_type != "table_cell") {
        text.push_str(name);
        text.push_str(": ");
    }
    text.push_str(element.text);
}

/// Puts small neighbours under one parent together.
fn windows(passages: Vec<Passage>, config: &EmbeddingConfig) -> Vec<Passage> {
    let window = config.window_size.get() as usize;
    if window == 1 {
        return passages;
    }
    let step = window.saturating_sub(config.overlap_size as usize).max(1);
    let is_small = |passage: &Passage| passage.is_prose && tokens(&passage.text) < SMALL;
    let mut together = Vec::with_capacity(passages.len());
    for run in passages.chunk_by(|one, next| one.parent == next.parent && is_small(one) && is_small(next)) {
        let mut start = 0;
        while start < run.len() {
            let part = run.get(start..(start + window).min(run.len())).unwrap_or_default();
            let Some(first) = part.first() else { break };
            let texts: Vec<&str> = part.iter().map(|passage| passage.text.as_str()).collect();
            together.push(Passage { text: texts.join("\n"), ..first.clone() });
            if start + window >= run.len() {
                break;
            }
            start += step;
        }
    }
    together
}

/// What texts are embedded with.
struct Contexts<'a> {
    title: Option<&'a str>,
    elements: &'a [ChunkElement<'a>],
    passages: &'a [Passage],
    config: &'a EmbeddingConfig,
}

/// What stands before and behind a text.
#[derive(Default)]
struct Context {
    before: String,
    behind: String,
}

impl Context {
    fn around(&self, text: &str) -> String {
        if self.before.is_empty() && self.behind.is_empty() {
            return text.to_owned();
        }
        let parts = [self.before.as_str(), text, self.behind.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    }
}

impl Contexts<'_> {
    fn of(&self, place: usize) -> Context {
        if !self.config.contextual {
            return Context::default();
        }
        // A quarter for what is above it, an eighth for what is before it and as much for what is behind it.
        let size = self.config.chunk_size.get() as usize;
        let above = first_tokens(&self.headings(place), size / 4).to_owned();
        let neighbours = |range: std::ops::Range<usize>| {
            let texts: Vec<&str> = self
                .passages
                .get(range)
                .unwrap_or_default()
                .iter()
                .map(|passage| passage.text.as_str())
                .collect();
            texts.join("\n")
        };
        let predecessors = neighbours(place.saturating_sub(self.config.predecessor_count as usize)..place);
        let behind = (place + 1).min(self.passages.len());
        let successors =
            neighbours(behind..(behind + self.config.successor_count as usize).min(self.passages.len()));
        let before = [above.as_str(), last_tokens(&predecessors, size / 8)];
        let before = before.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        Context { before, behind: first_tokens(&successors, size / 8).to_owned() }
    }

    /// The headings above a text, the highest first, after the title.
    fn headings(&self, place: usize) -> String {
        let mut headings: Vec<&str> = Vec::new();
        let mut above = self.passages.get(place).and_then(|passage| passage.parent);
        while let Some(element) = above.and_then(|parent| self.elements.get(parent as usize)) {
            if headings.len() == self.config.ancestor_depth as usize {
                break;
            }
            if role_of(element.element_type) == Role::Heading {
                headings.push(element.text);
            }
            above = element.parent;
        }
        headings.extend(self.title.filter(|title| !headings.contains(title)));
        headings.reverse();
        headings.join("\n")
    }
}

/// About how many tokens a text has.
fn tokens(text: &str) -> usize {
    words(text).map(|(_, _, tokens)| tokens).sum()
}

/// The words of a text: where each begins and ends, and its tokens. One that is very long is several.
fn words(text: &str) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        while rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        let (start, _) = *rest.peek()?;
        let (mut end, mut letters, mut ideographs) = (start, 0, 0);
        while let Some((place, c)) = rest.next_if(|(_, c)| !c.is_whitespace()) {
            end = place + c.len_utf8();
            if c >= '\u{2e80}' {
                ideographs += 1;
            } else {
                letters += 1;
            }
            if letters + ideographs >= MAX_WORD {
                break;
            }
        }
        Some((start, end, ideographs + usize::div_ceil(letters, 5)))
    })
}

/// A text in parts of at most `size` tokens, of which each shares `overlap` tokens with the one before it.
fn cut(text: &str, size: usize, overlap: usize) -> Vec<&str> {
    let words: Vec<(usize, usize, usize)> = words(text).collect();
    let mut parts = Vec::new();
    let mut first = 0;
    while let Some((start, ..)) = words.get(first) {
        let (mut last, mut count, mut sentence) = (first, 0, None);
        while let Some((_, end, tokens)) = words.get(last) {
            if count + tokens > size && last > first {
                break;
            }
            count += tokens;
            last += 1;
            let ends_sentence =
                text.get(..*end).is_some_and(|text| text.ends_with(['.', '!', '?', '。', '\n']));
            if ends_sentence && count * 2 > size {
                sentence = Some(last);
            }
        }
        let is_rest = last == words.len();
        let end = if is_rest { last } else { sentence.unwrap_or(last) };
        let stop = end.checked_sub(1).and_then(|last| words.get(last)).map_or(*start, |(_, stop, _)| *stop);
        parts.extend(text.get(*start..stop));
        if is_rest {
            break;
        }
        let mut shared = 0;
        let mut next = end;
        while next > first + 1 && shared < overlap {
            next -= 1;
            shared += words.get(next).map_or(0, |(.., tokens)| *tokens);
        }
        first = if shared > overlap { next + 1 } else { next };
    }
    parts
}

/// The beginning of a text.
fn first_tokens(text: &str, size: usize) -> &str {
    let mut count = 0;
    let kept = words(text).take_while(|(.., tokens)| {
        count += tokens;
        count <= size
    });
    let end = kept.last().map_or(0, |(_, end, _)| end);
    text.get(..end).unwrap_or_default()
}

/// The end of a text.
fn last_tokens(text: &str, size: usize) -> &str {
    let words: Vec<_> = words(text).collect();
    let mut count = 0;
    let kept = words.iter().rev().take_while(|(.., tokens)| {
        count += tokens;
        count <= size
    });
    let start = kept.last().map_or(text.len(), |(start, ..)| *start);
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests;
