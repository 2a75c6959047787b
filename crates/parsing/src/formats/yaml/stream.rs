//! Whether a YAML text is one document or a stream of them.

/// Whether `text` has several documents. Lines that begin with `---` or `...` are their borders wherever they
/// stand: no scalar may contain one.
pub(super) fn has_several(text: &str) -> bool {
    let mut has_begun = false;
    let mut has_ended = false;
    for line in text.lines() {
        if is_marker(line, "...") {
            has_ended = has_begun;
        } else if is_marker(line, "---") {
            if has_begun {
                return true;
            }
            has_begun = true;
        } else if is_content(line, has_begun) {
            if has_ended {
                return true;
            }
            has_begun = true;
        }
    }
    false
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// Whether a line is neither blank, nor a comment, nor a directive before a document.
fn is_content(line: &str, has_begun: bool) -> bool {
    let trimmed = line.trim_start();
    !trimmed.is_empty() && !trimmed.starts_with('#') && (has_begun || !line.starts_with('%'))
}

#[cfg(test)]
mod tests {
    use super::has_several;

    #[test]
    fn documents_are_told_by_their_markers() {
        for one in
            ["a: 1", "---\na: 1\n...\n", "%YAML 1.2\n---\na", "# c\n\n--- a", "a: |\n  ---\n", "...\na"]
        {
            assert!(!has_several(one), "{one}");
        }
        for several in ["a\n---\nb", "---\n---\n", "a\n...\nb", "--- a\n--- b", "a\n...\n---\nb"] {
            assert!(has_several(several), "{several}");
        }
    }
}
