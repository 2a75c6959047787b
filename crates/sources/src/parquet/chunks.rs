//! Reading at places of a file that the file itself names, and so within bounds.

use super::blocks::Blocks;
use crate::object_store::ObjectFile;
use bytes::{Buf, Bytes};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes that are read at once. No page and no footer of a sound file comes near it.
const MAX_READ: usize = 256 << 20;
/// Bytes of an object that are there before its reader is asked for the first. No sound header of a page is longer.
const AHEAD: usize = 64 << 10;

/// A file that is read at places, by several threads if need be. Reading blocks.
#[derive(Debug, Clone)]
pub(super) struct Chunks {
    bytes: Stored,
    length: u64,
}

#[derive(Debug, Clone)]
enum Stored {
    File(Arc<File>),
    Object(Arc<Blocks>),
}

impl Chunks {
    pub(super) fn of_file(file: File, length: u64) -> Self {
        Self { bytes: Stored::File(Arc::new(file)), length }
    }

    /// Reads the object on the runtime that the thread belongs to.
    pub(super) fn of_object(object: ObjectFile) -> Self {
        let length = object.size();
        Self { bytes: Stored::Object(Arc::new(Blocks::new(object))), length }
    }

    /// The open file, if it is one of a folder.
    pub(super) fn file(&self) -> Option<&File> {
        match &self.bytes {
            Stored::File(file) => Some(file),
            Stored::Object(_) => None,
        }
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Chunks {
    type T = Piece;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        if start > self.length {
            return Err(ParquetError::EOF(format!(
                "byte {start} of a file of {} is to be read",
                self.length
            )));
        }
        let end = self.length;
        Ok(match &self.bytes {
            Stored::File(file) => {
                Piece::File(BufReader::new(FilePiece { file: Arc::clone(file), position: start, end }))
            }
            Stored::Object(blocks) => {
                let ahead = usize::try_from(end - start).unwrap_or(usize::MAX).min(AHEAD);
                let read = self.get_bytes(start, ahead)?;
                Piece::Object { blocks: Arc::clone(blocks), read, position: start + ahead as u64, end }
            }
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let is_within = start.checked_add(length as u64).is_some_and(|end| end <= self.length);
        if !is_within || length > MAX_READ {
            return Err(ParquetError::EOF(format!(
                "{length} bytes from {start} of a file of {} are to be read",
                self.length
            )));
        }
        match &self.bytes {
            Stored::File(file) => {
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, start)?;
                Ok(bytes.into())
            }
            Stored::Object(blocks) => {
                blocks.read(start, length).map_err(|error| ParquetError::External(Box::new(error)))
            }
        }
    }
}

/// A file from a place on.
#[derive(Debug)]
pub(super) enum Piece {
    /// One of a folder.
    File(BufReader<FilePiece>),
    /// An object.
    Object {
        blocks: Arc<Blocks>,
        /// What has been read and not yet asked for.
        read: Bytes,
        /// Where what is read ends.
        position: u64,
        end: u64,
    },
}

impl Read for Piece {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Object { blocks, read, position, end } => {
                if read.is_empty() && *position < *end {
                    let length = usize::try_from(*end - *position).unwrap_or(usize::MAX).min(AHEAD);
                    *read = blocks.read(*position, length).map_err(io::Error::other)?;
                    *position += length as u64;
                }
                let count = buffer.len().min(read.len());
                read.copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
                Ok(count)
            }
        }
    }
}

/// A file of a folder from a place on.
#[derive(Debug)]
pub(super) struct FilePiece {
    file: Arc<File>,
    position: u64,
    end: u64,
}

impl Read for FilePiece {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let count = buffer.len().min(left);
        let count = self.file.read_at(buffer.get_mut(..count).unwrap_or_default(), self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}
