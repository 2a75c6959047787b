//! The documents of a test: real files under many names, and a few that are hard on a worker.

use anyhow::{Context, ensure};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Files in a folder of the tree.
const FILES_A_FOLDER: usize = 500;

/// A folder of documents.
#[derive(Debug)]
pub(super) struct Documents {
    folder: PathBuf,
    samples: Vec<PathBuf>,
    pub(super) names: BTreeSet<String>,
}

impl Documents {
    /// Writes `count` documents: copies of the files in `samples`, in turn.
    pub(super) fn write(folder: &Path, samples: &[PathBuf], count: usize) -> anyhow::Result<Self> {
        let mut files = Vec::new();
        for sample in samples {
            collect(sample, &mut files)?;
        }
        files.sort();
        ensure!(!files.is_empty(), "there is nothing to copy in {samples:?}");
        let mut this = Self { folder: folder.to_owned(), samples: files, names: BTreeSet::new() };
        for index in 0..count {
            this.copy(index)?;
        }
        Ok(this)
    }

    fn copy(&mut self, index: usize) -> anyhow::Result<()> {
        let sample = &self.samples[index % self.samples.len()];
        let extension = sample.extension().unwrap_or_default().to_string_lossy().into_owned();
        let name = format!("{:03}/document-{index:06}.{extension}", index / FILES_A_FOLDER);
        let path = self.folder.join(&name);
        std::fs::create_dir_all(path.parent().context("a document is in a folder")?)?;
        std::fs::copy(sample, &path).with_context(|| format!("cannot copy {}", sample.display()))?;
        self.names.insert(name);
        Ok(())
    }

    /// Writes documents that their parser cannot finish in time, that are damaged, and that no parser takes.
    pub(super) fn write_hard_ones(&mut self) -> anyhow::Result<()> {
        let mut slow = String::from("<p ");
        for number in 0..60_000 {
            write!(slow, "a{number}=b ")?;
        }
        slow.push_str(">never</p>");
        for (name, content) in [
            ("hard/slow.html", slow.as_str()),
            ("hard/broken.json", "{ \"a\": "),
            ("hard/unknown.xyz", "\u{1}\u{2}\u{3} nothing that anybody knows"),
        ] {
            self.put(name, content)?;
        }
        Ok(())
    }

    fn put(&mut self, name: &str, content: &str) -> anyhow::Result<()> {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().context("a document is in a folder")?)?;
        std::fs::write(path, content)?;
        self.names.insert(name.to_owned());
        Ok(())
    }

    /// Changes every document of a format that takes a line more, so that the next generation has something to do.
    pub(super) fn change(&self) -> anyhow::Result<()> {
        let takes_a_line = |name: &&String| {
            let extension = name.rsplit('.').next().unwrap_or_default();
            ["md", "txt", "html", "csv", "tsv", "jsonl", "json", "xml", "yaml", "eml"].contains(&extension)
        };
        for name in self.names.iter().filter(takes_a_line) {
            let path = self.folder.join(name);
            let mut content = std::fs::read(&path)?;
            content.push(b'\n');
            // In one step: a worker may be reading it.
            let new = self.folder.with_extension("new");
            std::fs::write(&new, content)?;
            std::fs::rename(&new, path)?;
        }
        Ok(())
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    for entry in entries {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}
