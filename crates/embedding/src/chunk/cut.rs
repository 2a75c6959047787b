//! Long texts in parts, and the ends of texts.

use super::tokens::{Tokens, count_tokens};
use std::ops::Range;

/// Bytes that a token may have: six characters of four bytes.
const MAX_TOKEN_BYTES: usize = 24;

/// `text` in parts of at most `chunk_size` tokens, each of which repeats at
/// most `overlap` tokens of the part before it, and at most half of that part:
/// so each goes on by a quarter of `chunk_size`, and all is done in linear time.
pub(super) fn parts(text: &str, chunk_size: usize, overlap: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut tokens: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    loop {
        tokens.clear();
        tokens.extend(Tokens::from(text, from).take(chunk_size));
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return parts };
        let (start, end) = (first.start, last.end);
        let Some(next) = Tokens::from(text, end).next() else {
            parts.push(squeeze(&text[start..end]));
            return parts;
        };
        tokens.push(next);
        let kept = best_border(text, &tokens);
        parts.push(squeeze(&text[start..tokens[kept - 1].end]));
        from = tokens[overlap_start(text, &tokens, kept, overlap)].start;
    }
}

/// How many of `tokens` a part has: all but the last of them at the most, half of those at the least.
fn best_border(text: &str, tokens: &[Range<usize>]) -> usize {
    let most = tokens.len() - 1;
    let least = most.div_ceil(2);
    // Of equal borders, the last.
    (least..=most).max_by_key(|kept| border(text, &tokens[kept - 1], &tokens[*kept])).unwrap_or(most)
}

/// How good it is to cut between two tokens: 2 after a line or sentence, 1 between words, 0 within one.
fn border(text: &str, before: &Range<usize>, after: &Range<usize>) -> u8 {
    let gap = &text[before.end..after.start];
    let last = text[before.clone()].chars().next_back();
    let ends_sentence = match last {
        Some('。' | '！' | '？') => true,
        Some('.' | '!' | '?' | '…') => !gap.is_empty(),
        _ => false,
    };
    if ends_sentence || gap.contains('\n') { 2 } else { u8::from(!gap.is_empty()) }
}

/// The token that the next part begins with.
fn overlap_start(text: &str, tokens: &[Range<usize>], kept: usize, overlap: usize) -> usize {
    let earliest = kept - overlap.min(kept / 2);
    let begins_word = |token: &usize| border(text, &tokens[token - 1], &tokens[*token]) > 0;
    (earliest..kept).find(begins_word).unwrap_or(earliest)
}

/// The beginning of `text`, of at most `limit` tokens.
pub(super) fn beginning(text: &str, limit: usize) -> &str {
    let end = Tokens::of(text).take(limit).last().map_or(0, |token| token.end);
    &text[..end]
}

/// The end of `text`, of at most `limit` tokens: from a word on, where it has several.
pub(super) fn ending(text: &str, limit: usize) -> &str {
    let mut start = text.len().saturating_sub(limit.saturating_mul(MAX_TOKEN_BYTES));
    while !text.is_char_boundary(start) {
        start += 1;
    }
    if start > 0 {
        start += text[start..].find(char::is_whitespace).unwrap_or(0);
    }
    let end = &text[start..];
    let surplus = count_tokens(end).saturating_sub(limit);
    Tokens::of(end).nth(surplus).map_or("", |token| &end[token.start..])
}

/// `text` with each run of white space as one line break, if it has one, or one space.
pub(super) fn squeeze(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    let mut gap = None;
    for c in text.trim().chars() {
        if c.is_whitespace() {
            gap = if c == '\n' || gap == Some('\n') { Some('\n') } else { Some(' ') };
        } else {
            squeezed.extend(gap.take());
            squeezed.push(c);
        }
    }
    squeezed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_with_a_sentence_where_it_can() {
        let text = "One two three four. Five six seven eight nine ten.";
        assert_eq!(parts(text, 8, 0), ["One two three four.", "Five six seven eight nine ten."]);
    }

    #[test]
    fn a_part_begins_with_the_words_that_it_shares() {
        assert_eq!(parts("a b c d e f", 4, 2), ["a b c d", "c d e f"]);
    }

    #[test]
    fn a_word_that_is_too_long_is_cut_within() {
        assert_eq!(parts("abcdefghijklmnopqrstuvwxyz", 2, 0), ["abcdefghijkl", "mnopqrstuvwx", "yz"]);
    }

    #[test]
    fn beginnings_and_endings_are_of_whole_tokens() {
        assert_eq!(beginning("one two three", 2), "one two");
        assert_eq!(ending("one two three", 2), "two three");
        assert_eq!(ending("one two three", 9), "one two three");
        assert_eq!(ending("one", 0), "");
        assert_eq!(beginning("one", 0), "");
    }

    #[test]
    fn white_space_is_squeezed() {
        assert_eq!(squeeze("  a \u{a0} b \r\n\n  c "), "a b\nc");
    }
}
