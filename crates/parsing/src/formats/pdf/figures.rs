//! What a tagged document says of its figures. (The library's structure tree leaves the descriptions out.)

use super::text;
use pdf_oxide::PdfDocument;
use pdf_oxide::object::{Object, ObjectRef};
use pdf_oxide::optional_content::decode_pdf_text_string;
use std::collections::{HashMap, HashSet};

/// Nodes of the structure tree, and of the page tree, that are looked at.
const MOST_NODES: usize = 200_000;

/// The descriptions of figures, in reading order, by page from 0.
#[derive(Debug, Default)]
pub(super) struct Figures(HashMap<usize, Vec<String>>);

impl Figures {
    /// Reads them from the structure tree, if there is one.
    pub(super) fn of(document: &PdfDocument) -> Self {
        let Ok(catalog) = document.catalog() else { return Self::default() };
        let Some(structure) = entry(&catalog, "StructTreeRoot").cloned() else { return Self::default() };
        let mut pages: HashMap<(u32, u16), usize> = HashMap::new();
        if let Some(root) = entry(&catalog, "Pages") {
            walk(document, root.clone(), "Kids", |node, reference| {
                if let (None, Some(reference)) = (entry(node, "Kids"), reference) {
                    let number = pages.len();
                    pages.entry((reference.id, reference.r#gen)).or_insert(number);
                }
            });
        }
        let mut figures: HashMap<usize, Vec<String>> = HashMap::new();
        walk(document, structure, "K", |node, _| {
            if entry(node, "S").and_then(Object::as_name) != Some("Figure") {
                return;
            }
            let page = entry(node, "Pg").and_then(Object::as_reference);
            let page = page.and_then(|page| pages.get(&(page.id, page.r#gen)));
            if let Some(page) = page {
                figures.entry(*page).or_default().push(description(document, node));
            }
        });
        Self(figures)
    }

    /// The descriptions of the figures of a page, if they are as many as its images: which belongs to which is
    /// told by their order alone.
    pub(super) fn matching(&self, page: usize, image_count: usize) -> Option<&[String]> {
        self.0.get(&page).filter(|figures| figures.len() == image_count).map(Vec::as_slice)
    }
}

fn entry<'a>(object: &'a Object, key: &str) -> Option<&'a Object> {
    object.as_dict()?.get(key)
}

fn description(document: &PdfDocument, figure: &Object) -> String {
    let alternative = entry(figure, "Alt").and_then(|alternative| document.resolve_object(alternative).ok());
    let alternative = alternative.as_ref().and_then(Object::as_string).map(decode_pdf_text_string);
    text::clean(&alternative.unwrap_or_default())
}

/// Visits the dictionaries of a tree in document order, each one once; `children` names the entry with a node's
/// children.
fn walk(
    document: &PdfDocument,
    root: Object,
    children: &str,
    mut visit: impl FnMut(&Object, Option<ObjectRef>),
) {
    let mut seen: HashSet<(u32, u16)> = HashSet::new();
    let mut waiting = vec![root];
    let mut visited = 0;
    while let Some(node) = waiting.pop() {
        visited += 1;
        let reference = node.as_reference();
        let is_known = reference.is_some_and(|reference| !seen.insert((reference.id, reference.r#gen)));
        if is_known || visited > MOST_NODES {
            continue;
        }
        let Ok(node) = document.resolve_object(&node) else { continue };
        if let Some(nodes) = node.as_array() {
            waiting.extend(nodes.iter().rev().cloned());
        } else if node.as_dict().is_some() {
            visit(&node, reference);
            waiting.extend(entry(&node, children).cloned());
        }
    }
}
