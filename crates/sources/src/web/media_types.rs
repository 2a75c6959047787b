//! Which media types are taken.

use crate::naming::essence;

/// Patterns of media types.
#[derive(Debug)]
pub(super) struct MediaTypes(Vec<String>);

impl MediaTypes {
    pub(super) fn new(patterns: &[String]) -> Self {
        Self(patterns.iter().map(|pattern| pattern.trim().to_ascii_lowercase()).collect())
    }

    /// Whether the media type of a `Content-Type` is taken. One that says nothing is.
    pub(super) fn take(&self, content_type: &str) -> bool {
        let essence = essence(content_type);
        essence.is_empty() || self.0.iter().any(|pattern| matches(pattern, &essence))
    }

    /// What is asked for (`Accept`).
    pub(super) fn accept(&self) -> String {
        // Not every pattern is one that the header knows.
        let known = self.0.iter().filter(|pattern| match pattern.split_once('/') {
            Some((kind, "*")) => !kind.contains('*') || kind == "*",
            Some((kind, subtype)) => !kind.contains('*') && !subtype.contains('*'),
            None => false,
        });
        known.map(String::as_str).chain(["*/*;q=0.1"]).collect::<Vec<_>>().join(", ")
    }
}

/// Whether `text` is what `pattern` says, in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((before, pattern)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(before) else { return false };
    let (between, last) = pattern.rsplit_once('*').unwrap_or(("", pattern));
    for part in between.split('*') {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdg_config::WebSourceConfig;

    #[test]
    fn types_that_can_be_parsed_are_taken_by_default() {
        let types = MediaTypes::new(&WebSourceConfig::default().content_types);
        for taken in [
            "text/html; charset=utf-8",
            "TEXT/HTML",
            "text/markdown",
            "application/pdf",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "",
            " ; charset=x",
        ] {
            assert!(types.take(taken), "{taken}");
        }
        for refused in ["image/png", "application/octet-stream", "video/mp4", "text", "application/zip"] {
            assert!(!types.take(refused), "{refused}");
        }
        assert!(types.accept().starts_with("text/*, application/xhtml+xml"), "{}", types.accept());
    }

    #[test]
    fn a_star_stands_for_anything() {
        let types = MediaTypes::new(&["*/*".into()]);
        assert!(types.take("video/mp4"));
        let types = MediaTypes::new(&["application/*+xml".into()]);
        assert!(types.take("application/rss+xml") && !types.take("application/xml"));
        assert!(!types.take("application/+xm"));
        assert_eq!(types.accept(), "*/*;q=0.1");
    }
}
