//! The program, from the outside: one suite, on both databases.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

#[path = "../../../crates/operations/tests/support/mod.rs"]
mod support;

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use support::{Fixture, set_version};

const RUN: &str = "0123456789abcdef-1";

/// A database, and a configuration that leads there.
struct Place {
    folder: tempfile::TempDir,
    fixture: Fixture,
}

impl Place {
    fn new(fixture: Fixture) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), fixture };
        let storage = match &place.fixture {
            Fixture::Postgres { database, .. } => format!("backend: postgresql, uri: \"{}\"", database.uri()),
            Fixture::Sqlite { folder, .. } => {
                format!("path: \"{}\"", folder.path().join("documents.db").display())
            }
        };
        place.configure(&storage);
        place
    }

    fn configure(&self, storage: &str) {
        std::fs::write(self.path("config.yaml"), format!("storage: {{ {storage} }}\n")).unwrap();
    }

    /// A run that has a document behind it and others before it; nobody works on it.
    async fn with_run(fixture: Fixture) -> Self {
        let place = Self::new(fixture);
        place.fixture.add_run(RUN, "0123456789abcdef", 1, "active", 300).await;
        place.fixture.add_queue(RUN, 5, 0).await;
        let counters =
            "INSERT INTO run_counters (run_id, worker_id, source_name, outcome, format, documents) VALUES
                        ('0123456789abcdef-1', 'w-1', 'docs', 'stored', 'markdown', 5)";
        place.fixture.execute(counters).await;
        if place.fixture.is_postgres() {
            let progress = "INSERT INTO run_progress VALUES ('0123456789abcdef-1', 'w-1', 10, 5)";
            place.fixture.execute(progress).await;
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_monitor"));
        command.current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command.args(arguments).output().unwrap()
    }

    /// What the program says, and how it exits.
    fn says(&self, arguments: &[&str]) -> (String, Option<i32>) {
        let output = self.run(arguments);
        let text = [output.stdout, output.stderr].concat();
        (String::from_utf8(text).unwrap(), output.status.code())
    }

    fn document(&self, arguments: &[&str]) -> Value {
        let (text, _) = self.says(arguments);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

/// The suite, for each database.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(super::Fixture::postgres().await).await; })*
        }
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(super::Fixture::sqlite().await).await; })*
        }
    };
}

on_both_databases!(
    nothing_to_see_exits_with_1,
    a_run_is_shown_in_every_form,
    alerts_exit_with_1_until_nothing_is_wrong,
    an_export_is_written_in_every_format,
    a_run_is_named_by_the_beginning_of_its_name,
    a_schema_of_another_version_is_an_alert_or_an_error,
    alerts_are_sent_to_a_webhook,
);

async fn nothing_to_see_exits_with_1(fixture: Fixture) {
    let place = Place::new(fixture);
    assert_eq!(place.says(&[]), ("there are no runs yet\n".into(), Some(1)));
    for arguments in [&["--details"][..], &["--alerts"], &["--export", "-"], &["--run-id", "latest"]] {
        assert_eq!(place.says(arguments), ("error: there are no runs yet: start a worker\n".into(), Some(1)));
    }
}

async fn a_run_is_shown_in_every_form(fixture: Fixture) {
    let place = Place::with_run(fixture).await;
    for arguments in
        [&[][..], &["--summary"], &["--details"], &["--run-id", "latest"], &["--run-id", RUN, "--details"]]
    {
        let (text, code) = place.says(arguments);
        assert!(text.contains(RUN) && text.contains("50.0 %"), "{arguments:?}: {text}");
        assert_eq!(code, Some(0), "{text}");
    }
    let list = place.document(&["--json"]);
    assert_eq!((&list["runs"][0]["run_id"], &list["runs"][0]["queued"]), (&RUN.into(), &5.into()));
    let details = place.document(&["--details", "--json"]);
    assert_eq!((&details["format_version"], &details["run"]["documents"]["stored"]), (&1.into(), &5.into()));
}

async fn alerts_exit_with_1_until_nothing_is_wrong(fixture: Fixture) {
    let place = Place::with_run(fixture).await;
    let (text, code) = place.says(&["--alerts"]);
    assert!(text.contains("CRITICAL  no workers") && text.contains("→ start a worker"), "{text}");
    assert_eq!(code, Some(1));
    let document = place.document(&["--alerts", "--json"]);
    assert_eq!((&document["run_id"], &document["alerts"][0]["kind"]), (&RUN.into(), &"no_workers".into()));
    place.fixture.execute("UPDATE processing_runs SET status = 'completed', completed_at = {ago:1}").await;
    assert_eq!(place.says(&["--alerts"]), ("nothing is wrong\n".into(), Some(0)));
}

async fn an_export_is_written_in_every_format(fixture: Fixture) {
    let place = Place::with_run(fixture).await;
    for (format, part) in [
        ("json", "\"format_version\":1"),
        ("prometheus", "\ngo_doc_go_run_documents{outcome=\"stored\"} 5\n"),
        ("csv", "\r\ngo_doc_go_run_documents,outcome=stored,5\r\n"),
    ] {
        let (said, code) = place.says(&["--run-id", RUN, "--export", "metrics.out", "--format", format]);
        assert_eq!((said.as_str(), code), ("", Some(0)));
        let written = std::fs::read_to_string(place.path("metrics.out")).unwrap();
        assert!(written.contains(part), "{format}: {written}");
        let (printed, _) = place.says(&["--export", "-", "--format", format]);
        assert!(printed.contains(part), "{format}: {printed}");
    }
    let names = std::fs::read_dir(place.folder.path()).unwrap().count();
    assert_eq!(names, 2, "nothing is left beside the configuration and the export");
    let (text, code) = place.says(&["--export", "nowhere/metrics.json"]);
    assert!(text.starts_with("error: cannot write nowhere/metrics.json"), "{text}");
    assert_eq!(code, Some(1));
}

async fn a_run_is_named_by_the_beginning_of_its_name(fixture: Fixture) {
    let place = Place::with_run(fixture).await;
    place.fixture.add_run("01239999aaaabbbb-4", "01239999aaaabbbb", 4, "completed", 900).await;
    assert!(place.says(&["--run-id", "012345"]).0.contains(RUN));
    let (text, code) = place.says(&["--run-id", "0123"]);
    assert!(text.contains("several runs: 0123456789abcdef-1, 01239999aaaabbbb-4"), "{text}");
    assert_eq!(code, Some(2));
    let (text, code) = place.says(&["--run-id", "ffff"]);
    assert!(text.contains("no run whose name begins with `ffff`"), "{text}");
    assert_eq!(code, Some(1));
}

async fn a_schema_of_another_version_is_an_alert_or_an_error(fixture: Fixture) {
    let place = Place::with_run(fixture).await;
    set_version(&place.fixture, 1).await;
    let (text, code) = place.says(&["--details"]);
    assert!(text.contains("version 1, this program needs") && text.contains("worker migrate"), "{text}");
    assert_eq!(code, Some(4));
    let document = place.document(&["--alerts", "--json"]);
    assert_eq!(document["alerts"][0]["kind"], "schema_mismatch");
}

async fn alerts_are_sent_to_a_webhook(fixture: Fixture) {
    let place = Place::with_run(fixture).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let receiving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut received = String::new();
        let mut buffer = [0; 4096];
        while !received.ends_with("]}") {
            let length = stream.read(&mut buffer).unwrap();
            assert!(length > 0, "{received}");
            received.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
        received
    });
    let (text, code) = place.says(&["--alerts", "--webhook", &address]);
    assert_eq!(code, Some(1), "{text}");
    let received = receiving.join().unwrap();
    assert!(received.starts_with("POST /hook HTTP/1.1\r\n") && received.contains("no_workers"), "{received}");
    let (text, code) = place.says(&["--alerts", "--webhook", "ftp://somewhere"]);
    assert!(text.contains("no address that begins with http"), "{text}");
    assert_eq!(code, Some(2));
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_exits_with_4() {
    let place = Place::new(Fixture::sqlite().await);
    for storage in ["path: not-there.db", "backend: postgresql, host: 127.0.0.1, port: 1, user: nobody"] {
        place.configure(storage);
        for arguments in [&[][..], &["--details"], &["--alerts"], &["--export", "-"]] {
            let (text, code) = place.says(arguments);
            assert!(text.starts_with("error: "), "{text}");
            assert_eq!(code, Some(4), "{text}");
        }
    }
}

#[tokio::test]
async fn a_wrong_command_line_or_configuration_exits_with_2() {
    let place = Place::new(Fixture::sqlite().await);
    for arguments in [
        &["--details", "--alerts"][..],
        &["--format", "csv"],
        &["--webhook", "http://localhost"],
        &["--refresh-interval", "0"],
        &["--serve", "nowhere"],
        &["--config", "not-there.yaml"],
    ] {
        let (text, code) = place.says(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
    }
}

#[tokio::test]
async fn shells_and_manuals_are_served_without_a_configuration() {
    let place = Place::new(Fixture::sqlite().await);
    std::fs::remove_file(place.path("config.yaml")).unwrap();
    let (script, code) = place.says(&["--completions", "bash"]);
    assert!(script.contains("--refresh-interval"), "{script}");
    assert_eq!(code, Some(0));
    let (page, code) = place.says(&["--man"]);
    assert!(page.contains(".TH monitor 1"), "{page}");
    assert_eq!(code, Some(0));
    assert!(!place.says(&["--help"]).0.contains("--man"));
}
