//! Documents that the checks store.

use crate::{DocumentHeader, GraphDocument};
use gdg_model::*;
use proptest::prelude::*;
use serde_json::{Value, json};

pub(super) fn run() -> RunId {
    RunId::new("0123456789abcdef-1")
}

pub(super) fn source() -> SourceName {
    SourceName::new("notes")
}

pub(super) fn doc_id(name: &str) -> DocId {
    DocId::in_source(&source(), name)
}

pub(super) fn header(name: &str, content: &[u8]) -> DocumentHeader {
    DocumentHeader {
        document: DocumentRef::listed(
            &source(),
            name,
            Stamp { etag: None, modified_at: Some(7), size: Some(content.len() as u64) },
        ),
        size: content.len() as u64,
        content_hash: ContentHash::of(content),
        parse_fingerprint: "fingerprint".into(),
    }
}

/// A root with a heading for each of `texts`.
pub(super) fn headings(texts: &[&str]) -> ParsedDocument {
    let mut elements = vec![Element::new(ElementType::Document, "", Location::Whole)];
    for (ordinal, text) in texts.iter().enumerate() {
        elements.push(Element {
            parent: Some(0),
            ordinal: ordinal as u32,
            ..Element::new(ElementType::Heading, *text, Location::Lines { start: 0, end: 1 })
        });
    }
    ParsedDocument {
        format: Format::Markdown,
        title: texts.first().map(|text| (*text).to_owned()),
        metadata: Attributes::new(),
        elements,
        links: vec![],
    }
}

/// A document of headings, with links in its first one.
pub(super) fn document(name: &str, texts: &[&str], targets: &[&str]) -> GraphDocument {
    let links = targets.iter().map(|target| link(target)).collect();
    GraphDocument::new(header(name, texts.join("\n").as_bytes()), headings(texts), links)
        .with_dependencies(targets.iter().map(|locator| target(locator)))
}

/// A document of the source that a link leads to.
pub(super) fn target(locator: &str) -> DocumentRef {
    DocumentRef {
        doc_id: doc_id(locator),
        source_name: source(),
        locator: locator.into(),
        link_depth: 1,
        stamp: Stamp::default(),
    }
}

/// A link to a document of the source.
pub(super) fn link(target: &str) -> ExplicitRelationship {
    ExplicitRelationship { position: 1, target: doc_id(target), fragment: "top".into() }
}

/// Up to four documents of three names, so that some take the place of others,
/// with small trees, attributes and links of any kind.
pub fn any_documents() -> impl Strategy<Value = Vec<GraphDocument>> {
    prop::collection::vec(any_document(), 1..5)
}

fn any_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a.md", "b.md", "c.md"])
}

fn any_document() -> impl Strategy<Value = GraphDocument> {
    let elements = prop::collection::vec(any_element(), 0..12);
    let links = prop::collection::vec((any::<prop::sample::Index>(), any_name(), "[\\x00#a]{0,2}"), 0..6);
    (any_name(), prop::option::of(any_text()), any_attributes(), elements, links).prop_map(
        |(name, title, metadata, shapes, links)| {
            let elements = tree(shapes);
            let links = links.into_iter().map(|(place, target, fragment)| ExplicitRelationship {
                position: place.index(elements.len()) as u32,
                target: doc_id(target),
                fragment,
            });
            let links = links.collect();
            let parsed = ParsedDocument { format: Format::Html, title, metadata, elements, links: vec![] };
            GraphDocument::new(header(name, name.as_bytes()), parsed, links)
        },
    )
}

/// An element, and which of those before it is its parent.
type Shape = (Element, prop::sample::Index);

fn any_element() -> impl Strategy<Value = Shape> {
    let kinds = vec![ElementType::Paragraph, ElementType::Heading, ElementType::Page, ElementType::Link];
    let location = prop_oneof![
        Just(Location::Whole),
        (0_u64..99, 0_u64..99).prop_map(|(start, end)| Location::Bytes { start, end }),
        any_text().prop_map(Location::Pointer),
    ];
    (prop::sample::select(kinds), any_text(), location, any_attributes(), any::<prop::sample::Index>())
        .prop_map(|(kind, text, location, attributes, parent)| {
            (Element { attributes, ..Element::new(kind, text, location) }, parent)
        })
}

/// The shapes under a root, each below one that stands before it.
fn tree(shapes: Vec<Shape>) -> Vec<Element> {
    let mut elements = vec![Element::new(ElementType::Document, "", Location::Whole)];
    let mut children = vec![0];
    for (element, parent) in shapes {
        let parent = parent.index(elements.len());
        elements.push(Element { parent: Some(parent as u32), ordinal: children[parent], ..element });
        children[parent] += 1;
        children.push(0);
    }
    elements
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z ]{0,8}", "[\\x00\\\\u0\"\n]{0,8}", any::<String>()]
}

fn any_attributes() -> impl Strategy<Value = Attributes> {
    let value = prop_oneof![
        any_text().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        (any_text(), any_text()).prop_map(|(name, value)| json!([null, { name: [value] }])),
    ];
    prop::collection::vec((any_text(), value), 0..3).prop_map(|entries| {
        let mut attributes = Attributes::new();
        entries.into_iter().for_each(|(name, value)| attributes.set(name, value));
        attributes
    })
}
