//! What a process wrote to standard error, the end of it.

/// The end of what a process wrote to standard error.
#[derive(Debug, Default)]
pub(super) struct LastWords(Vec<u8>);

/// How much is kept.
const KEPT: usize = 4 * 1024;

/// Characters of a line that go into an error message.
const MAX_LINE: usize = 200;

impl LastWords {
    /// Adds what was written.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        self.0.drain(..self.0.len().saturating_sub(KEPT));
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether they tell that memory could not be had, in the words of Rust's runtime.
    pub(super) fn tell_of_memory(&self) -> bool {
        String::from_utf8_lossy(&self.0)
            .lines()
            .any(|line| line.starts_with("memory allocation of ") && line.contains("failed"))
    }

    /// The last line that tells something.
    pub(super) fn line(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.0);
        let telling = |line: &&str| !line.is_empty() && !line.starts_with("note:");
        let line = text.lines().map(str::trim).rfind(telling)?;
        Some(line.chars().take(MAX_LINE).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_within_bounds() {
        let mut words = LastWords::default();
        for number in 0..10_000 {
            words.add(format!("line {number}\n").as_bytes());
        }
        assert!(words.0.len() <= KEPT);
        assert_eq!(words.line().as_deref(), Some("line 9999"));
    }

    #[test]
    fn notes_and_blank_lines_tell_nothing() {
        let mut words = LastWords::default();
        words.add(b"it broke\nnote: run with `RUST_BACKTRACE=1`\n\n");
        assert_eq!(words.line().as_deref(), Some("it broke"));
    }
}
