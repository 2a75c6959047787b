//! Each rule, on the smallest overview that breaks it and on one that just does not.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_operations::alerts::{AlertKind, AlertSettings, Severity, find, schema};
use gdg_operations::overview::{
    Backend, BoundedCount, Connections, DatabaseHealth, DeadLetters, DocumentCounts, InFlight, Leader,
    LongTransaction, Note, Overview, Progress, Queue, QueueState, Rates, RunOverview, RunSample, RunState,
    RunSummary, SourceListing, TableHealth, Timestamp, Worker, WorkerState,
};

const NOW: Timestamp = Timestamp(10_000_000);

/// An active run that gets on: ten documents a second, one worker, which leads.
fn healthy() -> Overview {
    let samples = (1..=30).rev().map(|minute: u64| RunSample {
        at: Timestamp(NOW.0 - 60_000 * minute.cast_signed()),
        queued: 1_000 + 600 * minute,
        ended: 20_000 - 600 * minute,
        failed: 0,
        listed: 21_000,
        leader_epoch: Some(7),
    });
    let worker = Worker {
        worker_id: "worker-01".into(),
        host: Some("host".into()),
        version: "0.1.0".into(),
        state: WorkerState::Active,
        is_leader: true,
        heartbeat_seconds_ago: 10.0,
        uptime_seconds: Some(2_000.0),
        in_hand: 20,
        ended: 20_000,
        rate: Some(10.0),
        memory_bytes: Some(1 << 28),
    };
    let ten = Some(10.0);
    let run = RunOverview {
        summary: RunSummary {
            run_id: "0123456789abcdef-1".into(),
            fingerprint: "0123456789abcdef".into(),
            generation: 1,
            state: RunState::Active,
            queue_state: QueueState::Open,
            started_at: Timestamp(NOW.0 - 2_000_000),
            ended_at: None,
            duration_seconds: 2_000.0,
            documents: DocumentCounts { stored: 20_000, ..DocumentCounts::default() },
            queued: 1_000,
        },
        progress: Progress {
            ended: 20_000,
            found: 21_000,
            fraction: Some(0.95),
            listing_finished: true,
            rate: Rates { one_minute: ten, five_minutes: ten, fifteen_minutes: ten, overall: ten },
            failure_rate: Rates::default(),
            eta_seconds: Some(100.0),
        },
        leader: Some(Leader {
            worker_id: "worker-01".into(),
            epoch: 7,
            elected_seconds_ago: 2_000.0,
            renewed_seconds_ago: 3.0,
            expires_in_seconds: 27.0,
        }),
        discovery: vec![SourceListing { source: "docs".into(), listed: 21_000, finished_at: Some(NOW) }],
        discovery_problems: Vec::new(),
        queue: Queue {
            pending: 980,
            processing: 20,
            retry: BoundedCount::default(),
            ended: 20_000,
            oldest_pending_seconds: Some(100.0),
        },
        sources: Vec::new(),
        formats: Vec::new(),
        live_workers: 1,
        workers: vec![worker],
        in_flight: vec![InFlight {
            doc_id: "docs:a.md".into(),
            source: "docs".into(),
            worker_id: "worker-01".into(),
            attempt: 1,
            claimed_seconds_ago: 3.0,
            size_bytes: None,
        }],
        dead_letters: DeadLetters { total: BoundedCount::default(), recent: Vec::new() },
        notes: Vec::new(),
        samples: samples.collect(),
    };
    let database = DatabaseHealth {
        backend: Backend::Postgresql,
        schema_version: Some(5),
        schema_expected: 5,
        size_bytes: Some(1 << 30),
        connections: Some(Connections { used: 10, max: 100 }),
        longest_transaction: None,
        tables: Vec::new(),
    };
    Overview {
        format_version: 1,
        taken_at: NOW,
        database,
        run: Some(run),
        runs: Vec::new(),
        alerts: Vec::new(),
    }
}

/// What is found in a healthy overview, once it was changed.
fn found(change: impl FnOnce(&mut DatabaseHealth, &mut RunOverview)) -> Vec<(Severity, AlertKind, String)> {
    let mut overview = healthy();
    let run = overview.run.as_mut().unwrap();
    change(&mut overview.database, run);
    let found = find(&overview, None, &AlertSettings::default());
    found.into_iter().map(|alert| (alert.severity, alert.kind, alert.subject)).collect()
}

fn just(severity: Severity, kind: AlertKind, subject: &str) -> Vec<(Severity, AlertKind, String)> {
    vec![(severity, kind, subject.to_owned())]
}

use AlertKind::{
    ConnectionsNearLimit, DeadLettersGrowing, DeletionGuard, DiscoveryStalled, FailureSpike, LeaderFlapping,
    NoLeader, NoWorkers, QueueNotShrinking, SchemaMismatch, StaleWorker, StuckDocuments, VacuumHeldBack,
};
use Severity::{Critical, Warning};

#[test]
fn nothing_is_wrong_with_a_run_that_gets_on() {
    assert_eq!(found(|_, _| {}), []);
}

#[test]
fn every_kind_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> = AlertKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), AlertKind::ALL.len());
    for kind in AlertKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn a_schema_of_another_version_is_told_with_what_to_do() {
    for version in [None, Some(4), Some(6)] {
        assert_eq!(
            found(|database, _| database.schema_version = version),
            just(Critical, SchemaMismatch, "")
        );
    }
    assert!(schema(Some(6), 5).unwrap().advice.contains("newer"));
}

#[test]
fn few_connections_are_a_warning_and_hardly_any_critical() {
    let with = |used| found(|database, _| database.connections = Some(Connections { used, max: 100 }));
    assert_eq!(with(84), []);
    assert_eq!(with(85), just(Warning, ConnectionsNearLimit, ""));
    assert_eq!(with(95), just(Critical, ConnectionsNearLimit, ""));
}

#[test]
fn a_transaction_that_stays_open_holds_vacuum_back() {
    let open_for = |seconds| {
        found(|database, _| {
            database.longest_transaction = Some(LongTransaction {
                seconds,
                backend_pid: 42,
                application_name: "pg_dump".into(),
                state: "active".into(),
            });
        })
    };
    assert_eq!(open_for(599.0), []);
    assert_eq!(open_for(601.0), just(Warning, VacuumHeldBack, ""));
    assert_eq!(open_for(3_601.0), just(Critical, VacuumHeldBack, ""));
}

#[test]
fn dead_rows_that_nobody_removes_are_told_with_their_table() {
    let with = |dead_rows, vacuumed_seconds_ago| {
        found(|database, _| {
            let table = "document_queue".into();
            database.tables =
                vec![TableHealth { table, live_rows: 1_000, dead_rows, size_bytes: 0, vacuumed_seconds_ago }];
        })
    };
    assert_eq!(with(100_001, Some(60.0)), []);
    assert_eq!(with(90_000, None), []);
    assert_eq!(with(100_001, None), just(Warning, VacuumHeldBack, "document_queue"));
}

#[test]
fn a_worker_is_stale_after_three_heartbeats_and_critical_once_it_should_be_dead() {
    let silent_for = |seconds| found(|_, run| run.workers[0].heartbeat_seconds_ago = seconds);
    assert_eq!(silent_for(89.0), []);
    assert_eq!(silent_for(91.0), just(Warning, StaleWorker, "worker-01"));
    let dead = silent_for(601.0);
    assert!(dead.contains(&(Critical, StaleWorker, "worker-01".into())), "{dead:?}");
    assert!(dead.contains(&(Critical, NoWorkers, String::new())), "{dead:?}");
}

#[test]
fn a_worker_that_died_is_told_for_an_hour_and_one_that_stopped_never() {
    let with = |state, heartbeat_seconds_ago| {
        found(|_, run| {
            let other =
                Worker { worker_id: "other".into(), state, heartbeat_seconds_ago, ..run.workers[0].clone() };
            run.workers.push(other);
        })
    };
    assert_eq!(with(WorkerState::Dead, 3_000.0), just(Warning, StaleWorker, "other"));
    assert_eq!(with(WorkerState::Dead, 4_000.0), []);
    assert_eq!(with(WorkerState::Stopped, 3_000.0), []);
}

#[test]
fn a_run_without_workers_is_critical_once_they_had_time_to_start() {
    let after = |seconds| {
        found(|_, run| {
            run.workers.clear();
            run.summary.duration_seconds = seconds;
        })
    };
    assert_eq!(after(30.0), []);
    assert_eq!(after(61.0), just(Critical, NoWorkers, ""));
}

#[test]
fn a_lease_that_ended_is_no_leader_unless_somebody_may_be_taking_over() {
    let ended_for = |seconds: f64| found(|_, run| run.leader.as_mut().unwrap().expires_in_seconds = -seconds);
    assert_eq!(ended_for(9.0), []);
    assert_eq!(ended_for(11.0), just(Critical, NoLeader, ""));
    assert_eq!(found(|_, run| run.leader = None), []);
}

#[test]
fn three_changes_of_the_leader_in_a_quarter_of_an_hour_are_flapping() {
    let epoch = |epoch| found(|_, run| run.leader.as_mut().unwrap().epoch = epoch);
    assert_eq!(epoch(9), []);
    assert_eq!(epoch(10), just(Warning, LeaderFlapping, ""));
    let long_ago = found(|_, run| {
        run.leader.as_mut().unwrap().epoch = 20;
        run.samples.retain(|sample| NOW.seconds_since(sample.at) > 900.0);
        // So that nothing else is missed.
        run.summary.queue_state = QueueState::Paused;
    });
    assert_eq!(long_ago, []);
}

#[test]
fn a_document_is_stuck_when_it_is_in_hand_for_longer_than_it_may_take() {
    let held_for = |seconds| found(|_, run| run.in_flight[0].claimed_seconds_ago = seconds);
    assert_eq!(held_for(449.0), []);
    assert_eq!(held_for(451.0), just(Warning, StuckDocuments, ""));
}

#[test]
fn a_queue_of_which_nothing_ends_is_critical() {
    let standing = |run: &mut RunOverview| {
        run.progress.rate.five_minutes = Some(0.0);
        run.samples.iter_mut().for_each(|sample| sample.queued = 1_000);
    };
    assert_eq!(found(|_, run| standing(run)), just(Critical, QueueNotShrinking, ""));
    let paused = found(|_, run| {
        standing(run);
        run.summary.queue_state = QueueState::Paused;
    });
    assert_eq!(paused, [], "nobody expects anything of a paused run");
}

#[test]
fn a_queue_that_grows_is_a_warning_once_sources_are_listed() {
    let growing = |run: &mut RunOverview| run.samples.iter_mut().for_each(|sample| sample.queued = 900);
    assert_eq!(found(|_, run| growing(run)), just(Warning, QueueNotShrinking, ""));
    let listing = found(|_, run| {
        growing(run);
        run.progress.listing_finished = false;
    });
    assert_eq!(listing, []);
}

#[test]
fn an_earlier_overview_tells_what_no_sample_does() {
    let mut overview = healthy();
    let run = overview.run.as_mut().unwrap();
    run.samples.clear();
    run.progress.rate.five_minutes = Some(0.0);
    let mut previous = overview.clone();
    previous.taken_at = Timestamp(NOW.0 - 301_000);
    let settings = AlertSettings::default();
    assert_eq!(find(&overview, None, &settings), []);
    assert_eq!(find(&overview, Some(&previous), &settings)[0].kind, QueueNotShrinking);
    previous.run.as_mut().unwrap().summary.run_id = "another".into();
    assert_eq!(find(&overview, Some(&previous), &settings), []);
}

#[test]
fn a_listing_that_finds_nothing_for_five_minutes_is_stalled() {
    let listing = |listed| {
        found(|_, run| {
            run.discovery[0].finished_at = None;
            run.discovery[0].listed = listed;
            run.progress.listing_finished = false;
        })
    };
    assert_eq!(listing(21_000), just(Warning, DiscoveryStalled, "docs"));
    assert_eq!(listing(21_001), []);
}

#[test]
fn many_failures_at_once_are_a_spike_and_dead_letters_that_grow() {
    // In five minutes 3,000 documents ended.
    let failed = |failed| found(|_, run| run.summary.documents.failed = failed);
    assert_eq!(failed(9), []);
    assert_eq!(failed(11), just(Warning, DeadLettersGrowing, ""));
    assert_eq!(
        failed(700),
        [just(Critical, FailureSpike, ""), just(Warning, DeadLettersGrowing, "")].concat()
    );
}

#[test]
fn a_run_whose_documents_always_failed_has_no_spike() {
    let alerts = found(|_, run| {
        run.samples.iter_mut().for_each(|sample| sample.failed = sample.ended / 4);
        run.summary.documents.failed = 5_000;
    });
    assert_eq!(alerts, just(Warning, DeadLettersGrowing, ""));
}

#[test]
fn the_deletion_guard_is_told_also_when_the_run_is_over() {
    let alerts = found(|_, run| {
        run.summary.state = RunState::Completed;
        let (kind, source, message) = ("deletion_guard".into(), "docs".into(), "90 % are gone".into());
        run.notes = vec![Note { kind, source, message }];
    });
    assert_eq!(alerts, just(Warning, DeletionGuard, "docs"));
}

#[test]
fn nobody_misses_workers_or_a_leader_of_a_run_that_is_over() {
    let alerts = found(|_, run| {
        run.summary.state = RunState::Completed;
        run.workers[0].heartbeat_seconds_ago = 10_000.0;
        run.leader.as_mut().unwrap().expires_in_seconds = -10_000.0;
    });
    assert_eq!(alerts, []);
}

#[test]
fn alerts_say_what_was_seen_and_what_to_do_the_worst_first() {
    let mut overview = healthy();
    let run = overview.run.as_mut().unwrap();
    run.workers[0].heartbeat_seconds_ago = 120.0;
    run.leader.as_mut().unwrap().expires_in_seconds = -60.0;
    insta::assert_json_snapshot!(find(&overview, None, &AlertSettings::default()));
}
