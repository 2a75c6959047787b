//! Nests list items that the source gives flat, each with its level.

use crate::{ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};

/// Items of different lists at one level are nested when their indents differ by more (twentieths of a point).
const INDENT_STEP: i64 = 100;

/// A list item as the source gives it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    /// Items with the same number belong to one list.
    pub(crate) list: u64,
    /// Level within the list, from 0.
    pub(crate) level: u32,
    /// Left indent in twentieths of a point; tells levels of different lists apart.
    pub(crate) indent: i64,
    /// Whether items are numbered.
    pub(crate) ordered: bool,
    /// The item's number.
    pub(crate) number: u32,
}

impl Item {
    /// Whether the item lies outside the list of `open`.
    fn is_outside(&self, open: &Self) -> bool {
        if self.list == open.list || self.level != open.level {
            self.level < open.level
        } else {
            self.indent + INDENT_STEP < open.indent
        }
    }
}

/// The lists that are open in the current container, each with its last item open, outermost first.
#[derive(Debug, Default)]
pub(crate) struct OpenLists(Vec<Item>);

impl OpenLists {
    /// Adds an item, which stays open for its children, and returns its position.
    pub(crate) fn item(
        &mut self,
        tree: &mut TreeBuilder,
        item: Item,
        text: String,
        location: Location,
    ) -> Result<u32, ParseError> {
        while self.0.last().is_some_and(|open| item.is_outside(open)) {
            self.close_innermost(tree);
        }
        match self.0.last() {
            Some(open) if open.is_outside(&item) => Self::open_list(tree, item, &location)?,
            Some(open) if open.list == item.list => {
                tree.close();
                self.0.pop();
            }
            Some(_) => {
                self.close_innermost(tree);
                Self::open_list(tree, item, &location)?;
            }
            None => Self::open_list(tree, item, &location)?,
        }
        self.0.push(item);
        tree.open(ElementType::ListItem, text, location)
    }

    /// Makes the open item of `level`, or the nearest one above it, the
    /// current container. Returns whether there is one.
    pub(crate) fn continue_item(&mut self, tree: &mut TreeBuilder, level: u32) -> bool {
        while self.0.len() > 1 && self.0.last().is_some_and(|open| open.level > level) {
            self.close_innermost(tree);
        }
        !self.0.is_empty()
    }

    /// Level of the innermost open item, if any.
    pub(crate) fn level(&self) -> Option<u32> {
        self.0.last().map(|open| open.level)
    }

    /// Closes all lists.
    pub(crate) fn close(&mut self, tree: &mut TreeBuilder) {
        while !self.0.is_empty() {
            self.close_innermost(tree);
        }
    }

    fn open_list(tree: &mut TreeBuilder, item: Item, location: &Location) -> Result<(), ParseError> {
        let position = tree.open(ElementType::List, "", location.clone())?;
        tree.set_attribute(position, "ordered", item.ordered);
        if item.ordered && item.number != 1 {
            tree.set_attribute(position, "start", item.number);
        }
        Ok(())
    }

    fn close_innermost(&mut self, tree: &mut TreeBuilder) {
        if self.0.pop().is_some() {
            tree.close();
            tree.close();
        }
    }
}
