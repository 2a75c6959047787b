//! What workers tell each other through the database's notifications.

use gdg_model::RunId;
use gdg_storage::RunStatus;

/// The channel on which it is said that a run has begun or moved on.
pub(crate) const RUN_CHANNEL: &str = "processing_run";

/// The channels that a worker listens to.
pub(crate) const CHANNELS: &[&str] = &[gdg_queue::postgres::CHANNEL, gdg_election::CHANNEL, RUN_CHANNEL];

/// What is sent along on [`RUN_CHANNEL`].
pub(crate) fn run_payload(run: &RunId, status: RunStatus) -> String {
    format!("{run}\t{status}")
}

/// What is sent along on [`RUN_CHANNEL`] by whoever waits for a run to begin.
pub(crate) fn request_payload(run: &RunId) -> String {
    format!("{run}\t{REQUESTED}")
}

/// Whether it is about a run of the work `fingerprint` that somebody waits for.
pub(crate) fn is_request(payload: &str, fingerprint: &str) -> bool {
    payload.split_once('\t').is_some_and(|(run, asked)| asked == REQUESTED && run.starts_with(fingerprint))
}

const REQUESTED: &str = "requested";

/// The run and its status, as [`run_payload`] put them.
pub(crate) fn parse_run_payload(payload: &str) -> Option<(RunId, RunStatus)> {
    let (run, status) = payload.split_once('\t')?;
    Some((RunId::new(run), RunStatus::from_name(status)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_says_which_run_and_how_far_it_is() {
        let run = RunId::new("0123456789abcdef-2");
        let payload = run_payload(&run, RunStatus::Completed);
        assert_eq!(parse_run_payload(&payload), Some((run, RunStatus::Completed)));
        assert_eq!(parse_run_payload("something else"), None);
    }
}
