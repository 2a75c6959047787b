//! Content that comes in pieces: in memory as long as it is small, then in a file.

use crate::content::LIMIT_KEY;
use crate::{Content, SourceError};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use gdg_config::ByteSize;
use gdg_model::SourceName;
use std::io::{self, Seek, Write};
use std::path::PathBuf;

/// How fetched bytes are held until somebody reads them.
#[derive(Debug, Clone)]
pub struct Spool {
    /// Bytes of one document that are held in memory.
    pub threshold: ByteSize,
    /// The folder of files for what is larger; the system's for temporary files when `None`.
    pub directory: Option<PathBuf>,
    /// Bytes that a document has at most.
    pub max_document_size: ByteSize,
}

impl Default for Spool {
    fn default() -> Self {
        Self { threshold: ByteSize(1 << 20), directory: None, max_document_size: ByteSize(u64::MAX) }
    }
}

impl Spool {
    /// Takes in a document to its end. `declared` is the size that the source
    /// told; the bytes are counted, whatever it is.
    ///
    /// A document of more than `max_size` bytes (the key of the source), or of
    /// more than a document may have at all, is an error as soon as that shows.
    /// Dropping the future removes what was taken in.
    pub(crate) async fn take_in(
        &self,
        source_name: &SourceName,
        locator: &str,
        declared: Option<u64>,
        max_size: Option<ByteSize>,
        pieces: impl Stream<Item = Result<Bytes, SourceError>> + Send,
    ) -> Result<Content, SourceError> {
        let (limit, key) = match max_size {
            Some(limit) if limit < self.max_document_size => (limit, "content_sources[].max_size"),
            _ => (self.max_document_size, LIMIT_KEY),
        };
        let check = |size: u64| {
            if size <= limit.bytes() {
                return Ok(());
            }
            let (source_name, locator) = (source_name.clone(), locator.to_owned());
            Err(SourceError::TooLarge { source_name, locator, size, limit, key })
        };
        check(declared.unwrap_or_default())?;
        let failed = |reason: io::Error| SourceError::Io {
            source_name: source_name.clone(),
            locator: locator.to_owned(),
            reason: io::Error::new(
                reason.kind(),
                format!("its bytes could not be put into a file: {reason}"),
            ),
        };
        let mut held = Vec::new();
        let mut file = None;
        let mut size = 0;
        let mut pieces = std::pin::pin!(pieces);
        while let Some(piece) = pieces.next().await {
            let piece = piece?;
            size += piece.len() as u64;
            check(size)?;
            if held.len() as u64 + piece.len() as u64 > self.threshold.bytes() {
                let written = std::mem::take(&mut held);
                file = Some(self.write(file, written).await.map_err(failed)?);
            }
            if file.is_some() && piece.len() as u64 > self.threshold.bytes() {
                file = Some(self.write(file, piece.to_vec()).await.map_err(failed)?);
            } else {
                held.extend_from_slice(&piece);
            }
        }
        let (source_name, locator) = (source_name.clone(), locator.to_owned());
        let Some(file) = file else { return Ok(Content::in_memory(source_name, locator, held)) };
        let mut file = self.write(Some(file), held).await.map_err(failed)?;
        file.rewind().map_err(failed)?;
        Ok(Content::in_file(source_name, locator, file, size))
    }

    /// Appends to the file, which is made first when there is none. It has no name, and goes with its handle.
    async fn write(&self, file: Option<std::fs::File>, bytes: Vec<u8>) -> io::Result<std::fs::File> {
        let directory = self.directory.clone();
        crate::blocking::on_blocking_thread(move || {
            let mut file = match (file, directory) {
                (Some(file), _) => file,
                (None, Some(directory)) => tempfile::tempfile_in(directory)?,
                (None, None) => tempfile::tempfile()?,
            };
            file.write_all(&bytes)?;
            Ok(file)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use proptest::prelude::*;

    async fn take_in(
        spool: &Spool,
        declared: Option<u64>,
        pieces: Vec<Vec<u8>>,
    ) -> Result<Content, SourceError> {
        let pieces = stream::iter(pieces.into_iter().map(|piece| Ok(Bytes::from(piece))));
        spool.take_in(&SourceName::new("web"), "a.html", declared, None, pieces).await
    }

    fn spool(threshold: u64, max: u64) -> Spool {
        Spool { threshold: ByteSize(threshold), directory: None, max_document_size: ByteSize(max) }
    }

    proptest! {
        #[test]
        fn what_comes_in_pieces_is_read_as_a_whole(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..10),
            threshold in 0_u64..100,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let content = runtime.block_on(take_in(&spool(threshold, 1_000), None, pieces.clone())).unwrap();
            let whole = pieces.concat();
            prop_assert_eq!(content.length(), whole.len() as u64);
            prop_assert_eq!(content.read(1_000).unwrap(), whole);
        }
    }

    #[tokio::test]
    async fn a_document_that_declares_too_much_is_not_begun() {
        let endless = stream::poll_fn(|_| -> std::task::Poll<Option<Result<Bytes, SourceError>>> {
            panic!("it is read")
        });
        let spool = spool(10, 100);
        let error =
            spool.take_in(&SourceName::new("web"), "a.html", Some(101), None, endless).await.unwrap_err();
        assert!(matches!(error, SourceError::TooLarge { size: 101, key: LIMIT_KEY, .. }), "{error}");
    }

    #[tokio::test]
    async fn a_document_without_end_is_read_up_to_the_limit() {
        let endless = stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 64])));
        let error = spool(10, 1_000)
            .take_in(&SourceName::new("web"), "a.html", Some(1), Some(ByteSize(500)), endless)
            .await
            .unwrap_err();
        assert!(
            matches!(error, SourceError::TooLarge { size: 512, key: "content_sources[].max_size", .. }),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_fails_the_document_for_now() {
        let spool = Spool { directory: Some("/nowhere/at/all".into()), ..spool(1, 1_000) };
        let error = take_in(&spool, None, vec![b"ab".to_vec()]).await.unwrap_err();
        assert_eq!(error.class(), gdg_model::ErrorClass::Transient);
        assert!(error.to_string().contains("could not be put into a file"), "{error}");
    }
}
