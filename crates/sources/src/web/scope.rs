//! Which pages belong to a source.

use super::traps::trap;
use super::url_name::UrlName;
use crate::OpenSourceError;
use gdg_config::WebSourceConfig;
use gdg_model::SourceName;
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use url::{Host, Url};

/// Bytes that the compiled patterns of a key may take.
const MAX_PATTERNS_SIZE: usize = 8 << 20;

/// Endings of addresses that are pages; what is beneath such a page is what is in its folder.
const PAGE_EXTENSIONS: [&str; 9] =
    [".html", ".htm", ".xhtml", ".php", ".asp", ".aspx", ".jsp", ".md", ".txt"];

const OTHER_HOST: &str = "it is on a host that neither same_host nor allowed_hosts allows";

/// The rules of a configuration.
#[derive(Debug)]
pub(super) struct Scope {
    /// Of the host of `base_url`, the path that everything begins with.
    base: Option<(Site, String)>,
    /// The hosts of the other pages to begin with, and of the sitemaps.
    own: Vec<Site>,
    /// All hosts of the configuration: sitemaps are read from these.
    hosts: Vec<Site>,
    allowed: Vec<AllowedHost>,
    same_host: bool,
    include: Option<RegexSet>,
    exclude: RegexSet,
}

/// A host with a port. The default ports of http and https count as one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Site {
    host: String,
    port: Option<u16>,
}

impl Site {
    fn of(url: &Url) -> Self {
        Self { host: url.host_str().unwrap_or_default().to_owned(), port: url.port() }
    }
}

#[derive(Debug)]
struct AllowedHost {
    site: Site,
    /// Whether hosts beneath it are meant, and not itself.
    is_suffix: bool,
}

impl Scope {
    /// `starts` are the pages and sitemaps to begin with, but for `base`.
    pub(super) fn new<'a>(
        source_name: &SourceName,
        config: &WebSourceConfig,
        base: Option<&UrlName>,
        starts: impl Iterator<Item = &'a UrlName>,
    ) -> Result<Self, OpenSourceError> {
        let base = base.map(|base| (Site::of(base.url()), folder_of(base.url().path())));
        let mut own: Vec<Site> = starts.map(|start| Site::of(start.url())).collect();
        own.sort();
        own.dedup();
        let hosts = own.iter().chain(base.as_ref().map(|(site, _)| site)).cloned().collect();
        // Of the host of `base_url`, nothing but what is beneath it.
        own.retain(|site| base.as_ref().is_none_or(|(base, _)| base != site));
        let allowed = config.allowed_hosts.iter().map(|text| {
            allowed_host(text).ok_or_else(|| OpenSourceError::Unusable {
                source_name: source_name.clone(),
                key: "allowed_hosts",
                problem: format!(
                    "holds `{text}`, which is no host: write `example.com`, `example.com:8080` or `*.example.com`"
                ),
            })
        });
        let include = patterns(source_name, "include", &config.include)?;
        Ok(Self {
            base,
            own,
            hosts,
            allowed: allowed.collect::<Result<_, _>>()?,
            same_host: config.same_host,
            include: (!include.is_empty()).then_some(include),
            exclude: patterns(source_name, "exclude", &config.exclude)?,
        })
    }

    /// Whether a page belongs to the source, by its host and by `base_url`.
    pub(super) fn holds(&self, name: &UrlName) -> Result<(), &'static str> {
        let site = Site::of(name.url());
        if self.allowed.iter().any(|allowed| allowed.matches(&site)) {
            return Ok(());
        }
        match &self.base {
            Some((base, folder)) if *base == site => {
                let path = name.url().path();
                let is_beneath = path
                    .strip_prefix(folder.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || folder.ends_with('/'))
                    || folder.strip_suffix('/') == Some(path);
                if is_beneath { Ok(()) } else { Err("it is not beneath base_url") }
            }
            _ if !self.same_host || self.own.contains(&site) => Ok(()),
            _ => Err(OTHER_HOST),
        }
    }

    /// Whether a host may be asked for sitemaps, which lie where they want.
    pub(super) fn allows_host(&self, name: &UrlName) -> Result<(), &'static str> {
        let site = Site::of(name.url());
        let is_allowed = !self.same_host
            || self.hosts.contains(&site)
            || self.allowed.iter().any(|allowed| allowed.matches(&site));
        if is_allowed { Ok(()) } else { Err(OTHER_HOST) }
    }

    /// Whether nothing speaks against a page of the source but `include`.
    pub(super) fn tolerates(&self, name: &UrlName) -> Result<(), &'static str> {
        self.holds(name)?;
        if self.exclude.is_match(name.as_str()) {
            return Err("exclude names it");
        }
        trap(name).map_or(Ok(()), Err)
    }

    /// Whether the source takes a page.
    pub(super) fn takes(&self, name: &UrlName) -> Result<(), &'static str> {
        self.tolerates(name)?;
        let is_included = self.include.as_ref().is_none_or(|include| include.is_match(name.as_str()));
        if is_included { Ok(()) } else { Err("include does not name it") }
    }
}

impl AllowedHost {
    fn matches(&self, site: &Site) -> bool {
        let host = site.host.as_str();
        site.port == self.site.port
            && if self.is_suffix {
                host.strip_suffix(self.site.host.as_str()).is_some_and(|start| start.ends_with('.'))
            } else {
                host == self.site.host
            }
    }
}

/// The path that everything beneath a page begins with. It ends with a slash when the page itself is in the folder.
fn folder_of(path: &str) -> String {
    let is_page = PAGE_EXTENSIONS.iter().any(|extension| path.ends_with(extension));
    match path.rfind('/') {
        Some(slash) if is_page => path.get(..=slash).unwrap_or("/").to_owned(),
        _ => path.to_owned(),
    }
}

fn allowed_host(text: &str) -> Option<AllowedHost> {
    let (host, is_suffix) = text.strip_prefix("*.").map_or((text, false), |rest| (rest, true));
    // The default port of a scheme counts as none, and there are two of them.
    let host = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host);
    if host.contains(['/', '?', '#', '@', '*', '\\']) {
        return None;
    }
    let url = Url::parse(&format!("http://{host}/")).ok()?;
    match url.host()? {
        Host::Domain(_) => {}
        _ if is_suffix => return None,
        _ => {}
    }
    Some(AllowedHost { site: Site::of(&url), is_suffix })
}

fn patterns(
    source_name: &SourceName,
    key: &'static str,
    patterns: &[String],
) -> Result<RegexSet, OpenSourceError> {
    let unusable =
        |problem: String| OpenSourceError::Unusable { source_name: source_name.clone(), key, problem };
    for pattern in patterns {
        RegexBuilder::new(pattern).size_limit(MAX_PATTERNS_SIZE).build().map(|_: Regex| ()).map_err(
            |error| unusable(format!("holds `{pattern}`, which is no regular expression to use: {error}")),
        )?;
    }
    RegexSetBuilder::new(patterns)
        .size_limit(MAX_PATTERNS_SIZE)
        .build()
        .map_err(|error| unusable(format!("holds patterns that cannot be matched together: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> UrlName {
        UrlName::parse(text).unwrap()
    }

    fn scope(base: Option<&str>, starts: &[&str], change: impl FnOnce(&mut WebSourceConfig)) -> Scope {
        let mut config = WebSourceConfig::default();
        change(&mut config);
        let starts: Vec<_> = starts.iter().map(|start| name(start)).collect();
        Scope::new(&SourceName::new("web"), &config, base.map(name).as_ref(), starts.iter()).unwrap()
    }

    fn check(scope: &Scope, inside: &[&str], outside: &[&str]) {
        for text in inside {
            assert_eq!(scope.takes(&name(text)), Ok(()), "{text}");
        }
        for text in outside {
            assert!(scope.takes(&name(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn the_hosts_to_begin_with_are_the_source() {
        check(
            &scope(None, &["http://a.example/x", "http://b.example:8080/"], |_| {}),
            &["http://a.example/", "https://a.example/y", "http://b.example:8080/z"],
            &["http://b.example/", "http://a.example:8080/", "http://www.a.example/", "http://c.example/"],
        );
        check(&scope(None, &["http://a.example/"], |c| c.same_host = false), &["http://c.example/"], &[]);
    }

    #[test]
    fn of_the_host_of_base_url_only_what_is_beneath_it_belongs() {
        for base in ["http://a.example/docs", "http://a.example/docs/", "http://a.example/docs/index.html"] {
            check(
                &scope(Some(base), &["http://a.example/sitemap.xml", "http://b.example/"], |_| {}),
                &["http://a.example/docs", "http://a.example/docs/x/y", "http://b.example/z"],
                &["http://a.example/", "http://a.example/docs-old/x", "http://a.example/sitemap.xml"],
            );
        }
        let wide = scope(Some("http://a.example/docs/"), &[], |c| c.same_host = false);
        check(&wide, &["http://b.example/"], &["http://a.example/"]);
    }

    #[test]
    fn further_hosts_are_allowed_by_name() {
        let hosts = ["b.example", "c.example:8080", "*.d.example"];
        let scope = scope(None, &["http://a.example/"], |config| {
            config.allowed_hosts = hosts.map(String::from).to_vec();
        });
        check(
            &scope,
            &["https://b.example/", "http://c.example:8080/", "http://x.d.example/", "http://x.y.d.example/"],
            &["http://x.b.example/", "http://c.example/", "http://d.example/", "http://xd.example/"],
        );
    }

    #[test]
    fn patterns_take_and_leave_out() {
        let scope = scope(None, &["http://a.example/"], |config| {
            config.include = vec!["/docs/".into(), r"\.pdf$".into()];
            config.exclude = vec!["private".into()];
        });
        check(
            &scope,
            &["http://a.example/docs/x", "http://a.example/y.pdf"],
            &["http://a.example/z", "http://a.example/docs/private", "http://a.example/docs/a/b/a/b/a/b"],
        );
        assert_eq!(scope.tolerates(&name("http://a.example/z")), Ok(()));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let open = |change: fn(&mut WebSourceConfig)| {
            let mut config = WebSourceConfig::default();
            change(&mut config);
            let name = SourceName::new("web");
            Scope::new(&name, &config, None, std::iter::empty()).unwrap_err().to_string()
        };
        let message = open(|config| config.include = vec!["(".into()]);
        assert!(message.starts_with("source `web`: include holds `(`, which is no regular"), "{message}");
        let message = open(|config| config.exclude = vec!["(a{1000}){1000}".into()]);
        assert!(message.starts_with("source `web`: exclude holds `(a{1000}){1000}`"), "{message}");
        for host in ["", "http://x/", "a/b", "*", "*.127.0.0.1", "a b"] {
            assert!(allowed_host(host).is_none(), "{host}");
        }
        assert!(
            open(|config| config.allowed_hosts = vec!["a/b".into()]).contains("allowed_hosts holds `a/b`")
        );
    }
}
