//! Small ordered maps that hang on elements and documents.

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// What is known of an element beyond its text: a heading's level, a link's
/// target, a cell's span. An ordered map that costs nothing while empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(Vec<(Cow<'static, str>, Value)>);

/// Up to so many entries, room is made for one at a time: most elements have
/// one or two, and a document may have half a million of them.
const FEW: usize = 4;

impl Attributes {
    /// An empty map, without an allocation.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Sets `name` to `value`, replacing what was there.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        let name = name.into();
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, slot)) => *slot = value,
            None => {
                if self.0.len() < FEW {
                    self.0.reserve_exact(1);
                }
                self.0.push((name, value));
            }
        }
    }

    /// The value of `name`, if it was set.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The text value of `name`, if it was set to text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Whether nothing was set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values in the order in which they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// The map as a JSON object, or `None` while it is empty.
    pub fn to_json(&self) -> Option<String> {
        if self.is_empty() { None } else { serde_json::to_string(self).ok() }
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Attributes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of attributes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
                let mut attributes = Attributes::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    attributes.set(name, value);
                }
                Ok(attributes)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_a_name_twice_keeps_one_entry() {
        let mut attributes = Attributes::new();
        attributes.set("level", 1);
        attributes.set("level", 2);
        assert_eq!(attributes.to_json().as_deref(), Some(r#"{"level":2}"#));
    }

    #[test]
    fn attributes_survive_json() {
        let mut attributes = Attributes::new();
        attributes.set("href", "a.md");
        attributes.set("ordered", true);
        let json = attributes.to_json().unwrap();
        assert_eq!(serde_json::from_str::<Attributes>(&json).unwrap(), attributes);
    }
}
