//! Workers and their leader.

use super::{Alert, AlertKind, AlertSettings, Severity};
use crate::overview::{RunOverview, RunState, Timestamp, Worker, WorkerState};
use crate::units::{counted, span};

/// Seconds after which a worker that died is no news any more.
const MOURNING: f64 = 3_600.0;
/// Seconds over which changes of the leader are counted.
const FLAPPING_WINDOW: f64 = 900.0;
/// So many changes in that time are too many.
const FLAPPING_CHANGES: u64 = 3;
/// Seconds that a run may be without workers: they start, and register.
const START: f64 = 60.0;

pub(super) fn find(run: &RunOverview, now: Timestamp, settings: &AlertSettings) -> Vec<Alert> {
    if run.summary.state.is_final() {
        return Vec::new();
    }
    let mut alerts = silent_workers(run, settings);
    alerts.extend(no_workers(run, settings));
    alerts.extend(no_leader(run, settings));
    alerts.extend(flapping(run, now));
    alerts
}

fn silent_workers(run: &RunOverview, settings: &AlertSettings) -> Vec<Alert> {
    let stale = |worker: &&Worker| match worker.state {
        WorkerState::Active => worker.heartbeat_seconds_ago > silence(worker, settings),
        WorkerState::Dead => worker.heartbeat_seconds_ago < MOURNING,
        WorkerState::Stopped => false,
    };
    let alert = |worker: &Worker| {
        let is_dead = worker.state == WorkerState::Dead;
        let silent = span(worker.heartbeat_seconds_ago);
        let evidence = if is_dead {
            format!("silent for {silent}: given up for dead")
        } else {
            format!("silent for {silent}, with {} in hand", counted(worker.in_hand, "document"))
        };
        let advice = if is_dead {
            "see its last log lines and whether its memory ran out; what it held is claimed by others"
        } else {
            "see whether its process lives and reaches the database; what it holds is given to others after \
             work_queue.stale_threshold"
        };
        let severity = if worker.heartbeat_seconds_ago > settings.stale_threshold && !is_dead {
            Severity::Critical
        } else {
            Severity::Warning
        };
        Alert::new(severity, AlertKind::StaleWorker, &worker.worker_id, evidence, advice)
    };
    run.workers.iter().filter(stale).map(alert).collect()
}

/// In single mode a worker is heard of once a minute, at most.
fn silence(worker: &Worker, settings: &AlertSettings) -> f64 {
    if worker.host.is_none() {
        settings.silence().max(settings.heartbeat_interval + 90.0)
    } else {
        settings.silence()
    }
}

fn no_workers(run: &RunOverview, settings: &AlertSettings) -> Option<Alert> {
    let lives = |worker: &Worker| {
        worker.state == WorkerState::Active && worker.heartbeat_seconds_ago <= settings.stale_threshold
    };
    if run.summary.state != RunState::Active
        || run.summary.duration_seconds < START
        || run.workers.iter().any(lives)
    {
        return None;
    }
    let evidence = format!(
        "the run is active, {} wait, and no worker is alive",
        counted(run.summary.queued, "document")
    );
    let advice = "start a worker with the configuration of this run; it goes on where the run is";
    Some(Alert::new(Severity::Critical, AlertKind::NoWorkers, "", evidence, advice))
}

fn no_leader(run: &RunOverview, settings: &AlertSettings) -> Option<Alert> {
    let leader = run.leader.as_ref()?;
    // Whoever takes over needs a moment.
    let missing = -leader.expires_in_seconds;
    if missing < (settings.lease_ttl / 3.0).max(5.0) {
        return None;
    }
    let evidence = format!("the lease of {} ended {} ago", leader.worker_id, span(missing));
    let advice = "workers elect one within election.ttl: see that one runs, reaches the database and may write to it; \
                  listings and the end of the run wait for a leader";
    Some(Alert::new(Severity::Critical, AlertKind::NoLeader, "", evidence, advice))
}

fn flapping(run: &RunOverview, now: Timestamp) -> Option<Alert> {
    let current = run.leader.as_ref()?.epoch;
    let recent = run.samples.iter().filter(|sample| now.seconds_since(sample.at) <= FLAPPING_WINDOW);
    let earliest = recent.filter_map(|sample| sample.leader_epoch).min()?;
    let changes = current.saturating_sub(earliest);
    if changes < FLAPPING_CHANGES {
        return None;
    }
    let evidence = format!("the leader changed {changes} times in {}", span(FLAPPING_WINDOW));
    let advice = "leaders lose their leases: look for workers without CPU or memory, and for a slow database; a longer \
                  election.ttl is more patient";
    Some(Alert::new(Severity::Warning, AlertKind::LeaderFlapping, "", evidence, advice))
}
