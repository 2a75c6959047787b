//! The commands: each asks the library, and shows what it says.

use crate::arguments::{Arguments, Since};
use crate::{NOTHING, analysis_display, layout, letter_display, report_display};
use anyhow::{Context, bail};
use gdg_config::{Config, Environment, LoadOptions};
use gdg_operations::Database;
use gdg_operations::dead_letters::{DeadLetters, Filter, RetryReport};
use serde::Serialize;
use serde_json::json;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

/// Letters of a list, unless it is said otherwise.
const LISTED: u32 = 50;

/// Groups of an analysis, unless it is said otherwise.
const ANALYZED: u32 = 20;

/// The arguments, and the dead letters that they are about.
pub(crate) struct Session<'a> {
    arguments: &'a Arguments,
    letters: DeadLetters,
}

impl<'a> Session<'a> {
    pub(crate) async fn open(arguments: &'a Arguments) -> anyhow::Result<Self> {
        let environment = Environment::of_process();
        let options = LoadOptions { path: arguments.config.clone(), environment: environment.clone() };
        let config = Config::load(options)?;
        let database = Database::open(&config, &environment, "deadletter").await?;
        Ok(Self { arguments, letters: DeadLetters::new(database) })
    }

    pub(crate) async fn execute(&self) -> anyhow::Result<ExitCode> {
        let action = &self.arguments.action;
        if let Some(dead_letter_id) = action.show {
            return self.show(dead_letter_id).await;
        }
        if let Some(run) = &action.retry_run {
            let filter = self.filter().await?;
            let run_id = Some(self.letters.find_run(run).await?);
            return self.retry(Filter { run_id, ..filter }).await;
        }
        if let Some(ids) = &action.retry {
            let filter = self.filter().await?;
            return self.retry(Filter { ids: Some(ids.clone()), ..filter }).await;
        }
        let filter = self.filter().await?;
        if action.list {
            self.list(&filter).await
        } else if action.analyze {
            self.analyze(&filter).await
        } else if action.retry_matching {
            if filter.is_empty() {
                bail!(
                    "--retry-matching needs a filter: --run-id, --source, --class, --format, --fingerprint or --since"
                );
            }
            self.retry(filter).await
        } else if let Some(days) = action.purge {
            self.purge(&filter, days).await
        } else if let Some(file) = &action.export {
            self.export(&filter, file).await
        } else if let Some(file) = &action.import {
            self.import(file).await
        } else {
            self.maintain().await
        }
    }

    async fn filter(&self) -> anyhow::Result<Filter> {
        let given = &self.arguments.filter;
        let run_id = match &given.run_id {
            Some(run) => Some(self.letters.find_run(run).await?),
            None => None,
        };
        let since = match given.since {
            Some(Since::Ago(span)) => Some(self.letters.now().await?.before(span)),
            Some(Since::At(time)) => Some(time),
            None => None,
        };
        Ok(Filter {
            run_id,
            source_name: given.source.clone(),
            class: given.class.map(Into::into),
            format: given.format.clone(),
            fingerprint: given.fingerprint.clone(),
            since,
            ..Filter::default()
        })
    }

    async fn list(&self, filter: &Filter) -> anyhow::Result<ExitCode> {
        let limit = self.arguments.limit.unwrap_or(LISTED);
        let listing = self.letters.list(filter, self.arguments.after, limit).await?;
        let now = self.letters.now().await?;
        self.show_result(&listing, || match listing.dead_letters.is_empty() {
            true => "no dead letter matched\n".to_owned(),
            false if self.arguments.details => letter_display::details_text(&listing, now),
            false => letter_display::list_text(&listing, now),
        })?;
        Ok(code(!listing.dead_letters.is_empty()))
    }

    async fn show(&self, dead_letter_id: i64) -> anyhow::Result<ExitCode> {
        let letter = self.letters.show(dead_letter_id).await?;
        let now = self.letters.now().await?;
        self.show_result(&letter, || match &letter {
            Some(letter) => letter_display::letter_text(letter, now),
            None => format!("there is no dead letter {dead_letter_id}\n"),
        })?;
        Ok(code(letter.is_some()))
    }

    async fn analyze(&self, filter: &Filter) -> anyhow::Result<ExitCode> {
        let limit = self.arguments.limit.unwrap_or(ANALYZED);
        let analysis = self.letters.analyze(filter, limit).await?;
        let now = self.letters.now().await?;
        self.show_result(&analysis, || match analysis.total {
            0 => "no dead letter matched\n".to_owned(),
            _ => analysis_display::analysis_text(&analysis, now, self.is_colourful()),
        })?;
        Ok(code(analysis.total > 0))
    }

    async fn retry(&self, filter: Filter) -> anyhow::Result<ExitCode> {
        let report: RetryReport = self.letters.retry(&filter, self.arguments.dry_run).await?;
        self.show_result(&report, || report_display::retry_text(&report))?;
        Ok(code(report.retried > 0))
    }

    async fn purge(&self, filter: &Filter, days: u32) -> anyhow::Result<ExitCode> {
        let mut purged = self.letters.purge(filter, days, true).await?;
        if !self.arguments.dry_run && purged.purged > 0 {
            if !self.arguments.yes && !confirm(&format!("remove {} for good?", purged.purged))? {
                bail!("nothing was removed");
            }
            purged = self.letters.purge(filter, days, false).await?;
        }
        self.show_result(&purged, || report_display::purge_text(&purged))?;
        Ok(code(purged.purged > 0))
    }

    async fn export(&self, filter: &Filter, file: &Path) -> anyhow::Result<ExitCode> {
        if file == Path::new("-") {
            let mut output = BufWriter::new(io::stdout());
            let exported = self.letters.export(filter, &mut output).await?;
            return Ok(code(exported > 0));
        }
        let create = || File::create(file).with_context(|| format!("cannot write {}", file.display()));
        let mut output = BufWriter::new(create()?);
        let exported = self.letters.export(filter, &mut output).await?;
        let result = json!({ "exported": exported, "file": file });
        self.show_result(&result, || {
            format!("{} in {}\n", crate::units::counted(exported, "dead letter"), file.display())
        })?;
        Ok(code(exported > 0))
    }

    async fn import(&self, file: &Path) -> anyhow::Result<ExitCode> {
        let mut input: Box<dyn BufRead + Send> = if file == Path::new("-") {
            Box::new(BufReader::new(io::stdin()))
        } else {
            let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
            Box::new(BufReader::new(opened))
        };
        let imported = self.letters.import(&mut *input).await?;
        self.show_result(&imported, || {
            let read = crate::units::counted(imported.read, "dead letter");
            format!("{} of {read} taken in\n", crate::units::thousands(imported.imported))
        })?;
        Ok(code(imported.imported > 0))
    }

    async fn maintain(&self) -> anyhow::Result<ExitCode> {
        let Arguments { cool_down, keep, dry_run, .. } = self.arguments;
        let done = self.letters.maintain(*cool_down, *keep, *dry_run).await?;
        self.show_result(&done, || report_display::maintenance_text(&done))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Prints a result: as JSON, when that is asked for, else as text.
    fn show_result(&self, result: &impl Serialize, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        let output = if self.arguments.json { serde_json::to_string_pretty(result)? + "\n" } else { text() };
        layout::print_bytes(output.as_bytes()).context("cannot write to standard output")
    }

    fn is_colourful(&self) -> bool {
        !self.arguments.no_color && std::env::var_os("NO_COLOR").is_none() && io::stdout().is_terminal()
    }
}

fn code(has_matched: bool) -> ExitCode {
    if has_matched { ExitCode::SUCCESS } else { ExitCode::from(NOTHING) }
}

/// Asks on the terminal; without one, the answer has to be on the command line.
fn confirm(question: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        bail!("--purge asks before it removes anything, and there is no terminal: give --yes or --dry-run");
    }
    write!(io::stderr(), "{question} [y/N] ")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
