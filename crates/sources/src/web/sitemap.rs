//! Sitemaps, as they are read: XML or a list of addresses, packed or not, an address at a time.
//!
//! Nothing outside of the text is ever fetched, and no entity is expanded but those that XML itself has.

use flate2::bufread::MultiGzDecoder;
use quick_xml::Reader;
use quick_xml::encoding::DecodingReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use std::io::{self, BufRead, BufReader, Read};

/// Bytes that are read of a sitemap, inflated. The protocol allows 50 MiB.
pub(super) const MAX_SIZE: u64 = 512 << 20;
/// Bytes of an address; what is longer is passed over.
const MAX_ADDRESS: usize = 4 << 10;
/// Bytes that may stand between two tags, or in one line.
const MAX_ITEM: usize = 64 << 10;
/// Characters of a message, which may quote what was found.
const MAX_MESSAGE: usize = 300;

/// What the addresses of a sitemap lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// To pages.
    Pages,
    /// To further sitemaps.
    Index,
}

/// The addresses in a sitemap, as they are written, or what is wrong with it. Nothing comes behind an error.
pub(super) struct Addresses {
    kind: Kind,
    text: Text,
}

enum Text {
    Xml(Box<XmlText>),
    Lines(Bounded<Source>),
    Ended,
}

type Source = BufReader<Box<dyn Read + Send>>;

struct XmlText {
    reader: Reader<Bounded<DecodingReader<Source>>>,
    buffer: Vec<u8>,
    /// Tags that are open.
    depth: usize,
    /// The address that is read.
    address: Option<String>,
}

impl Addresses {
    /// Begins to read.
    pub(super) fn new(content: Box<dyn Read + Send>) -> Result<Self, String> {
        let mut packed = BufReader::new(content);
        let is_packed = packed.fill_buf().map_err(|error| error.to_string())?.starts_with(&[0x1f, 0x8b]);
        let plain: Box<dyn Read + Send> =
            if is_packed { Box::new(MultiGzDecoder::new(packed)) } else { Box::new(packed) };
        let mut source: Source = BufReader::new(Box::new(Limited { inner: plain, left: MAX_SIZE }));
        let beginning = source.fill_buf().map_err(|error| error.to_string())?;
        // UTF-16 has a byte order mark, or a zero, before the first bracket.
        let first = beginning.iter().find(|byte| !b" \t\r\n\0\xef\xbb\xbf\xff\xfe".contains(byte));
        if first.is_some_and(|first| *first != b'<') {
            return Ok(Self { kind: Kind::Pages, text: Text::Lines(Bounded::new(source)) });
        }
        let (kind, text) = XmlText::begin(source)?;
        Ok(Self { kind, text: Text::Xml(Box::new(text)) })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }
}

impl Iterator for Addresses {
    type Item = Result<String, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = match &mut self.text {
            Text::Xml(text) => text.next_address(),
            Text::Lines(lines) => next_line(lines),
            Text::Ended => return None,
        };
        let next = next.map_err(|error| error.chars().take(MAX_MESSAGE).collect()).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.text = Text::Ended;
        }
        next
    }
}

impl XmlText {
    /// Reads up to the root, which says what it is.
    fn begin(source: Source) -> Result<(Kind, Self), String> {
        let mut reader = Reader::from_reader(Bounded::new(DecodingReader::new(source)));
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true; // the commonest fault of sitemaps
        let mut text = Self { reader, buffer: Vec::new(), depth: 0, address: None };
        loop {
            let kind = match text.next_event()? {
                Event::Start(root) => match root.local_name().as_ref() {
                    "urlset" => Kind::Pages,
                    "sitemapindex" => Kind::Index,
                    other => {
                        let name: String = other.chars().take(40).collect();
                        return Err(format!("it is no sitemap: its root is `{name}`"));
                    }
                },
                Event::Eof => return Err("it is empty".into()),
                _ => continue,
            };
            text.depth = 1;
            return Ok((kind, text));
        }
    }

    fn next_event(&mut self) -> Result<Event<'_>, String> {
        self.buffer.clear();
        self.reader.get_mut().left = MAX_ITEM;
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => Ok(event),
            Err(quick_xml::Error::Io(error)) => Err(error.to_string()),
            Err(error) => Err(format!("it is no XML: {error}")),
        }
    }

    fn next_address(&mut self) -> Result<Option<String>, String> {
        loop {
            let depth = self.depth;
            let mut text = String::new();
            let mut is_loc = false;
            match self.next_event()? {
                Event::Start(tag) => {
                    // An address of the entry itself, and not of an image in it.
                    is_loc = depth == 2 && tag.local_name().as_ref() == "loc";
                    self.depth = depth + 1;
                }
                Event::End(_) => {
                    self.depth = depth.saturating_sub(1);
                    if depth == 3
                        && let Some(address) = self.address.take()
                    {
                        let address = address.trim();
                        if !address.is_empty() && address.len() <= MAX_ADDRESS {
                            return Ok(Some(address.to_owned()));
                        }
                    }
                }
                Event::Text(found) => text.push_str(&found.xml10_content()),
                Event::CData(found) => text.push_str(&found.xml10_content()),
                Event::GeneralRef(reference) => match resolve_predefined_entity(&reference) {
                    Some(character) => text.push_str(character),
                    None => text.extend(reference.resolve_char_ref().ok().flatten()),
                },
                Event::Eof if depth > 0 => return Err("it is cut off".into()),
                Event::Eof => return Ok(None),
                _ => {}
            }
            if is_loc {
                self.address = Some(String::new());
            }
            if let Some(address) = &mut self.address
                && address.len() <= MAX_ADDRESS
            {
                address.push_str(&text);
            }
        }
    }
}

fn next_line(lines: &mut Bounded<Source>) -> Result<Option<String>, String> {
    loop {
        let mut line = Vec::new();
        lines.left = MAX_ITEM;
        if lines.read_until(b'\n', &mut line).map_err(|error| error.to_string())? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let address = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if !address.is_empty() && address.len() <= MAX_ADDRESS {
            return Ok(Some(address.to_owned()));
        }
    }
}

/// Fails when more is read than was allowed for one item, instead of holding it.
struct Bounded<R> {
    inner: R,
    left: usize,
}

impl<R> Bounded<R> {
    fn new(inner: R) -> Self {
        Self { inner, left: MAX_ITEM }
    }
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let count = available.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let available = self.inner.fill_buf()?;
        if self.left == 0 && !available.is_empty() {
            return Err(io::Error::other("it has a tag, a text or a line of more than 64 KiB"));
        }
        Ok(available.get(..self.left).unwrap_or(available))
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.inner.consume(count);
    }
}

/// Fails when there is more than was allowed at all.
struct Limited {
    inner: Box<dyn Read + Send>,
    left: u64,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::other("it is larger than 512 MiB, which is the most that is read of one")
        })?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;
    use std::io::Write;

    fn read(bytes: &[u8]) -> Result<(Kind, Vec<String>, Option<String>), String> {
        let addresses = Addresses::new(Box::new(io::Cursor::new(bytes.to_vec())))?;
        let kind = addresses.kind();
        let (mut found, mut error) = (Vec::new(), None);
        for address in addresses {
            match address {
                Ok(address) => found.push(address),
                Err(reason) => error = Some(reason),
            }
        }
        Ok((kind, found, error))
    }

    fn pages(bytes: &[u8]) -> Vec<String> {
        let (kind, found, error) = read(bytes).unwrap();
        assert_eq!((kind, error), (Kind::Pages, None));
        found
    }

    const SITEMAP: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
        <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://x/">
          <url><loc> http://a.example/?a=1&amp;b=2 </loc><lastmod>2020-01-01</lastmod>
            <image:image><image:loc>http://a.example/image.png</image:loc></image:image></url>
          <url><loc><![CDATA[http://a.example/x]]></loc></url>
          <url><loc>http://a.example/&#x41;?c&d</loc></url>
          <url><loc/></url><url/>
        </urlset>"#;

    const FOUND: [&str; 3] = ["http://a.example/?a=1&b=2", "http://a.example/x", "http://a.example/A?c&d"];

    #[test]
    fn a_sitemap_names_pages() {
        assert_eq!(pages(SITEMAP.as_bytes()), FOUND);
        let prefixed = "<s:urlset xmlns:s='x'><s:url><s:loc>http://a/</s:loc></s:url></s:urlset>";
        assert_eq!(pages(prefixed.as_bytes()), ["http://a/"]);
    }

    #[test]
    fn an_index_names_sitemaps() {
        let index = "<sitemapindex><sitemap><loc>http://a/1.xml</loc></sitemap></sitemapindex>";
        assert_eq!(read(index.as_bytes()).unwrap(), (Kind::Index, vec!["http://a/1.xml".into()], None));
    }

    #[test]
    fn sitemaps_may_be_packed_and_in_other_encodings() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(SITEMAP.as_bytes()).unwrap();
        assert_eq!(pages(&packed.finish().unwrap()), FOUND);
        let wide: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(SITEMAP.replace("UTF-8", "UTF-16").encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(pages(&wide), FOUND);
    }

    #[test]
    fn a_list_of_lines_is_a_sitemap() {
        assert_eq!(
            pages("\u{feff}http://a/1\r\n\r\n  http://a/2\nhttp://a/3".as_bytes()),
            ["http://a/1", "http://a/2", "http://a/3"]
        );
    }

    #[test]
    fn what_is_no_sitemap_is_told() {
        assert_eq!(read(b"<html><body>Not found").unwrap_err(), "it is no sitemap: its root is `html`");
        assert_eq!(read(b"").unwrap_err(), "it is empty");
        assert!(!read(b"\x1f\x8b broken").unwrap_err().is_empty());
    }

    #[test]
    fn what_was_read_before_a_fault_counts() {
        for (fault, expected) in [
            ("<url><loc>http://a/2", "it is cut off"),
            ("</nonsense>", "it is no XML"),
            (&"x".repeat(100_000), "it has a tag, a text or a line of more than 64 KiB"),
        ] {
            let text = format!("<urlset><url><loc>http://a/1</loc></url>{fault}");
            let (_, found, error) = read(text.as_bytes()).unwrap();
            assert_eq!(found, ["http://a/1"]);
            assert!(error.as_ref().unwrap().starts_with(expected), "{error:?}");
        }
        let long = format!("http://a/1\nhttp://a/{}", "x".repeat(100_000));
        assert_eq!(read(long.as_bytes()).unwrap().1, ["http://a/1"]);
    }

    #[test]
    fn entities_of_a_document_are_not_expanded() {
        let text = "<!DOCTYPE urlset [<!ENTITY x SYSTEM 'file:///etc/passwd'><!ENTITY y '&x;&x;&x;'>]>
            <urlset><url><loc>http://a/&x;&y;1</loc></url></urlset>";
        assert_eq!(pages(text.as_bytes()), ["http://a/1"]);
    }

    #[test]
    fn a_bomb_is_not_held() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(b"<urlset><url><loc>http://a/1</loc></url>").unwrap();
        let spaces = vec![b' '; 1 << 20];
        for _ in 0..32 {
            packed.write_all(&spaces).unwrap();
        }
        let (_, found, error) = read(&packed.finish().unwrap()).unwrap();
        assert_eq!(found, ["http://a/1"]);
        assert!(error.unwrap().contains("64 KiB"));
    }

    #[test]
    fn what_is_larger_than_all_is_allowed_to_be_fails() {
        let mut limited = Limited { inner: Box::new(io::repeat(b'x').take(100)), left: 99 };
        let error = io::copy(&mut limited, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("512 MiB"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }

        #[test]
        fn any_text_within_a_sitemap_is_read_or_refused(text in ".{0,200}") {
            let _ = read(format!("<urlset><url><loc>{text}</loc></url></urlset>").as_bytes());
        }
    }
}
