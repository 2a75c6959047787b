//! Opens containers of Azure Blob Storage.

use super::page::Dialect;
use super::settings::{checked_endpoint, checked_name, client_options, not_opened, retries, unusable};
use super::transport::Connector;
use super::{ObjectSource, Store};
use crate::secrets::{Secrets, given};
use crate::{OpenSourceError, SourceContext};
use gdg_config::{AzureSourceConfig, Environment};
use gdg_model::SourceName;
use object_store::azure::{AzureConfigKey as Key, MicrosoftAzureBuilder};
use std::sync::Arc;

/// The variables by which a worker has a workload identity, as Azure's own libraries read them.
const IDENTITY: [(&str, Key); 4] = [
    ("AZURE_CLIENT_ID", Key::ClientId),
    ("AZURE_TENANT_ID", Key::AuthorityId),
    ("AZURE_FEDERATED_TOKEN_FILE", Key::FederatedTokenFile),
    ("AZURE_AUTHORITY_HOST", Key::AuthorityHost),
];

impl ObjectSource {
    /// Opens a container of Azure Blob Storage. Asks nobody for anything yet.
    pub fn open_azure(
        name: SourceName,
        config: &AzureSourceConfig,
        context: &SourceContext,
    ) -> Result<Self, OpenSourceError> {
        let keys = config.object_keys();
        let account = checked_name(&name, "account", &config.account)?;
        let container = checked_name(&name, "container", &config.container)?;
        let mut builder = MicrosoftAzureBuilder::new()
            .with_http_connector(Connector { dialect: Dialect::Azure, takes_gzip: false })
            .with_client_options(client_options(keys))
            .with_retry(retries())
            .with_account(&account)
            .with_container_name(&container);
        if let Some(endpoint) = checked_endpoint(&name, keys)? {
            builder = builder.with_endpoint(endpoint);
        }
        let secrets = Secrets { source_name: &name, environment: &context.environment };
        let access_key = secrets.find(given!(config.access_key, access_key_env, access_key_file))?;
        let sas_token = secrets.find(given!(config.sas_token, sas_token_env, sas_token_file))?;
        let client_secret =
            secrets.find(given!(config.client_secret, client_secret_env, client_secret_file))?;
        let ways = [access_key.is_some(), sas_token.is_some(), client_secret.is_some(), config.anonymous];
        if ways.into_iter().filter(|is_given| *is_given).count() > 1 {
            let problem = "stands beside other credentials: keep one of access_key, sas_token, client_secret and anonymous";
            let key = if config.anonymous { "anonymous" } else { "sas_token" };
            return Err(unusable(&name, key, problem));
        }
        let mut renews_credentials = true;
        let mut blamed = "container";
        if let Some(access_key) = access_key {
            builder = builder.with_access_key(access_key.expose());
            blamed = "access_key";
            renews_credentials = false;
        } else if let Some(sas_token) = sas_token {
            builder = builder.with_config(Key::SasKey, sas_token.expose());
            blamed = "sas_token";
            renews_credentials = false;
        } else if let Some(secret) = client_secret {
            let client_id = config.client_id.as_deref();
            let client_id =
                client_id.ok_or_else(|| unusable(&name, "client_id", "is missing beside client_secret"))?;
            let tenant_id = config.tenant_id.as_deref();
            let tenant_id =
                tenant_id.ok_or_else(|| unusable(&name, "tenant_id", "is missing beside client_secret"))?;
            let tenant_id = checked_name(&name, "tenant_id", tenant_id)?;
            builder = builder.with_client_secret_authorization(client_id, secret.expose(), tenant_id);
            blamed = "client_secret";
        } else if config.anonymous {
            builder = builder.with_skip_signature(true);
        } else {
            builder = with_identity(builder, config, &context.environment);
        }
        let store = builder.build().map_err(|error| match blamed {
            // Its parts stand in what the crate says of it.
            "access_key" | "sas_token" => unusable(&name, blamed, "is not in the form that Azure gives them"),
            _ => not_opened(&name, blamed, &error),
        })?;
        let store = Arc::new(store);
        let url = format!("az://{account}/{container}");
        let store = Store {
            objects: Arc::clone(&store) as _,
            pages: store,
            url,
            container: "container",
            renews_credentials,
        };
        Self::new(name, keys, store, context)
    }
}

/// Takes the worker's own identity. What the configuration says of it wins.
fn with_identity(
    mut builder: MicrosoftAzureBuilder,
    config: &AzureSourceConfig,
    environment: &Environment,
) -> MicrosoftAzureBuilder {
    for (variable, key) in IDENTITY {
        if let Some(value) = environment.get(variable).filter(|value| !value.is_empty()) {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(client_id) = &config.client_id {
        builder = builder.with_client_id(client_id);
    }
    if let Some(tenant_id) = &config.tenant_id {
        builder = builder.with_tenant_id(tenant_id);
    }
    builder
}
