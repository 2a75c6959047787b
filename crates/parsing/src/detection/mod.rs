//! What format a document is in.
//!
//! Content that says for certain what it is (a PDF header, the parts of an
//! Office package) decides. Text has no such mark: there the extension of the
//! name decides, then the media type its source gave, then how it begins.
//! Only a bounded part of the document is looked at, and nothing is inflated.

mod content;
mod names;
mod text_signs;
mod zip_directory;

use crate::text_encoding::decode;
use crate::{Input, ParseError};
use content::Content;
use gdg_model::Format;
use names::Extension;

/// How much of a text is looked at, in bytes.
const TEXT_SAMPLE: usize = 64 * 1024;

/// The format of `input`; `content_type` is the media type that its source
/// gave, if any. Fails when no parser knows the format, when the document is
/// encrypted, and when the name promises a format that the content is not.
pub fn detect(input: &Input<'_>, content_type: Option<&str>) -> Result<Format, ParseError> {
    if input.bytes.is_empty() {
        return Err(ParseError::Empty);
    }
    let extension = names::extension(input.name);
    let promised = extension.format().filter(|format| !names::is_text(*format));
    match (content::examine(input.bytes), promised) {
        (Content::Format(format), _) => Ok(format),
        (Content::Text | Content::PdfInText, None) => text_format(input.bytes, extension, content_type),
        (Content::PdfInText, Some(Format::Pdf)) => Ok(Format::Pdf),
        // The parser says best what is wrong with it.
        (Content::DamagedZip, Some(format)) if format != Format::Pdf => Ok(format),
        (Content::EncryptedOffice, Some(format)) if format != Format::Pdf => {
            Err(ParseError::Encrypted { format })
        }
        (content, promised) => Err(mismatch(promised, describe(content, input.bytes))),
    }
}

fn mismatch(promised: Option<Format>, found: String) -> ParseError {
    match promised {
        Some(format) => {
            ParseError::malformed(format, format!("its name says {format}, but its content is {found}"))
        }
        None => unsupported(found),
    }
}

fn unsupported(detected: impl Into<String>) -> ParseError {
    ParseError::Unsupported { detected: detected.into() }
}

fn describe(content: Content, bytes: &[u8]) -> String {
    match content {
        Content::Foreign(description) => description,
        Content::Format(format) => format.to_string(),
        Content::DamagedZip => "a damaged ZIP archive".to_owned(),
        Content::EncryptedOffice => "an encrypted Office document".to_owned(),
        Content::Text | Content::PdfInText => {
            let sample = decode(&bytes[..bytes.len().min(TEXT_SAMPLE)]);
            let shown = text_signs::format(sample.text.trim_start(), false);
            shown.map_or_else(|| "text".to_owned(), |format| format!("{format} text"))
        }
    }
}

fn text_format(bytes: &[u8], extension: Extension, content_type: Option<&str>) -> Result<Format, ParseError> {
    let sample = decode(&bytes[..bytes.len().min(TEXT_SAMPLE)]);
    let sample = sample.text.trim_start();
    let told = match extension {
        Extension::Unsupported(description) => return Err(unsupported(description)),
        Extension::Format(format) => Some(format),
        Extension::None | Extension::Unknown => names::format_of_media_type(content_type.unwrap_or_default()),
    };
    if let Some(format) = told {
        return Ok(text_signs::refine(format, sample));
    }
    if text_signs::is_mailbox(sample) {
        return Err(unsupported(names::MAILBOX));
    }
    // A name with an extension that no table has is more likely code or configuration than prose or values.
    let loose_signs = extension == Extension::None;
    Ok(text_signs::format(sample, loose_signs).unwrap_or(Format::Text))
}
