//! Plain text: paragraphs and simple lists.
//!
//! Blank lines separate paragraphs. Within one, the author's line breaks stay
//! only where they seem meant: text that was wrapped to a width is joined
//! again with spaces, and short lines (receipts, poems, addresses) stay lines.
//! [`Wrapping`] has the rule; the lines of an item are joined always. A line that begins with `- `, `* `, `+ `, `• `,
//! `1. ` or `1) ` is an item of a list; one that is indented further than the
//! item before it begins a list within that item.

use crate::text_encoding::decode;
use crate::text_location::SourceMap;
use crate::whitespace::{push_collapsed, push_line_break};
use crate::{Input, ParseError, Parser, TreeBuilder};
use gdg_model::{ElementType, Location};
use std::ops::Range;

/// Plain text.
#[derive(Debug)]
pub(crate) struct PlainText;

/// How many lines may pass between two looks at the clock.
const LINES_PER_CLOCK_READ: usize = 1024;

impl Parser for PlainText {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let decoded = decode(input.bytes);
        if decoded.encoding != encoding_rs::UTF_8.name() {
            tree.set_metadata("encoding", decoded.encoding);
        }
        let source_map = SourceMap::new(&decoded);
        let mut reader = Reader {
            tree,
            text: &decoded.text,
            source_map: &source_map,
            lists: Vec::new(),
            run: None,
            end: 0,
        };
        for (count, line) in lines(&decoded.text, 0..decoded.text.len()).enumerate() {
            if count.is_multiple_of(LINES_PER_CLOCK_READ) {
                reader.tree.budget().check_deadline()?;
            }
            reader.take(&line)?;
        }
        reader.finish_run()?;
        reader.close_lists(0);
        Ok(())
    }
}

/// A line, without its end.
#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    /// Offset of its first byte.
    start: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    /// The line without white space around it.
    fn trimmed(&self) -> &'a str {
        self.text.trim()
    }

    /// Columns of white space before the text; a tab goes to the next multiple of eight.
    fn indent(&self) -> usize {
        let blanks = self.text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
        blanks.fold(0, |column, byte| if byte == b'\t' { (column / 8 + 1) * 8 } else { column + 1 })
    }

    /// Where the trimmed line stands.
    fn range(&self) -> Range<usize> {
        let start = self.start + (self.text.len() - self.text.trim_start().len());
        start..start + self.trimmed().len()
    }
}

/// The lines of `text[range]`, which end with `\n`, `\r\n` or a lone `\r`.
fn lines(text: &str, range: Range<usize>) -> impl Iterator<Item = Line<'_>> {
    let mut start = range.start;
    std::iter::from_fn(move || {
        let rest = text.get(start..range.end).filter(|rest| !rest.is_empty())?;
        let line = Line { start, text: &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())] };
        let end = &rest[line.text.len()..];
        start += line.text.len() + if end.starts_with("\r\n") { 2 } else { 1 };
        Some(line)
    })
}

/// What makes a line an item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    Bullet(char),
    Number(u32),
}

impl Marker {
    /// The marker that `text` begins with, and the offset of what follows it. A line of nothing but signs
    /// (`* * *`) is a rule, no item.
    fn of(text: &str) -> Option<(Self, usize)> {
        let first = text.chars().next()?;
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (marker, length) = match first {
            '-' | '*' | '+' | '•' => (Self::Bullet(first), first.len_utf8()),
            // Of four digits and more, years begin sentences more often than lists go so far.
            _ if (1..=3).contains(&digits) && text[digits..].starts_with(['.', ')']) => {
                (Self::Number(text[..digits].parse().ok()?), digits + 1)
            }
            _ => return None,
        };
        let content = &text[length..];
        let separated = content.starts_with([' ', '\t']);
        (separated && content.contains(char::is_alphanumeric))
            .then(|| (marker, length + content.len() - content.trim_start().len()))
    }

    /// Whether an item with this marker goes on with the list of `other`.
    fn continues(self, other: Self) -> bool {
        match (self, other) {
            (Self::Bullet(own), Self::Bullet(others)) => own == others,
            (Self::Number(_), Self::Number(_)) => true,
            _ => false,
        }
    }
}

/// An element that is open in the tree, and where it begins.
#[derive(Debug, Clone, Copy)]
struct OpenElement {
    position: u32,
    start: usize,
}

/// A list with its last item, both open in the tree.
struct OpenList {
    marker: Marker,
    /// Columns before the marker of the last item.
    indent: usize,
    list: OpenElement,
    item: OpenElement,
}

impl OpenList {
    /// Whether what is indented by `indent` belongs to the last item.
    fn contains(&self, indent: usize) -> bool {
        indent >= self.indent + 2
    }
}

/// Consecutive lines that become one text.
struct Run {
    /// The item whose own text it is; else it is a paragraph.
    item: Option<u32>,
    range: Range<usize>,
    /// Whether its last line is long enough to have been wrapped.
    ends_long: bool,
}

struct Reader<'a> {
    tree: &'a mut TreeBuilder,
    text: &'a str,
    source_map: &'a SourceMap,
    lists: Vec<OpenList>,
    run: Option<Run>,
    /// Offset behind the last run that was added.
    end: usize,
}

impl Reader<'_> {
    fn take(&mut self, line: &Line<'_>) -> Result<(), ParseError> {
        let trimmed = line.trimmed();
        if trimmed.is_empty() {
            return self.finish_run();
        }
        if let Some((marker, length)) = Marker::of(trimmed)
            && self.may_begin_item(marker)
        {
            self.finish_run()?;
            return self.begin_item(line, marker, length);
        }
        if !self.goes_on_with(line) {
            self.finish_run()?;
            self.close_lists_beside(line.indent());
        }
        let range = line.range();
        let run = self.run.get_or_insert(Run { item: None, range: range.clone(), ends_long: false });
        run.range.end = range.end;
        run.ends_long = is_long(trimmed);
        Ok(())
    }

    /// Within a paragraph, a number other than 1 at the beginning of a line is a part of its sentence.
    fn may_begin_item(&self, marker: Marker) -> bool {
        let in_paragraph = self.run.as_ref().is_some_and(|run| run.item.is_none());
        !in_paragraph || matches!(marker, Marker::Bullet(_) | Marker::Number(1))
    }

    /// Whether `line` goes on with the run before it. After an item's text, a line that is not indented
    /// does only if that text seems to have been wrapped.
    fn goes_on_with(&self, line: &Line<'_>) -> bool {
        match (&self.run, self.lists.last()) {
            (Some(Run { item: Some(_), ends_long, .. }), Some(list)) => {
                *ends_long || line.indent() > list.indent
            }
            (run, _) => run.is_some(),
        }
    }

    fn begin_item(&mut self, line: &Line<'_>, marker: Marker, length: usize) -> Result<(), ParseError> {
        let indent = line.indent();
        let range = line.range();
        // Of the lists whose items do not contain the new one, the outermost is the list it belongs to.
        let containing = self.lists.iter().take_while(|list| list.contains(indent)).count();
        self.close_lists(containing + 1);
        let beside = self.lists.pop_if(|list| !list.contains(indent));
        let list = match beside {
            Some(list) if marker.continues(list.marker) => {
                self.close(list.item);
                OpenList { indent, item: self.open(ElementType::ListItem, range.start)?, ..list }
            }
            beside => {
                if let Some(list) = beside {
                    self.close(list.item);
                    self.close(list.list);
                }
                self.open_list(marker, indent, range.start)?
            }
        };
        self.run = Some(Run {
            item: Some(list.item.position),
            range: range.start + length..range.end,
            ends_long: is_long(line.trimmed()),
        });
        self.lists.push(list);
        Ok(())
    }

    fn open_list(&mut self, marker: Marker, indent: usize, start: usize) -> Result<OpenList, ParseError> {
        let list = self.open(ElementType::List, start)?;
        self.tree.set_attribute(list.position, "ordered", matches!(marker, Marker::Number(_)));
        if let Marker::Number(first) = marker
            && first != 1
        {
            self.tree.set_attribute(list.position, "start", first);
        }
        let item = self.open(ElementType::ListItem, start)?;
        Ok(OpenList { marker, indent, list, item })
    }

    fn open(&mut self, element_type: ElementType, start: usize) -> Result<OpenElement, ParseError> {
        let position = self.tree.open(element_type, "", Location::Whole)?;
        Ok(OpenElement { position, start })
    }

    fn close(&mut self, element: OpenElement) {
        self.tree.set_location(element.position, self.source_map.locate(element.start..self.end));
        self.tree.close();
    }

    /// Closes the lists whose items do not contain what is indented by `indent`.
    fn close_lists_beside(&mut self, indent: usize) {
        self.close_lists(self.lists.iter().take_while(|list| list.contains(indent)).count());
    }

    /// Closes all but the outermost `kept` lists.
    fn close_lists(&mut self, kept: usize) {
        while self.lists.len() > kept
            && let Some(OpenList { list, item, .. }) = self.lists.pop()
        {
            self.close(item);
            self.close(list);
        }
    }

    fn finish_run(&mut self) -> Result<(), ParseError> {
        let Some(Run { item, range, .. }) = self.run.take() else { return Ok(()) };
        self.end = range.end;
        if let Some(item) = item {
            let mut text = String::with_capacity(range.len());
            push_collapsed(&mut text, &self.text[range]);
            self.tree.append_text(item, &text)?;
        } else {
            let text = join_lines(self.text, &range);
            self.tree.leaf(ElementType::Paragraph, text, self.source_map.locate(range))?;
        }
        Ok(())
    }
}

/// The text of the lines of `text[range]`: wrapped lines joined, others kept as lines.
fn join_lines(text: &str, range: &Range<usize>) -> String {
    let wrapping = Wrapping::of(text, range);
    let mut joined = String::with_capacity(range.len());
    let mut last: Option<&str> = None;
    for line in lines(text, range.clone()) {
        let line = line.trimmed();
        match last {
            Some(last) if wrapping.joins(last, line) => joined.push(' '),
            _ => push_line_break(&mut joined),
        }
        push_collapsed(&mut joined, line);
        last = Some(line);
    }
    joined
}

/// Nobody wraps prose to fewer columns than this.
const NARROWEST_MEASURE: usize = 50;
/// Nor to more.
const WIDEST_MEASURE: usize = 120;

fn is_long(line: &str) -> bool {
    line.chars().nth(NARROWEST_MEASURE - 1).is_some()
}

/// Which line breaks of a paragraph only wrap it.
///
/// A break is a wrap if the next line's first word would not have fitted on
/// the line before it. The width that decides is four fifths of the longest
/// line's, for text that was wrapped by eye. Where no line is as long as
/// wrapped lines are, or more than a tenth are longer, no break is a wrap. Nor
/// is one between entries that begin with digits (the times of a log).
struct Wrapping {
    /// Characters of the longest line; `None` where no break is a wrap.
    measure: Option<usize>,
    begins_with_digit: bool,
}

impl Wrapping {
    fn of(text: &str, range: &Range<usize>) -> Self {
        let (mut measure, mut count, mut overlong) = (0, 0, 0);
        for line in lines(text, range.clone()) {
            let length = line.trimmed().chars().count();
            count += 1;
            if length > WIDEST_MEASURE {
                overlong += 1;
            } else {
                measure = measure.max(length);
            }
        }
        let is_wrapped = overlong * 10 <= count && measure >= NARROWEST_MEASURE;
        let first = text.as_bytes().get(range.start);
        Self {
            measure: is_wrapped.then_some(measure),
            begins_with_digit: first.is_some_and(u8::is_ascii_digit),
        }
    }

    /// Whether the break between `line` and `next` is a wrap.
    fn joins(&self, line: &str, next: &str) -> bool {
        let Some(measure) = self.measure else { return false };
        if self.begins_with_digit && next.starts_with(|first: char| first.is_ascii_digit()) {
            return false;
        }
        let word = next.split_ascii_whitespace().next().unwrap_or_default();
        line.chars().count() + 1 + word.chars().count() > measure * 4 / 5
    }
}
