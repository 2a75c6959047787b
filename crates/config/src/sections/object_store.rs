//! The keys that all sources of objects have in common.

use crate::{ByteSize, Seconds};
use std::num::NonZeroU32;

/// Which objects of a store a source lists, and how they are asked for: what `s3`, `gcs` and `azure` have in common.
#[derive(Debug, Clone, Copy)]
pub struct ObjectKeys<'a> {
    /// The key `prefix`.
    pub prefix: &'a str,
    /// The key `include`.
    pub include: &'a [String],
    /// The key `exclude`.
    pub exclude: &'a [String],
    /// The key `include_extensions`.
    pub include_extensions: &'a [String],
    /// The key `exclude_extensions`.
    pub exclude_extensions: &'a [String],
    /// The key `min_size`.
    pub min_size: Option<ByteSize>,
    /// The key `max_size`.
    pub max_size: Option<ByteSize>,
    /// The key `modified_after`.
    pub modified_after: Option<&'a str>,
    /// The key `modified_before`.
    pub modified_before: Option<&'a str>,
    /// The key `max_link_depth`.
    pub max_link_depth: u32,
    /// The key `endpoint`.
    pub endpoint: Option<&'a str>,
    /// The key `allow_http`.
    pub allow_http: bool,
    /// The key `timeout`.
    pub timeout: Seconds,
    /// The key `connect_timeout`.
    pub connect_timeout: Seconds,
    /// The key `concurrency`.
    pub concurrency: NonZeroU32,
    /// The key `page_size`.
    pub page_size: NonZeroU32,
}

/// Makes the section of a type of object store: its own keys, and those that all have.
macro_rules! object_store_section {
    ($(#[$doc:meta])* pub struct $section:ident { $($(#[$key_doc:meta])* pub $key:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $section {
            $($(#[$key_doc])* pub $key: $type,)*
            /// The folder within the store: only keys that begin with it and a slash are listed. Empty lists all.
            pub prefix: String,
            /// Glob patterns of keys to list, below `prefix`; `*` stays between slashes, `**` crosses them. Empty lists everything.
            #[serde(deserialize_with = "crate::one_or_many::strings")]
            #[schemars(schema_with = "crate::one_or_many::schema")]
            pub include: Vec<String>,
            /// Glob patterns of keys to leave out; they win over `include`.
            #[serde(deserialize_with = "crate::one_or_many::strings")]
            #[schemars(schema_with = "crate::one_or_many::schema")]
            pub exclude: Vec<String>,
            /// File name extensions to list, without the dot, in any case. Empty lists every extension.
            pub include_extensions: Vec<String>,
            /// File name extensions to leave out.
            pub exclude_extensions: Vec<String>,
            /// A smaller object is not listed.
            pub min_size: Option<crate::ByteSize>,
            /// A larger object is listed and fails with an error that names this key.
            pub max_size: Option<crate::ByteSize>,
            /// Only objects that were modified at this time or later are listed: `2025-01-31T00:00:00Z` (RFC 3339).
            pub modified_after: Option<String>,
            /// Only objects that were modified before this time are listed.
            pub modified_before: Option<String>,
            /// How many relative links between objects are followed from a listed one; 0 follows none.
            pub max_link_depth: u32,
            /// The address of the store, where it is not the provider's own: `https://minio.example.com:9000`.
            pub endpoint: Option<String>,
            /// Whether an `endpoint` may begin with `http://`. Whoever is on the way can read and change everything then.
            pub allow_http: bool,
            /// How long the beginning of an answer, and each further piece of it, may take, in seconds.
            pub timeout: crate::Seconds,
            /// How long a connection may take, in seconds.
            pub connect_timeout: crate::Seconds,
            /// How many objects are fetched at a time.
            pub concurrency: std::num::NonZeroU32,
            /// How many keys are asked for at a time. Stores have an upper bound of their own: 1,000, or 5,000 in Azure.
            pub page_size: std::num::NonZeroU32,
        }

        impl Default for $section {
            fn default() -> Self {
                Self {
                    $($key: Default::default(),)*
                    prefix: String::new(),
                    include: Vec::new(),
                    exclude: Vec::new(),
                    include_extensions: Vec::new(),
                    exclude_extensions: Vec::new(),
                    min_size: None,
                    max_size: None,
                    modified_after: None,
                    modified_before: None,
                    max_link_depth: 1,
                    endpoint: None,
                    allow_http: false,
                    timeout: crate::Seconds::whole(30),
                    connect_timeout: crate::Seconds::whole(10),
                    concurrency: super::positive(16),
                    page_size: super::positive(1_000),
                }
            }
        }

        impl $section {
            /// The keys that it has in common with the other object stores.
            pub fn object_keys(&self) -> crate::ObjectKeys<'_> {
                crate::ObjectKeys {
                    prefix: &self.prefix,
                    include: &self.include,
                    exclude: &self.exclude,
                    include_extensions: &self.include_extensions,
                    exclude_extensions: &self.exclude_extensions,
                    min_size: self.min_size,
                    max_size: self.max_size,
                    modified_after: self.modified_after.as_deref(),
                    modified_before: self.modified_before.as_deref(),
                    max_link_depth: self.max_link_depth,
                    endpoint: self.endpoint.as_deref(),
                    allow_http: self.allow_http,
                    timeout: self.timeout,
                    connect_timeout: self.connect_timeout,
                    concurrency: self.concurrency,
                    page_size: self.page_size,
                }
            }
        }
    };
}

pub(super) use object_store_section;
