//! What can go wrong with a source.

use gdg_config::ByteSize;
use gdg_model::{ErrorClass, SourceName};
use rustix::io::Errno;
use std::io;
use thiserror::Error;

/// Why something could not be listed, fetched or read.
#[derive(Debug, Error)]
pub enum SourceError {
    /// It is not there any more.
    #[error(
        "source `{source_name}`: `{locator}` is gone: it was there when the folder was listed, or when a link to it was found ({reason})"
    )]
    Vanished {
        /// The source.
        source_name: SourceName,
        /// What is gone.
        locator: String,
        /// What the system said.
        reason: io::Error,
    },
    /// The worker may not read it.
    #[error("source `{source_name}`: `{locator}` may not be read by this worker: {reason}")]
    Denied {
        /// The source.
        source_name: SourceName,
        /// What may not be read.
        locator: String,
        /// What the system said.
        reason: io::Error,
    },
    /// It leads out of the source, or through a symbolic link that the source does not follow.
    #[error("source `{source_name}`: `{locator}` is refused: {rule}")]
    Refused {
        /// The source.
        source_name: SourceName,
        /// What is refused.
        locator: String,
        /// The rule it is against.
        rule: &'static str,
    },
    /// It is a folder, a device, a pipe or the like.
    #[error("source `{source_name}`: `{locator}` is not a regular file")]
    NotAFile {
        /// The source.
        source_name: SourceName,
        /// What is no file.
        locator: String,
    },
    /// It is larger than the configuration allows.
    #[error("source `{source_name}`: `{locator}` has {size} bytes, more than {key} allows ({limit})")]
    TooLarge {
        /// The source.
        source_name: SourceName,
        /// The document.
        locator: String,
        /// Its size in bytes: as declared, or what was read of it until it was too much.
        size: u64,
        /// What is allowed.
        limit: ByteSize,
        /// The key of the configuration that says so.
        key: &'static str,
    },
    /// A listing was to go on behind a cursor that it never gave.
    #[error("source `{source_name}`: `{cursor}` is no position in its listing")]
    InvalidCursor {
        /// The source.
        source_name: SourceName,
        /// The cursor.
        cursor: String,
    },
    /// The system failed to read it.
    #[error("source `{source_name}`: `{locator}` could not be read: {reason}")]
    Io {
        /// The source.
        source_name: SourceName,
        /// What could not be read.
        locator: String,
        /// What the system said.
        reason: io::Error,
    },
}

impl SourceError {
    /// What is worth doing about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Vanished { .. }
            | Self::Denied { .. }
            | Self::Refused { .. }
            | Self::NotAFile { .. }
            | Self::TooLarge { .. }
            | Self::InvalidCursor { .. } => ErrorClass::Permanent,
            Self::Io { .. } => ErrorClass::Transient,
        }
    }

    /// The error for what the system said of `locator`.
    pub(crate) fn from_io(source_name: &SourceName, locator: &str, reason: io::Error) -> Self {
        // The source's folder itself has no name within it.
        let locator = if locator.is_empty() { "." } else { locator };
        let (source_name, locator) = (source_name.clone(), locator.to_owned());
        if Errno::from_io_error(&reason) == Some(Errno::LOOP) {
            let rule = "symbolic links lead in a circle";
            return Self::Refused { source_name, locator, rule };
        }
        match reason.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                Self::Vanished { source_name, locator, reason }
            }
            io::ErrorKind::PermissionDenied => Self::Denied { source_name, locator, reason },
            io::ErrorKind::InvalidFilename => {
                Self::Refused { source_name, locator, rule: "its path is longer than the system takes" }
            }
            _ => Self::Io { source_name, locator, reason },
        }
    }
}
