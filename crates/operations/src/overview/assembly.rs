//! What was read of a run, put together.

use super::Timestamp;
use super::document::{
    DeadLetters, DocumentCounts, Progress, Queue, RunOverview, RunSample, RunSummary, Share, Worker,
    WorkerState,
};
use super::facts::{CounterRow, QueueFacts, RunFacts, WorkerFacts, WorkerSample};
use super::rates::{Rates, Reading, rate_over};
use std::collections::BTreeMap;

/// The window of a worker's rate.
const WORKER_WINDOW: f64 = 300.0;

pub(super) fn assemble(facts: RunFacts, now: Timestamp) -> RunOverview {
    let RunFacts {
        run, leader, discovery, problems, counters, queue, workers, worker_samples, samples, ..
    } = facts;
    let listing_finished =
        !discovery.is_empty() && discovery.iter().all(|source| source.finished_at.is_some());
    let leader_name = leader.as_ref().filter(|leader| leader.expires_in_seconds > 0.0);
    let leader_name = leader_name.map(|leader| leader.worker_id.clone());
    let mut workers: Vec<Worker> = workers
        .into_iter()
        .map(|worker| join(worker, &worker_samples, leader_name.as_deref(), &run))
        .collect();
    workers.sort_by(|one, other| {
        (one.state as u8, one.worker_id.as_str()).cmp(&(other.state as u8, other.worker_id.as_str()))
    });
    RunOverview {
        progress: progress(&run, &queue, &samples, listing_finished, now),
        leader,
        discovery,
        discovery_problems: problems,
        sources: shares(&counters, |row| &row.source),
        formats: shares(&counters, |row| &row.format),
        live_workers: queue.live_workers,
        queue: Queue {
            pending: queue.queued.saturating_sub(queue.in_hand).saturating_sub(queue.retry.count),
            processing: queue.in_hand.min(queue.queued),
            retry: queue.retry,
            ended: queue.ended,
            oldest_pending_seconds: queue.oldest_pending_seconds,
        },
        workers,
        in_flight: facts.in_flight,
        dead_letters: DeadLetters { total: facts.dead_letter_count, recent: facts.dead_letters },
        notes: facts.notes,
        samples,
        summary: run,
    }
}

fn progress(
    run: &RunSummary,
    queue: &QueueFacts,
    samples: &[RunSample],
    listing_finished: bool,
    now: Timestamp,
) -> Progress {
    let (ended, found) = (run.documents.total(), run.found());
    let (rate, failure_rate) = if run.state.is_final() {
        (
            Rates::ended(queue.ended, run.duration_seconds),
            Rates::ended(run.documents.failed, run.duration_seconds),
        )
    } else {
        let readings = |count: fn(&RunSample) -> u64| -> Vec<Reading> {
            let reading = |sample: &RunSample| Reading {
                seconds_ago: now.seconds_since(sample.at),
                count: count(sample),
            };
            samples.iter().map(reading).collect()
        };
        let age = now.seconds_since(run.started_at);
        (
            Rates::of(queue.ended, &readings(|sample| sample.ended), age),
            Rates::of(run.documents.failed, &readings(|sample| sample.failed), age),
        )
    };
    let speed = rate.five_minutes.filter(|speed| *speed > 0.0);
    let eta_seconds = match speed {
        _ if run.state.is_final() || queue.queued == 0 || !run.is_working() => None,
        speed => speed.map(|speed| queue.queued as f64 / speed),
    };
    Progress {
        ended,
        found,
        fraction: (found > 0).then(|| ended as f64 / found as f64),
        listing_finished,
        rate,
        failure_rate,
        eta_seconds,
    }
}

/// A worker with what its samples tell.
fn join(worker: WorkerFacts, samples: &[WorkerSample], leader: Option<&str>, run: &RunSummary) -> Worker {
    let own = || samples.iter().filter(|sample| sample.worker_id == worker.worker_id);
    let mut readings: Vec<Reading> =
        own().map(|sample| Reading { seconds_ago: sample.seconds_ago, count: sample.ended }).collect();
    if readings.is_empty() {
        // It came after the last minute began, or does not tell.
        readings.extend(worker.uptime_seconds.map(|seconds_ago| Reading { seconds_ago, count: 0 }));
    }
    let works = worker.state == WorkerState::Active && !run.state.is_final();
    Worker {
        rate: works.then(|| rate_over(WORKER_WINDOW, worker.ended, &readings)).flatten(),
        memory_bytes: own().next().and_then(|sample| sample.memory_bytes).filter(|_| works),
        is_leader: leader == Some(worker.worker_id.as_str()),
        worker_id: worker.worker_id,
        host: worker.host,
        version: worker.version,
        state: worker.state,
        heartbeat_seconds_ago: worker.heartbeat_seconds_ago,
        uptime_seconds: worker.uptime_seconds.filter(|_| works),
        in_hand: worker.in_hand,
        ended: worker.ended,
    }
}

/// Counters by name, the largest first.
fn shares(rows: &[CounterRow], name: impl Fn(&CounterRow) -> &String) -> Vec<Share> {
    let mut by_name: BTreeMap<&str, Share> = BTreeMap::new();
    for row in rows {
        let share = by_name.entry(name(row)).or_insert_with(|| Share {
            name: name(row).clone(),
            documents: DocumentCounts::default(),
            bytes: 0,
            elements: 0,
        });
        let documents = &mut share.documents;
        let outcome = match row.outcome.as_str() {
            "stored" => &mut documents.stored,
            "unchanged" => &mut documents.unchanged,
            "skipped" => &mut documents.skipped,
            _ => &mut documents.failed,
        };
        *outcome += row.documents;
        share.bytes += row.bytes;
        share.elements += row.elements;
    }
    let mut shares: Vec<Share> = by_name.into_values().collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.documents.total()));
    shares
}
