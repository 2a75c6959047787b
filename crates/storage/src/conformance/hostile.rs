//! Checks of what documents may hold.

#![allow(missing_docs)] // a check's name says what it checks

use super::sample::*;
use super::store::*;
use crate::{DocumentHeader, GraphDocument};
use gdg_model::*;
use serde_json::{Value, json};

async fn store_texts(store: &impl GraphStore, name: &str, texts: &[&str]) -> Vec<String> {
    store.store(&run(), &[&GraphDocument::new(header(name, b"content"), headings(texts), vec![])]).await;
    let elements = store.elements(doc_id(name).as_str()).await;
    elements.into_iter().skip(1).map(|element| element.text).collect()
}

pub async fn nul_characters_are_no_obstacle<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let mut parsed = headings(&["te\0xt"]);
    parsed.metadata.set("na\0me", "a\0b\\u0000");
    parsed.elements[1].attributes.set("nested", json!({ "a\0": ["\0", "\\\0"] }));
    parsed.elements[1].location = Location::Pointer("/a\0b".into());
    let links = vec![ExplicitRelationship { fragment: "f\0".into(), ..link("tar\0get.md") }];
    let stamp = Stamp { etag: Some("e\0".into()), ..Stamp::default() };
    let DocumentHeader { document, .. } = header("a\0.md", b"a");
    let header =
        DocumentHeader { document: DocumentRef { stamp: stamp.clone(), ..document }, ..header("", b"a") };
    let graph = GraphDocument::new(header.clone(), parsed, links).with_dependencies([target("tar\0get.md")]);
    store.store(&run(), &[&graph]).await;
    store.store(&run(), &[&graph, &document_of("other.md")]).await;

    let doc_ids = [header.document.doc_id.clone()];
    assert!(store.known(&doc_ids).await.contains_key(&doc_ids[0]));
    assert_eq!(store.seen_among(&run(), &doc_ids).await, doc_ids.clone().into());
    assert_eq!(store.dependencies_of(&doc_ids).await.len(), 1);
    assert_eq!(store.count(Relation::Relationships).await, 1);
    store.mark_seen(&run(), &[(doc_ids[0].clone(), stamp)]).await;
    store.skip(&run(), &[&header]).await;
    store.forget(&doc_ids).await;
    assert_eq!(store.count(Relation::Documents).await, 1, "it was found by its name");

    // What a parser found is the same everywhere: the sign for what cannot be shown stands for each NUL.
    let mut parsed = headings(&["te\0xt"]);
    parsed.metadata.set("na\0me", "a\0b\\u0000");
    parsed.elements[1].attributes.set("nested", json!({ "a\0": ["\0", "\\\0"] }));
    parsed.elements[1].location = Location::Pointer("/a\0b".into());
    store.store(&run(), &[&GraphDocument::new(self::header("b.md", b"b"), parsed, vec![])]).await;
    let (title, metadata) = store.description("notes:b.md").await;
    assert_eq!(title.as_deref(), Some("te\u{fffd}xt"));
    assert_eq!(metadata, Some(json!({ "na\u{fffd}me": "a\u{fffd}b\\u0000" })));
    let element = store.elements("notes:b.md").await.remove(1);
    assert_eq!((element.text.as_str(), element.content_location.as_str()), ("te\u{fffd}xt", "/a\u{fffd}b"));
    let attributes = json!({ "nested": { "a\u{fffd}": ["\u{fffd}", "\\\u{fffd}"] } });
    assert_eq!(element.attributes, Some(attributes));
}

fn document_of(name: &str) -> GraphDocument {
    document(name, &["text"], &[])
}

pub async fn text_of_any_kind_comes_back_as_it_was<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let texts = [
        "",
        " \t\r\n\u{b}\u{c}\u{1b}\u{7f}\u{80}\u{85}\u{a0}",
        "\u{feff}\u{200b}\u{200e}\u{202e}\u{2028}\u{fdd0}\u{fffe}\u{ffff}\u{e000}",
        "\u{10ffff}\u{10fffe}\u{1f469}\u{200d}\u{1f4bb}e\u{301}\u{301}\u{d7ff}",
        "\\ \\x41 \\u0041 '' \" $1 %s {} {\"a\"} NULL null (,) -- /* ; DROP TABLE documents",
    ];
    assert_eq!(store_texts(&store, "a.md", &texts).await, texts);
}

pub async fn long_texts_names_and_targets_are_stored<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    // Texts that do not compress, as images in text do not, and as much as several statements take.
    let noise: String = (0_u32..)
        .flat_map(|n| ContentHash::of(&n.to_le_bytes()).to_string().into_bytes())
        .take(3 << 20)
        .map(char::from)
        .collect();
    let texts = [noise.as_str(), &"é".repeat(5 << 20), noise.as_str(), noise.as_str(), "short", ""];
    assert!(store_texts(&store, "long.md", &texts).await == texts, "texts came back otherwise");

    let name = &noise[..8_000];
    let targets = ["x".repeat(100_000), noise[..100_000].to_owned(), noise[..8_000].to_owned()];
    let links =
        targets.iter().map(|target| ExplicitRelationship { fragment: target.clone(), ..link(target) });
    let graph = GraphDocument::new(header(name, b"a"), headings(&["a"]), links.collect());
    store.store(&run(), &[&graph.with_dependencies(targets.each_ref().map(|locator| target(locator)))]).await;
    assert!(store.known(&[doc_id(name)]).await.contains_key(&doc_id(name)));
    let mut stored: Vec<_> =
        store.relationships(doc_id(name).as_str()).await.into_iter().map(|row| row.target_doc_id).collect();
    stored.sort();
    let mut expected = targets.map(|target| doc_id(&target).as_str().to_owned());
    expected.sort();
    assert!(stored == expected, "targets came back otherwise");
    let page = store.open_dependencies(&run(), &source(), 0, 10).await;
    assert_eq!(page.targets.len(), 2, "one of the three is the document itself");
}

pub async fn attributes_of_any_kind_come_back_as_they_were<S: GraphStore>(make: impl AsyncFn() -> S) {
    let store = make().await;
    let mut nested = json!("innermost");
    for level in 0..100 {
        nested = if level % 2 == 0 { json!([nested]) } else { json!({ "in": nested }) };
    }
    let values = json!({
        "": "",
        "numbers": [0, -1, i64::MIN, i64::MAX, u64::MAX, 0.1, -0.0, 1e16, 1e300, f64::MIN_POSITIVE, 1e308],
        "texts": ["\"", "\\", "\\u0000", "\\\\u0000", "\u{1}\u{7f}\u{80}\u{ffff}\u{10ffff}", "/"],
        "others": [null, true, false, [], {}],
        "nested": nested,
        "long": "x".repeat(1 << 20),
    });
    let mut parsed = headings(&["a"]);
    if let Value::Object(fields) = &values {
        for (name, value) in fields {
            parsed.metadata.set(name.clone(), value.clone());
            parsed.elements[1].attributes.set(name.clone(), value.clone());
        }
    }
    store.store(&run(), &[&GraphDocument::new(header("a.md", b"a"), parsed, vec![])]).await;
    let (_, metadata) = store.description("notes:a.md").await;
    let attributes = store.elements("notes:a.md").await.remove(1).attributes;
    for stored in [metadata, attributes] {
        let stored = stored.unwrap();
        for (name, value) in values.as_object().unwrap() {
            assert!(same_value(&stored[name], value), "{name}: {} instead of {value}", stored[name]);
        }
    }
}
