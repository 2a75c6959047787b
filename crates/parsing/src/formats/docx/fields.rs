//! Fields: instructions with a result, of which the result is text and only
//! `HYPERLINK` matters beyond it.

/// The fields that are open at a point of a story, outermost first. A field's
/// result may span paragraphs.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<Field>);

#[derive(Debug, Default)]
struct Field {
    instruction: String,
    /// Whether the instruction is over and the result has begun.
    in_result: bool,
    target: Option<String>,
}

impl Fields {
    /// A field begins with its instruction.
    pub(super) fn begin(&mut self) {
        self.0.push(Field::default());
    }

    /// A piece of the innermost field's instruction.
    pub(super) fn instruction(&mut self, text: &str) {
        if let Some(field) = self.0.last_mut().filter(|field| !field.in_result) {
            field.instruction.push_str(text);
        }
    }

    /// The innermost field's result begins. Returns whether it is a link.
    pub(super) fn separate(&mut self) -> bool {
        let Some(field) = self.0.last_mut().filter(|field| !field.in_result) else { return false };
        field.in_result = true;
        field.target = hyperlink_target(&field.instruction);
        field.target.is_some()
    }

    /// The innermost field ends. Returns whether it was a link with a result.
    pub(super) fn end(&mut self) -> bool {
        self.0.pop().is_some_and(|field| field.target.is_some())
    }

    /// Whether text here is shown: it is not part of an instruction.
    pub(super) fn show_text(&self) -> bool {
        self.0.iter().all(|field| field.in_result)
    }

    /// Where the links lead in whose results text stands here, outermost first.
    pub(super) fn targets(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|field| field.target.as_deref())
    }

    /// Forgets the fields whose result has not begun when a paragraph ends, so
    /// that a field that is never ended hides no more than its paragraph.
    pub(super) fn end_paragraph(&mut self) {
        self.0.retain(|field| field.in_result);
    }
}

/// Where a `HYPERLINK` instruction leads: its address, and the place in it after `#`.
pub(super) fn hyperlink_target(instruction: &str) -> Option<String> {
    let mut words = words(instruction).into_iter();
    if !words.next()?.eq_ignore_ascii_case("HYPERLINK") {
        return None;
    }
    let mut target = String::new();
    while let Some(word) = words.next() {
        match word.as_str() {
            "\\l" => {
                target.push('#');
                target.push_str(&words.next()?);
            }
            "\\o" | "\\t" => {
                words.next();
            }
            switch if switch.starts_with('\\') && switch.len() == 2 => {}
            _ if target.is_empty() => target = word,
            _ => {}
        }
    }
    Some(target).filter(|target| !target.is_empty())
}

/// Splits an instruction at white space outside of quotes; `\\` and `\"` in quotes are escapes.
fn words(instruction: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut characters = instruction.trim().chars().peekable();
    while let Some(first) = characters.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut word = String::new();
        if first == '"' {
            while let Some(character) = characters.next().filter(|character| *character != '"') {
                let escaped = characters.next_if(|next| character == '\\' && matches!(next, '\\' | '"'));
                word.push(escaped.unwrap_or(character));
            }
        } else {
            word.push(first);
            while let Some(character) = characters.next_if(|next| !next.is_whitespace()) {
                word.push(character);
            }
        }
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hyperlink_leads_to_its_address_and_place() {
        let target = |instruction| hyperlink_target(instruction);
        assert_eq!(target(r#" HYPERLINK "https://e.org/a b" \o "tip" "#).unwrap(), "https://e.org/a b");
        assert_eq!(target(r#"HYPERLINK \l "Chapter 1""#).unwrap(), "#Chapter 1");
        assert_eq!(target(r#"hyperlink "a.docx" \l top \h"#).unwrap(), "a.docx#top");
        assert_eq!(target(r#"HYPERLINK "C:\\docs\\a.docx""#).unwrap(), r"C:\docs\a.docx");
        assert_eq!(target("PAGEREF _Toc1 \\h"), None);
        assert_eq!(target("HYPERLINK"), None);
    }

    #[test]
    fn only_results_are_shown() {
        let mut fields = Fields::default();
        fields.begin();
        assert!(!fields.show_text());
        fields.instruction("PAGE");
        fields.separate();
        assert!(fields.show_text());
        fields.begin();
        fields.end_paragraph();
        assert!(fields.show_text(), "an unfinished field ends with its paragraph");
    }
}
