//! What is read of a run: one suite, on both databases.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

mod support;

use gdg_operations::alerts::{self, AlertKind, AlertSettings};
use gdg_operations::metrics;
use gdg_operations::overview::{
    BoundedCount, Found, Overview, QueueState, RunSelector, RunState, WorkerState,
};
use gdg_operations::{DatabaseError, SCHEMA_VERSION};
use support::{Fixture, set_version};

const RUN: &str = "0123456789abcdef-2";
const WORK: &str = "0123456789abcdef";

/// The suite, for each database.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        mod postgres {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::postgres().await).await; })*
        }
        mod sqlite {
            $(#[tokio::test] async fn $name() { super::$name(super::Fixture::sqlite().await).await; })*
        }
    };
}

on_both_databases!(
    an_empty_database_has_no_runs,
    runs_are_listed_the_newest_first_and_found_by_a_part_of_their_names,
    a_run_is_told_with_its_counts_queue_and_shares,
    rates_come_from_what_workers_left_behind,
    what_is_in_hand_and_what_failed_is_named,
    an_overview_keeps_the_form_that_its_schema_says,
    a_schema_of_another_version_is_refused_and_told,
    a_monitor_cannot_write,
);

/// A run that has half of its 200 documents behind it, and one before it that is completed.
async fn half_done(fixture: &Fixture) {
    fixture.add_run("0123456789abcdef-1", WORK, 1, "completed", 9_000).await;
    fixture.execute("UPDATE processing_runs SET completed_at = {ago:8000} WHERE generation = 1").await;
    fixture.add_run(RUN, WORK, 2, "active", 600).await;
    fixture.add_queue(RUN, 100, 10).await;
    fixture
        .execute(
            "INSERT INTO run_counters (run_id, worker_id, source_name, outcome, format, documents, elements, bytes) VALUES
             ('0123456789abcdef-2', 'w-1', 'docs', 'stored', 'markdown', 60, 600, 6000),
             ('0123456789abcdef-2', 'w-1', 'docs', 'failed', 'pdf', 5, 0, 500),
             ('0123456789abcdef-2', 'w-2', 'wiki', 'stored', 'html', 30, 300, 3000),
             ('0123456789abcdef-2', 'w-2', 'docs', 'skipped', 'unknown', 5, 0, 50);
             INSERT INTO discovery_cursors (run_id, source_name, listed, finished_at) VALUES
             ('0123456789abcdef-2', 'docs', 170, {ago:60}), ('0123456789abcdef-2', 'wiki', 30, NULL);
             INSERT INTO run_alerts (run_id, kind, source_name, message, raised_at) VALUES
             ('0123456789abcdef-2', 'deletion_guard', 'docs', 'half of it is gone', {ago:5});
             INSERT INTO discovery_problems (run_id, source_name, locator, message) VALUES
             ('0123456789abcdef-2', 'docs', 'secret', 'secret: permission denied')",
        )
        .await;
    fixture
        .execute(
            "INSERT INTO worker_samples (minute, worker_id, run_id, sampled_at, version, in_hand, ended, failed, bytes,
                                         memory_bytes) VALUES
             ({minute:1}, 'w-1', '0123456789abcdef-2', {ago:60}, '0.1.0', 10, 53, 2, 0, 1048576),
             ({minute:5}, 'w-1', '0123456789abcdef-2', {ago:300}, '0.1.0', 10, 35, 0, 0, 524288),
             ({minute:1}, 'w-2', '0123456789abcdef-2', {ago:60}, '0.1.0', 0, 35, 0, 0, NULL);
             INSERT INTO run_samples (run_id, minute, sampled_at, queued, ended, failed, listed, leader_epoch) VALUES
             ('0123456789abcdef-2', {minute:1}, {ago:60}, 112, 88, 2, 200, 3),
             ('0123456789abcdef-2', {minute:5}, {ago:300}, 160, 40, 0, 150, 3)",
        )
        .await;
    if fixture.is_postgres() {
        fixture
            .execute(
                "INSERT INTO run_progress (run_id, worker_id, enqueued, ended) VALUES
                 ('0123456789abcdef-2', 'w-1', 200, 65), ('0123456789abcdef-2', 'w-2', 0, 35);
                 INSERT INTO workers (worker_id, instance_id, run_id, host, process_id, version, in_hand, started_at,
                                      last_heartbeat) VALUES
                 ('w-1', 'a', '0123456789abcdef-2', 'host-1', 1, '0.1.0', 10, {ago:500}, {ago:3});
                 INSERT INTO workers (worker_id, instance_id, run_id, host, process_id, version, status, last_heartbeat)
                 VALUES ('w-2', 'b', '0123456789abcdef-2', 'host-2', 2, '0.1.0', 'dead', {ago:700});
                 INSERT INTO leases VALUES
                 ('0123456789abcdef', 'w-1', 3, {ago:500}, {ago:4}, now() + interval '26 seconds')",
            )
            .await;
    }
}

async fn look(fixture: &Fixture, run: &str) -> Overview {
    fixture.open().overview(Some(run), 50).await.unwrap()
}

async fn an_empty_database_has_no_runs(fixture: Fixture) {
    let database = fixture.open();
    database.check_schema().await.unwrap();
    assert_eq!(database.find_run(&RunSelector::Latest).await.unwrap(), Found::Nothing);
    let overview = database.overview(Some("nothing"), 50).await.unwrap();
    assert_eq!((overview.run, overview.runs), (None, Vec::new()));
    assert_eq!(overview.database.schema_version, Some(SCHEMA_VERSION));
}

async fn runs_are_listed_the_newest_first_and_found_by_a_part_of_their_names(fixture: Fixture) {
    half_done(&fixture).await;
    fixture.add_run("0123000000000000-1", "0123000000000000", 1, "abandoned", 20_000).await;
    fixture.add_run("0123000000000000-12", "0123000000000000", 12, "completed", 19_000).await;
    let database = fixture.open();
    let runs = database.runs(3).await.unwrap();
    let names: Vec<&str> = runs.iter().map(|run| run.run_id.as_str()).collect();
    assert_eq!(names, [RUN, "0123456789abcdef-1", "0123000000000000-12"]);
    assert_eq!((runs[1].state, runs[1].duration_seconds.round() as u32), (RunState::Completed, 1_000));
    for (asked, found) in [
        ("latest", Found::One(RUN.into())),
        ("01234", Found::One(RUN.into())),
        ("0123456789abcdef-1", Found::One("0123456789abcdef-1".into())),
        ("0123000000000000-1", Found::One("0123000000000000-1".into())),
        ("0123000", Found::One("0123000000000000-12".into())),
        ("0123", Found::Several(vec!["0123000000000000-12".into(), RUN.into()])),
        ("%", Found::Nothing),
        ("", Found::Nothing),
    ] {
        assert_eq!(database.find_run(&RunSelector::parse(asked)).await.unwrap(), found, "{asked}");
    }
}

async fn a_run_is_told_with_its_counts_queue_and_shares(fixture: Fixture) {
    half_done(&fixture).await;
    let run = look(&fixture, RUN).await.run.unwrap();
    assert_eq!((run.summary.state, run.summary.queue_state), (RunState::Active, QueueState::Open));
    let documents = run.summary.documents;
    assert_eq!((documents.stored, documents.unchanged, documents.skipped, documents.failed), (90, 0, 5, 5));
    assert_eq!((run.progress.ended, run.progress.found, run.progress.fraction), (100, 200, Some(0.5)));
    assert_eq!((run.queue.pending, run.queue.processing, run.queue.retry.count), (90, 10, 0));
    assert!((85.0..200.0).contains(&run.queue.oldest_pending_seconds.unwrap()));
    assert!(!run.progress.listing_finished);
    assert_eq!(run.discovery[0].listed, 170);
    assert!(run.discovery[0].finished_at.is_some() && run.discovery[1].finished_at.is_none());
    assert_eq!(run.discovery_problems[0].message, "secret: permission denied");
    let sources: Vec<_> =
        run.sources.iter().map(|share| (share.name.as_str(), share.documents.total())).collect();
    assert_eq!(sources, [("docs", 70), ("wiki", 30)]);
    assert_eq!(
        (run.formats[0].name.as_str(), run.formats[0].elements, run.formats[0].bytes),
        ("markdown", 600, 6000)
    );
    assert_eq!(run.notes[0].message, "half of it is gone");
}

async fn rates_come_from_what_workers_left_behind(fixture: Fixture) {
    half_done(&fixture).await;
    let run = look(&fixture, RUN).await.run.unwrap();
    let near = |rate: Option<f64>, expected: f64| (rate.unwrap() - expected).abs() < 0.1 * expected;
    assert!(near(run.progress.rate.one_minute, 12.0 / 60.0), "{:?}", run.progress.rate);
    assert!(near(run.progress.rate.five_minutes, 60.0 / 300.0), "{:?}", run.progress.rate);
    assert!(near(run.progress.failure_rate.five_minutes, 5.0 / 300.0), "{:?}", run.progress.failure_rate);
    assert!(near(run.progress.eta_seconds, 500.0), "{:?}", run.progress.eta_seconds);
    let worker = run.workers.iter().find(|worker| worker.worker_id == "w-1").unwrap();
    assert_eq!(
        (worker.state, worker.memory_bytes, worker.version.as_str()),
        (WorkerState::Active, Some(1 << 20), "0.1.0")
    );
    assert_eq!(run.live_workers, if fixture.is_postgres() { 1 } else { 2 });
    if fixture.is_postgres() {
        assert!(near(worker.rate, 30.0 / 300.0), "{worker:?}");
        assert!(worker.is_leader);
        assert_eq!(run.leader.unwrap().epoch, 3);
        assert_eq!(run.workers[1].state, WorkerState::Dead);
    }
    let samples: Vec<u64> = run.samples.iter().map(|sample| sample.ended).collect();
    assert_eq!(samples, [40, 88], "the oldest first");
}

async fn what_is_in_hand_and_what_failed_is_named(fixture: Fixture) {
    half_done(&fixture).await;
    for (name, age) in [("old.pdf", 50), ("new.pdf", 10)] {
        fixture.add_dead_letter(RUN, name, age).await;
    }
    fixture.add_dead_letter("another-1", "other.pdf", 1).await;
    let run = look(&fixture, RUN).await.run.unwrap();
    let held: Vec<&str> = run.in_flight.iter().map(|document| document.doc_id.as_str()).collect();
    assert_eq!(held[..3], ["docs:1", "docs:2", "docs:3"], "those in hand longest come first");
    assert_eq!((held.len(), run.in_flight[0].worker_id.as_str(), run.in_flight[0].attempt), (10, "w-1", 1));
    assert!((29.0..120.0).contains(&run.in_flight[0].claimed_seconds_ago));
    assert_eq!(run.dead_letters.total, BoundedCount { count: 2, at_least: false });
    let letters: Vec<&str> = run.dead_letters.recent.iter().map(|letter| letter.doc_id.as_str()).collect();
    assert_eq!(letters, ["docs:new.pdf", "docs:old.pdf"]);
    assert_eq!(
        (run.dead_letters.recent[0].class.as_str(), run.dead_letters.recent[0].retries),
        ("permanent", 2)
    );
}

async fn an_overview_keeps_the_form_that_its_schema_says(fixture: Fixture) {
    half_done(&fixture).await;
    fixture.add_dead_letter(RUN, "new.pdf", 10).await;
    let mut overview = look(&fixture, RUN).await;
    overview.alerts = alerts::find(&overview, None, &AlertSettings::default());
    let document = serde_json::to_value(&overview).unwrap();
    let schema = serde_json::to_value(schemars::schema_for!(Overview)).unwrap();
    let mut problems = Vec::new();
    check(&document, &schema, &schema, "overview", &mut problems);
    assert_eq!(problems, Vec::<String>::new());
    assert!(document["taken_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(document["run"]["run_id"], RUN);
    let gauges = metrics::gauges(&overview);
    for gauge in &gauges {
        assert!(metrics::HELP.iter().any(|(name, _)| *name == gauge.name), "{} is not explained", gauge.name);
    }
    let text = metrics::prometheus(&gauges);
    assert!(text.contains("\ngo_doc_go_run_documents{outcome=\"stored\"} 90\n"), "{text}");
    assert!(text.contains("\ngo_doc_go_run_queue_documents{state=\"pending\"} 90\n"), "{text}");
    assert!(!text.contains("new.pdf"), "no number bears a document's name");
}

/// Whether every member is described, of the type that is said, and none is missing.
fn check(
    value: &serde_json::Value,
    schema: &serde_json::Value,
    root: &serde_json::Value,
    path: &str,
    problems: &mut Vec<String>,
) {
    if let Some(name) = schema["$ref"].as_str() {
        return check(value, &root["$defs"][name.rsplit('/').next().unwrap()], root, path, problems);
    }
    if let Some(choices) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        let fits = choices.iter().any(|choice| {
            let mut found = Vec::new();
            check(value, choice, root, path, &mut found);
            found.is_empty()
        });
        if !fits {
            problems.push(format!("{path}: {value} is none of what it may be"));
        }
        return;
    }
    if schema["const"].is_string() && schema["const"] != *value {
        problems.push(format!("{path}: {value} is not {}", schema["const"]));
    }
    let kind = match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "boolean",
        serde_json::Value::Number(number) if number.is_f64() => "number",
        serde_json::Value::Number(_) => "integer",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    };
    let allowed = match &schema["type"] {
        serde_json::Value::String(one) => vec![one.as_str()],
        serde_json::Value::Array(several) => several.iter().filter_map(|one| one.as_str()).collect(),
        _ => Vec::new(),
    };
    let fits = allowed.contains(&kind) || (kind == "integer" && allowed.contains(&"number"));
    if !fits {
        problems.push(format!("{path}: {value} is no {allowed:?}"));
    }
    match value {
        serde_json::Value::Array(items) => {
            for item in items {
                check(item, &schema["items"], root, &format!("{path}[]"), problems);
            }
        }
        serde_json::Value::Object(members) => {
            for (name, member) in members {
                let described = &schema["properties"][name];
                if described.is_null() {
                    problems.push(format!("{path}.{name} is not described"));
                } else {
                    check(member, described, root, &format!("{path}.{name}"), problems);
                }
            }
            for name in schema["required"].as_array().into_iter().flatten() {
                if !members.contains_key(name.as_str().unwrap()) {
                    problems.push(format!("{path}.{name} is missing"));
                }
            }
        }
        _ => {}
    }
}

async fn a_schema_of_another_version_is_refused_and_told(fixture: Fixture) {
    let database = fixture.open();
    for (version, advice) in [(SCHEMA_VERSION - 1, "worker migrate"), (SCHEMA_VERSION + 1, "newer version")] {
        set_version(&fixture, version).await;
        let error = database.check_schema().await.unwrap_err();
        assert!(error.is_about_schema() && error.to_string().contains(advice), "{error}");
        let found = database.schema_version().await.unwrap();
        assert_eq!(alerts::schema(found, SCHEMA_VERSION).unwrap().kind, AlertKind::SchemaMismatch);
    }
    fixture.execute("DROP TABLE refinery_schema_history").await;
    assert!(matches!(database.check_schema().await, Err(DatabaseError::SchemaMissing)));
}

async fn a_monitor_cannot_write(fixture: Fixture) {
    half_done(&fixture).await;
    let statement = "DELETE FROM run_counters";
    match fixture.open() {
        gdg_operations::Database::Postgres(postgres) => {
            let error = postgres.execute(statement, &[]).await.unwrap_err().to_string();
            assert!(error.contains("read-only transaction"), "{error}");
        }
        gdg_operations::Database::Sqlite(connection) => {
            let refused = connection.call(move |connection| connection.execute(statement, [])).await;
            assert!(refused.unwrap_err().to_string().contains("readonly"));
        }
    }
}
