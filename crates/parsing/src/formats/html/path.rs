//! Where the walk through a document is, as an `XPath`.

use html5ever::LocalName;
use std::collections::HashMap;
use std::fmt::Write as _;

/// The path to the innermost open HTML element: `/html[1]/body[1]/p[3]`.
#[derive(Debug)]
pub(super) struct Path {
    text: String,
    /// Of each open element, the length of `text` up to its end.
    ends: Vec<usize>,
    /// Of the document and each open element, how many children of each name it had so far.
    children: Vec<HashMap<LocalName, u32>>,
}

impl Path {
    pub(super) fn new() -> Self {
        Self { text: String::new(), ends: Vec::new(), children: vec![HashMap::new()] }
    }

    /// Goes into the next child called `name`.
    pub(super) fn enter(&mut self, name: &LocalName) {
        let position = self.children.last_mut().map_or(1, |counts| {
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            *count
        });
        self.text.push('/');
        self.text.push_str(name);
        // Writing to a string does not fail.
        let _ = write!(self.text, "[{position}]");
        self.ends.push(self.text.len());
        self.children.push(HashMap::new());
    }

    /// Goes back to the parent.
    pub(super) fn leave(&mut self) {
        self.ends.pop();
        self.children.pop();
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.ends.len()
    }

    /// The path to the open element at `depth`, from 1.
    pub(super) fn to(&self, depth: usize) -> &str {
        let end = depth.checked_sub(1).and_then(|index| self.ends.get(index));
        end.and_then(|end| self.text.get(..*end)).unwrap_or("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_siblings_of_one_name() {
        let mut path = Path::new();
        path.enter(&LocalName::from("html"));
        for name in ["p", "div", "p"] {
            path.enter(&LocalName::from(name));
            path.leave();
        }
        path.enter(&LocalName::from("p"));
        assert_eq!(path.to(path.depth()), "/html[1]/p[3]");
        assert_eq!(path.to(1), "/html[1]");
    }
}
