//! A `PostgreSQL` database for each test, with the project's schema.
//!
//! The server is the one that the variable [`SERVER_VARIABLE`] names, by the
//! URI of a role that may create databases; `cargo xtask ci` and
//! `cargo xtask test` find or start one and set it. Databases are copies of a
//! template that is made once, and are dropped with their [`TestDatabase`].

// What fails here fails the test that asked for it.
#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use gdg_config::{ConnectionUri, Environment, StorageBackend, StorageConfig};
use gdg_postgres::{Postgres, Settings};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use tokio_postgres::{Client, NoTls};
use url::Url;

/// The variable that names the server.
pub const SERVER_VARIABLE: &str = "GO_DOC_GO_TEST_DATABASE_URL";

const SCHEMA: &str = concat!(
    include_str!("../../../migrations/postgres/V1__initial.sql"),
    include_str!("../../../migrations/postgres/V2__incremental_runs.sql"),
    include_str!("../../../migrations/postgres/V3__meaning.sql"),
    include_str!("../../../migrations/postgres/V4__dead_letters.sql"),
    include_str!("../../../migrations/postgres/V5__monitoring.sql"),
);

/// Whoever makes the template holds this advisory lock: any number that nobody else uses.
const TEMPLATE_LOCK: i64 = 0x676f_646f_6367_6f01;

/// A database of one test.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    server: Url,
}

impl TestDatabase {
    /// A database with the project's schema.
    pub async fn create() -> Self {
        let server = server();
        let admin = connect(&server).await;
        let template = template(&admin, &server).await;
        let this = Self { name: unique_name(), server };
        // The names are made of letters, digits and underscores, here.
        let create = format!("CREATE DATABASE {} TEMPLATE {template}", this.name);
        admin.batch_execute(&create).await.unwrap();
        this
    }

    /// A database without any table.
    pub async fn create_empty() -> Self {
        let server = server();
        let admin = connect(&server).await;
        let this = Self { name: unique_name(), server };
        admin.batch_execute(&format!("CREATE DATABASE {}", this.name)).await.unwrap();
        this
    }

    /// The URI of the database.
    pub fn uri(&self) -> String {
        at_database(&self.server, &self.name).to_string()
    }

    /// Host, port, user and password of the server, and the name of the database.
    pub fn url(&self) -> Url {
        at_database(&self.server, &self.name)
    }

    /// The section `storage` of a configuration that leads here.
    pub fn storage(&self) -> StorageConfig {
        StorageConfig {
            backend: StorageBackend::Postgresql,
            uri: Some(ConnectionUri::new(self.uri())),
            ..StorageConfig::default()
        }
    }

    /// A pool of connections.
    pub fn postgres(&self) -> Postgres {
        self.postgres_with(&self.storage())
    }

    /// A pool of connections as `storage` says.
    pub fn postgres_with(&self, storage: &StorageConfig) -> Postgres {
        let settings = Settings::from_config(storage, &Environment::default(), "test").unwrap();
        Postgres::new(settings).unwrap()
    }

    /// A connection for the test itself.
    pub async fn client(&self) -> Client {
        connect(&at_database(&self.server, &self.name)).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A test's own runtime cannot be waited for from here.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                // The server may be gone already, or older than FORCE; it is a test's server either way.
                let _ = connect(&server).await.batch_execute(&drop).await;
            });
        });
        let _ = dropping.join();
    }
}

fn server() -> Url {
    let Ok(uri) = std::env::var(SERVER_VARIABLE) else {
        panic!(
            "this test needs a PostgreSQL server: `cargo xtask test` finds or starts one; or name one in {SERVER_VARIABLE} (postgresql://user:password@host:port/postgres)"
        );
    };
    uri.parse().unwrap_or_else(|error| panic!("{SERVER_VARIABLE}: {error}"))
}

fn at_database(server: &Url, database: &str) -> Url {
    let mut url = server.clone();
    url.set_path(database);
    url
}

async fn connect(url: &Url) -> Client {
    let (client, connection) = tokio_postgres::connect(url.as_str(), NoTls).await.unwrap_or_else(|error| {
        panic!("no connection to the test server at {:?}:{:?}: {error}", url.host_str(), url.port())
    });
    tokio::spawn(connection);
    client
}

/// The name of the template with the schema, which is made where it is not there yet.
async fn template(admin: &Client, server: &Url) -> String {
    let mut name = String::from("gdg_template_");
    for byte in Sha256::digest(SCHEMA).iter().take(6) {
        write!(name, "{byte:02x}").unwrap();
    }
    admin.execute("SELECT pg_advisory_lock($1)", &[&TEMPLATE_LOCK]).await.unwrap();
    let exists = "SELECT 1 FROM pg_database WHERE datname = $1 AND NOT datallowconn";
    if admin.query_opt(exists, &[&name]).await.unwrap().is_none() {
        admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await.unwrap();
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        let client = connect(&at_database(server, &name)).await;
        client.batch_execute(SCHEMA).await.unwrap();
        drop(client);
        // Nobody connects to it any more, so that it can be copied at any time.
        admin.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.unwrap();
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1";
        while admin.query_one(others, &[&name]).await.unwrap().get::<_, i64>(0) > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    admin.execute("SELECT pg_advisory_unlock($1)", &[&TEMPLATE_LOCK]).await.unwrap();
    name
}

fn unique_name() -> String {
    format!("gdg_test_{:016x}", rand::random::<u64>())
}
