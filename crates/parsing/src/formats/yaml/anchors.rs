//! What anchors name, kept once however often aliases refer to it.

use saphyr_parser::Event;
use std::collections::HashMap;
use std::ops::Range;

/// The events of the anchored nodes of a stream, as they stand: aliases in them are not expanded.
#[derive(Debug, Default)]
pub(super) struct Anchors<'input> {
    log: Vec<Event<'input>>,
    /// Where in the log each complete anchored node is.
    complete: HashMap<usize, Range<usize>>,
    /// The collections that are open since the outermost anchored one: anchor (0 for none) and begin in the log.
    open: Vec<(usize, usize)>,
}

impl<'input> Anchors<'input> {
    /// Keeps the next event of the stream if it is in an anchored node.
    pub(super) fn record(&mut self, event: &Event<'input>) {
        let anchor = match event {
            Event::Scalar(_, _, anchor, _)
            | Event::SequenceStart(anchor, _)
            | Event::MappingStart(anchor, _) => *anchor,
            _ => 0,
        };
        if anchor == 0 && self.open.is_empty() {
            return;
        }
        let begin = self.log.len();
        self.log.push(event.clone());
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => self.open.push((anchor, begin)),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some((anchor, begin)) = self.open.pop() {
                    self.end(anchor, begin);
                }
            }
            _ => self.end(anchor, begin),
        }
    }

    fn end(&mut self, anchor: usize, begin: usize) {
        if anchor > 0 {
            self.complete.insert(anchor, begin..self.log.len());
        }
    }

    /// The events of the node that `anchor` names; `None` while its end has not been recorded.
    pub(super) fn events(&self, anchor: usize) -> Option<&[Event<'input>]> {
        self.complete.get(&anchor).and_then(|range| self.log.get(range.clone()))
    }
}
