//! What errors have in common.

use std::fmt;

/// How much of a pattern is kept, in bytes: what follows rarely tells two causes apart.
const MAX_LENGTH: usize = 300;

/// The longest text between two quotation marks that counts as quoted.
const MAX_QUOTED: usize = 1_000;

/// Sections of the configuration: what is quoted and begins with one is advice, not a name.
const SECTIONS: [&str; 8] = [
    "content_sources.",
    "election.",
    "embedding.",
    "parsing.",
    "processing.",
    "relationship_detection.",
    "storage.",
    "work_queue.",
];

/// Kinds of media, by which a media type is told from a path.
const MEDIA: [&str; 8] =
    ["application/", "audio/", "font/", "image/", "message/", "multipart/", "text/", "video/"];

/// An error's message with its variables taken out: what is quoted, paths,
/// URLs, hashes and numbers. Messages of one cause have one pattern.
///
/// ```
/// use gdg_model::ErrorPattern;
///
/// let pattern = ErrorPattern::of("source `docs`: `a/b.json` has 812 bytes, more than 500");
/// assert_eq!(pattern.as_str(), "source <name>: <name> has <n> bytes, more than <n>");
/// assert_eq!(pattern.fingerprint().len(), 16);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ErrorPattern(String);

impl ErrorPattern {
    /// The pattern of `message`.
    pub fn of(message: &str) -> Self {
        let mut pattern = String::with_capacity(message.len().min(MAX_LENGTH) + 16);
        let mut rest = message.trim();
        while !rest.is_empty() && pattern.len() < MAX_LENGTH {
            rest = match quoted(rest, pattern.chars().next_back()) {
                Some((inner, after)) => {
                    push_quoted(&mut pattern, inner, rest);
                    after
                }
                None => take_token(&mut pattern, rest),
            };
        }
        pattern.truncate(pattern.floor_char_boundary(MAX_LENGTH));
        Self(pattern)
    }

    /// The pattern, with `<name>`, `<path>`, `<url>`, `<hash>` and `<n>` in place of what varies.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 16 hexadecimal digits that stand for the pattern.
    pub fn fingerprint(&self) -> String {
        blake3::hash(self.0.as_bytes()).to_hex()[..16].to_owned()
    }
}

impl fmt::Display for ErrorPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is quoted at the beginning of `text`, and what comes after it.
fn quoted(text: &str, before: Option<char>) -> Option<(&str, &str)> {
    let mark = text.chars().next().filter(|mark| matches!(mark, '`' | '"' | '\'' | '“' | '‘'))?;
    // An apostrophe is none: it has a letter before it.
    if mark == '\'' && before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let end = match mark {
        '“' => '”',
        '‘' => '’',
        other => other,
    };
    let inside = &text[mark.len_utf8()..];
    let length = inside.find(end).filter(|length| *length <= MAX_QUOTED)?;
    Some((&inside[..length], &inside[length + end.len_utf8()..]))
}

fn push_quoted(pattern: &mut String, inner: &str, whole: &str) {
    if SECTIONS.iter().any(|section| inner.starts_with(section)) {
        // With its quotation marks, which are as long as each other.
        let mark = whole.chars().next().map_or(0, char::len_utf8);
        pattern.push_str(&whole[..inner.len() + 2 * mark]);
    } else {
        pattern.push_str("<name>");
    }
}

/// Takes one word, or one other character, from the beginning of `text`; returns what is left.
fn take_token<'t>(pattern: &mut String, text: &'t str) -> &'t str {
    let length = text.find(|character: char| !is_of_word(character)).unwrap_or(text.len());
    if length == 0 {
        let character = text.chars().next().unwrap_or(' ');
        pattern.push(if character.is_whitespace() { ' ' } else { character });
        let after = &text[character.len_utf8()..];
        return if character.is_whitespace() { after.trim_start() } else { after };
    }
    // What ends a sentence is not of the word.
    let word = text[..length].trim_end_matches(['.', ':', '?']);
    if word.is_empty() {
        pattern.push_str(&text[..length]);
        return &text[length..];
    }
    push_word(pattern, word);
    &text[word.len()..]
}

/// Whether it may be in the middle of a path, a URL or a number.
fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || "/\\._-:+@%~#?&=*".contains(character)
}

fn push_word(pattern: &mut String, word: &str) {
    if word.contains("://") {
        pattern.push_str("<url>");
    } else if is_path(word) {
        pattern.push_str("<path>");
    } else if is_hash(word) {
        pattern.push_str("<hash>");
    } else {
        push_without_numbers(pattern, word);
    }
}

fn is_path(word: &str) -> bool {
    let has_separator = word.contains('/') || word.contains('\\');
    has_separator && word.len() > 1 && !MEDIA.iter().any(|media| word.starts_with(media))
}

/// Eight and more hexadecimal digits with a number among them, dashes (of a UUID) aside.
fn is_hash(word: &str) -> bool {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    let count = digits.chars().filter(char::is_ascii_hexdigit).count();
    count >= 8
        && digits.chars().all(|character| character.is_ascii_hexdigit() || character == '-')
        && digits.chars().any(|character| character.is_ascii_digit())
        && digits.chars().any(|character| character.is_ascii_alphabetic())
}

/// `v1.25s` as `v<n>s`.
fn push_without_numbers(pattern: &mut String, word: &str) {
    let mut characters = word.chars().peekable();
    while let Some(character) = characters.next() {
        if !character.is_ascii_digit() {
            pattern.push(character);
            continue;
        }
        pattern.push_str("<n>");
        while let Some(next) = characters.peek().copied() {
            let is_within = matches!(next, '.' | '_')
                && characters.clone().nth(1).is_some_and(|after| after.is_ascii_digit());
            if !next.is_ascii_digit() && !is_within {
                break;
            }
            characters.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_varies_is_taken_out() {
        for (message, pattern) in [
            ("the document is empty (0 bytes)", "the document is empty (<n> bytes)"),
            ("malformed json: line 3 column 14", "malformed json: line <n> column <n>"),
            ("cannot open /var/data/x.pdf: denied", "cannot open <path>: denied"),
            ("GET https://example.com/a?b=1 answered 503", "GET <url> answered <n>"),
            ("blob 3f9c0d2eb1a47568 is not there.", "blob <hash> is not there."),
            ("id 6d8b3c7e-1f7a-4f0c-9d9e-0a1b2c3d4e5f", "id <hash>"),
            ("it took 1.25s of 1,024 s", "it took <n>s of <n>,<n> s"),
            ("no parser for image/png", "no parser for image/png"),
            ("it doesn't fit the parser's 5 limits", "it doesn't fit the parser's <n> limits"),
            ("source 'a b' said \"no\"", "source <name> said <name>"),
            ("too deep; raise `parsing.limits.max_depth`", "too deep; raise `parsing.limits.max_depth`"),
            ("two\n  lines", "two lines"),
        ] {
            assert_eq!(ErrorPattern::of(message).as_str(), pattern);
        }
    }

    #[test]
    fn messages_of_one_cause_have_one_fingerprint_and_others_another() {
        let of = |message: &str| ErrorPattern::of(message).fingerprint();
        assert_eq!(of("`a.md` has 5 bytes"), of("`b.md` has 77 bytes"));
        assert_ne!(of("`a.md` has 5 bytes"), of("`a.md` has 5 pages"));
    }

    proptest! {
        #[test]
        fn any_message_has_a_pattern_of_bounded_length(message in "\\PC{0,2000}") {
            let pattern = ErrorPattern::of(&message);
            prop_assert!(pattern.as_str().len() <= MAX_LENGTH);
            prop_assert_eq!(pattern.fingerprint(), ErrorPattern::of(&message).fingerprint());
        }
    }
}
