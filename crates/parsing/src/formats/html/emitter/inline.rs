//! What stands within a run of text: links, images, formulas.

use super::{Closing, Emitter, Holder, StartTag};
use crate::ParseError;
use crate::formats::html::links;
use crate::formats::html::run::{Inline, Label, collapse};
use crate::formats::html::vocabulary::code_language;
use gdg_model::ElementType;

impl Emitter<'_> {
    /// A single break begins a line; a second one in a row ends the paragraph, as it looks to a reader.
    pub(super) fn break_line(&mut self) -> Result<(), ParseError> {
        if self.run.is_at_line_start() && !self.is_in_one_text() {
            self.flush()
        } else {
            self.run.break_line();
            Ok(())
        }
    }

    pub(super) fn open_link(&mut self, tag: &StartTag<'_>) -> Result<Closing, ParseError> {
        let target = tag.attribute("href").and_then(|href| links::target(href, self.base.as_ref()));
        let Some(target) = target else { return Ok(Closing::Nothing) };
        let fallback = Some(tag.label()).filter(|label| !label.is_empty());
        let path = self.copy_path(self.path.depth())?;
        self.run.open_link(target, path, fallback);
        Ok(Closing::Link)
    }

    pub(super) fn add_image(&mut self, tag: &StartTag<'_>) -> Result<(), ParseError> {
        let description = tag.attribute("alt").map_or_else(|| tag.label(), collapse);
        let is_real = |source: &&str| !source.trim().is_empty() && !source.trim_start().starts_with("data:");
        let source = tag.attribute("src").filter(is_real);
        let source = source
            .or_else(|| tag.attribute("data-src").filter(is_real))
            .or_else(|| tag.attribute("srcset").and_then(links::first_of_srcset).filter(is_real))
            .or_else(|| tag.attribute("src"))
            .and_then(|source| links::image_source(source, self.base.as_ref()));
        if description.is_empty() && source.is_none() {
            return Ok(());
        }
        let path = self.copy_path(self.path.depth())?;
        let label = Label::Own(description);
        self.run.add(Inline { element_type: ElementType::Image, label, target: source, path });
        Ok(())
    }

    /// A document shown in this one is one that it links to.
    pub(super) fn add_embedded(&mut self, tag: &StartTag<'_>, attribute: &str) -> Result<(), ParseError> {
        let target = tag.attribute(attribute).and_then(|target| links::target(target, self.base.as_ref()));
        let Some(target) = target else { return Ok(()) };
        let label = tag.attribute("alt").map_or_else(|| tag.label(), collapse);
        self.add_link(label, target)
    }

    pub(super) fn add_link(&mut self, label: String, target: String) -> Result<(), ParseError> {
        let path = self.copy_path(self.path.depth())?;
        let label = Label::Own(label);
        self.run.add(Inline { element_type: ElementType::Link, label, target: Some(target), path });
        Ok(())
    }

    pub(super) fn add_meta(&mut self, tag: &StartTag<'_>) -> Result<(), ParseError> {
        self.head.see_meta(tag.attributes);
        let is_refresh = tag.attribute("http-equiv").is_some_and(|name| name.eq_ignore_ascii_case("refresh"));
        let content = tag.attribute("content").filter(|_| is_refresh);
        let target = content.and_then(links::refresh_target);
        match target.and_then(|target| links::target(target, self.base.as_ref())) {
            Some(target) => self.add_link(String::new(), target),
            None => Ok(()),
        }
    }

    /// A checkbox at the beginning of a list item is that of a task.
    pub(super) fn add_input(&mut self, tag: &StartTag<'_>) {
        let is_checkbox = tag.attribute("type").is_some_and(|kind| kind.eq_ignore_ascii_case("checkbox"));
        if let Some(Holder::Item { position, awaited: true }) = self.holders.last()
            && is_checkbox
            && self.run.len() == 0
        {
            self.tree.set_attribute(*position, "checked", tag.attribute("checked").is_some());
        }
    }

    /// The text of a formula is its notation where it is given, else that of its parts.
    pub(super) fn open_formula(&mut self, tag: &StartTag<'_>) -> Result<Closing, ParseError> {
        let start = self.run.len();
        if let Some(notation) = tag.attribute("alttext") {
            self.run.push(notation);
            self.close_formula(start)?;
            self.muted += 1;
            return Ok(Closing::Muted);
        }
        Ok(Closing::Formula { start })
    }

    pub(super) fn close_formula(&mut self, start: usize) -> Result<(), ParseError> {
        let end = self.run.len();
        if end > start {
            let path = self.copy_path(self.path.depth())?;
            let label = Label::Part(start..end);
            self.run.add(Inline { element_type: ElementType::Formula, label, target: None, path });
        }
        Ok(())
    }

    /// TeX in a formula takes the place of the parts before it.
    pub(super) fn open_annotation(&mut self, tag: &StartTag<'_>) -> Option<Closing> {
        let is_tex = tag.attribute("encoding").is_some_and(|encoding| {
            let encoding = encoding.to_ascii_lowercase();
            matches!(&*encoding, "application/x-tex" | "application/x-latex" | "tex" | "latex")
        });
        let formula = self.frames.iter().rev().find_map(|frame| match frame.closing {
            Closing::Formula { start } => Some(start),
            _ => None,
        });
        self.run.take_back(formula.filter(|_| is_tex)?);
        self.run.separate();
        Some(Closing::Nothing)
    }

    pub(super) fn name_language(&mut self, tag: &StartTag<'_>) {
        if let Some(Holder::Code { language }) = self.holders.last_mut()
            && let Some(named) = tag.attribute("class").and_then(code_language)
        {
            *language = Some(named.to_owned());
        }
    }
}
