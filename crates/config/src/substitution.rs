//! `${VARIABLE}` and `${VARIABLE:-default}` in values. `$$` stands for a dollar sign.

use crate::Environment;
use crate::error::{Fault, Problem};
use crate::key_path::KeyPath;
use crate::tree::{Content, Node, Scalar};

/// Replaces the references in all values under `node`.
pub(crate) fn substitute(
    node: &mut Node,
    path: &KeyPath,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) {
    match &mut node.content {
        Content::Scalar(scalar) => {
            if let Err(message) = expand(scalar, environment) {
                let fault = Fault::Substitution(message);
                problems.push(Problem { place: node.place.clone(), key: path.clone(), fault });
            }
        }
        Content::Sequence(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                substitute(item, &path.index(index), environment, problems);
            }
        }
        Content::Mapping(entries) => {
            for entry in entries {
                substitute(&mut entry.node, &path.key(&entry.key), environment, problems);
            }
        }
    }
}

fn expand(scalar: &mut Scalar, environment: &Environment) -> Result<(), String> {
    if !scalar.text.contains('$') {
        return Ok(());
    }
    let mut expanded = String::new();
    let mut rest = scalar.text.as_str();
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        if let Some(after_dollars) = after.strip_prefix('$') {
            expanded.push('$');
            rest = after_dollars;
        } else if let Some(reference) = after.strip_prefix('{') {
            let (inside, after_reference) =
                reference.split_once('}').ok_or_else(|| format!("`${{{reference}` lacks its `}}`"))?;
            let (name, default) = split_reference(inside)?;
            expanded.push_str(value_of(name, default, environment)?);
            scalar.substituted.push(name.to_owned());
            rest = after_reference;
        } else {
            expanded.push('$');
            rest = after;
        }
    }
    expanded.push_str(rest);
    scalar.text = expanded;
    Ok(())
}

fn split_reference(inside: &str) -> Result<(&str, Option<&str>), String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    if default.is_some_and(|default| default.contains("${")) {
        return Err(format!(
            "the default of `${{{name}:-…}}` refers to another variable, which is not supported"
        ));
    }
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name {
        Ok((name, default))
    } else {
        Err(format!(
            "`${{{inside}}}` is neither `${{VARIABLE}}` nor `${{VARIABLE:-default}}`; write `$${{` if `${{` is meant"
        ))
    }
}

/// As in a shell, the default also stands in for a variable that is empty.
fn value_of<'a>(
    name: &str,
    default: Option<&'a str>,
    environment: &'a Environment,
) -> Result<&'a str, String> {
    match (environment.get(name), default) {
        (Some("") | None, Some(default)) => Ok(default),
        (Some(value), _) => Ok(value),
        (None, None) => Err(format!(
            "the environment variable {name} is not set; set it, or give a default: ${{{name}:-…}}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Style;

    fn expanded(text: &str) -> Result<String, String> {
        let environment = [("HOST", "db"), ("EMPTY", "")].into_iter().collect();
        let mut scalar = Scalar { text: text.into(), style: Style::Quoted, substituted: Vec::new() };
        expand(&mut scalar, &environment).map(|()| scalar.text)
    }

    #[test]
    fn references_become_values() {
        for (text, value) in [
            ("${HOST}", "db"),
            ("postgresql://${HOST}:${PORT:-5432}/x", "postgresql://db:5432/x"),
            ("${EMPTY}", ""),
            ("${EMPTY:-none}", "none"),
            ("${MISSING:-}", ""),
        ] {
            assert_eq!(expanded(text).as_deref(), Ok(value), "{text}");
        }
    }

    #[test]
    fn dollars_stand_for_themselves_when_doubled_or_alone() {
        for (text, value) in
            [("$${HOST}", "${HOST}"), ("pa$$word", "pa$word"), ("5$ or $x", "5$ or $x"), ("$", "$")]
        {
            assert_eq!(expanded(text).as_deref(), Ok(value), "{text}");
        }
    }

    #[test]
    fn values_are_not_expanded_again() {
        let environment = [("A", "${B}"), ("B", "b")].into_iter().collect();
        let mut scalar = Scalar { text: "${A}".into(), style: Style::Plain, substituted: Vec::new() };
        expand(&mut scalar, &environment).unwrap();
        assert_eq!(scalar.text, "${B}");
    }

    #[test]
    fn what_leads_to_nothing_is_an_error() {
        for text in ["${MISSING}", "${HOST", "${}", "${1A}", "${HOST-x}", "${A:-${HOST}}"] {
            assert!(expanded(text).is_err(), "{text}");
        }
    }
}
