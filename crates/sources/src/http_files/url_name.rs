//! Addresses as the names of files: a file has one.

use reqwest::Url;

/// The longest address.
const MAX_LENGTH: usize = 4_096;

/// The address that `text` says, when it stands on a page at `base`. Its part
/// behind `#` is no part of it. An error is the rest of a sentence that begins with the address.
pub(super) fn address_of(base: Option<&Url>, text: &str) -> Result<Url, &'static str> {
    // Before it is looked at: links may be whole images.
    if text.len() > MAX_LENGTH {
        return Err("is longer than 4,096 bytes");
    }
    if text.chars().any(char::is_control) {
        return Err("has control characters");
    }
    let url = match base {
        Some(base) => base.join(text),
        None => Url::parse(text),
    };
    let mut url = url.map_err(|_| "is no address such as https://example.com/a.pdf")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("begins with neither https:// nor http://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds credentials");
    }
    url.set_fragment(None);
    if url.as_str().len() > MAX_LENGTH { Err("is longer than 4,096 bytes") } else { Ok(url) }
}

/// The address that a locator is. Only the one locator of an address passes for it.
pub(super) fn address_of_locator(locator: &str) -> Result<Url, &'static str> {
    let url = address_of(None, locator)?;
    if url.as_str() == locator { Ok(url) } else { Err("is not written as the addresses that are listed") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_written_in_one_way() {
        let base = Url::parse("https://example.com/docs/index.txt").unwrap();
        for (text, address) in [
            ("a.pdf", Ok("https://example.com/docs/a.pdf")),
            ("../b c.pdf?x=1#part", Ok("https://example.com/b%20c.pdf?x=1")),
            ("HTTPS://Example.COM:443/%7Ea", Ok("https://example.com/%7Ea")),
            ("//other.example/a", Ok("https://other.example/a")),
            ("file:///etc/passwd", Err("begins with neither https:// nor http://")),
            ("https://user:pw@example.com/", Err("holds credentials")),
            ("https://", Err("is no address such as https://example.com/a.pdf")),
            ("a\0b", Err("has control characters")),
        ] {
            assert_eq!(
                address_of(Some(&base), text).as_ref().map(Url::as_str).map_err(|error| *error),
                address
            );
        }
        assert!(address_of_locator("https://example.com/a#b").is_err());
        assert!(address_of_locator("HTTPS://example.com/a").is_err());
        assert!(address_of_locator("https://example.com/a").is_ok());
    }

    proptest! {
        #[test]
        fn every_address_is_its_own_name(text in r"(https?://|//|/)?[a-z.:@]{0,8}[/?#%\\ a-zé.]{0,20}") {
            let base = Url::parse("https://example.com/docs/").unwrap();
            if let Ok(url) = address_of(Some(&base), &text) {
                prop_assert_eq!(address_of_locator(url.as_str()), Ok(url));
            }
        }
    }
}
