//! Documents that were fetched and not yet read.

use crate::SourceError;
use gdg_config::ByteSize;
use gdg_model::{Attributes, SourceName, Stamp};
use std::fs::File;
use std::io::{self, Read};

/// The key that bounds what [`Content::read`] reads.
pub(crate) const LIMIT_KEY: &str = "parsing.limits.max_document_size";

/// What became of asking for a document.
#[derive(Debug)]
pub enum Fetch {
    /// It is ready to be read.
    Document(Fetched),
    /// The source says that it is as it was.
    Unchanged {
        /// Its version, as the source names it now.
        stamp: Stamp,
    },
}

/// A document that is ready to be read.
#[derive(Debug)]
pub struct Fetched {
    /// Its bytes.
    pub content: Content,
    /// Its version, taken before its first byte is read: a change during the
    /// reading shows as another stamp the next time.
    pub stamp: Stamp,
    /// Its media type, where the source tells one.
    pub content_type: Option<String>,
    /// Its file name, for what its extension tells of its format.
    pub name: String,
    /// What the source knows of it besides.
    pub metadata: Attributes,
}

impl Fetched {
    /// A document of which the source tells no media type and nothing besides.
    pub fn new(content: Content, stamp: Stamp, name: String) -> Self {
        Self { content, stamp, content_type: None, name, metadata: Attributes::new() }
    }

    /// The same, with its media type, where there is one.
    #[must_use]
    pub fn with_content_type(self, content_type: Option<String>) -> Self {
        Self { content_type, ..self }
    }

    /// The same, with what the source knows of it besides.
    #[must_use]
    pub fn with_metadata(self, metadata: Attributes) -> Self {
        Self { metadata, ..self }
    }
}

/// The bytes of a document: an open file (its own, or one it was spooled to), or bytes in memory.
#[derive(Debug)]
pub struct Content {
    source_name: SourceName,
    locator: String,
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    InFile { file: File, length: u64 },
    InMemory(Vec<u8>),
}

impl Content {
    /// The content of an open file of `length` bytes, from where it stands to its end.
    pub fn in_file(source_name: SourceName, locator: String, file: File, length: u64) -> Self {
        Self { source_name, locator, bytes: Bytes::InFile { file, length } }
    }

    /// Content that is in memory already.
    pub fn in_memory(source_name: SourceName, locator: String, bytes: Vec<u8>) -> Self {
        Self { source_name, locator, bytes: Bytes::InMemory(bytes) }
    }

    /// The size in bytes that the source declares. Reading may give another.
    pub fn length(&self) -> u64 {
        match &self.bytes {
            Bytes::InFile { length, .. } => *length,
            Bytes::InMemory(bytes) => bytes.len() as u64,
        }
    }

    /// Reads everything, or fails as soon as it is more than `max` bytes. Blocks.
    pub fn read(self, max: u64) -> Result<Vec<u8>, SourceError> {
        let declared = self.length();
        if declared > max {
            return Err(self.too_large(declared, max));
        }
        let (source_name, locator) = (self.source_name, self.locator);
        let mut bytes = match self.bytes {
            Bytes::InMemory(bytes) => return Ok(bytes),
            Bytes::InFile { file, length } => read_up_to(file, length, max.saturating_add(1))
                .map_err(|reason| SourceError::from_io(&source_name, &locator, reason))?,
        };
        let size = bytes.len() as u64;
        if size > max {
            return Err(SourceError::TooLarge {
                source_name,
                locator,
                size,
                limit: ByteSize(max),
                key: LIMIT_KEY,
            });
        }
        bytes.shrink_to_fit();
        Ok(bytes)
    }

    fn too_large(self, size: u64, max: u64) -> SourceError {
        let Self { source_name, locator, .. } = self;
        SourceError::TooLarge { source_name, locator, size, limit: ByteSize(max), key: LIMIT_KEY }
    }
}

/// Reads at most `most` bytes. The declared length only sizes the buffer.
fn read_up_to(file: File, declared: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(usize::try_from(declared.saturating_add(1).min(most)).unwrap_or(usize::MAX))?;
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdg_model::ErrorClass;
    use std::io::Write;

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file.reopen().unwrap()
    }

    fn content(bytes: &[u8], declared: u64) -> Content {
        Content::in_file(SourceName::new("docs"), "a.md".into(), file_of(bytes), declared)
    }

    #[test]
    fn a_file_is_read_to_its_end_whatever_size_it_declared() {
        for declared in [0, 3, 5, 9] {
            let content = content(b"hello", declared);
            assert_eq!(content.length(), declared);
            assert_eq!(content.read(10).unwrap(), b"hello");
        }
        assert_eq!(content(b"hello", 5).read(5).unwrap(), b"hello");
    }

    #[test]
    fn a_file_that_turns_out_too_large_is_not_read_further() {
        let error = content(&vec![b'x'; 100_000], 0).read(10).unwrap_err();
        assert!(matches!(error, SourceError::TooLarge { size: 11, .. }), "{error}");
        assert_eq!(error.class(), ErrorClass::Permanent);
    }

    #[test]
    fn content_over_the_limit_is_refused_with_size_and_key() {
        let in_memory = Content::in_memory(SourceName::new("docs"), "a.md".into(), vec![0; 2048]);
        let declared = content(b"", 2048);
        for content in [in_memory, declared] {
            let message = content.read(1024).unwrap_err().to_string();
            assert_eq!(
                message,
                "source `docs`: `a.md` has 2048 bytes, more than parsing.limits.max_document_size allows (1KiB)"
            );
        }
    }

    #[test]
    fn a_declared_size_costs_no_memory_beyond_the_limit() {
        assert_eq!(content(b"hello", 5).read(u64::MAX).unwrap(), b"hello");
    }
}
