//! What to do about an error.

use gdg_model::ErrorClass;
use serde::Serialize;

/// Whether putting a document back is likely to help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// What was wrong may have passed.
    Likely,
    /// Once what is wrong has been mended.
    AfterFix,
    /// It would fail in the same way.
    Unlikely,
}

impl Outlook {
    /// The words for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Likely => "likely to help",
            Self::AfterFix => "helps after the fix",
            Self::Unlikely => "unlikely to help",
        }
    }
}

/// What to do about an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// Whether putting the documents back is likely to help.
    pub retry: Outlook,
    /// What to do.
    pub fix: String,
    /// The key of the configuration that has to do with it.
    pub key: Option<String>,
}

/// A part of an error's message that tells what it is, and what to do about it.
struct Rule {
    part: &'static str,
    retry: Outlook,
    fix: &'static str,
    key: Option<&'static str>,
}

const RULES: &[Rule] = &[
    Rule {
        part: "is encrypted",
        retry: Outlook::AfterFix,
        fix: "replace the document by one without a password, or exclude it from its source",
        key: None,
    },
    Rule {
        part: "the document is empty",
        retry: Outlook::AfterFix,
        fix: "write the document anew, or exclude it from its source",
        key: None,
    },
    Rule {
        part: "no parser for",
        retry: Outlook::Unlikely,
        fix: "exclude such documents from their source, or let unsupported ones be skipped",
        key: Some("parsing.unsupported"),
    },
    Rule {
        part: "malformed ",
        retry: Outlook::AfterFix,
        fix: "repair the document at the place that the message names",
        key: None,
    },
    Rule {
        part: "parser crashed",
        retry: Outlook::Unlikely,
        fix: "the document brings its parser down: repair it or exclude it, and report it; where memory was short, allow the parsers more",
        key: Some("parsing.limits.max_child_memory"),
    },
    Rule {
        part: "parser panicked",
        retry: Outlook::Unlikely,
        fix: "a bug of the parser: report it with the document, and try again with the next version",
        key: None,
    },
    Rule {
        part: "could not run the parser process",
        retry: Outlook::Likely,
        fix: "give the workers' hosts more memory and processes, or run fewer parsers on each",
        key: Some("processing.parallelism"),
    },
    Rule {
        part: "workers died while they held the document",
        retry: Outlook::AfterFix,
        fix: "see in the logs what ended these workers: memory, most likely; give them more, or exclude the document",
        key: Some("parsing.limits.max_child_memory"),
    },
    Rule {
        part: "is gone",
        retry: Outlook::Unlikely,
        fix: "nothing, if it was removed on purpose: the next run leaves it out",
        key: None,
    },
    Rule {
        part: "may not be read",
        retry: Outlook::AfterFix,
        fix: "give the workers' user, role or credentials the right to read it",
        key: Some("content_sources"),
    },
    Rule {
        part: "is refused",
        retry: Outlook::AfterFix,
        fix: "change the source's rules, if the document is to be read",
        key: Some("content_sources"),
    },
    Rule {
        part: "is not a regular file",
        retry: Outlook::Unlikely,
        fix: "exclude it from its source",
        key: Some("content_sources.exclude"),
    },
    Rule {
        part: " bytes, more than ",
        retry: Outlook::AfterFix,
        fix: "raise the limit that the message names, or exclude such documents",
        key: Some("parsing.limits.max_document_size"),
    },
    Rule {
        part: "changed while it was read",
        retry: Outlook::Likely,
        fix: "nothing, once the document is at rest",
        key: None,
    },
    Rule {
        part: "cannot be had at the moment",
        retry: Outlook::Likely,
        fix: "see that the source answers; if it is often too busy, try more often or wait longer",
        key: Some("work_queue.max_retries"),
    },
    Rule {
        part: "the configuration has no source named",
        retry: Outlook::AfterFix,
        fix: "put the source back into the configuration",
        key: Some("content_sources"),
    },
    Rule {
        part: "it cannot be stored",
        retry: Outlook::AfterFix,
        fix: "see what the database says; the document holds something that it does not take",
        key: None,
    },
];

/// What to do about an error of that class.
pub(super) fn advice_on(class: ErrorClass, message: &str) -> Advice {
    // A message that names the key to change says best what to do.
    if let Some(key) = named_key(message) {
        let fix = format!("raise {key}, or exclude such documents from their source");
        return Advice { retry: Outlook::AfterFix, fix, key: Some(key.to_owned()) };
    }
    if let Some(rule) = RULES.iter().find(|rule| message.contains(rule.part)) {
        return Advice { retry: rule.retry, fix: rule.fix.to_owned(), key: rule.key.map(str::to_owned) };
    }
    let (retry, fix, key) = match class {
        ErrorClass::Transient => {
            (Outlook::Likely, "it may have passed by itself: try again", Some("work_queue.max_retries"))
        }
        ErrorClass::Permanent => (Outlook::AfterFix, "mend what the message says, then try again", None),
        ErrorClass::Poison => {
            (Outlook::Unlikely, "look at the document and at the workers' logs before trying again", None)
        }
    };
    Advice { retry, fix: fix.to_owned(), key: key.map(str::to_owned) }
}

/// The key in "raise `parsing.limits.max_depth` to allow it".
fn named_key(message: &str) -> Option<&str> {
    let (_, rest) = message.rsplit_once("raise `")?;
    rest.split_once('`').map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_names_a_key_is_answered_with_it() {
        let message = "text: more than the allowed 1 MiB; raise `parsing.limits.max_text_size` to allow it";
        let advice = advice_on(ErrorClass::Permanent, message);
        assert_eq!(advice.key.as_deref(), Some("parsing.limits.max_text_size"));
        assert_eq!(advice.retry, Outlook::AfterFix);
    }

    #[test]
    fn an_error_that_nobody_knows_is_answered_by_its_class() {
        let of = |class| advice_on(class, "something else").retry;
        assert_eq!(of(ErrorClass::Transient), Outlook::Likely);
        assert_eq!(of(ErrorClass::Permanent), Outlook::AfterFix);
        assert_eq!(of(ErrorClass::Poison), Outlook::Unlikely);
    }
}
