//! What a configuration says, checked: which database, which rows, which columns.

use super::address::{mysql, postgres, sqlite_file};
use super::dialect::Dialect;
use super::query::checked_query;
use super::server::Server;
use super::statements::{ColumnNames, Statements};
use crate::OpenSourceError;
pub(super) use crate::secrets::Problem;
use crate::secrets::{find_secret, given};
use gdg_config::{ByteSize, DatabaseBackend, DatabaseSourceConfig, Environment, Secret};
use gdg_model::SourceName;
use url::Url;

/// What of a configuration is needed to list and fetch.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) server: Server,
    pub(super) statements: Statements,
    pub(super) columns: ColumnNames,
    pub(super) content_type: Option<String>,
    pub(super) page_size: u32,
    pub(super) max_size: Option<ByteSize>,
}

impl Settings {
    pub(super) fn new(
        source_name: &SourceName,
        config: &DatabaseSourceConfig,
        environment: &Environment,
    ) -> Result<Self, OpenSourceError> {
        Self::check(config, environment).map_err(|(key, problem)| OpenSourceError::Unusable {
            source_name: source_name.clone(),
            key,
            problem,
        })
    }

    fn check(config: &DatabaseSourceConfig, environment: &Environment) -> Result<Self, Problem> {
        let backend = backend(config)?;
        let dialect = Dialect(backend);
        let columns = columns(config)?;
        let rows = rows(config, dialect)?;
        if config.connect_timeout.is_zero() {
            return Err(("connect_timeout", "has to be more than 0".into()));
        }
        let timeout = (!config.timeout.is_zero()).then(|| config.timeout.duration());
        let content_type = config.content_type.as_deref().map(media_type).transpose()?;
        let address = match backend {
            DatabaseBackend::Sqlite => sqlite_file(config)?,
            DatabaseBackend::Postgresql => postgres(config, password(config, environment)?)?,
            DatabaseBackend::Mysql => mysql(config, password(config, environment)?.as_ref())?,
        };
        let server = Server { address, timeout, connect_timeout: config.connect_timeout.duration() };
        Ok(Self {
            server,
            statements: Statements { dialect, rows },
            columns,
            content_type,
            page_size: config.page_size.get(),
            max_size: config.max_size,
        })
    }
}

/// The kind of database: as the key says, or as the address begins.
fn backend(config: &DatabaseSourceConfig) -> Result<DatabaseBackend, Problem> {
    let of_uri = match &config.uri {
        None => None,
        Some(uri) => match uri.expose().split_once(':').map_or("", |(scheme, _)| scheme) {
            "postgresql" | "postgres" => Some(DatabaseBackend::Postgresql),
            "mysql" | "mariadb" => Some(DatabaseBackend::Mysql),
            "sqlite" => Some(DatabaseBackend::Sqlite),
            _ => return Err(("uri", "has to begin with postgresql://, mysql:// or sqlite:".into())),
        },
    };
    let backend = match (config.backend, of_uri) {
        (Some(backend), Some(of_uri)) if backend != of_uri => {
            return Err(("backend", format!("is `{backend}`, and uri is one of `{of_uri}`")));
        }
        (Some(backend), _) | (None, Some(backend)) => backend,
        (None, None) => {
            return Err(("backend", "is missing: postgresql, mysql or sqlite; or give uri".into()));
        }
    };
    let is_file = backend == DatabaseBackend::Sqlite;
    let of_servers = [
        ("host", config.host.is_some()),
        ("port", config.port.is_some()),
        ("database", config.database.is_some()),
        ("user", config.user.is_some()),
        ("password", config.password.is_some()),
        ("password_env", config.password_env.is_some()),
        ("password_file", config.password_file.is_some()),
        ("sslrootcert", config.sslrootcert.is_some()),
        ("sslcert", config.sslcert.is_some()),
        ("sslkey", config.sslkey.is_some()),
    ];
    for (index, (key, given)) in of_servers.into_iter().enumerate() {
        if given && is_file {
            return Err((key, "is for servers, and sqlite is a file".into()));
        }
        if given && config.uri.is_some() && index < 4 {
            return Err((key, "cannot be given beside uri, which says the same".into()));
        }
    }
    if config.path.is_some() && !is_file {
        return Err(("path", format!("is for sqlite, and backend is `{backend}`")));
    }
    Ok(backend)
}

fn columns(config: &DatabaseSourceConfig) -> Result<ColumnNames, Problem> {
    let mapping = &config.field_mapping;
    let one = |key, of_mapping: &Option<String>, alias: &Option<String>| match (of_mapping, alias) {
        (Some(one), Some(other)) if one != other => {
            Err((key, format!("is `{other}`, and field_mapping says `{one}`")))
        }
        (one, other) => Ok(one.clone().or_else(|| other.clone())),
    };
    let many = |key, of_mapping: &Vec<String>, alias: &Vec<String>| match (
        of_mapping.is_empty(),
        alias.is_empty(),
    ) {
        (false, false) if of_mapping != alias => {
            Err((key, String::from("and field_mapping say different things")))
        }
        (true, _) => Ok(alias.clone()),
        (false, _) => Ok(of_mapping.clone()),
    };
    let mut id = many("id_column", &mapping.id, &config.id_column)?;
    if id.is_empty() {
        id.push("id".into());
    }
    let names = ColumnNames {
        id,
        content: one("content_column", &mapping.content, &config.content_column)?
            .unwrap_or_else(|| "content".into()),
        updated: one("update_column", &mapping.updated, &config.update_column)?,
        content_type: mapping.content_type.clone(),
        name: mapping.name.clone(),
        title: mapping.title.clone(),
        metadata: many("metadata_columns", &mapping.metadata, &config.metadata_columns)?,
    };
    if let Some(name) = names.all().find(|name| name.is_empty() || name.contains('\0')) {
        return Err(("field_mapping", format!("has a column `{}`, which is no name", name.escape_debug())));
    }
    for (index, name) in names.id.iter().enumerate() {
        if names.id.iter().take(index).any(|earlier| earlier == name) {
            return Err(("id_column", format!("names `{name}` twice")));
        }
    }
    Ok(names)
}

/// The configured rows, as they stand in a statement behind FROM.
fn rows(config: &DatabaseSourceConfig, dialect: Dialect) -> Result<String, Problem> {
    match (&config.query, &config.table) {
        (None, None) => {
            Err(("query", "is missing: give the SELECT whose rows are documents, or a table".into()))
        }
        (Some(_), Some(_)) => Err(("query", "and table cannot both be given".into())),
        // What ends with a comment ends with its line.
        (Some(query), None) => checked_query(query, dialect.0)
            .map(|query| format!("(\n{query}\n)"))
            .map_err(|problem| ("query", problem)),
        (None, Some(table)) => {
            let parts: Vec<&str> = table.split('.').collect();
            if parts.iter().any(|part| part.is_empty() || part.contains('\0')) {
                return Err(("table", format!("is `{}`, which is no name of a table", table.escape_debug())));
            }
            Ok(parts.into_iter().map(|part| dialect.quote(part)).collect::<Vec<_>>().join("."))
        }
    }
}

/// A media type: what stands before its parameters has to be two words with a slash.
fn media_type(text: &str) -> Result<String, Problem> {
    let essence = text.split(';').next().unwrap_or_default().trim();
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+".contains(c))
    };
    match essence.split_once('/') {
        Some((one, other)) if is_word(one) && is_word(other) => Ok(text.trim().to_owned()),
        _ => Err(("content_type", format!("is `{}`, which is no media type", text.escape_debug()))),
    }
}

fn password(config: &DatabaseSourceConfig, environment: &Environment) -> Result<Option<Secret>, Problem> {
    let uri = config.uri.as_ref().and_then(|uri| Url::parse(uri.expose()).ok());
    let is_in_uri = uri.is_some_and(|uri| uri.password().is_some());
    let given = given!(config.password, password_env, password_file);
    if is_in_uri && (given.text.is_some() || given.variable.is_some() || given.file.is_some()) {
        return Err(("password", "is given in uri as well".into()));
    }
    Ok(find_secret(environment, given)?.map(|(_, secret)| secret))
}
