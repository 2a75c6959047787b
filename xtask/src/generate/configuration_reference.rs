//! The reference of the configuration as a page of the book, from its JSON schema.

use serde_json::{Map, Value};
use std::fmt::Write as _;

const INTRODUCTION: &str = "\
# Configuration reference

<!-- Made from the code by `cargo xtask generate`; edit the doc comments in crates/config instead. -->

Every section and every key may be left out, but for one entry of `content_sources` with its `name` and `type`. Spans of
time are in seconds, and may have a fraction (`parsing.limits.deadline` is whole).
Sizes are a number of bytes, or a number and a unit (`KiB`, `MiB`, `GiB`, `KB`, `MB`, `GB`).
[Configuration](configuration.md) tells how the file is found and how variables come in.

`processing.mode: single` works on `storage.backend: sqlite`, `distributed` on `postgresql`. What belongs to embeddings,
semantic relationships and telemetry is checked, and refused where it asks for something that is not there yet.
";

/// The page.
pub(crate) fn markdown(schema: &Value) -> String {
    let reference = Reference { definitions: &schema["$defs"] };
    let mut page = String::from(INTRODUCTION);
    for (name, section) in properties(schema) {
        reference.write_section(&mut page, name, section);
    }
    page
}

struct Reference<'s> {
    definitions: &'s Value,
}

impl<'s> Reference<'s> {
    fn write_section(&self, page: &mut String, name: &str, section: &'s Value) {
        let resolved = self.resolve(section);
        // Writing to a string does not fail, here and below.
        let _ = writeln!(page, "\n## `{name}`\n\n{}", description(section, resolved));
        if let Some(items) = resolved.get("items") {
            self.write_alternatives(page, name, self.resolve(items));
        } else if resolved.get("properties").is_some() {
            self.write_table(page, name, resolved);
        }
    }

    /// A list whose entries are one of several kinds of sections, told apart by `type`.
    fn write_alternatives(&self, page: &mut String, name: &str, items: &'s Value) {
        for alternative in items["oneOf"].as_array().into_iter().flatten() {
            let types = &alternative["properties"]["type"];
            let constant = types["const"].as_str().into_iter();
            let names =
                constant.chain(types["enum"].as_array().into_iter().flatten().filter_map(Value::as_str));
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            let _ = writeln!(page, "\n### type {}\n\n{}", names.join(", "), text(alternative));
            self.write_table(page, &format!("{name}[]"), alternative);
        }
    }

    fn write_table(&self, page: &mut String, name: &str, section: &'s Value) {
        page.push_str("\n| key | value | default | |\n|---|---|---|---|\n");
        let mut below = Vec::new();
        for (key, property) in properties(section) {
            let resolved = self.resolve(property);
            if resolved.get("properties").is_some() {
                below.push((key, property));
            } else if property["deprecated"] != Value::Bool(true) {
                let _ = writeln!(
                    page,
                    "| `{name}.{key}` | {} | {} | {} |",
                    self.kinds(property).join(", "),
                    default(property),
                    description(property, resolved).replace('\n', " ").replace('|', "\\|")
                );
            }
        }
        for (key, property) in below {
            let name = format!("{name}.{key}");
            let resolved = self.resolve(property);
            let _ = writeln!(page, "\n### `{name}`\n\n{}", description(property, resolved));
            self.write_table(page, &name, resolved);
        }
    }

    /// What a reference leads to; the schema itself where it is none.
    fn resolve(&self, schema: &'s Value) -> &'s Value {
        let name = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/"));
        name.map_or(schema, |name| &self.definitions[name])
    }

    /// What a key takes, in the words of the reference.
    fn kinds(&self, schema: &'s Value) -> Vec<String> {
        let schema = self.resolve(schema);
        if let Some(word) = schema["const"].as_str() {
            return vec![format!("`{word}`")];
        }
        let words = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
        if !words.is_empty() {
            return words;
        }
        for alternatives in ["anyOf", "oneOf"] {
            if let Some(alternatives) = schema[alternatives].as_array() {
                let current = alternatives.iter().filter(|schema| schema["deprecated"] != Value::Bool(true));
                return dedup(current.flat_map(|schema| self.kinds(schema)));
            }
        }
        let types = match &schema["type"] {
            Value::String(name) => vec![name.as_str()],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => vec!["anything"],
        };
        let format = schema["format"].as_str();
        dedup(types.into_iter().filter(|name| *name != "null").map(|name| kind_name(name, format).to_owned()))
    }
}

fn dedup(kinds: impl Iterator<Item = String>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for kind in kinds.filter(|kind| !kind.is_empty()) {
        if !unique.contains(&kind) {
            unique.push(kind);
        }
    }
    unique
}

fn kind_name<'a>(json_type: &'a str, format: Option<&str>) -> &'a str {
    match json_type {
        "integer" => "whole number",
        "number" => "number",
        "boolean" => "`true`, `false`",
        "string" if format == Some("byte-size") => "size",
        "string" => "text",
        "array" => "list",
        "object" => "section",
        "null" => "",
        other => other,
    }
}

fn default(property: &Value) -> String {
    match &property["default"] {
        Value::Null => String::new(),
        Value::Object(section) if section.is_empty() => String::new(),
        Value::Array(items) if items.is_empty() => "empty".into(),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let properties: Option<&Map<String, Value>> = schema["properties"].as_object();
    properties.into_iter().flatten().map(|(key, property)| (key.as_str(), property))
}

fn description<'s>(property: &'s Value, resolved: &'s Value) -> &'s str {
    match text(property) {
        "" => text(resolved),
        own => own,
    }
}

fn text(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}
