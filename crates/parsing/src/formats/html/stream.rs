//! Documents that are too large for a tree: tags and text go to the emitter as
//! they are met. A stack of open elements and the rules for end tags that
//! authors leave out stand in for tree construction; elements are not moved,
//! so what is misnested nests as it is written.

use super::emitter::{Emitter, StartTag};
use super::gate::OpenElements;
use super::vocabulary::{is_block, is_void};
use crate::ParseError;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    CharacterTokens, EndTag, StartTag as Start, Tag, TagToken, Token, TokenSink, TokenSinkResult,
};
use html5ever::{Attribute, LocalName};
use std::cell::RefCell;

/// Drives an emitter by the tokens of a document.
pub(super) struct Streamed<'t>(RefCell<State<'t>>);

struct State<'t> {
    emitter: Emitter<'t>,
    open: Vec<LocalName>,
    failure: Option<ParseError>,
}

impl<'t> Streamed<'t> {
    pub(super) fn new(emitter: Emitter<'t>) -> Self {
        Self(RefCell::new(State { emitter, open: Vec::new(), failure: None }))
    }

    /// The emitter, at the end of the document; or why it could not get there.
    pub(super) fn finish(self) -> Result<Emitter<'t>, ParseError> {
        let state = self.0.into_inner();
        state.failure.map_or(Ok(state.emitter), Err)
    }
}

impl OpenElements for Streamed<'_> {
    fn open_elements(&self) -> usize {
        self.0.borrow().open.len()
    }

    fn is_done(&self) -> bool {
        self.0.borrow().failure.is_some()
    }
}

impl TokenSink for Streamed<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        let raw = match &token {
            TagToken(tag) if tag.kind == Start => raw_kind(&tag.name),
            _ => None,
        };
        let is_plain_text = matches!(&token, TagToken(tag) if tag.kind == Start && &*tag.name == "plaintext");
        if let Err(error) = state.take(token) {
            state.failure = Some(error);
        }
        match raw {
            Some(kind) => TokenSinkResult::RawData(kind),
            None if is_plain_text => TokenSinkResult::Plaintext,
            None => TokenSinkResult::Continue,
        }
    }
}

fn raw_kind(name: &str) -> Option<RawKind> {
    match name {
        "script" => Some(RawKind::ScriptData),
        "title" | "textarea" => Some(RawKind::Rcdata),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" | "noscript" => Some(RawKind::Rawtext),
        _ => None,
    }
}

impl State<'_> {
    fn take(&mut self, token: Token) -> Result<(), ParseError> {
        match token {
            TagToken(tag) if tag.kind == EndTag => self.end(&tag.name),
            TagToken(tag) => self.start(&tag),
            CharacterTokens(text) => self.text(&text),
            _ => Ok(()),
        }
    }

    fn start(&mut self, tag: &Tag) -> Result<(), ParseError> {
        let name = &*tag.name;
        if self.open.is_empty() && name != "html" {
            self.push("html", &[])?;
        }
        match name {
            "html" if self.open.is_empty() => return self.push(name, &tag.attrs),
            "head" if self.open.len() == 1 => return self.push(name, &tag.attrs),
            "body" if !self.is_open("body") => {
                self.pop_to(1)?;
                return self.push(name, &tag.attrs);
            }
            "html" | "head" | "body" => return Ok(()),
            "base" | "link" | "meta" | "noscript" | "script" | "style" | "template" | "title" => {}
            _ => self.ensure_body()?,
        }
        self.end_implied_by(name)?;
        if is_table_part(name) {
            if !self.is_open("table") {
                return Ok(());
            }
            self.ensure_table_parent(name)?;
        }
        self.push(name, &tag.attrs)?;
        let is_foreign = self.is_open("svg") || self.is_open("math");
        if is_void(name) || (tag.self_closing && is_foreign) {
            self.pop_to(self.open.len() - 1)?;
        }
        Ok(())
    }

    fn end(&mut self, name: &LocalName) -> Result<(), ParseError> {
        let is_heading = |name: &str| super::vocabulary::heading_level(name).is_some();
        let is_match = |open: &str| open == &**name || (is_heading(name) && is_heading(open));
        let is_barrier = |open: &str| match &**name {
            "table" | "thead" | "tbody" | "tfoot" | "tr" => open == "table",
            name if is_block(name) => matches!(open, "table" | "td" | "th" | "caption"),
            // The end of an inline element does not end the blocks that it is left in.
            _ => is_block(open),
        };
        for (index, open) in self.open.iter().enumerate().skip(1).rev() {
            if is_match(open) {
                return if matches!(&**name, "body" | "html") { Ok(()) } else { self.pop_to(index) };
            }
            if is_barrier(open) {
                break;
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), ParseError> {
        let is_before_body = matches!(self.open.last().map(|name| &**name), None | Some("html" | "head"));
        if is_before_body {
            if text.trim_ascii().is_empty() {
                return Ok(());
            }
            if self.open.is_empty() {
                self.push("html", &[])?;
            }
            self.ensure_body()?;
        }
        self.emitter.text(text);
        Ok(())
    }

    fn push(&mut self, name: &str, attributes: &[Attribute]) -> Result<(), ParseError> {
        let name = LocalName::from(name);
        self.emitter.start(&StartTag { name: &name, attributes, is_layout: false })?;
        self.open.push(name);
        Ok(())
    }

    fn pop_to(&mut self, depth: usize) -> Result<(), ParseError> {
        while self.open.len() > depth {
            self.open.pop();
            self.emitter.end()?;
        }
        Ok(())
    }

    fn is_open(&self, name: &str) -> bool {
        self.open.iter().any(|open| &**open == name)
    }

    /// Content outside a head begins the body.
    fn ensure_body(&mut self) -> Result<(), ParseError> {
        match self.open.get(1).map(|name| &**name) {
            Some("head") if self.open.len() == 2 => self.pop_to(1)?,
            Some(_) => return Ok(()),
            None => {}
        }
        self.push("body", &[])
    }

    /// Rows stand in a body, and cells in a row.
    fn ensure_table_parent(&mut self, name: &str) -> Result<(), ParseError> {
        let parent = |state: &Self| state.open.last().map(ToString::to_string).unwrap_or_default();
        if matches!(name, "tr" | "td" | "th") && parent(self) == "table" {
            self.push("tbody", &[])?;
        }
        if matches!(name, "td" | "th") && matches!(&*parent(self), "thead" | "tbody" | "tfoot") {
            self.push("tr", &[])?;
        }
        Ok(())
    }

    /// Ends the elements whose end a start tag of `name` implies.
    fn end_implied_by(&mut self, name: &str) -> Result<(), ParseError> {
        let mut end = None;
        for (index, open) in self.open.iter().enumerate().skip(2).rev() {
            if implies_end(name, open) {
                end = Some(index);
            } else if is_barrier_to_implied_end(name, open) {
                break;
            }
        }
        end.map_or(Ok(()), |index| self.pop_to(index))
    }
}

fn is_table_part(name: &str) -> bool {
    matches!(name, "caption" | "colgroup" | "col" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th")
}

/// Whether a start tag of `name` ends an open element `open`.
fn implies_end(name: &str, open: &str) -> bool {
    match name {
        "a" => open == "a",
        "option" => open == "option",
        "optgroup" => matches!(open, "option" | "optgroup"),
        "td" | "th" => matches!(open, "td" | "th" | "caption" | "colgroup"),
        "tr" => matches!(open, "tr" | "td" | "th" | "caption" | "colgroup"),
        "thead" | "tbody" | "tfoot" | "colgroup" | "caption" => open != "table" && is_table_part(open),
        "li" => matches!(open, "li" | "p"),
        "dt" | "dd" => matches!(open, "dt" | "dd" | "p"),
        _ if is_block(name) => open == "p",
        _ => false,
    }
}

/// Whether a start tag of `name` ends nothing that an open element `open` stands in.
fn is_barrier_to_implied_end(name: &str, open: &str) -> bool {
    match name {
        "li" => matches!(open, "ul" | "ol" | "menu" | "dir" | "td" | "th" | "caption" | "table"),
        "dt" | "dd" => matches!(open, "dl" | "td" | "th" | "caption" | "table"),
        "option" | "optgroup" => open == "select",
        name if is_table_part(name) => open == "table",
        _ => matches!(open, "td" | "th" | "caption" | "table" | "button" | "object"),
    }
}
