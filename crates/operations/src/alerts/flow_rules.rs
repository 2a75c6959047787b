//! Documents: whether they get on, and how they end.

use super::{Alert, AlertKind, AlertSettings, Severity};
use crate::overview::{InFlight, Overview, RunOverview, RunSample, Timestamp};
use crate::units::{counted, percent, span, thousands};

/// Seconds without an end or a find after which something stands still.
const STANDSTILL: f64 = 300.0;
/// Seconds over which failures are compared.
const FAILURE_WINDOW: f64 = 300.0;
/// So many failures in that time are looked at.
const MANY_FAILURES: u64 = 10;
/// The part of the documents that fail, from which on it is a spike.
const SPIKE: f64 = 0.2;
/// Seconds over which dead letters are counted.
const GROWTH_WINDOW: f64 = 900.0;

pub(super) fn find(
    run: &RunOverview,
    now: Timestamp,
    previous: Option<&Overview>,
    settings: &AlertSettings,
) -> Vec<Alert> {
    let mut alerts: Vec<Alert> = deletion_guard(run);
    if run.summary.state.is_final() {
        return alerts;
    }
    let history = History::of(run, now, previous);
    alerts.extend(stuck_documents(run, settings));
    if run.summary.is_working() {
        alerts.extend(queue_not_shrinking(run, &history));
        alerts.extend(discovery_stalled(run, &history));
    }
    alerts.extend(failures(run, &history));
    alerts
}

/// How the run was, at the moments that are known.
struct History {
    /// With how many seconds ago each was, the oldest first.
    moments: Vec<(f64, Moment)>,
}

#[derive(Clone, Copy)]
struct Moment {
    queued: u64,
    ended: u64,
    failed: u64,
    listed: u64,
}

impl History {
    fn of(run: &RunOverview, now: Timestamp, previous: Option<&Overview>) -> Self {
        let of_sample = |sample: &RunSample| {
            let RunSample { queued, ended, failed, listed, .. } = *sample;
            (now.seconds_since(sample.at), Moment { queued, ended, failed, listed })
        };
        let mut moments: Vec<(f64, Moment)> = run.samples.iter().map(of_sample).collect();
        if let Some((taken_at, earlier)) =
            previous.and_then(|earlier| Some((earlier.taken_at, earlier.run.as_ref()?)))
        {
            moments.push((now.seconds_since(taken_at), Moment::of(earlier)));
        }
        moments.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        Self { moments }
    }

    /// The latest moment that is at least `seconds` ago.
    fn before(&self, seconds: f64) -> Option<(f64, Moment)> {
        self.moments.iter().rev().find(|(ago, _)| *ago >= seconds).copied()
    }
}

impl Moment {
    fn of(run: &RunOverview) -> Self {
        Self {
            queued: run.summary.queued,
            ended: run.queue.ended,
            failed: run.summary.documents.failed,
            listed: run.discovery.iter().map(|source| source.listed).sum(),
        }
    }
}

fn stuck_documents(run: &RunOverview, settings: &AlertSettings) -> Option<Alert> {
    // A worker gives a document up at this age; the rest is for its commit.
    let limit = 1.5 * settings.claim_timeout;
    let stuck: Vec<&InFlight> =
        run.in_flight.iter().filter(|document| document.claimed_seconds_ago > limit).collect();
    let oldest = stuck.first()?;
    // No more than the first few are known.
    let or_more = if stuck.len() == run.in_flight.len() && stuck.len() > 1 { " or more" } else { "" };
    let evidence = format!(
        "{}{or_more} in hand for more than {}: {} at {} for {}",
        counted(stuck.len() as u64, "document"),
        span(limit),
        oldest.doc_id,
        oldest.worker_id,
        span(oldest.claimed_seconds_ago)
    );
    let advice = "see the logs of that worker; a document returns to the queue once its worker is silent for \
                  work_queue.claim_timeout: restart a worker that hangs";
    Some(Alert::new(Severity::Warning, AlertKind::StuckDocuments, "", evidence, advice))
}

fn queue_not_shrinking(run: &RunOverview, history: &History) -> Option<Alert> {
    let (ago, then) = history.before(STANDSTILL)?;
    let (now, waiting) = (Moment::of(run), run.queue.pending + run.queue.retry.count);
    if now.queued == 0 || then.queued == 0 || now.queued < then.queued {
        return None;
    }
    let nothing_ended = run.progress.rate.five_minutes == Some(0.0);
    if nothing_ended && waiting > 0 {
        let evidence =
            format!("{} queued, and none has ended in {}", counted(now.queued, "document"), span(ago));
        let advice = "see the logs of the workers: a source or the database may refuse them; `monitor --details` tells \
                      what they have in hand";
        return Some(Alert::new(Severity::Critical, AlertKind::QueueNotShrinking, "", evidence, advice));
    }
    // While sources are listed a queue may well grow.
    if !run.progress.listing_finished {
        return None;
    }
    let evidence = format!(
        "{} queued, {} more than {} ago, though all sources are listed",
        thousands(now.queued),
        thousands(now.queued - then.queued),
        span(ago)
    );
    let advice = "links and retries add more than workers end: start more workers, or narrow the sources' max_link_depth";
    Some(Alert::new(Severity::Warning, AlertKind::QueueNotShrinking, "", evidence, advice))
}

fn discovery_stalled(run: &RunOverview, history: &History) -> Option<Alert> {
    let listed = Moment::of(run).listed;
    let open: Vec<&str> = run
        .discovery
        .iter()
        .filter(|source| source.finished_at.is_none())
        .map(|source| source.source.as_str())
        .collect();
    let first = open.first()?;
    let (ago, then) = history.before(STANDSTILL)?;
    if then.listed < listed {
        return None;
    }
    let evidence = format!(
        "the listing of {} has found nothing new in {} ({} so far)",
        open.join(", "),
        span(ago),
        thousands(listed)
    );
    let advice = "see the leader's log: the source may be slow, refuse requests or ask to wait";
    Some(Alert::new(Severity::Warning, AlertKind::DiscoveryStalled, *first, evidence, advice))
}

fn failures(run: &RunOverview, history: &History) -> Vec<Alert> {
    let mut alerts = Vec::new();
    let now = Moment::of(run);
    if let Some(alert) = failure_spike(run, history, now) {
        alerts.push(alert);
    }
    let since = history.before(GROWTH_WINDOW).or_else(|| history.moments.first().copied());
    if let Some((ago, then)) = since {
        let grown = now.failed.saturating_sub(then.failed);
        if grown >= MANY_FAILURES {
            let evidence = format!("{} given up in {}", counted(grown, "document"), span(ago));
            let advice = "`deadletter --analyze` groups them by cause and says what to do";
            alerts.push(Alert::new(Severity::Warning, AlertKind::DeadLettersGrowing, "", evidence, advice));
        }
    }
    alerts
}

fn failure_spike(run: &RunOverview, history: &History, now: Moment) -> Option<Alert> {
    let (ago, then) = history.before(FAILURE_WINDOW).or_else(|| history.moments.first().copied())?;
    let (failed, ended) = (now.failed.saturating_sub(then.failed), now.ended.saturating_sub(then.ended));
    if failed < MANY_FAILURES {
        return None;
    }
    let recent = failed as f64 / ended.max(failed) as f64;
    let before = if then.ended == 0 { 0.0 } else { then.failed as f64 / then.ended as f64 };
    if recent < SPIKE || recent < 2.0 * before {
        return None;
    }
    let latest = run.dead_letters.recent.first();
    let latest = latest.map_or_else(String::new, |letter| format!("; the latest: {}", letter.message));
    let evidence = format!(
        "{} of the documents of the last {} failed ({} before){latest}",
        percent(recent),
        span(ago),
        percent(before)
    );
    let advice = "pause the run (`worker pause`), see `deadletter --analyze`, mend the cause, resume, and retry with \
                  `deadletter --retry-run`";
    Some(Alert::new(Severity::Critical, AlertKind::FailureSpike, "", evidence, advice))
}

fn deletion_guard(run: &RunOverview) -> Vec<Alert> {
    let notes = run.notes.iter().filter(|note| note.kind == AlertKind::DeletionGuard.as_str());
    let advice = "see whether the source is complete; if so, raise processing.deletion_guard for one run";
    notes
        .map(|note| {
            Alert::new(Severity::Warning, AlertKind::DeletionGuard, &note.source, &note.message, advice)
        })
        .collect()
}
