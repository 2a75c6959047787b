//! What parent and child say to each other.
//!
//! A frame is its length (8 bytes, little-endian) and so many bytes. The
//! parent begins with the limits, which the child answers with [`READY`] once
//! it is confined. Then, for each document, the parent sends a [`Request`] and
//! the document's bytes, and the child one [`Answer`]. Messages are JSON: a
//! tree's attributes hold values of any type, which compact formats cannot
//! read back.

use crate::ParseError;
use gdg_model::{Format, ParsedDocument};
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind, Read, Write};

/// What the child says when it waits for documents.
pub(super) const READY: &[u8] = b"ready";

/// Bytes of a frame's length.
pub(super) const LENGTH_BYTES: usize = 8;

/// A document to parse; its bytes are the next frame.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) format: Format,
    pub(super) name: String,
}

/// What became of a document.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answer {
    pub(super) outcome: Result<ParsedDocument, ParseError>,
    /// Whether the process wants to be replaced.
    pub(super) retires: bool,
}

/// The length that goes before a frame of `bytes`.
pub(super) fn length_prefix(bytes: &[u8]) -> [u8; LENGTH_BYTES] {
    (bytes.len() as u64).to_le_bytes()
}

/// Writes `bytes` as a frame.
pub(super) fn write_frame(writer: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    writer.write_all(&length_prefix(bytes))?;
    writer.write_all(bytes)?;
    writer.flush()
}

/// Reads a frame of the parent, whose lengths are trusted; `None` when it has closed the pipe.
pub(super) fn read_frame(reader: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; LENGTH_BYTES];
    match reader.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut bytes = vec![0; u64::from_le_bytes(length) as usize];
    reader.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}
