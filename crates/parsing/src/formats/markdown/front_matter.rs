//! Front matter: what a document tells of itself before its text begins, in
//! YAML between `---` lines or in TOML between `+++` lines.

use super::metadata;
use crate::{ParseError, TreeBuilder};
use serde_json::{Map, Value};

/// Longer blocks are taken for text.
const MAX_LENGTH: usize = 64 * 1024;

/// Reads the front matter at the beginning of `text` into the document's
/// metadata and title. Returns where the Markdown begins: 0 where there is no
/// front matter, or none that can be understood, so that nothing is lost.
pub(super) fn read(text: &str, tree: &mut TreeBuilder) -> Result<usize, ParseError> {
    let Some(block) = Block::at_start(text) else { return Ok(0) };
    let fields = match block.fence {
        Fence::Yaml => metadata::from_yaml(block.content),
        Fence::Toml => metadata::from_toml(block.content),
    };
    let Some(fields) = fields else { return Ok(0) };
    tree.budget().spend_text(block.content.len())?;
    record(fields, tree);
    Ok(block.end)
}

fn record(fields: Map<String, Value>, tree: &mut TreeBuilder) {
    for (name, value) in fields {
        if name == "title" {
            match &value {
                Value::String(title) => tree.set_title(title.as_str()),
                Value::Number(title) => tree.set_title(title.to_string()),
                _ => {}
            }
        }
        tree.set_metadata(name, value);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fence {
    Yaml,
    Toml,
}

struct Block<'a> {
    fence: Fence,
    content: &'a str,
    /// Offset behind the closing fence.
    end: usize,
}

impl<'a> Block<'a> {
    fn at_start(text: &'a str) -> Option<Self> {
        let mut lines = text.split_inclusive('\n');
        let opening = lines.next()?;
        let fence = match opening.trim_ascii_end() {
            "---" => Fence::Yaml,
            "+++" => Fence::Toml,
            _ => return None,
        };
        let mut end = opening.len();
        for line in lines {
            let content = text.get(opening.len()..end)?;
            end += line.len();
            match (fence, line.trim_ascii_end()) {
                (Fence::Yaml, "---" | "...") | (Fence::Toml, "+++") => {
                    return Some(Self { fence, content, end });
                }
                _ if end > MAX_LENGTH => return None,
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Budget;
    use gdg_config::ParsingLimits;
    use gdg_model::Format;

    fn read_all(text: &str) -> (usize, Option<String>, Option<String>) {
        let mut tree = TreeBuilder::new(Budget::new(&ParsingLimits::default()));
        let end = read(text, &mut tree).unwrap();
        let document = tree.finish(Format::Markdown);
        (end, document.title, document.metadata.to_json())
    }

    #[test]
    fn a_title_that_is_a_number_is_a_title() {
        let (end, title, metadata) = read_all("---\r\ntitle: 1984\r\n---\r\ntext");
        assert_eq!((end, title.as_deref()), (23, Some("1984")));
        assert_eq!(metadata.as_deref(), Some(r#"{"title":1984}"#));
    }

    #[test]
    fn a_rule_at_the_beginning_is_no_front_matter() {
        for text in [
            "---\nSome prose.\n---\n",
            "---\n- a\n- b\n---\n",
            "---\n",
            "---",
            "--- \n\n# A\n\n---\n\n",
            "+++\n= x\n+++\n",
        ] {
            assert_eq!(read_all(text), (0, None, None), "{text:?}");
        }
    }

    #[test]
    fn empty_front_matter_is_front_matter() {
        assert_eq!(read_all("---\n---\ntext"), (8, None, None));
        assert_eq!(read_all("---\n\n...\n"), (9, None, None));
    }
}
