//! Reviewers' comments, of the older kind and of the kind with replies.

use crate::ParseError;
use crate::formats::ooxml::{Node, XmlPart, collapse};
use std::collections::HashMap;

/// Names of the authors by their identifiers.
pub(super) type Authors = HashMap<String, String>;

/// A comment or a reply to one.
#[derive(Debug, Default)]
pub(super) struct Comment {
    /// Its author's name, where it is known.
    pub(super) author: Option<String>,
    /// What it says.
    pub(super) text: String,
}

/// Adds the authors that `part` lists to `authors`.
pub(super) fn read_authors(mut part: XmlPart<'_>, authors: &mut Authors) -> Result<(), ParseError> {
    while let Some(node) = part.next()? {
        let Node::Start(tag) = node else { continue };
        if matches!(tag.name(), "cmAuthor" | "author")
            && let (Some(id), Some(name)) = (tag.attribute("id"), tag.attribute("name"))
        {
            authors.insert(id.into_owned(), name.into_owned());
        }
    }
    Ok(())
}

/// What an open element of a part with comments is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Comment,
    Paragraph,
    Text,
    Other,
}

/// Reads a slide's comments: each before the replies to it.
pub(super) fn read_comments(mut part: XmlPart<'_>, authors: &Authors) -> Result<Vec<Comment>, ParseError> {
    let mut comments: Vec<Comment> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    // The comments that are open, by their places in the list: a reply stands within its comment.
    let mut current: Vec<usize> = Vec::new();
    while let Some(node) = part.next()? {
        match node {
            Node::Start(tag) => open.push(match tag.name() {
                "cm" | "reply" => {
                    let author = tag.attribute("authorId").and_then(|id| authors.get(&*id).cloned());
                    current.push(comments.len());
                    comments.push(Comment { author, text: String::new() });
                    Open::Comment
                }
                "p" => Open::Paragraph,
                "t" | "text" => Open::Text,
                _ => Open::Other,
            }),
            Node::End(_) => {
                let closed = open.pop();
                if closed == Some(Open::Comment) {
                    current.pop();
                } else if let (Some(Open::Paragraph), Some(comment)) =
                    (closed, current.last().and_then(|place| comments.get_mut(*place)))
                {
                    comment.text.push('\n');
                }
            }
            Node::Text(text) => {
                if let (Some(Open::Text), Some(comment)) =
                    (open.last(), current.last().and_then(|place| comments.get_mut(*place)))
                {
                    comment.text.push_str(&text);
                }
            }
        }
    }
    for comment in &mut comments {
        let lines: Vec<String> = comment.text.lines().map(collapse).collect();
        lines.join("\n").trim().clone_into(&mut comment.text);
    }
    comments.retain(|comment| !comment.text.is_empty());
    Ok(comments)
}
