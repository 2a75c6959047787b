//! The package: a zip whose entries are parts.

use super::{Relationships, XmlPart};
use crate::{Budget, ParseError};
use gdg_model::Format;
use std::collections::HashMap;
use std::io::Cursor;
use std::rc::Rc;
use zip::ZipArchive;
use zip::result::ZipError;

/// The first bytes of a compound file: the container of the binary Office
/// formats, and of encrypted packages.
const COMPOUND_FILE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
/// Size of a directory entry of a compound file; its name stands first.
const COMPOUND_DIRECTORY_ENTRY: usize = 128;

/// An open package. Clones are cheap and read independently, so that one part
/// can be read while another is.
#[derive(Clone)]
pub(crate) struct Package<'d> {
    archive: ZipArchive<Cursor<&'d [u8]>>,
    /// Index of each entry by its normalised name: part names are compared without regard to case.
    entries: Rc<HashMap<String, usize>>,
    format: Format,
    budget: Budget,
}

impl<'d> Package<'d> {
    /// Opens the package in `bytes`.
    pub(crate) fn open(format: Format, bytes: &'d [u8], budget: &Budget) -> Result<Self, ParseError> {
        if bytes.starts_with(&COMPOUND_FILE) {
            return Err(compound_file_error(format, bytes));
        }
        let archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| zip_error(format, "the zip archive", error))?;
        let mut entries = HashMap::with_capacity(archive.len());
        for (index, name) in archive.file_names_raw().enumerate() {
            entries.entry(normalised(&String::from_utf8_lossy(name))).or_insert(index);
        }
        Ok(Self { archive, entries: Rc::new(entries), format, budget: budget.clone() })
    }

    /// Opens the part `name`, `None` if there is none.
    pub(crate) fn part(&mut self, name: &str) -> Result<Option<XmlPart<'_>>, ParseError> {
        let Some(&index) = self.entries.get(&normalised(name)) else { return Ok(None) };
        let file = self.archive.by_index(index).map_err(|error| zip_error(self.format, name, error))?;
        Ok(Some(XmlPart::new(self.format, name.into(), Box::new(self.budget.metered(file)))))
    }

    /// Opens the part `name`, which must be there.
    pub(crate) fn required_part(&mut self, name: &str) -> Result<XmlPart<'_>, ParseError> {
        let missing = ParseError::malformed(self.format, format!("the part {name} is missing"));
        self.part(name)?.ok_or(missing)
    }

    /// The relationships of the part `name`; of the package itself for the empty name.
    pub(crate) fn relationships(&mut self, name: &str) -> Result<Relationships, ParseError> {
        let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
        let separator = if folder.is_empty() { "" } else { "/" };
        match self.part(&format!("{folder}{separator}_rels/{file}.rels"))? {
            Some(part) => Relationships::read(part, folder),
            None => Ok(Relationships::default()),
        }
    }

    /// Name of the part that the package is about; `usual` where no relationship names one.
    pub(crate) fn main_part(&mut self, usual: &str) -> Result<String, ParseError> {
        let relationships = self.relationships("")?;
        let named = relationships.parts_of_kind("officeDocument").next();
        Ok(named.unwrap_or(usual).to_owned())
    }
}

/// A part's name in the form in which names are compared.
fn normalised(name: &str) -> String {
    name.trim_start_matches('/').replace('\\', "/").to_lowercase()
}

fn zip_error(format: Format, what: &str, error: ZipError) -> ParseError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            ParseError::Encrypted { format }
        }
        ZipError::Io(error) => ParseError::within(&error)
            .unwrap_or_else(|| ParseError::malformed(format, format!("{what} cannot be read: {error}"))),
        error => ParseError::malformed(format, format!("{what} cannot be read: {error}")),
    }
}

fn compound_file_error(format: Format, bytes: &[u8]) -> ParseError {
    let stream: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    if bytes.chunks(COMPOUND_DIRECTORY_ENTRY).any(|entry| entry.starts_with(&stream)) {
        return ParseError::Encrypted { format };
    }
    ParseError::malformed(format, "an old binary Office file; save it in the Office Open XML format")
}
