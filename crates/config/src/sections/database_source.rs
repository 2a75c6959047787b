//! `content_sources[]` of type `database`: rows of a database.

use super::SslMode;
use crate::{ByteSize, ConnectionUri, Seconds, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;

/// Rows of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSourceConfig {
    /// Which kind of database it is. Unset: what `uri` begins with says it.
    pub backend: Option<DatabaseBackend>,
    /// The address as one text: `postgresql://user:password@host:port/database`, `mysql://user:password@host:port/database`
    /// or `sqlite:path`. It stands in place of `host`, `port`, `database`, `user` and `path`.
    pub uri: Option<ConnectionUri>,
    /// The server: a host name, an address, or (PostgreSQL) the folder of a Unix socket. Unset: `localhost`.
    pub host: Option<String>,
    /// The port of the server. Unset: 5432 for PostgreSQL, 3306 for MySQL.
    pub port: Option<NonZeroU16>,
    /// The database on the server.
    pub database: Option<String>,
    /// The user. One that may do nothing but read is best.
    pub user: Option<String>,
    /// The password. Better not in a file: give `${VARIABLE}` here, or one of the next two keys.
    pub password: Option<Secret>,
    /// The name of the environment variable that holds the password.
    pub password_env: Option<String>,
    /// A file that holds the password and nothing else; line ends after it are ignored.
    pub password_file: Option<PathBuf>,
    /// Whether the connection to a server is encrypted, and what is verified.
    pub sslmode: SslMode,
    /// The file of certificates (PEM) that the server's certificate is verified against. Unset: those of the system.
    pub sslrootcert: Option<PathBuf>,
    /// The file of the certificate (PEM) that the worker shows.
    pub sslcert: Option<PathBuf>,
    /// The file of the key (PEM) to `sslcert`.
    pub sslkey: Option<PathBuf>,
    /// The SQLite file. It is opened for reading only, and never created.
    pub path: Option<PathBuf>,
    /// The statement whose rows are documents: one SELECT. It is used as a table, in transactions that may only read.
    pub query: Option<String>,
    /// The table or view whose rows are documents, in place of `query`. A dot stands between schema and table.
    pub table: Option<String>,
    /// Which column holds what.
    pub field_mapping: DatabaseFieldMapping,
    /// Another way to give `field_mapping.id`.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub id_column: Vec<String>,
    /// Another way to give `field_mapping.content`.
    pub content_column: Option<String>,
    /// Another way to give `field_mapping.metadata`.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub metadata_columns: Vec<String>,
    /// Another way to give `field_mapping.updated`: the column that changes whenever the row does. With it, rows that
    /// have not changed are not read again.
    pub update_column: Option<String>,
    /// The media type of all rows, where no column tells it: `text/html`, `application/pdf`. Unset: `text/plain` for
    /// columns of text, `application/json` for those of JSON, and what the bytes look like for those of bytes.
    pub content_type: Option<String>,
    /// Rows that are listed with one statement.
    pub page_size: NonZeroU32,
    /// Seconds after which a statement is given up.
    pub timeout: Seconds,
    /// Seconds that a connection may take to be made.
    pub connect_timeout: Seconds,
    /// A row with larger content is listed and fails with an error that names this key.
    pub max_size: Option<ByteSize>,
}

/// Which column holds what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseFieldMapping {
    /// The column, or the columns together, that no two rows have the same values in. Unset: `id`.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub id: Vec<String>,
    /// The column of the content. Unset: `content`.
    pub content: Option<String>,
    /// The column of the title, which becomes the metadata `title`.
    pub title: Option<String>,
    /// The column of the row's own media type; where it is NULL, `content_type` holds.
    pub content_type: Option<String>,
    /// The column that changes whenever the row does: the time of the last change, or a number that counts them.
    pub updated: Option<String>,
    /// Columns that become metadata of the document, by their own names.
    #[serde(deserialize_with = "crate::one_or_many::strings")]
    #[schemars(schema_with = "crate::one_or_many::schema")]
    pub metadata: Vec<String>,
    /// The column of the file name, whose extension tells the format.
    pub name: Option<String>,
}

/// A kind of database that rows are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseBackend {
    /// A PostgreSQL server.
    Postgresql,
    /// A MySQL or MariaDB server.
    Mysql,
    /// A file.
    Sqlite,
}

impl fmt::Display for DatabaseBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgresql => "postgresql",
            Self::Mysql => "mysql",
            Self::Sqlite => "sqlite",
        })
    }
}

impl Default for DatabaseSourceConfig {
    fn default() -> Self {
        Self {
            backend: None,
            uri: None,
            host: None,
            port: None,
            database: None,
            user: None,
            password: None,
            password_env: None,
            password_file: None,
            sslmode: SslMode::default(),
            sslrootcert: None,
            sslcert: None,
            sslkey: None,
            path: None,
            query: None,
            table: None,
            field_mapping: DatabaseFieldMapping::default(),
            id_column: Vec::new(),
            content_column: None,
            metadata_columns: Vec::new(),
            update_column: None,
            content_type: None,
            page_size: super::positive(10_000),
            timeout: Seconds::whole(60),
            connect_timeout: Seconds::whole(10),
            max_size: None,
        }
    }
}
