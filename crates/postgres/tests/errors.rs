//! Errors: what is told of them, what is worth doing, and what is never shown.

#![allow(clippy::unwrap_used)] // what panics is a test that fails

#[path = "errors/server.rs"]
mod server;

use gdg_config::{ConnectionUri, Environment, Secret, StorageConfig};
use gdg_model::ErrorClass;
use gdg_postgres::{Parameter, Postgres, PostgresError, Row, Settings, Type};
use gdg_test_database::TestDatabase;
use server::{FakeServer, message, refusal};
use tokio_postgres::Client;
use url::Url;

fn postgres(storage: &StorageConfig) -> Postgres {
    Postgres::new(Settings::from_config(storage, &Environment::default(), "test").unwrap()).unwrap()
}

fn storage_of(uri: impl Into<String>) -> StorageConfig {
    StorageConfig { uri: Some(ConnectionUri::new(uri)), ..StorageConfig::default() }
}

/// What is told when a connection fails; that it is of this class, and says where.
async fn failing(storage: &StorageConfig, class: ErrorClass) -> String {
    told(postgres(storage).query("SELECT 1", &[]).await, class)
}

fn told(outcome: Result<Vec<Row>, PostgresError>, class: ErrorClass) -> String {
    let error = outcome.unwrap_err();
    assert_eq!(error.class(), class, "{error}");
    assert_eq!(error.is_transient(), class == ErrorClass::Transient);
    assert!(error.to_string().starts_with("PostgreSQL at "), "{error}");
    error.to_string()
}

/// A role that may log in, and is nothing else; gone with the test that asked for it.
struct Role<'a> {
    admin: &'a Client,
    name: String,
}

impl<'a> Role<'a> {
    async fn create(database: &TestDatabase, admin: &'a Client, options: &str) -> Self {
        let name = format!("{}_role", database.url().path().trim_start_matches('/'));
        // The name is made of letters, digits and underscores.
        admin.batch_execute(&format!("CREATE ROLE {name} LOGIN PASSWORD 'secret' {options}")).await.unwrap();
        Self { admin, name }
    }

    fn storage(&self, database: &TestDatabase) -> StorageConfig {
        let mut url = database.url();
        url.set_username(&self.name).unwrap();
        url.set_password(Some("secret")).unwrap();
        storage_of(url)
    }

    async fn delete(self) {
        self.admin.batch_execute(&format!("DROP ROLE {}", self.name)).await.unwrap();
    }
}

#[tokio::test]
async fn a_wrong_password_is_told_with_the_keys_it_may_be_in() {
    let server = FakeServer::start(refusal("28P01", "password authentication failed for user \"me\"")).await;
    let told = failing(&server.storage("hunter2"), ErrorClass::Permanent).await;
    for part in ["user \"me\"", "storage.user", "storage.password", "password_env", "password_file"] {
        assert!(told.contains(part), "{told}");
    }
}

#[tokio::test]
async fn a_password_that_is_asked_for_and_not_given_is_told_with_its_keys() {
    const CLEARTEXT: [u8; 4] = [0, 0, 0, 3];
    let server = FakeServer::start(message(b'R', &CLEARTEXT)).await;
    let storage = server.storage("");
    let uri = storage.uri.as_ref().unwrap().expose().replace(":@", "@");
    let told = failing(&storage_of(uri), ErrorClass::Permanent).await;
    assert!(told.contains("password missing") && told.contains("storage.password"), "{told}");
}

#[tokio::test]
async fn a_way_to_authenticate_that_does_not_work_is_permanent() {
    const KERBEROS: [u8; 4] = [0, 0, 0, 2];
    let server = FakeServer::start(message(b'R', &KERBEROS)).await;
    let told = failing(&server.storage("hunter2"), ErrorClass::Permanent).await;
    assert!(told.contains("unsupported authentication") && told.contains("pg_hba.conf"), "{told}");
}

#[tokio::test]
async fn a_server_that_starts_is_worth_waiting_for() {
    let server = FakeServer::start(refusal("57P03", "the database system is starting up")).await;
    let told = failing(&server.storage("hunter2"), ErrorClass::Transient).await;
    assert!(told.contains("is starting up; it is starting or stopping"), "{told}");
}

#[tokio::test]
async fn a_proxy_that_keeps_no_prepared_statements_is_told_with_the_key() {
    let server = FakeServer::start(refusal("26000", "prepared statement \"s0\" does not exist")).await;
    let told = failing(&server.storage("hunter2"), ErrorClass::Permanent).await;
    assert!(told.contains("storage.prepared_statements"), "{told}");
}

#[tokio::test]
async fn whoever_may_not_come_in_is_sent_to_the_rules_of_the_server() {
    let server = FakeServer::start(refusal("28000", "no pg_hba.conf entry for host")).await;
    let told = failing(&server.storage("hunter2"), ErrorClass::Permanent).await;
    assert!(told.contains("storage.sslmode") && told.contains("pg_hba.conf"), "{told}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_and_worth_waiting_for() {
    let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = unused.local_addr().unwrap().to_string();
    drop(unused);
    for address in [address.as_str(), "no-such-host.invalid:5432"] {
        let told =
            failing(&storage_of(format!("postgresql://me@{address}/docs")), ErrorClass::Transient).await;
        let is_named =
            told.starts_with(&format!("PostgreSQL at {address}/docs: error connecting to server: "));
        assert!(is_named && told.contains("storage.host and storage.port"), "{told}");
    }
}

#[tokio::test]
async fn a_database_that_is_missing_is_to_be_created() {
    let database = TestDatabase::create_empty().await;
    let mut url: Url = database.url();
    url.set_path("no_such_database");
    let told = failing(&storage_of(url), ErrorClass::Permanent).await;
    assert!(told.contains("no_such_database\" does not exist") && told.contains("CREATE DATABASE"), "{told}");
}

#[tokio::test]
async fn a_table_or_column_that_is_missing_is_to_be_migrated() {
    let database = TestDatabase::create_empty().await;
    database.client().await.batch_execute("CREATE TABLE notes (id bigint)").await.unwrap();
    let postgres = database.postgres();
    for statement in ["SELECT 1 FROM runs", "SELECT text FROM notes"] {
        let outcome = postgres.query(statement, &[]).await;
        assert!(outcome.as_ref().is_err_and(PostgresError::is_missing_table));
        let told = told(outcome, ErrorClass::Permanent);
        assert!(told.contains("does not exist") && told.contains("`worker migrate`"), "{told}");
    }
}

#[tokio::test]
async fn a_privilege_that_is_missing_is_permanent() {
    let database = TestDatabase::create_empty().await;
    let admin = database.client().await;
    admin.batch_execute("CREATE TABLE notes (id bigint)").await.unwrap();
    let role = Role::create(&database, &admin, "").await;
    let outcome = postgres(&role.storage(&database)).query("SELECT id FROM notes", &[]).await;
    role.delete().await;
    let told = told(outcome, ErrorClass::Permanent);
    assert!(told.contains("permission denied for table notes") && told.contains("database.md"), "{told}");
}

#[tokio::test]
async fn a_limit_on_connections_passes_and_is_told_with_what_raises_it() {
    let database = TestDatabase::create_empty().await;
    let admin = database.client().await;
    let role = Role::create(&database, &admin, "CONNECTION LIMIT 0").await;
    let outcome = postgres(&role.storage(&database)).query("SELECT 1", &[]).await;
    role.delete().await;
    let told = told(outcome, ErrorClass::Transient);
    assert!(told.contains("too many connections") && told.contains("storage.worker_connections"), "{told}");
}

#[tokio::test]
async fn a_server_that_is_read_only_may_be_one_that_is_being_replaced() {
    let database = TestDatabase::create_empty().await;
    let admin = database.client().await;
    let name = database.url().path().trim_start_matches('/').to_owned();
    let read_only = format!(
        "CREATE TABLE notes (id bigint); ALTER DATABASE {name} SET default_transaction_read_only = on"
    );
    admin.batch_execute(&read_only).await.unwrap();
    let outcome = database.postgres().query("INSERT INTO notes VALUES (1)", &[]).await;
    let told = told(outcome, ErrorClass::Transient);
    assert!(told.contains("read-only: a standby"), "{told}");
}

#[tokio::test]
async fn values_that_are_refused_are_about_the_data() {
    let database = TestDatabase::create_empty().await;
    let large = "x".repeat(3_000);
    let index = "CREATE TABLE notes (text text); CREATE INDEX ON notes (text); ALTER TABLE notes ALTER text SET STORAGE PLAIN";
    database.client().await.batch_execute(index).await.unwrap();
    let postgres = database.postgres();
    let refused: [(&str, &[Parameter<'_>]); 4] = [
        ("SELECT $1 * 2", &[(&i32::MAX, Type::INT4)]),
        ("SELECT $1", &[(&"with \0", Type::TEXT)]),
        ("INSERT INTO notes VALUES ($1)", &[(&large, Type::TEXT)]),
        // Not even sent.
        ("SELECT $1", &[(&"text", Type::INT8)]),
    ];
    for (statement, parameters) in refused {
        let outcome = postgres.query(statement, parameters).await;
        assert!(outcome.as_ref().is_err_and(PostgresError::is_about_the_data), "{outcome:?}");
        told(outcome, ErrorClass::Permanent);
    }
    let outcome = postgres.query("SELECT nothing", &[]).await;
    assert!(!outcome.as_ref().is_err_and(PostgresError::is_about_the_data));
    told(outcome, ErrorClass::Permanent);
}

#[tokio::test]
async fn a_password_is_never_shown() {
    let server = FakeServer::start(refusal("28P01", "password authentication failed")).await;
    let in_uri = server.storage("hun%25ter2");
    let password = Some(Secret::new("hun%ter2"));
    let in_key = StorageConfig {
        password,
        ..storage_of(in_uri.uri.as_ref().unwrap().expose().replace(":hun%25ter2", ""))
    };
    for storage in [in_uri, in_key] {
        let settings = Settings::from_config(&storage, &Environment::default(), "test").unwrap();
        let mut shown = vec![format!("{settings:?} {}", settings.server())];
        let postgres = Postgres::new(settings).unwrap();
        let error = postgres.query("SELECT 1", &[]).await.unwrap_err();
        shown.push(format!("{postgres:?} {error} {error:?}"));
        let error = postgres.connect_alone().await.unwrap_err();
        shown.push(format!("{error} {error:?} {:?}", postgres.listen(&["channel"])));
        for text in shown {
            assert!(!text.contains("ter2") && !text.contains("hun%"), "{text}");
        }
    }
}
