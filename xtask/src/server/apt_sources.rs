//! The Debian mirror that this machine is configured to use.

use anyhow::{Context, ensure};
use std::fs;
use std::path::Path;

/// What of a source is looked at.
#[derive(Debug, Default, PartialEq, Eq)]
struct Source {
    uris: Vec<String>,
    suites: Vec<String>,
    components: Vec<String>,
    signed_by: String,
}

/// The URL of the mirror, from `/etc/apt`.
pub(super) fn debian_mirror() -> anyhow::Result<String> {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let value =
        |key: &str| release.lines().find_map(|line| line.strip_prefix(key)).map(|v| v.trim_matches('"'));
    ensure!(value("ID=") == Some("debian"), "this is no Debian, so its mirror of Debian is not known");
    let sources = configured(Path::new("/etc/apt"));
    choose(&sources, value("VERSION_CODENAME=").unwrap_or_default())
        .context("no mirror of Debian is configured in /etc/apt")
}

/// The sources of `sources.list` and `sources.list.d`, in the order of their names.
fn configured(directory: &Path) -> Vec<Source> {
    let more = fs::read_dir(directory.join("sources.list.d")).into_iter().flatten().flatten();
    let mut paths: Vec<_> = more.map(|entry| entry.path()).collect();
    paths.sort();
    paths.insert(0, directory.join("sources.list"));
    let read = |path: &Path| {
        let text = fs::read_to_string(path).unwrap_or_default();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("list") => text.lines().filter_map(one_line).collect(),
            Some("sources") => stanzas(&text),
            _ => Vec::new(),
        }
    };
    paths.iter().flat_map(|path| read(path)).collect()
}

/// `deb [option=value …] URI suite component…`
fn one_line(line: &str) -> Option<Source> {
    let rest = line.split('#').next()?.trim().strip_prefix("deb")?;
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let (options, rest) =
        rest.strip_prefix('[').map_or(Some(("", rest)), |options| options.split_once(']'))?;
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Source {
        uris: vec![words.next()?],
        suites: vec![words.next()?],
        components: words.collect(),
        signed_by: options
            .split_whitespace()
            .find_map(|o| o.strip_prefix("signed-by="))
            .unwrap_or("")
            .to_owned(),
    })
}

/// Paragraphs of `Key: value`, where a value goes on in lines that begin with a space.
fn stanzas(text: &str) -> Vec<Source> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<_> = lines.map(|line| if line.trim().is_empty() { "" } else { line }).collect();
    lines.split(|line| line.is_empty()).filter_map(stanza).collect()
}

fn stanza(lines: &[&str]) -> Option<Source> {
    let text = lines.join("\n").replace("\n ", " ").replace("\n\t", " ");
    let value = |key: &str| {
        let mut fields = text.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.trim().eq_ignore_ascii_case(key)).map_or("", |(_, value)| value.trim())
    };
    let words = |key: &str| value(key).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let wanted =
        words("Types").iter().any(|kind| kind == "deb") && !value("Enabled").eq_ignore_ascii_case("no");
    wanted.then(|| Source {
        uris: words("URIs"),
        suites: words("Suites"),
        components: words("Components"),
        signed_by: value("Signed-By").to_owned(),
    })
}

/// The mirror of the release's own packages. Others publish for a release too: Debian's own key, or a path
/// that ends like those of its mirrors, tells them apart.
fn choose(sources: &[Source], codename: &str) -> Option<String> {
    let has = |words: &[String], word: &str| words.iter().any(|each| each == word);
    let release = |source: &&Source| {
        let suites = &source.suites;
        has(&source.components, "main") && (has(suites, codename) || has(suites, "stable"))
    };
    let own = |source: &&Source| {
        source.signed_by.contains("debian-archive")
            || source.uris.iter().any(|uri| uri.trim_end_matches('/').ends_with("/debian"))
    };
    let usable = |uri: &&String| {
        ["http://", "https://", "file:", "copy:"].iter().any(|scheme| uri.starts_with(scheme))
    };
    sources.iter().filter(release).filter(own).flat_map(|source| &source.uris).find(usable).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANZAS: &str = "\
Types: deb
# http://old.example/debian
URIs: https://other.example/apt
Suites: bookworm
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
\t
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
";

    #[test]
    fn stanzas_are_read() {
        let sources = stanzas(STANZAS);
        assert_eq!(sources.len(), 2, "one is switched off");
        assert_eq!(sources[1].suites, ["bookworm", "bookworm-updates"]);
        assert_eq!(choose(&sources, "bookworm").as_deref(), Some("http://mirror.example/debian"));
        assert_eq!(choose(&sources, "trixie"), None);
    }

    #[test]
    fn lines_are_read() {
        let text = "\
# deb http://old.example/debian bookworm main
deb-src http://src.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] https://other.example/apt bookworm main
deb http://security.example/debian-security bookworm-security main
deb mirror+file:/etc/apt/mirrors/debian.list bookworm main
deb [ signed-by=/usr/share/keyrings/debian-archive-keyring.gpg ] http://own.example/d bookworm main # own
";
        let sources: Vec<_> = text.lines().filter_map(one_line).collect();
        assert_eq!(sources.len(), 4);
        assert_eq!(sources[0].signed_by, "/k.gpg");
        assert_eq!(choose(&sources, "bookworm").as_deref(), Some("http://own.example/d"));
    }

    #[test]
    fn the_files_of_a_directory_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let more = directory.path().join("sources.list.d");
        fs::create_dir(&more).unwrap();
        fs::write(directory.path().join("sources.list"), "deb http://a.example/debian sid main\n").unwrap();
        fs::write(more.join("debian.sources"), STANZAS).unwrap();
        fs::write(more.join("debian.sources.bak"), STANZAS).unwrap();
        assert_eq!(configured(directory.path()).len(), 3);
    }
}
