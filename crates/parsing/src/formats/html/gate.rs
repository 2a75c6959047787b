//! What stands between the tokenizer and those that read its tokens: it
//! drops what nobody reads, and keeps the stack of open elements short.

use super::vocabulary::{is_block, is_raw_text, is_read, is_void};
use crate::{Budget, ParseError};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, EndTag, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::{LocalName, TokenizerResult};
use std::cell::Cell;

/// A reader of tokens that has a stack of open elements.
pub(super) trait OpenElements: TokenSink {
    /// How many elements are open, or an estimate that is not much greater.
    fn open_elements(&self) -> usize;

    /// Whether it takes no more tokens.
    fn is_done(&self) -> bool;
}

/// How many elements may be open, as in Chromium. Beyond, start tags open
/// nothing: what they would contain becomes content of the element they stand in.
const MAX_OPEN: usize = 512;

/// How many start tags may pass between two counts of the open elements.
const TAGS_PER_COUNT: u32 = 32;

/// Bytes of text between two looks at the clock.
const BYTES_PER_CLOCK_READ: usize = 16 << 10;

/// Passes the tokens of a document on to `S`.
pub(super) struct Gate<S> {
    inner: S,
    /// Whether `/>` ends every element, as in XML, and not only void ones.
    is_xhtml: bool,
    /// Start tags until the open elements are counted next; 0 while they are too many.
    until_count: Cell<u32>,
    /// Whether an end tag has passed since they were too many.
    may_have_closed: Cell<bool>,
    /// Start tags held back whose end tags are still to come.
    held_back: Cell<u32>,
}

impl<S: OpenElements> Gate<S> {
    /// A gate for `text`, whose beginning tells whether it is XHTML.
    pub(super) fn new(inner: S, text: &str) -> Self {
        let start = text.trim_start();
        let start = start.get(..start.floor_char_boundary(1024)).unwrap_or("");
        Self {
            inner,
            is_xhtml: start.starts_with("<?xml") || start.contains("//DTD XHTML"),
            until_count: Cell::new(TAGS_PER_COUNT),
            may_have_closed: Cell::new(false),
            held_back: Cell::new(0),
        }
    }

    /// Reads `text` to its end, or until the reader is done; fails when the deadline passes.
    pub(super) fn feed(self, text: &str, budget: &Budget) -> Result<S, ParseError> {
        let tokenizer = Tokenizer::new(self, TokenizerOpts::default());
        let input = BufferQueue::default();
        let mut rest = text;
        while !rest.is_empty() && !tokenizer.sink.inner.is_done() {
            budget.check_deadline()?;
            let (chunk, after) = rest.split_at(rest.floor_char_boundary(BYTES_PER_CLOCK_READ));
            rest = after;
            input.push_back(StrTendril::from_slice(chunk));
            while !matches!(tokenizer.feed(&input), TokenizerResult::Done) {}
        }
        tokenizer.end();
        Ok(tokenizer.sink.inner)
    }

    fn tag(&self, mut tag: Tag, line: u64) -> TokenSinkResult<S::Handle> {
        tag.attrs.retain(|attribute| is_read(&attribute.name.local));
        match tag.kind {
            StartTag if is_void(&tag.name) || is_raw_text(&tag.name) => self.start(tag, line),
            StartTag if self.has_room() => self.start(tag, line),
            StartTag => {
                self.held_back.set(self.held_back.get() + u32::from(!tag.self_closing));
                self.stand_in(&tag, line)
            }
            EndTag if is_raw_text(&tag.name) || self.held_back.get() == 0 => {
                self.may_have_closed.set(true);
                self.inner.process_token(TagToken(tag), line)
            }
            EndTag => {
                self.held_back.set(self.held_back.get() - 1);
                self.stand_in(&tag, line)
            }
        }
    }

    fn start(&self, tag: Tag, line: u64) -> TokenSinkResult<S::Handle> {
        let ends_itself = self.is_xhtml && tag.self_closing && !is_void(&tag.name);
        if !ends_itself {
            return self.inner.process_token(TagToken(tag), line);
        }
        let end = Tag { kind: EndTag, self_closing: false, attrs: Vec::new(), ..tag.clone() };
        let start = Tag { self_closing: false, ..tag };
        // Its content is empty, so a change of the tokenizer's state has no use.
        let _ = self.inner.process_token(TagToken(start), line);
        let _ = self.inner.process_token(TagToken(end), line);
        TokenSinkResult::Continue
    }

    fn has_room(&self) -> bool {
        let is_due = match self.until_count.get() {
            0 => self.may_have_closed.replace(false),
            1 => true,
            left => {
                self.until_count.set(left - 1);
                return true;
            }
        };
        if is_due {
            let has_room = self.inner.open_elements() <= MAX_OPEN;
            self.until_count.set(if has_room { TAGS_PER_COUNT } else { 0 });
        }
        self.until_count.get() > 0
    }

    /// In place of a tag that is held back, a rule where it would have ended the run of text.
    fn stand_in(&self, tag: &Tag, line: u64) -> TokenSinkResult<S::Handle> {
        if !is_block(&tag.name) {
            return TokenSinkResult::Continue;
        }
        let rule = Tag {
            kind: StartTag,
            name: LocalName::from("hr"),
            self_closing: false,
            attrs: Vec::new(),
            had_duplicate_attributes: false,
        };
        self.inner.process_token(TagToken(rule), line)
    }
}

impl<S: OpenElements> TokenSink for Gate<S> {
    type Handle = S::Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<S::Handle> {
        match token {
            _ if self.inner.is_done() => TokenSinkResult::Continue,
            Token::CommentToken(_) | Token::ParseError(_) => TokenSinkResult::Continue,
            TagToken(tag) => self.tag(tag, line),
            token => self.inner.process_token(token, line),
        }
    }

    fn end(&self) {
        self.inner.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.inner.adjusted_current_node_present_but_not_in_html_namespace()
    }
}
