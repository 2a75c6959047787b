//! `content_sources[]` of type `http`: files on a web server that are listed one by one.

use crate::{ByteSize, Seconds, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::path::PathBuf;

/// Files on a web server that are listed one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSourceConfig {
    /// The addresses of the files.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub url_list: Vec<String>,
    /// The address of a list of further addresses: a text file with one in a line (relative ones begin at the list;
    /// lines that begin with `#` are comments), or a JSON array of texts. It is read anew for each listing.
    pub index_url: Option<String>,
    /// Glob patterns of paths on the server to list; `*` stays between slashes, `**` crosses them. Empty lists everything.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub include: Vec<String>,
    /// Glob patterns of paths to leave out; they win over `include`.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub exclude: Vec<String>,
    /// File name extensions to list, without the dot, in any case. Empty lists every extension.
    pub include_extensions: Vec<String>,
    /// File name extensions to leave out.
    pub exclude_extensions: Vec<String>,
    /// A larger file is listed and fails with an error that names this key.
    pub max_size: Option<ByteSize>,
    /// A user, for servers that ask for a name and a password (HTTP Basic). Like all credentials, it is sent only to
    /// the hosts of `url_list` and `index_url`.
    pub username: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// The environment variable that holds the password.
    pub password_env: Option<String>,
    /// The file that holds the password.
    pub password_file: Option<PathBuf>,
    /// A token, for servers that ask for one (HTTP Bearer).
    pub bearer_token: Option<Secret>,
    /// The environment variable that holds the token.
    pub bearer_token_env: Option<String>,
    /// The file that holds the token.
    pub bearer_token_file: Option<PathBuf>,
    /// Whether addresses of private networks may be asked. Who writes the index could otherwise make the worker ask
    /// its own network.
    pub allow_private_networks: bool,
    /// How long the beginning of an answer, and each further piece of it, may take, in seconds.
    pub timeout: Seconds,
    /// How long a connection may take, in seconds.
    pub connect_timeout: Seconds,
    /// How many files are fetched from a host at a time.
    pub concurrency: NonZeroU32,
    /// How many requests a host gets in a second at most; none is no bound.
    pub requests_per_second: Option<NonZeroU32>,
    /// The name the worker gives itself.
    pub user_agent: String,
}

impl Default for HttpSourceConfig {
    fn default() -> Self {
        Self {
            url_list: Vec::new(),
            index_url: None,
            include: Vec::new(),
            exclude: Vec::new(),
            include_extensions: Vec::new(),
            exclude_extensions: Vec::new(),
            max_size: None,
            username: None,
            password: None,
            password_env: None,
            password_file: None,
            bearer_token: None,
            bearer_token_env: None,
            bearer_token_file: None,
            allow_private_networks: false,
            timeout: Seconds::whole(30),
            connect_timeout: Seconds::whole(10),
            concurrency: super::positive(4),
            requests_per_second: None,
            user_agent: concat!("go-doc-go/", env!("CARGO_PKG_VERSION")).into(),
        }
    }
}
