//! All that is known of a run.

use super::summary::{bounded, head};
use crate::layout::{Painter, Side, Table, Tone, WIDTH, fit, plain};
use gdg_operations::overview::{
    Backend, DatabaseHealth, Overview, RunOverview, Share, SourceListing, Timestamp, Worker, WorkerState,
};
use gdg_operations::units::{age, bytes, rate, span, thousands};
use std::fmt::Write as _;

/// The run of `overview` and the database, section by section.
pub(crate) fn details(overview: &Overview, painter: Painter) -> String {
    let Some(run) = &overview.run else { return "there are no runs yet\n".into() };
    let mut text = head(run, overview.taken_at, painter);
    let sections = [
        sources(run, overview.taken_at, painter),
        formats(run, painter),
        workers(run, painter),
        in_flight(run, painter),
        dead_letters(run, overview.taken_at, painter),
        problems(run, painter),
        database(&overview.database, painter),
        alerts(overview, painter),
    ];
    for section in sections.into_iter().filter(|section| !section.is_empty()) {
        let _ = write!(text, "\n{section}");
    }
    text
}

fn sources(run: &RunOverview, now: Timestamp, painter: Painter) -> String {
    let columns = [
        ("SOURCE", Side::Left),
        ("LISTED", Side::Right),
        ("LISTING", Side::Left),
        ("STORED", Side::Right),
        ("UNCHANGED", Side::Right),
        ("FAILED", Side::Right),
        ("SIZE", Side::Right),
    ];
    let mut table = Table::new(&columns, 0);
    let share_of = |name: &str| run.sources.iter().find(|share| share.name == name);
    let listing = |source: &SourceListing| match source.finished_at {
        Some(at) => plain(format!("done {} ago", age(now.seconds_since(at)))),
        None if run.summary.state.is_final() => ("unfinished".to_owned(), Tone::Warning),
        None => plain("goes on"),
    };
    for source in &run.discovery {
        let share = share_of(&source.source);
        let count = |of: fn(&Share) -> u64| share.map_or(0, of);
        table.row([
            plain(&*source.source),
            plain(thousands(source.listed)),
            listing(source),
            plain(thousands(count(|share| share.documents.stored))),
            plain(thousands(count(|share| share.documents.unchanged))),
            failures(count(|share| share.documents.failed)),
            plain(bytes(count(|share| share.bytes))),
        ]);
    }
    if table.is_empty() { String::new() } else { table.render(painter) }
}

fn failures(count: u64) -> (String, Tone) {
    (thousands(count), if count > 0 { Tone::Bad } else { Tone::Plain })
}

fn formats(run: &RunOverview, painter: Painter) -> String {
    let columns = [
        ("FORMAT", Side::Left),
        ("STORED", Side::Right),
        ("UNCHANGED", Side::Right),
        ("SKIPPED", Side::Right),
        ("FAILED", Side::Right),
        ("ELEMENTS", Side::Right),
        ("SIZE", Side::Right),
    ];
    let mut table = Table::new(&columns, 0);
    for share in &run.formats {
        table.row([
            plain(&*share.name),
            plain(thousands(share.documents.stored)),
            plain(thousands(share.documents.unchanged)),
            plain(thousands(share.documents.skipped)),
            failures(share.documents.failed),
            plain(thousands(share.elements)),
            plain(bytes(share.bytes)),
        ]);
    }
    if table.is_empty() { String::new() } else { table.render(painter) }
}

fn workers(run: &RunOverview, painter: Painter) -> String {
    let columns = [
        ("WORKER", Side::Left),
        ("STATE", Side::Left),
        ("HEARD", Side::Right),
        ("IN HAND", Side::Right),
        ("ENDED", Side::Right),
        ("RATE", Side::Right),
        ("MEMORY", Side::Right),
        ("VERSION", Side::Left),
    ];
    let mut table = Table::new(&columns, 0);
    for worker in &run.workers {
        table.row([
            plain(&*worker.worker_id),
            worker_state(worker),
            plain(age(worker.heartbeat_seconds_ago)),
            plain(thousands(worker.in_hand)),
            plain(thousands(worker.ended)),
            plain(worker.rate.map_or_else(|| "–".into(), rate)),
            plain(worker.memory_bytes.map_or_else(|| "–".into(), bytes)),
            plain(&*worker.version),
        ]);
    }
    if table.is_empty() { String::new() } else { table.render(painter) }
}

/// The state of a worker in a word.
pub(crate) fn worker_state(worker: &Worker) -> (String, Tone) {
    let tone = match worker.state {
        WorkerState::Active => Tone::Plain,
        WorkerState::Stopped => Tone::Faint,
        WorkerState::Dead => Tone::Bad,
    };
    let word = if worker.is_leader { "leader" } else { worker.state.as_str() };
    (word.to_owned(), tone)
}

fn in_flight(run: &RunOverview, painter: Painter) -> String {
    let columns = [
        ("IN HAND", Side::Right),
        ("TRY", Side::Right),
        ("WORKER", Side::Left),
        ("SIZE", Side::Right),
        ("DOCUMENT", Side::Left),
    ];
    let mut table = Table::new(&columns, 4);
    for document in run.in_flight.iter().take(10) {
        table.row([
            plain(span(document.claimed_seconds_ago)),
            plain(document.attempt.to_string()),
            plain(fit(&document.worker_id, 20)),
            plain(document.size_bytes.map_or_else(|| "–".into(), bytes)),
            plain(&*document.doc_id),
        ]);
    }
    if table.is_empty() { String::new() } else { table.render(painter) }
}

fn dead_letters(run: &RunOverview, now: Timestamp, painter: Painter) -> String {
    if run.dead_letters.recent.is_empty() {
        return String::new();
    }
    let title = format!("{} dead letters, the latest:", bounded(run.dead_letters.total));
    let mut text = format!("{}\n", painter.paint(&title, Tone::Heading));
    for letter in run.dead_letters.recent.iter().take(5) {
        let age = age(now.seconds_since(letter.died_at));
        let line = format!("  {age:>4} ago  {}  {}", letter.class, letter.doc_id);
        let _ = writeln!(text, "{}\n            {}", fit(&line, WIDTH), fit(&letter.message, WIDTH - 12));
    }
    text.push_str("  more: deadletter --analyze\n");
    text
}

fn problems(run: &RunOverview, painter: Painter) -> String {
    if run.discovery_problems.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", painter.paint("not listed, because it could not be read:", Tone::Heading));
    for problem in run.discovery_problems.iter().take(5) {
        let _ = writeln!(text, "  {}", fit(&problem.message, WIDTH - 2));
    }
    text
}

fn database(health: &DatabaseHealth, painter: Painter) -> String {
    let name = match health.backend {
        Backend::Postgresql => "PostgreSQL",
        Backend::Sqlite => "SQLite",
    };
    let mut facts = vec![name.to_owned()];
    facts.extend(health.size_bytes.map(bytes));
    facts.extend(health.schema_version.map(|version| format!("schema version {version}")));
    facts.extend(health.connections.map(|connections| {
        format!("{} of {} connections", thousands(connections.used), thousands(connections.max))
    }));
    let mut text =
        format!("{}  {}\n", painter.paint("DATABASE", Tone::Heading), fit(&facts.join("   "), WIDTH - 10));
    if let Some(longest) = &health.longest_transaction {
        let line = format!(
            "longest transaction {} ({}, process {}, {})",
            span(longest.seconds),
            fit(&longest.application_name, 24),
            longest.backend_pid,
            longest.state
        );
        let _ = writeln!(text, "{}", fit(&line, WIDTH));
    }
    let columns = [
        ("TABLE", Side::Left),
        ("ROWS", Side::Right),
        ("DEAD", Side::Right),
        ("SIZE", Side::Right),
        ("VACUUMED", Side::Right),
    ];
    let mut table = Table::new(&columns, 0);
    for of in health.tables.iter().filter(|of| of.live_rows + of.dead_rows > 0).take(6) {
        let vacuumed =
            of.vacuumed_seconds_ago.map_or_else(|| "never".into(), |ago| format!("{} ago", age(ago)));
        table.row([
            plain(&*of.table),
            plain(thousands(of.live_rows)),
            plain(thousands(of.dead_rows)),
            plain(bytes(of.size_bytes)),
            plain(vacuumed),
        ]);
    }
    if !table.is_empty() {
        text.push_str(&table.render(painter));
    }
    text
}

fn alerts(overview: &Overview, painter: Painter) -> String {
    if overview.alerts.is_empty() { String::new() } else { super::alerts(&overview.alerts, painter) }
}
