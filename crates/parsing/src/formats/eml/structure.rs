//! Divides a message into its MIME parts (RFC 2046), in one pass over its lines.

use super::content::{Content, TransferEncoding};
use super::header::is_field;
use crate::{Budget, Limit, ParseError};
use gdg_model::Location;

/// How many lines may pass between two looks at the clock.
const LINES_PER_CLOCK_READ: usize = 4096;

/// A part of a message: the message itself, a multipart, an attached message, or a leaf.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Its section number (RFC 3501): `1.2`. That of a multipart message is that of the message, which may be empty.
    pub(super) section: String,
    /// Index behind the last part within it.
    pub(super) end: usize,
    /// Whether its header is that of a message: it is the document, or what an attached message consists of.
    pub(super) is_message: bool,
    /// Its header fields.
    pub(super) fields: &'a [u8],
    /// What stands below them, encoded.
    pub(super) body: &'a [u8],
    /// What the fields say of it.
    pub(super) content: Content,
}

impl Part<'_> {
    /// Whether it is to be read with the message: text that is not sent as a file.
    pub(super) fn is_body(&self) -> bool {
        let content = &self.content;
        let is_text = matches!(content.media_type.as_str(), "text/plain" | "text/html");
        is_text
            && content.disposition.as_deref() != Some("attachment")
            && (content.file_name.is_none() || self.is_message)
    }

    /// Where it stands: its section, or of a multipart message that has lost its parts all its text.
    pub(super) fn location(&self) -> Location {
        let section = if self.section.is_empty() { "TEXT" } else { self.section.as_str() };
        Location::MimePart(section.to_owned())
    }

    /// The section number of its child with the number `number`.
    fn child_section(&self, number: u32) -> String {
        if self.section.is_empty() { number.to_string() } else { format!("{}.{number}", self.section) }
    }
}

/// Divides the message in `bytes`, whose section numbers begin with `prefix`. A
/// part stands before those within it. Boundaries that are missing end with the message.
pub(super) fn split<'a>(bytes: &'a [u8], prefix: &str, budget: &Budget) -> Result<Vec<Part<'a>>, ParseError> {
    let mut splitter = Splitter { bytes, budget, parts: Vec::new(), open: Vec::new() };
    let mut at = splitter.begin(start_of_header(bytes), prefix.to_owned(), true)?;
    let mut lines = 0_usize;
    while at < bytes.len() {
        lines += 1;
        if lines.is_multiple_of(LINES_PER_CLOCK_READ) {
            budget.check_deadline()?;
        }
        let next = line_end(bytes, at);
        at = match splitter.delimiter(&bytes[at..next]) {
            Some(delimiter) => splitter.pass(&delimiter, at, next)?,
            None => next,
        };
    }
    splitter.close_down_to(0, bytes.len());
    Ok(splitter.parts)
}

/// Behind the envelope line of a mailbox file, and blank lines.
fn start_of_header(bytes: &[u8]) -> usize {
    let mut start = bytes.len() - bytes.trim_ascii_start().len();
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        start = 3;
    }
    if bytes[start..].starts_with(b"From ") { line_end(bytes, start) } else { start }
}

/// Where the line that begins at `start` ends, with its line break.
fn line_end(bytes: &[u8], start: usize) -> usize {
    let rest = &bytes[start..];
    rest.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |at| start + at + 1)
}

/// A line that ends one part of a multipart and may begin the next.
struct Delimiter {
    /// Place of the multipart in [`Splitter::open`].
    level: usize,
    is_last: bool,
}

struct OpenPart {
    index: usize,
    body_start: usize,
    /// Of a multipart whose last delimiter has not come yet.
    boundary: Option<String>,
    children: u32,
}

struct Splitter<'a, 'b> {
    bytes: &'a [u8],
    budget: &'b Budget,
    parts: Vec<Part<'a>>,
    /// The part being read, below those that contain it.
    open: Vec<OpenPart>,
}

impl<'a> Splitter<'a, '_> {
    /// Begins a part at `start`, and the message in it, if it is one. Returns where its body starts.
    fn begin(&mut self, start: usize, section: String, is_message: bool) -> Result<usize, ParseError> {
        let (mut start, mut section, mut is_message) = (start, section, is_message);
        loop {
            let allowed = self.budget.limits().max_elements;
            if self.parts.len() >= allowed as usize {
                return Err(ParseError::LimitExceeded {
                    limit: Limit::Elements,
                    allowed: allowed.to_string(),
                });
            }
            self.budget.check_depth(self.open.len() + 1)?;
            let (fields_end, body_start) = self.header_end(start);
            let fields = &self.bytes[start..fields_end];
            let in_digest =
                self.parent().is_some_and(|parent| parent.content.media_type == "multipart/digest");
            let content = Content::of(fields, if in_digest { "message/rfc822" } else { "text/plain" });
            // A message that is no multipart has its content in a section of its own.
            if is_message && !content.is_multipart() {
                section = if section.is_empty() { "1".to_owned() } else { format!("{section}.1") };
            }
            let contains_message = content.is_message() && content.encoding == TransferEncoding::Identity;
            let boundary = content.boundary.clone().filter(|_| content.is_multipart());
            self.open.push(OpenPart { index: self.parts.len(), body_start, boundary, children: 0 });
            let body = &self.bytes[body_start..body_start];
            self.parts.push(Part { section: section.clone(), end: 0, is_message, fields, body, content });
            if !contains_message {
                return Ok(body_start);
            }
            (start, is_message) = (body_start, true);
        }
    }

    fn parent(&self) -> Option<&Part<'a>> {
        self.parts.get(self.open.last()?.index)
    }

    /// Where the header fields from `start` on end, and where the body below them starts.
    fn header_end(&self, start: usize) -> (usize, usize) {
        let mut at = start;
        while at < self.bytes.len() {
            let next = line_end(self.bytes, at);
            let line = &self.bytes[at..next];
            if line.trim_ascii().is_empty() {
                return (at, next);
            }
            // Lines that are no fields are passed over, but not where the header should begin.
            if self.delimiter(line).is_some() || at == start && !is_field(line) {
                return (at, at);
            }
            at = next;
        }
        (self.bytes.len(), self.bytes.len())
    }

    /// Whether `line` is a delimiter of an open multipart, the innermost first.
    fn delimiter(&self, line: &[u8]) -> Option<Delimiter> {
        let line = line.strip_prefix(b"--")?.trim_ascii_end();
        self.open.iter().enumerate().rev().find_map(|(level, open)| {
            let rest = line.strip_prefix(open.boundary.as_deref()?.as_bytes())?;
            (rest.is_empty() || rest == b"--").then_some(Delimiter { level, is_last: !rest.is_empty() })
        })
    }

    /// Ends what `delimiter`, a line from `start` to `end`, ends, and begins the
    /// next part of its multipart. Returns where to read on.
    fn pass(&mut self, delimiter: &Delimiter, start: usize, end: usize) -> Result<usize, ParseError> {
        self.close_down_to(delimiter.level + 1, start);
        let Some(multipart) = self.open.last_mut() else {
            return Ok(end);
        };
        if delimiter.is_last {
            multipart.boundary = None;
            return Ok(end);
        }
        multipart.children += 1;
        let number = multipart.children;
        let section = self.parent().map(|parent| parent.child_section(number)).unwrap_or_default();
        self.begin(end, section, false)
    }

    /// Ends the open parts from `level` on, whose bodies end with the line before `end`.
    fn close_down_to(&mut self, level: usize, end: usize) {
        let count = self.parts.len();
        for closed in self.open.drain(level.min(self.open.len())..) {
            let body = self.bytes.get(closed.body_start..end).unwrap_or_default();
            // The line break before a delimiter belongs to the delimiter.
            let body = if end < self.bytes.len() { without_line_break(body) } else { body };
            if let Some(part) = self.parts.get_mut(closed.index) {
                part.body = body;
                part.end = count;
            }
        }
    }
}

fn without_line_break(body: &[u8]) -> &[u8] {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    body.strip_suffix(b"\r").unwrap_or(body)
}
