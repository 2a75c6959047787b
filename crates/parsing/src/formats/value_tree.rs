//! Trees of objects, arrays and scalars, as JSON and YAML have them.
//!
//! Every value is an element whose location is a JSON pointer (RFC 6901). A
//! stream of several values (JSON Lines, YAML documents) is located as the
//! array of its values would be: `/3/name` is the member `name` of the fourth.

use super::web_address::web_address;
use crate::{ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};
use std::fmt::Write as _;
use std::mem;

/// The kinds of scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScalarType {
    String,
    Number,
    Boolean,
    Null,
}

impl ScalarType {
    /// The value of the attribute `value_type`.
    const fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Null => "null",
        }
    }
}

/// The two kinds of values that hold others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Object,
    Array,
}

/// Adds values to a tree in document order.
#[derive(Debug)]
pub(super) struct ValueTree<'t> {
    tree: &'t mut TreeBuilder,
    /// Pointer to the innermost open container.
    pointer: String,
    /// Open containers, the outermost first.
    open: Vec<Open>,
    /// Where the next value goes.
    slot: Slot,
    /// Where the next top value stands, if not where its pointer says.
    top_location: Option<Location>,
}

#[derive(Debug)]
struct Open {
    container: Container,
    /// Bytes of the pointer to what contains it.
    outer_pointer: usize,
    /// The slot behind it in what contains it.
    outer_slot: Slot,
}

#[derive(Debug)]
enum Slot {
    /// The whole document.
    Top,
    /// A member of an object.
    Member(String),
    /// An item of an array, or a value of a stream.
    Item(usize),
}

impl<'t> ValueTree<'t> {
    /// Adds to `tree` the one value of a document.
    pub(super) fn of_document(tree: &'t mut TreeBuilder) -> Self {
        Self { tree, pointer: String::new(), open: Vec::new(), slot: Slot::Top, top_location: None }
    }

    /// Adds to `tree` the values of a stream.
    pub(super) fn of_stream(tree: &'t mut TreeBuilder) -> Self {
        Self { slot: Slot::Item(0), ..Self::of_document(tree) }
    }

    /// The tree that values are added to.
    pub(super) fn tree(&self) -> &TreeBuilder {
        self.tree
    }

    /// The innermost open container; `None` at the top.
    pub(super) fn container(&self) -> Option<Container> {
        self.open.last().map(|open| open.container)
    }

    /// Locates the next top value by `location` instead of its pointer.
    pub(super) fn locate_next(&mut self, location: Location) {
        self.top_location = Some(location);
    }

    /// Leaves out a value of a stream: the next one has the index behind it.
    pub(super) fn skip_value(&mut self) {
        self.slot = self.following();
    }

    /// Names the next value, a member of the innermost object.
    pub(super) fn name_next(&mut self, name: String) {
        self.slot = Slot::Member(name);
    }

    /// Adds an object or array; what follows is in it until [`end`](Self::end).
    pub(super) fn begin(&mut self, container: Container) -> Result<(), ParseError> {
        let element_type = match container {
            Container::Object => ElementType::JsonObject,
            Container::Array => ElementType::JsonArray,
        };
        let outer_pointer = self.enter();
        let location = self.location()?;
        let position = self.tree.open(element_type, "", location)?;
        self.label(position)?;
        let outer_slot = self.following();
        self.slot = Slot::Item(0);
        self.open.push(Open { container, outer_pointer, outer_slot });
        Ok(())
    }

    /// Ends the innermost object or array.
    pub(super) fn end(&mut self) {
        if let Some(ended) = self.open.pop() {
            self.tree.close();
            self.pointer.truncate(ended.outer_pointer);
            self.slot = ended.outer_slot;
        }
    }

    /// Adds a scalar, as it is written in the document.
    pub(super) fn scalar(&mut self, text: &str, scalar_type: ScalarType) -> Result<(), ParseError> {
        let element_type = match &self.slot {
            Slot::Member(_) => ElementType::JsonField,
            Slot::Top | Slot::Item(_) => ElementType::JsonItem,
        };
        let outer_pointer = self.enter();
        let location = self.location()?;
        let position = self.tree.leaf(element_type, text, location)?;
        self.pointer.truncate(outer_pointer);
        self.label(position)?;
        self.tree.set_attribute(position, "value_type", scalar_type.as_str());
        if scalar_type == ScalarType::String {
            if self.is_title() {
                self.tree.set_title(text);
            }
            if let Some(address) = web_address(text) {
                self.tree.link(position, address)?;
            }
        }
        self.slot = self.following();
        Ok(())
    }

    /// Whether the next value is the member `title` of a document's top object.
    fn is_title(&self) -> bool {
        let in_document = matches!(&self.open[..], [top] if matches!(top.outer_slot, Slot::Top));
        in_document && matches!(&self.slot, Slot::Member(name) if name == "title")
    }

    /// Extends the pointer to the next value, and returns how many bytes it had before.
    fn enter(&mut self) -> usize {
        let before = self.pointer.len();
        match &self.slot {
            Slot::Top => {}
            Slot::Member(name) => {
                self.pointer.push('/');
                push_escaped(&mut self.pointer, name);
            }
            Slot::Item(index) => {
                // Writing to a string cannot fail.
                let _ = write!(self.pointer, "/{index}");
            }
        }
        before
    }

    /// The location of the value that the pointer leads to. Pointers repeat the names above them, so that they cost text.
    fn location(&mut self) -> Result<Location, ParseError> {
        if self.open.is_empty()
            && let Some(location) = self.top_location.take()
        {
            return Ok(location);
        }
        self.tree.budget().spend_text(self.pointer.len())?;
        Ok(Location::Pointer(self.pointer.clone()))
    }

    /// Sets the attribute that tells where the element at `position` is in its parent.
    fn label(&mut self, position: u32) -> Result<(), ParseError> {
        match &self.slot {
            Slot::Top => {}
            Slot::Member(name) => {
                self.tree.budget().spend_text(name.len())?;
                self.tree.set_attribute(position, "name", name.as_str());
            }
            Slot::Item(index) => self.tree.set_attribute(position, "index", *index),
        }
        Ok(())
    }

    /// The slot behind the next value. An object's is set by the name that follows.
    fn following(&mut self) -> Slot {
        match mem::replace(&mut self.slot, Slot::Top) {
            Slot::Item(index) => Slot::Item(index + 1),
            Slot::Top | Slot::Member(_) => Slot::Top,
        }
    }
}

/// Appends `name` as RFC 6901 escapes it: `~` is `~0`, `/` is `~1`.
fn push_escaped(pointer: &mut String, name: &str) {
    for part in name.split_inclusive(['~', '/']) {
        if let Some(before) = part.strip_suffix('~') {
            pointer.push_str(before);
            pointer.push_str("~0");
        } else if let Some(before) = part.strip_suffix('/') {
            pointer.push_str(before);
            pointer.push_str("~1");
        } else {
            pointer.push_str(part);
        }
    }
}
