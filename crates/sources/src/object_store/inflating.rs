//! Objects that are stored compressed, and say so: their bytes as they were before.

use crate::SourceError;
use async_compression::tokio::bufread::GzipDecoder;
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use gdg_model::SourceName;
use std::io;
use tokio_util::io::{ReaderStream, StreamReader};

/// How an object's bytes are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    AsTheyAre,
    Gzip,
    /// By something that is not undone.
    Unknown,
}

impl Coding {
    /// What `Content-Encoding` says. Some upload with `aws-chunked`, which is
    /// undone when it is stored, or with the name of a character set.
    pub(super) fn of(encoding: Option<&str>) -> Self {
        let codings =
            encoding.unwrap_or_default().split(',').map(|coding| coding.trim().to_ascii_lowercase());
        let compressions = codings.filter_map(|coding| match coding.as_str() {
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "br" | "compress" | "deflate" | "x-compress" | "zstd" => Some(Self::Unknown),
            _ => None,
        });
        match compressions.collect::<Vec<_>>().as_slice() {
            [] => Self::AsTheyAre,
            [Self::Gzip] => Self::Gzip,
            _ => Self::Unknown,
        }
    }
}

/// The bytes before they were compressed. Whoever takes them counts them.
pub(super) fn inflated(
    source_name: SourceName,
    locator: String,
    pieces: impl Stream<Item = Result<Bytes, SourceError>> + Send + 'static,
) -> impl Stream<Item = Result<Bytes, SourceError>> + Send {
    let reader = StreamReader::new(pieces.map_err(io::Error::other).boxed());
    let mut decoder = GzipDecoder::new(reader);
    decoder.multiple_members(true);
    ReaderStream::with_capacity(decoder, 64 << 10).map_err(move |error| {
        // What failed may be the fetching of the bytes.
        match error.downcast::<SourceError>() {
            Ok(error) => error,
            Err(error) => SourceError::Malformed {
                source_name: source_name.clone(),
                locator: locator.clone(),
                reason: format!(
                    "it is stored with `Content-Encoding: gzip`, and cannot be inflated: {error}"
                ),
            },
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changes_bytes_is_a_coding() {
        for (encoding, coding) in [
            (None, Coding::AsTheyAre),
            (Some(""), Coding::AsTheyAre),
            (Some("utf-8"), Coding::AsTheyAre),
            (Some("aws-chunked"), Coding::AsTheyAre),
            (Some("identity"), Coding::AsTheyAre),
            (Some("GZIP"), Coding::Gzip),
            (Some("aws-chunked, gzip"), Coding::Gzip),
            (Some("gzip,gzip"), Coding::Unknown),
            (Some("br"), Coding::Unknown),
        ] {
            assert_eq!(Coding::of(encoding), coding, "{encoding:?}");
        }
    }
}
