//! `GO_DOC_GO__SECTION__KEY=value`: keys given by environment variables.

use crate::Environment;
use crate::error::{Fault, Place, Problem};
use crate::key_path::KeyPath;
use crate::tree::{Content, Entry, MAX_DEPTH, Node, Scalar, Style};
use std::sync::Arc;

/// What the names of such variables begin with; upper and lower case are the same.
const PREFIX: &str = "GO_DOC_GO__";

/// What stands between the levels of a key.
const SEPARATOR: &str = "__";

/// Sets in `root` what the variables say.
pub(crate) fn apply(root: &mut Node, environment: &Environment, problems: &mut Vec<Problem>) {
    let mut overrides: Vec<Override> = environment.iter().filter_map(Override::of_variable).collect();
    // The entries of a list must come in order, so that each can be added after the one before it.
    overrides.sort_by(|one, other| one.order().cmp(&other.order()));
    for setting in overrides {
        if let Err(problem) = setting.apply(root) {
            problems.push(problem);
        }
    }
}

struct Override {
    place: Place,
    segments: Vec<String>,
    value: String,
}

impl Override {
    fn of_variable((name, value): (&str, &str)) -> Option<Self> {
        let prefix = name.get(..PREFIX.len())?;
        if !prefix.eq_ignore_ascii_case(PREFIX) {
            return None;
        }
        let segments = name.get(PREFIX.len()..)?.split(SEPARATOR).map(str::to_ascii_lowercase).collect();
        Some(Self { place: Place::Variable(Arc::from(name)), segments, value: value.to_owned() })
    }

    fn order(&self) -> impl Ord + use<'_> {
        self.segments.iter().map(|segment| (segment.parse::<usize>().ok(), segment)).collect::<Vec<_>>()
    }

    fn apply(self, root: &mut Node) -> Result<(), Problem> {
        let Self { place, segments, value } = self;
        let problem = |key: &KeyPath, message: &str| {
            Err(Problem { place: place.clone(), key: key.clone(), fault: Fault::Other(message.into()) })
        };
        if segments.len() >= MAX_DEPTH || segments.iter().any(String::is_empty) {
            return problem(&KeyPath::top(), "the name has an empty level, or too many");
        }
        let mut node = root;
        let mut path = KeyPath::top();
        for segment in &segments {
            if is_unset(node) {
                node.content = empty_container(segment);
                node.place = place.clone();
            }
            node = match &mut node.content {
                Content::Mapping(entries) => {
                    let child = child(entries, segment, &place);
                    path = path.key(segment);
                    child
                }
                Content::Sequence(items) => {
                    let length = items.len();
                    let Some(index) = segment.parse::<usize>().ok().filter(|index| *index <= length) else {
                        return problem(
                            &path,
                            &format!(
                                "`{segment}` is no entry of this list: 0 to {length} are, {length} being a new one"
                            ),
                        );
                    };
                    path = path.index(index);
                    if index == length {
                        items.push(unset(&place));
                    }
                    match items.get_mut(index) {
                        Some(item) => item,
                        None => return Ok(()),
                    }
                }
                Content::Scalar(_) => {
                    return problem(&path, "this is a single value, without keys of its own");
                }
            };
        }
        node.content =
            Content::Scalar(Scalar { text: value, style: Style::Variable, substituted: Vec::new() });
        node.place = place;
        Ok(())
    }
}

fn unset(place: &Place) -> Node {
    let scalar = Scalar { text: String::new(), style: Style::Plain, substituted: Vec::new() };
    Node { place: place.clone(), content: Content::Scalar(scalar) }
}

fn is_unset(node: &Node) -> bool {
    matches!(&node.content, Content::Scalar(scalar) if scalar.resolve() == crate::tree::Resolved::Null)
}

/// A key that is a number is an entry of a list.
fn empty_container(segment: &str) -> Content {
    if segment.parse::<usize>().is_ok() {
        Content::Sequence(Vec::new())
    } else {
        Content::Mapping(Vec::new())
    }
}

/// The entry of that name, in whatever case it is written; a new one if there is none.
fn child<'n>(entries: &'n mut Vec<Entry>, segment: &str, place: &Place) -> &'n mut Node {
    let position = entries.iter().position(|entry| entry.key.eq_ignore_ascii_case(segment));
    let position = position.unwrap_or_else(|| {
        entries.push(Entry { key: segment.to_owned(), place: place.clone(), node: unset(place) });
        entries.len() - 1
    });
    &mut entries[position].node
}
