//! YAML text to a [`Node`]: anchors are expanded within bounds, merge keys
//! are merged, a key given twice is a problem.

use crate::error::{Fault, Place, Problem};
use crate::key_path::KeyPath;
use crate::tree::{Content, Entry, MAX_DEPTH, Node, Scalar, Style};
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use std::collections::HashMap;
use std::mem;

/// Nodes of one document, at most, anchors expanded.
const MAX_NODES: usize = 200_000;

/// Reads the one document in `text`, and what is wrong with it. `place_at` makes a place of a line and a column.
pub(crate) fn read(text: &str, place_at: &dyn Fn(usize, usize) -> Place) -> (Option<Node>, Vec<Problem>) {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let outcome = match event {
            Ok((event, span)) => {
                let place = place_at(span.start.line(), span.start.col() + 1);
                reader.take(event, place)
            }
            Err(error) => {
                let marker = error.marker();
                Err(syntax(place_at(marker.line(), marker.col() + 1), error.info()))
            }
        };
        if let Err(problem) = outcome {
            reader.problems.push(problem);
            break;
        }
    }
    (reader.root, reader.problems)
}

/// A list or mapping whose end has not been read.
struct Open {
    place: Place,
    anchor: usize,
    content: OpenContent,
}

enum OpenContent {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        positions: HashMap<String, Place>,
        key: Option<(Key, Place)>,
        merged: Vec<Node>,
    },
}

enum Key {
    Text(String),
    Merge,
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    documents: usize,
    root: Option<Node>,
    problems: Vec<Problem>,
}

fn syntax(place: Place, message: impl Into<String>) -> Problem {
    Problem { place, key: KeyPath::top(), fault: Fault::Syntax(message.into()) }
}

impl Reader {
    fn take(&mut self, event: Event<'_>, place: Place) -> Result<(), Problem> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(syntax(
                        place,
                        "a second document begins here; a configuration is one document",
                    ));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let style = Self::scalar_style(style, tag.as_deref(), &place)?;
                let scalar = Scalar { text: text.into_owned(), style, substituted: Vec::new() };
                if let Some(key) = self.awaited_key() {
                    let merges = scalar.text == "<<" && scalar.style == Style::Plain;
                    *key = Some((
                        if merges { Key::Merge } else { Key::Text(scalar.text.clone()) },
                        place.clone(),
                    ));
                    if anchor > 0 {
                        self.anchors.insert(anchor, Node { place, content: Content::Scalar(scalar) });
                    }
                    return Ok(());
                }
                self.complete(Node { place, content: Content::Scalar(scalar) }, anchor)
            }
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::SequenceStart(anchor, tag) => {
                self.begin(place, anchor, tag.as_deref(), OpenContent::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                let content = OpenContent::Mapping {
                    entries: Vec::new(),
                    positions: HashMap::new(),
                    key: None,
                    merged: Vec::new(),
                };
                self.begin(place, anchor, tag.as_deref(), content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
        }
    }

    fn scalar_style(style: ScalarStyle, tag: Option<&Tag>, place: &Place) -> Result<Style, Problem> {
        match tag {
            None if style == ScalarStyle::Plain => Ok(Style::Plain),
            None => Ok(Style::Quoted),
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Ok(Style::Quoted),
            Some(tag) if tag.is_yaml_core_schema() => Ok(Style::Plain),
            Some(tag) if tag.handle == "!" && tag.suffix.is_empty() => Ok(Style::Quoted),
            Some(tag) => Err(syntax(place.clone(), format!("the tag {tag} is not known"))),
        }
    }

    /// The slot for a key, if the innermost mapping waits for one.
    fn awaited_key(&mut self) -> Option<&mut Option<(Key, Place)>> {
        match self.open.last_mut().map(|open| &mut open.content) {
            Some(OpenContent::Mapping { key, .. }) if key.is_none() => Some(key),
            _ => None,
        }
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Problem> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(syntax(place, "an alias stands within what it refers to"));
        };
        if self.open.len() + node.depth() > MAX_DEPTH {
            return Err(Self::too_deep(place));
        }
        self.nodes += node.size();
        if self.nodes > MAX_NODES {
            return Err(too_large(place));
        }
        let node = node.clone();
        if let Some(key) = self.awaited_key() {
            let Content::Scalar(scalar) = node.content else { return Err(no_key(place)) };
            *key = Some((Key::Text(scalar.text), place));
            return Ok(());
        }
        self.complete(node, 0)
    }

    fn too_deep(place: Place) -> Problem {
        syntax(place, format!("lists and mappings are nested more than {MAX_DEPTH} deep"))
    }

    fn begin(
        &mut self,
        place: Place,
        anchor: usize,
        tag: Option<&Tag>,
        content: OpenContent,
    ) -> Result<(), Problem> {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            return Err(syntax(place, format!("the tag {tag} is not known")));
        }
        if self.awaited_key().is_some() {
            return Err(no_key(place));
        }
        if self.open.len() + 1 >= MAX_DEPTH {
            return Err(Self::too_deep(place));
        }
        self.open.push(Open { place, anchor, content });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Problem> {
        let Some(Open { place, anchor, content }) = self.open.pop() else { return Ok(()) };
        let content = match content {
            OpenContent::Sequence(items) => Content::Sequence(items),
            OpenContent::Mapping { entries, positions, merged, .. } => {
                Content::Mapping(Self::merge(entries, positions, merged)?)
            }
        };
        self.complete(Node { place, content }, anchor)
    }

    /// Adds the entries of `merged` whose keys are not there yet; what comes first wins.
    fn merge(
        mut entries: Vec<Entry>,
        mut positions: HashMap<String, Place>,
        merged: Vec<Node>,
    ) -> Result<Vec<Entry>, Problem> {
        for node in merged {
            let Content::Mapping(others) = node.content else {
                return Err(syntax(node.place, "`<<` takes a mapping or a list of mappings"));
            };
            for entry in others {
                if positions.insert(entry.key.clone(), entry.place.clone()).is_none() {
                    entries.push(entry);
                }
            }
        }
        Ok(entries)
    }

    /// The way to the value that is being read.
    fn path(&self) -> KeyPath {
        self.open.iter().fold(KeyPath::top(), |path, open| match &open.content {
            OpenContent::Sequence(items) => path.index(items.len()),
            OpenContent::Mapping { key: Some((Key::Text(key), _)), .. } => path.key(key),
            OpenContent::Mapping { .. } => path,
        })
    }

    /// Puts a finished node where it belongs.
    fn complete(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        self.nodes += 1;
        if anchor > 0 {
            self.nodes += node.size();
            self.anchors.insert(anchor, node.clone());
        }
        if self.nodes > MAX_NODES {
            return Err(too_large(node.place));
        }
        let path = self.path();
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(OpenContent::Sequence(items)) => items.push(node),
            Some(OpenContent::Mapping { entries, positions, key, merged }) => match mem::take(key) {
                Some((Key::Merge, _)) => match node.content {
                    Content::Sequence(items) => merged.extend(items),
                    _ => merged.push(node),
                },
                Some((Key::Text(key), place)) => match positions.insert(key.clone(), place.clone()) {
                    None => entries.push(Entry { key, place, node }),
                    Some(first) => {
                        self.problems.push(Problem {
                            place,
                            key: path,
                            fault: Fault::DuplicateKey { first },
                        });
                    }
                },
                None => return Err(no_key(node.place)),
            },
        }
        Ok(())
    }
}

fn no_key(place: Place) -> Problem {
    syntax(place, "a list or mapping cannot be a key")
}

fn too_large(place: Place) -> Problem {
    syntax(place, format!("there are more than {MAX_NODES} values, those that aliases repeat among them"))
}
