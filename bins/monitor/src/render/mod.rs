//! What is known, as lines of text.

mod alerts;
mod details;
mod list;
#[cfg(test)]
pub(crate) mod sample;
mod summary;
#[cfg(test)]
mod tests;

pub(crate) use alerts::{alerts, tone as alert_tone};
pub(crate) use details::{details, worker_state};
pub(crate) use list::list;
pub(crate) use summary::{bounded, summary};

use crate::layout::Tone;
use gdg_operations::overview::{QueueState, RunState, RunSummary};

/// The state of a run in a word, and how it is meant.
pub(crate) fn state(run: &RunSummary) -> (&'static str, Tone) {
    match (run.state, run.queue_state) {
        (RunState::Active, QueueState::Paused) => ("paused", Tone::Warning),
        (state @ (RunState::Failed | RunState::Abandoned), _) => (state.as_str(), Tone::Bad),
        (state @ RunState::Completed, _) => (state.as_str(), Tone::Good),
        (state, _) => (state.as_str(), Tone::Plain),
    }
}
