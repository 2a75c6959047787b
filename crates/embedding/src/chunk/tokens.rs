//! Counting tokens without a model's tokenizer.

use std::ops::Range;

/// Letters and digits that make up one token at the most. Words of English are mostly one token to the tokenizers of
/// models, rare ones and those of other languages more: on average this is near enough.
const TOKEN_CHARS: usize = 6;

/// How many tokens `text` has, about.
///
/// Six letters or digits of a word are a token, and what is left of it is
/// another; so are each ideograph, kana and syllable of Hangul, and every
/// other character that is no white space. Tokens never reach over white
/// space: a text that is put together of others with white space between them
/// has the sum of their tokens. Tokenizers of models count a little less for
/// plain English, and more for text that they have rarely seen.
pub fn count_tokens(text: &str) -> usize {
    if text.is_ascii() { count_ascii(text.as_bytes()) } else { Tokens::of(text).count() }
}

fn count_ascii(bytes: &[u8]) -> usize {
    let (mut count, mut run) = (0, 0);
    for byte in bytes {
        if byte.is_ascii_alphanumeric() {
            count += usize::from(run % TOKEN_CHARS == 0);
            run += 1;
        } else {
            run = 0;
            count += usize::from(!is_ascii_space(*byte));
        }
    }
    count
}

/// As [`char::is_whitespace`] has it, with the vertical tab.
fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// The places of the tokens in a text.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The tokens from the byte `at` on, which begins one.
    pub(super) fn from(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let rest = &self.text[self.at..];
        let (skipped, first) = rest.char_indices().find(|(_, c)| !c.is_whitespace())?;
        let start = self.at + skipped;
        let mut end = start + first.len_utf8();
        if is_of_words(first) {
            let more = self.text[end..].chars().take_while(|c| is_of_words(*c)).take(TOKEN_CHARS - 1);
            end += more.map(char::len_utf8).sum::<usize>();
        }
        self.at = end;
        Some(start..end)
    }
}

/// Whether tokens have several such characters.
fn is_of_words(c: char) -> bool {
    c.is_alphanumeric() && !is_a_token_by_itself(c)
}

fn is_a_token_by_itself(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_marks_and_ideographs_are_counted() {
        for (text, count) in [
            ("", 0),
            (" \n", 0),
            ("tide", 1),
            ("harbour", 2),
            ("It's 4.2 m", 7),
            ("東京タワー", 5),
            ("Göteborg!", 3),
        ] {
            assert_eq!(count_tokens(text), count, "{text}");
        }
    }

    proptest! {
        #[test]
        fn both_ways_of_counting_agree(text in "[ -~\\t\\n\\r\\x0b\\x0c\\x00]{0,80}") {
            prop_assert_eq!(count_ascii(text.as_bytes()), Tokens::of(&text).count());
        }

        #[test]
        fn tokens_of_joined_texts_are_the_sum(one in "\\PC{0,40}", other in "\\PC{0,40}") {
            let joined = format!("{one}\n{other}");
            prop_assert_eq!(count_tokens(&joined), count_tokens(&one) + count_tokens(&other));
        }
    }
}
