//! The command line.

use clap::{Parser, Subcommand, ValueEnum};
use gdg_config::{Config, LogFormat, LogLevel, ProcessingMode};
use gdg_pipeline::PipelineError;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Turns documents into a graph of elements and relationships.
///
/// Reads the documents of the sources that the configuration names, and
/// stores what it finds in the database that the configuration names. A run
/// that was interrupted goes on where it was; a run after a completed one
/// handles only what is new or changed.
#[derive(Debug, Parser)]
#[command(name = "worker", version, after_help = EXIT_CODES)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub(crate) struct Arguments {
    /// The configuration; else the file that `GO_DOC_GO_CONFIG_PATH` names, else ./config.yaml.
    #[arg(long, short, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,

    /// This worker's name, unique among the workers of a run; else the host's name.
    #[arg(long, value_name = "NAME", env = "WORKER_ID")]
    pub(crate) worker_id: Option<String>,

    /// Check the configuration, print it as it takes effect, secrets redacted, and exit.
    #[arg(long)]
    pub(crate) check_config: bool,

    /// In distributed mode: refuse to work where another worker has this one's name, rather than take a suffix.
    #[arg(long)]
    pub(crate) strict_id: bool,

    /// In distributed mode: how many workers this process runs.
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    pub(crate) workers: NonZeroU32,

    /// End after this many documents; what is in hand is finished.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_documents: Option<u64>,

    /// In distributed mode: end once a run is completed, rather than wait for the next (single mode always does).
    #[arg(long)]
    pub(crate) once: bool,

    /// Exit with 3 when a document failed.
    #[arg(long)]
    pub(crate) strict: bool,

    /// Show no progress, and log nothing below a warning.
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// The least important events to log (logging.level).
    #[arg(long, value_name = "LEVEL", ignore_case = true)]
    pub(crate) log_level: Option<LogLevelArgument>,

    /// The form of log lines, of progress and of the summary (logging.format).
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormatArgument>,

    /// The file that log lines are appended to (logging.file).
    #[arg(long, value_name = "FILE")]
    pub(crate) log_file: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  the run was completed, or stopped by a signal and can go on
  1  the run could not go on: a database or a source failed
  2  the command line or the configuration is wrong
  3  with --strict: a document failed";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bring the schema of the configured database up to date, and exit.
    Migrate,
    /// Let no more documents of the run be claimed; what workers have in hand they finish.
    Pause {
        /// The run; else the one of this configuration that goes on.
        #[arg(long, value_name = "RUN")]
        run_id: Option<String>,
    },
    /// Let documents of a paused run be claimed again.
    Resume {
        /// The run; else the one of this configuration that goes on.
        #[arg(long, value_name = "RUN")]
        run_id: Option<String>,
    },
    /// End a run where it is. What is stored stays; what is in its queue is removed.
    Cancel {
        /// The run; else the one of this configuration that goes on.
        #[arg(long, value_name = "RUN")]
        run_id: Option<String>,
    },
    /// Find the elements that fit some words best: by the words, and by what they mean where documents are embedded.
    Search {
        /// The words.
        #[arg(required = true)]
        query: Vec<String>,
        /// How many elements are shown, at most.
        #[arg(long, value_name = "NUMBER", default_value = "10", value_parser = clap::value_parser!(u32).range(1..=1_000))]
        limit: u32,
    },
    /// Parse documents from standard input, as the child of a worker.
    #[command(name = PARSE_COMMAND, hide = true)]
    Parse,
}

/// The name of the subcommand by which a worker starts the processes that parse for it.
pub(crate) const PARSE_COMMAND: &str = "parse-sandboxed";

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LogLevelArgument {
    Off,
    Error,
    #[value(alias = "warning")]
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LogFormatArgument {
    Text,
    Json,
}

impl Arguments {
    /// Whether the arguments make sense in `mode`.
    pub(crate) fn check_for(&self, mode: ProcessingMode) -> Result<(), PipelineError> {
        if mode == ProcessingMode::Single && self.workers.get() > 1 {
            let message = "--workers is for the mode `distributed`; in single mode, processing.parallelism says how many documents are parsed at a time";
            return Err(PipelineError::Configuration(message.into()));
        }
        Ok(())
    }

    /// Lays what the command line says over the configuration.
    pub(crate) fn override_logging(&self, config: &mut Config) {
        let logging = &mut config.logging;
        if let Some(level) = self.log_level {
            logging.level = level.into();
        }
        if let Some(format) = self.log_format {
            logging.format = format.into();
        }
        if let Some(file) = &self.log_file {
            logging.file = Some(file.clone());
        }
        if self.quiet && matches!(logging.level, LogLevel::Info | LogLevel::Debug | LogLevel::Trace) {
            logging.level = LogLevel::Warn;
        }
    }
}

impl From<LogLevelArgument> for LogLevel {
    fn from(level: LogLevelArgument) -> Self {
        match level {
            LogLevelArgument::Off => Self::Off,
            LogLevelArgument::Error => Self::Error,
            LogLevelArgument::Warn => Self::Warn,
            LogLevelArgument::Info => Self::Info,
            LogLevelArgument::Debug => Self::Debug,
            LogLevelArgument::Trace => Self::Trace,
        }
    }
}

impl From<LogFormatArgument> for LogFormat {
    fn from(format: LogFormatArgument) -> Self {
        match format {
            LogFormatArgument::Text => Self::Text,
            LogFormatArgument::Json => Self::Json,
        }
    }
}
