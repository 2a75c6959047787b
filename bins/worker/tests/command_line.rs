//! Arguments, output and exit codes.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use support::{Place, stderr, stdout};

#[test]
fn the_summary_goes_to_standard_output_and_the_rest_to_standard_error() {
    let place = Place::new();
    place.write("a.md", "# A\n\ntext\n");
    let output = place.run(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let told = stdout(&output);
    for part in ["completed in", "stored     markdown", "total", "relationships", "documents.db"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(told.lines().all(|line| line.len() <= 80), "{told}");
    assert!(!stderr(&output).contains("completed in"));
}

#[test]
fn quiet_leaves_the_summary_and_nothing_else() {
    let place = Place::new();
    place.write("a.md", "# A\n");
    let output = place.run(&["--quiet"]);
    assert!(stdout(&output).contains("completed in"));
    assert_eq!(stderr(&output), "");
}

#[test]
fn with_json_every_line_is_an_object() {
    let place = Place::new();
    place.write("a.md", "# A\n");
    place.write("b.json", "{");
    let output = place.run(&["--log-format", "json"]);
    for line in stdout(&output).lines().chain(stderr(&output).lines()) {
        let value: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(value.is_object());
    }
    let summary: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(summary["documents"]["failed"], 1);
}

#[test]
fn a_failed_document_is_named_with_its_reason_and_fails_a_strict_run() {
    let place = Place::new();
    place.write("good.md", "# Good\n");
    place.write("broken.json", "{ \"a\": ");
    let output = place.run(&[]);
    assert_eq!(output.status.code(), Some(0));
    let told = stdout(&output);
    assert!(told.contains("1 document failed:"), "{told}");
    assert!(told.contains("docs:broken.json") && told.contains("permanent: malformed json"), "{told}");
    assert_eq!(place.run(&["--strict"]).status.code(), Some(3));
}

#[test]
fn a_wrong_configuration_ends_with_2_and_says_where() {
    let place = Place::new();
    place.configure("work_queue:\n  max_retry: 5\n");
    let output = place.run(&[]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    assert!(
        told.contains("config.yaml:5:3: unknown key `work_queue.max_retry`; did you mean `max_retries`?"),
        "{told}"
    );
    assert!(!place.path("documents.db").exists(), "nothing is begun");
}

#[test]
fn a_missing_configuration_a_missing_folder_and_a_wrong_argument_end_with_2() {
    let place = Place::new();
    assert_eq!(place.run(&["--config", "nowhere.yaml"]).status.code(), Some(2));
    assert_eq!(place.run(&["--nonsense"]).status.code(), Some(2));
    std::fs::remove_dir(place.path("documents")).unwrap();
    let output = place.run(&[]);
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    assert!(told.contains("docs") && told.contains("base_path") && told.contains("documents"), "{told}");
}

#[test]
fn the_effective_configuration_is_printed_without_secrets() {
    let place = Place::new();
    place.configure("embedding: { api_key_env: OPENAI_KEY }\npath_mappings: { /a: /b }\n");
    let output =
        place.worker().arg("--check-config").env("GO_DOC_GO__STORAGE__PASSWORD", "hunter2").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let told = stdout(&output);
    assert!(told.contains("max_retries: 3") && told.contains("[redacted]"), "{told}");
    assert!(!told.contains("hunter2"));
}

#[test]
fn the_configuration_is_found_by_variable_and_overridden_by_variable() {
    let place = Place::new();
    place.write("a.md", "# A\n");
    std::fs::rename(place.path("config.yaml"), place.path("elsewhere.yaml")).unwrap();
    let output = place
        .worker()
        .env("GO_DOC_GO_CONFIG_PATH", "elsewhere.yaml")
        .env("GO_DOC_GO__STORAGE__PATH", "other.db")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(place.path("other.db").exists());
}

#[test]
fn migrating_makes_the_database_and_says_so() {
    let place = Place::new();
    for _ in 0..2 {
        let output = place.run(&["migrate"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(stdout(&output), "the schema of documents.db is up to date\n");
    }
    assert_eq!(place.value::<i64>("SELECT count(*) FROM documents"), 0);
}

#[test]
fn what_this_version_lacks_is_refused_by_the_check_and_at_start() {
    let place = Place::new();
    for (more, told) in [
        (
            "processing: { mode: distributed }\n",
            "the mode `distributed` (processing.mode) works on postgresql",
        ),
        ("relationship_detection: { semantic: true }\n", "relationships by meaning need vectors"),
        ("telemetry: { enabled: true }\n", "this version does not serve metrics"),
    ] {
        place.configure(more);
        for arguments in [&["--check-config"][..], &[]] {
            let output = place.run(arguments);
            assert_eq!(output.status.code(), Some(2), "{more}");
            assert!(stderr(&output).contains(told), "{}", stderr(&output));
        }
    }
}

#[test]
fn a_missing_folder_of_the_database_ends_with_2() {
    let place = Place::new();
    let output = place.worker().env("GO_DOC_GO__STORAGE__PATH", "nowhere/documents.db").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("the folder of storage.path does not exist"), "{}", stderr(&output));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::new();
    place.write("a.md", "# A\n");
    let mut worker = place.start(&["--quiet"]);
    drop(worker.stdout.take());
    assert_eq!(worker.wait().unwrap().code(), Some(0));
}
