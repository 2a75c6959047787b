//! Values that are web addresses, in formats that have no links of their own.

/// `text` without the space around it, if it is an absolute `http` or `https` URL and nothing else.
pub(super) fn web_address(text: &str) -> Option<&str> {
    let address = text.trim();
    let (scheme, rest) = address.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let has_host = rest.starts_with(|first: char| first.is_alphanumeric() || first == '[');
    let is_one_word = !rest.contains(|c: char| c.is_whitespace() || c.is_control());
    (is_web && has_host && is_one_word).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::web_address;

    #[test]
    fn only_a_whole_absolute_web_url_counts() {
        assert_eq!(web_address(" https://example.org/a "), Some("https://example.org/a"));
        assert_eq!(web_address("HTTP://[::1]/"), Some("HTTP://[::1]/"));
        for other in ["see https://example.org", "https://a b", "ftp://example.org", "https://", "/a", ""] {
            assert_eq!(web_address(other), None, "{other}");
        }
    }
}
