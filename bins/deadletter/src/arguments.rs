//! The command line.

use crate::units::parse_span;
use clap::{ArgGroup, Args, Parser, ValueEnum};
use clap_complete::Shell;
use gdg_model::ErrorClass;
use gdg_operations::dead_letters::Timestamp;
use std::path::PathBuf;
use std::time::Duration;

/// Finds, explains, retries and removes the documents that were given up.
///
/// Works on the database that the configuration names, in either mode, and is
/// safe to use while workers run.
#[derive(Debug, Parser)]
#[command(name = "deadletter", version, after_help = AFTER_HELP, group = ArgGroup::new("action").required(true))]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) action: ActionArguments,

    #[command(flatten)]
    pub(crate) filter: FilterArguments,

    /// With --list: everything that is known of each document.
    #[arg(long)]
    pub(crate) details: bool,

    /// At most that many letters (--list, 50) or groups (--analyze, 20).
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,

    /// With --list: those that come after this one, as the list before says.
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<i64>,

    /// Say what would happen, and do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// With --purge: do not ask.
    #[arg(long)]
    pub(crate) yes: bool,

    /// With --maintain: how long after its death a document is tried once more.
    #[arg(long, value_name = "SPAN", default_value = "15m", value_parser = read_span)]
    pub(crate) cool_down: Duration,

    /// With --maintain: how many days letters are kept.
    #[arg(long, value_name = "DAYS", default_value = "30")]
    pub(crate) keep: u32,

    /// One JSON document on standard output, for programs.
    #[arg(long)]
    pub(crate) json: bool,

    /// No colours; the variable `NO_COLOR` says the same.
    #[arg(long)]
    pub(crate) no_color: bool,

    /// The configuration; else the file that `GO_DOC_GO_CONFIG_PATH` names, else ./config.yaml.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What to do: one of these.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub(crate) struct ActionArguments {
    /// List dead letters, the latest first.
    #[arg(long, group = "action")]
    pub(crate) list: bool,

    /// Show one dead letter.
    #[arg(long, value_name = "ID", group = "action")]
    pub(crate) show: Option<i64>,

    /// Group dead letters by error, class, source, format, worker and hour, and say what to do about them.
    #[arg(long, group = "action")]
    pub(crate) analyze: bool,

    /// Put the dead letters of a run back into its queue.
    #[arg(long, value_name = "RUN", group = "action")]
    pub(crate) retry_run: Option<String>,

    /// Put these dead letters back into the queue.
    #[arg(long, value_name = "ID", num_args = 1.., group = "action")]
    pub(crate) retry: Option<Vec<i64>>,

    /// Put the dead letters that the filters select back into the queue.
    #[arg(long, group = "action")]
    pub(crate) retry_matching: bool,

    /// Remove dead letters that are older than that many days.
    #[arg(long, value_name = "DAYS", group = "action")]
    pub(crate) purge: Option<u32>,

    /// Write dead letters to a file (`-`: standard output), one JSON object a line.
    #[arg(long, value_name = "FILE", group = "action")]
    pub(crate) export: Option<PathBuf>,

    /// Take in dead letters from a file (`-`: standard input) that --export wrote.
    #[arg(long, value_name = "FILE", group = "action")]
    pub(crate) import: Option<PathBuf>,

    /// Retry transient failures once, remove old letters, and report: for a schedule.
    #[arg(long, group = "action")]
    pub(crate) maintain: bool,

    /// Print completions for a shell.
    #[arg(long, value_name = "SHELL", group = "action")]
    pub(crate) completions: Option<Shell>,

    /// Print the manual page.
    #[arg(long, group = "action", hide = true)]
    pub(crate) man: bool,
}

/// Which dead letters: those for which all that is given holds.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct FilterArguments {
    /// Of that run: its id, the beginning of it, or `latest`.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["retry_run", "retry"])]
    pub(crate) run_id: Option<String>,

    /// Of that source.
    #[arg(long, value_name = "SOURCE")]
    pub(crate) source: Option<String>,

    /// Of that class.
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<ClassArgument>,

    /// Of that format (`pdf`, say, or `unknown`).
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// With that error, as --analyze names it.
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) fingerprint: Option<String>,

    /// Given up since: `2h`, `7d`, `2026-01-31` or `2026-01-31T12:00:00Z`.
    #[arg(long, value_name = "TIME", value_parser = read_since)]
    pub(crate) since: Option<Since>,
}

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  nothing matched
  2  the command line, the configuration or a file is wrong
  4  the database cannot be reached, or has another schema";

/// The classes of failures.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ClassArgument {
    Transient,
    Permanent,
    Poison,
}

impl From<ClassArgument> for ErrorClass {
    fn from(class: ClassArgument) -> Self {
        match class {
            ClassArgument::Transient => Self::Transient,
            ClassArgument::Permanent => Self::Permanent,
            ClassArgument::Poison => Self::Poison,
        }
    }
}

/// From when on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Since {
    /// That long ago, by the database's clock.
    Ago(Duration),
    /// That time.
    At(Timestamp),
}

fn read_since(text: &str) -> Result<Since, String> {
    if let Some(span) = parse_span(text) {
        return Ok(Since::Ago(span));
    }
    let wrong = |_| format!("`{text}` is neither a span like 2h or 7d nor a time like 2026-01-31");
    text.parse().map(Since::At).map_err(wrong)
}

fn read_span(text: &str) -> Result<Duration, String> {
    parse_span(text).ok_or_else(|| format!("`{text}` is no span like 15m, 2h or 7d"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn one_action_at_a_time_is_asked_for() {
        let parse = |arguments: &[&str]| Arguments::try_parse_from([&["deadletter"], arguments].concat());
        assert!(parse(&["--list", "--details"]).is_ok());
        assert_eq!(parse(&["--retry", "1", "2"]).unwrap().action.retry, Some(vec![1, 2]));
        for wrong in [&[][..], &["--list", "--analyze"], &["--purge", "soon"], &["--list", "--since", "long"]]
        {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
