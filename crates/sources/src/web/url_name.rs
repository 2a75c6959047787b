//! The one way in which a page's address is written.

use percent_encoding::{percent_decode_str, percent_encode_byte};
use url::Url;

/// Bytes that an address has at most. Longer ones are no pages that anybody wrote a link to.
pub(super) const MAX_LENGTH: usize = 2_000;
/// Bytes of a link that are looked at, before what is left out of addresses is taken off.
const MAX_LINK_LENGTH: usize = 4 * MAX_LENGTH;

/// Parameters that say where a visitor came from, or who it is, and not what is asked for.
const MEANINGLESS_PARAMETERS: [&str; 4] = ["fbclid", "gclid", "jsessionid", "phpsessid"];
/// Beginnings of such parameters.
const MEANINGLESS_PREFIXES: [&str; 2] = ["utm_", "aspsessionid"];

/// The address of a page in its normal form, which is the locator of the page:
/// scheme and host in lower case, no default port, no credentials, no
/// fragment, dot segments resolved, escapes in upper case and only where they
/// are needed, without parameters that only track visitors.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct UrlName(Url);

impl UrlName {
    /// The name for an address as somebody wrote it. `None` when it is none of the web.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if !is_text_of_a_link(text) {
            return None;
        }
        Self::of_url(Url::parse(text.trim()).ok()?)
    }

    /// The name for an address.
    pub(super) fn of_url(mut url: Url) -> Option<Self> {
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return None;
        }
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        url.set_fragment(None);
        let path = without_session(&normalise_escapes(url.path()));
        url.set_path(&path);
        let query = url.query().map(|query| without_tracking(&normalise_escapes(query)));
        url.set_query(query.as_deref().filter(|query| !query.is_empty()));
        Some(Self(url))
    }

    /// The name that a locator is. `None` when it is none, or not in its normal form.
    pub(super) fn from_locator(locator: &str) -> Option<Self> {
        if locator.len() > MAX_LENGTH {
            return None;
        }
        Self::parse(locator).filter(|name| name.as_str() == locator)
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// The last part of the path, for what its extension tells.
    pub(super) fn file_name(&self) -> String {
        let last = self.0.path().rsplit('/').next().unwrap_or_default();
        let name: String = percent_decode_str(last)
            .decode_utf8_lossy()
            .chars()
            .filter(|character| !character.is_control() && !matches!(character, '/' | '\\'))
            .collect();
        if name.trim_matches('.').is_empty() { "index.html".into() } else { name }
    }
}

/// Whether a text may be a link: it is not over long, and has no characters that no link has.
pub(super) fn is_text_of_a_link(text: &str) -> bool {
    text.len() <= MAX_LINK_LENGTH && !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// Writes each escape in upper case, and what needs none without. A `%` that begins no escape becomes one.
fn normalise_escapes(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, escape) = rest.split_at(at);
        normal.push_str(before);
        let byte = escape
            .get(1..3)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if is_unreserved(byte) => normal.push(char::from(byte)),
            Some(byte) => normal.push_str(percent_encode_byte(byte)),
            None => normal.push_str("%25"),
        }
        rest = escape.get(if byte.is_some() { 3 } else { 1 }..).unwrap_or_default();
    }
    normal.push_str(rest);
    normal
}

/// The characters that mean the same with an escape and without (RFC 3986, 2.3).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn without_tracking(query: &str) -> String {
    let is_kept = |parameter: &&str| {
        let name = parameter.split_once('=').map_or(*parameter, |(name, _)| name);
        !parameter.is_empty() && !is_meaningless(name)
    };
    query.split('&').filter(is_kept).collect::<Vec<_>>().join("&")
}

fn is_meaningless(parameter: &str) -> bool {
    let begins =
        |prefix: &str| parameter.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    MEANINGLESS_PARAMETERS.iter().any(|name| parameter.eq_ignore_ascii_case(name))
        || MEANINGLESS_PREFIXES.iter().any(|prefix| begins(prefix))
}

/// The path without the session that some servers put at the end of a part of it: `/cart;jsessionid=1A2B`.
fn without_session(path: &str) -> String {
    let part = |segment: &str| {
        let mut parameters = segment.split(';');
        let first = parameters.next().unwrap_or_default().to_owned();
        parameters
            .filter(|parameter| !is_meaningless(parameter.split('=').next().unwrap_or_default()))
            .fold(first, |path, parameter| path + ";" + parameter)
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_of_the_same_page_have_one_name() {
        for (text, name) in [
            ("HTTP://Example.COM", "http://example.com/"),
            ("http://example.com:80/a#part", "http://example.com/a"),
            ("https://example.com:443/", "https://example.com/"),
            ("https://example.com:8443/", "https://example.com:8443/"),
            ("http://ada:secret@example.com/", "http://example.com/"),
            ("http://example.com/a/./b/../c", "http://example.com/a/c"),
            ("http://example.com/%7eada/%c3%a9", "http://example.com/~ada/%C3%A9"),
            ("http://example.com/é", "http://example.com/%C3%A9"),
            ("http://example.com/100%", "http://example.com/100%25"),
            ("http://example.com/%%34%31", "http://example.com/%2541"),
            ("http://example.com/a/%2e%2e/b", "http://example.com/b"),
            ("http://example.com/a%2Fb", "http://example.com/a%2Fb"),
            ("http://example.com/a?", "http://example.com/a"),
            ("http://example.com/a?b=2&a=1&", "http://example.com/a?b=2&a=1"),
            ("http://example.com/a?utm_source=x&id=1&UTM_medium=y&gclid=z", "http://example.com/a?id=1"),
            ("http://example.com/a?fbclid=1", "http://example.com/a"),
            ("http://example.com/a;jsessionid=1A/b;v=2;JSESSIONID=x?c", "http://example.com/a/b;v=2?c"),
            ("http://example.com/a/..;jsessionid=1/b", "http://example.com/b"),
            ("http://example.com/a?PHPSESSID=12&x", "http://example.com/a?x"),
            (" http://example.com/a\n", "http://example.com/a"),
            ("http://münchen.example/", "http://xn--mnchen-3ya.example/"),
        ] {
            assert_eq!(UrlName::parse(text).unwrap().as_str(), name, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_of_the_web_has_no_name() {
        for text in [
            "",
            "a.md",
            "/etc/passwd",
            "ftp://example.com/",
            "file:///a",
            "http://",
            "mailto:a@b.c",
            "://",
            "\0",
        ] {
            assert_eq!(UrlName::parse(text), None, "{text}");
        }
        assert_eq!(UrlName::parse(&format!("http://a/{}", "x".repeat(MAX_LINK_LENGTH))), None);
    }

    #[test]
    fn a_locator_is_a_name_only_in_its_normal_form() {
        assert!(UrlName::from_locator("http://example.com/a").is_some());
        for text in
            ["http://example.com", "HTTP://example.com/", "http://example.com/a#b", "http://a@example.com/"]
        {
            assert_eq!(UrlName::from_locator(text), None, "{text}");
        }
        assert_eq!(UrlName::from_locator(&format!("http://a/{}", "x".repeat(MAX_LENGTH))), None);
    }

    #[test]
    fn a_page_is_named_as_the_last_part_of_its_path() {
        for (text, name) in [
            ("http://example.com/a/b.pdf?x=1", "b.pdf"),
            ("http://example.com/a/", "index.html"),
            ("http://example.com", "index.html"),
            ("http://example.com/a%2F..%2Fb%00.md", "a..b.md"),
            ("http://example.com/caf%C3%A9.md", "café.md"),
        ] {
            assert_eq!(UrlName::parse(text).unwrap().file_name(), name, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_name_or_none(text in ".*") {
            let _ = UrlName::parse(&text);
        }

        #[test]
        fn a_name_is_its_own_name(
            path in "[a-c/.;=%0-9A-Fa-f2eé\\\\ ?&_-]{0,60}",
            host in prop::sample::select(vec!["example.com", "EXAMPLE.com:80", "[::1]:8080", "127.1"]),
        ) {
            if let Some(name) = UrlName::parse(&format!("http://{host}/{path}")) {
                prop_assert_eq!(UrlName::parse(name.as_str()), Some(name.clone()));
                if name.as_str().len() <= MAX_LENGTH {
                    prop_assert!(UrlName::from_locator(name.as_str()).is_some());
                }
            }
        }
    }
}
