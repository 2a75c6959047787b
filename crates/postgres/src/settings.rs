//! What a connection is made from.

use crate::PostgresError;
use crate::tls::TlsSettings;
use gdg_config::{Environment, SslMode, StorageConfig};
use percent_encoding::percent_decode_str;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode as Negotiation};

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
    /// Whether transactions may only read.
    pub read_only: bool,
    /// How long a connection may take to be made.
    pub(crate) connect_timeout: Duration,
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
        if tls.certificate.is_some() != tls.key.is_some() {
            let missing = if tls.key.is_none() { "sslkey" } else { "sslcert" };
            let message = format!("storage.sslcert and storage.sslkey go together; {missing} is missing");
            return Err(PostgresError::Configuration(message));
        }
        // As libpq does: what stays on one machine is not encrypted.
        let is_local = connection.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
            && connection.get_hostaddrs().is_empty();
        connection
            .application_name(application_name)
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_user_timeout(NETWORK_TIMEOUT)
            .keepalives_idle(NETWORK_TIMEOUT)
            .ssl_mode(match tls.mode {
                _ if is_local => Negotiation::Disable,
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
            read_only: false,
            connect_timeout: CONNECT_TIMEOUT,
        })
    }

    /// Hosts, ports and database, for messages.
    pub fn server(&self) -> String {
        let ports = self.connection.get_ports();
        let port = |index| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let hosts = self.connection.get_hosts().iter().enumerate().map(|(index, host)| match host {
            Host::Tcp(address) if address.contains(':') => format!("[{address}]:{}", port(index)),
            Host::Tcp(name) => format!("{name}:{}", port(index)),
            Host::Unix(folder) => folder.display().to_string(),
        });
        let hosts: Vec<String> = hosts.collect();
        let database = self.connection.get_dbname().unwrap_or_default();
        format!("PostgreSQL at {}/{database}", hosts.join(","))
    }

    /// The same, with another time that a connection may take to be made.
    #[must_use]
    pub fn with_connect_timeout(mut self, timeout: Duration) -> Self {
        self.connection.connect_timeout(timeout);
        self.connect_timeout = timeout;
        self
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
    let unusable = |detail| PostgresError::Configuration(format!("storage.uri cannot be used: {detail}"));
    if !["postgresql://", "postgres://"].iter().any(|scheme| uri.starts_with(scheme)) {
        return Err(unusable("it must begin with postgresql://"));
    }
    // A password may have question marks.
    let after_password = uri.find('@').unwrap_or_default();
    let query_start = uri[after_password..].find('?').map_or(uri.len(), |position| after_password + position);
    let (address, query) = uri.split_at(query_start);
    let mut kept = Vec::new();
    for parameter in query.trim_start_matches('?').split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let value = percent_decode_str(value).decode_utf8().map_err(|_| unusable("it is not UTF-8"))?;
        match name {
            "sslmode" => tls.mode = ssl_mode(&value).ok_or_else(|| unusable("its sslmode is unknown"))?,
            "sslrootcert" => tls.root_certificates = Some(value.into_owned().into()),
            "sslcert" => tls.certificate = Some(value.into_owned().into()),
            "sslkey" => tls.key = Some(value.into_owned().into()),
            _ => kept.push(parameter),
        }
    }
    let connection: Config = format!("{address}?{}", kept.join("&"))
        .parse()
        .map_err(|_| unusable("a part of it is not understood"))?;
    if connection.get_hosts().is_empty() {
        return Err(unusable("it names no host"));
    }
    Ok(connection)
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

    fn settings_of_uri(uri: &str) -> Result<Settings, PostgresError> {
        settings(&StorageConfig { uri: Some(ConnectionUri::new(uri)), ..StorageConfig::default() })
    }

    #[test]
    fn a_uri_says_where_and_how_and_is_named_without_its_password() {
        let uri =
            "postgresql://me:hunter2@db.example.com:6432/docs?sslmode=verify-full&sslrootcert=/the%20ca.pem";
        let settings = settings_of_uri(uri).unwrap();
        assert_eq!(settings.server(), "PostgreSQL at db.example.com:6432/docs");
        assert_eq!(settings.tls.mode, SslMode::VerifyFull);
        assert_eq!(settings.tls.root_certificates, Some("/the ca.pem".into()));
    }

    #[test]
    fn the_other_parameters_of_a_uri_arrive_as_they_are() {
        let uri = "postgres://me@localhost/docs?options=-c%20search_path%3Da+b&sslmode=require&target_session_attrs=any";
        let settings = settings_of_uri(uri).unwrap();
        assert_eq!(settings.connection.get_options(), Some("-c search_path=a+b"));
        assert_eq!(settings.connection.get_ssl_mode(), Negotiation::Require);
    }

    #[test]
    fn what_follows_a_password_with_marks_is_still_read() {
        let settings = settings_of_uri("postgresql://me:wh?t=s@localhost/docs?sslmode=require").unwrap();
        assert_eq!(settings.connection.get_password(), Some("wh?t=s".as_bytes()));
        assert_eq!(settings.tls.mode, SslMode::Require);
    }

    #[test]
    fn every_host_is_named_with_its_port() {
        let server = |uri| settings_of_uri(uri).unwrap().server();
        assert_eq!(server("postgresql://one,two:6432/docs"), "PostgreSQL at one:5432,two:6432/docs");
        assert_eq!(server("postgresql://[::1]:7000/docs"), "PostgreSQL at [::1]:7000/docs");
        assert_eq!(server("postgresql:///docs?host=/run/pg"), "PostgreSQL at /run/pg/docs");
    }

    #[test]
    fn what_stays_on_the_machine_is_not_encrypted() {
        let settings = settings_of_uri("postgresql:///docs?host=/run/pg&sslmode=verify-full").unwrap();
        assert_eq!(settings.connection.get_ssl_mode(), Negotiation::Disable);
    }

    #[test]
    fn a_certificate_without_its_key_is_refused() {
        for (uri, missing) in [
            ("postgresql://localhost/docs?sslcert=/c.pem", "sslkey is missing"),
            ("postgresql://localhost/docs?sslkey=/k.pem", "sslcert is missing"),
        ] {
            let told = settings_of_uri(uri).unwrap_err().to_string();
            assert!(told.contains(missing), "{told}");
        }
    }

    #[test]
    fn a_uri_that_is_not_understood_is_refused_without_showing_it() {
        for uri in [
            "postgresql://me:hunter2@db.example.com/docs?sslmode=sometimes",
            "postgresql://me:hunter2@db.example.com/docs?hunter2=hunter2",
            "postgresql://me:hunter2@db.example.com:hunter2/docs",
            "postgresql://me:hunter2@",
            "postgresql://me:hunter2@/docs?sslrootcert=%ff",
            "host=db.example.com password=hunter2",
        ] {
            let error = settings_of_uri(uri).unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(told.contains("storage.uri") && !told.contains("hunter2"), "{told}");
        }
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let storage = StorageConfig { password_env: Some("DB_PASSWORD".into()), ..StorageConfig::default() };
        assert!(settings(&storage).unwrap_err().to_string().contains("DB_PASSWORD"));
    }
}
