//! Header fields (RFC 5322): unfolded, decoded, and shown.

use super::structure::Part;
use crate::text_encoding;
use crate::{ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};
use mail_parser::parsers::MessageStream;
use mail_parser::{Addr, Address, ContentType, HeaderValue};

/// The fields of a message that are shown, besides those that begin with `List-`.
const SHOWN: [(&str, FieldKind); 12] = [
    ("Subject", FieldKind::Text),
    ("From", FieldKind::Addresses),
    ("Sender", FieldKind::Addresses),
    ("Reply-To", FieldKind::Addresses),
    ("To", FieldKind::Addresses),
    ("Cc", FieldKind::Addresses),
    ("Bcc", FieldKind::Addresses),
    ("Date", FieldKind::Date),
    ("Message-ID", FieldKind::Ids),
    ("In-Reply-To", FieldKind::Ids),
    ("References", FieldKind::Ids),
    ("Keywords", FieldKind::Text),
];

/// Values longer than this are shown as they are written: mail-parser may read encoded words many times over.
const MAX_DECODED_VALUE: usize = 256 * 1024;

#[derive(Debug, Clone, Copy)]
enum FieldKind {
    Text,
    Addresses,
    Date,
    Ids,
}

/// A header field as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

impl Field<'_> {
    /// Whether it is called `name`, in whichever case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Its value, ready to be read.
    pub(super) fn value(&self) -> FieldValue {
        // Fields should be ASCII; those that are not are mostly in the writer's own character set.
        let mut text = text_encoding::decode(self.value).text.trim().to_owned();
        // What mail-parser reads a field up to.
        text.push('\n');
        FieldValue(text)
    }

    /// The name and kind that it is shown with, if it is.
    fn shown(&self) -> Option<(String, FieldKind)> {
        if self.name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"List-")) {
            return Some((String::from_utf8_lossy(self.name).into_owned(), FieldKind::Text));
        }
        let (name, kind) = SHOWN.iter().find(|(name, _)| self.is(name))?;
        Some(((*name).to_owned(), *kind))
    }
}

/// Whether `line` begins a header field.
pub(super) fn is_field(line: &[u8]) -> bool {
    name_length(line).is_some()
}

fn name_length(line: &[u8]) -> Option<usize> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    (!name.is_empty() && name.iter().all(u8::is_ascii_graphic)).then_some(colon)
}

/// The fields in a header, in order. Lines that belong to none are left out.
pub(super) fn fields(header: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut rest = header;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (field, after) = rest.split_at(folded_end(rest));
            rest = after;
            if let Some(colon) = name_length(field) {
                let (name, value) = field.split_at(colon);
                return Some(Field {
                    name: name.trim_ascii_end(),
                    value: value.get(1..).unwrap_or_default(),
                });
            }
        }
        None
    })
}

/// Where the first field of `header` ends: before the next line that does not begin with white space.
fn folded_end(header: &[u8]) -> usize {
    let is_end = |pair: &[u8]| matches!(pair, [b'\n', next] if !matches!(next, b' ' | b'\t'));
    header.windows(2).position(is_end).map_or(header.len(), |at| at + 1)
}

/// A field's value, with a line break behind it.
#[derive(Debug)]
pub(super) struct FieldValue(String);

impl FieldValue {
    fn parsed<'v>(
        &'v self,
        parse: impl FnOnce(&mut MessageStream<'v>) -> HeaderValue<'v>,
    ) -> HeaderValue<'v> {
        if self.0.len() > MAX_DECODED_VALUE {
            return HeaderValue::Empty;
        }
        parse(&mut MessageStream::new(self.0.as_bytes()))
    }

    /// As text: unfolded, encoded words decoded.
    pub(super) fn text(&self) -> String {
        let parsed = self.parsed(MessageStream::parse_unstructured);
        collapsed(parsed.as_text().unwrap_or(&self.0))
    }

    /// As message identifiers, without their brackets.
    pub(super) fn ids(&self) -> Vec<String> {
        match self.parsed(MessageStream::parse_id) {
            HeaderValue::Text(id) => vec![id.into_owned()],
            HeaderValue::TextList(ids) => ids.into_iter().map(std::borrow::Cow::into_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// As a content type or disposition.
    pub(super) fn content_type(&self) -> Option<ContentType<'static>> {
        match self.parsed(MessageStream::parse_content_type).into_owned() {
            HeaderValue::ContentType(content_type) => Some(content_type),
            _ => None,
        }
    }

    fn addresses(&self) -> Option<String> {
        match self.parsed(MessageStream::parse_address) {
            HeaderValue::Address(Address::List(list)) => Some(shown_list(&list)),
            HeaderValue::Address(Address::Group(groups)) => {
                let shown = groups.iter().map(|group| match &group.name {
                    Some(name) => format!("{name}: {};", shown_list(&group.addresses)),
                    None => shown_list(&group.addresses),
                });
                Some(shown.collect::<Vec<_>>().join(", "))
            }
            _ => None,
        }
    }

    /// In the form of RFC 3339, if it is a date.
    fn date(&self) -> Option<String> {
        let parsed = self.parsed(MessageStream::parse_date);
        parsed.as_datetime().filter(|date| date.is_valid()).map(mail_parser::DateTime::to_rfc3339)
    }

    /// As a person reads it. A value that is not what its field demands is shown as text.
    fn shown(&self, kind: FieldKind) -> String {
        let shown = match kind {
            FieldKind::Text => None,
            FieldKind::Addresses => self.addresses(),
            FieldKind::Date => self.date(),
            FieldKind::Ids => Some(self.ids().join(" ")),
        };
        shown.filter(|text| !text.is_empty()).unwrap_or_else(|| self.text())
    }
}

fn shown_list(addresses: &[Addr<'_>]) -> String {
    addresses.iter().map(shown_address).collect::<Vec<_>>().join(", ")
}

fn shown_address(address: &Addr<'_>) -> String {
    match (address.name.as_deref(), address.address.as_deref()) {
        (Some(name), Some(address)) if !name.is_empty() => format!("{} <{address}>", collapsed(name)),
        (_, Some(address)) => address.to_owned(),
        (name, None) => collapsed(name.unwrap_or_default()),
    }
}

fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Adds the fields of a message's header that are shown.
pub(super) fn add_fields(message: &Part<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
    let section = match message.section.strip_suffix("1").filter(|_| !message.content.is_multipart()) {
        // The header belongs to the message, whose number is that of its content without the last step.
        Some(prefix) => format!("{prefix}HEADER"),
        None if message.section.is_empty() => "HEADER".to_owned(),
        None => format!("{}.HEADER", message.section),
    };
    for field in fields(message.fields) {
        if let Some((name, kind)) = field.shown() {
            tree.budget().check_deadline()?;
            let text = field.value().shown(kind);
            let location = Location::MimePart(section.clone());
            let position = tree.leaf(ElementType::EmailHeader, text, location)?;
            tree.budget().spend_text(name.len())?;
            tree.set_attribute(position, "name", name);
        }
    }
    Ok(())
}

/// Records the document's title and metadata from the fields of its header.
pub(super) fn describe_document(header: &[u8], tree: &mut TreeBuilder) -> Result<(), ParseError> {
    let recorded = ["subject", "from", "to", "date", "message_id"];
    for name in recorded {
        let field_name = name.replace('_', "-");
        let Some(field) = fields(header).find(|field| field.is(&field_name)) else {
            continue;
        };
        let Some((_, kind)) = field.shown() else {
            continue;
        };
        let value = field.value().shown(kind);
        if value.is_empty() {
            continue;
        }
        tree.budget().spend_text(value.len())?;
        if name == "subject" {
            tree.set_title(value.as_str());
        }
        tree.set_metadata(name, value);
    }
    Ok(())
}
