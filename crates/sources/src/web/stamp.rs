//! What a server tells of a page's version, and how it is asked whether that is still so.

use gdg_model::Stamp;
use reqwest::header::{DATE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Bytes that an entity tag has at most. A longer one is not kept.
const MAX_ETAG: usize = 512;
/// A page that was modified so shortly before it was asked for may be modified again at the same second.
const SETTLED: Duration = Duration::from_secs(2);

/// The stamp of an answer with these headers. `size` is known only of a body that was sent as it is.
pub(super) fn stamp_of(headers: &HeaderMap, size: Option<u64>) -> Stamp {
    let etag = headers.get(ETAG).and_then(|value| value.to_str().ok()).map(str::trim);
    let etag = etag.filter(|etag| is_entity_tag(etag)).map(String::from);
    let modified = date(headers.get(LAST_MODIFIED));
    let is_settled = |modified: &SystemTime| {
        date(headers.get(DATE))
            .is_none_or(|now| now.duration_since(*modified).is_ok_and(|age| age >= SETTLED))
    };
    let modified = modified.filter(|modified| etag.is_some() || is_settled(modified));
    let modified_at = modified
        .and_then(|modified| modified.duration_since(UNIX_EPOCH).ok())
        .and_then(|since| i64::try_from(since.as_nanos()).ok());
    Stamp { etag, modified_at, size }
}

/// The headers that ask for a page only if it is another than the one with this stamp.
pub(super) fn conditions(known: &Stamp) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let etag = known.etag.as_deref().filter(|etag| is_entity_tag(etag));
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        headers.insert(IF_NONE_MATCH, etag);
    }
    let modified = known.modified_at.and_then(|nanoseconds| u64::try_from(nanoseconds).ok());
    if let Some(modified) = modified.and_then(|since| UNIX_EPOCH.checked_add(Duration::from_nanos(since)))
        && let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(modified))
    {
        headers.insert(IF_MODIFIED_SINCE, date);
    }
    headers
}

/// Whether a text is an entity tag, weak or strong. `*` is none: asked for, it would stand for every version.
fn is_entity_tag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    text.len() <= MAX_ETAG
        && opaque
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .is_some_and(|tag| !tag.contains(['"', ' ']))
}

fn date(value: Option<&HeaderValue>) -> Option<SystemTime> {
    httpdate::parse_http_date(value?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(pairs: &[(reqwest::header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const A_SECOND_LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    #[test]
    fn tags_and_times_are_kept_as_they_are() {
        let stamp = stamp_of(&headers(&[(ETAG, "W/\"a\""), (LAST_MODIFIED, THEN)]), Some(3));
        assert_eq!(stamp.etag.as_deref(), Some("W/\"a\""));
        assert_eq!(stamp.modified_at, Some(784_111_777_000_000_000));
        assert_eq!(stamp.size, Some(3));
        let conditions = conditions(&stamp);
        assert_eq!(conditions[IF_NONE_MATCH], "W/\"a\"");
        assert_eq!(conditions[IF_MODIFIED_SINCE], THEN);
    }

    #[test]
    fn what_says_nothing_is_no_stamp() {
        for etag in ["*", "a", "\"", "", "\"a\"b\"", &format!("\"{}\"", "x".repeat(600))] {
            assert_eq!(stamp_of(&headers(&[(ETAG, etag)]), None), Stamp::default(), "{etag}");
            let known = Stamp { etag: Some(etag.into()), ..Stamp::default() };
            assert!(conditions(&known).is_empty(), "{etag}");
        }
        assert_eq!(stamp_of(&headers(&[(LAST_MODIFIED, "yesterday")]), None), Stamp::default());
        assert!(!stamp_of(&headers(&[]), Some(3)).proves_unchanged_since(&stamp_of(&headers(&[]), Some(3))));
    }

    #[test]
    fn a_page_that_was_modified_just_now_may_be_again() {
        let just_now = headers(&[(LAST_MODIFIED, THEN), (DATE, A_SECOND_LATER)]);
        assert_eq!(stamp_of(&just_now, None).modified_at, None);
        let with_tag = headers(&[(LAST_MODIFIED, THEN), (DATE, A_SECOND_LATER), (ETAG, "\"a\"")]);
        assert!(stamp_of(&with_tag, None).modified_at.is_some());
    }

    proptest! {
        #[test]
        fn any_stamp_can_be_asked_with(etag in proptest::option::of(".*"), modified_at: Option<i64>) {
            conditions(&Stamp { etag, modified_at, size: None });
        }
    }
}
