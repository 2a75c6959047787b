//! Opens buckets of Google Cloud Storage.

use super::page::Dialect;
use super::settings::{checked_endpoint, checked_name, client_options, not_opened, retries, unusable};
use super::transport::Connector;
use super::{ObjectSource, Store};
use crate::secrets::{Secrets, given};
use crate::{OpenSourceError, SourceContext};
use gdg_config::GcsSourceConfig;
use gdg_model::SourceName;
use object_store::StaticCredentialProvider;
use object_store::gcp::{GcpCredential, GoogleCloudStorageBuilder};
use std::sync::Arc;

impl ObjectSource {
    /// Opens a bucket of Google Cloud Storage. Asks nobody for anything yet.
    pub fn open_gcs(
        name: SourceName,
        config: &GcsSourceConfig,
        context: &SourceContext,
    ) -> Result<Self, OpenSourceError> {
        let keys = config.object_keys();
        let bucket = checked_name(&name, "bucket", &config.bucket)?;
        let mut builder = GoogleCloudStorageBuilder::new()
            .with_http_connector(Connector { dialect: Dialect::S3, takes_gzip: true })
            .with_client_options(client_options(keys))
            .with_retry(retries())
            .with_bucket_name(&bucket);
        if let Some(endpoint) = checked_endpoint(&name, keys)? {
            builder = builder.with_base_url(&endpoint);
        }
        let secrets = Secrets { source_name: &name, environment: &context.environment };
        let key = secrets.find(given!(
            config.service_account_key,
            service_account_key_env,
            service_account_key_file
        ))?;
        let mut blamed = "service_account_key";
        match key {
            Some(_) if config.anonymous => {
                return Err(unusable(
                    &name,
                    "anonymous",
                    "is on, and there are credentials: keep one of them",
                ));
            }
            Some(key) => builder = builder.with_service_account_key(key.expose()),
            None if config.anonymous => {
                // Credentials that are never sent keep the builder from looking for others.
                let nobody = GcpCredential { bearer: String::new() };
                builder = builder
                    .with_credentials(Arc::new(StaticCredentialProvider::new(nobody)))
                    .with_skip_signature(true);
            }
            None => {
                blamed = "bucket";
                if let Some(path) = context.environment.get("GOOGLE_APPLICATION_CREDENTIALS") {
                    builder = builder.with_application_credentials(path);
                }
            }
        }
        let store = builder.build().map_err(|error| match blamed {
            // Its parts stand in what the crate says of it.
            "service_account_key" => unusable(&name, blamed, "is no key of a service account, as JSON"),
            _ => not_opened(&name, blamed, &error),
        })?;
        let store = Arc::new(store);
        let url = format!("gs://{bucket}");
        let store = Store {
            objects: Arc::clone(&store) as _,
            pages: store,
            url,
            container: "bucket",
            // Tokens are asked for anew, whatever they are asked with.
            renews_credentials: true,
        };
        Self::new(name, keys, store, context)
    }
}
