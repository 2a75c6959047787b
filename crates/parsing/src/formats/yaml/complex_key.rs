//! Names that are objects or arrays, which JSON does not have.

use crate::{Budget, ParseError};
use saphyr_parser::Event;

/// An object or array that names a member, written in flow style as it is read: `[a, {b: c}]`.
#[derive(Debug, Default)]
pub(super) struct ComplexKey {
    text: String,
    /// For each open collection, what it consists of so far.
    open: Vec<Collection>,
}

#[derive(Debug)]
struct Collection {
    is_mapping: bool,
    nodes: usize,
}

impl ComplexKey {
    /// Writes `event`, and returns whether the key is complete. Each node costs what an element does;
    /// `outer_depth` is how many containers the key is in.
    pub(super) fn extend(
        &mut self,
        event: &Event<'_>,
        budget: &Budget,
        outer_depth: usize,
    ) -> Result<bool, ParseError> {
        let before = self.text.len();
        match event {
            Event::Scalar(text, ..) => {
                self.begin_node(budget)?;
                self.text.push_str(text);
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                self.begin_node(budget)?;
                let is_mapping = matches!(event, Event::MappingStart(..));
                self.text.push(if is_mapping { '{' } else { '[' });
                self.open.push(Collection { is_mapping, nodes: 0 });
                budget.check_depth(outer_depth + self.open.len() + 1)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let is_mapping = self.open.pop().is_some_and(|ended| ended.is_mapping);
                self.text.push(if is_mapping { '}' } else { ']' });
            }
            _ => {}
        }
        budget.spend_text(self.text.len() - before)?;
        Ok(self.open.is_empty())
    }

    /// Separates a node from the one before it.
    fn begin_node(&mut self, budget: &Budget) -> Result<(), ParseError> {
        if let Some(collection) = self.open.last_mut() {
            let is_value = collection.is_mapping && collection.nodes % 2 == 1;
            if is_value {
                self.text.push_str(": ");
            } else if collection.nodes > 0 {
                self.text.push_str(", ");
            }
            collection.nodes += 1;
        }
        budget.spend_element()
    }

    /// The key as text.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}
