//! `content_sources[]` of type `azure`: a container of Azure Blob Storage.

use super::object_store::object_store_section;
use crate::Secret;
use std::path::PathBuf;

object_store_section! {
    /// A container of Azure Blob Storage.
    pub struct AzureSourceConfig {
        /// The storage account.
        pub account: String,
        /// The container.
        pub container: String,
        /// An access key of the account. Without it and the other credentials, the worker's own identity is used: a
        /// workload identity, or the managed identity of the machine.
        pub access_key: Option<Secret>,
        /// The environment variable that holds the access key.
        pub access_key_env: Option<String>,
        /// The file that holds the access key.
        pub access_key_file: Option<PathBuf>,
        /// A shared access signature, as the portal shows it: `sv=…&sig=…`.
        pub sas_token: Option<Secret>,
        /// The environment variable that holds the shared access signature.
        pub sas_token_env: Option<String>,
        /// The file that holds the shared access signature.
        pub sas_token_file: Option<PathBuf>,
        /// The directory (tenant) that `client_id` is registered in.
        pub tenant_id: Option<String>,
        /// The application that the worker signs in as, with `client_secret` and `tenant_id`.
        pub client_id: Option<String>,
        /// The application's secret.
        pub client_secret: Option<Secret>,
        /// The environment variable that holds the application's secret.
        pub client_secret_env: Option<String>,
        /// The file that holds the application's secret.
        pub client_secret_file: Option<PathBuf>,
        /// Whether requests are sent without any credentials, as public containers allow.
        pub anonymous: bool,
    }
}
