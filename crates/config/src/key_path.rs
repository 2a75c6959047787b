//! Names of places in the configuration: `content_sources[0].base_path`.

use std::fmt;

/// The way from the top of the configuration to one of its keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyPath {
    steps: Vec<Step>,
}

/// One step of a [`KeyPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

impl KeyPath {
    /// The top.
    pub(crate) const fn top() -> Self {
        Self { steps: Vec::new() }
    }

    /// The path that is written `section.key`.
    pub(crate) fn of(text: &str) -> Self {
        Self { steps: text.split('.').map(|key| Step::Key(key.into())).collect() }
    }

    /// The path one key further down.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.step(Step::Key(key.into()))
    }

    /// The path to an entry of the list that is here.
    pub(crate) fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    fn step(&self, step: Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step);
        Self { steps }
    }

    /// Whether `other` is this path or leads to a section that it is in.
    pub(crate) fn starts_with(&self, other: &Self) -> bool {
        self.steps.starts_with(&other.steps)
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The last key on the way; an entry of a list goes by the key of the list.
    pub(crate) fn last_key(&self) -> &str {
        let mut keys = self.steps.iter().rev().filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        });
        keys.next().unwrap_or_default()
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.steps.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
