//! What a connection is made from.

use crate::PostgresError;
use crate::tls::TlsSettings;
use gdg_config::{Environment, SslMode, StorageConfig};
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode as Negotiation};
use url::Url;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long what was sent may stay unacknowledged before the connection counts as lost.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(20);

/// What a pool is made from.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) connection: Config,
    pub(crate) tls: TlsSettings,
    /// The most connections that are open at a time.
    pub max_connections: u32,
    /// How long work waits for a free connection.
    pub pool_timeout: Duration,
    /// The age at which a connection is replaced; `None` keeps it.
    pub recycle_after: Option<Duration>,
    /// Whether statements are prepared and kept.
    pub prepared_statements: bool,
    /// After how long the server gives up a statement; `None` lets it run.
    pub statement_timeout: Option<Duration>,
    /// After how long the server ends a transaction whose client is silent: a
    /// worker that froze in the middle of one holds locks until then.
    pub idle_transaction_timeout: Duration,
}

impl Settings {
    /// The settings that `storage` describes, for the program that the server's lists show as `application_name`.
    ///
    /// Fails when the password cannot be found, or an address or a certificate cannot be used.
    pub fn from_config(
        storage: &StorageConfig,
        environment: &Environment,
        application_name: &str,
    ) -> Result<Self, PostgresError> {
        let mut tls = TlsSettings {
            mode: storage.sslmode,
            root_certificates: storage.sslrootcert.clone(),
            certificate: storage.sslcert.clone(),
            key: storage.sslkey.clone(),
        };
        let mut connection = match &storage.uri {
            Some(uri) => parse_uri(uri.expose(), &mut tls)?,
            None => from_keys(storage),
        };
        if connection.get_password().is_none() {
            let password = storage.resolve_password(environment);
            let password = password.map_err(|error| PostgresError::Configuration(error.to_string()))?;
            if let Some(password) = password {
                connection.password(password.expose());
            }
        }
        connection
            .application_name(application_name)
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(NETWORK_TIMEOUT)
            .keepalives_idle(NETWORK_TIMEOUT)
            .ssl_mode(match tls.mode {
                SslMode::Disable => Negotiation::Disable,
                SslMode::Prefer => Negotiation::Prefer,
                SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => Negotiation::Require,
            });
        Ok(Self {
            connection,
            tls,
            max_connections: storage.max_connections(),
            pool_timeout: storage.pool_timeout(),
            recycle_after: storage.pool_recycle(),
            prepared_statements: storage.prepared_statements,
            statement_timeout: storage.statement_timeout(),
            idle_transaction_timeout: Duration::from_secs(10),
        })
    }

    /// Host and port, for messages.
    pub fn server(&self) -> String {
        let port = self.connection.get_ports().first().copied().unwrap_or(5432);
        let hosts = self.connection.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            Host::Unix(folder) => folder.display().to_string(),
        });
        let hosts: Vec<String> = hosts.collect();
        let database = self.connection.get_dbname().unwrap_or_default();
        format!("PostgreSQL at {}/{database}", hosts.join(","))
    }

    /// How long a connection may take to be made.
    pub(crate) fn connect_timeout() -> Duration {
        CONNECT_TIMEOUT
    }
}

fn from_keys(storage: &StorageConfig) -> Config {
    let mut connection = Config::new();
    connection.host(&storage.host).port(storage.port.get()).dbname(&storage.database);
    if let Some(user) = &storage.user {
        connection.user(user);
    }
    connection
}

/// Reads a connection URI. The parameters that say how the connection is
/// encrypted have the same names as in libpq, and win over the keys of the configuration.
fn parse_uri(uri: &str, tls: &mut TlsSettings) -> Result<Config, PostgresError> {
    // What a parser says of a URI may quote its password.
    let unusable =
        |detail: &str| PostgresError::Configuration(format!("storage.uri cannot be used: {detail}"));
    let mut url = Url::parse(uri).map_err(|error| unusable(&error.to_string()))?;
    let mut kept = Vec::new();
    for (name, value) in url.query_pairs().into_owned() {
        match name.as_str() {
            "sslmode" => tls.mode = ssl_mode(&value).ok_or_else(|| unusable("its sslmode is unknown"))?,
            "sslrootcert" => tls.root_certificates = Some(value.into()),
            "sslcert" => tls.certificate = Some(value.into()),
            "sslkey" => tls.key = Some(value.into()),
            _ => kept.push((name, value)),
        }
    }
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    url.as_str().parse().map_err(|_| unusable("a part of it is not understood"))
}

fn ssl_mode(name: &str) -> Option<SslMode> {
    Some(match name {
        "disable" => SslMode::Disable,
        "allow" | "prefer" => SslMode::Prefer,
        "require" => SslMode::Require,
        "verify-ca" => SslMode::VerifyCa,
        "verify-full" => SslMode::VerifyFull,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdg_config::ConnectionUri;

    fn settings(storage: &StorageConfig) -> Result<Settings, PostgresError> {
        Settings::from_config(storage, &Environment::default(), "test")
    }

    #[test]
    fn a_uri_says_where_and_how_and_is_named_without_its_password() {
        let uri = "postgresql://me:hunter2@db.example.com:6432/docs?sslmode=verify-full&sslrootcert=/ca.pem";
        let storage = StorageConfig { uri: Some(ConnectionUri::new(uri)), ..StorageConfig::default() };
        let settings = settings(&storage).unwrap();
        assert_eq!(settings.server(), "PostgreSQL at db.example.com:6432/docs");
        assert_eq!(settings.tls.mode, SslMode::VerifyFull);
        assert_eq!(settings.tls.root_certificates, Some("/ca.pem".into()));
    }

    #[test]
    fn a_uri_that_is_not_understood_is_refused_without_showing_it() {
        let uri = "postgresql://me:hunter2@db.example.com/docs?sslmode=sometimes";
        let storage = StorageConfig { uri: Some(ConnectionUri::new(uri)), ..StorageConfig::default() };
        let told = settings(&storage).unwrap_err().to_string();
        assert!(told.contains("storage.uri") && !told.contains("hunter2"), "{told}");
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let storage = StorageConfig { password_env: Some("DB_PASSWORD".into()), ..StorageConfig::default() };
        assert!(settings(&storage).unwrap_err().to_string().contains("DB_PASSWORD"));
    }
}
