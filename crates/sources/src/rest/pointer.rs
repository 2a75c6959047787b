//! Where values stand in an answer, and reading no others.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// Items that one page of a listing has at most.
const MAX_ITEMS: usize = 100_000;
/// Places within an array that a pointer may name.
const MAX_INDEX: usize = 10_000;

/// A JSON pointer (RFC 6901).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pointer(Vec<String>);

impl Pointer {
    /// Reads a pointer. The error is the rest of a sentence that begins with the key.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let Some(tokens) = text.strip_prefix('/') else {
            return Err(format!("holds `{text}`, which is no JSON pointer: it does not begin with a slash"));
        };
        Ok(Self(tokens.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect()))
    }

    /// What it points to.
    pub(super) fn get<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, token| match value {
            Value::Object(members) => members.get(token),
            Value::Array(items) => items.get(index_of(token)?),
            _ => None,
        })
    }

    /// Takes out what it points to.
    pub(super) fn take(&self, value: &mut Value) -> Option<Value> {
        let place = self.0.iter().try_fold(value, |value, token| match value {
            Value::Object(members) => members.get_mut(token),
            Value::Array(items) => items.get_mut(index_of(token)?),
            _ => None,
        });
        place.map(Value::take)
    }

    /// This pointer, gone on with by another.
    pub(super) fn join(&self, within: &Self) -> Self {
        Self(self.0.iter().chain(&within.0).cloned().collect())
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|token| write!(f, "/{}", token.replace('~', "~0").replace('/', "~1")))
    }
}

fn index_of(token: &str) -> Option<usize> {
    token.parse().ok().filter(|index| *index <= MAX_INDEX)
}

/// What of an answer is kept. The rest is read over, and costs no memory.
#[derive(Debug, Default)]
pub(super) struct Projection {
    whole: bool,
    members: BTreeMap<String, Projection>,
    /// For each item of an array.
    each: Option<Box<Projection>>,
}

impl Projection {
    /// Keeps what `pointer` points to.
    pub(super) fn keep(&mut self, pointer: &Pointer) {
        self.at(pointer).whole = true;
    }

    /// Keeps `within` of each item of the array at `pointer`.
    pub(super) fn keep_each(&mut self, pointer: &Pointer, within: Projection) {
        self.at(pointer).each = Some(Box::new(within));
    }

    fn at(&mut self, pointer: &Pointer) -> &mut Self {
        pointer.0.iter().fold(self, |place, token| place.members.entry(token.clone()).or_default())
    }

    /// The highest place in an array that is kept.
    fn last_index(&self) -> Option<usize> {
        self.members.keys().filter_map(|token| index_of(token)).max()
    }
}

impl<'de> DeserializeSeed<'de> for &Projection {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.whole { Value::deserialize(deserializer) } else { deserializer.deserialize_any(self) }
    }
}

/// What is no object and no array has nothing in it that a pointer leads to.
impl<'de> Visitor<'de> for &Projection {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            match self.members.get(&name) {
                Some(within) => {
                    let value = map.next_value_seed(within)?;
                    kept.insert(name, value);
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::Object(kept))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        if let Some(within) = &self.each {
            while let Some(item) = seq.next_element_seed(&**within)? {
                if kept.len() == MAX_ITEMS {
                    return Err(A::Error::custom(format_args!("more than {MAX_ITEMS} items")));
                }
                kept.push(item);
            }
            return Ok(Value::Array(kept));
        }
        let places = self.last_index().map_or(0, |last| last + 1);
        for index in 0..places {
            let within = self.members.get(&index.to_string());
            let item = match within {
                Some(within) => seq.next_element_seed(within)?,
                None => seq.next_element::<IgnoredAny>()?.map(|_| Value::Null),
            };
            let Some(item) = item else { return Ok(Value::Array(kept)) };
            kept.push(item);
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(kept))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, _: &str) -> Result<Value, E> {
        Ok(Value::String(String::new()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn pointer(text: &str) -> Pointer {
        Pointer::parse(text).unwrap()
    }

    fn project(projection: &Projection, text: &str) -> serde_json::Result<Value> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        projection.deserialize(&mut deserializer)
    }

    #[test]
    fn pointers_lead_through_objects_and_arrays() {
        let value = json!({ "a/b": [{ "~": 1 }, 2], "": 3 });
        assert_eq!(pointer("/a~1b/0/~0").get(&value), Some(&json!(1)));
        assert_eq!(pointer("/").get(&value), Some(&json!(3)));
        assert_eq!(pointer("").get(&value), Some(&value));
        for nowhere in ["/a~1b/2", "/a~1b/-1", "/x", "/a~1b/0/~0/y"] {
            assert_eq!(pointer(nowhere).get(&value), None, "{nowhere}");
        }
        assert!(Pointer::parse("results").is_err());
        assert_eq!(pointer("/a~1b/0/~0").to_string(), "/a~1b/0/~0");
        assert_eq!(pointer("/a").join(&pointer("/b/c")), pointer("/a/b/c"));
    }

    #[test]
    fn only_what_is_asked_for_is_kept() {
        let mut item = Projection::default();
        item.keep(&pointer("/id"));
        item.keep(&pointer("/version/number"));
        let mut projection = Projection::default();
        projection.keep_each(&pointer("/results"), item);
        projection.keep(&pointer("/_links/next"));
        projection.keep(&pointer("/pair/1"));
        let text = json!({
            "results": [{ "id": 1, "body": "large", "version": { "number": 2, "by": "x" } }, 7, "text"],
            "_links": { "next": "/x", "base": "y" },
            "pair": ["a", "b", "c"],
            "rest": [[[]]],
        });
        let kept = json!({
            "results": [{ "id": 1, "version": { "number": 2 } }, 7, ""],
            "_links": { "next": "/x" },
            "pair": [null, "b"],
        });
        assert_eq!(project(&projection, &text.to_string()).unwrap(), kept);
    }

    #[test]
    fn text_that_is_no_json_is_an_error_wherever_it_stands() {
        let projection = Projection::default();
        for text in ["", "{", "[NaN]", r#"{"a": NaN}"#, "<html>", "[1,]", "nul", &"[".repeat(100_000)] {
            assert!(project(&projection, text).is_err());
        }
    }

    #[test]
    fn more_items_than_a_page_has_are_an_error() {
        let mut projection = Projection::default();
        projection.keep_each(&Pointer::default(), Projection::default());
        let text = format!("[{}0]", "0,".repeat(MAX_ITEMS));
        assert!(project(&projection, &text).unwrap_err().to_string().contains("more than 100000 items"));
    }

    proptest! {
        #[test]
        fn no_pointer_and_no_text_is_too_strange(text in ".*", answer in r#"[\[\]{}",:a01 ]*"#) {
            if let Ok(pointer) = Pointer::parse(&text) {
                let mut projection = Projection::default();
                projection.keep(&pointer);
                if let Ok(value) = project(&projection, &answer) {
                    let _ = pointer.get(&value);
                }
            }
        }
    }
}
