//! What the live screen shows, and what keys do to it.

use crate::viewer::LookError;
use gdg_model::RunId;
use gdg_operations::control::Control;
use gdg_operations::overview::{Overview, QueueState, RunOverview, Worker};
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::time::Duration;

/// Rates that are remembered between looks: more than a screen is wide.
const REMEMBERED: usize = 400;

/// In which order workers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Name,
    Rate,
    InHand,
    Silence,
}

impl Order {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Rate => "rate",
            Self::InHand => "in hand",
            Self::Silence => "silence",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::Name => Self::Rate,
            Self::Rate => Self::InHand,
            Self::InHand => Self::Silence,
            Self::Silence => Self::Name,
        }
    }
}

/// What a key asks for that the screen cannot do itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    Quit,
    Control(Control),
}

/// The state of the screen.
pub(super) struct App {
    pub(super) overview: Overview,
    pub(super) colours: bool,
    pub(super) refresh_interval: Duration,
    can_control: bool,
    pub(super) order: Order,
    pub(super) filter: String,
    pub(super) is_typing_filter: bool,
    /// Workers that are scrolled past.
    pub(super) scroll: usize,
    /// Documents a second between one look and the next, the oldest first.
    pub(super) rates: VecDeque<u64>,
    /// Why the database was not seen the last time.
    pub(super) trouble: Option<String>,
    /// What was done last.
    pub(super) message: Option<String>,
}

impl App {
    pub(super) fn new(
        overview: Overview,
        colours: bool,
        can_control: bool,
        refresh_interval: Duration,
    ) -> Self {
        Self {
            overview,
            colours,
            refresh_interval,
            can_control,
            order: Order::Name,
            filter: String::new(),
            is_typing_filter: false,
            scroll: 0,
            rates: VecDeque::new(),
            trouble: None,
            message: None,
        }
    }

    pub(super) fn run(&self) -> Option<&RunOverview> {
        self.overview.run.as_ref()
    }

    pub(super) fn run_id(&self) -> Option<RunId> {
        self.run().map(|run| RunId::new(run.summary.run_id.as_str()))
    }

    /// Takes in what was seen; where nothing was, the last look stays on the screen.
    pub(super) fn take(&mut self, seen: Result<Overview, LookError>) {
        match seen {
            Ok(overview) => {
                self.trouble = None;
                self.remember_rate(&overview);
                self.overview = overview;
            }
            Err(error) => self.trouble = Some(error.to_string()),
        }
    }

    fn remember_rate(&mut self, next: &Overview) {
        let (Some(before), Some(now)) = (self.run(), &next.run) else { return };
        if before.summary.run_id != now.summary.run_id {
            self.rates.clear();
            return;
        }
        let seconds = next.taken_at.seconds_since(self.overview.taken_at);
        if seconds > 0.0 {
            let ended = now.queue.ended.saturating_sub(before.queue.ended);
            self.rates.push_back((ended as f64 / seconds).round() as u64);
        }
        while self.rates.len() > REMEMBERED {
            self.rates.pop_front();
        }
    }

    pub(super) fn take_control(&mut self, control: Control, outcome: Result<(), String>) {
        self.message = Some(match (control, outcome) {
            (Control::Pause, Ok(())) => "paused: what is in hand is ended, nothing more is claimed".into(),
            (Control::Resume, Ok(())) => "resumed".into(),
            (_, Err(error)) => error,
        });
    }

    /// What a key press does.
    pub(super) fn handle(&mut self, event: &Event) -> Wish {
        let Event::Key(key) = event else { return Wish::Nothing };
        if key.kind == KeyEventKind::Release {
            return Wish::Nothing;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return Wish::Quit;
        }
        if self.is_typing_filter {
            self.type_filter(*key);
            return Wish::Nothing;
        }
        self.message = None;
        match key.code {
            KeyCode::Char('q') => return Wish::Quit,
            KeyCode::Char('s') => self.order = self.order.next(),
            KeyCode::Char('/') => self.is_typing_filter = true,
            KeyCode::Esc => self.filter.clear(),
            KeyCode::Down | KeyCode::Char('j') => {
                self.scroll = self.scroll.saturating_add(1).min(self.last_worker());
            }
            KeyCode::Up | KeyCode::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::Home => self.scroll = 0,
            KeyCode::Char('p') => return self.wish(Control::Pause),
            KeyCode::Char('r') => return self.wish(Control::Resume),
            _ => {}
        }
        Wish::Nothing
    }

    fn last_worker(&self) -> usize {
        self.workers().len().saturating_sub(1)
    }

    fn type_filter(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Enter => self.is_typing_filter = false,
            KeyCode::Esc => {
                self.is_typing_filter = false;
                self.filter.clear();
            }
            KeyCode::Backspace => {
                self.filter.pop();
            }
            KeyCode::Char(character) => self.filter.push(character),
            _ => {}
        }
        self.scroll = 0;
    }

    /// A run that is over is not paused, and neither is one of single mode.
    fn wish(&mut self, control: Control) -> Wish {
        let refusal = match self.run() {
            None => "there is no run",
            Some(run) if run.summary.state.is_final() => "the run is over",
            Some(_) if !self.can_control => "in single mode a run is stopped with a signal to its worker",
            Some(run) if control == Control::Pause && run.summary.queue_state == QueueState::Paused => {
                "the run is paused already"
            }
            Some(run) if control == Control::Resume && run.summary.queue_state == QueueState::Open => {
                "the run is not paused"
            }
            Some(_) => return Wish::Control(control),
        };
        self.message = Some(refusal.into());
        Wish::Nothing
    }

    /// The workers that pass the filter, in the order that was asked for.
    pub(super) fn workers(&self) -> Vec<&Worker> {
        let Some(run) = self.run() else { return Vec::new() };
        let passing = run
            .workers
            .iter()
            .filter(|worker| self.passes(&[&worker.worker_id, worker.host.as_deref().unwrap_or("")]));
        let mut workers: Vec<&Worker> = passing.collect();
        match self.order {
            Order::Name => {}
            Order::Rate => {
                workers.sort_by(|one, other| other.rate.unwrap_or(-1.0).total_cmp(&one.rate.unwrap_or(-1.0)));
            }
            Order::InHand => workers.sort_by_key(|worker| Reverse(worker.in_hand)),
            Order::Silence => {
                workers
                    .sort_by(|one, other| other.heartbeat_seconds_ago.total_cmp(&one.heartbeat_seconds_ago));
            }
        }
        workers
    }

    /// Whether one of the texts has the filter in it, whatever the case.
    pub(super) fn passes(&self, texts: &[&str]) -> bool {
        let filter = self.filter.to_lowercase();
        filter.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&filter))
    }
}
