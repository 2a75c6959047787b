//! How rows are named, and where a listing is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What of a value is written as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Bytes of a locator.
const MAX_LENGTH: usize = 8192;

/// What names a row within its file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum RowName {
    /// Its number, from 0.
    Number(u64),
    /// The values of the columns that name it.
    Id(Vec<String>),
}

/// The locator of a row.
pub(super) fn locator_of(path: &str, name: &RowName) -> String {
    match name {
        RowName::Number(number) => format!("{path}#row={number}"),
        RowName::Id(values) => {
            let values: Vec<_> =
                values.iter().map(|value| utf8_percent_encode(value, KEPT).to_string()).collect();
            format!("{path}#id={}", values.join(","))
        }
    }
}

/// The file and the row that a locator names; `None` if no listing wrote it.
pub(super) fn parse(locator: &str) -> Option<(&str, RowName)> {
    if locator.len() > MAX_LENGTH {
        return None;
    }
    let (path, name) = locator.rsplit_once('#')?;
    let name = if let Some(number) = name.strip_prefix("row=") {
        RowName::Number(number.parse().ok()?)
    } else {
        let values = name.strip_prefix("id=")?.split(',');
        let values = values
            .map(|value| percent_decode_str(value).decode_utf8().ok().map(std::borrow::Cow::into_owned));
        RowName::Id(values.collect::<Option<_>>()?)
    };
    (!path.is_empty() && locator_of(path, &name) == locator).then_some((path, name))
}

/// How far a listing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The file, or what the listing of files calls the place where it is.
    pub(super) path: String,
    pub(super) within: Within,
}

/// How far a listing is within a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Within {
    /// A row is done with. The mark tells whether it is still that one.
    Row { number: u64, mark: u64 },
    /// The file is done with.
    End,
}

impl Place {
    pub(super) fn to_text(&self) -> String {
        match &self.within {
            Within::Row { number, mark } => format!("{}#row={number}&mark={mark:x}", self.path),
            Within::End => format!("{}#end", self.path),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (path, within) = text.rsplit_once('#')?;
        let within = if within == "end" {
            Within::End
        } else {
            let (number, mark) = within.strip_prefix("row=")?.split_once("&mark=")?;
            Within::Row { number: number.parse().ok()?, mark: u64::from_str_radix(mark, 16).ok()? }
        };
        let place = Self { path: path.to_owned(), within };
        (place.to_text() == text).then_some(place)
    }
}

/// A mark by which a row is known again; the same in every process.
pub(super) fn mark_of(name: &RowName) -> u64 {
    match name {
        // A row that is named by its number is always that one.
        RowName::Number(_) => 0,
        RowName::Id(values) => {
            let hash = gdg_model::ContentHash::of(locator_of("", &RowName::Id(values.clone())).as_bytes());
            hash.0.iter().take(8).fold(0, |mark, byte| (mark << 8) | u64::from(*byte))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_a_listing_writes_is_a_locator() {
        assert_eq!(parse("a/b#1.parquet#row=7"), Some(("a/b#1.parquet", RowName::Number(7))));
        let id = RowName::Id(vec!["a,b".into(), String::new()]);
        assert_eq!(parse("a.parquet#id=a%2Cb,"), Some(("a.parquet", id)));
        for locator in [
            "",
            "a.parquet",
            "#row=1",
            "a#row=",
            "a#row=-1",
            "a#row=01",
            "a#row=1x",
            "a#id=%2c",
            "a#id=%FF",
            "a#end",
        ] {
            assert_eq!(parse(locator), None, "{locator}");
        }
    }

    proptest! {
        #[test]
        fn a_row_comes_back_from_its_locator(path in "[a-z#/=]{1,20}", values in prop::collection::vec(".*", 1..4)) {
            let name = RowName::Id(values);
            let locator = locator_of(&path, &name);
            prop_assert_eq!(parse(&locator), Some((path.as_str(), name)));
        }

        #[test]
        fn a_place_comes_back_from_its_text(path in ".*", number in any::<u64>(), mark in any::<u64>()) {
            for within in [Within::Row { number, mark }, Within::End] {
                let place = Place { path: path.clone(), within };
                prop_assert_eq!(Place::parse(&place.to_text()), Some(place));
            }
        }

        #[test]
        fn no_text_is_too_strange(text in ".*") {
            let _ = (parse(&text), Place::parse(&text));
        }
    }
}
