//! deadletter: arguments in, calls of the library, an exit code out.

mod analysis_display;
mod arguments;
mod commands;
#[cfg(test)]
mod display_tests;
mod layout;
mod letter_display;
mod report_display;
mod units;

use arguments::Arguments;
use clap::{CommandFactory, Parser};
use commands::Session;
use gdg_config::ConfigError;
use gdg_operations::DatabaseError;
use gdg_operations::dead_letters::DeadLetterError;
use std::io::{self, Write};
use std::process::ExitCode;

/// Nothing matched.
const NOTHING: u8 = 1;
/// The command line, the configuration or a file is wrong.
const WRONG_USAGE: u8 = 2;
/// The database cannot be reached, or has another schema.
const NO_DATABASE: u8 = 4;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(&arguments) {
        Ok(code) => code,
        Err(error) => {
            // Nobody is left to be told that standard error is gone.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::from(exit_code_of(&error))
        }
    }
}

fn execute(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(shell) = arguments.action.completions {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "deadletter", &mut script);
        layout::print_bytes(&script)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.action.man {
        let mut page = Vec::new();
        clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
        layout::print_bytes(&page)?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { Session::open(arguments).await?.execute().await })
}

fn exit_code_of(error: &anyhow::Error) -> u8 {
    if let Some(error) = error.downcast_ref::<DatabaseError>() {
        return code_of_database(error);
    }
    match error.downcast_ref::<DeadLetterError>() {
        Some(DeadLetterError::NoSuchRun(_)) => NOTHING,
        Some(DeadLetterError::Database(error)) => code_of_database(error),
        Some(DeadLetterError::Storage(_) | DeadLetterError::Damaged { .. }) => NO_DATABASE,
        _ if error.is::<ConfigError>() => WRONG_USAGE,
        _ => WRONG_USAGE,
    }
}

fn code_of_database(error: &DatabaseError) -> u8 {
    if error.is_about_configuration() { WRONG_USAGE } else { NO_DATABASE }
}
