//! Signs by which the format of a text is known from how it begins.

use gdg_model::Format;
use serde::de::IgnoredAny;

type Sign = fn(&str) -> bool;

/// Signs that hardly err, in the order in which they are tried.
const STRICT_SIGNS: [(Format, Sign); 5] = [
    (Format::Html, is_html),
    (Format::Xml, is_xml),
    (Format::Jsonl, is_json_lines),
    (Format::Json, is_json),
    (Format::Eml, is_message),
];

/// Signs that code and configuration can bear as well.
const LOOSE_SIGNS: [(Format, Sign); 4] = [
    (Format::Yaml, is_yaml),
    (Format::Markdown, is_markdown),
    (Format::Csv, is_comma_separated),
    (Format::Tsv, is_tab_separated),
];

/// The format that `sample`, the beginning of a text, shows signs of.
pub(super) fn format(sample: &str, loose_signs: bool) -> Option<Format> {
    let loose = if loose_signs && !sample.starts_with("#!") { &LOOSE_SIGNS[..] } else { &[] };
    STRICT_SIGNS.iter().chain(loose).find(|(_, sign)| sign(sample)).map(|(format, _)| *format)
}

/// Corrects a format that the name told where the name is known to be inexact: JSON Lines are often called JSON.
pub(super) fn refine(format: Format, sample: &str) -> Format {
    if format == Format::Json && is_json_lines(sample) { Format::Jsonl } else { format }
}

/// Whether `sample` begins like a file of several messages: a line `From address date`, then a header.
pub(super) fn is_mailbox(sample: &str) -> bool {
    let Some((first, rest)) = sample.split_once('\n') else { return false };
    first.starts_with("From ") && is_message(rest)
}

fn starts_with_any(text: &str, starts: &[&str]) -> bool {
    let starts_with =
        |start: &&str| text.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start));
    starts.iter().any(starts_with)
}

/// `text` behind its comments and, where there is one, its XML declaration.
fn behind_prolog(text: &str) -> &str {
    const SKIPPED: [(&str, &str); 2] = [("<?xml", "?>"), ("<!--", "-->")];
    let mut rest = text;
    while let Some((_, end)) = SKIPPED.iter().find(|(start, _)| rest.starts_with(start)) {
        let Some((_, behind)) = rest.split_once(end) else { break };
        rest = behind.trim_start();
    }
    rest
}

fn is_html(sample: &str) -> bool {
    starts_with_any(behind_prolog(sample), &["<!doctype html", "<html", "<head>", "<body"])
}

fn is_xml(sample: &str) -> bool {
    sample.starts_with("<?xml")
        || starts_with_any(behind_prolog(sample), &["<rss", "<feed", "<svg", "<opml", "<!doctype "])
}

/// Whether `sample` is a JSON object or array, or the beginning of one.
fn is_json(sample: &str) -> bool {
    sample.starts_with(['{', '['])
        && match serde_json::Deserializer::from_str(sample).into_iter::<IgnoredAny>().next() {
            Some(Err(error)) => error.is_eof(),
            Some(Ok(_)) => true,
            None => false,
        }
}

/// Whether `sample` begins with two JSON objects or arrays, each on a line of its own.
fn is_json_lines(sample: &str) -> bool {
    let mut lines = sample.lines().filter(|line| !line.trim().is_empty());
    let is_whole = |line: &str| {
        line.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(line).is_ok()
    };
    lines.next().is_some_and(is_whole) && lines.next().is_some_and(is_json)
}

/// Whether `sample` begins with the header of a message (RFC 5322): nothing but fields, two of them well known.
fn is_message(sample: &str) -> bool {
    const FIELDS: [&str; 9] = [
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "received",
        "return-path",
        "mime-version",
        "delivered-to",
    ];
    const MAX_LINES: usize = 100;
    let mut known = 0;
    for line in sample.lines().take(MAX_LINES).take_while(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else { return false };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return false;
        }
        known += usize::from(FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name)));
    }
    known >= 2
}

/// Whether `sample` begins like a YAML document, not like the front matter of another text.
fn is_yaml(sample: &str) -> bool {
    let mut lines = sample.lines();
    let first = lines.next().unwrap_or_default();
    let begins = first.trim_end() == "---"
        && lines.clone().next().is_some_and(|line| line.contains(": ") || line.ends_with(':'));
    first.starts_with("%YAML ") || (begins && !lines.any(|line| line.trim_end() == "---"))
}

/// Whether `sample` shows two different kinds of Markdown: comments of code look like headings, but not like more.
fn is_markdown(sample: &str) -> bool {
    const KINDS: [Sign; 6] = [
        |line| line.starts_with('#') && line.trim_start_matches('#').starts_with(' '),
        |line| line.starts_with("```"),
        |line| line.starts_with("- ") || line.starts_with("* "),
        |line| line.contains("]("),
        |line| {
            line.len() >= 3
                && (line.bytes().all(|byte| byte == b'=') || line.bytes().all(|byte| byte == b'-'))
        },
        |line| line.starts_with("> "),
    ];
    KINDS.iter().filter(|kind| sample.lines().any(|line| kind(line.trim_end()))).count() >= 2
}

fn is_comma_separated(sample: &str) -> bool {
    is_separated(sample, ',', 2) || is_separated(sample, ';', 2)
}

fn is_tab_separated(sample: &str) -> bool {
    is_separated(sample, '\t', 1)
}

/// Whether the first lines of `sample` hold as many short values each, at least `separators` + 1.
fn is_separated(sample: &str, separator: char, separators: usize) -> bool {
    const LINES: usize = 10;
    const MIN_LINES: usize = 3;
    const MAX_MEAN_VALUE: usize = 40;
    let lines = || sample.lines().filter(|line| !line.trim().is_empty()).take(LINES);
    let mut counts = lines().map(|line| separators_outside_quotes(line, separator));
    let Some(first) = counts.next() else { return false };
    let length: usize = lines().map(str::len).sum();
    first >= separators
        && lines().count() >= MIN_LINES
        && counts.all(|count| count == first)
        && length <= lines().count() * (first + 1) * MAX_MEAN_VALUE
}

/// How many separators stand outside quotes. One before a space is punctuation.
fn separators_outside_quotes(line: &str, separator: char) -> usize {
    let count = |part: &str| part.split(separator).skip(1).filter(|value| !value.starts_with(' ')).count();
    line.split('"').step_by(2).map(count).sum()
}
