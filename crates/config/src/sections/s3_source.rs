//! `content_sources[]` of type `s3`: a bucket of S3, or of a store that speaks its protocol.

use super::object_store::object_store_section;
use crate::Secret;
use std::path::PathBuf;

object_store_section! {
    /// A bucket of S3, or of a store that speaks its protocol.
    pub struct S3SourceConfig {
        /// The bucket.
        pub bucket: String,
        /// The region the bucket is in. Without it, `us-east-1`; where no access key is given, what `AWS_REGION` or
        /// `AWS_DEFAULT_REGION` says.
        pub region: Option<String>,
        /// Whether the bucket is a part of the host's name, and not of the path. An `endpoint` is the bucket's own then.
        pub virtual_hosted_style: bool,
        /// The access key's identifier. Without one, the worker's own identity is used: the standard variables `AWS_*`,
        /// a web identity, a container's or the instance's role.
        pub access_key_id: Option<Secret>,
        /// The environment variable that holds the access key's identifier.
        pub access_key_id_env: Option<String>,
        /// The file that holds the access key's identifier.
        pub access_key_id_file: Option<PathBuf>,
        /// The secret of the access key.
        pub secret_access_key: Option<Secret>,
        /// The environment variable that holds the secret of the access key.
        pub secret_access_key_env: Option<String>,
        /// The file that holds the secret of the access key.
        pub secret_access_key_file: Option<PathBuf>,
        /// The session token of a temporary access key.
        pub session_token: Option<Secret>,
        /// The environment variable that holds the session token.
        pub session_token_env: Option<String>,
        /// The file that holds the session token.
        pub session_token_file: Option<PathBuf>,
        /// Whether requests are sent without any credentials, as public buckets allow.
        pub anonymous: bool,
    }
}
