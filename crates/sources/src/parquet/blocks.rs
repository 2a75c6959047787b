//! The bytes of an object in blocks, of which the last ones are kept: neighbouring reads share a request.

use crate::SourceError;
use crate::object_store::ObjectFile;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::runtime::Handle;

/// Bytes that are asked for at a time.
const BLOCK: u64 = 2 << 20;
/// Blocks that are kept: as many as columns are usually read side by side.
const MAX_KEPT: usize = 8;

/// An object that is read in blocks. Reading blocks the thread, which must be one that may block and belongs to a
/// runtime.
#[derive(Debug)]
pub(super) struct Blocks {
    object: ObjectFile,
    runtime: Handle,
    /// By their number, the one that was used last at the end.
    kept: Mutex<VecDeque<(u64, Bytes)>>,
}

impl Blocks {
    pub(super) fn new(object: ObjectFile) -> Self {
        Self { object, runtime: Handle::current(), kept: Mutex::default() }
    }

    /// The bytes from `start` on, which are within the object.
    pub(super) fn read(&self, start: u64, length: usize) -> Result<Bytes, SourceError> {
        let end = start + length as u64;
        let last = end.saturating_sub(1).max(start) / BLOCK;
        let first = start / BLOCK;
        if first == last {
            return Ok(within(&self.block(first)?, first, start, end));
        }
        let mut whole = BytesMut::with_capacity(length);
        for number in first..=last {
            whole.extend_from_slice(&within(&self.block(number)?, number, start, end));
        }
        Ok(whole.freeze())
    }

    fn block(&self, number: u64) -> Result<Bytes, SourceError> {
        if let Some(bytes) = self.kept_block(number) {
            return Ok(bytes);
        }
        let start = number * BLOCK;
        let range = start..self.object.size().min(start + BLOCK);
        let bytes = self.runtime.block_on(self.object.read(range))?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == MAX_KEPT {
            kept.pop_front();
        }
        kept.push_back((number, bytes.clone()));
        Ok(bytes)
    }

    fn kept_block(&self, number: u64) -> Option<Bytes> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(kept, _)| *kept == number)?;
        let block = kept.remove(at)?;
        let bytes = block.1.clone();
        kept.push_back(block);
        Some(bytes)
    }
}

/// What of the block with this number lies between `start` and `end`.
fn within(block: &Bytes, number: u64, start: u64, end: u64) -> Bytes {
    let begin = number * BLOCK;
    let place = |at: u64| usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX).min(block.len());
    block.slice(place(start)..place(end))
}
