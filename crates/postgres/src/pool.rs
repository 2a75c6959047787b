//! The pool of connections.

use crate::listener::Listener;
use crate::transaction::NOTIFY;
use crate::{Parameter, PostgresError, Row, Settings, Transaction, Type};
use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{CancelToken, Client, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What drives a connection, for as long as it is polled.
pub(crate) type Driver = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// How often connections are looked through for those that are too old.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// A pool of connections to one database. Clones share it.
#[derive(Debug, Clone)]
pub struct Postgres {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    pool: Pool,
    settings: Settings,
    server: String,
    begin: String,
}

impl Postgres {
    /// A pool as `settings` says. Nothing is connected yet.
    pub fn new(settings: Settings) -> Result<Self, PostgresError> {
        let manager = Manager::from_config(
            settings.connection.clone(),
            settings.tls.connector()?,
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        let pool = Pool::builder(manager)
            .max_size(settings.max_connections.max(1) as usize)
            .wait_timeout(Some(settings.pool_timeout))
            .create_timeout(Some(settings.connect_timeout))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| PostgresError::Configuration(error.to_string()))?;
        let (server, begin) = (settings.server(), begin_statement(&settings));
        let shared = Arc::new(Shared { pool, settings, server, begin });
        Ok(Self { shared })
    }

    /// Replaces connections once they are old; runs until the future is dropped.
    pub async fn recycle(&self) {
        let Some(age) = self.shared.settings.recycle_after else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(LOOK_INTERVAL.min(age)).await;
            self.shared.pool.retain(|_, metrics| metrics.created.elapsed() < age);
        }
    }

    /// Begins a transaction.
    ///
    /// Dropping the future is safe: a transaction that may have begun is rolled back with its connection.
    pub async fn begin(&self) -> Result<Transaction, PostgresError> {
        let client = self.connection().await?;
        let transaction = Transaction::new(client, self.clone());
        transaction.run_batch(&self.shared.begin).await?;
        Ok(transaction)
    }

    /// Runs one statement in a transaction of its own, in one round trip; in two the first time, when it is prepared.
    ///
    /// Dropping the future leaves open whether the statement takes effect.
    pub async fn query(
        &self,
        statement: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<Row>, PostgresError> {
        let client = self.connection().await?;
        let transaction = Transaction::new(client, self.clone());
        transaction.run_alone(&self.shared.begin, statement, parameters).await
    }

    /// Notifies a channel, at once.
    pub async fn notify(&self, channel: &str, payload: &str) -> Result<(), PostgresError> {
        self.query(NOTIFY, &[(&channel, Type::TEXT), (&payload, Type::TEXT)]).await?;
        Ok(())
    }

    /// Runs one statement in a transaction of its own; how many rows it touched.
    pub async fn execute(&self, statement: &str, parameters: &[Parameter<'_>]) -> Result<u64, PostgresError> {
        let transaction = self.begin().await?;
        let outcome = transaction.execute(statement, parameters).await;
        transaction.end(outcome).await
    }

    /// A connection for someone else's library (migrations), outside the pool,
    /// with the task that drives it.
    pub async fn connect_alone(&self) -> Result<Client, PostgresError> {
        let (client, connection) = self.connect().await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
        });
        Ok(client)
    }

    /// A connection outside the pool, that nobody drives yet.
    pub(crate) async fn connect(&self) -> Result<(Client, Driver), PostgresError> {
        let settings = &self.shared.settings;
        let connecting = settings.connection.connect(settings.tls.connector()?);
        tokio::time::timeout(settings.connect_timeout, connecting)
            .await
            .map_err(|_| self.no_answer())?
            .map_err(|error| self.explain(error))
    }

    /// Listens to channels; see [`Listener`].
    pub fn listen(&self, channels: &'static [&'static str]) -> Listener {
        Listener::start(self.clone(), channels)
    }

    /// Host, port and database, for messages.
    pub fn server(&self) -> &str {
        &self.shared.server
    }

    /// Closes all connections; those that are in use once they are given back.
    pub fn close(&self) {
        self.shared.pool.close();
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub(crate) fn explain(&self, error: tokio_postgres::Error) -> PostgresError {
        PostgresError::Server { server: self.shared.server.clone(), error }
    }

    fn no_answer(&self) -> PostgresError {
        PostgresError::ConnectTimeout {
            server: self.shared.server.clone(),
            timeout: self.shared.settings.connect_timeout,
        }
    }

    /// Asks the server to give up what a session is at, on a connection of its own that nobody waits for.
    pub(crate) fn cancel(&self, session: CancelToken) {
        let Ok(runtime) = Handle::try_current() else { return };
        let postgres = self.clone();
        runtime.spawn(async move {
            let cancelling = async {
                let connector = postgres.settings().tls.connector()?;
                session.cancel_query(connector).await.map_err(|error| postgres.explain(error))
            };
            match tokio::time::timeout(postgres.settings().connect_timeout, cancelling).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "a statement could not be cancelled"),
                Err(_) => tracing::debug!("the server did not take the request to cancel a statement"),
            }
        });
    }

    async fn connection(&self) -> Result<Object, PostgresError> {
        self.shared.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => {
                PostgresError::PoolTimeout(self.shared.settings.pool_timeout)
            }
            PoolError::Timeout(_) => self.no_answer(),
            PoolError::Backend(error) => self.explain(error),
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                PostgresError::Closed
            }
        })
    }
}

/// What every transaction begins with. A plan is kept with its prepared
/// statement, and one that was made while a table was small, or whose planner
/// could not tell how few rows there are on one side of a join, would walk all
/// of it when it is large: statements here are all meant to go from row to row
/// by an index. Numbers alone are put into the text.
fn begin_statement(settings: &Settings) -> String {
    let mut text = String::from(if settings.read_only { "BEGIN READ ONLY" } else { "BEGIN" });
    text.push_str(
        "; SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; \
         SET LOCAL enable_mergejoin = off; SET LOCAL jit = off",
    );
    let idle = milliseconds(settings.idle_transaction_timeout);
    // Writing to a string does not fail.
    let _ = write!(text, "; SET LOCAL idle_in_transaction_session_timeout = {idle}");
    if let Some(timeout) = settings.statement_timeout {
        let _ = write!(text, "; SET LOCAL statement_timeout = {}", milliseconds(timeout));
    }
    text
}

/// The longest timeout that the server knows is 25 days, and no timeout at all is 0.
fn milliseconds(timeout: Duration) -> i32 {
    i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX).max(1)
}
