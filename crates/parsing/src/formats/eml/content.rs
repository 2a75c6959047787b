//! What a part's MIME fields say of its content, and its content decoded.

use super::header::{self, FieldValue};
use crate::text_encoding;
use crate::{Budget, ParseError};
use mail_parser::ContentType;
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode_char;
use std::borrow::Cow;

/// What a part's MIME fields say of its content.
#[derive(Debug)]
pub(super) struct Content {
    /// `text/plain`, in lower case, without parameters.
    pub(super) media_type: String,
    pub(super) boundary: Option<String>,
    pub(super) encoding: TransferEncoding,
    pub(super) file_name: Option<String>,
    /// `attachment` or `inline`, in lower case.
    pub(super) disposition: Option<String>,
    pub(super) content_id: Option<String>,
    /// Whether lines that end in a space go on in the next (RFC 3676), and whether that space is kept.
    pub(super) flowed: Option<Flowed>,
    charset: Option<String>,
}

/// How a body's bytes are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TransferEncoding {
    Identity,
    Base64,
    QuotedPrintable,
}

/// Text of the format `flowed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flowed {
    /// Whether the space at the end of a line that goes on is only a mark.
    pub(super) delete_space: bool,
}

impl Content {
    /// Reads the MIME fields among `fields`. Without a type the content is of the type `default`.
    pub(super) fn of(fields: &[u8], default: &str) -> Self {
        let (mut content_type, mut disposition) = (None, None);
        let (mut encoding, mut content_id) = (TransferEncoding::Identity, None);
        for field in header::fields(fields) {
            if field.is("Content-Type") {
                content_type = content_type.or_else(|| structured(&field.value()));
            } else if field.is("Content-Disposition") {
                disposition = disposition.or_else(|| structured(&field.value()));
            } else if field.is("Content-Transfer-Encoding") {
                encoding = TransferEncoding::named(&field.value().text());
            } else if field.is("Content-ID") {
                content_id = field.value().ids().into_iter().next();
            }
        }
        let parameter = |of: &Option<ContentType<'static>>, name| {
            of.as_ref().and_then(|value| value.attribute(name)).map(str::to_owned)
        };
        let media_type = content_type
            .as_ref()
            .and_then(|value| Some(format!("{}/{}", value.ctype(), value.subtype()?)))
            .map_or_else(|| default.to_owned(), |media_type| media_type.to_ascii_lowercase());
        let is_flowed = parameter(&content_type, "format").is_some_and(|format| format == "flowed");
        let delete_space = parameter(&content_type, "delsp").is_some_and(|delete| delete == "yes");
        Self {
            media_type,
            boundary: parameter(&content_type, "boundary").filter(|boundary| !boundary.is_empty()),
            encoding,
            file_name: parameter(&disposition, "filename").or_else(|| parameter(&content_type, "name")),
            disposition: disposition.as_ref().map(|value| value.ctype().to_ascii_lowercase()),
            content_id,
            flowed: is_flowed.then_some(Flowed { delete_space }),
            charset: parameter(&content_type, "charset"),
        }
    }

    /// Whether it consists of parts.
    pub(super) fn is_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }

    /// Whether it is a message.
    pub(super) fn is_message(&self) -> bool {
        matches!(self.media_type.as_str(), "message/rfc822" | "message/global")
    }

    /// Whether an attachment of this type is text that a person would read as it is.
    pub(super) fn is_readable_text(&self) -> bool {
        matches!(
            self.media_type.as_str(),
            "text/plain"
                | "text/rfc822-headers"
                | "message/delivery-status"
                | "message/disposition-notification"
        )
    }

    /// `body` without its transfer encoding. What is no base64 though it is said to be comes back as it is.
    pub(super) fn decode<'a>(&self, body: &'a [u8], budget: &Budget) -> Result<Cow<'a, [u8]>, ParseError> {
        let decoded = match self.encoding {
            TransferEncoding::Identity => return Ok(Cow::Borrowed(body)),
            TransferEncoding::Base64 => {
                budget.spend_inflated(base64_size(body) as u64)?;
                base64_decode(body)
            }
            TransferEncoding::QuotedPrintable => {
                budget.spend_inflated(body.len() as u64)?;
                Some(decode_quoted_printable(body))
            }
        };
        Ok(decoded.map_or(Cow::Borrowed(body), Cow::Owned))
    }

    /// How many bytes `body` decodes to, without decoding what is large.
    pub(super) fn decoded_size(&self, body: &[u8]) -> usize {
        match self.encoding {
            TransferEncoding::Identity => body.len(),
            TransferEncoding::Base64 => base64_size(body),
            TransferEncoding::QuotedPrintable => decode_quoted_printable(body).len(),
        }
    }

    /// The text of `body`: in the character set that it is said to be in, or
    /// in what it looks like when none is said or it is said to be Unicode and is not.
    pub(super) fn decode_text(&self, body: &[u8], budget: &Budget) -> Result<String, ParseError> {
        let bytes = self.decode(body, budget)?;
        let charset = self.charset.as_deref().unwrap_or_default().to_ascii_lowercase();
        let is_told_from_bytes = matches!(charset.as_str(), "" | "utf-8" | "utf8" | "us-ascii" | "ascii");
        let decoder = if is_told_from_bytes { None } else { charset_decoder(charset.as_bytes()) };
        Ok(match decoder {
            Some(decode) => decode(&bytes),
            None => text_encoding::decode(&bytes).text.into_owned(),
        })
    }
}

impl TransferEncoding {
    fn named(name: &str) -> Self {
        match name.trim().to_ascii_lowercase().as_str() {
            "base64" => Self::Base64,
            "quoted-printable" => Self::QuotedPrintable,
            _ => Self::Identity,
        }
    }
}

fn structured(value: &FieldValue) -> Option<ContentType<'static>> {
    value.content_type().filter(|value| !value.ctype().is_empty())
}

/// Decodes quoted-printable text (RFC 2045, 6.7). An `=` that begins neither a
/// byte nor a soft line break stays, as that section proposes: programs forget
/// to encode it, and mail-parser gives up the whole text for one.
fn decode_quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let content = line.trim_ascii_end();
        // White space at the end of a line was added on the way.
        let (content, line_break) = match content.strip_suffix(b"=") {
            Some(joined) => (joined, &[][..]),
            None if line.ends_with(b"\r\n") => (content, &b"\r\n"[..]),
            None if line.ends_with(b"\n") => (content, &b"\n"[..]),
            None => (content, &[][..]),
        };
        let mut rest = content;
        while let Some((&byte, after)) = rest.split_first() {
            let encoded = match (byte, after) {
                (b'=', &[high, low, ..]) => quoted_printable_decode_char(high, low),
                _ => None,
            };
            decoded.push(encoded.unwrap_or(byte));
            rest = if encoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
        }
        decoded.extend_from_slice(line_break);
    }
    decoded
}

/// How many bytes base64 text decodes to: three for four letters.
fn base64_size(text: &[u8]) -> usize {
    let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.iter().filter(is_letter).count() * 3 / 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quoted_printable_text_is_decoded_though_some_of_it_is_not_encoded() {
        let text = b"<a href=\"x\">h=C3=B6=\r\nren</a> 1 = 1 \t\r\nsoft =  \nbreak=";
        let decoded = decode_quoted_printable(text);
        assert_eq!(String::from_utf8_lossy(&decoded), "<a href=\"x\">h\u{f6}ren</a> 1 = 1\r\nsoft break");
    }

    proptest! {
        #[test]
        fn encoded_bytes_come_back(bytes: Vec<u8>) {
            let encoded: Vec<String> = bytes.iter().map(|byte| format!("={byte:02X}")).collect();
            prop_assert_eq!(decode_quoted_printable(encoded.concat().as_bytes()), bytes);
        }
    }
}
