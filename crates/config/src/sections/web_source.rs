//! `content_sources[]` of type `web`: pages of the web, and where their links lead.

use super::positive;
use crate::{ByteSize, Seconds, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Pages of the web, and where their links lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WebSourceConfig {
    /// The addresses of the pages to begin with.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub url_list: Vec<String>,
    /// A file with the address of a page to begin with on each line. Empty lines and those that begin with `#` are
    /// passed over.
    pub url_list_file: Option<PathBuf>,
    /// A page to begin with. Of its host, only what lies beneath it belongs to the source.
    pub base_url: Option<String>,
    /// The addresses of sitemaps, or of indexes of sitemaps. Every page that they name is listed.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub sitemaps: Vec<String>,
    /// Regular expressions, one of which must be found in the address of a page. Empty takes every page.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub include: Vec<String>,
    /// Regular expressions, none of which may be found in the address of a page; they win over `include`.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub exclude: Vec<String>,
    /// How many links are followed from a listed page; 0 follows none.
    pub max_link_depth: u32,
    /// Whether pages of other hosts than those of `url_list`, `base_url` and `sitemaps` are left out.
    pub same_host: bool,
    /// Further hosts whose pages belong to the source: `docs.example.com`, `example.com:8080`, or `*.example.com` for
    /// all that end so.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub allowed_hosts: Vec<String>,
    /// Whether what a host's robots.txt forbids is left alone.
    pub respect_robots: bool,
    /// What is sent as `User-Agent`; its first word is the name that robots.txt is searched for.
    pub user_agent: Option<String>,
    /// The shortest time between two requests to the same host, in seconds.
    pub delay: Seconds,
    /// Requests to the same host at the same time.
    pub concurrency: NonZeroU32,
    /// Requests to the same host in a second at most. For less than one, set `delay`.
    pub requests_per_second: Option<NonZeroU32>,
    /// The longest time for a request and its whole answer, in seconds.
    pub timeout: Seconds,
    /// The longest time for a connection to a host, in seconds.
    pub connect_timeout: Seconds,
    /// Further headers, sent only to the hosts of `url_list`, `base_url` and `sitemaps`.
    pub headers: BTreeMap<String, Secret>,
    /// Like `headers`, with the names of environment variables that hold the values.
    pub headers_env: BTreeMap<String, String>,
    /// The name of a user to log in as (HTTP Basic), sent only to the hosts of `url_list`, `base_url` and `sitemaps`.
    pub username: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// The environment variable that holds the password.
    pub password_env: Option<String>,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
    /// A token to log in with (HTTP Bearer), sent only to the hosts of `url_list`, `base_url` and `sitemaps`.
    pub bearer_token: Option<Secret>,
    /// The environment variable that holds the token.
    pub bearer_token_env: Option<String>,
    /// The file that holds the token.
    pub bearer_token_file: Option<PathBuf>,
    /// Media types that are taken; `*` stands for anything. A page of another type is refused.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub content_types: Vec<String>,
    /// A larger page fails with an error that names this key. Compressed pages count as they are inflated.
    pub max_size: Option<ByteSize>,
    /// Whether hosts with addresses of private networks may be asked. Without it, no link can make the worker ask its
    /// own network.
    pub allow_private_networks: bool,
    /// Redirects that one request follows.
    pub max_redirects: u32,
}

/// What the parsers read.
const CONTENT_TYPES: [&str; 15] = [
    "text/*",
    "application/xhtml+xml",
    "application/pdf",
    "application/json",
    "application/xml",
    "application/*+json",
    "application/*+xml",
    "application/csv",
    "application/x-ndjson",
    "application/jsonl",
    "application/jsonlines",
    "application/yaml",
    "application/x-yaml",
    "application/vnd.openxmlformats-officedocument.*",
    "message/rfc822",
];

impl Default for WebSourceConfig {
    fn default() -> Self {
        Self {
            url_list: Vec::new(),
            url_list_file: None,
            base_url: None,
            sitemaps: Vec::new(),
            include: Vec::new(),
            exclude: Vec::new(),
            max_link_depth: 1,
            same_host: true,
            allowed_hosts: Vec::new(),
            respect_robots: true,
            user_agent: None,
            delay: Seconds::whole(0),
            concurrency: positive(2),
            requests_per_second: None,
            timeout: Seconds::whole(120),
            connect_timeout: Seconds::whole(10),
            headers: BTreeMap::new(),
            headers_env: BTreeMap::new(),
            username: None,
            password: None,
            password_env: None,
            password_file: None,
            bearer_token: None,
            bearer_token_env: None,
            bearer_token_file: None,
            content_types: CONTENT_TYPES.map(String::from).to_vec(),
            max_size: None,
            allow_private_networks: false,
            max_redirects: 10,
        }
    }
}
