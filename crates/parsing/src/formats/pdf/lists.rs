//! The markers of list items, and which of them make lists.

/// What stands before the text of a list item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Marker {
    /// A bullet, what stands for it, and its length in bytes.
    Bullet { sign: char, length: usize },
    /// A number or letter, its value, how it is written, and its length in bytes.
    Number { value: u32, numbering: Numbering, length: usize },
}

/// How items are numbered: with what digits, and between which signs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Numbering {
    digits: Digits,
    opening: bool,
    closing: char,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Digits {
    Decimal,
    Upper,
    Lower,
    Roman,
}

const BULLETS: &str = "•‣◦▪▫●○■□–—*-➢➤✓✔·◆◇⁃∙";

impl Marker {
    /// The text behind the marker.
    pub(super) fn rest<'a>(&self, text: &'a str) -> &'a str {
        let (Self::Bullet { length, .. } | Self::Number { length, .. }) = self;
        text.get(*length..).unwrap_or_default().trim()
    }

    /// Its number; `None` for a bullet.
    pub(super) fn number(&self) -> Option<u32> {
        match self {
            Self::Bullet { .. } => None,
            Self::Number { value, .. } => Some(*value),
        }
    }

    /// Whether it is a sign that stands for nothing else; dashes and asterisks need company to be bullets.
    pub(super) fn is_bullet(&self) -> bool {
        matches!(self, Self::Bullet { sign, .. } if !is_ambiguous(*sign))
    }

    /// Whether an item with this marker comes right after one with the other.
    pub(super) fn follows(&self, before: &Self) -> bool {
        match (before, self) {
            (Self::Bullet { sign: before, .. }, Self::Bullet { sign, .. }) => before == sign,
            (
                Self::Number { value: before, numbering: one, .. },
                Self::Number { value, numbering: other, .. },
            ) => {
                *value == before.saturating_add(1)
                    && one.closing == other.closing
                    && one.opening == other.opening
            }
            _ => false,
        }
    }
}

/// The marker that a line begins with.
pub(super) fn marker(text: &str) -> Option<Marker> {
    let trimmed = text.trim_start();
    let skipped = text.len() - trimmed.len();
    let first = trimmed.chars().next()?;
    if BULLETS.contains(first) {
        let rest = &trimmed[first.len_utf8()..];
        let is_dash = is_ambiguous(first);
        let begins_text = rest.starts_with(' ') || (!is_dash && rest.starts_with(char::is_alphabetic));
        let says_something = rest.contains(if is_dash { char::is_alphabetic } else { char::is_alphanumeric });
        return (begins_text && says_something)
            .then_some(Marker::Bullet { sign: first, length: skipped + first.len_utf8() });
    }
    numbered(trimmed, skipped)
}

fn is_ambiguous(sign: char) -> bool {
    matches!(sign, '-' | '–' | '—' | '*' | '·')
}

fn numbered(text: &str, skipped: usize) -> Option<Marker> {
    let opening = text.starts_with('(');
    let inner = if opening { &text[1..] } else { text };
    let end = inner.find(|character: char| !character.is_ascii_alphanumeric())?;
    let (digits, rest) = inner.split_at(end);
    let closing = rest.chars().next()?;
    let closes = if opening { closing == ')' } else { matches!(closing, '.' | ')') };
    let after = &rest[closing.len_utf8()..];
    if !closes || !after.starts_with(' ') || after.trim().is_empty() {
        return None;
    }
    let (value, digits) = value_of(digits)?;
    let length = skipped + usize::from(opening) + end + closing.len_utf8();
    Some(Marker::Number { value, numbering: Numbering { digits, opening, closing }, length })
}

fn value_of(digits: &str) -> Option<(u32, Digits)> {
    if digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((digits.parse().ok()?, Digits::Decimal));
    }
    match digits.as_bytes() {
        [letter @ b'A'..=b'Z'] => Some((u32::from(letter - b'A') + 1, Digits::Upper)),
        [letter @ b'a'..=b'z'] => Some((u32::from(letter - b'a') + 1, Digits::Lower)),
        _ => Some((roman(digits)?, Digits::Roman)),
    }
}

/// The value of a roman number up to 20, in one case.
fn roman(digits: &str) -> Option<u32> {
    const NUMBERS: [&str; 20] = [
        "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi",
        "xvii", "xviii", "xix", "xx",
    ];
    let place = NUMBERS.iter().position(|number| number.eq_ignore_ascii_case(digits))?;
    let one_case = digits.bytes().all(|byte| byte.is_ascii_lowercase())
        || digits.bytes().all(|byte| byte.is_ascii_uppercase());
    one_case.then_some(place as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(text: &str) -> Option<&str> {
        marker(text).map(|marker| marker.rest(text))
    }

    #[test]
    fn bullets_and_numbers_are_markers() {
        assert_eq!(rest("• one"), Some("one"));
        assert_eq!(rest("- one"), Some("one"));
        assert_eq!(rest("12. twelve"), Some("twelve"));
        assert_eq!(rest("(b) second"), Some("second"));
        assert_eq!(rest("iv) fourth"), Some("fourth"));
    }

    #[test]
    fn prose_and_decimals_are_not() {
        for text in
            ["1.5 metres", "-5 degrees", "e.g. this", "(see below)", "Mr. Smith", "1.", "- 2 -", "2014. "]
        {
            assert_eq!(rest(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_follow_one_another() {
        let follows = |a: &str, b: &str| marker(b).unwrap().follows(&marker(a).unwrap());
        assert!(follows("1. a", "2. b"));
        assert!(!follows("1. a", "3. b"));
        assert!(!follows("1. a", "2) b"));
        assert!(follows("h. a", "i. b"));
        assert!(follows("• a", "• b"));
    }
}
