//! HTML, and XHTML served as HTML.
//!
//! A document of ordinary size goes through the HTML standard's tree
//! construction into a [`Dom`](dom::Dom), so that whatever a browser mends is
//! mended here. A larger one, or one whose markup multiplies (a formatting
//! element left open is repeated in every following block), is
//! [streamed](stream) instead: the same tokenizer, a stack of open elements,
//! no tree. Both drive one [`Emitter`], which turns start tags, text and end
//! tags into elements.
//!
//! What a reader does not see is dropped: scripts, styles, templates, elements
//! with `hidden` or `display:none`, and inline ones with `aria-hidden`
//! (decoration, and the second copy of a formula). Navigation, headers and
//! footers are kept: they hold links, and some pages hold their content there.
//! The location of an element is the `XPath` of the HTML element that made it,
//! as a browser counts; text outside any paragraph has that of the block around it.

mod dom;
mod emitter;
mod encoding;
mod gate;
mod head;
mod links;
mod path;
mod run;
mod stream;
mod table;
mod vocabulary;

pub(super) use vocabulary::{heading_level, is_block};

use crate::{Input, ParseError, Parser, TreeBuilder};
use dom::Dom;
use emitter::Emitter;
use gate::Gate;
use stream::Streamed;

/// HTML. Parses into whatever container of the tree is open; the title and the
/// metadata are only recorded when the tree has no elements yet, that is when
/// the HTML is the document and not a part of one.
#[derive(Debug)]
pub(crate) struct Html;

/// Bytes of text from which no tree is built.
const STREAMED_FROM: usize = 8 << 20;

impl Parser for Html {
    fn parse(&self, input: &Input<'_>, tree: &mut TreeBuilder) -> Result<(), ParseError> {
        let text = encoding::decode(input.bytes);
        let is_document = tree.is_empty();
        let dom = if text.len() < STREAMED_FROM { Dom::build(&text, tree.budget())? } else { None };
        let mut emitter = Emitter::new(tree);
        match dom {
            Some(dom) => dom.walk(&mut emitter)?,
            None => emitter = stream(&text, emitter)?,
        }
        let head = emitter.finish()?;
        if is_document {
            head.describe(tree)?;
        }
        Ok(())
    }
}

fn stream<'t>(text: &str, emitter: Emitter<'t>) -> Result<Emitter<'t>, ParseError> {
    let budget = emitter.budget().clone();
    Gate::new(Streamed::new(emitter), text).feed(text, &budget)?.finish()
}
