//! A run in the middle of its work, for tests.

use gdg_operations::alerts::{self, AlertSettings};
use gdg_operations::overview::{
    Backend, BoundedCount, Connections, DatabaseHealth, DeadLetter, DeadLetters, DiscoveryProblem,
    DocumentCounts, FORMAT_VERSION, InFlight, Leader, LongTransaction, Overview, Progress, Queue, QueueState,
    Rates, RunOverview, RunSample, RunState, RunSummary, Share, SourceListing, TableHealth, Timestamp,
    Worker, WorkerState,
};

const NOW: Timestamp = Timestamp(1_780_000_000_000);

fn ago(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 - 1000 * seconds)
}

/// Twelve thousand of twenty thousand documents have ended; one worker is silent.
pub(crate) fn overview() -> Overview {
    let run = run();
    let earlier = RunSummary {
        run_id: "716df8bfbbb2b4e7-2".into(),
        generation: 2,
        state: RunState::Completed,
        started_at: ago(90_000),
        ended_at: Some(ago(88_000)),
        duration_seconds: 2_000.0,
        documents: DocumentCounts { stored: 19_000, unchanged: 0, skipped: 0, failed: 0 },
        queued: 0,
        ..run.summary.clone()
    };
    let mut overview = Overview {
        format_version: FORMAT_VERSION,
        taken_at: NOW,
        database: database(),
        runs: vec![run.summary.clone(), earlier],
        run: Some(run),
        alerts: Vec::new(),
    };
    overview.alerts = alerts::find(&overview, None, &AlertSettings::default());
    overview
}

fn run() -> RunOverview {
    let minutes = 1..=12_u64;
    let samples = minutes.rev().map(|minute| RunSample {
        at: ago(60 * minute.cast_signed() - 20),
        queued: 7_500 + 900 * minute,
        ended: 12_320_u64.saturating_sub(900 * minute + 60 * (minute % 3)),
        failed: 12_u64.saturating_sub(minute),
        listed: 20_000,
        leader_epoch: Some(7),
    });
    RunOverview {
        summary: RunSummary {
            run_id: "716df8bfbbb2b4e7-3".into(),
            fingerprint: "716df8bfbbb2b4e7".into(),
            generation: 3,
            state: RunState::Active,
            queue_state: QueueState::Open,
            started_at: ago(724),
            ended_at: None,
            duration_seconds: 724.0,
            documents: DocumentCounts { stored: 12_000, unchanged: 380, skipped: 108, failed: 12 },
            queued: 7_500,
        },
        progress: Progress {
            ended: 12_500,
            found: 20_000,
            fraction: Some(0.625),
            listing_finished: false,
            rate: Rates {
                one_minute: Some(15.3),
                five_minutes: Some(14.9),
                fifteen_minutes: Some(16.6),
                overall: Some(16.6),
            },
            failure_rate: Rates { five_minutes: Some(0.02), ..Rates::default() },
            eta_seconds: Some(503.4),
        },
        leader: Some(Leader {
            worker_id: "worker-01".into(),
            epoch: 7,
            elected_seconds_ago: 700.0,
            renewed_seconds_ago: 3.2,
            expires_in_seconds: 26.8,
        }),
        discovery: vec![
            SourceListing { source: "manuals".into(), listed: 18_000, finished_at: Some(ago(300)) },
            SourceListing { source: "the wiki of all departments".into(), listed: 2_000, finished_at: None },
        ],
        discovery_problems: vec![DiscoveryProblem {
            source: "manuals".into(),
            locator: "secret".into(),
            message: "secret: permission denied".into(),
        }],
        queue: Queue {
            pending: 7_370,
            processing: 120,
            retry: BoundedCount { count: 10, at_least: false },
            ended: 12_020,
            oldest_pending_seconds: Some(340.0),
        },
        sources: vec![
            share("manuals", [11_000, 380, 108, 12], 900_000_000, 800_000),
            share("the wiki of all departments", [1_000, 0, 0, 0], 20_000_000, 40_000),
        ],
        formats: vec![
            share("markdown", [9_000, 380, 0, 0], 80_000_000, 400_000),
            share("pdf", [3_000, 0, 0, 12], 840_000_000, 440_000),
            share("unknown", [0, 0, 108, 0], 1_200_000, 0),
        ],
        live_workers: 3,
        workers: vec![
            worker("worker-01", 4.0, Some(7.5), true),
            worker("worker-02", 11.0, Some(7.4), false),
            worker("worker-03-in-a-pod-with-quite-a-long-name", 130.0, Some(0.0), false),
        ],
        in_flight: vec![
            in_flight(
                "manuals:archive/1998/the complete reference, volume 4 (scanned).pdf",
                "worker-03",
                128.0,
            ),
            in_flight("manuals:guide/start.md", "worker-01", 2.0),
        ],
        dead_letters: DeadLetters {
            total: BoundedCount { count: 12, at_least: false },
            recent: vec![
                letter("manuals:contracts/2024.pdf", "the document is encrypted", 75),
                letter(
                    "manuals:contracts/\u{1b}[31m2023.pdf",
                    "the document is encrypted\nand has two lines",
                    400,
                ),
            ],
        },
        notes: Vec::new(),
        samples: samples.collect(),
    }
}

fn share(name: &str, documents: [u64; 4], bytes: u64, elements: u64) -> Share {
    let [stored, unchanged, skipped, failed] = documents;
    Share {
        name: name.into(),
        documents: DocumentCounts { stored, unchanged, skipped, failed },
        bytes,
        elements,
    }
}

fn worker(name: &str, silent: f64, rate: Option<f64>, is_leader: bool) -> Worker {
    Worker {
        worker_id: name.into(),
        host: Some("host-1".into()),
        version: "0.1.0".into(),
        state: WorkerState::Active,
        is_leader,
        heartbeat_seconds_ago: silent,
        uptime_seconds: Some(720.0),
        in_hand: 40,
        ended: 4_006,
        rate,
        memory_bytes: Some(412_000_000),
    }
}

fn in_flight(document: &str, worker: &str, seconds: f64) -> InFlight {
    InFlight {
        doc_id: document.into(),
        source: "manuals".into(),
        worker_id: worker.into(),
        attempt: 1,
        claimed_seconds_ago: seconds,
        size_bytes: Some(84_000_000),
    }
}

fn letter(document: &str, message: &str, seconds: i64) -> DeadLetter {
    DeadLetter {
        dead_letter_id: 7,
        doc_id: document.into(),
        source: "manuals".into(),
        class: "permanent".into(),
        message: message.into(),
        retries: 0,
        died_at: ago(seconds),
    }
}

fn database() -> DatabaseHealth {
    let table = |table: &str, live_rows, dead_rows, vacuumed_seconds_ago| TableHealth {
        table: table.into(),
        live_rows,
        dead_rows,
        size_bytes: 80_000_000,
        vacuumed_seconds_ago,
    };
    DatabaseHealth {
        backend: Backend::Postgresql,
        schema_version: Some(5),
        schema_expected: 5,
        size_bytes: Some(1_503_238_553),
        connections: Some(Connections { used: 21, max: 100 }),
        longest_transaction: Some(LongTransaction {
            seconds: 3.0,
            backend_pid: 4_711,
            application_name: "psql".into(),
            state: "idle in transaction".into(),
        }),
        tables: vec![
            table("document_queue", 7_500, 12_400, Some(40.0)),
            table("documents", 31_000, 380, None),
        ],
    }
}
