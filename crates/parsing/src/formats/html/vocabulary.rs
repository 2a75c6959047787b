//! What the names of HTML elements and attributes mean.

use html5ever::Attribute;

/// Whether an attribute's value is ever looked at. All others are dropped as
/// they are met, which keeps the tree small, and alike formatting elements
/// alike: of those, tree construction repeats at most three in the blocks
/// after an unclosed one.
pub(super) fn is_read(attribute: &str) -> bool {
    matches!(
        attribute,
        "alt"
            | "alttext"
            | "aria-hidden"
            | "aria-label"
            | "charset"
            | "checked"
            | "class"
            | "colspan"
            | "content"
            | "data"
            | "data-src"
            | "encoding"
            | "hidden"
            | "href"
            | "http-equiv"
            | "lang"
            | "name"
            | "property"
            | "role"
            | "rowspan"
            | "src"
            | "srcset"
            | "start"
            | "style"
            | "title"
            | "type"
            | "xml:lang"
    )
}

/// The value of an attribute.
pub(super) fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

/// Elements without content or end tag.
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Elements whose content is text up to their own end tag.
pub(super) fn is_raw_text(name: &str) -> bool {
    matches!(
        name,
        "iframe" | "noembed" | "noframes" | "noscript" | "script" | "style" | "textarea" | "title" | "xmp"
    )
}

/// Elements that a browser lays out as blocks: text before, in and after them is not one run.
pub(in crate::formats) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "frameset"
            | "head"
            | "header"
            | "hgroup"
            | "hr"
            | "html"
            | "legend"
            | "li"
            | "listing"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "optgroup"
            | "option"
            | "p"
            | "plaintext"
            | "pre"
            | "search"
            | "section"
            | "select"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "textarea"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
            | "xmp"
    ) || heading_level(name).is_some()
}

/// The level of a heading element.
pub(in crate::formats) fn heading_level(name: &str) -> Option<u32> {
    match name {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        _ => None,
    }
}

/// Whether a reader never sees the element.
pub(super) fn is_unseen(name: &str, attributes: &[Attribute]) -> bool {
    match name {
        "script" | "style" | "template" | "noscript" | "noframes" | "noembed" | "svg" | "datalist" => true,
        // Pages that are revealed by a script hide their body until then.
        "html" | "head" | "body" => false,
        // Formulas are often shown as an image that screen readers are told to skip.
        "img" => is_hidden(attributes),
        _ => {
            is_hidden(attributes)
                || !is_block(name)
                    && attribute(attributes, "aria-hidden").is_some_and(|value| value == "true")
        }
    }
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    let hidden = attribute(attributes, "hidden").is_some_and(|value| value != "until-found");
    hidden || attribute(attributes, "style").is_some_and(displays_none)
}

fn displays_none(style: &str) -> bool {
    style.split(';').filter_map(|declaration| declaration.split_once(':')).any(|(property, value)| {
        property.trim().eq_ignore_ascii_case("display")
            && value
                .trim_start()
                .split([' ', '!'])
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case("none"))
    })
}

/// The programming language that a class attribute names: `language-rust`,
/// `lang-rust`, `highlight-rust` (Sphinx), `highlight-source-rust`, `sourceCode rust` (Pandoc).
pub(super) fn code_language(class: &str) -> Option<&str> {
    let named = class.split_ascii_whitespace().find_map(|token| {
        ["language-", "lang-", "highlight-source-", "highlight-"]
            .iter()
            .find_map(|prefix| token.strip_prefix(prefix))
    });
    let pandoc = || {
        let mut tokens = class.split_ascii_whitespace();
        tokens.next().filter(|first| *first == "sourceCode").and_then(|_| tokens.next())
    };
    named.or_else(pandoc).filter(|language| !matches!(*language, "" | "none" | "default" | "text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_in_the_classes_of_common_generators() {
        assert_eq!(code_language("hljs language-rust"), Some("rust"));
        assert_eq!(code_language("highlight-python3 notranslate"), Some("python3"));
        assert_eq!(code_language("highlight highlight-source-shell"), Some("shell"));
        assert_eq!(code_language("sourceCode haskell"), Some("haskell"));
        assert_eq!(code_language("highlight"), None);
        assert_eq!(code_language("language-none"), None);
    }

    #[test]
    fn only_the_display_property_hides() {
        assert!(displays_none("color: red; DISPLAY : None !important"));
        assert!(!displays_none("display: nonesuch-grid"));
        assert!(!displays_none("background: none"));
    }
}
