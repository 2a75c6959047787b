//! The sources of rows and items are configured as their pages of the book show it.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

use gdg_config::{Config, Environment, LoadOptions};

/// The first example of a page, loaded.
fn example(page: &str) -> Config {
    let yaml = page.split("```yaml").nth(1).unwrap().split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.yaml");
    std::fs::write(&path, yaml).unwrap();
    Config::load(LoadOptions { path: Some(path), environment: Environment::default() }).unwrap()
}

#[test]
fn the_examples_of_the_book_are_configurations() {
    let rest = example(include_str!("../../../docs/src/sources/rest.md"));
    assert_eq!(rest.content_sources.len(), 2);
    let parquet = example(include_str!("../../../docs/src/sources/parquet.md"));
    assert_eq!(parquet.content_sources[0].kind.source_type(), "parquet");
}

#[test]
fn no_credential_of_a_service_is_shown() {
    let page = "```yaml\ncontent_sources:\n  - name: a\n    type: rest\n    base_url: https://a.example\n    \
                auth: { type: bearer, token: hunter2 }\n    headers: { X-Tenant: hunter2 }\n    \
                list: { body: { q: [1, { x: null }] } }\n```";
    let config = example(page);
    assert!(!config.redacted_yaml().contains("hunter2"));
    assert!(!format!("{config:?}").contains("hunter2"));
}
