//! Reads an index: a text with an address in each line, or a JSON array of addresses.

use super::url_name::address_of;
use reqwest::Url;
use std::collections::BTreeMap;

/// What is listed, by its name: addresses, and what is none, with the reason.
pub(super) type Entries = BTreeMap<String, Result<(), &'static str>>;

/// Adds what the index at `base` lists. An error is the rest of a sentence that begins with the index.
pub(super) fn read(base: &Url, bytes: &[u8], entries: &mut Entries) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    match text.chars().next() {
        Some('[') => {
            let addresses: Vec<String> = serde_json::from_str(text).map_err(|error| {
                format!(
                    "is no JSON array of texts: it fails at line {}, column {}",
                    error.line(),
                    error.column()
                )
            })?;
            addresses.iter().for_each(|address| add(base, address.trim(), entries));
        }
        Some('{') => return Err("is a JSON object, and no array of texts".into()),
        Some('<') => return Err("is a page of HTML or XML, and no list of addresses".into()),
        _ => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            lines.for_each(|line| add(base, line, entries));
        }
    }
    Ok(())
}

fn add(base: &Url, text: &str, entries: &mut Entries) {
    match address_of(Some(base), text) {
        Ok(url) => entries.insert(url.into(), Ok(())),
        Err(problem) => {
            let name = text.chars().take(200).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
            entries.insert(name, Err(problem))
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_text(text: &str) -> Result<Entries, String> {
        let mut entries = Entries::new();
        read(&Url::parse("https://example.com/docs/index").unwrap(), text.as_bytes(), &mut entries)
            .map(|()| entries)
    }

    #[test]
    fn lines_and_arrays_list_the_same() {
        let expected: Entries = [
            ("ftp://example.com/c", Err("begins with neither https:// nor http://")),
            ("https://example.com/docs/a.md", Ok(())),
            ("https://other.example/b.md", Ok(())),
        ]
        .into_iter()
        .map(|(name, outcome)| (name.to_owned(), outcome))
        .collect();
        let lines =
            "\u{feff}# files\r\na.md\r\n\n  https://other.example/b.md  \na.md#part\nftp://example.com/c\n";
        let array = r#" ["a.md", "https://other.example/b.md", "a.md#part", "ftp://example.com/c"]"#;
        assert_eq!(read_text(lines), Ok(expected.clone()));
        assert_eq!(read_text(array), Ok(expected));
        assert_eq!(read_text("\n# nothing\n"), Ok(Entries::new()));
        assert_eq!(read_text("[]"), Ok(Entries::new()));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for (text, reason) in [
            ("<!DOCTYPE html><title>Sign in</title>", "a page of HTML"),
            ("{\"files\": []}", "a JSON object"),
            ("[1, 2]", "no JSON array of texts: it fails at line 1, column 2"),
            ("[\"a\"", "no JSON array of texts"),
        ] {
            assert!(read_text(text).unwrap_err().contains(reason), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_list_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut entries = Entries::new();
            let _ = read(&Url::parse("https://example.com/").unwrap(), &bytes, &mut entries);
            prop_assert!(entries.keys().all(|name| !name.contains(char::is_control)));
        }
    }
}
