//! A folder with documents, a configuration and a database, and the programs that are run there.

use gdg_test_database::TestDatabase;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// The longest that a test waits for something that must come.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Place {
    folder: tempfile::TempDir,
    postgres: Option<(TestDatabase, Runtime)>,
}

/// Processes that end with the test.
pub(crate) struct Workers(Child);

impl Drop for Workers {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Place {
    /// A place of single mode; there is no database before a worker has run.
    pub(crate) fn single() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("documents")).unwrap();
        let place = Self { folder, postgres: None };
        place.configure("{ path: documents.db }", "single");
        place
    }

    /// A place of distributed mode, with the schema.
    pub(crate) fn distributed() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let database = runtime.block_on(TestDatabase::create_empty());
        let place = Self { postgres: Some((database, runtime)), ..Self::single() };
        let uri = place.postgres.as_ref().unwrap().0.uri();
        place.configure(&format!("{{ backend: postgresql, uri: \"{uri}\" }}"), "distributed");
        let migrated = place.worker(&["migrate"]).output().unwrap();
        assert!(migrated.status.success(), "{}", stderr(&migrated));
        place
    }

    pub(crate) fn configure(&self, storage: &str, mode: &str) {
        let config = format!(
            "processing: {{ mode: {mode}, rescan_interval: 3600 }}\nstorage: {storage}\n\
             content_sources:\n  - {{ name: docs, type: file, base_path: documents }}\n"
        );
        std::fs::write(self.path("config.yaml"), config).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path("documents").join(name), content).unwrap();
    }

    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null()).args(arguments);
        command
    }

    pub(crate) fn deadletter(&self, arguments: &[&str]) -> Output {
        self.command(Path::new(env!("CARGO_BIN_EXE_deadletter")), arguments).output().unwrap()
    }

    /// What a command prints as JSON, once it has succeeded.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.deadletter(arguments);
        assert_eq!(code(&output), 0, "{arguments:?}: {}{}", stdout(&output), stderr(&output));
        serde_json::from_str(&stdout(&output)).unwrap()
    }

    fn worker(&self, arguments: &[&str]) -> Command {
        self.command(&worker_program(), arguments)
    }

    /// Runs a worker to its end.
    pub(crate) fn worker_once(&self) {
        let output = self.worker(&["--quiet"]).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }

    /// Starts workers, which wait for work until the test ends.
    pub(crate) fn start_workers(&self, number: u32) -> Workers {
        let mut command = self.worker(&["--quiet", "--workers", &number.to_string()]);
        Workers(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// A single number from the database.
    pub(crate) fn number(&self, query: &str) -> i64 {
        match &self.postgres {
            Some((database, runtime)) => runtime.block_on(async {
                let client = database.client().await;
                client.query_one(query, &[]).await.unwrap().get(0)
            }),
            None => {
                let connection = rusqlite::Connection::open(self.path("documents.db")).unwrap();
                connection.query_row(query, [], |row| row.get(0)).unwrap()
            }
        }
    }
}

/// The worker, which is a program of another package: `cargo test --workspace` builds it beside this one.
fn worker_program() -> PathBuf {
    let worker = Path::new(env!("CARGO_BIN_EXE_deadletter")).with_file_name("worker");
    assert!(worker.exists(), "this test needs the worker: run the tests of the whole workspace");
    worker
}

/// Waits until `condition` holds.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
