//! A folder with documents, a configuration and a database, and workers that are started there.

#![allow(dead_code, unreachable_pub)] // each test program uses some of it

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The longest that a test waits for something that must come.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// A place whose documents are in `documents/`, with a configuration that ingests them.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("documents")).unwrap();
        let place = Self { folder };
        place.configure("");
        place
    }

    /// Writes the configuration anew, with `more` sections.
    pub fn configure(&self, more: &str) {
        let config = format!(
            "storage: {{ path: documents.db }}\n\
             content_sources:\n  - {{ name: docs, type: file, base_path: documents }}\n{more}"
        );
        std::fs::write(self.path("config.yaml"), config).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a document, and the folders it is in.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path("documents").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Writes `count` Markdown documents of `paragraphs` paragraphs each.
    pub fn write_many(&self, count: usize, paragraphs: usize) {
        for index in 0..count {
            let body = format!("Reading {index} of the gauge was taken by hand.\n\n").repeat(paragraphs);
            self.write(&format!("{:02}/note-{index}.md", index % 20), format!("# Note {index}\n\n{body}"));
        }
    }

    /// A worker in this place, without the environment of the test.
    pub fn worker(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command
    }

    /// Runs a worker to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.worker().args(arguments).output().unwrap()
    }

    /// Runs a worker to its end; its summary, and its exit code.
    pub fn summary(&self, arguments: &[&str]) -> (Value, Option<i32>) {
        let output = self.run(&[&["--log-format", "json", "--quiet"], arguments].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let summary = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
        (summary, output.status.code())
    }

    /// Starts a worker, and leaves it to its work.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.worker().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The database, opened to be read.
    pub fn database(&self) -> Connection {
        open(&self.path("documents.db")).unwrap()
    }

    /// A single number or text from the database.
    pub fn value<T: rusqlite::types::FromSql>(&self, query: &str) -> T {
        self.database().query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// The same, where the database may not be that far yet.
    pub fn try_value<T: rusqlite::types::FromSql>(&self, query: &str) -> Option<T> {
        let database = open(&self.path("documents.db")).ok()?;
        database.query_row(query, [], |row| row.get(0)).ok()
    }

    /// Waits until at least `count` documents are stored.
    pub fn wait_for_stored(&self, count: i64) {
        wait_until(&format!("{count} documents are stored"), || {
            let stored = self.try_value::<i64>("SELECT count(*) FROM documents");
            stored.is_some_and(|stored| stored >= count)
        });
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    Ok(connection)
}

/// Waits until `condition` holds.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Sends a signal (`INT`, `TERM`, `KILL`) to a process.
pub fn send_signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(status.success());
}
