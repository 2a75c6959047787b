//! Opens buckets of S3.

use super::page::Dialect;
use super::settings::{checked_endpoint, checked_name, client_options, not_opened, retries, unusable};
use super::transport::Connector;
use super::{ObjectSource, Store};
use crate::secrets::{Secrets, given};
use crate::{OpenSourceError, SourceContext};
use gdg_config::{Environment, S3SourceConfig};
use gdg_model::SourceName;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey as Key};
use std::sync::Arc;

/// The variables by which a worker on Amazon's machines has an identity, as Amazon's own tools read them.
const IDENTITY: [(&str, Key); 10] = [
    ("AWS_ACCESS_KEY_ID", Key::AccessKeyId),
    ("AWS_SECRET_ACCESS_KEY", Key::SecretAccessKey),
    ("AWS_SESSION_TOKEN", Key::Token),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", Key::WebIdentityTokenFile),
    ("AWS_ROLE_ARN", Key::RoleArn),
    ("AWS_ROLE_SESSION_NAME", Key::RoleSessionName),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", Key::ContainerCredentialsRelativeUri),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", Key::ContainerCredentialsFullUri),
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Key::ContainerAuthorizationTokenFile),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", Key::MetadataEndpoint),
];

impl ObjectSource {
    /// Opens a bucket of S3. Asks nobody for anything yet.
    pub fn open_s3(
        name: SourceName,
        config: &S3SourceConfig,
        context: &SourceContext,
    ) -> Result<Self, OpenSourceError> {
        let keys = config.object_keys();
        let bucket = checked_name(&name, "bucket", &config.bucket)?;
        if bucket.ends_with("--x-s3") {
            let problem = "is a directory bucket, whose keys S3 does not list in their order";
            return Err(unusable(&name, "bucket", problem));
        }
        let mut builder = AmazonS3Builder::new()
            .with_http_connector(Connector { dialect: Dialect::S3, takes_gzip: false })
            .with_client_options(client_options(keys))
            .with_retry(retries())
            .with_bucket_name(&bucket)
            .with_virtual_hosted_style_request(config.virtual_hosted_style);
        if let Some(endpoint) = checked_endpoint(&name, keys)? {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some(region) = &config.region {
            builder = builder.with_region(checked_name(&name, "region", region)?);
        }
        let secrets = Secrets { source_name: &name, environment: &context.environment };
        let key_id = secrets.find(given!(config.access_key_id, access_key_id_env, access_key_id_file))?;
        let secret =
            secrets.find(given!(config.secret_access_key, secret_access_key_env, secret_access_key_file))?;
        let token = secrets.find(given!(config.session_token, session_token_env, session_token_file))?;
        let mut renews_credentials = false;
        match (key_id, secret, token) {
            (None, None, None) if config.anonymous => builder = builder.with_skip_signature(true),
            (None, None, None) => {
                builder = with_identity(builder, &name, config, &context.environment)?;
                renews_credentials = context.environment.get("AWS_ACCESS_KEY_ID").is_none();
            }
            _ if config.anonymous => {
                return Err(unusable(
                    &name,
                    "anonymous",
                    "is on, and there are credentials: keep one of them",
                ));
            }
            (Some(key_id), Some(secret), token) => {
                builder = builder.with_access_key_id(key_id.expose()).with_secret_access_key(secret.expose());
                if let Some(token) = token {
                    builder = builder.with_token(token.expose());
                }
            }
            (None, ..) => {
                return Err(unusable(&name, "access_key_id", "is missing beside the other credentials"));
            }
            (_, None, _) => {
                return Err(unusable(&name, "secret_access_key", "is missing beside the other credentials"));
            }
        }
        let store = Arc::new(builder.build().map_err(|error| not_opened(&name, "bucket", &error))?);
        let url = format!("s3://{bucket}");
        let store = Store {
            objects: Arc::clone(&store) as _,
            pages: store,
            url,
            container: "bucket",
            renews_credentials,
        };
        Self::new(name, keys, store, context)
    }
}

/// Takes the worker's own identity, and its region where the configuration names none.
fn with_identity(
    mut builder: AmazonS3Builder,
    name: &SourceName,
    config: &S3SourceConfig,
    environment: &Environment,
) -> Result<AmazonS3Builder, OpenSourceError> {
    for (variable, key) in IDENTITY {
        if let Some(value) = environment.get(variable).filter(|value| !value.is_empty()) {
            builder = builder.with_config(key, value);
        }
    }
    if config.region.is_none() {
        let region = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
        if let Some(region) = region.filter(|region| !region.is_empty()) {
            builder = builder.with_region(checked_name(name, "region", region)?);
        }
    }
    Ok(builder)
}
