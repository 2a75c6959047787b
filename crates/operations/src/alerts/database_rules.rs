//! The database.

use super::{Alert, AlertKind, Severity};
use crate::overview::{DatabaseHealth, TableHealth};
use crate::units::{line, percent, span, thousands};

/// The part of a server's connections from which on few are left.
const CONNECTIONS_WARNING: f64 = 0.85;
/// The part from which on it may refuse at any moment: some are kept for superusers.
const CONNECTIONS_CRITICAL: f64 = 0.95;
/// Seconds that a transaction may be open without harm.
const LONG_TRANSACTION: f64 = 600.0;
/// Seconds after which it is critical.
const VERY_LONG_TRANSACTION: f64 = 3_600.0;
/// Dead rows that are worth a word.
const MANY_DEAD_ROWS: u64 = 100_000;

pub(super) fn connections(health: &DatabaseHealth) -> Option<Alert> {
    let connections = health.connections.filter(|connections| connections.max > 0)?;
    let part = connections.used as f64 / connections.max as f64;
    if part < CONNECTIONS_WARNING {
        return None;
    }
    let severity = if part < CONNECTIONS_CRITICAL { Severity::Warning } else { Severity::Critical };
    let evidence =
        format!("{} of {} connections are in use ({})", connections.used, connections.max, percent(part));
    let advice = "lower storage.pool_size or storage.worker_connections, put PgBouncer in between, or raise the server's \
                  max_connections";
    Some(Alert::new(severity, AlertKind::ConnectionsNearLimit, "", evidence, advice))
}

/// A transaction that is open for long keeps every dead row since its beginning.
pub(super) fn vacuum(health: &DatabaseHealth) -> Option<Alert> {
    let longest = health.longest_transaction.as_ref();
    if let Some(longest) = longest.filter(|longest| longest.seconds > LONG_TRANSACTION) {
        let dead: u64 = health.tables.iter().map(|table| table.dead_rows).sum();
        let severity =
            if longest.seconds > VERY_LONG_TRANSACTION { Severity::Critical } else { Severity::Warning };
        let evidence = format!(
            "process {} of the server ({}, {}) has a transaction open for {}; {} dead rows wait",
            longest.backend_pid,
            line(&longest.application_name, 40),
            longest.state,
            span(longest.seconds),
            thousands(dead)
        );
        let advice =
            format!("end it if it is not needed: SELECT pg_terminate_backend({})", longest.backend_pid);
        return Some(Alert::new(severity, AlertKind::VacuumHeldBack, "", evidence, advice));
    }
    let is_bloated = |table: &&TableHealth| {
        table.dead_rows > MANY_DEAD_ROWS
            && table.dead_rows > 2 * table.live_rows
            && table.vacuumed_seconds_ago.is_none_or(|seconds| seconds > LONG_TRANSACTION)
    };
    let table = health.tables.iter().find(is_bloated)?;
    let evidence = format!(
        "{} has {} dead rows and {} live ones, and was vacuumed {}",
        table.table,
        thousands(table.dead_rows),
        thousands(table.live_rows),
        table.vacuumed_seconds_ago.map_or_else(|| "never".into(), |seconds| format!("{} ago", span(seconds)))
    );
    let advice = format!(
        "look for replication slots and prepared transactions that are left behind; see that autovacuum is on; VACUUM {}",
        table.table
    );
    Some(Alert::new(Severity::Warning, AlertKind::VacuumHeldBack, &table.table, evidence, advice))
}
