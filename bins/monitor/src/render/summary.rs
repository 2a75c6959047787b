//! A run in a few lines.

use super::state;
use crate::layout::{Painter, Tone, WIDTH, bar, fit};
use gdg_operations::overview::{BoundedCount, Overview, Progress, Queue, RunOverview, RunSummary, Timestamp};
use gdg_operations::units::{counted, percent, rate, span, thousands};
use std::fmt::Write as _;

/// Columns of the bar.
const BAR: usize = 30;

/// The run of `overview`, with its alerts in a line each.
pub(crate) fn summary(overview: &Overview, painter: Painter) -> String {
    let Some(run) = &overview.run else { return "there are no runs yet\n".into() };
    let mut text = head(run, overview.taken_at, painter);
    if !overview.alerts.is_empty() {
        text.push('\n');
    }
    for alert in &overview.alerts {
        let line = fit(&format!("{} {}", alert.severity.as_str(), alert.evidence), WIDTH);
        let _ = writeln!(text, "{}", painter.paint(&line, super::alerts::tone(alert.severity)));
    }
    text
}

/// Who the run is, how far, and how fast.
pub(super) fn head(run: &RunOverview, now: Timestamp, painter: Painter) -> String {
    let mut text = String::new();
    let summary = &run.summary;
    let (word, tone) = state(summary);
    let _ = writeln!(
        text,
        "{}  {}  generation {}, {}",
        painter.paint(&summary.run_id, Tone::Heading),
        painter.paint(word, tone),
        summary.generation,
        times(summary, now)
    );
    if let Some(leader) = &run.leader
        && !summary.state.is_final()
    {
        let lease = if leader.expires_in_seconds > 0.0 {
            format!("renewed {} ago", span(leader.renewed_seconds_ago))
        } else {
            format!("lease ended {} ago", span(-leader.expires_in_seconds))
        };
        let line = format!(
            "leader {}, epoch {}, elected {} ago, {lease}",
            leader.worker_id,
            leader.epoch,
            span(leader.elected_seconds_ago)
        );
        let _ = writeln!(text, "{}", fit(&line, WIDTH));
    }
    let Progress { ended, found, fraction, .. } = run.progress;
    let line = format!(
        "{} {:>7}  {} of {}{}",
        bar(fraction.unwrap_or(0.0), BAR),
        fraction.map_or_else(|| "–".into(), percent),
        thousands(ended),
        counted(found, "document"),
        if run.progress.listing_finished { "" } else { " so far" }
    );
    let _ = writeln!(text, "\n{}", fit(&line, WIDTH));
    let _ = writeln!(text, "{}\n", speed(&run.progress, run));
    let documents = &summary.documents;
    let failed = format!("failed {}", thousands(documents.failed));
    let _ = writeln!(
        text,
        "documents  stored {}   unchanged {}   skipped {}   {}",
        thousands(documents.stored),
        thousands(documents.unchanged),
        thousands(documents.skipped),
        painter.paint(&failed, if documents.failed > 0 { Tone::Bad } else { Tone::Plain })
    );
    let _ = writeln!(text, "queue      {}", queue(&run.queue));
    let _ = writeln!(
        text,
        "workers    {} alive   dead letters {}",
        thousands(run.live_workers),
        bounded(run.dead_letters.total)
    );
    text
}

fn times(run: &RunSummary, now: Timestamp) -> String {
    let took = span(run.duration_seconds);
    match run.ended_at {
        Some(ended) => format!("took {took}, ended {} ago", span(now.seconds_since(ended))),
        None => format!("began {took} ago"),
    }
}

fn speed(progress: &Progress, run: &RunOverview) -> String {
    let known = |of: Option<f64>| of.map_or_else(|| "–".into(), rate);
    let rates = &progress.rate;
    if run.summary.state.is_final() {
        return format!("rate {} over the whole run", known(rates.overall));
    }
    let left = progress.eta_seconds.map_or_else(String::new, |seconds| format!("   {} left", span(seconds)));
    format!(
        "rate  1 min {}   5 min {}   15 min {}   run {}{left}",
        known(rates.one_minute),
        known(rates.five_minutes),
        known(rates.fifteen_minutes),
        known(rates.overall)
    )
}

fn queue(queue: &Queue) -> String {
    let oldest = queue
        .oldest_pending_seconds
        .map_or_else(String::new, |seconds| format!("   oldest waits {}", span(seconds)));
    format!(
        "pending {}   in hand {}   retry {}{oldest}",
        thousands(queue.pending),
        thousands(queue.processing),
        bounded(queue.retry)
    )
}

/// A count, with `+` where counting stopped.
pub(crate) fn bounded(count: BoundedCount) -> String {
    format!("{}{}", thousands(count.count), if count.at_least { "+" } else { "" })
}
