//! The monitor: arguments in, a look at the database, text out.

mod arguments;
mod layout;
mod live;
mod output;
mod render;
mod serve;
mod viewer;
mod webhook;

use anyhow::Context;
use arguments::{Arguments, ExportFormat, View};
use clap::{CommandFactory, Parser};
use gdg_config::{Config, ConfigError, Environment, LoadOptions};
use gdg_operations::alerts::{self, Alert, AlertSettings};
use gdg_operations::control::Controller;
use gdg_operations::overview::Overview;
use gdg_operations::{Database, DatabaseError, SCHEMA_VERSION, metrics};
use layout::Painter;
use live::Live;
use output::{AlertsDocument, RunsDocument};
use serve::{Serve, Snapshots, TOKEN_VARIABLE};
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use viewer::{LookError, Viewer};
use webhook::Webhook;

/// Something is wrong with the run, or there is no such run.
const ALERTS_OR_NOTHING: u8 = 1;
/// The command line or the configuration is wrong.
const WRONG_CONFIGURATION: u8 = 2;
/// The database cannot be reached or read.
const DATABASE_UNREACHABLE: u8 = 4;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // Nobody is left to be told that standard error is gone.
            drop(writeln!(io::stderr(), "error: {error:#}"));
            ExitCode::from(exit_code_of(&error))
        }
    }
}

fn exit_code_of(error: &anyhow::Error) -> u8 {
    if error.is::<ConfigError>() || error.is::<webhook::BadAddress>() {
        return WRONG_CONFIGURATION;
    }
    let database = match error.downcast_ref::<LookError>() {
        Some(LookError::NoRuns | LookError::NoSuchRun(_)) => return ALERTS_OR_NOTHING,
        Some(LookError::Ambiguous { .. }) => return WRONG_CONFIGURATION,
        Some(LookError::Database(error)) => Some(error),
        None => error.downcast_ref::<DatabaseError>(),
    };
    match database {
        Some(error) if error.is_about_configuration() => WRONG_CONFIGURATION,
        Some(_) => DATABASE_UNREACHABLE,
        None => ALERTS_OR_NOTHING,
    }
}

fn execute(arguments: &Arguments) -> anyhow::Result<u8> {
    if let Some(shell) = arguments.completions {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "monitor", &mut script);
        output::print(&String::from_utf8_lossy(&script))?;
        return Ok(0);
    }
    if arguments.man {
        let mut page = Vec::new();
        clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
        output::print(&String::from_utf8_lossy(&page))?;
        return Ok(0);
    }
    let environment = Environment::of_process();
    let options = LoadOptions { path: arguments.config.clone(), environment: environment.clone() };
    let config = options.load()?.config;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let database = Database::read_only(&config, &environment, "monitor")?;
        Session { arguments, database, config: &config, environment: &environment }.run().await
    })
}

/// One call of the program.
struct Session<'a> {
    arguments: &'a Arguments,
    database: Database,
    config: &'a Config,
    environment: &'a Environment,
}

impl Session<'_> {
    async fn run(self) -> anyhow::Result<u8> {
        if self.arguments.live {
            return self.live().await;
        }
        if let Some(address) = self.arguments.serve {
            return self.serve(address).await;
        }
        if !self.arguments.watch {
            return self.once(&mut self.viewer(), None).await;
        }
        let mut viewer = self.viewer();
        let webhook = self.webhook()?;
        tokio::select! {
            outcome = self.watch(&mut viewer, webhook) => outcome,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                Ok(0)
            }
        }
    }

    async fn live(&self) -> anyhow::Result<u8> {
        let live = Live {
            viewer: self.viewer(),
            controller: Controller::new(self.config, self.environment)?,
            refresh_interval: self.arguments.refresh_interval,
            colours: self.painter().colours,
        };
        live.run().await?;
        Ok(0)
    }

    async fn serve(self, address: SocketAddr) -> anyhow::Result<u8> {
        // Whoever asks once an interval gets a new look each time.
        let (settings, lifetime) =
            (AlertSettings::of(self.config), self.arguments.refresh_interval.mul_f64(0.9));
        let snapshots = Snapshots::new(self.database, self.arguments.worker_limit, settings, lifetime);
        let token = std::env::var(TOKEN_VARIABLE).ok();
        let refresh_interval = self.arguments.refresh_interval;
        Serve { address, snapshots, token, refresh_interval }.run().await?;
        Ok(0)
    }

    fn viewer(&self) -> Viewer {
        let settings = AlertSettings::of(self.config);
        Viewer::new(self.database.clone(), self.arguments.selector(), self.arguments.worker_limit, settings)
    }

    fn webhook(&self) -> anyhow::Result<Option<Webhook>> {
        self.arguments.webhook.as_deref().map(Webhook::new).transpose()
    }

    /// Says what is asked for again and again. What can come back, a database that restarts, is waited for.
    async fn watch(&self, viewer: &mut Viewer, mut webhook: Option<Webhook>) -> anyhow::Result<u8> {
        loop {
            if let Err(error) = self.once(viewer, Some(&mut webhook)).await {
                if exit_code_of(&error) != DATABASE_UNREACHABLE {
                    return Err(error);
                }
                drop(writeln!(io::stderr(), "{error:#}; trying again"));
            }
            tokio::time::sleep(self.arguments.refresh_interval).await;
            if !self.arguments.json && self.arguments.export.is_none() {
                self.separate()?;
            }
        }
    }

    /// What comes between two looks: a terminal is cleared, a file gets an empty line.
    fn separate(&self) -> anyhow::Result<()> {
        output::print(if io::stdout().is_terminal() && !self.arguments.alerts {
            "\x1b[2J\x1b[H"
        } else {
            "\n"
        })
    }

    /// Says it once.
    async fn once(&self, viewer: &mut Viewer, watched: Option<&mut Option<Webhook>>) -> anyhow::Result<u8> {
        if let Some(path) = &self.arguments.export {
            return self.export(viewer, path).await;
        }
        let painter = self.painter();
        match self.arguments.view() {
            View::List => self.list(painter).await,
            View::Alerts => self.alerts(viewer, watched, painter).await,
            view => {
                let overview = viewer.look().await?;
                let text = match view {
                    _ if self.arguments.json => output::json(&overview)?,
                    View::Details => render::details(&overview, painter),
                    _ => render::summary(&overview, painter),
                };
                output::print(&text)?;
                Ok(0)
            }
        }
    }

    async fn list(&self, painter: Painter) -> anyhow::Result<u8> {
        self.database.check_schema().await?;
        let overview = self.database.overview(None, 1).await?;
        let text = if self.arguments.json {
            output::json(&RunsDocument::of(&overview))?
        } else {
            render::list(&overview.runs, overview.taken_at, painter)
        };
        output::print(&text)?;
        Ok(if overview.runs.is_empty() { ALERTS_OR_NOTHING } else { 0 })
    }

    async fn alerts(
        &self,
        viewer: &mut Viewer,
        watched: Option<&mut Option<Webhook>>,
        painter: Painter,
    ) -> anyhow::Result<u8> {
        let document = match viewer.look().await {
            Ok(overview) => AlertsDocument::of(&overview),
            Err(LookError::Database(error)) if error.is_about_schema() => {
                AlertsDocument::of_schema(self.schema_alert().await?)
            }
            Err(error) => return Err(error.into()),
        };
        let text = if self.arguments.json {
            output::json(&document)?
        } else {
            render::alerts(&document.alerts, painter)
        };
        output::print(&text)?;
        match watched {
            // A receiver that is away for a while is no reason to stop watching.
            Some(webhook) => {
                if let Some(webhook) = webhook
                    && let Err(error) = webhook.tell_changes(&document).await
                {
                    drop(writeln!(io::stderr(), "{error:#}"));
                }
            }
            None => {
                if let Some(mut webhook) = self.webhook()? {
                    webhook.tell_changes(&document).await?;
                }
            }
        }
        Ok(if document.alerts.is_empty() { 0 } else { ALERTS_OR_NOTHING })
    }

    async fn schema_alert(&self) -> anyhow::Result<Vec<Alert>> {
        let found = self.database.schema_version().await?;
        Ok(alerts::schema(found, SCHEMA_VERSION).into_iter().collect())
    }

    async fn export(&self, viewer: &mut Viewer, path: &Path) -> anyhow::Result<u8> {
        let overview = viewer.look().await?;
        let text = exported(&overview, self.arguments.format)?;
        if path == Path::new("-") {
            output::print(&text)?;
        } else {
            output::replace_file(path, &text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(0)
    }

    fn painter(&self) -> Painter {
        let colours = !self.arguments.no_color
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && io::stdout().is_terminal();
        Painter { colours }
    }
}

fn exported(overview: &Overview, format: ExportFormat) -> anyhow::Result<String> {
    Ok(match format {
        ExportFormat::Json => output::json(overview)?,
        ExportFormat::Prometheus => metrics::prometheus(&metrics::gauges(overview)),
        ExportFormat::Csv => metrics::csv(&metrics::gauges(overview)),
    })
}
