//! Reading at places of a file that the file itself names, and so within bounds.

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes that are read at once. No page and no footer of a sound file comes near it.
const MAX_READ: usize = 256 << 20;

/// A file that is read at places, by several threads if need be.
#[derive(Debug, Clone)]
pub(super) struct Chunks {
    file: Arc<File>,
    length: u64,
}

impl Chunks {
    pub(super) fn new(file: File, length: u64) -> Self {
        Self { file: Arc::new(file), length }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<Piece>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        if start > self.length {
            return Err(ParquetError::EOF(format!(
                "byte {start} of a file of {} is to be read",
                self.length
            )));
        }
        Ok(BufReader::new(Piece { file: Arc::clone(&self.file), position: start, end: self.length }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let is_within = start.checked_add(length as u64).is_some_and(|end| end <= self.length);
        if !is_within || length > MAX_READ {
            return Err(ParquetError::EOF(format!(
                "{length} bytes from {start} of a file of {} are to be read",
                self.length
            )));
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes.into())
    }
}

/// A file from a place on.
#[derive(Debug)]
pub(super) struct Piece {
    file: Arc<File>,
    position: u64,
    end: u64,
}

impl Read for Piece {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let count = buffer.len().min(left);
        let count = self.file.read_at(buffer.get_mut(..count).unwrap_or_default(), self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}
