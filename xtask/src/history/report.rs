//! What a check found.

use super::statistics::Statistics;
use super::violation::{Invariant, Violation};
use std::collections::BTreeMap;
use std::fmt;

/// How many violations of one invariant are shown. The first few tell what went wrong; the rest mostly follow.
const MAX_SHOWN: usize = 20;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// Everything that is not as it must be.
    pub(crate) violations: Vec<Violation>,
    /// How much happened: a history in which nothing did proves nothing.
    pub(crate) statistics: Statistics,
}

impl Report {
    /// Whether everything is as it must be.
    pub(crate) fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut by_invariant: BTreeMap<Invariant, Vec<&Violation>> = BTreeMap::new();
        for violation in &self.violations {
            by_invariant.entry(violation.invariant).or_default().push(violation);
        }
        for (invariant, violations) in by_invariant {
            writeln!(f, "violated: {invariant}")?;
            for violation in violations.iter().take(MAX_SHOWN) {
                writeln!(f, "  {violation}")?;
            }
            if violations.len() > MAX_SHOWN {
                writeln!(f, "  … and {} more", violations.len() - MAX_SHOWN)?;
            }
        }
        write!(f, "{}", self.statistics)
    }
}
