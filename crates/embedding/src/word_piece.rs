//! Words into pieces of a vocabulary, as BERT does it without case: words are cut into the longest pieces that the
//! vocabulary has, and what follows the first piece of a word is written with `##` before it.

use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// Characters of a word beyond which it is not looked up: it is no word.
const MAX_WORD: usize = 100;

/// A vocabulary.
#[derive(Debug)]
pub(crate) struct WordPieces {
    /// First pieces of words, with their numbers.
    beginnings: HashMap<Box<str>, u32>,
    /// Pieces within words, without `##`.
    continuations: HashMap<Box<str>, u32>,
    longest: usize,
}

impl WordPieces {
    /// The vocabulary of these tokens, which are numbered from 0.
    pub(crate) fn new<'t>(tokens: impl IntoIterator<Item = &'t str>) -> Self {
        let (mut beginnings, mut continuations, mut longest) = (HashMap::new(), HashMap::new(), 0);
        for (number, token) in tokens.into_iter().enumerate() {
            let (pieces, piece) = match token.strip_prefix("##") {
                Some(piece) if !piece.is_empty() => (&mut continuations, piece),
                _ => (&mut beginnings, token),
            };
            longest = longest.max(piece.len());
            pieces.insert(piece.into(), number as u32);
        }
        Self { beginnings, continuations, longest }
    }

    /// Hands the number of each piece of a text to `take`. What the vocabulary does not have is passed over.
    pub(crate) fn pieces(&self, text: &str, mut take: impl FnMut(u32)) {
        let mut word = String::new();
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                word.push(c.to_ascii_lowercase());
            } else if c.is_ascii() {
                self.end_word(&mut word, &mut take);
                if c.is_ascii_punctuation() {
                    self.word(c.encode_utf8(&mut [0; 4]), &mut take);
                }
            } else {
                self.other_character(c, &mut word, &mut take);
            }
        }
        self.end_word(&mut word, &mut take);
    }

    /// Letters lose their accents, as they do in the vocabulary; symbols and ideographs are words by themselves.
    fn other_character(&self, c: char, word: &mut String, take: &mut impl FnMut(u32)) {
        for c in c.nfd().flat_map(char::to_lowercase) {
            if unicode_normalization::char::is_combining_mark(c) || c.is_control() {
                continue;
            }
            if c.is_alphanumeric() && !is_ideograph(c) {
                word.push(c);
                continue;
            }
            self.end_word(word, take);
            if !c.is_whitespace() {
                self.word(c.encode_utf8(&mut [0; 4]), take);
            }
        }
    }

    fn end_word(&self, word: &mut String, take: &mut impl FnMut(u32)) {
        if !word.is_empty() {
            self.word(word, take);
            word.clear();
        }
    }

    fn word(&self, word: &str, take: &mut impl FnMut(u32)) {
        if let Some(number) = self.beginnings.get(word) {
            take(*number);
            return;
        }
        if word.len() > 4 * MAX_WORD || word.chars().count() > MAX_WORD {
            return;
        }
        let mut numbers = Vec::new();
        let mut start = 0;
        while start < word.len() {
            let pieces = if start == 0 { &self.beginnings } else { &self.continuations };
            let rest = word.get(start..).unwrap_or_default();
            let mut ends = (1..=rest.len().min(self.longest)).rev();
            let longest = ends.find_map(|end| Some((end, *pieces.get(rest.get(..end)?)?)));
            // A word of which a part is not known is not known.
            let Some((end, number)) = longest else { return };
            numbers.push(number);
            start += end;
        }
        numbers.into_iter().for_each(take);
    }
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOKENS: [&str; 8] = ["un", "##aff", "##able", "cafe", "##s", "!", "中", "##"];

    fn pieces(text: &str) -> Vec<&'static str> {
        let mut found = Vec::new();
        WordPieces::new(TOKENS).pieces(text, |number| found.push(TOKENS[number as usize]));
        found
    }

    #[test]
    fn words_are_cut_into_the_longest_pieces() {
        assert_eq!(pieces("Unaffable!"), ["un", "##aff", "##able", "!"]);
        assert_eq!(pieces("CAFÉS 中中"), ["cafe", "##s", "中", "中"]);
        assert_eq!(pieces("unknown cafe"), ["cafe"]);
        assert!(pieces(&"un".repeat(1_000)).is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_cut_without_harm(text in ".{0,200}") {
            let known = WordPieces::new(TOKENS);
            known.pieces(&text, |number| assert!((number as usize) < TOKENS.len()));
        }
    }
}
