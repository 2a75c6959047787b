//! The HTML that stands in Markdown, as pieces of prose. Comments, scripts and styles are dropped.

use crate::formats::html::{heading_level, is_block};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::{Cell, RefCell};

/// A piece of HTML that matters to its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(StrTendril),
    /// `<br>`.
    LineBreak,
    /// Between two cells of a table.
    Space,
    /// The beginning or end of something that stands on its own: a paragraph, a row, an item.
    Boundary,
    /// The beginning of a heading of this level.
    HeadingStart(u32),
    LinkStart {
        target: String,
        title: String,
    },
    LinkEnd,
    Image {
        source: String,
        description: String,
        title: String,
    },
}

/// The pieces of `html`, which need not be well-formed or complete.
pub(super) fn pieces(html: &str) -> Vec<Piece> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Pieces::default(), TokenizerOpts::default());
    // The sink asks for no script to be run, which is all that could interrupt the tokenizer.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.pieces.into_inner()
}

#[derive(Default)]
struct Pieces {
    pieces: RefCell<Vec<Piece>>,
    /// Within an element whose text is not to be read.
    skipping: Cell<bool>,
}

impl TokenSink for Pieces {
    type Handle = ();

    fn process_token(&self, token: Token, _line_number: u64) -> TokenSinkResult<()> {
        match token {
            Token::CharacterTokens(text) if !self.skipping.get() => {
                self.pieces.borrow_mut().push(Piece::Text(text));
            }
            Token::TagToken(tag) => {
                let raw_text = raw_text_kind(&tag);
                self.skipping.set(raw_text.is_some());
                if let Some(kind) = raw_text {
                    return TokenSinkResult::RawData(kind);
                }
                self.pieces.borrow_mut().extend(piece_of(&tag));
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// How the content of a start tag is tokenized whose content is no text.
fn raw_text_kind(tag: &Tag) -> Option<RawKind> {
    let begins = tag.kind == TagKind::StartTag && !tag.self_closing;
    match &*tag.name {
        "script" if begins => Some(RawKind::ScriptData),
        "style" | "iframe" | "noembed" | "noframes" if begins => Some(RawKind::Rawtext),
        "title" | "textarea" if begins => Some(RawKind::Rcdata),
        _ => None,
    }
}

fn piece_of(tag: &Tag) -> Option<Piece> {
    let starts = tag.kind == TagKind::StartTag;
    let attribute = |name: &str| {
        let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name);
        found.map(|attribute| attribute.value.to_string())
    };
    let title = || attribute("title").unwrap_or_default();
    match &*tag.name {
        "a" if starts => attribute("href").map(|target| Piece::LinkStart { target, title: title() }),
        "a" => Some(Piece::LinkEnd),
        "img" if starts => attribute("src").map(|source| Piece::Image {
            source,
            description: attribute("alt").unwrap_or_default(),
            title: title(),
        }),
        "br" => Some(Piece::LineBreak),
        "td" | "th" => Some(Piece::Space),
        name => match heading_level(name) {
            Some(level) if starts => Some(Piece::HeadingStart(level)),
            Some(_) => Some(Piece::Boundary),
            None => is_block(name).then_some(Piece::Boundary),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        pieces(html)
            .into_iter()
            .filter_map(|piece| if let Piece::Text(text) = piece { Some(text) } else { None })
            .fold(String::new(), |mut all, text| {
                all.push_str(&text);
                all
            })
    }

    #[test]
    fn comments_scripts_and_styles_are_dropped_and_entities_decoded() {
        let html =
            "a<!-- no > --><script>if (a < b) \"</p>\"</script>b<style>p{}</style> &amp; &eacute;&#33;";
        assert_eq!(text(html), "ab & é!");
    }

    #[test]
    fn links_and_images_are_told() {
        assert_eq!(
            pieces("<A HREF='x.html?a&amp;b'><img alt=\"An > arrow\" src=i.png></a><a name=here>"),
            [
                Piece::LinkStart { target: "x.html?a&b".into(), title: String::new() },
                Piece::Image {
                    source: "i.png".into(),
                    description: "An > arrow".into(),
                    title: String::new()
                },
                Piece::LinkEnd,
            ]
        );
    }

    #[test]
    fn unfinished_tags_end_in_time() {
        assert!(pieces(&"<a \"".repeat(200_000)).len() < 200_000);
        assert_eq!(pieces(&"<!--".repeat(200_000)), []);
    }
}
