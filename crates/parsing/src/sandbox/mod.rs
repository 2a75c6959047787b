//! Parsing in child processes, for formats whose parsers may crash, hang or
//! take all memory on hostile input.
//!
//! A [`Sandbox`] is a pool of processes of this same program, each started
//! with [`SandboxCommand`] and running [`serve`]. One is started when a
//! document needs it, is used for many, and retires when its memory has grown.
//! Parent and child speak over the child's standard input and output (see
//! `protocol`). The child has no environment, opens no file, and limits its
//! own memory and processor time before each document; the parent kills it
//! when the deadline has passed. It ends when its standard input does, so that
//! no child outlives its parent, however that ends.
//!
//! A request is sent to one process once: what becomes of it there is the
//! document's outcome. A process that died while it was idle is replaced, and
//! no document is blamed for it.

mod child;
mod command;
mod confinement;
mod last_words;
mod pool;
mod process;
mod protocol;

pub use child::{serve, serve_with};
pub use command::SandboxCommand;
pub(crate) use pool::Sandbox;

use gdg_model::Format;

/// The formats that are always parsed in child processes.
const SANDBOXED: [Format; 1] = [Format::Pdf];

/// Bytes from which on a document is parsed in a child process, whatever its
/// format. Parsers count what they spend, but what a library does between two
/// counts is bounded by the size of what it is given; above this size a child
/// process bounds it. Below, starting a child would cost more than parsing.
const SANDBOXED_FROM: usize = 1 << 20;

/// Whether a document of `format` with `size` bytes is parsed in a child process.
pub(crate) fn is_sandboxed(format: Format, size: usize) -> bool {
    SANDBOXED.contains(&format) || size >= SANDBOXED_FROM
}
