//! What is wrong with a run, and what to do about it.
//!
//! Rules are pure functions over an [`Overview`], and over an earlier one of the same run where there is one: whoever
//! watches keeps the last. What one look cannot tell, the samples that workers leave every minute do.

mod database_rules;
mod flow_rules;
mod settings;
mod worker_rules;

pub use settings::AlertSettings;

use crate::overview::Overview;
use schemars::JsonSchema;
use serde::Serialize;

/// How bad something is; the worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Work stands still, or soon will.
    Critical,
    /// Work suffers, or documents are lost to it.
    Warning,
}

impl Severity {
    /// As people read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// The schema of the database is not this program's.
    SchemaMismatch,
    /// No worker is at work on a run that goes on.
    NoWorkers,
    /// Nobody leads.
    NoLeader,
    /// The leader changes again and again.
    LeaderFlapping,
    /// A worker is silent, or died.
    StaleWorker,
    /// Documents have been in hand for too long.
    StuckDocuments,
    /// Documents wait and none ends.
    QueueNotShrinking,
    /// Many more documents fail than before.
    FailureSpike,
    /// Documents are given up.
    DeadLettersGrowing,
    /// More documents vanished from a source than is believed.
    DeletionGuard,
    /// A listing does not get on.
    DiscoveryStalled,
    /// Dead rows cannot be removed.
    VacuumHeldBack,
    /// The server takes few more connections.
    ConnectionsNearLimit,
}

impl AlertKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::SchemaMismatch,
        Self::NoWorkers,
        Self::NoLeader,
        Self::LeaderFlapping,
        Self::StaleWorker,
        Self::StuckDocuments,
        Self::QueueNotShrinking,
        Self::FailureSpike,
        Self::DeadLettersGrowing,
        Self::DeletionGuard,
        Self::DiscoveryStalled,
        Self::VacuumHeldBack,
        Self::ConnectionsNearLimit,
    ];

    /// Its name, as documents have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SchemaMismatch => "schema_mismatch",
            Self::NoWorkers => "no_workers",
            Self::NoLeader => "no_leader",
            Self::LeaderFlapping => "leader_flapping",
            Self::StaleWorker => "stale_worker",
            Self::StuckDocuments => "stuck_documents",
            Self::QueueNotShrinking => "queue_not_shrinking",
            Self::FailureSpike => "failure_spike",
            Self::DeadLettersGrowing => "dead_letters_growing",
            Self::DeletionGuard => "deletion_guard",
            Self::DiscoveryStalled => "discovery_stalled",
            Self::VacuumHeldBack => "vacuum_held_back",
            Self::ConnectionsNearLimit => "connections_near_limit",
        }
    }
}

/// Something that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Alert {
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub kind: AlertKind,
    /// Whom or what it is about: a worker, a source, a table; empty when it is about the run as a whole.
    pub subject: String,
    /// What was seen.
    pub evidence: String,
    /// What to do about it.
    pub advice: String,
}

impl Alert {
    pub(crate) fn new(
        severity: Severity,
        kind: AlertKind,
        subject: impl Into<String>,
        evidence: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { severity, kind, subject: subject.into(), evidence: evidence.into(), advice: advice.into() }
    }

    /// What makes two alerts one: the same thing about the same subject.
    pub fn key(&self) -> (AlertKind, &str) {
        (self.kind, &self.subject)
    }
}

/// What is wrong in `overview`, the most severe first. `previous` is an earlier one, of the same run or of another.
pub fn find(overview: &Overview, previous: Option<&Overview>, settings: &AlertSettings) -> Vec<Alert> {
    let mut alerts = Vec::new();
    alerts.extend(schema(overview.database.schema_version, overview.database.schema_expected));
    alerts.extend(database_rules::connections(&overview.database));
    alerts.extend(database_rules::vacuum(&overview.database));
    if let Some(run) = &overview.run {
        alerts.extend(worker_rules::find(run, overview.taken_at, settings));
        let is_same = |earlier: &&Overview| {
            earlier.run.as_ref().is_some_and(|earlier| earlier.summary.run_id == run.summary.run_id)
        };
        alerts.extend(flow_rules::find(run, overview.taken_at, previous.filter(is_same), settings));
    }
    alerts.sort();
    alerts
}

/// Whether the schema is another one than this program's.
pub fn schema(found: Option<u32>, expected: u32) -> Option<Alert> {
    let (evidence, advice) = match found {
        Some(found) if found == expected => return None,
        Some(found) if found < expected => (
            format!("the schema is at version {found}, this program needs {expected}"),
            "run `worker migrate` of this version",
        ),
        Some(found) => (
            format!("the schema is at version {found}, this program knows {expected}"),
            "use the programs of the newer version everywhere",
        ),
        None => ("the database has no schema".into(), "run `worker migrate`"),
    };
    Some(Alert::new(Severity::Critical, AlertKind::SchemaMismatch, "", evidence, advice))
}
