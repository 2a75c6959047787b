//! `content_sources[]` of type `gcs`: a bucket of Google Cloud Storage.

use super::object_store::object_store_section;
use crate::Secret;
use std::path::PathBuf;

object_store_section! {
    /// A bucket of Google Cloud Storage.
    pub struct GcsSourceConfig {
        /// The bucket.
        pub bucket: String,
        /// The key of a service account, as JSON. Without one, the worker's own identity is used: the application
        /// default credentials, or the instance's service account.
        pub service_account_key: Option<Secret>,
        /// The environment variable that holds the key of the service account.
        pub service_account_key_env: Option<String>,
        /// The file that holds the key of the service account, as it is downloaded.
        pub service_account_key_file: Option<PathBuf>,
        /// Whether requests are sent without any credentials, as public buckets allow.
        pub anonymous: bool,
    }
}
