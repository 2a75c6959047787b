//! The screen as a whole.

use super::app::App;
use super::tables;
use crate::layout::{Tone, fit};
use crate::render::{bounded, state};
use gdg_operations::overview::{RunOverview, Timestamp};
use gdg_operations::units::{counted, percent, rate, span, thousands};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Gauge, Paragraph, Sparkline};

/// From this width on, tables stand side by side.
const WIDE: u16 = 140;
/// Samples from which on the sparkline shows minutes.
const ENOUGH_SAMPLES: usize = 4;
/// Columns in which a rate is drawn, at most.
const WIDEST_COLUMN: usize = 6;

/// Draws the screen.
pub(super) fn draw(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    let Some(run) = app.run() else {
        let text = app.trouble.as_deref().unwrap_or("there are no runs yet: start a worker");
        let [body, footer_area] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
        frame.render_widget(Paragraph::new(text), body);
        footer(frame, app, footer_area);
        return;
    };
    let alerts = alert_rows(app, area.height);
    let spark = if area.height >= 40 { 8 } else { 4 };
    let [head, gauge, rates, sparkline, body, alert_area, footer_area] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(1),
        Constraint::Length(2),
        Constraint::Length(spark),
        Constraint::Fill(1),
        Constraint::Length(alerts),
        Constraint::Length(1),
    ])
    .areas(area);
    header(frame, app, run, head);
    progress(frame, app, run, gauge);
    speed(frame, run, rates);
    throughput(frame, app, run, sparkline);
    tables_area(frame, app, run, body);
    if alerts > 0 {
        tables::alerts(frame, app, alert_area);
    }
    footer(frame, app, footer_area);
}

/// Lines for alerts, with their heading: fewer where there is little room.
fn alert_rows(app: &App, height: u16) -> u16 {
    let count = u16::try_from(app.overview.alerts.len()).unwrap_or(u16::MAX);
    let most = if height >= 40 { 8 } else { 2 };
    if count == 0 { 0 } else { count.min(most) + 1 }
}

fn tables_area(frame: &mut Frame<'_>, app: &App, run: &RunOverview, area: Rect) {
    if area.width >= WIDE {
        let [left, right] = Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)])
            .spacing(2)
            .areas(area);
        let [in_flight, failures] = Layout::vertical([Constraint::Fill(1), Constraint::Fill(1)]).areas(right);
        tables::workers(frame, app, left);
        tables::in_flight(frame, app, run, in_flight);
        tables::failures(frame, app, run, failures);
    } else {
        let [workers, in_flight, failures] =
            Layout::vertical([Constraint::Fill(5), Constraint::Fill(4), Constraint::Fill(3)]).areas(area);
        tables::workers(frame, app, workers);
        tables::in_flight(frame, app, run, in_flight);
        tables::failures(frame, app, run, failures);
    }
}

/// The style of a tone, where there are colours.
pub(super) fn style(app: &App, tone: Tone) -> Style {
    let style = Style::new();
    match tone {
        Tone::Plain => style,
        Tone::Heading => style.add_modifier(Modifier::BOLD),
        _ if !app.colours => style,
        Tone::Faint => style.fg(Color::DarkGray),
        Tone::Good => style.fg(Color::Green),
        Tone::Warning => style.fg(Color::Yellow),
        Tone::Bad => style.fg(Color::Red),
    }
}

/// A block with a title on a line.
pub(super) fn titled<'a>(app: &App, title: &str) -> Block<'a> {
    let title = Line::styled(format!(" {title} "), style(app, Tone::Heading));
    Block::new().borders(Borders::TOP).border_style(style(app, Tone::Faint)).title(title)
}

fn header(frame: &mut Frame<'_>, app: &App, run: &RunOverview, area: Rect) {
    let summary = &run.summary;
    let (word, tone) = state(summary);
    let age = match summary.ended_at {
        Some(ended) => format!("ended {} ago", span(app.overview.taken_at.seconds_since(ended))),
        None => format!("began {} ago", span(summary.duration_seconds)),
    };
    let first = Line::from(vec![
        Span::styled(summary.run_id.clone(), style(app, Tone::Heading)),
        Span::raw("  "),
        Span::styled(word, style(app, tone)),
        Span::raw(format!("  generation {}, {age}", summary.generation)),
    ]);
    let leader = match &run.leader {
        _ if summary.state.is_final() => Line::raw(format!("took {}", span(summary.duration_seconds))),
        None => Line::raw("single mode"),
        Some(leader) if leader.expires_in_seconds <= 0.0 => {
            let text = format!(
                "no leader: the lease of {} ended {} ago",
                leader.worker_id,
                span(-leader.expires_in_seconds)
            );
            Line::styled(text, style(app, Tone::Bad))
        }
        Some(leader) => Line::raw(format!("leader {}, epoch {}", leader.worker_id, leader.epoch)),
    };
    frame.render_widget(Paragraph::new(vec![first, leader]), area);
}

fn progress(frame: &mut Frame<'_>, app: &App, run: &RunOverview, area: Rect) {
    let progress = &run.progress;
    let label = format!(
        "{}  {} of {}{}",
        progress.fraction.map_or_else(|| "–".into(), percent),
        thousands(progress.ended),
        counted(progress.found, "document"),
        if progress.listing_finished { "" } else { " so far" }
    );
    let fill = if app.colours { Style::new().fg(Color::Blue).bg(Color::DarkGray) } else { Style::new() };
    let gauge = Gauge::default()
        .ratio(progress.fraction.unwrap_or(0.0).clamp(0.0, 1.0))
        .label(label)
        .gauge_style(fill)
        .use_unicode(true);
    frame.render_widget(gauge, area);
}

fn speed(frame: &mut Frame<'_>, run: &RunOverview, area: Rect) {
    let known = |of: Option<f64>| of.map_or_else(|| "–".into(), rate);
    let rates = &run.progress.rate;
    let left =
        run.progress.eta_seconds.map_or_else(String::new, |seconds| format!("   {} left", span(seconds)));
    let first = format!(
        "1 min {}   5 min {}   15 min {}   run {}{left}",
        known(rates.one_minute),
        known(rates.five_minutes),
        known(rates.fifteen_minutes),
        known(rates.overall),
    );
    let documents = &run.summary.documents;
    let second = format!(
        "stored {}  failed {}  pending {}  in hand {}  retry {}  unchanged {}",
        thousands(documents.stored),
        thousands(documents.failed),
        thousands(run.queue.pending),
        thousands(run.queue.processing),
        bounded(run.queue.retry),
        thousands(documents.unchanged),
    );
    frame.render_widget(Paragraph::new(vec![Line::raw(first), Line::raw(second)]), area);
}

fn throughput(frame: &mut Frame<'_>, app: &App, run: &RunOverview, area: Rect) {
    let by_minute = minutes(run, app.overview.taken_at);
    let (rates, unit) = if by_minute.len() >= ENOUGH_SAMPLES {
        (by_minute, "minute".to_owned())
    } else {
        (app.rates.iter().copied().collect(), format!("{} s", app.refresh_interval.as_secs_f32()))
    };
    let most = rates.iter().copied().max().unwrap_or(0);
    let kept = rates.len().saturating_sub(usize::from(area.width));
    // Where there are few, each is drawn wider.
    let wide = (usize::from(area.width) / rates.len().max(1)).clamp(1, WIDEST_COLUMN);
    let columns: Vec<u64> = rates[kept..].iter().flat_map(|rate| std::iter::repeat_n(*rate, wide)).collect();
    let title = format!("documents a second, each {unit}, up to {}", thousands(most));
    let bars = if app.colours { Style::new().fg(Color::Cyan) } else { Style::new() };
    let sparkline = Sparkline::default().block(titled(app, &title)).data(columns).style(bars);
    frame.render_widget(sparkline, area);
}

/// Documents a second in each minute that is known, and since the last.
fn minutes(run: &RunOverview, now: Timestamp) -> Vec<u64> {
    let mut moments: Vec<(Timestamp, u64)> =
        run.samples.iter().map(|sample| (sample.at, sample.ended)).collect();
    let is_new = run.samples.last().is_some_and(|last| now.seconds_since(last.at) >= 5.0);
    if is_new && !run.summary.state.is_final() {
        moments.push((now, run.queue.ended));
    }
    let rate = |pair: &[(Timestamp, u64)]| {
        let seconds = pair[1].0.seconds_since(pair[0].0).max(1.0);
        (pair[1].1.saturating_sub(pair[0].1) as f64 / seconds).round() as u64
    };
    moments.windows(2).map(rate).collect()
}

fn footer(frame: &mut Frame<'_>, app: &App, area: Rect) {
    let width = usize::from(area.width);
    let line = if let Some(trouble) = &app.trouble {
        Line::styled(fit(&format!("trying again: {trouble}"), width), style(app, Tone::Bad))
    } else if app.is_typing_filter {
        Line::raw(format!("filter: {}▏  Enter keeps it, Esc clears it", app.filter))
    } else if let Some(message) = &app.message {
        Line::styled(fit(message, width), style(app, Tone::Warning))
    } else {
        let filter =
            if app.filter.is_empty() { "/ filter".into() } else { format!("/ filter: {}", app.filter) };
        let keys = format!("q quit  s sort: {}  {filter}  p pause  r resume  ↑↓ scroll", app.order.name());
        Line::styled(fit(&keys, width), style(app, Tone::Faint))
    };
    frame.render_widget(Paragraph::new(line), area);
}
