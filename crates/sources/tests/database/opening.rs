//! What is refused before any database is asked.

use crate::support::try_open;
use gdg_config::{
    ConnectionUri, DatabaseBackend, DatabaseFieldMapping, DatabaseSourceConfig, Environment, Seconds, Secret,
};
use gdg_model::SourceName;
use gdg_sources::{DatabaseSource, SourceContext};

fn postgres() -> DatabaseSourceConfig {
    DatabaseSourceConfig {
        uri: Some(ConnectionUri::new("postgresql://me@db.example.com/docs")),
        table: Some("articles".into()),
        ..DatabaseSourceConfig::default()
    }
}

fn mysql() -> DatabaseSourceConfig {
    DatabaseSourceConfig {
        uri: Some(ConnectionUri::new("mysql://me:hunter2@db.example.com/docs")),
        ..postgres()
    }
}

#[test]
fn what_cannot_be_used_is_told_with_its_key() {
    type Change = fn(&mut DatabaseSourceConfig);
    let cases: [(&str, Change); 27] = [
        ("backend is missing", |config| config.uri = None),
        ("backend is `mysql`, and uri", |config| config.backend = Some(DatabaseBackend::Mysql)),
        ("uri has to begin with", |config| config.uri = Some(ConnectionUri::new("oracle://db"))),
        ("uri cannot be used", |config| config.uri = Some(ConnectionUri::new("postgresql:///docs"))),
        ("host cannot be given beside uri", |config| config.host = Some("db".into())),
        ("user cannot be given beside uri", |config| config.user = Some("me".into())),
        ("path is for sqlite", |config| config.path = Some("a.db".into())),
        ("query is missing", |config| config.table = None),
        ("query and table cannot both", |config| config.query = Some("SELECT 1".into())),
        ("table is `a..b`", |config| config.table = Some("a..b".into())),
        ("id_column names `a` twice", |config| config.id_column = vec!["a".into(), "a".into()]),
        ("field_mapping has a column ``", |config| config.content_column = Some(String::new())),
        ("field_mapping has a column `a\\0`", |config| config.metadata_columns = vec!["a\0".into()]),
        ("content_type is `html`", |config| config.content_type = Some("html".into())),
        ("content_type is `a/b/c`", |config| config.content_type = Some("a/b/c".into())),
        ("connect_timeout has to be more than 0", |config| config.connect_timeout = Seconds::whole(0)),
        ("password_env names the variable `NOT_SET`", |config| config.password_env = Some("NOT_SET".into())),
        ("password_file names `/nowhere`", |config| config.password_file = Some("/nowhere".into())),
        ("password is given more than once", |config| {
            config.password = Some(Secret::new("a"));
            config.password_env = Some("HOME".into());
        }),
        ("sslrootcert: /nowhere", |config| {
            config.sslrootcert = Some("/nowhere".into());
            config.sslmode = gdg_config::SslMode::VerifyFull;
        }),
        ("content_column is `b`, and field_mapping says `a`", |config| {
            config.content_column = Some("b".into());
            config.field_mapping = DatabaseFieldMapping { content: Some("a".into()), ..Default::default() };
        }),
        ("database is missing", |config| {
            config.uri = None;
            config.backend = Some(DatabaseBackend::Postgresql);
        }),
        ("path is missing", |config| {
            config.uri = None;
            config.backend = Some(DatabaseBackend::Sqlite);
        }),
        ("path leads to `/nowhere/a.db`, which cannot be read", |config| {
            config.uri = None;
            config.backend = Some(DatabaseBackend::Sqlite);
            config.path = Some("/nowhere/a.db".into());
        }),
        ("uri leads to `/tmp`, which is no file", |config| {
            config.uri = Some(ConnectionUri::new("sqlite:///tmp"));
        }),
        ("password is for servers", |config| {
            config.uri = Some(ConnectionUri::new("sqlite:a.db"));
            config.password = Some(Secret::new("a"));
        }),
        ("query has to be a SELECT, and begins with `DELETE`", |config| {
            config.table = None;
            config.query = Some("DELETE FROM articles".into());
        }),
    ];
    for (expected, change) in cases {
        let mut config = postgres();
        change(&mut config);
        let told = try_open(config).unwrap_err().to_string();
        assert!(told.starts_with("source `rows`: ") && told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn a_mysql_address_that_is_not_understood_is_refused_without_showing_it() {
    for uri in [
        "mysql://me:hunter2@/docs",
        "mysql://:hunter2@db/docs",
        "mysql://me:hunter2@db",
        "mysql://me:hunter2@db/docs/more",
        "mysql://me:hunter2@db:hunter2/docs",
        "mysql://me:hunter2@db/docs?hunter2=1",
        "mysql://me:hunter2@db/docs?sslmode=hunter2",
        "mysql:me",
    ] {
        let config = DatabaseSourceConfig { uri: Some(ConnectionUri::new(uri)), ..mysql() };
        let error = try_open(config).unwrap_err();
        let told = format!("{error} {error:?}");
        assert!(told.contains("uri") && !told.contains("hunter2"), "{told}");
    }
    let twice = DatabaseSourceConfig { password: Some(Secret::new("a")), ..mysql() };
    assert!(try_open(twice).unwrap_err().to_string().contains("password is given in uri as well"));
}

#[test]
fn nothing_shows_a_password() {
    let apart = DatabaseSourceConfig { password: Some(Secret::new("hunter2")), ..postgres() };
    for config in [mysql(), apart] {
        let told = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
        assert!(!told.contains("hunter2"), "{told}");
        let source = try_open(config).unwrap();
        let told = format!("{source:?}");
        assert!(told.contains("db.example.com") && !told.contains("hunter2"), "{told}");
    }
}

#[test]
fn a_password_is_found_where_the_configuration_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "hunter2\n").unwrap();
    let environment: Environment = [("DB_PASSWORD", "hunter2")].into_iter().collect();
    let context = SourceContext { environment, ..SourceContext::default() };
    for change in [
        DatabaseSourceConfig { password_env: Some("DB_PASSWORD".into()), ..postgres() },
        DatabaseSourceConfig { password_file: Some(file.clone()), ..postgres() },
    ] {
        DatabaseSource::open(SourceName::new("rows"), &change, &context).unwrap();
    }
}
