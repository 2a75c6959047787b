//! Compares what was written with the JSON schema of [`Config`](crate::Config)
//! and types it on the way: `5432` is a number where the schema wants one and
//! a text where it wants a text. All that is wrong is found in one walk.

use crate::ByteSize;
use crate::error::{Fault, Problem};
use crate::key_path::KeyPath;
use crate::redaction::names_a_credential;
use crate::schema::{Kind, Schemas, Shape};
use crate::tree::{Content, Entry, Node, Resolved, Scalar, Style};
use crate::yaml_reader;
use figment::value::{Dict, Value};
use serde_json::Map;

/// Types `root`, reporting what does not fit.
pub(crate) fn check(root: &Node, schemas: &Schemas, problems: &mut Vec<Problem>) -> Dict {
    let mut checker = Checker { schemas, problems };
    match checker.value(root, schemas.root(), &KeyPath::top()) {
        Some(Value::Dict(_, dict)) => dict,
        _ => Dict::new(),
    }
}

struct Checker<'c> {
    schemas: &'c Schemas,
    problems: &'c mut Vec<Problem>,
}

type JsonObject = Map<String, serde_json::Value>;

impl Checker<'_> {
    /// The typed value; `None` if there is none or it does not fit. A tree's depth is bounded, and so is this recursion.
    fn value(&mut self, node: &Node, schema: &JsonObject, path: &KeyPath) -> Option<Value> {
        let shape = self.schemas.shape(schema);
        match &node.content {
            Content::Mapping(entries) => match shape.object_for(entries) {
                Some(object) => Some(self.mapping(node, entries, object, path)),
                None => self.wrong(node, path, "a section".into(), &shape),
            },
            Content::Sequence(items) => match shape.items {
                Some(item) => Some(self.sequence(items, item, path)),
                None => self.wrong(node, path, "a list".into(), &shape),
            },
            Content::Scalar(scalar) => self.scalar(node, scalar, &shape, schema, path),
        }
    }

    fn mapping(&mut self, node: &Node, entries: &[Entry], schema: &JsonObject, path: &KeyPath) -> Value {
        let object = self.schemas.object(schema);
        let mut dict = Dict::new();
        for entry in entries {
            let entry_path = path.key(&entry.key);
            let Some(entry_schema) = object.schema_of(&entry.key) else {
                let nearest = nearest(&entry.key, object.names());
                let allowed = object.names().map(str::to_owned).collect();
                let fault = Fault::UnknownKey { allowed, nearest };
                self.problems.push(Problem { place: entry.place.clone(), key: entry_path, fault });
                continue;
            };
            if let Some(value) = self.value(&entry.node, entry_schema, &entry_path) {
                dict.insert(entry.key.clone(), value);
            }
        }
        for name in object.required() {
            let is_given = entries.iter().any(|entry| entry.key == name);
            if !is_given {
                let fault = Fault::MissingKey { name: name.to_owned() };
                self.problems.push(Problem { place: node.place.clone(), key: path.clone(), fault });
            }
        }
        dict.into()
    }

    fn sequence(&mut self, items: &[Node], schema: &JsonObject, path: &KeyPath) -> Value {
        let values: Vec<Value> = items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| {
                let item_path = path.index(index);
                let found = self.problems.len();
                let value = self.value(item, schema, &item_path);
                if value.is_none() && self.problems.len() == found {
                    let fault = Fault::Other("this entry of the list is empty".into());
                    self.problems.push(Problem { place: item.place.clone(), key: item_path, fault });
                }
                value
            })
            .collect();
        values.into()
    }

    fn scalar(
        &mut self,
        node: &Node,
        scalar: &Scalar,
        shape: &Shape<'_>,
        schema: &JsonObject,
        path: &KeyPath,
    ) -> Option<Value> {
        let resolved = scalar.resolve();
        let is_text_from_variable = scalar.style == Style::Variable && shape.takes_text();
        if resolved == Resolved::Null && !is_text_from_variable {
            return None;
        }
        if let Some(value) = typed(scalar, resolved, shape) {
            return Some(value);
        }
        if scalar.style == Style::Variable && (shape.items.is_some() || !shape.objects.is_empty()) {
            return self.container_in_variable(node, scalar, schema, shape, path);
        }
        let found = describe(scalar, resolved, path);
        self.wrong(node, path, found, shape)
    }

    /// A list or section given by a variable is YAML in one line: `[a, b]`.
    fn container_in_variable(
        &mut self,
        node: &Node,
        scalar: &Scalar,
        schema: &JsonObject,
        shape: &Shape<'_>,
        path: &KeyPath,
    ) -> Option<Value> {
        match yaml_reader::read(&scalar.text, &|_, _| node.place.clone()) {
            (Some(inner), found) if found.is_empty() && !matches!(inner.content, Content::Scalar(_)) => {
                self.value(&inner, schema, path)
            }
            _ => {
                let found = describe(scalar, Resolved::Text, path);
                self.wrong(node, path, found, shape)
            }
        }
    }

    fn wrong(&mut self, node: &Node, path: &KeyPath, found: String, shape: &Shape<'_>) -> Option<Value> {
        let hint = match &node.content {
            Content::Scalar(scalar) => hint(scalar, shape),
            _ => None,
        };
        let fault = Fault::WrongValue { found, allowed: shape.to_string(), hint };
        self.problems.push(Problem { place: node.place.clone(), key: path.clone(), fault });
        None
    }
}

/// The value that `scalar` is where `shape` is wanted.
fn typed(scalar: &Scalar, resolved: Resolved, shape: &Shape<'_>) -> Option<Value> {
    if shape.takes_anything() {
        return untyped(scalar, resolved);
    }
    // A number is one before it is a text, for keys that take either.
    let as_other = shape.kinds.iter().find_map(|kind| match (kind, resolved) {
        (Kind::Boolean, Resolved::Bool(value)) => Some(Value::from(value)),
        (Kind::Integer { minimum, maximum }, Resolved::Unsigned(number)) => {
            (*minimum..=*maximum).contains(&number).then(|| Value::from(number))
        }
        (Kind::Number { minimum, maximum }, Resolved::Unsigned(number)) => {
            (*minimum..=*maximum).contains(&(number as f64)).then(|| Value::from(number))
        }
        (Kind::Number { minimum, maximum }, Resolved::Float(number)) => {
            (*minimum..=*maximum).contains(&number).then(|| Value::from(number))
        }
        _ => None,
    });
    as_other.or_else(|| {
        shape.kinds.iter().find_map(|kind| match kind {
            Kind::Size => scalar.text.parse::<ByteSize>().is_ok().then(|| Value::from(scalar.text.clone())),
            Kind::Text => Some(Value::from(scalar.text.clone())),
            Kind::OneOf(words) => {
                let word = words.iter().find(|word| word.name.eq_ignore_ascii_case(scalar.text.trim()))?;
                Some(Value::from(word.name))
            }
            _ => None,
        })
    })
}

fn untyped(scalar: &Scalar, resolved: Resolved) -> Option<Value> {
    match resolved {
        Resolved::Null => None,
        Resolved::Bool(value) => Some(value.into()),
        Resolved::Unsigned(number) => Some(number.into()),
        Resolved::Negative(number) => Some(number.into()),
        Resolved::Float(number) if number.is_finite() => Some(number.into()),
        Resolved::Float(_) | Resolved::Text => Some(scalar.text.clone().into()),
    }
}

/// What a person sees of a value that does not fit. Credentials are not shown.
fn describe(scalar: &Scalar, resolved: Resolved, path: &KeyPath) -> String {
    let is_credential =
        names_a_credential(path.last_key()) || scalar.substituted.iter().any(|name| names_a_credential(name));
    let shown = if is_credential { "…" } else { shortened(&scalar.text) };
    let kind = match resolved {
        Resolved::Null => return "empty".into(),
        Resolved::Text if scalar.text.is_empty() => return "an empty text".into(),
        Resolved::Text => "the text",
        Resolved::Bool(_) => "the truth value",
        Resolved::Unsigned(_) | Resolved::Negative(_) | Resolved::Float(_) => "the number",
    };
    let ellipsis = if shown.len() < scalar.text.len() && !is_credential { "…" } else { "" };
    let origin = match scalar.substituted.first() {
        Some(name) => format!(" (from ${{{name}}})"),
        None => String::new(),
    };
    format!("{kind} `{shown}{ellipsis}`{origin}")
}

fn shortened(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.char_indices().nth(60).and_then(|(end, _)| line.get(..end)).unwrap_or(line)
}

fn hint(scalar: &Scalar, shape: &Shape<'_>) -> Option<String> {
    let plain = Scalar { style: Style::Plain, ..scalar.clone() };
    let fits_without_quotes =
        scalar.style == Style::Quoted && typed(&plain, plain.resolve(), shape).is_some();
    if fits_without_quotes {
        return Some("take the quotes away".into());
    }
    let nearest = nearest(&scalar.text.to_ascii_lowercase(), shape.words());
    nearest.map(|word| format!("did you mean `{word}`?"))
}

/// The name among `names` that `name` was probably meant to be.
fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    const LIKE_ENOUGH: f64 = 0.6;
    // Names of keys are short; comparing an endless one with them is work for nothing.
    if name.len() > 100 {
        return None;
    }
    let spelt = name.to_ascii_lowercase().replace('-', "_");
    names
        .map(|candidate| (strsim::normalized_damerau_levenshtein(&spelt, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= LIKE_ENOUGH)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate.to_owned())
}
