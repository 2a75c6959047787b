//! Office Math as text in a linear notation: `x^2`, `(a+b)/c`, `√(x)`.

use super::Tag;
use std::mem;

/// Collects the text of one formula. The caller feeds it the elements inside
/// the formula, and bounds their depth.
#[derive(Debug, Default)]
pub(crate) struct MathText {
    open: Vec<Structure>,
    line: Line,
}

/// Text in a line.
#[derive(Debug, Default)]
struct Line {
    text: String,
    /// Whether a structure stands last, which a word must be kept apart from: `x^k a`.
    ends_in_structure: bool,
}

impl Line {
    fn push(&mut self, text: &str, is_structure: bool) {
        if self.ends_in_structure && text.starts_with(char::is_alphanumeric) {
            self.text.push(' ');
        }
        self.text.push_str(text);
        if !text.is_empty() {
            self.ends_in_structure = is_structure;
        }
    }
}

/// An open element of a formula.
#[derive(Debug, Default)]
struct Structure {
    name: String,
    /// Its parts, by the element that held them: `num`, `den`, `e`.
    parts: Vec<(String, String)>,
    /// Text directly in it.
    line: Line,
    properties: Properties,
}

/// How a structure is drawn.
#[derive(Debug, Default)]
struct Properties {
    operator: Option<String>,
    begin: Option<String>,
    end: Option<String>,
    separator: Option<String>,
    fraction: Option<String>,
}

impl MathText {
    /// Enters an element.
    pub(crate) fn start(&mut self, tag: &Tag<'_>) {
        let name = tag.name();
        if let Some(structure) = self.open.iter_mut().rev().find(|open| !open.name.ends_with("Pr")) {
            let properties = &mut structure.properties;
            let value = || tag.val().map(String::from);
            match name {
                "chr" => properties.operator = value().or_else(|| Some(String::new())),
                "begChr" => properties.begin = value().or_else(|| Some(String::new())),
                "endChr" => properties.end = value().or_else(|| Some(String::new())),
                "sepChr" => properties.separator = value().or_else(|| Some(String::new())),
                "type" => properties.fraction = value(),
                _ => {}
            }
        }
        self.open.push(Structure { name: name.to_owned(), ..Structure::default() });
    }

    /// Adds character data; only what stands in a text element counts.
    pub(crate) fn text(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut().filter(|open| open.name == "t") {
            open.line.push(text, false);
        }
    }

    /// Leaves the innermost element.
    pub(crate) fn end(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        let name = closed.name.clone();
        let is_structure = !matches!(name.as_str(), "r" | "t");
        let text = closed.into_text();
        match self.open.last_mut() {
            None => self.line.push(&text, is_structure),
            Some(parent) if is_part(&name) => parent.parts.push((name, text)),
            Some(parent) => parent.line.push(&text, is_structure),
        }
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The formula's text.
    pub(crate) fn finish(self) -> String {
        self.line.text
    }
}

/// Whether `name` is a part of a structure, rather than content in a line.
fn is_part(name: &str) -> bool {
    matches!(name, "e" | "num" | "den" | "sub" | "sup" | "deg" | "fName" | "lim" | "mr")
}

impl Structure {
    /// The text of the part `name`, empty if it is not there.
    fn take(&mut self, name: &str) -> String {
        let part = self.parts.iter_mut().find(|(part, _)| part == name);
        part.map_or_else(String::new, |(_, text)| mem::take(text))
    }

    /// The texts of all its parts.
    fn all(self) -> Vec<String> {
        self.parts.into_iter().map(|(_, text)| text).collect()
    }

    fn into_text(mut self) -> String {
        match self.name.as_str() {
            "f" => {
                let (over, under) = (self.take("num"), self.take("den"));
                let bar = if self.properties.fraction.as_deref() == Some("noBar") { '¦' } else { '/' };
                format!("{}{bar}{}", grouped(&over), grouped(&under))
            }
            "sSup" | "sSub" | "sSubSup" => {
                format!("{}{}", base(&self.take("e")), self.scripts())
            }
            "sPre" => format!("{}{}", self.scripts(), self.take("e")),
            "rad" => match self.take("deg").as_str() {
                "" => format!("√({})", self.take("e")),
                degree => format!("√[{degree}]({})", self.take("e")),
            },
            "nary" => {
                let operator = self.properties.operator.take().unwrap_or_else(|| "∫".to_owned());
                format!("{operator}{} {}", self.scripts(), self.take("e"))
            }
            "d" => {
                let begin = self.properties.begin.take().unwrap_or_else(|| "(".to_owned());
                let end = self.properties.end.take().unwrap_or_else(|| ")".to_owned());
                let separator = self.properties.separator.take().unwrap_or_else(|| "|".to_owned());
                format!("{begin}{}{end}", self.all().join(&separator))
            }
            "func" => format!("{} {}", self.take("fName"), self.take("e")),
            "limLow" => format!("{}_{}", self.take("e"), grouped(&self.take("lim"))),
            "limUpp" => format!("{}^{}", self.take("e"), grouped(&self.take("lim"))),
            "acc" => {
                let accent = self.properties.operator.take().unwrap_or_else(|| "\u{302}".to_owned());
                format!("{}{accent}", base(&self.take("e")))
            }
            "m" => format!("[{}]", self.all().join("; ")),
            "mr" => self.all().join(", "),
            "eqArr" => self.all().join("; "),
            _ => {
                let mut text = mem::take(&mut self.line.text);
                self.all().iter().for_each(|part| text.push_str(part));
                text
            }
        }
    }

    fn scripts(&mut self) -> String {
        let mut scripts = String::new();
        for (sign, part) in [('_', "sub"), ('^', "sup")] {
            let text = self.take(part);
            if !text.trim().is_empty() {
                scripts.push(sign);
                scripts.push_str(&grouped(&text));
            }
        }
        scripts
    }
}

/// `text` in parentheses, unless it is one character, one number or parenthesised.
fn grouped(text: &str) -> String {
    let text = text.trim();
    let is_number = text.chars().all(|character| character.is_ascii_digit());
    if is_number || text.chars().nth(1).is_none() || is_parenthesised(text) {
        text.to_owned()
    } else {
        format!("({text})")
    }
}

/// `text` as the base of a script or an accent: words stay as they are, sums are put in parentheses.
fn base(text: &str) -> String {
    if text.chars().all(char::is_alphanumeric) { text.to_owned() } else { grouped(text) }
}

/// Whether the parenthesis that opens `text` closes at its end.
fn is_parenthesised(text: &str) -> bool {
    let mut depth = 0_usize;
    let last = text.char_indices().last().map(|(offset, _)| offset);
    text.starts_with('(')
        && text.char_indices().all(|(offset, character)| {
            match character {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > 0 || Some(offset) == last
        })
}

#[cfg(test)]
mod tests {
    use super::super::{Node, XmlPart};
    use super::MathText;
    use gdg_model::Format;

    fn linear(xml: &str) -> String {
        let mut part = XmlPart::new(Format::Docx, "math.xml".into(), Box::new(xml.as_bytes()));
        let mut math = MathText::default();
        while let Some(node) = part.next().unwrap() {
            match node {
                Node::Start(tag) => math.start(&tag),
                Node::End(_) => math.end(),
                Node::Text(text) => math.text(&text),
            }
        }
        math.finish()
    }

    #[test]
    fn scripts_group_what_is_longer_than_a_character() {
        assert_eq!(linear("<sSup><e><r><t>x</t></r></e><sup><r><t>n+1</t></r></sup></sSup>"), "x^(n+1)");
        assert_eq!(
            linear("<sSubSup><e><t>x</t></e><sub><t>i</t></sub><sup><t>2</t></sup></sSubSup>"),
            "x_i^2"
        );
    }

    #[test]
    fn fractions_roots_and_delimiters_read_in_a_line() {
        assert_eq!(linear("<f><num><t>a+b</t></num><den><t>c</t></den></f>"), "(a+b)/c");
        assert_eq!(
            linear("<r><t>2</t></r><sSup><e><t>x</t></e><sup><t>k</t></sup></sSup><r><t>a</t></r>"),
            "2x^k a"
        );
        assert_eq!(linear("<rad><deg/><e><t>x</t></e></rad>"), "√(x)");
        assert_eq!(linear("<rad><deg><t>3</t></deg><e><t>x</t></e></rad>"), "√[3](x)");
        assert_eq!(
            linear("<d><dPr><begChr val='['/><endChr val='['/></dPr><e><t>0</t></e><e><t>1</t></e></d>"),
            "[0|1["
        );
        let binomial =
            "<d><e><f><fPr><type val='noBar'/></fPr><num><t>n</t></num><den><t>k</t></den></f></e></d>";
        assert_eq!(linear(binomial), "(n¦k)");
    }

    #[test]
    fn operators_limits_and_matrices_read_in_a_line() {
        let sum = "<nary><naryPr><chr val='∑'/></naryPr><sub><t>k=0</t></sub><sup><t>n</t></sup><e><t>k</t></e></nary>";
        assert_eq!(linear(sum), "∑_(k=0)^n k");
        assert_eq!(linear("<nary><sub/><sup/><e><t>x</t></e></nary>"), "∫ x");
        let limit = "<func><fName><limLow><e><t>lim</t></e><lim><t>x→0</t></lim></limLow></fName><e><t>f</t></e></func>";
        assert_eq!(linear(limit), "lim_(x→0) f");
        let matrix = "<m><mr><e><t>a</t></e><e><t>b</t></e></mr><mr><e><t>c</t></e><e><t>d</t></e></mr></m>";
        assert_eq!(linear(matrix), "[a, b; c, d]");
    }
}
