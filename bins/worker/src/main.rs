//! The worker: arguments in, a call of the library, an exit code out.

mod arguments;
mod memory;
mod progress_display;
mod signals;
mod summary_display;
mod terminal;
mod units;

use anyhow::Context;
use arguments::{Arguments, Command, PARSE_COMMAND};
use clap::Parser;
use gdg_config::{Config, ConfigError, Environment, LoadOptions, Loaded, LogFormat, StorageBackend};
use gdg_model::WorkerId;
use gdg_parsing::SandboxCommand;
use gdg_pipeline::single::{self, SingleOptions};
use gdg_pipeline::sqlite::OpenError;
use gdg_pipeline::{PipelineError, Progress, RunSummary, SOURCE_TYPES, Shutdown, sqlite};
use indicatif::ProgressBar;
use progress_display::ProgressStyleChoice;
use signals::StopSignals;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use terminal::AboveBar;

/// The run could not go on.
const FAILED: u8 = 1;
/// The command line or the configuration is wrong.
const WRONG_CONFIGURATION: u8 = 2;
/// With `--strict`: a document failed.
const DOCUMENT_FAILED: u8 = 3;

fn main() -> ExitCode {
    memory::bound_arenas();
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Some(Command::Parse) => parse_for_a_worker(),
        _ => execute(&arguments),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            // Nobody is left to be told that standard error is gone.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::from(exit_code_of(&error))
        }
    }
}

/// Runs until the worker that started this process closes its end.
fn parse_for_a_worker() -> anyhow::Result<ExitCode> {
    gdg_parsing::serve()?;
    Ok(ExitCode::SUCCESS)
}

fn exit_code_of(error: &anyhow::Error) -> u8 {
    let is_configuration = error.is::<ConfigError>()
        || error.is::<gdg_telemetry::LoggingError>()
        || matches!(
            error.downcast_ref(),
            Some(PipelineError::Configuration(_) | PipelineError::Open(OpenError::FolderMissing(_)))
        );
    if is_configuration { WRONG_CONFIGURATION } else { FAILED }
}

fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let options = LoadOptions { path: arguments.config.clone(), environment: Environment::of_process() };
    let mut loaded = options.load()?;
    arguments.override_logging(&mut loaded.config);
    if arguments.check_config {
        return check_config(&loaded);
    }
    match arguments.command {
        Some(Command::Migrate) => migrate(&loaded.config, &worker_id(arguments)),
        Some(Command::Parse) | None => {
            loaded.ready_to_start(SOURCE_TYPES)?;
            work(arguments, &loaded.config)
        }
    }
}

/// Prints the configuration as it takes effect, then says whether a worker can start with it.
fn check_config(loaded: &Loaded) -> anyhow::Result<ExitCode> {
    print(&loaded.config.redacted_yaml())?;
    loaded.ready_to_start(SOURCE_TYPES)?;
    Ok(ExitCode::SUCCESS)
}

fn migrate(config: &Config, worker: &WorkerId) -> anyhow::Result<ExitCode> {
    let path = &config.storage.path;
    if config.storage.backend != StorageBackend::Sqlite {
        let message =
            format!("storage.backend is `{}`: this version migrates sqlite", config.storage.backend);
        return Err(PipelineError::Configuration(message).into());
    }
    sqlite::open(path, worker.as_str())?;
    print(&format!("the schema of {} is up to date\n", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn work(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    let style = progress_style(arguments, config);
    let bar = progress_display::progress_bar(style);
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    gdg_telemetry::init_logging(&config.logging, AboveBar { bar: bar.clone() }, colours)?;
    let options = SingleOptions {
        worker: worker_id(arguments),
        sandbox: SandboxCommand::this_program([PARSE_COMMAND])
            .context("cannot tell where this program is")?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let summary = runtime.block_on(run(config, options, style, bar))?;
    report(&summary, config)?;
    let has_failed = arguments.strict && summary.failed() > 0;
    Ok(if has_failed { ExitCode::from(DOCUMENT_FAILED) } else { ExitCode::SUCCESS })
}

async fn run(
    config: &Config,
    options: SingleOptions,
    style: ProgressStyleChoice,
    bar: ProgressBar,
) -> anyhow::Result<RunSummary> {
    let shutdown = Shutdown::new();
    let signals = StopSignals::catch().context("cannot listen to signals")?;
    let progress = Arc::new(Progress::default());
    let watching = tokio::spawn(signals.pass_on(shutdown.clone()));
    let showing = tokio::spawn(progress_display::show(Arc::clone(&progress), style, bar.clone()));
    let summary = single::run(config, options, progress, shutdown).await;
    watching.abort();
    showing.abort();
    bar.finish_and_clear();
    Ok(summary?)
}

fn progress_style(arguments: &Arguments, config: &Config) -> ProgressStyleChoice {
    if arguments.quiet {
        ProgressStyleChoice::Hidden
    } else if config.logging.format == LogFormat::Json {
        ProgressStyleChoice::Events
    } else if io::stderr().is_terminal() {
        ProgressStyleChoice::Bar
    } else {
        ProgressStyleChoice::Lines
    }
}

fn report(summary: &RunSummary, config: &Config) -> anyhow::Result<()> {
    match config.logging.format {
        LogFormat::Text => print(&summary_display::summary_text(summary, &config.storage.path)),
        LogFormat::Json => print(&format!("{}\n", summary.to_json())),
    }
}

/// Writes to standard output; a reader that has gone away (`| head`) is no failure.
fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// The name of this worker: the argument, the variable `WORKER_ID` (clap reads both), or the host's name.
fn worker_id(arguments: &Arguments) -> WorkerId {
    let given = arguments.worker_id.clone().filter(|name| !name.trim().is_empty());
    WorkerId::new(given.unwrap_or_else(host_name))
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
