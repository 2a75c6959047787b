//! The bodies of a message: HTML, or plain text with its quotes.

use super::structure::Part;
use crate::formats::Html;
use crate::{Input, ParseError, Parser, TreeBuilder};
use gdg_model::ElementType;

/// Levels of quotation that are told apart; deeper ones count as this one.
const MAX_QUOTE_DEPTH: usize = 16;

/// Adds the body in `part`, which is plain text or HTML.
pub(super) fn add(part: &Part<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
    let content = &part.content;
    let text = content.decode_text(part.body, tree.budget())?;
    let position = tree.open(ElementType::EmailBody, "", part.location())?;
    tree.set_attribute(position, "media_type", content.media_type.as_str());
    if content.media_type == "text/html" {
        Html.parse(&Input { name: "", bytes: text.as_bytes() }, tree)?;
        // The HTML parser knows places in the decoded text, which nobody but it has.
        for inner in position..tree.len() as u32 {
            tree.set_location(inner, part.location());
        }
    } else {
        add_text(&text, part, tree)?;
    }
    tree.close();
    Ok(())
}

/// Adds plain text: paragraphs between empty lines, and quotes by the `>` before
/// their lines. In flowed text (RFC 3676) a line without a space at its end ends a paragraph, too.
pub(super) fn add_text(text: &str, part: &Part<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
    let flowed = part.content.flowed;
    let mut writer = TextWriter { part, tree, quote_depth: 0, paragraph: String::new() };
    for line in text.lines() {
        let (depth, line) = unquoted(line);
        let is_signature_mark = line.trim_end() == "--";
        if is_signature_mark || depth != writer.quote_depth || line.trim().is_empty() {
            writer.end_paragraph()?;
        }
        writer.set_quote_depth(depth)?;
        if is_signature_mark {
            continue;
        }
        let Some(flowed) = flowed else {
            writer.add_line(line, false);
            continue;
        };
        writer.add_line(line.strip_prefix(' ').unwrap_or(line), flowed.delete_space);
        if !line.ends_with(' ') {
            writer.end_paragraph()?;
        }
    }
    writer.end_paragraph()?;
    writer.set_quote_depth(0)
}

/// How many times a line is quoted, and the line without the marks.
fn unquoted(line: &str) -> (usize, &str) {
    let (mut depth, mut rest) = (0, line);
    while let Some(inner) = rest.strip_prefix('>').or_else(|| rest.strip_prefix(" >")) {
        // A single space belongs before a mark only behind another mark.
        if depth == 0 && rest.starts_with(' ') {
            break;
        }
        depth += 1;
        rest = inner;
    }
    let rest = if depth > 0 { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
    (depth.min(MAX_QUOTE_DEPTH), rest)
}

struct TextWriter<'a> {
    part: &'a Part<'a>,
    tree: &'a mut TreeBuilder,
    /// How many block quotes are open.
    quote_depth: usize,
    paragraph: String,
}

impl TextWriter<'_> {
    fn set_quote_depth(&mut self, depth: usize) -> Result<(), ParseError> {
        while self.quote_depth > depth {
            self.tree.close();
            self.quote_depth -= 1;
        }
        while self.quote_depth < depth {
            self.tree.open(ElementType::Blockquote, "", self.part.location())?;
            self.quote_depth += 1;
        }
        Ok(())
    }

    /// Adds a line to the paragraph, white space collapsed; without a space to what is there when it `is_joined`.
    fn add_line(&mut self, line: &str, is_joined: bool) {
        for (index, word) in line.split_whitespace().enumerate() {
            if !self.paragraph.is_empty() && !(is_joined && index == 0) {
                self.paragraph.push(' ');
            }
            self.paragraph.push_str(word);
        }
    }

    fn end_paragraph(&mut self) -> Result<(), ParseError> {
        if self.paragraph.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.paragraph);
        let urls: Vec<String> = urls(&text).map(str::to_owned).collect();
        self.tree.open(ElementType::Paragraph, text, self.part.location())?;
        for url in urls {
            let position = self.tree.leaf(ElementType::Link, url.as_str(), self.part.location())?;
            self.tree.budget().spend_text(url.len())?;
            self.tree.set_attribute(position, "target", url.as_str());
            self.tree.link(position, url)?;
        }
        self.tree.close();
        Ok(())
    }
}

/// The web addresses that stand in `text`, without the punctuation behind them.
fn urls(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '<', '>', '"', '[', ']']).filter_map(|word| {
        let start = word.find("https://").or_else(|| word.find("http://"))?;
        let url = word.get(start..)?.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', ')']);
        (url.len() > "https://".len()).then_some(url)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_counted_with_and_without_spaces() {
        assert_eq!(unquoted("> > deep"), (2, "deep"));
        assert_eq!(unquoted(">>deep"), (2, "deep"));
        assert_eq!(unquoted(">  code"), (1, " code"));
        assert_eq!(unquoted(" > not quoted"), (0, " > not quoted"));
        assert_eq!(unquoted(&">".repeat(1000)), (MAX_QUOTE_DEPTH, ""));
    }

    #[test]
    fn addresses_end_before_the_punctuation_of_the_sentence() {
        let text = "See (https://tides.example/a?b=c), <http://x.example/>. Not http:// alone.";
        assert_eq!(urls(text).collect::<Vec<_>>(), ["https://tides.example/a?b=c", "http://x.example/"]);
    }
}
