//! Where an element stands among its ancestors and siblings.

use std::collections::HashMap;
use std::fmt::Write as _;

/// The path to the innermost open element: names, each with its place among the siblings of that name, from 1.
#[derive(Debug, Default)]
pub(super) struct Path {
    text: String,
    /// How many roots there were of each name.
    roots: Counts,
    open: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    /// Bytes of the path to the parent.
    parent_path: usize,
    children: Counts,
}

/// How many siblings there were of each name.
type Counts = HashMap<String, u32>;

impl Path {
    /// Goes down to a new child.
    pub(super) fn enter(&mut self, name: &str) {
        let siblings = self.open.last_mut().map_or(&mut self.roots, |parent| &mut parent.children);
        let place = if let Some(count) = siblings.get_mut(name) {
            *count += 1;
            *count
        } else {
            siblings.insert(name.to_owned(), 1);
            1
        };
        self.open.push(Level { parent_path: self.text.len(), children: Counts::new() });
        // Writing to a string cannot fail.
        let _ = write!(self.text, "/{name}[{place}]");
    }

    /// Goes back up to the parent.
    pub(super) fn leave(&mut self) {
        if let Some(left) = self.open.pop() {
            self.text.truncate(left.parent_path);
        }
    }

    /// The path as text: `/catalog[1]/book[2]`.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}
