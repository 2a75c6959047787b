//! Documents and files.

use anyhow::Context;
use gdg_operations::alerts::Alert;
use gdg_operations::overview::{FORMAT_VERSION, Overview, RunSummary, Timestamp};
use serde::Serialize;
use std::io::{self, Write};
use std::path::Path;

/// What `--json` says of the latest runs.
#[derive(Debug, Serialize)]
pub(crate) struct RunsDocument<'a> {
    format_version: u32,
    taken_at: Timestamp,
    runs: &'a [RunSummary],
}

impl<'a> RunsDocument<'a> {
    pub(crate) fn of(overview: &'a Overview) -> Self {
        Self { format_version: FORMAT_VERSION, taken_at: overview.taken_at, runs: &overview.runs }
    }
}

/// What `--alerts --json` and a webhook say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct AlertsDocument {
    format_version: u32,
    /// Null where the database's schema keeps this program from looking.
    taken_at: Option<Timestamp>,
    run_id: Option<String>,
    pub(crate) alerts: Vec<Alert>,
}

impl AlertsDocument {
    pub(crate) fn of(overview: &Overview) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            taken_at: Some(overview.taken_at),
            run_id: overview.run.as_ref().map(|run| run.summary.run_id.clone()),
            alerts: overview.alerts.clone(),
        }
    }

    /// What is known where the schema is another one.
    pub(crate) fn of_schema(alerts: Vec<Alert>) -> Self {
        Self { format_version: FORMAT_VERSION, taken_at: None, run_id: None, alerts }
    }
}

/// A document on one line.
pub(crate) fn json(document: &impl Serialize) -> anyhow::Result<String> {
    let mut text = serde_json::to_string(document).context("cannot write the document")?;
    text.push('\n');
    Ok(text)
}

/// Writes to standard output; a reader that has gone away (`| head`) is no failure.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Writes a file as a whole: whoever reads it meanwhile sees the old one or the new one.
pub(crate) fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    // A device or a pipe cannot be replaced.
    if path.metadata().is_ok_and(|file| !file.is_file()) {
        return std::fs::write(path, text);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
