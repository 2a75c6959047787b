//! URLs that stand in prose without any markup, as GitHub links them.

use std::ops::Range;

/// The ranges of the `http` and `https` URLs in `text`. Punctuation that ends
/// a sentence, and a closing bracket that was not opened within, are left out.
pub(super) fn find(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let separator = from + text.get(from..)?.find("://")?;
            let behind = separator + "://".len();
            let start = scheme_start(&text[from..separator]).map(|start| from + start);
            from = behind;
            let Some(start) = start else { continue };
            let rest = &text[behind..];
            let length = url_length(rest);
            if rest.starts_with(|first: char| first.is_alphanumeric() || first == '[') && length > 0 {
                from = behind + length;
                return Some(start..from);
            }
        }
    })
}

/// Where the scheme that `before` ends with begins, if it is one and a word of its own.
fn scheme_start(before: &str) -> Option<usize> {
    let is_scheme = |scheme: &str| {
        let start = before.len().checked_sub(scheme.len())?;
        before.as_bytes()[start..].eq_ignore_ascii_case(scheme.as_bytes()).then_some(start)
    };
    let start = is_scheme("https").or_else(|| is_scheme("http"))?;
    let glued = before[..start].ends_with(char::is_alphanumeric);
    (!glued).then_some(start)
}

fn url_length(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`'));
    let mut url = &text[..end.unwrap_or(text.len())];
    let count = |wanted: u8| url.bytes().filter(|byte| *byte == wanted).count();
    let (opened, mut closed) = (count(b'('), count(b')'));
    loop {
        let shorter = url.trim_end_matches(['?', '!', '.', ',', ':', ';', '*', '_', '~', '\'', ']', '}']);
        url = match shorter.strip_suffix(')') {
            Some(without) if closed > opened => {
                closed -= 1;
                without
            }
            _ => return shorter.len(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(text: &str) -> Vec<&str> {
        find(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn the_sentence_around_a_url_is_left_out() {
        let text = "See https://a.example/x_(y). (Or HTTP://b.example/q?z=1, then \"https://c.example\"!)";
        assert_eq!(urls(text), ["https://a.example/x_(y)", "HTTP://b.example/q?z=1", "https://c.example"]);
    }

    #[test]
    fn what_is_no_url_is_left_alone() {
        assert_eq!(urls("xhttp://a.example ftp://b.example http:// https://. ://"), [""; 0]);
    }

    #[test]
    fn many_brackets_take_linear_time() {
        let text = "https://a".to_owned() + &")".repeat(1_000_000);
        assert_eq!(urls(&text), ["https://a"]);
    }
}
