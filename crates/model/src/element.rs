//! Elements: the nodes of a parsed document.

use crate::{Attributes, Location};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementType {
    /// The root of every document, at position 0.
    Document,
    /// A heading; what follows up to the next heading of its level is nested in it. Attribute `level`, from 1.
    Heading,
    /// A run of prose.
    Paragraph,
    /// A list. Attribute `ordered`; `start` where an ordered list does not begin at 1.
    List,
    /// An item of a list. Attribute `checked` for task lists.
    ListItem,
    /// A table; its children are rows. Attribute `caption` where it has one.
    Table,
    /// A row of a table; its children are cells. Attribute `header` where it is one.
    TableRow,
    /// A cell of a table. Attributes `column` (from 0); `column_span`, `row_span` where they are not 1; `name` (of its
    /// column) in delimited files; `formula` in workbooks; `align` in Markdown.
    TableCell,
    /// Preformatted code. Attribute `language` where it is given.
    CodeBlock,
    /// Quoted material. Attribute `alert` where it is one (`note`, `warning`, …).
    Blockquote,
    /// An image; its text is its description. Attribute `source`.
    Image,
    /// A link; its text is the label. Attribute `target`; `title` where it has one.
    Link,
    /// A footnote or an endnote. Attribute `label`.
    Footnote,
    /// A mathematical formula; its text is its source notation.
    Formula,
    /// The running header of a page or section.
    PageHeader,
    /// The running footer of a page or section.
    PageFooter,
    /// A reviewer's comment. Attribute `author` where it is known.
    Comment,
    /// A page of a paginated document. Attribute `number`, from 1; `label` where it has one; `has_text` (`false`) where
    /// no text was found.
    Page,
    /// A slide of a presentation; its text is its title. Attribute `number`, from 1; `hidden` where it is.
    Slide,
    /// The speaker's notes of a slide.
    SpeakerNotes,
    /// A sheet of a workbook; its text is its name. Attribute `index`, from 0; `hidden` where it is.
    Sheet,
    /// A JSON or YAML object. Attribute `name` where it is a member, `index` where it is an item.
    JsonObject,
    /// A JSON or YAML array. Attribute `name` where it is a member, `index` where it is an item.
    JsonArray,
    /// A member with a scalar value, which is its text. Attributes `name`, `value_type`.
    JsonField,
    /// A scalar item of an array, its text. Attributes `index`, `value_type`.
    JsonItem,
    /// An XML element; its text is its own character data. Attribute `name`; the element's own as `@name`.
    XmlElement,
    /// A header field of a message. Attribute `name`.
    EmailHeader,
    /// A body of a message. Attribute `media_type`.
    EmailBody,
    /// An attachment of a message. Attributes `file_name`, `media_type`, `disposition`, `size`.
    EmailAttachment,
}

impl ElementType {
    /// The name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Heading => "heading",
            Self::Paragraph => "paragraph",
            Self::List => "list",
            Self::ListItem => "list_item",
            Self::Table => "table",
            Self::TableRow => "table_row",
            Self::TableCell => "table_cell",
            Self::CodeBlock => "code_block",
            Self::Blockquote => "blockquote",
            Self::Image => "image",
            Self::Link => "link",
            Self::Footnote => "footnote",
            Self::Formula => "formula",
            Self::PageHeader => "page_header",
            Self::PageFooter => "page_footer",
            Self::Comment => "comment",
            Self::Page => "page",
            Self::Slide => "slide",
            Self::SpeakerNotes => "speaker_notes",
            Self::Sheet => "sheet",
            Self::JsonObject => "json_object",
            Self::JsonArray => "json_array",
            Self::JsonField => "json_field",
            Self::JsonItem => "json_item",
            Self::XmlElement => "xml_element",
            Self::EmailHeader => "email_header",
            Self::EmailBody => "email_body",
            Self::EmailAttachment => "email_attachment",
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A node of a document's tree. Its own position is its index in
/// [`ParsedDocument::elements`](crate::ParsedDocument::elements).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// Position of the parent, always smaller than the element's own; `None` for the root alone.
    pub parent: Option<u32>,
    /// Place among its parent's children, from 0.
    pub ordinal: u32,
    /// What it is.
    pub element_type: ElementType,
    /// Its own text, without that of its children.
    pub text: String,
    /// Where it stands in the source.
    pub location: Location,
    /// What else is known of it.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

impl Element {
    /// An element without a parent, children or attributes.
    pub fn new(element_type: ElementType, text: impl Into<String>, location: Location) -> Self {
        Self {
            parent: None,
            ordinal: 0,
            element_type,
            text: text.into(),
            location,
            attributes: Attributes::new(),
        }
    }

    /// A 32-bit digest of what the element says (its type, text and
    /// attributes), the last part of its [`ElementId`](crate::ElementId).
    /// `attributes` is what [`Attributes::to_json`] gives, which callers have at hand.
    pub fn content_digest(&self, attributes: Option<&str>) -> u32 {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.element_type.as_str().as_bytes());
        hasher.update(&[0]);
        hasher.update(self.text.as_bytes());
        if let Some(attributes) = attributes {
            hasher.update(&[0]);
            hasher.update(attributes.as_bytes());
        }
        let digest = hasher.finalize();
        let bytes = digest.as_bytes();
        u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }
}
