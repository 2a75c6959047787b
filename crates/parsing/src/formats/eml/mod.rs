//! E-mail messages (RFC 5322, MIME): header fields, bodies, attachments.
//!
//! The message is divided into its parts here, in one pass over its lines;
//! mail-parser reads header fields and decodes. Its own division searches the
//! rest of the message again for every part whose boundary never comes, and
//! nests attached messages in values that are dropped by recursion.

mod body;
mod content;
mod header;
mod structure;

use crate::{Input, ParseError, Parser, TreeBuilder};
use content::{Content, TransferEncoding};
use gdg_model::{ElementType, Format};
use structure::Part;

/// How many attached messages may be encoded (base64) within each other; deeper ones stay closed.
const MAX_ENCODED_MESSAGES: u32 = 3;

/// E-mail messages (RFC 5322, MIME).
#[derive(Debug)]
pub(crate) struct Eml;

impl Parser for Eml {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let parts = structure::split(input.bytes, "", tree.budget())?;
        let fields = parts.first().map_or(&[][..], |message| message.fields);
        if header::fields(fields).next().is_none() {
            return Err(ParseError::malformed(Format::Eml, "no header fields"));
        }
        add_parts(&parts, MAX_ENCODED_MESSAGES, tree)?;
        header::describe_document(fields, tree)
    }
}

/// Adds the elements of a message to the open element. The depth of this
/// recursion is `encoded_left`, whatever the message.
fn add_parts(parts: &[Part<'_>], encoded_left: u32, tree: &mut TreeBuilder) -> Result<(), ParseError> {
    let passed_over = passed_over_alternatives(parts);
    // Where the subtree of each attached message ends whose element is open.
    let mut open_until: Vec<usize> = Vec::new();
    for (index, (part, passed_over)) in parts.iter().zip(passed_over).enumerate() {
        while open_until.pop_if(|end| *end <= index).is_some() {
            tree.close();
        }
        if part.is_message {
            header::add_fields(part, tree)?;
        }
        if part.end > index + 1 {
            if part.content.is_message() {
                open_attachment(part, part.body.len(), tree)?;
                open_until.push(part.end);
            }
        } else if part.is_body() || part.content.is_multipart() {
            // A multipart without parts has lost its boundary: what it says is still there.
            if !passed_over && !part.body.trim_ascii().is_empty() {
                body::add(part, tree)?;
            }
        } else {
            add_attachment(part, encoded_left, tree)?;
        }
    }
    for _ in open_until {
        tree.close();
    }
    Ok(())
}

/// Which parts are the poorer versions of another, by their index. Of the
/// versions in a `multipart/alternative` the last one with HTML is kept, or
/// else the last one in plain text; what is attached to the others is kept, too.
fn passed_over_alternatives(parts: &[Part<'_>]) -> Vec<bool> {
    let mut passed_over = vec![false; parts.len()];
    for (index, part) in parts.iter().enumerate() {
        if part.content.media_type != "multipart/alternative" {
            continue;
        }
        let versions = children(parts, index);
        let has_body = |child: usize, media_type: &str| {
            let end = parts.get(child).map_or(child, |version| version.end);
            let subtree = parts.get(child..end).unwrap_or_default();
            subtree.iter().any(|part| part.is_body() && part.content.media_type == media_type)
        };
        let last_with =
            |media_type| versions.iter().rev().copied().find(|&child| has_body(child, media_type));
        let kept = last_with("text/html").or_else(|| last_with("text/plain"));
        for version in versions.iter().copied().filter(|&version| Some(version) != kept) {
            let end = parts.get(version).map_or(version, |version| version.end);
            passed_over.get_mut(version..end).unwrap_or_default().fill(true);
        }
    }
    passed_over
}

/// The indexes of the parts directly within the part at `parent`.
fn children(parts: &[Part<'_>], parent: usize) -> Vec<usize> {
    let end = parts.get(parent).map_or(parent, |part| part.end);
    let after = |child: &usize| parts.get(*child).map(|part| part.end).filter(|next| *next < end);
    std::iter::successors((parent + 1 < end).then_some(parent + 1), after).collect()
}

/// Adds an attachment with what can be read of it: text, or the message that it is.
fn add_attachment(part: &Part<'_>, encoded_left: u32, tree: &mut TreeBuilder) -> Result<(), ParseError> {
    let content = &part.content;
    let is_encoded_message = content.is_message() && content.encoding != TransferEncoding::Identity;
    if is_encoded_message && encoded_left > 0 {
        let message = content.decode(part.body, tree.budget())?;
        open_attachment(part, message.len(), tree)?;
        let parts = structure::split(&message, &part.section, tree.budget())?;
        add_parts(&parts, encoded_left - 1, tree)?;
    } else {
        open_attachment(part, content.decoded_size(part.body), tree)?;
        if content.is_readable_text() {
            let text = content.decode_text(part.body, tree.budget())?;
            body::add_text(&text, part, tree)?;
        }
    }
    tree.close();
    Ok(())
}

fn open_attachment(part: &Part<'_>, size: usize, tree: &mut TreeBuilder) -> Result<(), ParseError> {
    let Content { media_type, file_name, disposition, content_id, .. } = &part.content;
    let text = file_name.as_deref().unwrap_or_default();
    let position = tree.open(ElementType::EmailAttachment, text, part.location())?;
    let texts = [
        ("file_name", file_name.as_deref()),
        ("media_type", Some(media_type.as_str())),
        ("disposition", disposition.as_deref()),
        ("content_id", content_id.as_deref()),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            tree.budget().spend_text(value.len())?;
            tree.set_attribute(position, name, value);
        }
    }
    tree.set_attribute(position, "size", size);
    Ok(())
}
