//! The fields of front matter, from YAML or TOML.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};
use std::collections::HashMap;
use std::ops::Range;
use toml_edit::{Document, Item, TableLike};

/// Levels that lists and mappings may be nested.
const MAX_DEPTH: usize = 32;

/// Fields by name, in the order in which they were written.
pub(super) type Fields = Map<String, Value>;

/// The fields of a YAML mapping. Text that is almost YAML (an unquoted colon
/// in a title is common) is read as `name: value` lines. `None` for what is no mapping.
pub(super) fn from_yaml(text: &str) -> Option<Fields> {
    match parse_yaml(text) {
        Ok(fields) => fields,
        Err(()) => from_lines(text),
    }
}

/// The fields of a TOML document, those of tables under dotted names (`params.author`). `None` for what is no TOML.
pub(super) fn from_toml(text: &str) -> Option<Fields> {
    let document = Document::parse(text).ok()?;
    let mut fields = Fields::new();
    let mut pending: Vec<(String, &dyn TableLike)> = vec![(String::new(), document.as_table())];
    while let Some((prefix, table)) = pending.pop() {
        let first = pending.len();
        for (key, item) in table.iter() {
            let name = if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
            if let Some(table) = item.as_table_like() {
                pending.push((name, table));
            } else if let Some(tables) = item.as_array_of_tables() {
                for (index, table) in tables.iter().enumerate() {
                    pending.push((format!("{name}.{index}"), table));
                }
            } else {
                fields.insert(name, toml_value(item, text));
            }
        }
        pending[first..].reverse();
    }
    Some(fields)
}

/// A scalar, or a list of scalars. What is nested deeper, and dates, stay as they are written in `source`.
fn toml_value(item: &Item, source: &str) -> Value {
    match (item.as_array(), item.as_value()) {
        (Some(items), _) => items.iter().map(|item| toml_scalar(item, source)).collect(),
        (None, Some(value)) => toml_scalar(value, source),
        (None, None) => as_written(item.span(), source),
    }
}

fn toml_scalar(value: &toml_edit::Value, source: &str) -> Value {
    match value {
        toml_edit::Value::String(text) => Value::String(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::from(*number.value()),
        toml_edit::Value::Float(number) => Value::from(*number.value()),
        toml_edit::Value::Boolean(truth) => Value::Bool(*truth.value()),
        other => as_written(other.span(), source),
    }
}

fn as_written(span: Option<Range<usize>>, source: &str) -> Value {
    span.and_then(|span| source.get(span)).map_or(Value::Null, Value::from)
}

/// `Ok(None)` for YAML that is no mapping (comments alone may be headings), `Err` for what is no YAML or goes over a bound.
fn parse_yaml(text: &str) -> Result<Option<Fields>, ()> {
    let mut reader = YamlReader::default();
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|_| ())?;
        reader.take(event)?;
    }
    match reader.root {
        None | Some(Value::Null) => Ok(text.trim().is_empty().then(Fields::new)),
        Some(Value::Object(fields)) => Ok(Some(fields)),
        Some(_) => Ok(None),
    }
}

/// A list or mapping whose end has not been read.
enum Open {
    List(Vec<Value>),
    Mapping { fields: Fields, key: Option<String> },
}

#[derive(Default)]
struct YamlReader {
    open: Vec<Open>,
    /// Scalars by their anchor. Aliases of lists and mappings are not expanded: they could grow without bound.
    anchors: HashMap<usize, Value>,
    root: Option<Value>,
}

impl YamlReader {
    fn take(&mut self, event: Event<'_>) -> Result<(), ()> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let awaits_key = matches!(self.open.last(), Some(Open::Mapping { key: None, .. }));
                let value = if style == ScalarStyle::Plain && !awaits_key {
                    plain_scalar(&text)
                } else {
                    Value::String(text.into_owned())
                };
                if anchor > 0 {
                    self.anchors.insert(anchor, value.clone());
                }
                self.complete(value)
            }
            Event::Alias(anchor) => self.complete(self.anchors.get(&anchor).cloned().unwrap_or(Value::Null)),
            Event::SequenceStart(..) => self.begin(Open::List(Vec::new())),
            Event::MappingStart(..) => self.begin(Open::Mapping { fields: Fields::new(), key: None }),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(items)) => self.complete(Value::Array(items)),
                Some(Open::Mapping { fields, .. }) => self.complete(Value::Object(fields)),
                None => Err(()),
            },
            _ => Ok(()),
        }
    }

    fn begin(&mut self, open: Open) -> Result<(), ()> {
        if self.open.len() >= MAX_DEPTH {
            return Err(());
        }
        self.open.push(open);
        Ok(())
    }

    fn complete(&mut self, value: Value) -> Result<(), ()> {
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::List(items)) => items.push(value),
            Some(Open::Mapping { fields, key }) => match (key.take(), value) {
                (Some(name), value) => {
                    fields.insert(name, value);
                }
                (None, Value::String(name)) => *key = Some(name),
                (None, _) => return Err(()),
            },
        }
        Ok(())
    }
}

/// The value of an unquoted scalar. A number that would be written differently
/// (`1.10`, `007`, `1e3`) stays text: it is a version or a code as often as not.
fn plain_scalar(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let whole = text.parse::<i64>().ok().map(Number::from);
    let number = whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
    match number {
        Some(number) if number.to_string() == text => Value::Number(number),
        _ => Value::String(text.to_owned()),
    }
}

/// Reads `name: value` lines; an indented line, or one that begins with `-`, goes on with the value before it.
fn from_lines(text: &str) -> Option<Fields> {
    let mut fields = Fields::new();
    let mut name = None;
    let mut value = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if line.starts_with([' ', '\t', '-']) {
            name.as_ref()?;
            value.push('\n');
            value.push_str(line.trim_end());
            continue;
        }
        let (next_name, next_value) = line.split_once(':')?;
        let is_name = next_name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        if !is_name || !(next_value.is_empty() || next_value.starts_with([' ', '\t'])) {
            return None;
        }
        finish_line_field(&mut fields, name.replace(next_name), &value);
        next_value.trim().clone_into(&mut value);
    }
    finish_line_field(&mut fields, name, &value);
    Some(fields)
}

fn finish_line_field(fields: &mut Fields, name: Option<&str>, value: &str) {
    if let Some(name) = name {
        fields.insert(name.to_owned(), plain_scalar(value.trim()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(fields: Option<Fields>) -> String {
        fields.map_or("none".into(), |fields| Value::Object(fields).to_string())
    }

    #[test]
    fn yaml_keeps_types_and_nesting() {
        let text = "a: 1\nb: [x, '2', true]\nc:\n  - name: n\n    at: 2024-01-05\nversion: 1.10\nempty:\nd: &x e\nf: *x";
        assert_eq!(
            json(from_yaml(text)),
            r#"{"a":1,"b":["x","2",true],"c":[{"name":"n","at":"2024-01-05"}],"version":"1.10","empty":null,"d":"e","f":"e"}"#
        );
    }

    #[test]
    fn almost_yaml_is_read_by_lines() {
        let text = "title: Go: a tour\ntags:\n  - x\nauthor: @me";
        assert_eq!(json(from_yaml(text)), r#"{"title":"Go: a tour","tags":"- x","author":"@me"}"#);
    }

    #[test]
    fn what_is_no_mapping_is_nothing() {
        assert_eq!(json(from_yaml("just: [words")), r#"{"just":"[words"}"#);
        assert_eq!(json(from_yaml("some prose")), "none");
        assert_eq!(json(from_yaml("Note: see: https://x\nprose that follows it")), "none");
        assert_eq!(json(from_toml("prose")), "none");
    }

    #[test]
    fn toml_tables_are_flattened_in_order() {
        let text = "title = \"T\"\ndate = 2024-01-05\ntags = ['a', 1]\n[params]\nx = 1.5\n[params.y]\nz = { q = true }\n[[n]]\nm = 1";
        assert_eq!(
            json(from_toml(text)),
            r#"{"title":"T","date":"2024-01-05","tags":["a",1],"params.x":1.5,"params.y.z.q":true,"n.0.m":1}"#
        );
    }

    #[test]
    fn deep_nesting_is_refused() {
        for text in ["[".repeat(30_000), "- ".repeat(30_000), "? ".repeat(30_000)] {
            assert_eq!(json(from_yaml(&text)), "none");
        }
        for text in [format!("a = {}", "[".repeat(30_000)), format!("a{} = 1", ".a".repeat(30_000))] {
            assert_eq!(json(from_toml(&text)), "none", "{}", &text[..10]);
        }
    }
}
