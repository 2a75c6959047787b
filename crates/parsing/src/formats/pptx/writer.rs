//! Makes elements of the shapes of a slide.

use super::comments::Comment;
use super::shape::{Bullet, Content, PlaceholderKind, Shape, Table, TextParagraph, plain_text};
use crate::formats::ooxml::{
    Inline, Item, OpenLists, Package, collapse, read_chart, read_diagram, write_chart, write_diagram,
    write_inline,
};
use crate::{ParseError, TreeBuilder};
use gdg_model::{ElementType, Location};

/// Writes one slide.
pub(super) struct SlideWriter<'t, 'd> {
    tree: &'t mut TreeBuilder,
    package: &'t mut Package<'d>,
    number: u32,
}

impl<'t, 'd> SlideWriter<'t, 'd> {
    /// Opens slide `number`, whose title the shape `title` shows.
    pub(super) fn open(
        tree: &'t mut TreeBuilder,
        package: &'t mut Package<'d>,
        number: u32,
        title: Option<&Shape>,
        is_hidden: bool,
    ) -> Result<Self, ParseError> {
        let text = title.map(|title| collapse(&title.plain_text())).unwrap_or_default();
        let position = tree.open(ElementType::Slide, text, Location::Slide { slide: number, shape: None })?;
        tree.set_attribute(position, "number", number);
        if is_hidden {
            tree.set_attribute(position, "hidden", true);
        }
        let mut writer = Self { tree, package, number };
        if let Some(title) = title
            && let Content::Text(paragraphs) = &title.content
        {
            let location = writer.location(title.index);
            for paragraph in paragraphs {
                writer.inlines(&paragraph.inlines, &location)?;
            }
        }
        Ok(writer)
    }

    /// Closes the slide.
    pub(super) fn close(self) {
        self.tree.close();
    }

    /// Adds a shape.
    pub(super) fn shape(&mut self, shape: Shape) -> Result<(), ParseError> {
        if shape.is_hidden || shape.is_a(PlaceholderKind::Furniture) {
            return Ok(());
        }
        let location = self.location(shape.index);
        let label = if shape.has_text() { shape.plain_text() } else { shape.description.clone() };
        match shape.content {
            Content::None => {}
            Content::Text(paragraphs) => self.text(paragraphs, &location)?,
            Content::Table(table) => self.table(table, &location)?,
            Content::Picture(source, is_external) => {
                let image =
                    Inline::Image { description: shape.description, source: Some(source), is_external };
                write_inline(self.tree, image, location.clone())?;
            }
            Content::Chart(name) => {
                if let Some(part) = self.package.part(&name)? {
                    write_chart(self.tree, &read_chart(part)?, &location)?;
                }
            }
            Content::Diagram(name) => {
                if let Some(part) = self.package.part(&name)? {
                    write_diagram(self.tree, read_diagram(part)?, &location)?;
                }
            }
        }
        match shape.link {
            Some(target) => write_inline(self.tree, Inline::Link { label, target }, location),
            None => Ok(()),
        }
    }

    fn text(&mut self, paragraphs: Vec<TextParagraph>, location: &Location) -> Result<(), ParseError> {
        let mut lists = OpenLists::default();
        for paragraph in paragraphs {
            let text = collapse(&paragraph.text);
            if text.is_empty() {
                continue;
            }
            let (ordered, number) = match paragraph.bullet {
                Some(Bullet::Mark) => (false, 1),
                Some(Bullet::Number(start)) => (true, start),
                Some(Bullet::None) | None => {
                    lists.close(self.tree);
                    self.prose(text, &paragraph, location)?;
                    continue;
                }
            };
            let level = paragraph.level as u32;
            let item = Item { list: u64::from(ordered), level, indent: 0, ordered, number };
            lists.item(self.tree, item, text, location.clone())?;
            self.inlines(&paragraph.inlines, location)?;
        }
        lists.close(self.tree);
        Ok(())
    }

    /// Adds a paragraph of prose; one that is a formula is that.
    fn prose(
        &mut self,
        text: String,
        paragraph: &TextParagraph,
        location: &Location,
    ) -> Result<(), ParseError> {
        if !paragraph.has_prose {
            return self.inlines(&paragraph.inlines, location);
        }
        self.tree.open(ElementType::Paragraph, text, location.clone())?;
        self.inlines(&paragraph.inlines, location)?;
        self.tree.close();
        Ok(())
    }

    fn table(&mut self, table: Table, location: &Location) -> Result<(), ParseError> {
        self.tree.open(ElementType::Table, "", location.clone())?;
        let has_header = table.first_row_is_header && table.rows.len() > 1;
        for (index, row) in table.rows.into_iter().enumerate() {
            let position = self.tree.open(ElementType::TableRow, "", location.clone())?;
            if has_header && index == 0 {
                self.tree.set_attribute(position, "header", true);
            }
            for (column, cell) in row.into_iter().enumerate() {
                if cell.is_covered {
                    continue;
                }
                let text = plain_text(&cell.paragraphs);
                let position = self.tree.open(ElementType::TableCell, text, location.clone())?;
                self.tree.set_attribute(position, "column", column);
                for (name, span) in [("column_span", cell.column_span), ("row_span", cell.row_span)] {
                    if span > 1 {
                        self.tree.set_attribute(position, name, span);
                    }
                }
                for paragraph in &cell.paragraphs {
                    self.inlines(&paragraph.inlines, location)?;
                }
                self.tree.close();
            }
            self.tree.close();
        }
        self.tree.close();
        Ok(())
    }

    /// Adds the comments on the slide.
    pub(super) fn comments(&mut self, comments: Vec<Comment>) -> Result<(), ParseError> {
        for comment in comments {
            let location = Location::Slide { slide: self.number, shape: None };
            let position = self.tree.leaf(ElementType::Comment, comment.text, location)?;
            if let Some(author) = comment.author {
                self.tree.budget().spend_text(author.len())?;
                self.tree.set_attribute(position, "author", author);
            }
        }
        Ok(())
    }

    /// Adds the speaker's notes that the shapes of a page of notes hold.
    pub(super) fn notes(&mut self, shapes: Vec<Shape>) -> Result<(), ParseError> {
        let shapes: Vec<Shape> = shapes
            .into_iter()
            .filter(|shape| !shape.is_a(PlaceholderKind::Furniture) && shape.has_text())
            .collect();
        if shapes.is_empty() {
            return Ok(());
        }
        let text = shapes.iter().map(Shape::plain_text).collect::<Vec<_>>().join("\n");
        let location = Location::Slide { slide: self.number, shape: None };
        self.tree.open(ElementType::SpeakerNotes, text, location.clone())?;
        for shape in &shapes {
            if let Content::Text(paragraphs) = &shape.content {
                for paragraph in paragraphs {
                    self.inlines(&paragraph.inlines, &location)?;
                }
            }
        }
        self.tree.close();
        Ok(())
    }

    fn inlines(&mut self, inlines: &[Inline], location: &Location) -> Result<(), ParseError> {
        for inline in inlines {
            write_inline(self.tree, inline.clone(), location.clone())?;
        }
        Ok(())
    }

    fn location(&self, shape: u32) -> Location {
        Location::Slide { slide: self.number, shape: Some(shape) }
    }
}
