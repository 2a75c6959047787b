//! Entity references: the predefined ones, characters by number, and those
//! that the document itself declares as plain text.
//!
//! A declared entity whose value has markup or further references is left as
//! it is written, and so is one that only an external file could declare: no
//! reference expands to more than one value that stands in the document.

use crate::{Budget, ParseError};
use std::borrow::Cow;
use std::collections::HashMap;

/// The entities of a document.
#[derive(Debug, Default)]
pub(super) struct Entities {
    declared: HashMap<String, String>,
}

impl Entities {
    /// The entities that a document type declaration gives in its internal subset.
    pub(super) fn declared_in(doctype: &str) -> Self {
        let mut declared = HashMap::new();
        let mut rest = doctype;
        while let Some((_, markup)) = rest.split_once("<!") {
            rest = markup;
            if let Some(comment) = markup.strip_prefix("--") {
                rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
            } else if let Some(declaration) = markup.strip_prefix("ENTITY")
                && let Some((name, value, behind)) = name_and_value(declaration)
            {
                rest = behind;
                if let Some(value) = plain(value) {
                    declared.entry(name.to_owned()).or_insert(value);
                }
            }
        }
        Self { declared }
    }

    /// The text that the reference `&name;` stands for, if that is known.
    pub(super) fn resolve(&self, name: &str) -> Option<Cow<'_, str>> {
        resolve_without_declaration(name)
            .map(|c| c.to_string().into())
            .or_else(|| self.declared.get(name).map(|text| text.as_str().into()))
    }

    /// An attribute's value: references replaced, whitespace made spaces. Spends the text from `budget`.
    pub(super) fn expand(&self, raw: &str, budget: &Budget) -> Result<String, ParseError> {
        let mut value = String::with_capacity(raw.len());
        budget.spend_text(raw.len())?;
        let mut rest = raw;
        while let Some((before, behind)) = rest.split_once('&') {
            push_spaced(&mut value, before);
            rest = behind;
            if let Some((name, behind)) = reference(behind)
                && let Some(text) = self.resolve(name)
            {
                budget.spend_text(text.len())?;
                value.push_str(&text);
                rest = behind;
            } else {
                value.push('&');
            }
        }
        push_spaced(&mut value, rest);
        Ok(value)
    }
}

/// The name of the reference whose `&` stands before `text`, and what is behind its `;`.
fn reference(text: &str) -> Option<(&str, &str)> {
    let end = text.find([';', '&'])?;
    let (name, behind) = text.split_at(end);
    Some((name, behind.strip_prefix(';')?))
}

fn push_spaced(value: &mut String, text: &str) {
    value.extend(text.chars().map(|c| if matches!(c, '\t' | '\r' | '\n') { ' ' } else { c }));
}

/// The name and the quoted value of an entity declaration, and what is behind it. Parameter entities and
/// external ones have none.
fn name_and_value(declaration: &str) -> Option<(&str, &str, &str)> {
    let declaration = declaration.trim_start();
    let end = declaration.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\''))?;
    let (name, rest) = declaration.split_at(end);
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (value, behind) = rest.strip_prefix(quote)?.split_once(quote)?;
    Some((name, value, behind))
}

/// An entity's value with its characters by number replaced; `None` if it is more than text.
fn plain(value: &str) -> Option<String> {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, behind)) = rest.split_once('&') {
        let (name, behind) = reference(behind)?;
        text.push_str(before);
        text.push(resolve_without_declaration(name)?);
        rest = behind;
    }
    text.push_str(rest);
    (!value.contains('<')).then_some(text)
}

/// The character of a predefined entity or of a number (`#65`, `#x41`).
fn resolve_without_declaration(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?).filter(|c| *c != '\0')
        }
    }
}
