//! The worker: arguments in, a call of the library, an exit code out.

mod arguments;
mod distributed_mode;
mod memory;
mod progress_display;
mod search;
mod session;
mod signals;
mod summary_display;
mod terminal;
mod units;

use anyhow::Context;
use arguments::{Arguments, Command, PARSE_COMMAND};
use clap::Parser;
use gdg_config::{
    Config, ConfigError, Environment, LoadOptions, Loaded, LogFormat, ProcessingMode, StorageBackend,
};
use gdg_model::WorkerId;
use gdg_parsing::SandboxCommand;
use gdg_pipeline::distributed::{DistributedOptions, RunControl};
use gdg_pipeline::single::{self, SingleOptions};
use gdg_pipeline::sqlite::OpenError;
use gdg_pipeline::{PipelineError, PostgresError, RunStatus, RunSummary, sqlite};
use progress_display::ProgressStyleChoice;
use session::Session;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
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
            Some(
                PipelineError::Configuration(_)
                    | PipelineError::Postgres(
                        PostgresError::Configuration(_) | PostgresError::Certificate { .. }
                    )
                    | PipelineError::NameTaken { .. }
                    | PipelineError::Open(OpenError::FolderMissing(_))
            )
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
    let config = &loaded.config;
    match &arguments.command {
        Some(Command::Migrate) => migrate(config, &worker_id(arguments)),
        Some(Command::Pause { run_id }) => control(config, run_id.as_deref(), RunControl::Pause),
        Some(Command::Resume { run_id }) => control(config, run_id.as_deref(), RunControl::Resume),
        Some(Command::Cancel { run_id }) => control(config, run_id.as_deref(), RunControl::Cancel),
        Some(Command::Search { query, limit }) => {
            let found = runtime()?.block_on(search::found(config, &query.join(" "), *limit as usize))?;
            print(&found)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Parse) | None => {
            loaded.ready_to_start()?;
            work(arguments, config)
        }
    }
}

/// Prints the configuration as it takes effect, then says whether a worker can start with it.
fn check_config(loaded: &Loaded) -> anyhow::Result<ExitCode> {
    print(&loaded.config.redacted_yaml())?;
    loaded.ready_to_start()?;
    Ok(ExitCode::SUCCESS)
}

fn migrate(config: &Config, worker: &WorkerId) -> anyhow::Result<ExitCode> {
    match config.storage.backend {
        StorageBackend::Sqlite => {
            let path = &config.storage.path;
            sqlite::open(path, worker.as_str())?;
            print(&format!("the schema of {} is up to date\n", path.display()))?;
        }
        StorageBackend::Postgresql => print(&runtime()?.block_on(distributed_mode::migrate(config))?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Pauses, resumes or cancels a run of distributed mode.
fn control(config: &Config, run_id: Option<&str>, control: RunControl) -> anyhow::Result<ExitCode> {
    if config.processing.mode != ProcessingMode::Distributed {
        let message = "a run of the mode `single` is stopped with a signal (Ctrl-C), and goes on when the worker is started again";
        return Err(PipelineError::Configuration(message.into()).into());
    }
    let run = run_id.map(gdg_model::RunId::new);
    let told = runtime()?.block_on(distributed_mode::control(config, run, control))?;
    match told {
        Some(told) => print(&told)?,
        None => anyhow::bail!("there is no run that goes on"),
    }
    Ok(ExitCode::SUCCESS)
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

fn work(arguments: &Arguments, config: &Config) -> anyhow::Result<ExitCode> {
    arguments.check_for(config.processing.mode)?;
    let style = progress_style(arguments, config);
    let bar = progress_display::progress_bar(style);
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    gdg_telemetry::init_logging(&config.logging, AboveBar { bar: bar.clone() }, colours)?;
    let sandbox =
        SandboxCommand::this_program([PARSE_COMMAND]).context("cannot tell where this program is")?;
    let runtime = runtime()?;
    let summary = runtime.block_on(async {
        let session = Session::begin(style, bar)?;
        let (worker, max_documents) = (worker_id(arguments), arguments.max_documents);
        match config.processing.mode {
            ProcessingMode::Single => {
                let options =
                    SingleOptions { worker, sandbox, environment: Environment::of_process(), max_documents };
                let (progress, shutdown) = (session.progress.clone(), session.shutdown.clone());
                Ok(Some(single::run(config, options, progress, shutdown).await?))
            }
            ProcessingMode::Distributed => {
                let options = DistributedOptions {
                    worker,
                    strict_id: arguments.strict_id,
                    sandbox,
                    environment: Environment::of_process(),
                    once: arguments.once,
                    max_documents,
                    siblings: 1,
                };
                distributed_mode::run(config, options, arguments.workers, &session).await
            }
        }
    })?;
    let Some(summary) = summary else {
        print("stopped before a run began\n")?;
        return Ok(ExitCode::SUCCESS);
    };
    report(&summary, config)?;
    Ok(exit_code(arguments, &summary))
}

/// What the end of a run means for whoever started the worker.
fn exit_code(arguments: &Arguments, summary: &RunSummary) -> ExitCode {
    if matches!(summary.status, RunStatus::Failed | RunStatus::Abandoned) {
        ExitCode::from(FAILED)
    } else if arguments.strict && summary.failed() > 0 {
        ExitCode::from(DOCUMENT_FAILED)
    } else {
        ExitCode::SUCCESS
    }
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
        LogFormat::Text => print(&summary_display::summary_text(summary, &database_name(config))),
        LogFormat::Json => print(&format!("{}\n", summary.to_json())),
    }
}

/// The database, as a person would look for it.
fn database_name(config: &Config) -> String {
    let storage = &config.storage;
    match (storage.backend, &storage.uri) {
        (StorageBackend::Sqlite, _) => storage.path.display().to_string(),
        (StorageBackend::Postgresql, Some(uri)) => uri.to_string(),
        (StorageBackend::Postgresql, None) => {
            format!("{} on {}:{}", storage.database, storage.host, storage.port)
        }
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
