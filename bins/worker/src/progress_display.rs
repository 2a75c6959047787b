//! How far the run is, while it goes on.

use crate::units::{counted, span, thousands};
use gdg_pipeline::{Progress, ProgressSnapshot};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgressStyleChoice {
    /// A bar that is drawn anew several times a second.
    Bar,
    /// A line of text every few seconds.
    Lines,
    /// A log event every few seconds, for programs.
    Events,
    /// Not at all.
    Hidden,
}

const BAR_INTERVAL: Duration = Duration::from_millis(100);
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// The time over which the rate is taken.
const RATE_WINDOW: Duration = Duration::from_secs(10);

/// A bar on standard error, hidden unless progress is shown as one. Log lines go above it.
pub(crate) fn progress_bar(style: ProgressStyleChoice) -> ProgressBar {
    let target = if style == ProgressStyleChoice::Bar {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(0), target);
    let template = ProgressStyle::with_template("{bar:24} {percent:>3} % {msg}");
    template
        .map_or_else(|_| bar.clone(), |template| bar.clone().with_style(template.progress_chars("█▉▊▋▌▍▎▏ ")))
}

/// Shows `progress` until the future is dropped.
pub(crate) async fn show(progress: Arc<Progress>, style: ProgressStyleChoice, bar: ProgressBar) {
    let interval = match style {
        ProgressStyleChoice::Hidden => return std::future::pending().await,
        ProgressStyleChoice::Bar => BAR_INTERVAL,
        ProgressStyleChoice::Lines | ProgressStyleChoice::Events => LINE_INTERVAL,
    };
    let mut meter = Meter::default();
    let mut last = None;
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let snapshot = progress.snapshot();
        meter.record(Instant::now(), snapshot.processed_here);
        let estimate = Estimate::of(&snapshot, meter.rate());
        // A worker that waits has nothing new to say.
        let is_idle = last == Some(snapshot) && snapshot.ended() == snapshot.found;
        last = Some(snapshot);
        if is_idle {
            continue;
        }
        match style {
            ProgressStyleChoice::Bar => draw(&bar, &snapshot, &estimate),
            ProgressStyleChoice::Lines => print_line(&snapshot, &estimate),
            ProgressStyleChoice::Events => log_event(&snapshot, &estimate),
            ProgressStyleChoice::Hidden => {}
        }
    }
}

/// What is expected of the rest.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Estimate {
    /// Documents a second, lately.
    rate: f64,
    /// Time to the end; unknown while the sources are being listed, and while nothing moves.
    remaining: Option<Duration>,
}

impl Estimate {
    fn of(snapshot: &ProgressSnapshot, rate: f64) -> Self {
        let left = snapshot.found.saturating_sub(snapshot.ended());
        let is_known = snapshot.listing_done && rate > 0.0;
        let remaining = is_known.then(|| Duration::try_from_secs_f64(left as f64 / rate).ok()).flatten();
        Self { rate, remaining }
    }
}

fn draw(bar: &ProgressBar, snapshot: &ProgressSnapshot, estimate: &Estimate) {
    bar.set_length(snapshot.found);
    bar.set_position(snapshot.ended());
    bar.set_message(describe(snapshot, estimate));
}

fn print_line(snapshot: &ProgressSnapshot, estimate: &Estimate) {
    let percent = (snapshot.ended() * 100).checked_div(snapshot.found).unwrap_or(0);
    // Nobody is left to be told that standard error is gone.
    drop(writeln!(io::stderr().lock(), "{percent:>3} % {}", describe(snapshot, estimate)));
}

fn log_event(snapshot: &ProgressSnapshot, estimate: &Estimate) {
    tracing::info!(
        stored = snapshot.stored,
        unchanged = snapshot.unchanged,
        skipped = snapshot.skipped,
        failed = snapshot.failed,
        found = snapshot.found,
        listing_done = snapshot.listing_done,
        documents_per_second = estimate.rate,
        seconds_left = estimate.remaining.map(|remaining| remaining.as_secs_f64()),
        "progress"
    );
}

/// `1,200 of 20,000 documents, 3 failed, 3,100/s, 6.1 s left`; a plus sign while more are being found.
fn describe(snapshot: &ProgressSnapshot, estimate: &Estimate) -> String {
    let more = if snapshot.listing_done { "" } else { "+" };
    let found = counted(snapshot.found, "document").replacen(' ', &format!("{more} "), 1);
    let mut parts = vec![format!("{} of {found}", thousands(snapshot.ended()))];
    if snapshot.failed > 0 {
        parts.push(format!("{} failed", thousands(snapshot.failed)));
    }
    parts.push(format!("{}/s", thousands(estimate.rate.round() as u64)));
    if let Some(remaining) = estimate.remaining {
        parts.push(format!("{} left", span(remaining)));
    }
    parts.join(", ")
}

/// The rate over the last seconds.
#[derive(Debug, Default)]
struct Meter {
    samples: VecDeque<(Instant, u64)>,
}

impl Meter {
    fn record(&mut self, now: Instant, count: u64) {
        self.samples.push_back((now, count));
        while self.samples.len() > 2
            && self.samples.front().is_some_and(|(then, _)| now - *then > RATE_WINDOW)
        {
            self.samples.pop_front();
        }
    }

    fn rate(&self) -> f64 {
        let (Some((first, from)), Some((last, to))) = (self.samples.front(), self.samples.back()) else {
            return 0.0;
        };
        let seconds = (*last - *first).as_secs_f64();
        if seconds > 0.0 { to.saturating_sub(*from) as f64 / seconds } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> ProgressSnapshot {
        ProgressSnapshot {
            stored: 1_190,
            unchanged: 7,
            skipped: 0,
            failed: 3,
            found: 20_000,
            processed_here: 1_193,
            bytes_here: 0,
            listing_done: true,
        }
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let start = Instant::now();
        let mut meter = Meter::default();
        for second in 0..=30_u64 {
            // A slow beginning, then 100 documents a second.
            meter.record(
                start + Duration::from_secs(second),
                if second < 15 { 0 } else { (second - 15) * 100 },
            );
        }
        assert!((meter.rate() - 100.0).abs() < 1e-9, "{}", meter.rate());
    }

    #[test]
    fn a_line_says_how_far_the_run_is_and_how_long_it_will_take() {
        let estimate = Estimate::of(&snapshot(), 3_100.0);
        assert_eq!(
            describe(&snapshot(), &estimate),
            "1,200 of 20,000 documents, 3 failed, 3,100/s, 6.1 s left"
        );
    }

    #[test]
    fn while_more_is_found_nothing_is_promised() {
        let listing = ProgressSnapshot { listing_done: false, failed: 0, found: 1_300, ..snapshot() };
        let estimate = Estimate::of(&listing, 3_100.0);
        assert_eq!(describe(&listing, &estimate), "1,197 of 1,300+ documents, 3,100/s");
    }
}
