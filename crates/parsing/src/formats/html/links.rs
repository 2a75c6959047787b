//! The targets of links.

use super::run::collapse;
use url::Url;

/// Bytes that a base may have. Every link takes a copy of it: a long one would
/// cost its length times their number.
const MAX_BASE_LENGTH: usize = 2_048;

/// What relative targets are relative to, where a document says so.
#[derive(Debug)]
pub(super) enum Base {
    /// An absolute URL.
    Absolute(Url),
    /// A path relative to the document, up to its last slash.
    Relative(String),
}

impl Base {
    /// The base that `<base href>` names; `None` for one of more than [`MAX_BASE_LENGTH`] bytes, too.
    pub(super) fn new(href: &str) -> Option<Self> {
        let href = strip(href);
        if href.len() > MAX_BASE_LENGTH {
            return None;
        }
        match Url::parse(&href) {
            Ok(url) if !url.cannot_be_a_base() => Some(Self::Absolute(url)),
            Ok(_) => None,
            Err(_) => href.rfind('/').map(|slash| Self::Relative(href[..=slash].to_owned())),
        }
    }
}

/// The target that `href` names; `None` for scripts, data and nothing at all.
/// Fragments stay as they are: they lead into the document itself.
pub(super) fn target(href: &str, base: Option<&Base>) -> Option<String> {
    let href = strip(href);
    match scheme(&href) {
        Some(scheme) if ["javascript", "vbscript", "data", "about", "blob"].contains(&&*scheme) => None,
        Some(_) => Some(href),
        None if href.is_empty() || href.starts_with('#') => Some(href).filter(|href| !href.is_empty()),
        None => Some(match base {
            Some(Base::Absolute(base)) => base.join(&href).map_or(href, String::from),
            Some(Base::Relative(base)) if !href.starts_with(['/', '?']) => format!("{base}{href}"),
            _ => href,
        }),
    }
}

/// Whether `target` may name a document, and not a mailbox or a telephone.
pub(super) fn is_document(target: &str) -> bool {
    !scheme(target).is_some_and(|scheme| ["mailto", "tel", "sms", "callto", "cid", "mid"].contains(&&*scheme))
}

/// The target of `<meta http-equiv=refresh content="0; url=target">`.
pub(super) fn refresh_target(content: &str) -> Option<&str> {
    let (_, after) = content.split_once([';', ','])?;
    let (key, value) = after.split_once('=')?;
    key.trim().eq_ignore_ascii_case("url").then(|| value.trim().trim_matches(['"', '\'']))
}

/// The first candidate of a `srcset`.
pub(super) fn first_of_srcset(srcset: &str) -> Option<&str> {
    srcset.split_ascii_whitespace().next().map(|url| url.trim_end_matches(','))
}

/// What stands in a tree for a source: the source, or of a `data:` URL only its media type.
pub(super) fn image_source(src: &str, base: Option<&Base>) -> Option<String> {
    let is_data = src.trim_start().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("data:"));
    if is_data { src.trim_start().split([',', ';']).next().map(collapse) } else { target(src, base) }
}

/// URLs are read without the whitespace around them and the line breaks in them.
fn strip(href: &str) -> String {
    href.trim().replace(['\t', '\n', '\r'], "")
}

fn scheme(href: &str) -> Option<String> {
    let (scheme, _) = href.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_too_long_to_be_copied_is_none() {
        assert!(Base::new(&format!("http://x/{}/", "x".repeat(MAX_BASE_LENGTH))).is_none());
    }

    #[test]
    fn relative_targets_are_resolved_against_the_base() {
        let absolute = Base::new("https://example.org/docs/v2/index.html").unwrap();
        assert_eq!(target("../a.html", Some(&absolute)).unwrap(), "https://example.org/docs/a.html");
        assert_eq!(target("#part", Some(&absolute)).unwrap(), "#part");
        let relative = Base::new("../other/").unwrap();
        assert_eq!(target("a.html", Some(&relative)).unwrap(), "../other/a.html");
        assert_eq!(target("/a.html", Some(&relative)).unwrap(), "/a.html");
        assert_eq!(target("http://x.org/", Some(&relative)).unwrap(), "http://x.org/");
    }

    #[test]
    fn scripts_are_no_targets_and_mailboxes_no_documents() {
        assert_eq!(target(" java\nscript:void(0)", None), None);
        assert_eq!(target("mailto:a@example.org", None).unwrap(), "mailto:a@example.org");
        assert!(!is_document("mailto:a@example.org"));
        assert!(is_document("notes/10:30.html"));
    }

    #[test]
    fn an_embedded_image_is_known_by_its_media_type() {
        assert_eq!(image_source("data:image/png;base64,AAAA", None).unwrap(), "data:image/png");
        assert_eq!(image_source("a b.png", None).unwrap(), "a b.png");
    }

    #[test]
    fn a_redirect_names_its_target() {
        assert_eq!(refresh_target("0; URL='next.html'"), Some("next.html"));
        assert_eq!(refresh_target("300"), None);
    }
}
