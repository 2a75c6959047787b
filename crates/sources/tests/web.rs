//! Pages of the web pass the suite, and what is particular to them.

#![allow(clippy::unwrap_used)] // also in what several tests share

#[path = "web/fetching.rs"]
mod fetching;
#[path = "web/listing.rs"]
mod listing;
#[path = "web/robots.rs"]
mod robots;
#[path = "web/rules.rs"]
mod rules;
#[path = "web/site.rs"]
mod site;
#[path = "web/support.rs"]
mod support;

use async_trait::async_trait;
use gdg_sources::Source;
use gdg_sources::conformance::Fixture;
use site::{Reply, Site};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

/// A site with a sitemap that names what was put.
struct SiteFixture {
    site: Site,
    names: BTreeSet<String>,
    source: Arc<dyn Source>,
}

impl SiteFixture {
    fn write_sitemap(&self) {
        let mut sitemap = String::from("<urlset>");
        for name in &self.names {
            write!(sitemap, "<url><loc>{}</loc></url>", self.locator(name)).unwrap();
        }
        self.site.put("/sitemap.xml", Reply::new(200, sitemap + "</urlset>"));
    }
}

#[async_trait]
impl Fixture for SiteFixture {
    const LISTS_STAMPS: bool = false;
    // They do, but what follows `?` in an address is a part of it.
    const HAS_FOLDERS: bool = false;

    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn locator(&self, name: &str) -> String {
        self.site.url(&format!("/{name}"))
    }

    async fn put(&mut self, name: &str, bytes: &[u8]) {
        let tag = format!("\"{}\"", gdg_model::ContentHash::of(bytes));
        let reply = Reply::new(200, bytes.to_vec()).with("content-type", "text/plain").with("etag", tag);
        self.site.put(&format!("/{name}"), reply);
        self.names.insert(name.to_owned());
        self.write_sitemap();
    }

    async fn remove(&mut self, name: &str) {
        self.site.remove(&format!("/{name}"));
        self.names.remove(name);
        self.write_sitemap();
    }
}

async fn make() -> SiteFixture {
    let site = Site::start().await;
    let source = support::open(|config| config.sitemaps = vec![site.url("/sitemap.xml")]);
    let fixture = SiteFixture { site, names: BTreeSet::new(), source };
    fixture.write_sitemap();
    fixture
}

gdg_sources::source_conformance_tests!(make);
