//! The elector's task.

use crate::leadership::{Current, Term};
use crate::state::{Candidate, Step};
use crate::trouble::{AttemptError, Trouble};
use crate::{Campaign, Epoch, LeaseNotice, LeaseStore, LeaseTerms, Resignation};
use gdg_postgres::PostgresError;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

/// Candidates that wait for the same moment do not come all at once: each adds a random part up to this.
const SPREAD: Duration = Duration::from_millis(300);

/// The last thing an elector heard.
#[derive(Debug, Clone)]
pub(crate) enum Heard {
    Nothing,
    Notice(LeaseNotice, Instant),
    /// Notices do not arrive any more.
    Lost,
    /// They do, from now on.
    Listening,
}

/// What the task works with.
#[derive(Debug)]
pub(crate) struct Run {
    store: LeaseStore,
    candidate: Candidate,
    term: Option<Term>,
    current: Current,
    heard: watch::Receiver<Heard>,
    trouble: Trouble,
}

impl Run {
    pub(crate) fn new(
        store: LeaseStore,
        terms: LeaseTerms,
        current: Current,
        heard: watch::Receiver<Heard>,
    ) -> Self {
        let candidate = Candidate::new(terms, Instant::now());
        Self { store, candidate, term: None, current, heard, trouble: Trouble::default() }
    }

    /// Campaigns, leads and follows until it is told to stop.
    pub(crate) async fn until_stopped(mut self, mut stop: oneshot::Receiver<()>) -> Resignation {
        loop {
            // Whatever woke this task, and however long it slept: the clock comes first.
            match self.candidate.step(Instant::now(), spread()) {
                Step::Untrusted => self.step_down("its last renewal is too long ago"),
                Step::Campaign(limit) => self.campaign(limit).await,
                Step::Renew(epoch, limit) => self.renew(epoch, limit).await,
                Step::Wait(until) => tokio::select! {
                    _ = &mut stop => return self.resign().await,
                    Ok(()) = self.heard.changed() => self.hear(),
                    () = tokio::time::sleep_until(until) => {}
                },
            }
        }
    }

    async fn campaign(&mut self, limit: Duration) {
        let started = Instant::now();
        match within(limit, self.store.campaign()).await {
            Ok(Campaign::Won(epoch)) => {
                self.answered();
                self.candidate.won(started, epoch);
                self.lead(epoch);
            }
            Ok(Campaign::Held { holder, epoch, expires_in }) => {
                self.answered();
                tracing::debug!(lease = %self.store.name(), holder, %epoch, ?expires_in, "follows");
                self.candidate.held(Instant::now(), epoch, expires_in, spread());
            }
            Err(error) => self.failed(&error),
        }
    }

    async fn renew(&mut self, epoch: Epoch, limit: Duration) {
        let started = Instant::now();
        match within(limit, self.store.renew(epoch)).await {
            Ok(true) => {
                self.answered();
                self.candidate.renewed(started);
                if let (Some(term), Some(until)) = (&self.term, self.candidate.trusted_until()) {
                    term.trust_until(until);
                }
            }
            Ok(false) => {
                self.answered();
                self.candidate.refused(Instant::now(), spread());
                self.step_down("the lease is not its own any more");
            }
            Err(error) => {
                // It will not pass within the time that is left.
                if error.is_permanent() {
                    self.candidate.refused(Instant::now(), spread());
                    self.step_down("the lease cannot be renewed");
                }
                self.failed(&error);
            }
        }
    }

    /// Gives the lease back, if it is ours.
    async fn resign(mut self) -> Resignation {
        let Some(epoch) = self.term.as_ref().map(|term| term.epoch) else {
            return Resignation::NotLeading;
        };
        // First stop leading, then let others lead.
        self.step_down("it resigns");
        match self.store.resign(epoch).await {
            Ok(true) => Resignation::Resigned(epoch),
            Ok(false) => Resignation::NotLeading,
            Err(error) => {
                tracing::warn!(lease = %self.store.name(), %error, "could not resign, the lease will run out");
                Resignation::LeftToRunOut
            }
        }
    }

    fn hear(&mut self) {
        let heard = self.heard.borrow_and_update().clone();
        match heard {
            Heard::Nothing => {}
            Heard::Notice(notice, heard_at) => self.candidate.heard(&notice, heard_at, spread()),
            Heard::Lost => self.candidate.deaf(Instant::now()),
            Heard::Listening => self.candidate.hears_again(Instant::now(), spread()),
        }
    }

    fn lead(&mut self, epoch: Epoch) {
        if let Some(until) = self.candidate.trusted_until() {
            tracing::info!(lease = %self.store.name(), holder = self.store.holder(), %epoch, "leads");
            self.term =
                Some(Term::begin(self.store.name(), self.store.holder(), epoch, until, &self.current));
        }
    }

    fn step_down(&mut self, reason: &str) {
        if let Some(term) = self.term.take() {
            let epoch = term.epoch;
            drop(term);
            tracing::info!(lease = %self.store.name(), holder = self.store.holder(), %epoch, reason, "does not lead any more");
        }
    }

    fn answered(&mut self) {
        self.trouble.is_over(self.store.name().as_str());
    }

    fn failed(&mut self, error: &AttemptError) {
        let wait = self.trouble.failed(self.store.name().as_str(), error);
        self.candidate.failed(Instant::now(), wait);
    }
}

/// An attempt, given up after `limit`: a connection that nobody answers on is closed with it.
async fn within<T>(
    limit: Duration,
    attempt: impl Future<Output = Result<T, PostgresError>>,
) -> Result<T, AttemptError> {
    match tokio::time::timeout(limit, attempt).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(AttemptError::Late(limit)),
    }
}

fn spread() -> Duration {
    SPREAD.mul_f64(rand::random())
}
