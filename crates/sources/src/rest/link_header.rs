//! The header `Link` (RFC 8288), as far as it tells where a listing goes on.

/// The target of the first link whose relation is `next`.
pub(super) fn next_of(header: &str) -> Option<&str> {
    let mut rest = header;
    loop {
        let begin = rest.find('<')?;
        let (target, after) = rest.get(begin + 1..)?.split_once('>')?;
        let (parameters, others) = split_parameters(after);
        if is_next(parameters) {
            return Some(target.trim());
        }
        rest = others?;
    }
}

/// The parameters of one link, and what comes behind the comma that ends them.
fn split_parameters(text: &str) -> (&str, Option<&str>) {
    let mut quoted = false;
    let mut escaped = false;
    for (index, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => return (text.get(..index).unwrap_or_default(), text.get(index + 1..)),
            _ => {}
        }
    }
    (text, None)
}

fn is_next(parameters: &str) -> bool {
    parameters.split(';').filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
        name.trim().eq_ignore_ascii_case("rel")
            && value.trim().trim_matches('"').split_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_next_page_is_found_among_other_links() {
        for (header, expected) in [
            (r#"<https://a.example/?page=2>; rel="next""#, Some("https://a.example/?page=2")),
            (r#"</a?x=1,2>; rel="prev", </b>;REL=next"#, Some("/b")),
            (r#"<?p=3>; title="a, <b>; rel=next"; rel="last next""#, Some("?p=3")),
            (r#"<a>; title="rel=next, \" <b>"; rel="prev""#, None),
            (r#"<a>; rel="nextish""#, None),
            ("", None),
            ("<", None),
            ("<a", None),
        ] {
            assert_eq!(next_of(header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_strange(header in r#"[<>;,="\\ a-zé]*"#) {
            let _ = next_of(&header);
        }
    }
}
