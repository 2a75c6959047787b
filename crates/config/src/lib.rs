//! Typed configuration of Go-Doc-Go.

mod byte_size;
mod file_source;
mod one_or_many;
mod parsing;

pub use byte_size::{ByteSize, InvalidByteSize};
pub use file_source::{FileSourceConfig, SymlinkPolicy};
pub use parsing::{ParsingConfig, ParsingLimits, UnsupportedPolicy};
