//! Logs: where they go, and how they look.

use gdg_config::{LogFormat, LogLevel, LoggingConfig};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use thiserror::Error;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// Beginnings of the names of our own crates and programs: their events are logged at the configured level.
const OWN_TARGETS: [&str; 2] = ["gdg_", "worker"];

/// Why there are no logs.
#[derive(Debug, Error)]
pub enum LoggingError {
    /// The file cannot be written.
    #[error("logging.file names {}, which cannot be written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Logs are set up already.
    #[error("logs are set up already: {0}")]
    Twice(#[from] TryInitError),
}

/// Sends the logs of this process where `config` says: lines are appended to
/// `logging.file`, or else written to `terminal` (standard error, or something
/// that shares it with a progress bar), with colours if `colours` is set.
///
/// Libraries are heard from `warn` on, whatever the level is. Can be called once in a process.
pub fn init_logging<W>(config: &LoggingConfig, terminal: W, colours: bool) -> Result<(), LoggingError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = match &config.file {
        Some(path) => {
            let file = open_for_appending(path.clone())?;
            layer(config.format, Mutex::new(file), false)
        }
        None => layer(config.format, terminal, colours),
    };
    tracing_subscriber::registry().with(layer.with_filter(targets(config.level))).try_init()?;
    Ok(())
}

fn open_for_appending(path: PathBuf) -> Result<File, LoggingError> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|source| LoggingError::File { path, source })
}

fn layer<W>(format: LogFormat, writer: W, colours: bool) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Text => Box::new(layer.with_ansi(colours).with_target(false)),
        LogFormat::Json => Box::new(layer.json().flatten_event(true)),
    }
}

fn targets(level: LogLevel) -> Targets {
    let own = level_filter(level);
    let libraries = own.min(LevelFilter::WARN);
    OWN_TARGETS
        .iter()
        .fold(Targets::new().with_default(libraries), |targets, target| targets.with_target(*target, own))
}

const fn level_filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn libraries_are_heard_from_warnings_on() {
        let targets = targets(LogLevel::Debug);
        assert!(targets.would_enable("gdg_pipeline::single", &Level::DEBUG));
        assert!(!targets.would_enable("html5ever", &Level::INFO));
        assert!(targets.would_enable("html5ever", &Level::WARN));
    }

    #[test]
    fn off_silences_everything() {
        let targets = targets(LogLevel::Off);
        assert!(!targets.would_enable("gdg_pipeline", &Level::ERROR));
        assert!(!targets.would_enable("html5ever", &Level::ERROR));
    }

    #[test]
    fn a_log_file_that_cannot_be_written_is_named() {
        let config = LoggingConfig { file: Some("/nowhere/at/all.log".into()), ..LoggingConfig::default() };
        let error = init_logging(&config, io::sink, false).unwrap_err().to_string();
        assert!(error.starts_with("logging.file names /nowhere/at/all.log"), "{error}");
    }
}
