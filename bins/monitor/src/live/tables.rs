//! The tables of the screen.

use super::app::App;
use super::screen::{style, titled};
use crate::layout::{Tone, fit};
use crate::render::{alert_tone, bounded, worker_state};
use gdg_operations::overview::{RunOverview, Worker};
use gdg_operations::units::{age, bytes, rate, span, thousands};
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Cell, Paragraph, Row, Table};

/// Workers, as many as there is room for.
pub(super) fn workers(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let workers = app.workers();
    let shown = usize::from(area.height.saturating_sub(2));
    let scroll = app.scroll.min(workers.len().saturating_sub(shown));
    let rows = workers.iter().skip(scroll).take(shown).map(|worker| worker_row(app, worker));
    let alive = app.run().map_or(0, |run| run.live_workers);
    let more = workers.len().saturating_sub(scroll + shown);
    let more = if more > 0 { format!(", {more} more below") } else { String::new() };
    let title = format!("workers: {} alive, by {}{more}", thousands(alive), app.order.name());
    let columns = [
        Constraint::Fill(1),
        Constraint::Length(7),
        Constraint::Length(6),
        Constraint::Length(7),
        Constraint::Length(11),
        Constraint::Length(9),
        Constraint::Length(10),
    ];
    let header = ["WORKER", "STATE", "HEARD", "IN HAND", "ENDED", "RATE", "MEMORY"];
    let header = header
        .iter()
        .enumerate()
        .map(|(index, name)| if index < 2 { Cell::new(*name) } else { right((*name).to_owned()) });
    let header = Row::new(header).style(style(app, Tone::Faint));
    frame.render_widget(Table::new(rows, columns).header(header).block(titled(app, &title)), area);
}

fn worker_row<'a>(app: &App, worker: &Worker) -> Row<'a> {
    let (word, tone) = worker_state(worker);
    Row::new([
        Cell::new(fit(&worker.worker_id, 60)),
        Cell::new(Line::styled(word, style(app, tone))),
        right(age(worker.heartbeat_seconds_ago)),
        right(thousands(worker.in_hand)),
        right(thousands(worker.ended)),
        right(worker.rate.map_or_else(|| "–".into(), rate)),
        right(worker.memory_bytes.map_or_else(|| "–".into(), bytes)),
    ])
}

fn right<'a>(text: String) -> Cell<'a> {
    Cell::new(Text::raw(text).right_aligned())
}

/// Documents that have been in hand longest.
pub(super) fn in_flight(frame: &mut Frame<'_>, app: &App, run: &RunOverview, area: Rect) {
    let passing =
        run.in_flight.iter().filter(|document| app.passes(&[&document.doc_id, &document.worker_id]));
    let rows = passing.map(|document| {
        Row::new([
            right(span(document.claimed_seconds_ago)),
            Cell::new(fit(&document.worker_id, 30)),
            right(document.size_bytes.map_or_else(|| "–".into(), bytes)),
            Cell::new(fit(&document.doc_id, 200)),
        ])
    });
    let columns = [Constraint::Length(12), Constraint::Max(20), Constraint::Length(10), Constraint::Fill(1)];
    let title = format!("in hand longest, of {}", thousands(run.queue.processing));
    frame.render_widget(Table::new(rows, columns).block(titled(app, &title)), area);
}

/// Documents that were given up last.
pub(super) fn failures(frame: &mut Frame<'_>, app: &App, run: &RunOverview, area: Rect) {
    let passing = run
        .dead_letters
        .recent
        .iter()
        .filter(|letter| app.passes(&[&letter.doc_id, &letter.message, &letter.class]));
    let rows = passing.map(|letter| {
        let ago = age(app.overview.taken_at.seconds_since(letter.died_at));
        Row::new([
            right(format!("{ago} ago")),
            Cell::new(Line::styled(letter.class.clone(), style(app, Tone::Bad))),
            Cell::new(fit(&letter.doc_id, 120)),
            Cell::new(fit(&letter.message, 200)),
        ])
    });
    let columns = [Constraint::Length(8), Constraint::Length(9), Constraint::Fill(1), Constraint::Fill(2)];
    let title = format!("dead letters: {}", bounded(run.dead_letters.total));
    frame.render_widget(Table::new(rows, columns).block(titled(app, &title)), area);
}

/// What is wrong.
pub(super) fn alerts(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let alerts = &app.overview.alerts;
    let width = usize::from(area.width);
    let line = |alert: &gdg_operations::alerts::Alert| {
        let subject = if alert.subject.is_empty() { String::new() } else { format!("{}: ", alert.subject) };
        let text = format!("{:<8} {subject}{}", alert.severity.as_str(), alert.evidence);
        Line::styled(fit(&text, width), style(app, alert_tone(alert.severity)))
    };
    let lines: Vec<Line<'_>> = alerts.iter().map(line).collect();
    let title = format!("alerts: {}", alerts.len());
    frame.render_widget(Paragraph::new(lines).block(titled(app, &title)), area);
}
