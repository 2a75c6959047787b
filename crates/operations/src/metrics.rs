//! An overview in numbers: for Prometheus, and as CSV.

use crate::alerts::{AlertKind, Severity};
use crate::overview::{
    BoundedCount, DatabaseHealth, DocumentCounts, Overview, QueueState, Rates, RunOverview, WorkerState,
};
use std::fmt::Write as _;

/// A number, with what it is the number of.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    /// Its name: `go_doc_go_run_…`, `go_doc_go_database_…`.
    pub name: &'static str,
    /// Names and values that tell it from others of its name.
    pub labels: Vec<(&'static str, String)>,
    /// The number.
    pub value: f64,
}

/// Every name, with what it means. None has a document's name among its labels.
pub const HELP: &[(&str, &str)] = &[
    ("go_doc_go_run_info", "The run that the other numbers are of; 1."),
    ("go_doc_go_run_active", "Whether the run goes on."),
    ("go_doc_go_run_paused", "Whether the run is paused."),
    ("go_doc_go_run_duration_seconds", "Seconds since the run began, or that it took."),
    ("go_doc_go_run_documents", "Documents of the run that have ended, by outcome."),
    ("go_doc_go_run_source_documents", "Documents of the run that have ended, by source and outcome."),
    ("go_doc_go_run_format_documents", "Documents of the run that have ended, by format and outcome."),
    ("go_doc_go_run_found_documents", "Documents of the run that were found so far."),
    ("go_doc_go_run_listed_documents", "Documents that the listing of a source has found."),
    ("go_doc_go_run_listing_finished", "Whether a source is listed to its end."),
    (
        "go_doc_go_run_queue_documents",
        "Documents in the run's queue, by state; retries are counted up to a limit.",
    ),
    ("go_doc_go_run_queue_oldest_seconds", "Seconds that the document at the front of the queue has waited."),
    ("go_doc_go_run_documents_per_second", "Documents a second that left the queue, by window."),
    ("go_doc_go_run_failures_per_second", "Documents a second that failed, by window."),
    ("go_doc_go_run_eta_seconds", "Seconds until the queue is empty, at the rate of five minutes."),
    ("go_doc_go_run_dead_letters", "Documents of the run in the dead letter queue, counted up to 10,000."),
    ("go_doc_go_run_in_flight_oldest_seconds", "Seconds that a document has been in hand longest."),
    ("go_doc_go_run_workers", "Workers of the run, by state."),
    ("go_doc_go_run_leader_epoch", "How often the leader has changed."),
    ("go_doc_go_run_has_leader", "Whether somebody leads."),
    ("go_doc_go_worker_heartbeat_age_seconds", "Seconds since a worker was heard of."),
    ("go_doc_go_worker_in_hand_documents", "Documents that a worker has in hand."),
    ("go_doc_go_worker_documents_per_second", "Documents a second that a worker ends, over five minutes."),
    ("go_doc_go_worker_memory_bytes", "Memory of a worker's process."),
    ("go_doc_go_database_size_bytes", "Size of the database."),
    ("go_doc_go_database_connections", "Connections to the server that are open."),
    ("go_doc_go_database_connections_max", "Connections that the server takes."),
    ("go_doc_go_database_longest_transaction_seconds", "Seconds that a transaction has been open longest."),
    ("go_doc_go_database_dead_rows", "Rows of a table that are gone and take up room, estimated."),
    ("go_doc_go_database_schema_version", "The version of the schema."),
    ("go_doc_go_alerts", "Alerts that are raised, by kind and severity; 0 where all is well."),
];

/// The numbers of an overview, in the order of [`HELP`].
pub fn gauges(overview: &Overview) -> Vec<Gauge> {
    let mut gauges = Gauges::default();
    if let Some(run) = &overview.run {
        run_gauges(&mut gauges, run);
        flow_gauges(&mut gauges, run);
        worker_gauges(&mut gauges, run);
    }
    database_gauges(&mut gauges, &overview.database);
    alert_gauges(&mut gauges, overview);
    let place = |gauge: &Gauge| HELP.iter().position(|(name, _)| *name == gauge.name);
    gauges.0.sort_by_key(place);
    gauges.0
}

#[derive(Default)]
struct Gauges(Vec<Gauge>);

impl Gauges {
    fn add(&mut self, name: &'static str, labels: &[(&'static str, &str)], value: f64) {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.0.push(Gauge { name, labels, value });
    }

    fn add_known(&mut self, name: &'static str, labels: &[(&'static str, &str)], value: Option<f64>) {
        if let Some(value) = value {
            self.add(name, labels, value);
        }
    }

    fn add_outcomes(
        &mut self,
        name: &'static str,
        of: Option<(&'static str, &str)>,
        counts: &DocumentCounts,
    ) {
        let DocumentCounts { stored, unchanged, skipped, failed } = *counts;
        for (outcome, count) in
            [("stored", stored), ("unchanged", unchanged), ("skipped", skipped), ("failed", failed)]
        {
            let labels: Vec<_> = of.into_iter().chain([("outcome", outcome)]).collect();
            self.add(name, &labels, count as f64);
        }
    }

    fn add_rates(&mut self, name: &'static str, rates: &Rates) {
        for (window, rate) in [
            ("1m", rates.one_minute),
            ("5m", rates.five_minutes),
            ("15m", rates.fifteen_minutes),
            ("run", rates.overall),
        ] {
            self.add_known(name, &[("window", window)], rate);
        }
    }
}

fn run_gauges(gauges: &mut Gauges, run: &RunOverview) {
    let summary = &run.summary;
    let generation = summary.generation.to_string();
    let labels = [
        ("run_id", summary.run_id.as_str()),
        ("work", &summary.fingerprint),
        ("generation", &generation),
        ("state", summary.state.as_str()),
    ];
    gauges.add("go_doc_go_run_info", &labels, 1.0);
    gauges.add("go_doc_go_run_active", &[], flag(!summary.state.is_final()));
    gauges.add("go_doc_go_run_paused", &[], flag(summary.queue_state == QueueState::Paused));
    gauges.add("go_doc_go_run_duration_seconds", &[], summary.duration_seconds);
    gauges.add_outcomes("go_doc_go_run_documents", None, &summary.documents);
    for share in &run.sources {
        gauges.add_outcomes(
            "go_doc_go_run_source_documents",
            Some(("source", &share.name)),
            &share.documents,
        );
    }
    for share in &run.formats {
        gauges.add_outcomes(
            "go_doc_go_run_format_documents",
            Some(("format", &share.name)),
            &share.documents,
        );
    }
    gauges.add("go_doc_go_run_found_documents", &[], summary.found() as f64);
    for source in &run.discovery {
        let label = [("source", source.source.as_str())];
        gauges.add("go_doc_go_run_listed_documents", &label, source.listed as f64);
        gauges.add("go_doc_go_run_listing_finished", &label, flag(source.finished_at.is_some()));
    }
    let leads = |leader: &crate::overview::Leader| leader.expires_in_seconds > 0.0;
    gauges.add_known("go_doc_go_run_has_leader", &[], run.leader.as_ref().map(|leader| flag(leads(leader))));
    gauges.add_known(
        "go_doc_go_run_leader_epoch",
        &[],
        run.leader.as_ref().map(|leader| leader.epoch as f64),
    );
}

fn flow_gauges(gauges: &mut Gauges, run: &RunOverview) {
    let queue = &run.queue;
    let BoundedCount { count: retry, .. } = queue.retry;
    for (state, count) in [("pending", queue.pending), ("processing", queue.processing), ("retry", retry)] {
        gauges.add("go_doc_go_run_queue_documents", &[("state", state)], count as f64);
    }
    gauges.add_known("go_doc_go_run_queue_oldest_seconds", &[], queue.oldest_pending_seconds);
    gauges.add_rates("go_doc_go_run_documents_per_second", &run.progress.rate);
    gauges.add_rates("go_doc_go_run_failures_per_second", &run.progress.failure_rate);
    gauges.add_known("go_doc_go_run_eta_seconds", &[], run.progress.eta_seconds);
    gauges.add("go_doc_go_run_dead_letters", &[], run.dead_letters.total.count as f64);
    let oldest = run.in_flight.first().map_or(0.0, |document| document.claimed_seconds_ago);
    gauges.add("go_doc_go_run_in_flight_oldest_seconds", &[], oldest);
}

fn worker_gauges(gauges: &mut Gauges, run: &RunOverview) {
    for state in [WorkerState::Active, WorkerState::Stopped, WorkerState::Dead] {
        let count = match state {
            WorkerState::Active => run.live_workers,
            other => run.workers.iter().filter(|worker| worker.state == other).count() as u64,
        };
        gauges.add("go_doc_go_run_workers", &[("state", state.as_str())], count as f64);
    }
    // Those that have ended would stay for ever.
    for worker in run.workers.iter().filter(|worker| worker.state == WorkerState::Active) {
        let label = [("worker_id", worker.worker_id.as_str())];
        gauges.add("go_doc_go_worker_heartbeat_age_seconds", &label, worker.heartbeat_seconds_ago);
        gauges.add("go_doc_go_worker_in_hand_documents", &label, worker.in_hand as f64);
        gauges.add_known("go_doc_go_worker_documents_per_second", &label, worker.rate);
        gauges.add_known(
            "go_doc_go_worker_memory_bytes",
            &label,
            worker.memory_bytes.map(|bytes| bytes as f64),
        );
    }
}

fn database_gauges(gauges: &mut Gauges, database: &DatabaseHealth) {
    gauges.add_known("go_doc_go_database_size_bytes", &[], database.size_bytes.map(|size| size as f64));
    if let Some(connections) = database.connections {
        gauges.add("go_doc_go_database_connections", &[], connections.used as f64);
        gauges.add("go_doc_go_database_connections_max", &[], connections.max as f64);
    }
    let longest = database.longest_transaction.as_ref().map(|longest| longest.seconds);
    gauges.add_known("go_doc_go_database_longest_transaction_seconds", &[], longest);
    for table in &database.tables {
        gauges.add("go_doc_go_database_dead_rows", &[("table", &table.table)], table.dead_rows as f64);
    }
    gauges.add_known("go_doc_go_database_schema_version", &[], database.schema_version.map(f64::from));
}

/// Every kind has a number, so that a rule of Prometheus sees an alert go away.
fn alert_gauges(gauges: &mut Gauges, overview: &Overview) {
    for kind in AlertKind::ALL {
        for severity in [Severity::Critical, Severity::Warning] {
            let raised = overview
                .alerts
                .iter()
                .filter(|alert| alert.kind == kind && alert.severity == severity)
                .count();
            let labels = [("kind", kind.as_str()), ("severity", severity.as_str())];
            gauges.add("go_doc_go_alerts", &labels, raised as f64);
        }
    }
}

fn flag(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

/// The numbers as Prometheus reads them (text format 0.0.4).
pub fn prometheus(gauges: &[Gauge]) -> String {
    let mut text = String::new();
    let mut last = "";
    for gauge in gauges {
        if gauge.name != last {
            last = gauge.name;
            let help = HELP.iter().find(|(name, _)| *name == last).map_or("", |(_, help)| help);
            // Writing to a string does not fail.
            let _ = writeln!(text, "# HELP {last} {help}\n# TYPE {last} gauge");
        }
        text.push_str(gauge.name);
        if !gauge.labels.is_empty() {
            let labels: Vec<String> = gauge
                .labels
                .iter()
                .map(|(name, value)| format!("{name}=\"{}\"", escape_label(value)))
                .collect();
            let _ = write!(text, "{{{}}}", labels.join(","));
        }
        let _ = writeln!(text, " {}", gauge.value);
    }
    text
}

fn escape_label(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The numbers as CSV (RFC 4180): the columns `metric`, `labels` (`name=value`, separated by `;`) and `value`.
pub fn csv(gauges: &[Gauge]) -> String {
    let mut text = String::from("metric,labels,value\r\n");
    for gauge in gauges {
        let labels: Vec<String> =
            gauge.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let _ = write!(text, "{},{},{}\r\n", gauge.name, csv_field(&labels.join(";")), gauge.value);
    }
    text
}

fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gauge(value: &str) -> Gauge {
        Gauge {
            name: "go_doc_go_run_listed_documents",
            labels: vec![("source", value.to_owned())],
            value: 2.0,
        }
    }

    #[test]
    fn a_label_cannot_break_out_of_its_line() {
        let text = prometheus(&[gauge("a\"} 1\nevil{x=\"\\")]);
        assert_eq!(text.lines().count(), 3);
        assert!(text.ends_with("{source=\"a\\\"} 1\\nevil{x=\\\"\\\\\"} 2\n"), "{text}");
    }

    #[test]
    fn a_field_cannot_break_out_of_its_row() {
        assert!(
            csv(&[gauge("a,\"b")]).ends_with("\r\ngo_doc_go_run_listed_documents,\"source=a,\"\"b\",2\r\n")
        );
    }

    #[test]
    fn every_number_is_explained_once() {
        let mut names: Vec<&str> = HELP.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), HELP.len());
    }
}
