//! The effective configuration as YAML, to be read by people and by [`Config::load`].

use crate::Config;
use crate::tree::{Resolved, resolve_plain};
use serde_json::Value;
use std::fmt::Write as _;

impl Config {
    /// The whole configuration, defaults included, as YAML. What is secret is redacted.
    pub fn redacted_yaml(&self) -> String {
        // Serialising plain data into a value does not fail.
        serde_json::to_value(self).map(|value| to_yaml(&value)).unwrap_or_default()
    }
}

/// `value` as a YAML document that the loader reads as the same value.
fn to_yaml(value: &Value) -> String {
    let mut yaml = String::new();
    match value {
        Value::Object(section) if !section.is_empty() => write_value(value, 0, &mut yaml),
        _ => yaml.push_str("{}\n"),
    }
    // Sections are easier on the eye with a line between them.
    let mut spaced = String::with_capacity(yaml.len());
    for line in yaml.lines() {
        if !spaced.is_empty() && !line.starts_with([' ', '-']) && line.ends_with(':') {
            spaced.push('\n');
        }
        spaced.push_str(line);
        spaced.push('\n');
    }
    spaced
}

/// Writes the value of a key or the entry of a list, from the place after `:` or `-` on.
/// A configuration's depth is bounded where it is read, and with it this recursion.
fn write_value(value: &Value, indent: usize, yaml: &mut String) {
    match value {
        Value::Object(section) if section.values().any(|value| !value.is_null()) => {
            // What is not set is not written: that is how it is read.
            for (key, value) in section.iter().filter(|(_, value)| !value.is_null()) {
                start_line(indent, yaml);
                yaml.push_str(&key_text(key));
                yaml.push(':');
                write_below(value, indent, yaml);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                start_line(indent, yaml);
                yaml.push('-');
                write_below(item, indent, yaml);
            }
        }
        _ => {
            yaml.push(' ');
            yaml.push_str(&scalar_text(value));
            yaml.push('\n');
        }
    }
}

fn write_below(value: &Value, indent: usize, yaml: &mut String) {
    let has_lines = match value {
        Value::Object(section) => section.values().any(|value| !value.is_null()),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if has_lines {
        // The first key of a list's entry stands on the line of its dash.
        let after_dash = yaml.ends_with('-') && value.is_object();
        yaml.push(if after_dash { ' ' } else { '\n' });
        write_value(value, indent + 2, yaml);
    } else {
        write_value(value, indent, yaml);
    }
}

fn start_line(indent: usize, yaml: &mut String) {
    if yaml.is_empty() || yaml.ends_with('\n') {
        yaml.extend(std::iter::repeat_n(' ', indent));
    }
}

fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => quoted_if_needed(&text.replace('$', "$$")),
        Value::Object(_) => "{}".into(),
        Value::Array(_) => "[]".into(),
        Value::Number(_) | Value::Bool(_) | Value::Null => value.to_string(),
    }
}

/// Keys are not searched for `${…}`, so that their dollar signs stay single.
fn key_text(key: &str) -> String {
    quoted_if_needed(key)
}

fn quoted_if_needed(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '+' | '@' | '$');
    let stays_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_'))
        && text.chars().all(is_word)
        && text != "..."
        && resolve_plain(text) == Resolved::Text;
    if stays_plain { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_shown(c) => quoted.push(c),
            c => {
                // Writing to a string does not fail.
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Whether YAML takes the character as it is within quotes and a person sees it.
fn is_shown(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
}
