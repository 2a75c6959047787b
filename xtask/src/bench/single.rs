//! Single mode, end to end: a folder of Markdown files into SQLite with durable commits.

use super::process::{Measured, measure};
use super::word_list::{Numbers, markdown};
use crate::workspace::release_worker;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    sizes: Sizes,
    /// Where the files and the database are made; a file system in memory makes commits cheaper than they are.
    #[arg(long, value_name = "FOLDER", default_value = "target")]
    scratch: PathBuf,
}

/// The files that are read.
#[derive(Debug, clap::Args)]
pub(super) struct Sizes {
    /// Markdown files in the folder.
    #[arg(long, default_value_t = 20_000)]
    pub(super) documents: u32,
    /// Bytes that a file has at least.
    #[arg(long, default_value_t = 2_000)]
    pub(super) min_size: u32,
    /// Bytes that a file has at most, or a little more.
    #[arg(long, default_value_t = 10_000)]
    pub(super) max_size: u32,
}

/// Files in a folder of the generated tree.
const FILES_A_FOLDER: u32 = 1_000;

/// Measures a first run, a second one over unchanged files, and the way to the first document.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = Folder::with_documents(&options.scratch, &options.sizes)?;
    println!(
        "{} Markdown files, {:.1} MiB",
        options.sizes.documents,
        folder.bytes as f64 / f64::from(1 << 20)
    );
    let (first, summary) = folder.work()?;
    report("first run", &first, &summary, "stored");
    let (second, summary) = folder.work()?;
    report("unchanged", &second, &summary, "unchanged");

    let one = folder.scratch.path().join("one");
    std::fs::create_dir(&one)?;
    std::fs::write(one.join("first.md"), markdown(&mut Numbers(1), 5_000))?;
    let (cold, _) = folder.work_on("one")?;
    println!("one file    {:>9.3} s from start to exit, its document stored", cold.elapsed.as_secs_f64());
    Ok(())
}

/// A folder with documents, and a worker that reads them.
pub(super) struct Folder {
    worker: PathBuf,
    scratch: tempfile::TempDir,
    bytes: u64,
}

impl Folder {
    /// A folder within `scratch`, gone with this value.
    pub(super) fn with_documents(scratch: &Path, sizes: &Sizes) -> anyhow::Result<Self> {
        let worker = release_worker()?;
        let scratch = tempfile::Builder::new().prefix("bench-").tempdir_in(scratch)?;
        let bytes = write_documents(&scratch.path().join("documents"), sizes)?;
        Ok(Self { worker, scratch, bytes })
    }

    /// Runs the worker over the documents, into their database.
    pub(super) fn work(&self) -> anyhow::Result<(Measured, Value)> {
        self.work_on("documents")
    }

    /// Runs the worker over the folder `name`, into a database of that name.
    fn work_on(&self, name: &str) -> anyhow::Result<(Measured, Value)> {
        let config = self.scratch.path().join(format!("{name}.yaml"));
        let source = format!("{{ name: bench, type: file, base_path: {name} }}");
        std::fs::write(&config, format!("storage: {{ path: {name}.db }}\ncontent_sources: [{source}]\n"))?;
        let mut command = Command::new(&self.worker);
        command
            .current_dir(self.scratch.path())
            .args(["--quiet", "--log-format", "json", "--config"])
            .arg(&config);
        let measured = measure(&mut command)?;
        ensure!(measured.status.success(), "the worker ended with {}", measured.status);
        let summary = serde_json::from_str(&measured.output).context("the worker printed no summary")?;
        Ok((measured, summary))
    }
}

fn report(label: &str, measured: &Measured, summary: &Value, outcome: &str) {
    let seconds = measured.elapsed.as_secs_f64();
    let documents = summary["documents"][outcome].as_u64().unwrap_or(0);
    println!(
        "{label:<11} {seconds:>9.3} s {documents:>8} {outcome} {:>9.0} documents/s {:>8} elements {:>7.1} MiB resident at most",
        documents as f64 / seconds,
        summary["elements"],
        measured.peak_resident as f64 / f64::from(1 << 20)
    );
}

fn write_documents(folder: &Path, options: &Sizes) -> anyhow::Result<u64> {
    let mut numbers = Numbers(42);
    let mut bytes = 0;
    for index in 0..options.documents {
        let parent = folder.join(format!("{:04}", index / FILES_A_FOLDER));
        if index % FILES_A_FOLDER == 0 {
            std::fs::create_dir_all(&parent)?;
        }
        let spread = u64::from(options.max_size.saturating_sub(options.min_size)) + 1;
        let size = u64::from(options.min_size) + numbers.below(spread);
        let text = markdown(&mut numbers, size as usize);
        bytes += text.len() as u64;
        std::fs::write(parent.join(format!("file-{index}.md")), text)?;
    }
    Ok(bytes)
}
