//! The command line.

use clap::{ArgGroup, Parser, ValueEnum};
use clap_complete::Shell;
use gdg_operations::overview::RunSelector;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Shows what runs do, and what is wrong with them.
///
/// Without an action it lists the latest runs, or with --run-id shows one run.
/// It only reads the database that the configuration names, in either mode,
/// and is safe to use while workers run.
#[derive(Debug, Parser)]
#[command(name = "monitor", version, after_help = EXIT_CODES, group = ArgGroup::new("action"))]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub(crate) struct Arguments {
    /// The run: its name, the beginning of its name, or `latest`.
    #[arg(long, value_name = "RUN")]
    pub(crate) run_id: Option<String>,

    /// Show a run in a few lines.
    #[arg(long, group = "action")]
    pub(crate) summary: bool,

    /// Show all that is known of a run.
    #[arg(long, group = "action")]
    pub(crate) details: bool,

    /// Show a run on the whole terminal, and keep it up to date; q quits.
    #[arg(long, group = "action")]
    pub(crate) live: bool,

    /// Show what is wrong with a run, and exit with 1 if anything is.
    #[arg(long, group = "action")]
    pub(crate) alerts: bool,

    /// Write all that is known of a run to a file; `-` is standard output.
    #[arg(long, value_name = "FILE", group = "action")]
    pub(crate) export: Option<PathBuf>,

    /// Serve metrics and a page for browsers at this address, such as 127.0.0.1:8080.
    #[arg(long, value_name = "ADDRESS", group = "action")]
    pub(crate) serve: Option<SocketAddr>,

    /// With --export: the form.
    #[arg(long, value_name = "FORMAT", default_value = "json", requires = "export")]
    pub(crate) format: ExportFormat,

    /// Say it again every --refresh-interval seconds, until Ctrl-C.
    #[arg(long, conflicts_with_all = ["live", "serve"])]
    pub(crate) watch: bool,

    /// With --alerts: send alerts to this address (HTTP POST, JSON); with --watch each time they change.
    #[arg(long, value_name = "URL", requires = "alerts")]
    pub(crate) webhook: Option<String>,

    /// Seconds between two looks at the database.
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = read_interval)]
    pub(crate) refresh_interval: Duration,

    /// Workers that are shown, at most.
    #[arg(long, value_name = "NUMBER", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) worker_limit: u32,

    /// One JSON document on standard output, for programs.
    #[arg(long, conflicts_with_all = ["live", "serve"])]
    pub(crate) json: bool,

    /// No colours; the variable `NO_COLOR` says the same.
    #[arg(long)]
    pub(crate) no_color: bool,

    /// The configuration; else the file that `GO_DOC_GO_CONFIG_PATH` names, else ./config.yaml.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Print what a shell needs to complete the arguments of this program.
    #[arg(long, value_name = "SHELL", group = "action")]
    pub(crate) completions: Option<Shell>,

    /// Print the manual page.
    #[arg(long, hide = true, group = "action")]
    pub(crate) man: bool,
}

const EXIT_CODES: &str = "\
Environment:
  GO_DOC_GO_CONFIG_PATH    the configuration, where --config is not given
  GO_DOC_GO_MONITOR_TOKEN  with --serve: what callers have to show (Authorization: Bearer TOKEN)
  NO_COLOR                 no colours

Exit codes:
  0  all is well
  1  with --alerts, something is wrong; or there is no such run
  2  the command line or the configuration is wrong
  4  the database cannot be reached or read";

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    Json,
    Prometheus,
    Csv,
}

/// What is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    List,
    Summary,
    Details,
    Alerts,
}

impl Arguments {
    /// The run that is meant.
    pub(crate) fn selector(&self) -> RunSelector {
        self.run_id.as_deref().map_or(RunSelector::Latest, RunSelector::parse)
    }

    /// What is to be shown, where nothing is exported, served or kept on the screen.
    pub(crate) fn view(&self) -> View {
        match self {
            Self { alerts: true, .. } => View::Alerts,
            Self { details: true, .. } => View::Details,
            Self { summary: true, .. } | Self { run_id: Some(_), .. } => View::Summary,
            _ => View::List,
        }
    }
}

fn read_interval(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is no number of seconds"))?;
    if !(0.2..=3_600.0).contains(&seconds) {
        return Err("give a number of seconds from 0.2 to 3600".into());
    }
    Ok(Duration::from_secs_f64(seconds))
}
