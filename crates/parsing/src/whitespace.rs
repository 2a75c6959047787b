//! White space in prose.

/// Appends `text` to `target` with each run of ASCII white space as one space;
/// none at the beginning of `target` or behind white space it ends with.
pub(crate) fn push_collapsed(target: &mut String, text: &str) {
    let mut after_space = target.as_bytes().last().is_none_or(u8::is_ascii_whitespace);
    let mut copied = 0;
    for (offset, byte) in text.bytes().enumerate() {
        let is_space = byte.is_ascii_whitespace();
        if is_space && (after_space || byte != b' ') {
            target.push_str(&text[copied..offset]);
            if !after_space {
                target.push(' ');
            }
            copied = offset + 1;
        }
        after_space = is_space;
    }
    target.push_str(&text[copied..]);
}

/// Appends a line break to `target` in place of the spaces that it ends with; none at its beginning.
pub(crate) fn push_line_break(target: &mut String) {
    target.truncate(target.trim_end_matches(' ').len());
    if !target.is_empty() && !target.ends_with('\n') {
        target.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn runs_collapse_across_pieces() {
        let mut text = String::new();
        for piece in [" \n a", "b \t", " c", "\nd  e", "\u{a0} f "] {
            push_collapsed(&mut text, piece);
        }
        assert_eq!(text, "ab c d e\u{a0} f ");
    }

    #[test]
    fn a_line_break_swallows_the_spaces_around_it() {
        let mut text = String::from("one  ");
        push_line_break(&mut text);
        push_collapsed(&mut text, "  two");
        assert_eq!(text, "one\ntwo");
    }

    proptest! {
        #[test]
        fn words_are_kept(text: String) {
            let mut collapsed = String::new();
            push_collapsed(&mut collapsed, &text);
            prop_assert!(collapsed.split_ascii_whitespace().eq(text.split_ascii_whitespace()));
            prop_assert!(!collapsed.contains("  "));
        }
    }
}
