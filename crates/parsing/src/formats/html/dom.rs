//! The tree of a document as the HTML standard constructs it.
//!
//! Nodes lie in one array and refer to one another by index, so that building,
//! walking and dropping a tree need no recursion, however deep it is.

use super::emitter::{Emitter, StartTag};
use super::gate::{Gate, OpenElements};
use super::vocabulary::{attribute, heading_level};
use crate::{Budget, ParseError};
use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, Tracer, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{Attribute, LocalName, Namespace, Prefix, QualName};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

/// How many nodes a tree may have; a document that needs more is streamed.
const MAX_NODES: usize = 2_000_000;

/// How many nodes may be entered or left between two looks at the clock.
const STEPS_PER_CLOCK_READ: usize = 4096;

const DOCUMENT: NodeId = 0;

type NodeId = u32;

/// The tree of a document.
#[derive(Debug)]
pub(super) struct Dom {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    parent: Option<NodeId>,
    previous: Option<NodeId>,
    next: Option<NodeId>,
    first_child: Option<NodeId>,
    last_child: Option<NodeId>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// The document, the contents of a template, or something of no interest.
    Other,
    Element {
        name: Rc<QualName>,
        attributes: Vec<Attribute>,
    },
    Text(StrTendril),
}

impl Dom {
    /// Builds the tree of `text`; `None` if it has too many nodes.
    pub(super) fn build(text: &str, budget: &Budget) -> Result<Option<Self>, ParseError> {
        let sink = DomSink { dom: RefCell::new(Self { nodes: vec![Node::new(Content::Other)] }) };
        let gate = Gate::new(TreeBuilder::new(sink, TreeBuilderOpts::default()), text);
        let builder = gate.feed(text, budget)?;
        let dom = builder.sink.dom.into_inner();
        Ok((dom.nodes.len() <= MAX_NODES).then_some(dom))
    }

    /// Hands the elements and texts to `emitter` in document order.
    pub(super) fn walk(&self, emitter: &mut Emitter<'_>) -> Result<(), ParseError> {
        let layout_tables = self.layout_tables();
        for (count, step) in self.steps().enumerate() {
            if count % STEPS_PER_CLOCK_READ == 0 {
                emitter.budget().check_deadline()?;
            }
            match step {
                Step::Into(id) => match self.content(id) {
                    Content::Element { name, attributes } => emitter.start(&StartTag {
                        name: &name.local,
                        attributes,
                        is_layout: layout_tables.contains(&id),
                    })?,
                    Content::Text(text) => emitter.text(text),
                    Content::Other => {}
                },
                Step::OutOf(id) => {
                    if let Content::Element { .. } = self.content(id) {
                        emitter.end()?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The tables that place other content rather than relate cells: those
    /// without header cells, head or caption that have a table or a heading in a
    /// cell, or only one cell.
    fn layout_tables(&self) -> HashSet<NodeId> {
        let mut layout_tables = HashSet::new();
        let mut open: Vec<TableSigns> = Vec::new();
        for step in self.steps() {
            let (id, is_start) = match step {
                Step::Into(id) => (id, true),
                Step::OutOf(id) => (id, false),
            };
            let Content::Element { name, .. } = self.content(id) else { continue };
            match (&*name.local, is_start) {
                ("table", true) => {
                    if let Some(around) = open.last_mut() {
                        around.has_blocks = true;
                    }
                    open.push(TableSigns::default());
                }
                ("table", false) => {
                    if open.pop().is_some_and(|signs| signs.is_layout()) {
                        layout_tables.insert(id);
                    }
                }
                (name, true) => {
                    if let Some(signs) = open.last_mut() {
                        signs.see(name);
                    }
                }
                _ => {}
            }
        }
        layout_tables
    }

    fn content(&self, id: NodeId) -> &Content {
        self.nodes.get(id as usize).map_or(&Content::Other, |node| &node.content)
    }

    /// A walk through all nodes but the document.
    fn steps(&self) -> impl Iterator<Item = Step> {
        let node = |id: NodeId| self.nodes.get(id as usize);
        let enter = move |id: NodeId| node(id).and_then(|node| node.first_child).map(Step::Into);
        let leave = move |id: NodeId| {
            let next = node(id).and_then(|node| node.next).map(Step::Into);
            next.or_else(|| {
                node(id).and_then(|node| node.parent).filter(|id| *id != DOCUMENT).map(Step::OutOf)
            })
        };
        std::iter::successors(enter(DOCUMENT), move |step| match *step {
            Step::Into(id) => enter(id).or(Some(Step::OutOf(id))),
            Step::OutOf(id) => leave(id),
        })
    }

    fn add(&mut self, content: Content) -> NodeId {
        let id = self.nodes.len() as NodeId;
        self.nodes.push(Node::new(content));
        id
    }

    /// Puts `child`, which has no parent, before `next` or at the end of `parent`.
    fn insert(&mut self, parent: NodeId, next: Option<NodeId>, child: NodeId) {
        let previous = match next {
            Some(next) => self.nodes[next as usize].previous,
            None => self.nodes[parent as usize].last_child,
        };
        let node = &mut self.nodes[child as usize];
        (node.parent, node.previous, node.next) = (Some(parent), previous, next);
        match previous {
            Some(previous) => self.nodes[previous as usize].next = Some(child),
            None => self.nodes[parent as usize].first_child = Some(child),
        }
        match next {
            Some(next) => self.nodes[next as usize].previous = Some(child),
            None => self.nodes[parent as usize].last_child = Some(child),
        }
    }

    fn insert_text(&mut self, parent: NodeId, next: Option<NodeId>, text: &StrTendril) {
        let previous = match next {
            Some(next) => self.nodes[next as usize].previous,
            None => self.nodes[parent as usize].last_child,
        };
        let previous = previous.map(|previous| &mut self.nodes[previous as usize].content);
        if let Some(Content::Text(existing)) = previous {
            existing.push_tendril(text);
        } else {
            let node = self.add(Content::Text(text.clone()));
            self.insert(parent, next, node);
        }
    }

    fn detach(&mut self, id: NodeId) {
        let node = &mut self.nodes[id as usize];
        let (previous, next) = (node.previous.take(), node.next.take());
        let Some(parent) = node.parent.take() else { return };
        match previous {
            Some(previous) => self.nodes[previous as usize].next = next,
            None => self.nodes[parent as usize].first_child = next,
        }
        match next {
            Some(next) => self.nodes[next as usize].previous = previous,
            None => self.nodes[parent as usize].last_child = previous,
        }
    }
}

impl Node {
    fn new(content: Content) -> Self {
        Self { parent: None, previous: None, next: None, first_child: None, last_child: None, content }
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Into(NodeId),
    OutOf(NodeId),
}

/// What tells a table of data from one that places content.
#[derive(Debug, Default)]
struct TableSigns {
    cells: u32,
    has_headers: bool,
    has_blocks: bool,
}

impl TableSigns {
    fn see(&mut self, name: &str) {
        match name {
            "td" => self.cells += 1,
            "th" | "thead" | "caption" => self.has_headers = true,
            _ => self.has_blocks |= heading_level(name).is_some(),
        }
    }

    fn is_layout(&self) -> bool {
        !self.has_headers && (self.has_blocks || self.cells == 1)
    }
}

/// Builds a [`Dom`] as html5ever tells it to.
struct DomSink {
    dom: RefCell<Dom>,
}

/// A node, with its name at hand.
#[derive(Debug, Clone)]
struct Handle {
    id: NodeId,
    name: Rc<QualName>,
}

impl DomSink {
    fn add(&self, content: Content) -> Handle {
        let name = match &content {
            Content::Element { name, .. } => Rc::clone(name),
            _ => no_name(),
        };
        Handle { id: self.dom.borrow_mut().add(content), name }
    }
}

fn no_name() -> Rc<QualName> {
    Rc::new(QualName::new(None::<Prefix>, Namespace::default(), LocalName::default()))
}

impl TreeSink for DomSink {
    type Handle = Handle;
    type Output = Self;
    type ElemName<'a> = &'a QualName;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Handle { id: DOCUMENT, name: no_name() }
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> &'a QualName {
        &target.name
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _flags: ElementFlags) -> Handle {
        self.add(Content::Element { name: Rc::new(name), attributes })
    }

    fn create_comment(&self, _text: StrTendril) -> Handle {
        self.add(Content::Other)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Handle {
        self.add(Content::Other)
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        let mut dom = self.dom.borrow_mut();
        match child {
            NodeOrText::AppendNode(child) => dom.insert(parent.id, None, child.id),
            NodeOrText::AppendText(text) => dom.insert_text(parent.id, None, &text),
        }
    }

    fn append_based_on_parent_node(&self, element: &Handle, previous: &Handle, child: NodeOrText<Handle>) {
        let has_parent = self.dom.borrow().nodes[element.id as usize].parent.is_some();
        if has_parent {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public: StrTendril, _system: StrTendril) {}

    /// The contents of templates are not shown: they go where no walk leads.
    fn get_template_contents(&self, _target: &Handle) -> Handle {
        self.add(Content::Other)
    }

    fn same_node(&self, one: &Handle, other: &Handle) -> bool {
        one.id == other.id
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        let mut dom = self.dom.borrow_mut();
        let Some(parent) = dom.nodes[sibling.id as usize].parent else { return };
        match child {
            NodeOrText::AppendNode(child) => {
                dom.detach(child.id);
                dom.insert(parent, Some(sibling.id), child.id);
            }
            NodeOrText::AppendText(text) => dom.insert_text(parent, Some(sibling.id), &text),
        }
    }

    fn add_attrs_if_missing(&self, target: &Handle, added: Vec<Attribute>) {
        let mut dom = self.dom.borrow_mut();
        if let Content::Element { attributes, .. } = &mut dom.nodes[target.id as usize].content {
            for new in added {
                if attribute(attributes, &new.name.local).is_none() {
                    attributes.push(new);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.dom.borrow_mut().detach(target.id);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        let mut dom = self.dom.borrow_mut();
        while let Some(child) = dom.nodes[node.id as usize].first_child {
            dom.detach(child);
            dom.insert(new_parent.id, None, child);
        }
    }
}

impl OpenElements for TreeBuilder<Handle, DomSink> {
    /// Counts the formatting elements to be repeated too: each costs as much as an open one.
    fn open_elements(&self) -> usize {
        let counter = HandleCounter(Cell::new(0));
        self.trace_handles(&counter);
        counter.0.get()
    }

    fn is_done(&self) -> bool {
        self.sink.dom.borrow().nodes.len() > MAX_NODES
    }
}

struct HandleCounter(Cell<usize>);

impl Tracer for HandleCounter {
    type Handle = Handle;

    fn trace_handle(&self, _handle: &Handle) {
        self.0.set(self.0.get() + 1);
    }
}
