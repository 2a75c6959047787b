//! `storage`: the database of the graph, and of the queue.

use super::positive;
use crate::{ConfigError, ConnectionUri, Environment, Seconds, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::time::Duration;

/// The database of the graph, and of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// Which database it is.
    pub backend: StorageBackend,
    /// The SQLite file. Relative paths start at the directory the worker was started in.
    pub path: PathBuf,
    /// The PostgreSQL server: a host name, an address, or the folder of a Unix socket.
    pub host: String,
    /// The port of the PostgreSQL server.
    pub port: NonZeroU16,
    /// The PostgreSQL database.
    pub database: String,
    /// The PostgreSQL user. Unset: the user that the process runs as.
    pub user: Option<String>,
    /// The password. Better not in a file: give `${VARIABLE}` here, or one of the next two keys.
    pub password: Option<Secret>,
    /// The name of the environment variable that holds the password.
    pub password_env: Option<String>,
    /// A file that holds the password and nothing else; line ends after it are ignored.
    pub password_file: Option<PathBuf>,
    /// All of the above as one connection URI (`postgresql://user:password@host:port/database`), which
    /// wins over `host`, `port`, `database` and `user`.
    pub uri: Option<ConnectionUri>,
    /// Whether the connection is encrypted, and what is verified.
    pub sslmode: SslMode,
    /// The file of certificates (PEM) that the server's certificate is verified against. Unset: those of the system.
    pub sslrootcert: Option<PathBuf>,
    /// The file of the certificate (PEM) that the worker shows.
    pub sslcert: Option<PathBuf>,
    /// The file of the key (PEM) to `sslcert`.
    pub sslkey: Option<PathBuf>,
    /// Connections that a worker opens, as it needs them, and keeps open; three at least. One of them is for
    /// notifications and one for the election. With the default, 50 workers fit into a server with 300 connections.
    pub pool_size: NonZeroU32,
    /// Connections that it opens beyond `pool_size` under load.
    pub max_overflow: u32,
    /// A ceiling on both together, for servers with few connections; no less than three are opened. Unset:
    /// `pool_size` + `max_overflow`.
    pub worker_connections: Option<NonZeroU32>,
    /// Seconds that work waits for a free connection.
    pub pool_timeout: Seconds,
    /// Seconds after which a connection is replaced by a new one; 0 keeps it.
    pub pool_recycle: Seconds,
    /// Whether statements are prepared. A proxy that pools transactions and does not know prepared
    /// statements needs `false`.
    pub prepared_statements: bool,
    /// Seconds after which the server gives up a statement; 0 lets it run.
    pub statement_timeout: Seconds,
    /// The connection URI of a read replica, for reports that need not be current to the second.
    pub read_url: Option<ConnectionUri>,
}

/// Which database the graph and the queue are in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StorageBackend {
    /// A file, used by one process.
    #[default]
    Sqlite,
    /// A server, shared by many.
    Postgresql,
}

impl fmt::Display for StorageBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgresql => "postgresql",
        })
    }
}

/// Whether a connection is encrypted, and what is verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted if the server can; nothing is verified.
    #[default]
    Prefer,
    /// Always encrypted; nothing is verified.
    Require,
    /// Always encrypted, with a certificate signed by an authority that is trusted.
    VerifyCa,
    /// The same, and the certificate names the host.
    VerifyFull,
}

impl StorageConfig {
    /// [`pool_timeout`](Self::pool_timeout) as a duration.
    pub const fn pool_timeout(&self) -> Duration {
        self.pool_timeout.duration()
    }

    /// [`pool_recycle`](Self::pool_recycle) as a duration; `None` keeps connections.
    pub fn pool_recycle(&self) -> Option<Duration> {
        (!self.pool_recycle.is_zero()).then(|| self.pool_recycle.duration())
    }

    /// [`statement_timeout`](Self::statement_timeout) as a duration; `None` lets statements run.
    pub fn statement_timeout(&self) -> Option<Duration> {
        (!self.statement_timeout.is_zero()).then(|| self.statement_timeout.duration())
    }

    /// The most connections that one worker opens.
    pub fn max_connections(&self) -> u32 {
        let pool = self.pool_size.get().saturating_add(self.max_overflow);
        self.worker_connections.map_or(pool, |ceiling| ceiling.get().min(pool))
    }

    /// The password, from wherever the configuration says it is: `password`,
    /// the variable that `password_env` names, or the file `password_file`.
    ///
    /// Fails when more than one of them is given, or when the one that is
    /// given leads to nothing.
    pub fn resolve_password(&self, environment: &Environment) -> Result<Option<Secret>, ConfigError> {
        match (&self.password, &self.password_env, &self.password_file) {
            (None, None, None) => Ok(None),
            (Some(password), None, None) => Ok(Some(password.clone())),
            (None, Some(variable), None) => environment
                .get(variable)
                .map(|password| Some(Secret::new(password)))
                .ok_or_else(|| ConfigError::PasswordVariableUnset { variable: variable.clone() }),
            (None, None, Some(path)) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n'])))),
                Err(source) => Err(ConfigError::PasswordFileUnreadable { path: path.clone(), source }),
            },
            _ => Err(ConfigError::PasswordAmbiguous),
        }
    }
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self {
            backend: StorageBackend::default(),
            path: PathBuf::from("./documents.db"),
            host: "localhost".into(),
            port: NonZeroU16::MIN.saturating_add(5431),
            database: "go_doc_go".into(),
            user: None,
            password: None,
            password_env: None,
            password_file: None,
            uri: None,
            sslmode: SslMode::default(),
            sslrootcert: None,
            sslcert: None,
            sslkey: None,
            pool_size: positive(5),
            max_overflow: 0,
            worker_connections: None,
            pool_timeout: Seconds::whole(30),
            pool_recycle: Seconds::whole(3600),
            prepared_statements: true,
            statement_timeout: Seconds::whole(0),
            read_url: None,
        }
    }
}
