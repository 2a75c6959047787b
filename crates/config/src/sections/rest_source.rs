//! `content_sources[]` of type `rest`: what a service with a JSON interface tells.

use super::positive;
use crate::{ByteSize, Seconds, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// What a service with a JSON interface tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestSourceConfig {
    /// The address that all requests begin with: `https://example.atlassian.net`.
    pub base_url: String,
    /// Fills the keys below with what a known service needs. Each key that is given wins over the preset's.
    pub preset: Option<RestPreset>,
    /// Preset `confluence`: only pages of the space with this key.
    pub space_key: Option<String>,
    /// Preset `jira`: which issues are listed, as a query in JQL. Jira refuses queries without a condition.
    pub jql: Option<String>,
    /// Preset `servicenow`: the table whose records are listed: `kb_knowledge`.
    pub table: Option<String>,
    /// Preset `servicenow`: which records are listed, as an encoded query: `active=true^workflow_state=published`.
    pub table_query: Option<String>,
    /// How the worker shows who it is.
    pub auth: RestAuthConfig,
    /// Headers of every request. They are not sent to another host that a redirect leads to, and never shown.
    pub headers: BTreeMap<String, Secret>,
    /// How documents are listed.
    pub list: RestListConfig,
    /// How a document is fetched. Without `path`, the listing is gone through until the document comes.
    pub detail: RestDetailConfig,
    /// The media type of all documents: `text/html`. Without it, text is `text/plain`, and objects are
    /// `application/json`. What `detail.content_type` tells wins.
    pub content_type: Option<String>,
    /// Whether a document begins with its title as a heading: for services that keep it apart from the content. Only
    /// documents of `text/html`, `text/markdown` and `text/plain` get one.
    pub title_in_content: Option<bool>,
    /// A regular expression of addresses that lead to a document of this source, with a capture named `id`.
    /// `{base_url}` in it stands for the key `base_url`.
    pub link_pattern: Option<String>,
    /// How many links are followed from a listed document to documents that are not listed; 0 follows none.
    pub max_link_depth: u32,
    /// A larger document fails with an error that names this key.
    pub max_size: Option<ByteSize>,
    /// Bytes of one answer in JSON. A larger one is an error.
    pub max_answer_size: ByteSize,
    /// Items that are asked for with one request of the listing. Without it: what the preset knows to be best, or 100.
    pub page_size: Option<NonZeroU32>,
    /// Seconds until a connection stands.
    pub connect_timeout: Seconds,
    /// Seconds until an answer begins, and between pieces of it.
    pub timeout: Seconds,
    /// Requests that are on their way to the service at a time.
    pub concurrency: NonZeroU32,
    /// Requests that are begun each second, at most. 0 sets no bound.
    pub requests_per_second: u32,
    /// What the worker calls itself.
    pub user_agent: String,
    /// Whether the service may have an address of a private network or of this machine.
    pub allow_private_networks: bool,
}

impl Default for RestSourceConfig {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            preset: None,
            space_key: None,
            jql: None,
            table: None,
            table_query: None,
            auth: RestAuthConfig::default(),
            headers: BTreeMap::new(),
            list: RestListConfig::default(),
            detail: RestDetailConfig::default(),
            content_type: None,
            title_in_content: None,
            link_pattern: None,
            max_link_depth: 0,
            max_size: None,
            max_answer_size: ByteSize(64 << 20),
            page_size: None,
            connect_timeout: Seconds::whole(10),
            timeout: Seconds::whole(30),
            concurrency: positive(4),
            requests_per_second: 10,
            user_agent: concat!("go-doc-go/", env!("CARGO_PKG_VERSION")).to_owned(),
            allow_private_networks: false,
        }
    }
}

/// A service whose interface is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestPreset {
    /// Pages of Confluence Cloud.
    Confluence,
    /// Issues of Jira Cloud.
    Jira,
    /// Records of a table of `ServiceNow`.
    #[serde(rename = "servicenow")]
    ServiceNow,
}

/// How the worker shows who it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestAuthConfig {
    /// The way.
    #[serde(rename = "type")]
    pub kind: RestAuthType,
    /// Type `basic`: the name of the user.
    pub username: Option<String>,
    /// Type `basic`: the password, or what stands for it (Atlassian: an API token).
    pub password: Option<Secret>,
    /// The environment variable that holds the password.
    pub password_env: Option<String>,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
    /// Types `bearer` and `header`: what is sent.
    pub token: Option<Secret>,
    /// The environment variable that holds the token.
    pub token_env: Option<String>,
    /// The file that holds the token.
    pub token_file: Option<PathBuf>,
    /// Type `header`: the header that the token is sent in, as it is: `X-Api-Key`.
    pub header: Option<String>,
}

/// A way of showing who one is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestAuthType {
    /// Not at all.
    #[default]
    None,
    /// A name and a password (`Authorization: Basic …`).
    Basic,
    /// A token (`Authorization: Bearer …`).
    Bearer,
    /// A token in a header of its own.
    Header,
}

/// How documents are listed. Pointers are JSON pointers: `/results`, `/version/number`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestListConfig {
    /// What is asked for, behind `base_url`: `/api/articles`.
    pub path: Option<String>,
    /// How it is asked for.
    pub method: Option<RestMethod>,
    /// Parameters of the query.
    pub query: BTreeMap<String, String>,
    /// Method `POST`: the object that is sent.
    pub body: Option<Value>,
    /// The pointer to the array of items. Empty: the answer is the array.
    pub items: Option<String>,
    /// How a listing goes on behind its first page.
    pub pagination: RestPaginationConfig,
    /// The pointer within an item to what names it for good: a text or a whole number.
    pub id: Option<String>,
    /// The pointer within an item to its title.
    pub title: Option<String>,
    /// The pointer within an item to its version, or to the time of its last change.
    pub updated: Option<String>,
    /// The pointer within an item to its content.
    pub content: Option<String>,
    /// The pointer within an item to an array of addresses or ids that it leads to; they become metadata.
    pub links: Option<String>,
}

/// A method of HTTP.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum RestMethod {
    /// GET
    #[default]
    Get,
    /// POST
    Post,
}

/// How a listing goes on behind its first page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestPaginationConfig {
    /// The way.
    #[serde(rename = "type")]
    pub kind: Option<RestPaginationType>,
    /// Type `cursor`: the pointer to what names the next page. The last page has none, `null` or an empty text.
    pub cursor_pointer: Option<String>,
    /// Type `cursor`: the parameter that it is sent in.
    pub cursor_parameter: Option<String>,
    /// Type `page`: the parameter for the number of the page.
    pub page_parameter: Option<String>,
    /// Type `page`: the number of the first page. Without it: 1.
    pub first_page: Option<u32>,
    /// Type `page`: the pointer to the number of all pages.
    pub pages_pointer: Option<String>,
    /// Type `offset`: the parameter for the number of items that are passed over.
    pub offset_parameter: Option<String>,
    /// The parameter for `page_size`.
    pub size_parameter: Option<String>,
    /// Types `page` and `offset`: the pointer to the number of all items. Type `page` needs `size_parameter` with it.
    pub total_pointer: Option<String>,
    /// The pointer to a truth value that is false on the last page.
    pub more_pointer: Option<String>,
    /// Type `next_url`: the pointer to the address of the next page.
    pub next_pointer: Option<String>,
    /// Type `next_url`: the pointer to what the address is appended to where it begins with a slash.
    pub next_base_pointer: Option<String>,
    /// Method `POST`: where the parameters above are sent.
    pub sent_in: Option<RestParameterPlace>,
}

/// A way for a listing to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestPaginationType {
    /// There is one page.
    None,
    /// Each page holds what names the next one.
    Cursor,
    /// Pages have numbers.
    Page,
    /// So many items are passed over.
    Offset,
    /// The header `Link` of a page has the address of the next one (`rel="next"`).
    LinkHeader,
    /// Each page holds the address of the next one.
    NextUrl,
}

/// Where parameters are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestParameterPlace {
    /// In the query of the address.
    Query,
    /// In the object that is sent.
    Body,
}

/// How a document is fetched. Pointers begin at the item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RestDetailConfig {
    /// What is asked for, behind `base_url`, with `{id}` in it: `/api/articles/{id}`.
    pub path: Option<String>,
    /// Parameters of the query. `{id}` in a value stands for the id.
    pub query: BTreeMap<String, String>,
    /// The pointer to the item in the answer. Empty: the answer is the item.
    pub item: Option<String>,
    /// The pointer to the content. Without it, that of the list; without either, the answer itself is the document,
    /// byte for byte.
    pub content: Option<String>,
    /// The media type of the document, or the pointer to it: a value with a slash at its beginning is a pointer.
    pub content_type: Option<String>,
    /// The pointer to the title. Without it, that of the list.
    pub title: Option<String>,
    /// The pointer to the version. Without it, that of the list.
    pub updated: Option<String>,
    /// The pointer to an array of addresses or ids. Without it, that of the list.
    pub links: Option<String>,
}
