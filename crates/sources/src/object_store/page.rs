//! A page of a listing, read from what the store answers.
//!
//! The page is read here, and not by the crate `object_store`, because a
//! bucket may hold keys that are no paths to that crate (`a//b`, `/a`): one of
//! them would make the whole listing fail. It also takes the slash from the end
//! of the keys that stand for folders, which changes their place in the order.

use super::xml::{self, Element};
use chrono::DateTime;
use percent_encoding::percent_decode_str;

/// The languages that stores answer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// S3's, which Google Cloud Storage speaks as well.
    S3,
    Azure,
}

/// A part of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) entries: Vec<Entry>,
    /// What the next page is asked for with.
    pub(super) next: Option<String>,
}

/// An object, as it is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) size: Option<u64>,
    /// In seconds since 1970.
    pub(super) modified: Option<i64>,
    pub(super) etag: Option<String>,
    /// Whether it is an entry that only stands for a folder.
    pub(super) is_folder: bool,
}

impl Dialect {
    /// An answer without objects, for whoever has been given the page.
    pub(super) fn empty_answer(self) -> &'static str {
        match self {
            Self::S3 => "<ListBucketResult/>",
            Self::Azure => "<EnumerationResults><Blobs></Blobs></EnumerationResults>",
        }
    }

    /// Reads the page. An error is the rest of a sentence that begins with the answer.
    pub(super) fn page_of(self, answer: &[u8]) -> Result<Page, String> {
        let text = std::str::from_utf8(answer).map_err(|_| "it is not UTF-8".to_owned())?;
        let mut page = Page::default();
        let mut entry = Entry::default();
        let mut is_truncated = false;
        let root = match self {
            Self::S3 => "ListBucketResult",
            Self::Azure => "EnumerationResults",
        };
        xml::read(text.trim_start_matches('\u{feff}'), |element| {
            let mut parts = element.path.iter().map(String::as_str);
            if parts.next() != Some(root) {
                return Err("it is no listing".into());
            }
            let path: [Option<&str>; 4] = [parts.next(), parts.next(), parts.next(), parts.next()];
            match (self, path) {
                (Self::S3, [Some("Contents"), Some(name), None, None]) => entry.read_s3(name, element)?,
                (Self::S3, [Some("Contents"), None, ..])
                | (Self::Azure, [Some("Blobs"), Some("Blob"), None, None]) => {
                    page.entries.push(std::mem::take(&mut entry).checked()?);
                }
                (Self::S3, [Some("NextContinuationToken"), None, ..])
                | (Self::Azure, [Some("NextMarker"), None, ..]) => {
                    page.next = Some(element.text.to_owned()).filter(|token| !token.is_empty());
                }
                (Self::S3, [Some("IsTruncated"), None, ..]) => is_truncated = element.text.trim() == "true",
                (Self::Azure, [Some("Blobs"), Some("Blob"), Some("Name"), None]) => {
                    entry.key = name_of(element)?;
                }
                (Self::Azure, [Some("Blobs"), Some("Blob"), Some("Properties"), Some(name)]) => {
                    entry.read_azure(name, element)?;
                }
                _ => {}
            }
            Ok(())
        })?;
        if is_truncated && page.next.is_none() {
            return Err("it has a next page, and does not say which".into());
        }
        Ok(page)
    }
}

impl Entry {
    fn checked(self) -> Result<Self, String> {
        if self.key.is_empty() { Err("it lists an object that has no key".into()) } else { Ok(self) }
    }

    fn read_s3(&mut self, name: &str, element: &Element<'_>) -> Result<(), String> {
        let text = element.text;
        match name {
            "Key" => text.clone_into(&mut self.key),
            "Size" => self.size = Some(number(text)?),
            "LastModified" => {
                let time = DateTime::parse_from_rfc3339(text.trim());
                self.modified = Some(time.map_err(|_| no_time(text))?.timestamp());
            }
            "ETag" => self.etag = etag_of(text),
            _ => {}
        }
        Ok(())
    }

    fn read_azure(&mut self, name: &str, element: &Element<'_>) -> Result<(), String> {
        let text = element.text;
        match name {
            "Content-Length" => self.size = Some(number(text)?),
            "Last-Modified" => {
                let time = DateTime::parse_from_rfc2822(text.trim());
                self.modified = Some(time.map_err(|_| no_time(text))?.timestamp());
            }
            "Etag" => self.etag = etag_of(text),
            "ResourceType" => self.is_folder = text == "directory",
            _ => {}
        }
        Ok(())
    }
}

/// The entity tag as it stands in a header. Azure lists it without its quotes.
pub(super) fn etag_of(text: &str) -> Option<String> {
    let text = text.trim();
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let is_quoted = text.starts_with('"') || text.starts_with("W/\"");
    is_plain.then(|| if is_quoted { text.to_owned() } else { format!("\"{text}\"") })
}

fn name_of(element: &Element<'_>) -> Result<String, String> {
    if !element.is_encoded {
        return Ok(element.text.to_owned());
    }
    let decoded = percent_decode_str(element.text).decode_utf8();
    decoded.map(Into::into).map_err(|_| format!("the name `{}` is not UTF-8", shortened(element.text)))
}

fn number(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("`{}` is no size", shortened(text)))
}

fn no_time(text: &str) -> String {
    format!("`{}` is no time", shortened(text))
}

/// Text from a server, as it may stand in a message.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut characters = text.trim().chars();
    let mut shortened: String =
        characters.by_ref().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if characters.next().is_some() {
        shortened.push('…');
    }
    shortened
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_of_s3_is_read() {
        let answer = r#"<?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix>
            <KeyCount>2</KeyCount><MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated>
            <Contents><Key>a &amp; b/ c&#x1;.md </Key><LastModified>2009-10-12T17:50:30.123Z</LastModified>
              <ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag><Size>434234</Size>
              <StorageClass>STANDARD</StorageClass><Owner><ID>1</ID></Owner></Contents>
            <Contents><Key>docs/</Key><LastModified>2009-10-12T17:50:30Z</LastModified><Size>0</Size></Contents>
            <NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM=</NextContinuationToken>
            </ListBucketResult>"#;
        let page = Dialect::S3.page_of(answer.as_bytes()).unwrap();
        let first = Entry {
            key: "a & b/ c\u{1}.md ".into(),
            size: Some(434_234),
            modified: Some(1_255_369_830),
            etag: Some("\"fba9dede5f27731c9771645a39863328\"".into()),
            is_folder: false,
        };
        assert_eq!(page.entries[0], first);
        assert_eq!((page.entries[1].key.as_str(), &page.entries[1].etag), ("docs/", &None));
        assert_eq!(page.next.as_deref(), Some("1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOwM="));
    }

    #[test]
    fn a_page_of_azure_is_read() {
        let answer = r#"<?xml version="1.0" encoding="utf-8"?><EnumerationResults
            ServiceEndpoint="https://x.blob.core.windows.net/" ContainerName="docs"><MaxResults>2</MaxResults><Blobs>
            <Blob><Name>a.md</Name><Properties><Last-Modified>Mon, 12 Oct 2009 17:50:30 GMT</Last-Modified>
            <Etag>0x8DA5F</Etag><Content-Length>12</Content-Length><Content-Type>text/markdown</Content-Type>
            </Properties></Blob>
            <Blob><Name Encoded="true">b%EF%BF%BE.md</Name><Properties><Content-Length>0</Content-Length>
            <ResourceType>directory</ResourceType></Properties></Blob></Blobs><NextMarker>2!a</NextMarker>
            </EnumerationResults>"#;
        let page = Dialect::Azure.page_of(answer.as_bytes()).unwrap();
        let first = Entry {
            key: "a.md".into(),
            size: Some(12),
            modified: Some(1_255_369_830),
            etag: Some("\"0x8DA5F\"".into()),
            is_folder: false,
        };
        assert_eq!(page.entries[0], first);
        assert_eq!((page.entries[1].key.as_str(), page.entries[1].is_folder), ("b\u{fffe}.md", true));
        assert_eq!(page.next.as_deref(), Some("2!a"));
    }

    #[test]
    fn what_is_no_page_is_told_apart_from_an_empty_one() {
        for dialect in [Dialect::S3, Dialect::Azure] {
            assert_eq!(dialect.page_of(dialect.empty_answer().as_bytes()), Ok(Page::default()));
        }
        for (answer, reason) in [
            ("", "it is no XML"),
            ("{}", "it is no XML"),
            ("<html><body>Sign in</body></html>", "it is no listing"),
            ("<ListBucketResult><Contents><Key>a</Key>", "its XML is cut off"),
            ("<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>", "has no key"),
            ("<ListBucketResult><Contents><Size>-1</Size></Contents></ListBucketResult>", "`-1` is no size"),
            ("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "does not say which"),
            ("<!DOCTYPE a [<!ENTITY e 'x'>]><ListBucketResult>&e;</ListBucketResult>", "which is nothing"),
        ] {
            let error = Dialect::S3.page_of(answer.as_bytes()).unwrap_err();
            assert!(error.contains(reason), "{answer}: {error}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(Dialect::S3.page_of(deep.as_bytes()).unwrap_err().contains("nested"));
    }

    proptest! {
        #[test]
        fn any_answer_is_a_page_or_is_refused(
            answer in prop::collection::vec(
                prop::sample::select(vec![
                    "<ListBucketResult>", "</ListBucketResult>", "<Contents>", "</Contents>", "<Key>", "</Key>", "<Size>",
                    "</Size>", "<EnumerationResults>", "<Blobs>", "<Blob>", "<Name Encoded='true'>", "&#0;", "&amp;", "%",
                    "<![CDATA[", "]]>", "7", "\u{0}", "<!--", "é",
                ]),
                0..30,
            ),
        ) {
            for dialect in [Dialect::S3, Dialect::Azure] {
                let _ = dialect.page_of(answer.concat().as_bytes());
            }
        }

        #[test]
        fn every_key_survives_the_xml(key in "[ -~é\u{1F600}]{1,40}") {
            let escaped = quick_xml::escape::escape(&key);
            let answer = format!("<ListBucketResult><Contents><Key>{escaped}</Key></Contents></ListBucketResult>");
            prop_assert_eq!(&Dialect::S3.page_of(answer.as_bytes()).unwrap().entries[0].key, &key);
        }
    }
}
