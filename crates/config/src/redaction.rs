//! Which texts are credentials, and what is shown in their place.

use serde_json::{Map, Value};
use std::borrow::Cow;

/// What is shown in place of a credential.
pub(crate) const REDACTED: &str = "[redacted]";

/// Words that make a key the name of a credential.
const CREDENTIAL_WORDS: [&str; 15] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "authorization",
    "credential",
    "credentials",
    "apikey",
    "accesskey",
    "accountkey",
    "privatekey",
    "cookie",
    "sas",
];

/// Words that make `key`, coming after one of them, the name of a credential.
const CREDENTIAL_KEYS: [&str; 7] = ["api", "access", "account", "private", "shared", "signing", "encryption"];

/// Last words by which a key only says where a credential is found.
const WHEREABOUTS: [&str; 5] = ["env", "file", "path", "name", "url"];

/// Whether the value of a key, header or variable of this name is a credential.
pub(crate) fn names_a_credential(name: &str) -> bool {
    let words = words_of(name);
    if words.last().is_some_and(|last| WHEREABOUTS.contains(&last.as_str())) {
        return false;
    }
    words.iter().any(|word| CREDENTIAL_WORDS.contains(&word.as_str()))
        || words.windows(2).any(|pair| match pair {
            [first, second] => second == "key" && CREDENTIAL_KEYS.contains(&first.as_str()),
            _ => false,
        })
        || words.as_slice() == ["key"]
}

/// `dbPassword`, `DB_PASSWORD` and `Db-Password` alike are `db`, `password`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for c in name.chars() {
        let starts_word = !c.is_alphanumeric() || (c.is_uppercase() && after_lower);
        if starts_word && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        after_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A section of free keys, its credentials redacted.
pub(crate) fn redact_section(section: &Map<String, Value>) -> Map<String, Value> {
    section.iter().map(|(key, value)| (key.clone(), redact_value(key, value))).collect()
}

/// The depth of a configuration is bounded where it is read, and with it this recursion.
fn redact_value(key: &str, value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Null => value.clone(),
        _ if names_a_credential(key) => REDACTED.into(),
        Value::Object(section) => Value::Object(redact_section(section)),
        Value::Array(items) => items.iter().map(|item| redact_value(key, item)).collect(),
        Value::String(text) => redact_uri(text).into(),
        Value::Number(_) => value.clone(),
    }
}

/// The text without the passwords that a URI (`scheme://user:password@host`), its query
/// (`?password=…`) or a list of connection keys (`host=… password=…`) may carry.
pub(crate) fn redact_uri(text: &str) -> Cow<'_, str> {
    let without_user_info = redact_user_info(text);
    match redact_parameters(&without_user_info) {
        Some(redacted) => Cow::Owned(redacted),
        None => without_user_info,
    }
}

fn redact_user_info(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return text.into() };
    // A password that was not escaped may hold any character; rather too much is hidden than too little.
    let Some((user_info, _)) = rest.rsplit_once('@') else { return text.into() };
    let Some((user, _)) = user_info.split_once(':') else { return text.into() };
    let after = rest.get(user_info.len()..).unwrap_or_default();
    format!("{scheme}://{user}:{REDACTED}{after}").into()
}

/// Replaces the values of parameters that name a credential; `None` if there is none.
fn redact_parameters(text: &str) -> Option<String> {
    let mut redacted = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some(equals) = rest.find('=') {
        let (before, value) = rest.split_at(equals + 1);
        let name_start = before.rfind(['?', '&', ' ', ';']).map_or(0, |separator| separator + 1);
        redacted.push_str(before);
        rest = value;
        let is_parameter = before.get(name_start..).is_some_and(names_a_credential);
        if is_parameter {
            found = true;
            redacted.push_str(REDACTED);
            rest = after_parameter(value);
        }
    }
    redacted.push_str(rest);
    found.then_some(redacted)
}

/// What follows the value, quoted or not, that `text` begins with.
fn after_parameter(text: &str) -> &str {
    if let Some(quoted) = text.strip_prefix('\'') {
        return quoted.find('\'').and_then(|end| quoted.get(end + 1..)).unwrap_or_default();
    }
    text.find(['&', ' ', ';', '#']).and_then(|end| text.get(end..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_of_credentials_are_known_in_every_spelling() {
        for name in [
            "password",
            "DB_PASSWORD",
            "api_key",
            "apiKey",
            "X-Api-Key",
            "Authorization",
            "aws_secret_access_key",
            "account_key",
            "sas_token",
            "client_secret",
            "key",
        ] {
            assert!(names_a_credential(name), "{name}");
        }
    }

    #[test]
    fn names_that_only_sound_like_credentials_are_shown() {
        for name in ["password_env", "password_file", "max_tokens", "tokenizer", "key_prefix", "token_url"] {
            assert!(!names_a_credential(name), "{name}");
        }
    }

    #[test]
    fn passwords_leave_addresses_and_nothing_else_does() {
        for (text, shown) in [
            ("postgresql://ada:s3cret@db:5432/docs", "postgresql://ada:[redacted]@db:5432/docs"),
            ("postgresql://ada:p@ss/wo:rd@db/docs", "postgresql://ada:[redacted]@db/docs"),
            (
                "postgresql://db/docs?user=ada&password=x&sslmode=require",
                "postgresql://db/docs?user=ada&password=[redacted]&sslmode=require",
            ),
            ("host=db password='a b' user=ada", "host=db password=[redacted] user=ada"),
            ("https://example.com/a?page=1", "https://example.com/a?page=1"),
            ("no address at all", "no address at all"),
        ] {
            assert_eq!(redact_uri(text), shown);
        }
    }

    #[test]
    fn free_sections_are_redacted_at_every_depth() {
        let section = json!({
            "bucket": "papers",
            "credentials": { "id": 1 },
            "headers": { "Authorization": "Bearer abc", "Accept": "text/html" },
            "mirrors": ["https://u:p@example.com/"],
        });
        let redacted = redact_section(section.as_object().unwrap());
        assert_eq!(
            Value::Object(redacted),
            json!({
                "bucket": "papers",
                "credentials": "[redacted]",
                "headers": { "Authorization": "[redacted]", "Accept": "text/html" },
                "mirrors": ["https://u:[redacted]@example.com/"],
            })
        );
    }
}
