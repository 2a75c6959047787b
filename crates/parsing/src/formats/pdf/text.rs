//! The characters of extracted text: ligatures, stray controls, hyphens at line ends.

use std::collections::HashSet;

/// Text with ligatures taken apart, runs of white space made one space, and what nobody sees removed.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        match ligature(character) {
            Some(letters) => cleaned.push_str(letters),
            // WinAnsiEncoding draws a bullet for every code that it gives no character.
            None if character == '\u{7F}' => cleaned.push('•'),
            None if character.is_whitespace() || character.is_control() => {
                if !cleaned.is_empty() && !cleaned.ends_with(' ') {
                    cleaned.push(' ');
                }
            }
            None if is_invisible(character) => {}
            None => cleaned.push(character),
        }
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

/// The same for code: leading and inner spaces stay.
pub(super) fn clean_code(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        match ligature(character) {
            Some(letters) => cleaned.push_str(letters),
            None if character.is_whitespace() => cleaned.push(' '),
            None if character.is_control() || is_invisible(character) => {}
            None => cleaned.push(character),
        }
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

/// Whether a text has the dots that lead from an entry to its page in a table of contents.
pub(super) fn has_leaders(text: &str) -> bool {
    text.contains("....") || text.contains(". . . .")
}

/// The text with such dots made one sign.
pub(super) fn without_leaders(text: &str) -> String {
    if !has_leaders(text) {
        return text.to_owned();
    }
    let mut shortened = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('.') {
        let end = rest[start..]
            .find(|character: char| character != '.' && character != ' ')
            .map_or(rest.len(), |end| start + end);
        let dots = rest[start..end].matches('.').count();
        shortened.push_str(&rest[..start]);
        shortened.push_str(if dots > 3 { " … " } else { &rest[start..end] });
        rest = &rest[end..];
    }
    shortened.push_str(rest);
    clean(&shortened)
}

fn ligature(character: char) -> Option<&'static str> {
    Some(match character {
        '\u{FB00}' => "ff",
        '\u{FB01}' => "fi",
        '\u{FB02}' => "fl",
        '\u{FB03}' => "ffi",
        '\u{FB04}' => "ffl",
        '\u{FB05}' | '\u{FB06}' => "st",
        _ => return None,
    })
}

/// Zero-width marks, and private-use characters (glyphs that a font names nowhere).
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{FFFD}' | '\u{E000}'..='\u{F8FF}')
}

/// The hyphenated and plain words of a document, which tell whether a hyphen at a line's end belongs to the word.
#[derive(Debug, Default)]
pub(super) struct Vocabulary(HashSet<String>);

impl Vocabulary {
    /// Remembers the words of a line. The last one may be cut off, and is left out.
    pub(super) fn learn(&mut self, line: &str) {
        let mut words = line.split_whitespace().peekable();
        while let Some(word) = words.next() {
            if words.peek().is_some() || !ends_in_hyphen(word) {
                self.0.insert(bare(word));
            }
        }
    }

    /// Appends `next`, the line that follows, to `text`.
    pub(super) fn join(&self, text: &mut String, next: &str) {
        if text.is_empty() || next.is_empty() {
            text.push_str(next);
            return;
        }
        if text.ends_with('\u{AD}') {
            text.pop();
        } else if ends_in_hyphen(text) {
            let first = text.rsplit(char::is_whitespace).next().unwrap_or_default();
            let second = next.split_whitespace().next().unwrap_or_default();
            if matches!(second, "and" | "or" | "und" | "oder" | "et" | "ou") {
                text.push(' '); // "pre- and post-processing"
            } else if next.starts_with(char::is_lowercase) && !self.keeps_hyphen(first, second) {
                text.pop();
            }
        } else if !text.ends_with('/') && !joins_without_space(text, next) {
            text.push(' ');
        }
        text.push_str(next);
    }

    /// Whether `first` (which ends in a hyphen) and `second` are a compound that is written with it elsewhere.
    fn keeps_hyphen(&self, first: &str, second: &str) -> bool {
        let compound = bare(&format!("{first}{second}"));
        let plain = bare(&format!("{}{second}", &first[..first.len().saturating_sub(1)]));
        let stem_is_compound = first.trim_end_matches('-').contains('-');
        !self.0.contains(&plain) && (self.0.contains(&compound) || stem_is_compound)
    }
}

fn bare(word: &str) -> String {
    word.trim_matches(|character: char| !character.is_alphanumeric()).to_lowercase()
}

/// Whether the text ends in a hyphen that follows a letter: a word may go on in the next line.
fn ends_in_hyphen(text: &str) -> bool {
    text.strip_suffix(['-', '\u{2010}']).is_some_and(|word| word.ends_with(char::is_alphabetic))
}

/// Chinese and Japanese are written without spaces.
fn joins_without_space(text: &str, next: &str) -> bool {
    let is_ideographic = |character: char| matches!(character, '\u{3000}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}');
    text.ends_with(is_ideographic) && next.starts_with(is_ideographic)
}

/// Whether the character belongs to a script written from right to left.
pub(super) fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{0590}'..='\u{08FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(vocabulary: &[&str], lines: &[&str]) -> String {
        let mut known = Vocabulary::default();
        vocabulary.iter().chain(lines).for_each(|line| known.learn(line));
        let mut text = String::new();
        for line in lines {
            known.join(&mut text, line);
        }
        text
    }

    #[test]
    fn a_word_cut_at_a_line_end_is_whole_again() {
        assert_eq!(joined(&[], &["the work was approxi-", "mately done"]), "the work was approximately done");
        assert_eq!(joined(&[], &["soft\u{AD}", "ware"]), "software");
    }

    #[test]
    fn a_hyphen_that_the_word_has_elsewhere_stays() {
        assert_eq!(joined(&["a well-known gauge"], &["a well-", "known station"]), "a well-known station");
        assert_eq!(joined(&[], &["state-of-the-", "art"]), "state-of-the-art");
        assert_eq!(joined(&[], &["Jean-", "Paul"]), "Jean-Paul");
        assert_eq!(joined(&[], &["pre-", "and post-war"]), "pre- and post-war");
    }

    #[test]
    fn leaders_are_one_sign() {
        assert_eq!(without_leaders("2.1 Syntax. . . . . . 2"), "2.1 Syntax … 2");
        assert_eq!(without_leaders("Syntax ........ 12"), "Syntax … 12");
        assert_eq!(without_leaders("and so on... 1.2"), "and so on... 1.2");
    }

    #[test]
    fn ligatures_are_letters() {
        assert_eq!(clean(" e\u{FB03}cient \u{FB01}les\u{200B}\n "), "efficient files");
    }
}
