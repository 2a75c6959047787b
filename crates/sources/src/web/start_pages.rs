//! The pages to begin with.

use super::url_name::{MAX_LENGTH, UrlName};
use crate::OpenSourceError;
use gdg_config::WebSourceConfig;
use gdg_model::SourceName;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes of `url_list_file` that are read.
const MAX_FILE_SIZE: u64 = 64 << 20;

/// The pages to begin with, each once, in the order of their names.
#[derive(Debug)]
pub(super) struct StartPages(Vec<UrlName>);

impl StartPages {
    /// Those that a configuration names, with `base` among them.
    pub(super) fn new(
        source_name: &SourceName,
        config: &WebSourceConfig,
        base: Option<&UrlName>,
    ) -> Result<Self, OpenSourceError> {
        let mut pages = addresses(source_name, "url_list", config.url_list.iter().map(String::as_str))?;
        if let Some(file) = &config.url_list_file {
            let text = read(file).map_err(|reason| OpenSourceError::Unusable {
                source_name: source_name.clone(),
                key: "url_list_file",
                problem: format!("names `{}`, which cannot be read: {reason}", file.display()),
            })?;
            let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
            let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
            pages.extend(addresses(source_name, "url_list_file", lines)?);
        }
        pages.extend(base.cloned());
        pages.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        pages.dedup();
        Ok(Self(pages))
    }

    pub(super) fn as_slice(&self) -> &[UrlName] {
        &self.0
    }

    pub(super) fn contain(&self, name: &UrlName) -> bool {
        self.0.binary_search_by(|page| page.as_str().cmp(name.as_str())).is_ok()
    }

    /// How many pages come up to `name`, itself included.
    pub(super) fn up_to(&self, name: &str) -> usize {
        self.0.partition_point(|page| page.as_str() <= name)
    }
}

/// The addresses that a key holds.
pub(super) fn addresses<'a>(
    source_name: &SourceName,
    key: &'static str,
    texts: impl Iterator<Item = &'a str>,
) -> Result<Vec<UrlName>, OpenSourceError> {
    texts.map(|text| address(source_name, key, text)).collect()
}

/// An address that a key holds.
pub(super) fn address(
    source_name: &SourceName,
    key: &'static str,
    text: &str,
) -> Result<UrlName, OpenSourceError> {
    let unusable =
        |problem: String| OpenSourceError::Unusable { source_name: source_name.clone(), key, problem };
    let Some(name) = UrlName::parse(text) else {
        let shown: String = without_credentials(text).chars().take(200).collect();
        return Err(unusable(format!(
            "holds `{shown}`, which is no address that begins with http:// or https://"
        )));
    };
    if has_credentials(text) {
        return Err(unusable(format!(
            "holds {name} with a user or a password in it: use username and password_env",
            name = name.as_str()
        )));
    }
    if name.as_str().len() > MAX_LENGTH {
        return Err(unusable(format!("holds an address of more than {MAX_LENGTH} characters")));
    }
    Ok(name)
}

fn has_credentials(text: &str) -> bool {
    url::Url::parse(text.trim()).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}

/// Rather too little is shown than too much of a text that cannot be understood.
fn without_credentials(text: &str) -> &str {
    text.rsplit_once('@').map_or(text, |(_, after)| after)
}

fn read(file: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = File::open(file).map_err(|error| error.to_string())?;
    let size =
        file.take(MAX_FILE_SIZE + 1).read_to_string(&mut text).map_err(|error| error.to_string())? as u64;
    if size > MAX_FILE_SIZE { Err("it is larger than 64 MiB".into()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn open(change: impl FnOnce(&mut WebSourceConfig)) -> Result<Vec<String>, String> {
        let mut config = WebSourceConfig::default();
        change(&mut config);
        let pages = StartPages::new(&SourceName::new("web"), &config, None).map_err(|e| e.to_string())?;
        Ok(pages.as_slice().iter().map(|page| page.as_str().to_owned()).collect())
    }

    #[test]
    fn pages_come_from_the_list_and_from_a_file_in_order_and_once() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all("\u{feff}# ours\r\nhttp://b.example\r\n\r\n http://a.example/x#y \n".as_bytes())
            .unwrap();
        let pages = open(|config| {
            config.url_list = vec!["http://c.example/".into(), "http://b.example/".into()];
            config.url_list_file = Some(file.path().into());
        });
        assert_eq!(pages.unwrap(), ["http://a.example/x", "http://b.example/", "http://c.example/"]);
    }

    #[test]
    fn what_is_no_address_is_named_without_its_password() {
        for (text, expected) in [
            ("a.md", "url_list holds `a.md`, which is no address"),
            ("ftp://ada:s3cret@example.com/", "`example.com/`, which is no address"),
            ("http://ada:s3cret@example.com/", "holds http://example.com/ with a user"),
        ] {
            let message = open(|config| config.url_list = vec![text.into()]).unwrap_err();
            assert!(message.contains(expected) && !message.contains("s3cret"), "{message}");
        }
        let message = open(|config| config.url_list_file = Some("/no/file".into())).unwrap_err();
        assert!(message.contains("url_list_file names `/no/file`, which cannot be read"), "{message}");
    }
}
