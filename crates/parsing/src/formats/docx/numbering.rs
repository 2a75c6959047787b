//! numbering.xml: which paragraphs are list items, of what kind, at which number they start.

use crate::ParseError;
use crate::formats::ooxml::{Node, Tag, XmlPart};
use std::collections::HashMap;

/// How many levels a list has.
pub(super) const LEVELS: usize = 9;

/// The lists that paragraphs can take part in.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    definitions: HashMap<i64, Definition>,
    instances: HashMap<i64, Instance>,
    /// Definition that carries each numbering style.
    by_style: HashMap<String, i64>,
}

/// An abstract numbering: the look of a list.
#[derive(Debug, Default)]
struct Definition {
    levels: HashMap<usize, Level>,
    /// The numbering style that has the levels instead.
    style_link: Option<String>,
}

/// A numbering instance: a list with its own count.
#[derive(Debug, Default)]
struct Instance {
    definition: i64,
    starts: HashMap<usize, u32>,
    levels: HashMap<usize, Level>,
}

/// One level of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Level {
    /// What stands before an item.
    pub(super) marker: Marker,
    /// Number of the first item.
    pub(super) start: u32,
    /// Left indent of items, twentieths of a point.
    pub(super) indent: Option<i64>,
    /// The paragraph style whose paragraphs are items of this level.
    style: Option<String>,
}

/// What stands before an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// Nothing: the paragraph only has an item's indent.
    None,
    /// A bullet.
    Bullet,
    /// A number or letter.
    Number,
}

impl Default for Level {
    fn default() -> Self {
        Self { marker: Marker::Number, start: 1, indent: None, style: None }
    }
}

impl Numbering {
    /// Reads numbering.xml.
    pub(super) fn read(mut part: XmlPart<'_>) -> Result<Self, ParseError> {
        let mut numbering = Self::default();
        let mut current = Current::default();
        while let Some(node) = part.next()? {
            if let Node::Start(tag) = node {
                numbering.apply(&mut current, &tag);
            }
        }
        Ok(numbering)
    }

    fn apply(&mut self, current: &mut Current, tag: &Tag<'_>) {
        match tag.name() {
            "abstractNum" => {
                *current = Current { definition: tag.number("abstractNumId"), ..Current::default() };
            }
            "num" => *current = Current { instance: tag.number("numId"), ..Current::default() },
            "abstractNumId" => {
                if let (Some(id), Some(definition)) = (current.instance, tag.number("val")) {
                    self.instances.entry(id).or_default().definition = definition;
                }
            }
            "styleLink" => {
                if let (Some(id), Some(style)) = (current.definition, tag.val()) {
                    self.by_style.insert(style.into_owned(), id);
                }
            }
            "numStyleLink" => {
                if let Some(id) = current.definition {
                    self.definitions.entry(id).or_default().style_link = tag.val().map(String::from);
                }
            }
            "lvl" | "lvlOverride" => {
                let level = tag.number("ilvl").and_then(|level| usize::try_from(level).ok());
                current.level = level.filter(|level| *level < LEVELS);
                if tag.name() == "lvl"
                    && let Some(levels) = self.levels(current)
                {
                    current.level.map(|level| levels.insert(level, Level::default()));
                }
            }
            "startOverride" => {
                let start = tag.number("val").and_then(|start| u32::try_from(start).ok());
                if let (Some(id), Some(level), Some(start)) = (current.instance, current.level, start) {
                    self.instances.entry(id).or_default().starts.insert(level, start);
                }
            }
            name => {
                let Some(number) = current.level else { return };
                if let Some(level) = self.levels(current).and_then(|levels| levels.get_mut(&number)) {
                    level.apply(name, tag);
                }
            }
        }
    }

    /// The levels that are being read.
    fn levels(&mut self, current: &Current) -> Option<&mut HashMap<usize, Level>> {
        match (current.definition, current.instance) {
            (Some(id), _) => Some(&mut self.definitions.entry(id).or_default().levels),
            (None, Some(id)) => Some(&mut self.instances.entry(id).or_default().levels),
            (None, None) => None,
        }
    }

    /// The level `level` of the list `id`, `None` if there is no such list.
    pub(super) fn level(&self, id: i64, level: usize) -> Option<Level> {
        let instance = self.instances.get(&id)?;
        let own = instance.levels.get(&level);
        let mut found = own.or_else(|| self.definition(instance)?.levels.get(&level)).cloned();
        if let (Some(found), Some(start)) = (&mut found, instance.starts.get(&level)) {
            found.start = *start;
        }
        found
    }

    /// The level of the list `id` whose items have the paragraph style `style`.
    pub(super) fn level_of_style(&self, id: i64, style: &str) -> Option<usize> {
        let definition = self.definition(self.instances.get(&id)?)?;
        let mut levels = definition.levels.iter();
        levels.find(|(_, level)| level.style.as_deref() == Some(style)).map(|(number, _)| *number)
    }

    /// A number that lists share whose items are counted together: those of
    /// one definition, unless one starts anew.
    pub(super) fn counted_with(&self, id: i64) -> u64 {
        match self.instances.get(&id) {
            Some(instance) if instance.starts.is_empty() => instance.definition.unsigned_abs(),
            _ => id.unsigned_abs() | 1 << 63,
        }
    }

    fn definition(&self, instance: &Instance) -> Option<&Definition> {
        let definition = self.definitions.get(&instance.definition)?;
        let linked = definition.style_link.as_ref().and_then(|style| self.by_style.get(style));
        linked.and_then(|id| self.definitions.get(id)).or(Some(definition))
    }
}

/// What of numbering.xml is being read.
#[derive(Debug, Default)]
struct Current {
    definition: Option<i64>,
    instance: Option<i64>,
    level: Option<usize>,
}

impl Level {
    fn apply(&mut self, name: &str, tag: &Tag<'_>) {
        match name {
            "start" => {
                self.start = tag.number("val").and_then(|start| u32::try_from(start).ok()).unwrap_or(1);
            }
            "numFmt" => {
                self.marker = match tag.val().as_deref() {
                    Some("bullet") => Marker::Bullet,
                    Some("none") => Marker::None,
                    _ => Marker::Number,
                }
            }
            "lvlText" if tag.val().is_some_and(|text| text.trim().is_empty()) => self.marker = Marker::None,
            "lvlPicBulletId" => self.marker = Marker::Bullet,
            "pStyle" => self.style = tag.val().map(String::from),
            "ind" => self.indent = tag.number("left").or_else(|| tag.number("start")),
            _ => {}
        }
    }
}

/// Counts the items of lists.
#[derive(Debug, Default)]
pub(super) struct Counters(HashMap<u64, [Option<u32>; LEVELS]>);

impl Counters {
    /// The number of the next item at `level` of the lists counted as `list`, of which the first has `start`.
    pub(super) fn next(&mut self, list: u64, level: usize, start: u32) -> u32 {
        let counts = self.0.entry(list).or_default();
        let Some((count, deeper)) = counts.get_mut(level..).and_then(<[_]>::split_first_mut) else {
            return start;
        };
        deeper.fill(None);
        let number = count.map_or(start, |count| count.saturating_add(1));
        *count = Some(number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdg_model::Format;

    fn read(xml: &'static str) -> Numbering {
        Numbering::read(XmlPart::new(Format::Docx, "numbering.xml".into(), Box::new(xml.as_bytes()))).unwrap()
    }

    #[test]
    fn a_list_takes_its_levels_from_its_definition_and_its_own_overrides() {
        let numbering = read(
            "<numbering><abstractNum abstractNumId='3'>\
               <lvl ilvl='0'><start val='1'/><numFmt val='decimal'/><lvlText val='%1.'/><ind left='720'/></lvl>\
               <lvl ilvl='1'><numFmt val='bullet'/><lvlText val='o'/></lvl>\
             </abstractNum>\
             <num numId='1'><abstractNumId val='3'/></num>\
             <num numId='2'><abstractNumId val='3'/><lvlOverride ilvl='0'><startOverride val='5'/></lvlOverride></num>\
             </numbering>",
        );
        let first = numbering.level(1, 0).unwrap();
        assert_eq!((first.marker, first.start, first.indent), (Marker::Number, 1, Some(720)));
        assert_eq!(numbering.level(1, 1).unwrap().marker, Marker::Bullet);
        assert_eq!(numbering.level(2, 0).unwrap().start, 5);
        assert_ne!(numbering.counted_with(1), numbering.counted_with(2));
        assert_eq!(numbering.level(9, 0), None);
    }

    #[test]
    fn a_numbering_style_lends_its_levels() {
        let numbering = read(
            "<numbering><abstractNum abstractNumId='0'><styleLink val='S'/>\
               <lvl ilvl='0'><numFmt val='bullet'/></lvl></abstractNum>\
             <abstractNum abstractNumId='1'><numStyleLink val='S'/></abstractNum>\
             <num numId='7'><abstractNumId val='1'/></num></numbering>",
        );
        assert_eq!(numbering.level(7, 0).unwrap().marker, Marker::Bullet);
    }

    #[test]
    fn counting_starts_anew_below_each_item() {
        let mut counters = Counters::default();
        assert_eq!(counters.next(1, 0, 1), 1);
        assert_eq!(counters.next(1, 1, 1), 1);
        assert_eq!(counters.next(1, 1, 1), 2);
        assert_eq!(counters.next(1, 0, 1), 2);
        assert_eq!(counters.next(1, 1, 3), 3);
    }
}
