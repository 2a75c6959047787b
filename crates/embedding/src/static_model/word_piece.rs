//! BERT's tokenizer for vocabularies without case.

use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Characters of a word at the most; a longer one is unknown.
const MAX_WORD_CHARS: usize = 100;

/// Divides text into words, marks of ASCII and ideographs, in lower case and without
/// accents, and words that the vocabulary lacks into its longest pieces.
pub(super) struct WordPiece {
    whole: Pieces,
    /// Pieces that continue a word, without their `##`.
    continued: Pieces,
}

#[derive(Default)]
struct Pieces {
    ids: HashMap<Box<str>, u32>,
    /// The length of the longest, in bytes.
    longest: usize,
}

/// The word that is being read.
#[derive(Default)]
struct Word {
    text: String,
    chars: usize,
    ids: Vec<u32>,
}

impl WordPiece {
    /// A tokenizer whose ids are the places in `vocabulary`.
    pub(super) fn new(vocabulary: &[String]) -> Self {
        let (mut whole, mut continued) = (Pieces::default(), Pieces::default());
        for (id, token) in (0_u32..).zip(vocabulary) {
            match token.strip_prefix("##") {
                Some(piece) if !piece.is_empty() => continued.insert(piece, id),
                _ => whole.insert(token, id),
            }
        }
        Self { whole, continued }
    }

    /// Calls `found` with each token of `text` that the vocabulary has. A word
    /// that cannot be made of its pieces has none.
    pub(super) fn encode(&self, text: &str, mut found: impl FnMut(u32)) {
        let mut word = Word::default();
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                word.push(c.to_ascii_lowercase());
            } else if c.is_whitespace() {
                self.end(&mut word, &mut found);
            } else if is_invisible(c) {
                // It is no border either.
            } else if c.is_alphanumeric() && !is_ideograph(c) {
                // The accents that come off are marks, dropped here or below.
                let plain = c.to_lowercase().flat_map(|c| std::iter::once(c).nfd());
                plain.filter(|c| !is_combining_mark(*c)).for_each(|c| word.push(c));
            } else if c.is_ascii() || is_ideograph(c) {
                self.end(&mut word, &mut found);
                word.push(c);
                self.end(&mut word, &mut found);
            } else if !is_combining_mark(c) {
                // Marks and symbols that say nothing, and would drown what does: the lines of a drawing.
                self.end(&mut word, &mut found);
            }
        }
        self.end(&mut word, &mut found);
    }

    fn end(&self, word: &mut Word, found: &mut impl FnMut(u32)) {
        if !word.text.is_empty() && word.chars <= MAX_WORD_CHARS && self.divide(&word.text, &mut word.ids) {
            word.ids.iter().for_each(|id| found(*id));
        }
        word.clear();
    }

    /// Puts the pieces of `text` into `ids`; false if it has a part that is none.
    fn divide(&self, text: &str, ids: &mut Vec<u32>) -> bool {
        ids.clear();
        let mut start = 0;
        while start < text.len() {
            let pieces = if start == 0 { &self.whole } else { &self.continued };
            let Some((id, length)) = pieces.longest_prefix(&text[start..]) else { return false };
            ids.push(id);
            start += length;
        }
        true
    }
}

impl Pieces {
    fn insert(&mut self, piece: &str, id: u32) {
        self.ids.insert(piece.into(), id);
        self.longest = self.longest.max(piece.len());
    }

    /// The longest piece that `text` begins with, and its length in bytes.
    fn longest_prefix(&self, text: &str) -> Option<(u32, usize)> {
        let longest = self.longest.min(text.len());
        let ends = (1..=longest).rev().filter(|end| text.is_char_boundary(*end));
        ends.into_iter().find_map(|end| self.ids.get(&text[..end]).map(|id| (*id, end)))
    }
}

impl Word {
    fn push(&mut self, c: char) {
        self.chars += 1;
        if self.chars <= MAX_WORD_CHARS {
            self.text.push(c);
        }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.chars = 0;
    }
}

impl std::fmt::Debug for WordPiece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WordPiece").field("words", &self.whole.ids.len()).finish_non_exhaustive()
    }
}

/// Control and format characters, and what stands for damaged text.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fffd}')
}

/// What is a token by itself, without spaces around it.
fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x2FA1F)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&'static str> {
        const VOCABULARY: [&str; 10] =
            ["the", "un", "##aff", "##able", "cafe", "!", "東", "京", "##s", "strasse"];
        let vocabulary: Vec<String> = VOCABULARY.iter().map(ToString::to_string).collect();
        let mut tokens = Vec::new();
        WordPiece::new(&vocabulary).encode(text, |id| tokens.push(VOCABULARY[id as usize]));
        tokens
    }

    #[test]
    fn words_are_divided_into_the_longest_pieces() {
        assert_eq!(tokens("THE unaffable!"), ["the", "un", "##aff", "##able", "!"]);
        assert_eq!(tokens("unaffx the"), ["the"]);
    }

    #[test]
    fn case_accents_and_invisible_characters_do_not_count() {
        assert_eq!(tokens("Café Cafe\u{301}s ca\u{ad}fe"), ["cafe", "cafe", "##s", "cafe"]);
    }

    #[test]
    fn ideographs_stand_alone_and_symbols_are_borders() {
        assert_eq!(tokens("東京──the▶"), ["東", "京", "the"]);
    }

    #[test]
    fn a_word_of_any_length_is_done_with_at_once() {
        assert_eq!(tokens(&format!("{} the", "un".repeat(500_000))), ["the"]);
    }
}
