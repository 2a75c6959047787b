//! Databases that live as long as a measurement or a round of tests.

use tokio_postgres::{Client, NoTls};
use url::Url;

/// A database of its own.
#[derive(Debug)]
pub(crate) struct ScratchDatabase {
    server: Url,
    pub(crate) url: Url,
}

impl ScratchDatabase {
    /// A new database on the server at `server`, whose name begins with `prefix` (letters and underscores).
    pub(crate) async fn create(server: &str, prefix: &str) -> anyhow::Result<Self> {
        let server: Url = server.parse()?;
        let name = format!("{prefix}_{:012x}", rand::random::<u64>() >> 16);
        connect(&server).await?.batch_execute(&format!("CREATE DATABASE {name}")).await?;
        let mut url = server.clone();
        url.set_path(&name);
        Ok(Self { server, url })
    }

    /// Removes it, whoever is connected to it.
    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        let name = self.url.path().trim_start_matches('/');
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        Ok(connect(&self.server).await?.batch_execute(&drop).await?)
    }
}

/// A connection to a database.
pub(crate) async fn connect(database: &Url) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(database.as_str(), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
