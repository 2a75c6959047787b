//! What a lease is named by, and for how long it is given.

use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// The longest name of a lease, in bytes: with a holder it has to fit into a notification.
const LONGEST_NAME: usize = 200;

/// The shortest time a lease is given for: below it, a leader would do nothing but renew.
const SHORTEST_TTL: Duration = Duration::from_millis(100);

/// The name of a lease: what there is one leader for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LeaseName(String);

/// A name that no lease can have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{}` cannot name a lease: a name has 1 to {LONGEST_NAME} bytes and no control characters",
    .0.escape_debug()
)]
pub struct InvalidLeaseName(pub String);

impl LeaseName {
    /// A name, if it is not empty, not too long, and without tabs and other control characters.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidLeaseName> {
        let name = name.into();
        let fits = (1..=LONGEST_NAME).contains(&name.len());
        if fits && !name.chars().any(char::is_control) { Ok(Self(name)) } else { Err(InvalidLeaseName(name)) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LeaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names one term of leadership. It is given by the database, and rises with
/// every change of hands: of two leaders, the one with the higher epoch leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch(pub i64);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// For how long a lease is given, and how it is kept. All candidates for a lease should have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseTerms {
    /// How long a lease lives without being renewed: for about this long nobody leads after a leader has died.
    pub ttl: Duration,
    /// The time between two renewals.
    pub renew_interval: Duration,
    /// How long before the end of its lease a leader that could not renew it steps down.
    pub margin: Duration,
}

impl LeaseTerms {
    /// The terms that go with a TTL: renewed every third of it, given up a sixth before its end.
    pub fn with_ttl(ttl: Duration) -> Self {
        Self { ttl, renew_interval: ttl / 3, margin: ttl / 6 }
    }

    /// Whether a leader can renew before it has to step down.
    pub fn are_sound(&self) -> bool {
        let needed = self.renew_interval.saturating_add(self.margin);
        self.ttl >= SHORTEST_TTL && !self.renew_interval.is_zero() && needed < self.ttl
    }

    /// These terms, or, where they are not sound, those that go with their TTL:
    /// a leader that can never be trusted would keep the lease from everybody.
    pub(crate) fn made_sound(self) -> Self {
        if self.are_sound() {
            return self;
        }
        let sound = Self::with_ttl(self.ttl.max(SHORTEST_TTL));
        tracing::error!(
            terms = ?self,
            instead = ?sound,
            "a lease has to live longer than the interval of its renewals and the margin together"
        );
        sound
    }

    /// How long after the start of a successful attempt its leader is trusted.
    pub(crate) fn trust(&self) -> Duration {
        self.ttl.saturating_sub(self.margin)
    }
}

impl Default for LeaseTerms {
    /// 30 s, renewed every 10 s, given up 5 s before the end.
    fn default() -> Self {
        Self::with_ttl(Duration::from_secs(30))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_some_characters_and_no_tab() {
        assert_eq!(LeaseName::new("leader:0123").unwrap().to_string(), "leader:0123");
        for name in [String::new(), "a\tb".into(), "a\0".into(), "x".repeat(201)] {
            assert_eq!(LeaseName::new(name.clone()), Err(InvalidLeaseName(name)));
        }
    }

    #[test]
    fn terms_under_which_no_leader_could_be_trusted_are_replaced() {
        let seconds = Duration::from_secs;
        let terms = LeaseTerms::default();
        assert_eq!(
            (terms.renew_interval, terms.margin, terms.trust()),
            (seconds(10), seconds(5), seconds(25))
        );
        assert_eq!(terms.made_sound(), terms);
        let unsound = LeaseTerms { margin: seconds(20), ..terms };
        assert_eq!(unsound.made_sound(), terms);
        assert!(LeaseTerms::with_ttl(Duration::ZERO).made_sound().are_sound());
    }
}
