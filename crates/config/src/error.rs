//! What can be wrong with a configuration, and how a person is told.

use crate::KeyPath;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file does not exist.
    #[error("there is no configuration file {} ({named_by})", path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
        /// How it came to be looked for.
        named_by: NamedBy,
    },
    /// The file cannot be read.
    #[error("the configuration file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is too large to be a configuration.
    #[error("the configuration file {} is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What it may have.
        limit: u64,
    },
    /// Keys or values are wrong: all that were found.
    #[error("{0}")]
    Invalid(Problems),
    /// The variable that is to hold the password is not set.
    #[error("storage.password_env names the environment variable {variable}, which is not set")]
    PasswordVariableUnset {
        /// The variable.
        variable: String,
    },
    /// The file that is to hold the password cannot be read.
    #[error("storage.password_file names {}, which cannot be read: {source}", path.display())]
    PasswordFileUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// More than one key says where the password is.
    #[error("storage.password, storage.password_env and storage.password_file exclude one another: give one")]
    PasswordAmbiguous,
}

/// How a configuration file came to be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// By the caller: the argument `--config`.
    Argument,
    /// By the variable `GO_DOC_GO_CONFIG_PATH`.
    Variable,
    /// By nobody.
    Default,
}

impl fmt::Display for NamedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Argument => "given by --config",
            Self::Variable => "given by GO_DOC_GO_CONFIG_PATH",
            Self::Default => "the default; give another by --config or GO_DOC_GO_CONFIG_PATH",
        })
    }
}

/// Problems of one configuration, at least one, in the order of their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

/// More problems than these are not listed: whoever gives another kind of file sees that much sooner.
const SHOWN: usize = 20;

impl Problems {
    /// The problems; `None` if there is none.
    pub(crate) fn of(mut problems: Vec<Problem>) -> Option<Self> {
        problems.sort_by(|one, other| one.place.cmp(&other.place));
        (!problems.is_empty()).then_some(Self(problems))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.0.iter().take(SHOWN).enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where the key or value was written.
    pub place: Place,
    /// The key; the top if the file as a whole is meant.
    pub key: KeyPath,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        self.fault.describe(&self.key, f)
    }
}

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a file. Line and column count from 1; line 0 is the file as a whole.
    File {
        /// The file.
        path: Arc<Path>,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// In an environment variable.
    Variable(Arc<str>),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: 0, .. } => write!(f, "{}", path.display()),
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

/// What is wrong with a key or its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The text is not YAML, or YAML that is not accepted here.
    Syntax(String),
    /// The key is given twice.
    DuplicateKey {
        /// Where it was given first.
        first: Place,
    },
    /// There is no such key.
    UnknownKey {
        /// The keys there are.
        allowed: Vec<String>,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// A key that must be there is not.
    MissingKey {
        /// The keys that are there.
        name: String,
    },
    /// The value is of another kind.
    WrongValue {
        /// What was found.
        found: String,
        /// What is allowed.
        allowed: String,
        /// A text that was probably meant, or how to write what was.
        hint: Option<String>,
    },
    /// `${…}` leads to nothing.
    Substitution(String),
    /// The value breaks a rule.
    Rule {
        /// The value.
        value: String,
        /// What must hold.
        rule: String,
    },
    /// Anything else.
    Other(String),
}

impl Fault {
    fn describe(&self, key: &KeyPath, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(message) => write!(f, "not valid YAML: {message}"),
            Self::DuplicateKey { first } => write!(f, "`{key}` is given twice, first at {first}"),
            Self::UnknownKey { allowed, nearest } => {
                write!(f, "unknown key `{key}`")?;
                if let Some(nearest) = nearest {
                    write!(f, "; did you mean `{nearest}`?")?;
                }
                write!(f, "\n    allowed: {}", allowed.join(", "))
            }
            Self::MissingKey { name } => match key.steps() {
                [] => write!(f, "`{name}` is missing"),
                _ => write!(f, "`{key}` lacks `{name}`"),
            },
            Self::WrongValue { found, allowed, hint } => {
                match key.steps() {
                    [] => write!(f, "found {found}")?,
                    _ => write!(f, "`{key}` is {found}")?,
                }
                if let Some(hint) = hint {
                    write!(f, "; {hint}")?;
                }
                write!(f, "\n    allowed: {allowed}")
            }
            Self::Rule { value, rule } => write!(f, "`{key}` is {value}: {rule}"),
            Self::Substitution(message) | Self::Other(message) => write!(f, "`{key}`: {message}"),
        }
    }
}
