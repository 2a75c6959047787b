//! What an item tells, and how it is named.

use super::settings::Fields;
use crate::times::stamp_of;
use gdg_model::{Attributes, Stamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

/// Bytes of an id.
const MAX_ID: usize = 1024;
/// What is written as it is: unreserved characters (RFC 3986), so that an id is one part of a path and nothing more.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Entries of `links` that become metadata.
const MAX_LINKS: usize = 1000;

/// An id as a locator, and as a part of a path.
pub(super) fn encoded(id: &str) -> String {
    utf8_percent_encode(id, KEPT).to_string()
}

/// The id that a locator names; `None` if it is no locator that a listing gives.
pub(super) fn id_of_locator(locator: &str) -> Option<String> {
    let id = percent_decode_str(locator).decode_utf8().ok()?;
    check_id(&id).ok()?;
    (encoded(&id) == locator).then(|| id.into_owned())
}

/// The id of an item, as text. The error says what is wrong with it.
pub(super) fn id_of(item: &Value, fields: &Fields) -> Result<String, String> {
    let id = match fields.id.get(item) {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(number)) if number.is_i64() || number.is_u64() => number.to_string(),
        Some(_) => return Err(format!("what is at {}, the id, is no text and no whole number", fields.id)),
        None => return Err(format!("there is nothing at {}, where the id should be", fields.id)),
    };
    check_id(&id)?;
    Ok(id)
}

/// Refuses ids that are no name: the dots would leave the path that they are put into.
fn check_id(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err("its id is empty".into());
    }
    if id.len() > MAX_ID {
        return Err(format!("its id is longer than {MAX_ID} bytes"));
    }
    if matches!(id, "." | "..") || id.chars().any(char::is_control) {
        return Err("its id is no name".into());
    }
    Ok(())
}

/// What an item tells of its version; nothing where it does not.
pub(super) fn stamp_of_item(item: &Value, fields: &Fields) -> Stamp {
    match fields.updated.as_ref().and_then(|pointer| pointer.get(item)) {
        Some(Value::String(version)) => stamp_of(version),
        // A number is a version or a time in a unit of its own: a tag.
        Some(Value::Number(number)) => Stamp { etag: Some(number.to_string()), ..Stamp::default() },
        _ => Stamp::default(),
    }
}

/// The title of an item, where it has one.
pub(super) fn title_of(item: &Value, fields: &Fields) -> Option<String> {
    let title = fields.title.as_ref()?.get(item)?;
    let title = title.as_str()?.trim();
    (!title.is_empty()).then(|| title.to_owned())
}

/// What becomes metadata.
pub(super) fn metadata_of(item: &Value, fields: &Fields) -> Attributes {
    let mut metadata = Attributes::new();
    if let Some(title) = title_of(item, fields) {
        metadata.set("title", title);
    }
    if let Some(updated @ (Value::String(_) | Value::Number(_))) =
        fields.updated.as_ref().and_then(|pointer| pointer.get(item))
    {
        metadata.set("updated", updated.clone());
    }
    if let Some(Value::Array(links)) = fields.links.as_ref().and_then(|pointer| pointer.get(item)) {
        let links = links.iter().filter(|link| link.is_string() || link.is_number());
        metadata.set("links", links.take(MAX_LINKS).cloned().collect::<Vec<_>>());
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::super::pointer::Pointer;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn fields() -> Fields {
        let pointer = |text| Some(Pointer::parse(text).unwrap());
        Fields {
            id: Pointer::parse("/id").unwrap(),
            title: pointer("/title"),
            updated: pointer("/updated"),
            content: None,
            content_type: None,
            links: pointer("/links"),
        }
    }

    #[test]
    fn an_id_is_a_text_or_a_whole_number() {
        assert_eq!(id_of(&json!({ "id": "a/b" }), &fields()).unwrap(), "a/b");
        assert_eq!(id_of(&json!({ "id": 18_446_744_073_709_551_615_u64 }), &fields()).unwrap().len(), 20);
        for item in [
            json!({}),
            json!([]),
            json!({ "id": null }),
            json!({ "id": 1.5 }),
            json!({ "id": "" }),
            json!({ "id": ".." }),
            json!({ "id": "a\nb" }),
            json!({ "id": "x".repeat(MAX_ID + 1) }),
        ] {
            assert!(id_of(&item, &fields()).is_err(), "{item}");
        }
    }

    #[test]
    fn only_what_a_listing_gives_is_a_locator() {
        assert_eq!(id_of_locator("a%2Fb").as_deref(), Some("a/b"));
        for locator in ["", "a/b", "a%2fb", "..", "%2E%2E", "%FF", "a%00", "a b", "é"] {
            assert_eq!(id_of_locator(locator), None, "{locator}");
        }
    }

    #[test]
    fn what_is_told_beside_the_content_is_metadata() {
        let item = json!({ "title": " A ", "updated": 7, "links": ["x", 1, null, {}] });
        let metadata = metadata_of(&item, &fields());
        assert_eq!(metadata.to_json().unwrap(), r#"{"title":"A","updated":7,"links":["x",1]}"#);
        assert_eq!(stamp_of_item(&item, &fields()).etag.as_deref(), Some("7"));
        assert!(metadata_of(&json!({ "title": 1, "links": "x" }), &fields()).is_empty());
    }

    proptest! {
        #[test]
        fn an_id_comes_back_from_its_locator(id in "\\PC{1,40}") {
            prop_assume!(check_id(&id).is_ok());
            let locator = encoded(&id);
            prop_assert!(!locator.contains(['/', '?', '#', ' ']));
            prop_assert_eq!(id_of_locator(&locator), Some(id));
        }

        #[test]
        fn no_locator_is_too_strange(locator in ".*") {
            if let Some(id) = id_of_locator(&locator) {
                prop_assert_eq!(encoded(&id), locator);
            }
        }
    }
}
