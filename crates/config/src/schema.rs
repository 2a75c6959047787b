//! The JSON schema of the configuration, and the part of JSON Schema that it is written in.

use crate::Config;
use crate::tree::{Content, Entry};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use std::fmt;

type JsonObject = Map<String, Value>;

/// The JSON schema of a configuration file, for editors and other tools.
pub fn json_schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Config>();
    schema.insert("title".into(), "Go-Doc-Go configuration".into());
    schema.to_value()
}

/// A schema and its definitions.
pub(crate) struct Schemas {
    root: JsonObject,
    definitions: JsonObject,
    anything: JsonObject,
}

impl Schemas {
    pub(crate) fn of_config() -> Self {
        let mut root = match json_schema() {
            Value::Object(root) => root,
            _ => JsonObject::new(),
        };
        let definitions = match root.remove("$defs") {
            Some(Value::Object(definitions)) => definitions,
            _ => JsonObject::new(),
        };
        Self { root, definitions, anything: JsonObject::new() }
    }

    pub(crate) const fn root(&self) -> &JsonObject {
        &self.root
    }

    /// What a value of the schema may be, its references and alternatives taken together.
    pub(crate) fn shape<'s>(&'s self, schema: &'s JsonObject) -> Shape<'s> {
        let mut shape = Shape::default();
        let mut waiting = vec![schema];
        while let Some(schema) = waiting.pop() {
            if let Some(definition) = self.definition(schema) {
                waiting.push(definition);
                continue;
            }
            let alternatives = ["anyOf", "oneOf"].into_iter().filter_map(|key| schema.get(key)?.as_array());
            let before = waiting.len();
            waiting.extend(alternatives.flatten().rev().filter_map(Value::as_object));
            if waiting.len() == before {
                shape.add(schema);
                if let Some(items) = schema.get("items").and_then(Value::as_object) {
                    shape.items = Some(items);
                } else if schema.get("type").is_none() && !schema.contains_key("const") {
                    shape.items = Some(&self.anything);
                    shape.objects.push(&self.anything);
                }
            }
        }
        shape
    }

    fn definition<'s>(&'s self, schema: &JsonObject) -> Option<&'s JsonObject> {
        let name = schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
        self.definitions.get(name)?.as_object()
    }

    /// The keys of a section.
    pub(crate) fn object<'s>(&'s self, schema: &'s JsonObject) -> Object<'s> {
        let others = match schema.get("additionalProperties") {
            Some(Value::Bool(false)) => None,
            Some(Value::Object(others)) => Some(others),
            _ => Some(&self.anything),
        };
        Object { schema, properties: schema.get("properties").and_then(Value::as_object), others }
    }
}

/// A section: its keys, and what they take.
pub(crate) struct Object<'s> {
    schema: &'s JsonObject,
    properties: Option<&'s JsonObject>,
    others: Option<&'s JsonObject>,
}

impl<'s> Object<'s> {
    /// What a key takes; `None` if there is no such key.
    pub(crate) fn schema_of(&self, key: &str) -> Option<&'s JsonObject> {
        let own = self.properties.and_then(|properties| properties.get(key)).and_then(Value::as_object);
        own.or(self.others)
    }

    /// The names of the keys, former ones left out.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        let current =
            |(name, schema): (&'s String, &'s Value)| (!is_deprecated(schema)).then_some(name.as_str());
        self.properties.into_iter().flatten().filter_map(current)
    }

    pub(crate) fn required(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        self.schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }
}

fn is_deprecated(schema: &Value) -> bool {
    schema.get("deprecated").and_then(Value::as_bool).unwrap_or(false)
}

/// What a value may be.
#[derive(Debug, Default)]
pub(crate) struct Shape<'s> {
    pub(crate) kinds: Vec<Kind<'s>>,
    /// The sections that it may be.
    pub(crate) objects: Vec<&'s JsonObject>,
    /// What the entries are if it is a list.
    pub(crate) items: Option<&'s JsonObject>,
}

/// What a single value may be.
#[derive(Debug)]
pub(crate) enum Kind<'s> {
    Anything,
    Boolean,
    Integer { minimum: u64, maximum: u64 },
    Number { minimum: f64, maximum: f64 },
    Text,
    Size,
    OneOf(Vec<Word<'s>>),
}

/// A text that may be chosen.
#[derive(Debug)]
pub(crate) struct Word<'s> {
    pub(crate) name: &'s str,
    is_former: bool,
}

impl<'s> Shape<'s> {
    fn add(&mut self, schema: &'s JsonObject) {
        let words = words(schema);
        if !words.is_empty() {
            self.add_words(words);
            return;
        }
        let types: Vec<&str> = match schema.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => {
                self.kinds.push(Kind::Anything);
                return;
            }
        };
        for name in types {
            match name {
                "boolean" => self.kinds.push(Kind::Boolean),
                "integer" => self.kinds.push(Kind::Integer {
                    minimum: bound(schema, "minimum").unwrap_or(0),
                    maximum: bound(schema, "maximum").unwrap_or_else(|| widest(schema)),
                }),
                "number" => self.kinds.push(Kind::Number {
                    minimum: schema.get("minimum").and_then(Value::as_f64).unwrap_or(f64::MIN),
                    maximum: schema.get("maximum").and_then(Value::as_f64).unwrap_or(f64::MAX),
                }),
                "string" if schema.get("format").is_some_and(|format| format == "byte-size") => {
                    self.kinds.push(Kind::Size);
                }
                "string" => self.kinds.push(Kind::Text),
                "object" => self.objects.push(schema),
                _ => {}
            }
        }
    }

    fn add_words(&mut self, words: Vec<Word<'s>>) {
        let known = self.kinds.iter_mut().find_map(|kind| match kind {
            Kind::OneOf(known) => Some(known),
            _ => None,
        });
        match known {
            Some(known) => known.extend(words),
            None => self.kinds.push(Kind::OneOf(words)),
        }
    }

    pub(crate) fn takes_anything(&self) -> bool {
        self.kinds.iter().any(|kind| matches!(kind, Kind::Anything))
    }

    pub(crate) fn takes_text(&self) -> bool {
        self.kinds.iter().any(|kind| matches!(kind, Kind::Text))
    }

    /// The texts that may be chosen, former ones left out.
    pub(crate) fn words(&self) -> impl Iterator<Item = &'s str> {
        let words = self.kinds.iter().filter_map(|kind| match kind {
            Kind::OneOf(words) => Some(words),
            _ => None,
        });
        words.flatten().filter(|word| !word.is_former).map(|word| word.name)
    }

    /// Which of the sections that it may be has these entries: the one whose `type` they give, or the first.
    pub(crate) fn object_for(&self, entries: &[Entry]) -> Option<&'s JsonObject> {
        let given =
            entries.iter().find(|entry| entry.key == "type").and_then(|entry| match &entry.node.content {
                Content::Scalar(scalar) => Some(scalar.text.as_str()),
                _ => None,
            });
        let has_type = |object: &&&'s JsonObject| {
            given.is_some_and(|given| {
                types_of(object).iter().any(|word| word.name.eq_ignore_ascii_case(given))
            })
        };
        self.objects.iter().find(has_type).or(self.objects.first()).copied()
    }
}

/// The values of the key `type` by which a section is told from others.
fn types_of(object: &JsonObject) -> Vec<Word<'_>> {
    let type_schema = object.get("properties").and_then(|properties| properties.get("type")?.as_object());
    type_schema.map(words).unwrap_or_default()
}

fn words(schema: &JsonObject) -> Vec<Word<'_>> {
    let is_former = schema.get("deprecated").and_then(Value::as_bool).unwrap_or(false);
    let constant = schema.get("const").into_iter();
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    constant.chain(listed).filter_map(Value::as_str).map(|name| Word { name, is_former }).collect()
}

fn bound(schema: &JsonObject, key: &str) -> Option<u64> {
    schema.get(key).and_then(Value::as_u64)
}

/// The largest number of the schema's format.
fn widest(schema: &JsonObject) -> u64 {
    match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => u32::MAX.into(),
        _ => u64::MAX,
    }
}

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.kinds.iter().map(ToString::to_string).collect();
        if self.items.is_some() {
            parts.push("a list".into());
        }
        if !self.objects.is_empty() {
            parts.push("a section with keys of its own".into());
        }
        f.write_str(&parts.join(", or "))
    }
}

impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anything => f.write_str("anything"),
            Self::Boolean => f.write_str("true or false"),
            Self::Integer { minimum, maximum: u64::MAX } => write!(f, "a whole number from {minimum}"),
            Self::Integer { minimum, maximum } => write!(f, "a whole number from {minimum} to {maximum}"),
            Self::Number { minimum, maximum } => write!(f, "a number from {minimum} to {maximum}"),
            Self::Text => f.write_str("a text"),
            Self::Size => f.write_str("a size such as 100MiB"),
            Self::OneOf(words) => {
                let current: Vec<_> =
                    words.iter().filter(|word| !word.is_former).map(|word| word.name).collect();
                f.write_str(&current.join(", "))
            }
        }
    }
}
