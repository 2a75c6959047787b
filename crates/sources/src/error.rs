//! What can go wrong with a source.

use gdg_config::ByteSize;
use gdg_model::{ErrorClass, SourceName};
use rustix::io::Errno;
use std::borrow::Cow;
use std::io;
use thiserror::Error;

/// Why something could not be listed, fetched or read.
#[derive(Debug, Error)]
pub enum SourceError {
    /// It is not there any more.
    #[error(
        "source `{source_name}`: `{locator}` is gone: it was listed, or a link to it was found, but it is not there ({reason})"
    )]
    Vanished {
        /// The source.
        source_name: SourceName,
        /// What is gone.
        locator: String,
        /// What the system or the server said.
        reason: String,
    },
    /// The worker may not read it.
    #[error("source `{source_name}`: `{locator}` may not be read by this worker: {reason}")]
    Denied {
        /// The source.
        source_name: SourceName,
        /// What may not be read.
        locator: String,
        /// What the system or the server said.
        reason: String,
    },
    /// It leads out of the source, or through a symbolic link that the source does not follow.
    #[error("source `{source_name}`: `{locator}` is refused: {rule}")]
    Refused {
        /// The source.
        source_name: SourceName,
        /// What is refused.
        locator: String,
        /// The rule it is against.
        rule: Cow<'static, str>,
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
    /// The server cannot answer now: it is overloaded, out of reach, or broke off.
    #[error("source `{source_name}`: `{locator}` cannot be had at the moment: {reason}")]
    Unavailable {
        /// The source.
        source_name: SourceName,
        /// What was asked for.
        locator: String,
        /// What the server said, or how it failed to.
        reason: String,
    },
    /// It is not what it should be, and would not be the next time.
    #[error("source `{source_name}`: `{locator}` is not usable: {reason}")]
    Malformed {
        /// The source.
        source_name: SourceName,
        /// What is not usable.
        locator: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It became another one while it was read.
    #[error("source `{source_name}`: `{locator}` changed while it was read")]
    ChangedMeanwhile {
        /// The source.
        source_name: SourceName,
        /// The document.
        locator: String,
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
            | Self::Malformed { .. }
            | Self::InvalidCursor { .. } => ErrorClass::Permanent,
            Self::Unavailable { .. } | Self::ChangedMeanwhile { .. } | Self::Io { .. } => {
                ErrorClass::Transient
            }
        }
    }

    /// The same error, about another part of the source: about a row, where it is the file that cannot be had.
    #[must_use]
    pub(crate) fn about(mut self, about: &str) -> Self {
        let (Self::Vanished { locator, .. }
        | Self::Denied { locator, .. }
        | Self::Refused { locator, .. }
        | Self::NotAFile { locator, .. }
        | Self::TooLarge { locator, .. }
        | Self::InvalidCursor { cursor: locator, .. }
        | Self::Unavailable { locator, .. }
        | Self::Malformed { locator, .. }
        | Self::ChangedMeanwhile { locator, .. }
        | Self::Io { locator, .. }) = &mut self;
        about.clone_into(locator);
        self
    }

    /// The error for what the system said of `locator`.
    pub(crate) fn from_io(source_name: &SourceName, locator: &str, reason: io::Error) -> Self {
        // The source's folder itself has no name within it.
        let locator = if locator.is_empty() { "." } else { locator };
        let (source_name, locator) = (source_name.clone(), locator.to_owned());
        if Errno::from_io_error(&reason) == Some(Errno::LOOP) {
            let rule = "symbolic links lead in a circle".into();
            return Self::Refused { source_name, locator, rule };
        }
        match reason.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                Self::Vanished { source_name, locator, reason: reason.to_string() }
            }
            io::ErrorKind::PermissionDenied => {
                Self::Denied { source_name, locator, reason: reason.to_string() }
            }
            io::ErrorKind::InvalidFilename => Self::Refused {
                source_name,
                locator,
                rule: "its path is longer than the system takes".into(),
            },
            _ => Self::Io { source_name, locator, reason },
        }
    }
}
