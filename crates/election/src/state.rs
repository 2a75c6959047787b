//! When to do what: the states of a candidate, without clock, chance or
//! database. Instants and random parts come in as arguments.

#[cfg(test)]
mod fleet;
#[cfg(test)]
mod tests;

use crate::{Epoch, LeaseEvent, LeaseNotice, LeaseTerms};
use std::time::Duration;
use tokio::time::Instant;

/// How long to wait for a lease that has run out and cannot be had yet.
pub(crate) const CONTESTED: Duration = Duration::from_millis(500);

/// The least time that an attempt is given: a connection may have to be made first.
const SHORTEST_ATTEMPT: Duration = Duration::from_secs(1);

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing, until this instant or until something is heard.
    Wait(Instant),
    /// Ask for the lease; give up after the time.
    Campaign(Duration),
    /// Renew the lease; give up after the time.
    Renew(Epoch, Duration),
    /// The trust in the last renewal has run out: stop leading, before anything else.
    Untrusted,
}

/// The states of a candidate.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    terms: LeaseTerms,
    state: State,
    /// The epoch that was last asked or heard about: a notice of an earlier one is late.
    known: Option<Epoch>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Follower { campaign_at: Instant },
    Leader { epoch: Epoch, trusted_until: Instant, renew_at: Instant },
}

impl Candidate {
    /// A follower that knows nothing yet, and asks at once.
    pub(crate) fn new(terms: LeaseTerms, now: Instant) -> Self {
        Self { terms, state: State::Follower { campaign_at: now }, known: None }
    }

    /// What is to be done. A leader whose trust has run out is a follower from here on.
    pub(crate) fn step(&mut self, now: Instant, spread: Duration) -> Step {
        match self.state {
            State::Leader { trusted_until, .. } if now >= trusted_until => {
                // Its lease may live as long as the margin, and nobody can have it sooner.
                let runs_out = trusted_until + self.terms.margin;
                self.follow(runs_out.max(now) + spread);
                Step::Untrusted
            }
            State::Leader { epoch, trusted_until, renew_at } if now >= renew_at => {
                Step::Renew(epoch, self.attempt().min(trusted_until - now))
            }
            State::Leader { trusted_until, renew_at, .. } => Step::Wait(renew_at.min(trusted_until)),
            State::Follower { campaign_at } if now >= campaign_at => {
                // An answer that comes later could not be trusted any more.
                Step::Campaign(self.attempt().min(self.terms.trust()))
            }
            State::Follower { campaign_at } => Step::Wait(campaign_at),
        }
    }

    /// The lease was won by an attempt that began at `started`.
    pub(crate) fn won(&mut self, started: Instant, epoch: Epoch) {
        self.known = Some(epoch);
        self.lead(started, epoch);
    }

    /// The lease is somebody else's. Until a notice is heard, nobody knows
    /// whether notices arrive here, and so this follower polls.
    pub(crate) fn held(&mut self, now: Instant, epoch: Epoch, expires_in: Duration, spread: Duration) {
        self.known = Some(epoch);
        let wait = if expires_in.is_zero() {
            CONTESTED + spread
        } else {
            (expires_in + spread).min(self.terms.renew_interval)
        };
        self.follow(now + wait);
    }

    /// The lease was renewed by an attempt that began at `started`.
    pub(crate) fn renewed(&mut self, started: Instant) {
        if let State::Leader { epoch, .. } = self.state {
            self.lead(started, epoch);
        }
    }

    /// The lease is not ours any more: this is a follower, who asks soon whose it is.
    pub(crate) fn refused(&mut self, now: Instant, spread: Duration) {
        self.follow(now + spread);
    }

    /// An attempt failed: the next one is not before `wait` has passed.
    /// Neither is it much later than it would have been.
    pub(crate) fn failed(&mut self, now: Instant, wait: Duration) {
        let again = now + wait.min(self.terms.renew_interval);
        match &mut self.state {
            State::Follower { campaign_at } => *campaign_at = again,
            State::Leader { renew_at, .. } => *renew_at = again,
        }
    }

    /// A notice arrived at `heard_at`.
    pub(crate) fn heard(&mut self, notice: &LeaseNotice, heard_at: Instant, spread: Duration) {
        if self.known.is_some_and(|known| notice.epoch < known) {
            return;
        }
        self.known = Some(notice.epoch);
        let resigned = notice.event == LeaseEvent::Resigned;
        match &mut self.state {
            State::Follower { campaign_at } => {
                let lives = if resigned { Duration::ZERO } else { self.terms.ttl };
                *campaign_at = heard_at + lives + spread;
            }
            // A notice is not proof: whoever can notify can say anything. The database is asked.
            State::Leader { epoch, renew_at, .. } if resigned || notice.epoch > *epoch => {
                *renew_at = heard_at;
            }
            State::Leader { .. } => {}
        }
    }

    /// Notifications do not arrive any more: a follower polls.
    pub(crate) fn deaf(&mut self, now: Instant) {
        self.ask_by(now + self.terms.renew_interval);
    }

    /// Notifications arrive from now on. Nobody knows what was missed: a follower asks.
    pub(crate) fn hears_again(&mut self, now: Instant, spread: Duration) {
        self.ask_by(now + spread);
    }

    /// Until when a leader is trusted; `None` for a follower.
    pub(crate) fn trusted_until(&self) -> Option<Instant> {
        match self.state {
            State::Leader { trusted_until, .. } => Some(trusted_until),
            State::Follower { .. } => None,
        }
    }

    fn lead(&mut self, started: Instant, epoch: Epoch) {
        self.state = State::Leader {
            epoch,
            // Counted from the start of the attempt: the lease cannot have been given before.
            trusted_until: started + self.terms.trust(),
            renew_at: started + self.terms.renew_interval,
        };
    }

    /// A leader asks anyway.
    fn ask_by(&mut self, latest: Instant) {
        if let State::Follower { campaign_at } = &mut self.state {
            *campaign_at = (*campaign_at).min(latest);
        }
    }

    fn follow(&mut self, campaign_at: Instant) {
        self.state = State::Follower { campaign_at };
    }

    /// How long an attempt is waited for: short enough that there is time for another.
    fn attempt(&self) -> Duration {
        SHORTEST_ATTEMPT.max(self.terms.renew_interval / 2)
    }
}
