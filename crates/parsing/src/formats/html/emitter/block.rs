//! What stands apart: lists, headings, quotations, code.

use super::{Awaited, Closing, Emitter, Holder, StartTag};
use crate::ParseError;
use crate::formats::html::run::collapse;
use crate::formats::html::vocabulary::{code_language, heading_level};
use gdg_model::ElementType;

impl Emitter<'_> {
    pub(super) fn open_block(&mut self, name: &str, tag: &StartTag<'_>) -> Result<Closing, ParseError> {
        if name == "html" {
            self.head.see_root(tag.attributes);
        }
        if name == "table" {
            return self.open_table(tag);
        }
        if self.is_in_one_text() {
            return Ok(match name {
                "pre" | "listing" | "xmp" | "plaintext" => {
                    self.run.preserve();
                    Closing::Preserved
                }
                _ => self.open_term(name)?.unwrap_or(Closing::Block),
            });
        }
        if let Some(level) = heading_level(name) {
            self.holders.push(Holder::Heading);
            return Ok(Closing::Heading(level));
        }
        match name {
            "ul" | "ol" | "menu" | "dir" | "select" => self.open_list(name, tag),
            "li" | "option" => {
                let position = self.open_container(ElementType::ListItem)?;
                self.holders.push(Holder::Item { position, awaited: true });
                Ok(Closing::Container)
            }
            "dl" => {
                let position = self.open_container(ElementType::List)?;
                self.tree.set_attribute(position, "ordered", false);
                self.holders.push(Holder::Terms { item: None, awaited: Awaited::Nothing });
                Ok(Closing::Terms)
            }
            "dt" | "dd" => Ok(self.open_term(name)?.unwrap_or(Closing::Block)),
            "blockquote" => {
                self.open_container(ElementType::Blockquote)?;
                self.holders.push(Holder::Flow);
                Ok(Closing::Container)
            }
            "pre" | "listing" | "xmp" | "plaintext" => {
                let around = || self.frames.iter().rev().take(3).find_map(|frame| frame.language.clone());
                let own = tag.attribute("class").and_then(code_language).map(str::to_owned);
                let language = own.or_else(around);
                self.holders.push(Holder::Code { language });
                self.run.preserve();
                Ok(Closing::Code)
            }
            "caption" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" => self.open_table_part(name, tag),
            _ => Ok(Closing::Block),
        }
    }

    pub(super) fn close_code(&mut self) -> Result<(), ParseError> {
        self.run.end_preserving();
        let run = self.run.finish();
        let Some(Holder::Code { language }) = self.holders.pop() else { return Ok(()) };
        let code = run.verbatim().trim_start_matches('\n').trim_end();
        if code.trim().is_empty() {
            return self.add_inlines(&run);
        }
        self.await_no_text();
        let location = self.location()?;
        let position = self.tree.open(ElementType::CodeBlock, code, location)?;
        if let Some(language) = language {
            self.budget().spend_text(language.len())?;
            self.tree.set_attribute(position, "language", language);
        }
        self.add_inlines(&run)?;
        self.tree.close();
        Ok(())
    }

    pub(super) fn close_heading(&mut self, level: u32) -> Result<(), ParseError> {
        self.holders.pop();
        let run = self.run.finish();
        let mut text = collapse(run.text());
        if text.is_empty() {
            // A logo that is a heading.
            text = run
                .inlines
                .iter()
                .map(|inline| run.label(inline))
                .find(|label| !label.is_empty())
                .unwrap_or_default();
        }
        if text.is_empty() {
            return self.add_inlines(&run);
        }
        self.await_no_text();
        let location = self.location()?;
        self.tree.heading(level, text, location)?;
        self.add_inlines(&run)
    }

    pub(super) fn open_list(&mut self, name: &str, tag: &StartTag<'_>) -> Result<Closing, ParseError> {
        let position = self.open_container(ElementType::List)?;
        let is_ordered = name == "ol";
        self.tree.set_attribute(position, "ordered", is_ordered);
        let start = tag.attribute("start").and_then(|start| start.trim().parse::<i64>().ok());
        if let Some(start) = start.filter(|start| is_ordered && *start != 1) {
            self.tree.set_attribute(position, "start", start);
        }
        self.holders.push(Holder::Flow);
        Ok(Closing::Container)
    }

    /// A term that follows a definition begins an item; one that follows a term shares it.
    pub(super) fn open_term(&mut self, name: &str) -> Result<Option<Closing>, ParseError> {
        let Some(Holder::Terms { item, awaited }) = self.holders.last() else { return Ok(None) };
        let (mut item, mut awaited) = (*item, *awaited);
        match (name, item) {
            ("dt", Some(position)) if awaited == Awaited::Term => {
                if !self.tree.text(position).is_empty() {
                    self.tree.append_text(position, ", ")?;
                }
            }
            ("dt", _) => {
                if item.is_some() {
                    self.tree.close();
                }
                item = Some(self.open_container(ElementType::ListItem)?);
                awaited = Awaited::Term;
            }
            ("dd", None) => {
                item = Some(self.open_container(ElementType::ListItem)?);
                awaited = Awaited::Definition;
            }
            ("dd", Some(_)) => {
                if awaited == Awaited::Term {
                    awaited = Awaited::Definition;
                }
            }
            _ => return Ok(None),
        }
        if let Some(holder) = self.holders.last_mut() {
            *holder = Holder::Terms { item, awaited };
        }
        Ok(Some(Closing::Block))
    }
}
