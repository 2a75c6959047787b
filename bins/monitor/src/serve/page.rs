//! The page: one file, with its style and script in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The page.
pub(super) const PAGE: &str = include_str!("../../assets/dashboard.html");

/// What a browser may do with it: run this script and apply this style, by their hashes, and ask where it came from.
pub(super) fn content_security_policy() -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash_of("script"),
        hash_of("style")
    )
}

/// The hash of what is in the page's only element of this name, as a policy names it.
fn hash_of(element: &str) -> String {
    let content = PAGE
        .split_once(&format!("<{element}>"))
        .and_then(|(_, after)| after.split_once(&format!("</{element}>")))
        .map_or("", |(content, _)| content);
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_one_style_and_one_script_and_asks_nobody_else() {
        for element in ["style", "script"] {
            assert_eq!(PAGE.matches(&format!("<{element}")).count(), 1, "{element}");
            assert_ne!(hash_of(element), format!("'sha256-{}'", STANDARD.encode(Sha256::digest(""))));
        }
        for forbidden in [
            " style=",
            " onclick=",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "//cdn",
            "src=",
        ] {
            assert!(!PAGE.contains(forbidden), "{forbidden}");
        }
        let addresses = PAGE.matches("http").count();
        assert_eq!(
            addresses,
            PAGE.matches("http://www.w3.org/2000/svg").count(),
            "the name of a format is no request"
        );
    }
}
