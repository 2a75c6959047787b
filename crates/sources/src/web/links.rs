//! From a link as it stands in a document to an address.

use super::url_name::{UrlName, is_text_of_a_link};
use percent_encoding::percent_decode_str;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use url::Url;

/// Pages of which it is remembered where they were found.
const REMEMBERED: usize = 4_096;

/// Understands links.
#[derive(Debug)]
pub(super) struct Links {
    /// Beginnings of paths and addresses, and what they are replaced by. The longest first.
    mappings: Vec<(String, String)>,
}

impl Links {
    pub(super) fn new(path_mappings: &BTreeMap<String, String>) -> Self {
        let without_slash = |text: &str| text.trim_end_matches('/').to_owned();
        let mut mappings: Vec<_> = path_mappings
            .iter()
            .map(|(beginning, replacement)| (without_slash(beginning), without_slash(replacement)))
            .filter(|(beginning, _)| !beginning.is_empty())
            .collect();
        mappings.sort_by_key(|(beginning, _)| std::cmp::Reverse(beginning.len()));
        Self { mappings }
    }

    /// The page that `link` leads to, with the part of it. `base` is what
    /// relative links are relative to; without it only absolute ones lead anywhere.
    pub(super) fn resolve(&self, base: Option<&Url>, link: &str) -> Option<(UrlName, String)> {
        if !is_text_of_a_link(link) {
            return None;
        }
        let link = link.trim();
        let url = match (self.map(link), base) {
            (Some(mapped), _) => Url::parse(&mapped).ok()?,
            (None, Some(base)) => base.join(link).ok()?,
            (None, None) => Url::parse(link).ok()?,
        };
        let url = match self.map(url.as_str()) {
            Some(mapped) => Url::parse(&mapped).ok()?,
            None => url,
        };
        let fragment =
            percent_decode_str(url.fragment().unwrap_or_default()).decode_utf8_lossy().into_owned();
        Some((UrlName::of_url(url)?, fragment))
    }

    /// The link with its beginning replaced, when there is a mapping for it.
    fn map(&self, link: &str) -> Option<String> {
        self.mappings.iter().find_map(|(beginning, replacement)| {
            let rest = link.strip_prefix(beginning.as_str())?;
            let is_whole_part = rest.is_empty() || rest.starts_with(['/', '?', '#']);
            is_whole_part.then(|| format!("{replacement}{rest}"))
        })
    }
}

/// Where pages were found that redirect: their relative links begin there, and not where they were asked for.
#[derive(Debug, Default)]
pub(super) struct Redirected(Mutex<Places>);

#[derive(Debug, Default)]
struct Places {
    of: HashMap<String, Url>,
    oldest_first: VecDeque<String>,
}

impl Redirected {
    /// Remembers where a page was found.
    pub(super) fn note(&self, locator: &str, found_at: &Url) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if found_at.as_str() == locator {
            // Its place in the order stays: whoever leaves by it later finds nothing, or is read anew.
            places.of.remove(locator);
            return;
        }
        if places.of.insert(locator.to_owned(), found_at.clone()).is_none() {
            places.oldest_first.push_back(locator.to_owned());
        }
        while places.oldest_first.len() > REMEMBERED {
            if let Some(oldest) = places.oldest_first.pop_front() {
                places.of.remove(&oldest);
            }
        }
    }

    pub(super) fn place_of(&self, locator: &str) -> Option<Url> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).of.get(locator).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn led(mappings: &[(&str, &str)], base: Option<&str>, link: &str) -> Option<String> {
        let mappings = mappings.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
        let base = base.map(|base| Url::parse(base).unwrap());
        let (name, fragment) = Links::new(&mappings).resolve(base.as_ref(), link)?;
        Some(if fragment.is_empty() { name.as_str().into() } else { format!("{}#{fragment}", name.as_str()) })
    }

    #[test]
    fn links_lead_where_a_browser_would_go() {
        let base = Some("http://a.example/docs/guide/start.html?x=1");
        for (link, target) in [
            ("install.html", Some("http://a.example/docs/guide/install.html")),
            ("../index.html#the%20end", Some("http://a.example/docs/index.html#the end")),
            ("/", Some("http://a.example/")),
            ("//b.example/x", Some("http://b.example/x")),
            ("?page=2", Some("http://a.example/docs/guide/start.html?page=2")),
            ("#part", Some("http://a.example/docs/guide/start.html?x=1#part")),
            ("HTTPS://B.example", Some("https://b.example/")),
            (" a\n.html ", Some("http://a.example/docs/guide/a.html")),
            ("a.html?utm_source=x", Some("http://a.example/docs/guide/a.html")),
            ("http://u:p@a.example/", Some("http://a.example/")),
            ("mailto:a@a.example", None),
            ("javascript:alert(1)", None),
            ("data:,x", None),
            ("file:///etc/passwd", None),
            ("http://[", None),
            ("\0", None),
        ] {
            assert_eq!(led(&[], base, link).as_deref(), target, "{link}");
        }
    }

    #[test]
    fn from_elsewhere_only_an_absolute_link_leads_anywhere() {
        assert_eq!(led(&[], None, "http://a.example/x").unwrap(), "http://a.example/x");
        assert_eq!(led(&[], None, "x.html"), None);
        assert_eq!(led(&[], None, "//a.example/x"), None);
    }

    #[test]
    fn beginnings_are_replaced() {
        let mappings = [
            ("http://old.example/wiki/", "https://new.example/w"),
            ("http://old.example", "https://new.example"),
            ("/srv/wiki", "https://new.example/w"),
        ];
        for (base, link, target) in [
            (None, "http://old.example/wiki/a#b", Some("https://new.example/w/a#b")),
            (None, "http://old.example/wikia", Some("https://new.example/wikia")),
            (None, "http://old.example?x", Some("https://new.example/?x")),
            (None, "http://old.example.org/", Some("http://old.example.org/")),
            (None, "/srv/wiki/a.html", Some("https://new.example/w/a.html")),
            (Some("http://old.example/wiki/x/y"), "../z", Some("https://new.example/w/z")),
        ] {
            assert_eq!(led(&mappings, base, link).as_deref(), target, "{link}");
        }
    }

    #[test]
    fn places_are_remembered_and_forgotten() {
        let redirected = Redirected::default();
        let there = Url::parse("http://a.example/docs/").unwrap();
        redirected.note("http://a.example/docs", &there);
        assert_eq!(redirected.place_of("http://a.example/docs"), Some(there.clone()));
        redirected.note("http://a.example/docs", &Url::parse("http://a.example/docs").unwrap());
        assert_eq!(redirected.place_of("http://a.example/docs"), None);
        for number in 0..2 * REMEMBERED {
            redirected.note(&number.to_string(), &there);
        }
        assert_eq!(redirected.place_of("0"), None);
        assert!(redirected.place_of(&(2 * REMEMBERED - 1).to_string()).is_some());
        assert_eq!(redirected.0.lock().unwrap().of.len(), REMEMBERED);
    }

    proptest! {
        #[test]
        fn any_link_leads_somewhere_or_nowhere(link in ".{0,200}") {
            let _ = led(&[], Some("http://a.example/b/c"), &link);
        }
    }
}
