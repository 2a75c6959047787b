//! What the commands print, as text and as JSON: a change of either is a change for somebody.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use crate::{analysis_display, layout, letter_display, report_display};
use gdg_model::{ErrorClass, RunId};
use gdg_operations::dead_letters::{
    Advice, Analysis, Attempt, Example, Group, Letter, Listing, Maintenance, Outlook, Purged, Refusal,
    RetryReport, RunRetry, Share, Timestamp,
};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp(1_767_269_100_000);

fn letters() -> Listing {
    let attempt = |number: i64, message: &str| Attempt {
        attempt: i32::try_from(number).unwrap(),
        worker_id: format!("worker-{number:02}.ingest.example.com"),
        started_at: Timestamp(NOW.0 - 700_000 + number * 100_000),
        ended_at: Timestamp(NOW.0 - 700_000 + number * 100_000 + 350),
        error_class: ErrorClass::Transient,
        error_message: message.into(),
    };
    let unavailable = "source `wiki`: `spaces/engineering/page-1234567.html` cannot be had at the moment: the server answers 503";
    let broken = Letter {
        dead_letter_id: 412,
        run_id: RunId::new("3f9c0d2eb1a47568-2"),
        doc_id: "docs:reports/2025/broken.json".into(),
        source_name: "docs".into(),
        locator: "reports/2025/broken.json".into(),
        link_depth: 0,
        priority: 1,
        etag: None,
        modified_at: Some(1_767_000_000_000_000_000),
        size_bytes: Some(18_432),
        format: "json".into(),
        media_type: Some("application/json"),
        error_class: ErrorClass::Permanent,
        error_message: "malformed json: expected a comma at line 3, column 14".into(),
        fingerprint: "5c1de0b2aa94f7d3".into(),
        retry_count: 0,
        revived_count: 0,
        worker_id: Some("worker-01".into()),
        died_at: Timestamp(NOW.0 - 200_000),
        attempts: vec![Attempt {
            error_class: ErrorClass::Permanent,
            ..attempt(1, "malformed json: expected a comma at line 3, column 14")
        }],
    };
    let busy = Letter {
        dead_letter_id: 98,
        doc_id: "wiki:spaces/engineering/page-1234567.html".into(),
        source_name: "wiki".into(),
        locator: "spaces/engineering/page-1234567.html".into(),
        size_bytes: None,
        format: "unknown".into(),
        media_type: None,
        error_class: ErrorClass::Transient,
        error_message: unavailable.into(),
        retry_count: 3,
        revived_count: 1,
        died_at: Timestamp(NOW.0 - 400_000_000),
        attempts: [unavailable, "the server answers 500", unavailable]
            .iter()
            .zip(1..)
            .map(|(message, number)| attempt(number, message))
            .collect(),
        ..broken.clone()
    };
    Listing { dead_letters: vec![broken, busy], next_after: Some(98) }
}

fn analysis() -> Analysis {
    let share = |name: &str, count: u64| Share {
        name: name.into(),
        count,
        share: count as f64 / 1_300.0,
        first_seen: Timestamp(NOW.0 - 9_000_000),
        last_seen: Timestamp(NOW.0 - 60_000),
    };
    let group = Group {
        fingerprint: "5c1de0b2aa94f7d3".into(),
        pattern: "malformed json: expected a comma at line <n>, column <n>".into(),
        class: ErrorClass::Permanent,
        count: 1_295,
        share: 1_295.0 / 1_300.0,
        first_seen: Timestamp(NOW.0 - 9_000_000),
        last_seen: Timestamp(NOW.0 - 60_000),
        example: Example {
            dead_letter_id: 412,
            doc_id: "docs:reports/2025/broken.json".into(),
            error_message: "malformed json: expected a comma at line 3, column 14".into(),
        },
        advice: Advice {
            retry: Outlook::AfterFix,
            fix: "repair the document at the place that the message names".into(),
            key: None,
        },
    };
    let deep = Group {
        fingerprint: "0d1f9a66b3c2e480".into(),
        pattern: "depth: more than the allowed <n> levels; raise `parsing.limits.max_depth` to allow it"
            .into(),
        count: 5,
        share: 5.0 / 1_300.0,
        advice: Advice {
            retry: Outlook::AfterFix,
            fix: "raise parsing.limits.max_depth, or exclude such documents from their source".into(),
            key: Some("parsing.limits.max_depth".into()),
        },
        ..group.clone()
    };
    Analysis {
        total: 1_300,
        groups: vec![group, deep],
        classes: vec![share("permanent", 1_300)],
        sources: vec![share("docs", 1_200), share("wiki", 100)],
        formats: vec![share("json", 1_300)],
        workers: (1..=10).map(|number| share(&format!("worker-{number:02}"), 130)).collect(),
        hours: vec![share("2026-01-01T12:00Z", 700), share("2026-01-01T11:00Z", 600)],
    }
}

fn retry_report() -> RetryReport {
    let run = |name: &str, retried: u64, refused: Option<Refusal>| RunRetry {
        run_id: RunId::new(name),
        status: (refused != Some(Refusal::UnknownRun))
            .then_some(gdg_operations::dead_letters::RunStatus::Completed),
        matched: 1_300,
        retried,
        reopened: retried > 0,
        refused,
    };
    RetryReport {
        dry_run: false,
        matched: 5_200,
        retried: 1_300,
        runs: vec![
            run("3f9c0d2eb1a47568-2", 1_300, None),
            run("3f9c0d2eb1a47568-1", 0, Some(Refusal::Superseded { by: RunId::new("3f9c0d2eb1a47568-2") })),
            run("77aa0d2eb1a47568-1", 0, Some(Refusal::Cancelled)),
            run("90bb0d2eb1a47568-1", 0, Some(Refusal::UnknownRun)),
        ],
    }
}

fn maintenance() -> Maintenance {
    let purge = Purged { dry_run: false, older_than_days: 30, purged: 12 };
    Maintenance { at: NOW, retry: retry_report(), purge, remaining: 3_900 }
}

fn assert_fits(text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= layout::WIDTH, "{line}");
    }
}

#[test]
fn what_people_read_fits_a_terminal_of_eighty_columns() {
    let listing = letters();
    for (name, text) in [
        ("list", letter_display::list_text(&listing, NOW)),
        ("details", letter_display::details_text(&listing, NOW)),
        ("analysis", analysis_display::analysis_text(&analysis(), NOW, false)),
        ("retry", report_display::retry_text(&retry_report())),
        ("retry_dry_run", report_display::retry_text(&RetryReport { dry_run: true, ..retry_report() })),
        ("nothing_to_retry", report_display::retry_text(&RetryReport::default())),
        ("purge", report_display::purge_text(&maintenance().purge)),
        ("maintenance", report_display::maintenance_text(&maintenance())),
    ] {
        assert_fits(&text);
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn what_programs_read_stays_as_it_is() {
    let to_json = |value: Result<Value, serde_json::Error>| value.unwrap();
    for (name, value) in [
        ("json_list", to_json(serde_json::to_value(letters()))),
        ("json_analysis", to_json(serde_json::to_value(analysis()))),
        ("json_retry", to_json(serde_json::to_value(retry_report()))),
        ("json_maintenance", to_json(serde_json::to_value(maintenance()))),
        ("json_nothing", json!({ "show": Option::<Letter>::None })),
    ] {
        insta::assert_json_snapshot!(name, value);
    }
}
