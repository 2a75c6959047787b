//! Turns the bytes of a document into a tree of elements, within limits.
//!
//! A [`DocumentParser`] detects the format, runs its [`Parser`] — in a child
//! process where the format demands it — and hands back a
//! [`ParsedDocument`](gdg_model::ParsedDocument) or a typed [`ParseError`].
//! What a document may cost is bounded by a [`Budget`]: bytes inflated,
//! elements, depth, text and time are counted as they are spent, never
//! believed from a header.
//!
//! This crate never fetches anything, knows no database and no queue, and
//! calls nothing asynchronous: its functions run on a thread of their own.
//!
//! ```
//! use gdg_config::ParsingLimits;
//! use gdg_model::{ElementType, Format};
//! use gdg_parsing::{Input, parse_as};
//!
//! let input = Input { name: "hello.md", bytes: b"# Hello\n\nWorld" };
//! let document = parse_as(Format::Markdown, &input, &ParsingLimits::default()).unwrap();
//! let types: Vec<_> = document.elements.iter().map(|element| element.element_type).collect();
//! assert_eq!(types, [ElementType::Document, ElementType::Heading, ElementType::Paragraph]);
//! assert_eq!(document.elements[2].parent, Some(1), "the heading contains what follows it");
//! ```

mod budget;
mod detection;
mod document_parser;
mod error;
mod formats;
mod parser;
mod sandbox;
mod text_encoding;
mod text_location;
mod tree;
mod whitespace;

pub use budget::{Budget, Limit, Metered};
pub use detection::detect;
pub use document_parser::{DocumentParser, PARSER_REVISION, ParseFailure};
pub use error::ParseError;
pub use parser::{Input, Parser, parse_as, parser_for};
pub use sandbox::{SandboxCommand, serve, serve_with};
pub use tree::TreeBuilder;
