//! From the keys of a configuration to where its database is.

use super::server::Address;
use super::settings::Problem;
use gdg_config::{ConnectionUri, DatabaseSourceConfig, Environment, Secret, SslMode, StorageConfig};
use gdg_postgres::Postgres;
use percent_encoding::percent_decode_str;
use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use std::path::PathBuf;
use url::Url;

pub(super) fn sqlite_file(config: &DatabaseSourceConfig) -> Result<Address, Problem> {
    let (key, path) = match (&config.uri, &config.path) {
        (Some(_), Some(_)) => return Err(("path", "cannot be given beside uri, which says the same".into())),
        (Some(uri), None) => {
            let path = uri.expose().strip_prefix("sqlite:").unwrap_or_default();
            ("uri", PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
        }
        (None, Some(path)) => ("path", path.clone()),
        (None, None) => return Err(("path", "is missing: the SQLite file".into())),
    };
    let path = std::path::absolute(&path).map_err(|error| (key, format!("is no path: {error}")))?;
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok(Address::Sqlite(path)),
        Ok(_) => Err((key, format!("leads to `{}`, which is no file", path.display()))),
        Err(error) => Err((key, format!("leads to `{}`, which cannot be read: {error}", path.display()))),
    }
}

pub(super) fn postgres(config: &DatabaseSourceConfig, password: Option<Secret>) -> Result<Address, Problem> {
    let defaults = StorageConfig::default();
    if config.uri.is_none() && config.database.is_none() {
        return Err(("database", "is missing".into()));
    }
    let key = if config.uri.is_some() { "uri" } else { "backend" };
    let storage = StorageConfig {
        host: config.host.clone().unwrap_or_else(|| "localhost".into()),
        port: config.port.unwrap_or(defaults.port),
        database: config.database.clone().unwrap_or_default(),
        user: config.user.clone(),
        password,
        uri: config.uri.clone(),
        sslmode: config.sslmode,
        sslrootcert: config.sslrootcert.clone(),
        sslcert: config.sslcert.clone(),
        sslkey: config.sslkey.clone(),
        ..defaults
    };
    // The keys have the same names as in the section `storage`.
    let problem = |error: gdg_postgres::PostgresError| {
        (key, format!("cannot be used: {}", error.to_string().replace("storage.", "")))
    };
    let settings = gdg_postgres::Settings::from_config(&storage, &Environment::default(), "go-doc-go source")
        .map_err(problem)?
        .with_connect_timeout(config.connect_timeout.duration());
    let name = settings.server();
    let postgres = Postgres::new(settings).map_err(problem)?;
    Ok(Address::Postgres { postgres, name })
}

pub(super) fn mysql(config: &DatabaseSourceConfig, password: Option<&Secret>) -> Result<Address, Problem> {
    let mut options = MySqlConnectOptions::new()
        .charset("utf8mb4")
        // The statement is to mean what it means to others.
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(Some("+00:00".to_owned()))
        .disable_statement_logging();
    let mut tls = Tls {
        mode: config.sslmode,
        root: config.sslrootcert.clone(),
        certificate: config.sslcert.clone(),
        key: config.sslkey.clone(),
    };
    if let Some(uri) = &config.uri {
        options = mysql_uri(uri, options, &mut tls)?;
    } else {
        let Some(database) = &config.database else { return Err(("database", "is missing".into())) };
        options = options.host(config.host.as_deref().unwrap_or("localhost")).database(database);
        if let Some(port) = config.port {
            options = options.port(port.get());
        }
        match &config.user {
            Some(user) => options = options.username(user),
            None => return Err(("user", "is missing".into())),
        }
    }
    if let Some(password) = password {
        options = options.password(password.expose());
    }
    options = tls.apply(options)?;
    let name = format!(
        "MySQL at {}:{}/{}",
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap_or_default()
    );
    Ok(Address::Mysql { options: Box::new(options), name })
}

/// Reads the address of a MySQL server.
fn mysql_uri(
    uri: &ConnectionUri,
    mut options: MySqlConnectOptions,
    tls: &mut Tls,
) -> Result<MySqlConnectOptions, Problem> {
    // What a parser says of an address may quote its password.
    let unusable = |detail: &str| ("uri", format!("cannot be used: {detail}"));
    let url = Url::parse(uri.expose()).map_err(|_| unusable("a part of it is not understood"))?;
    let decoded = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| unusable("it is not UTF-8"))
    };
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        return Err(unusable("it names no host"));
    };
    options = options.host(host.trim_start_matches('[').trim_end_matches(']'));
    if let Some(port) = url.port() {
        options = options.port(port);
    }
    if url.username().is_empty() {
        return Err(unusable("it names no user"));
    }
    options = options.username(&decoded(url.username())?);
    if let Some(password) = url.password() {
        options = options.password(&decoded(password)?);
    }
    let database = decoded(url.path().trim_start_matches('/'))?;
    if database.is_empty() || database.contains('/') {
        return Err(unusable("it names no database"));
    }
    options = options.database(&database);
    for (name, value) in url.query_pairs() {
        match name.as_ref() {
            "sslmode" | "ssl-mode" => {
                tls.mode = ssl_mode(&value).ok_or_else(|| unusable("its sslmode is unknown"))?;
            }
            "sslrootcert" | "ssl-ca" => tls.root = Some(value.into_owned().into()),
            "sslcert" | "ssl-cert" => tls.certificate = Some(value.into_owned().into()),
            "sslkey" | "ssl-key" => tls.key = Some(value.into_owned().into()),
            _ => return Err(unusable("it has a parameter that is not known")),
        }
    }
    Ok(options)
}

fn ssl_mode(name: &str) -> Option<SslMode> {
    Some(match name.to_ascii_lowercase().replace('_', "-").as_str() {
        "disable" | "disabled" => SslMode::Disable,
        "prefer" | "preferred" => SslMode::Prefer,
        "require" | "required" => SslMode::Require,
        "verify-ca" => SslMode::VerifyCa,
        "verify-full" | "verify-identity" => SslMode::VerifyFull,
        _ => return None,
    })
}

/// How a connection to a MySQL server is encrypted.
#[derive(Debug)]
struct Tls {
    mode: SslMode,
    root: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Tls {
    fn apply(self, options: MySqlConnectOptions) -> Result<MySqlConnectOptions, Problem> {
        let Self { mode, root, certificate, key } = self;
        // As libpq does: who names an authority wants it to be asked.
        let mut options = options.ssl_mode(match mode {
            SslMode::Disable => MySqlSslMode::Disabled,
            SslMode::Prefer => MySqlSslMode::Preferred,
            SslMode::Require if root.is_some() => MySqlSslMode::VerifyCa,
            SslMode::Require => MySqlSslMode::Required,
            SslMode::VerifyCa => MySqlSslMode::VerifyCa,
            SslMode::VerifyFull => MySqlSslMode::VerifyIdentity,
        });
        match (&certificate, &key) {
            (Some(_), None) => return Err(("sslcert", "needs sslkey beside it".into())),
            (None, Some(_)) => return Err(("sslkey", "needs sslcert beside it".into())),
            _ => {}
        }
        let read = |name: &'static str, path: &PathBuf| {
            std::fs::read(path)
                .map_err(|error| (name, format!("names `{}`, which cannot be read: {error}", path.display())))
        };
        if let Some(path) = &root {
            options = options.ssl_ca_from_pem(read("sslrootcert", path)?);
        }
        if let Some(path) = &certificate {
            options = options.ssl_client_cert_from_pem(read("sslcert", path)?);
        }
        if let Some(path) = &key {
            options = options.ssl_client_key_from_pem(read("sslkey", path)?);
        }
        Ok(options)
    }
}
